"""DICOM images of one frame, by pydicom (extra "dicom")."""

import copy
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from i2i.errors import ImageError
from i2i.images.formats import pillow
from i2i.images.formats.decoding import Admit, decoding, no_image, silence
from i2i.images.formats.samples import keep, kept_dtype, rescale, rescaled_dtype
from i2i.images.raster import Header, Metadata, Raster
from i2i.images.spec import Pixels

if TYPE_CHECKING:
    from pydicom import Dataset

_SAMPLE_LIMITS = {"uint8": (1, 3), "uint16": (1,), "int16": (1,)}
"""Channels that are written, by type."""

_RUN = uuid.uuid4().hex
"""Slices of one series that are written by one run of the program are one series again."""

# fmt: off
_OF_OLD_PIXELS = (
    "ExtendedOffsetTable", "ExtendedOffsetTableLengths", "PixelPaddingValue", "PixelPaddingRangeLimit",
    "SmallestImagePixelValue", "LargestImagePixelValue", "PlanarConfiguration", "WindowCenter", "WindowWidth",
    "WindowCenterWidthExplanation", "VOILUTFunction", "VOILUTSequence", "ModalityLUTSequence", "RescaleSlope",
    "RescaleIntercept", "RescaleType", "PresentationLUTShape", "ICCProfile", "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor", "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData",
)
"""What describes the values of the template's pixels, not of those that take their place."""

_OF_OLD_SIZE = (
    "PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "PixelAspectRatio", "ImagePositionPatient",
    "ImageOrientationPatient",
)
"""What is true only of an image of the template's size."""

_MUST_BE_PRESENT = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
    "AccessionNumber", "ReferringPhysicianName", "SeriesNumber", "InstanceNumber", "PatientOrientation",
)
"""Of a Secondary Capture, even if empty."""
# fmt: on


def read_header(path: Path) -> Header:
    """See `Format`."""
    with _opened(path, header_only=True) as dataset:
        return _header(dataset, str(path))


def read(path: Path, admit: Admit) -> Raster:
    """See `Format`.

    Grey values are the modality's (CT: Hounsfield units): int16 where rescale slope and intercept are whole numbers
    other than 1 and 0, float32 where they are not. MONOCHROME1 is inverted, so that low is dark. YBR and palette
    colours become RGB. The pixel padding value is nodata. Windows (VOI) are not applied.
    """
    with _opened(path, header_only=False) as dataset:
        header = _header(dataset, str(path))
        admit(header)
        from pydicom.pixels.processing import apply_color_lut
        from pydicom.pixels.utils import pixel_array

        array = pixel_array(dataset)
        if _photometric(dataset) == "PALETTE COLOR":
            colours = apply_color_lut(array, dataset)
            pixels: Pixels = (colours >> 8 if colours.dtype == np.uint16 else colours).astype(np.uint8)
        else:
            pixels = _meant(array, dataset, str(path))
        for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"):
            dataset.pop(keyword, None)
        shape = (header.height, header.width, header.channels)
        metadata = Metadata(_resolution(dataset), template=dataset)
        return Raster(pixels.reshape(shape), header.names, nodata=header.nodata, metadata=metadata)


def holds(dtype: str, channels: int, suffix: str) -> bool:
    """See `Format`."""
    return channels in _SAMPLE_LIMITS.get(dtype, ())


def write(file: IO[bytes], raster: Raster, suffix: str) -> None:
    """See `Format`: a derived image with the patient, the study and the place of the data set that was read.

    It has a new identity, in a new series, and names its source. Without a data set to go by it is a Secondary Capture.
    """
    pydicom = _pydicom("writing DICOM")
    template = raster.metadata.template
    derived = isinstance(template, pydicom.Dataset)
    dataset = _derived(template, raster) if derived else _secondary_capture()
    channels = raster.pixels.shape[2]
    if channels == 1:
        dataset.RescaleSlope, dataset.RescaleIntercept = 1, 0
    pixels = np.ascontiguousarray(raster.pixels[:, :, 0] if channels == 1 else raster.pixels)
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    photometric = "MONOCHROME2" if channels == 1 else "RGB"
    dataset.set_pixel_data(pixels, photometric, 8 * pixels.itemsize, generate_instance_uid=True)
    if raster.nodata and channels == 1:
        dataset.add_new("PixelPaddingValue", "SS" if pixels.dtype.kind == "i" else "US", int(raster.nodata[0]))
    with silence("pydicom"):
        pydicom.dcmwrite(file, dataset, enforce_file_format=True)


