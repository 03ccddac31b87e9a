"""A network as a file that other engines run: for each format a module with what `GraphFormat` lists, by its name."""

from typing import cast

from i2i.graphs import onnx, openvino, torchscript
from i2i.graphs.graph_format import INPUT, OUTPUT, Array, GraphFormat, Run, Unexportable

__all__ = ["GRAPH_FORMATS", "INPUT", "OUTPUT", "Array", "GraphFormat", "Run", "Unexportable"]

GRAPH_FORMATS: dict[str, GraphFormat] = {
    "onnx": cast(GraphFormat, onnx),
    "openvino": cast(GraphFormat, openvino),
    "torchscript": cast(GraphFormat, torchscript),
}
