"""What the pages take from npm: by package, the files that are served, as they lie in it.

The versions are pinned in web/package.json; `scripts/pages`, and the making of a wheel, copy these files here.
"""

FILES = {
    "onnxruntime-web": (
        "dist/ort.wasm.min.mjs",
        "dist/ort-wasm-simd-threaded.mjs",
        "dist/ort-wasm-simd-threaded.wasm",
    ),
    "uplot": ("dist/uPlot.esm.js", "dist/uPlot.min.css"),
}