_registering = threading.Lock()


def _pydicom(wanted_by: str) -> ModuleType:
    """The library, with codecs for more transfer syntaxes than it has of its own."""
    try:
        import pydicom
        from pydicom.pixels.decoders.base import get_decoder
    except ImportError as error:
        raise ImageError(f"{wanted_by}: needs pydicom; pip install 'i2i[dicom]'") from error
    from i2i.images.formats import dicom_codecs

    with _registering:
        for syntax in dicom_codecs.DECODER_DEPENDENCIES:
            decoder = get_decoder(syntax)
            if dicom_codecs.LABEL not in decoder.available_plugins:
                decoder.add_plugin(dicom_codecs.LABEL, (dicom_codecs.__name__, "decode_frame"))
    return pydicom


@contextmanager
def _opened(path: Path, header_only: bool) -> Iterator["Dataset"]:
    pydicom = _pydicom(str(path))
    if not _looks_like_dicom(path):
        raise no_image(path, "DICOM")
    with decoding(path, "pydicom"):
        dataset = pydicom.dcmread(path, stop_before_pixels=header_only, force=True)
        if "Rows" not in dataset or "Columns" not in dataset:
            kind = dataset.get("SOPClassUID")
            raise ImageError(f"{path}: is a DICOM file without an image ({kind.name if kind else 'of unknown kind'})")
        if "TransferSyntaxUID" not in dataset.file_meta:
            implicit, little = dataset.original_encoding
            syntaxes = {(True, True): "ImplicitVRLittleEndian", (False, True): "ExplicitVRLittleEndian"}
            dataset.file_meta.TransferSyntaxUID = getattr(
                pydicom.uid, syntaxes.get((bool(implicit), bool(little)), "ExplicitVRBigEndian")
            )
        yield dataset


def _looks_like_dicom(path: Path) -> bool:
    """With a preamble, or beginning with a data element of group 2 or 8 in either byte order."""
    with path.open("rb") as file:
        head = file.read(132)
    return head[128:] == b"DICM" or head[:2] in (b"\x02\0", b"\x08\0", b"\0\x08")


def _header(dataset: "Dataset", name: str) -> Header:
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames > 1:
        raise ImageError(f"{name}: has {frames} frames; expected one; save each frame as a file")
    height, width = int(dataset.Rows), int(dataset.Columns)
    stored = _stored_dtype(dataset)
    if _photometric(dataset) == "PALETTE COLOR":
        return Header(height, width, 3, "uint8", pillow.COLOUR)
    if dataset.SamplesPerPixel == 3:
        return Header(height, width, 3, kept_dtype(stored, name), pillow.COLOUR)
    if dataset.SamplesPerPixel != 1:
        raise ImageError(f"{name}: has {dataset.SamplesPerPixel} samples a pixel; expected grey (1) or colour (3)")
    dtype = rescaled_dtype(stored, *_slope_and_intercept(dataset), name)
    return Header(height, width, 1, dtype, pillow.GREY, nodata=_padding(dataset, stored, name))


def _photometric(dataset: "Dataset") -> str:
    return str(dataset.get("PhotometricInterpretation", "MONOCHROME2"))


def _stored_dtype(dataset: "Dataset") -> np.dtype[Any]:
    bits = int(dataset.BitsAllocated)
    if "BitsStored" not in dataset:  # as in images of floating point numbers
        return np.dtype(f"f{bits // 8}")
    return np.dtype("uint8" if bits == 1 else f"{'i' if dataset.get('PixelRepresentation') else 'u'}{bits // 8}")


def _slope_and_intercept(dataset: "Dataset") -> tuple[float, float]:
    slope, intercept = dataset.get("RescaleSlope"), dataset.get("RescaleIntercept")
    return (1.0 if slope is None else float(slope)), (0.0 if intercept is None else float(intercept))


def _padding(dataset: "Dataset", stored: np.dtype[Any], name: str) -> tuple[float, ...]:
    value = dataset.get("PixelPaddingValue")
    if stored.kind not in "iu" or not isinstance(value, int):
        return ()
    limits = np.iinfo(stored)
    if not limits.min <= value <= limits.max:
        return ()
    return (float(_meant(np.array([value], stored), dataset, name)[0]),)


def _meant(array: NDArray[Any], dataset: "Dataset", name: str) -> Pixels:
    """Grey values of the modality, low for dark; colours as they are."""
    if dataset.SamplesPerPixel != 1:
        return keep(array, name)
    if _photometric(dataset) == "MONOCHROME1" and array.dtype.kind in "iu":
        highest = -1 if array.dtype.kind == "i" else (1 << int(dataset.BitsStored)) - 1
        array = array ^ array.dtype.type(highest)
    return rescale(array, *_slope_and_intercept(dataset), name)


def _resolution(dataset: "Dataset") -> tuple[float, float, int] | None:
    """In pixels a centimetre, from millimetres between rows and between columns."""
    spacing = dataset.get("PixelSpacing") or dataset.get("ImagerPixelSpacing")
    if not spacing or not (float(spacing[0]) > 0 and float(spacing[1]) > 0):
        return None
    return 10 / float(spacing[1]), 10 / float(spacing[0]), pillow.CENTIMETRE


def _derived(template: "Dataset", raster: Raster) -> "Dataset":
    import pydicom

    dataset = _understood(copy.deepcopy(template))
    height, width, channels = raster.pixels.shape
    stale = list(_OF_OLD_PIXELS)
    if (dataset.Rows, dataset.Columns) != (height, width):
        stale += _OF_OLD_SIZE
    for keyword in stale:
        if keyword in dataset:
            delattr(dataset, keyword)
    source = pydicom.Dataset()
    source.ReferencedSOPClassUID = dataset.get("SOPClassUID", pydicom.uid.SecondaryCaptureImageStorage)
    source.ReferencedSOPInstanceUID = dataset.get("SOPInstanceUID", "")
    dataset.SourceImageSequence = [source]
    if (dataset.SamplesPerPixel, dataset.BitsAllocated) != (channels, 8 * raster.pixels.itemsize):
        dataset.SOPClassUID = pydicom.uid.SecondaryCaptureImageStorage  # others prescribe channels and bits
    dataset.ImageType = ["DERIVED", "SECONDARY", *list(dataset.get("ImageType") or [])[2:]]
    dataset.DerivationDescription = "image-to-image translation"
    dataset.SeriesInstanceUID = _series_like(str(dataset.get("SeriesInstanceUID", "")))
    return dataset


def _understood(dataset: "Dataset") -> "Dataset":
    """Without the elements whose value is not what their type says: they can't be written."""
    with silence("pydicom"):
        for tag in list(dataset.keys()):
            try:
                dataset[tag]
            except Exception:
                del dataset[tag]
    return dataset


def _series_like(source: str) -> str:
    import pydicom

    return str(pydicom.uid.generate_uid(entropy_srcs=[source, _RUN]))


def _secondary_capture() -> "Dataset":
    """The least that a Secondary Capture must have."""
    import pydicom

    dataset = pydicom.Dataset()
    dataset.SOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    dataset.StudyInstanceUID = _series_like("study")
    dataset.SeriesInstanceUID = _series_like("")
    dataset.Modality, dataset.ConversionType = "OT", "WSD"
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    for keyword in _MUST_BE_PRESENT:
        setattr(dataset, keyword, None)
    return dataset
