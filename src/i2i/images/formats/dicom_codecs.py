"""A decoder plug-in for pydicom: JPEG-LS, lossless JPEG and JPEG of 12 bits, by imagecodecs."""

from typing import TYPE_CHECKING

from pydicom import uid

if TYPE_CHECKING:
    from pydicom.pixels.decoders.base import DecodeRunner

LABEL = "i2i-imagecodecs"

DECODER_DEPENDENCIES = dict.fromkeys(
    (uid.JPEGExtended12Bit, uid.JPEGLossless, uid.JPEGLosslessSV1, uid.JPEGLSLossless, uid.JPEGLSNearLossless),
    ("imagecodecs",),
)
"""What each transfer syntax needs; pydicom looks for this name."""


def is_available(syntax: str) -> bool:
    """Whether `decode_frame` can decode a transfer syntax; pydicom looks for this name."""
    return syntax in DECODER_DEPENDENCIES


def decode_frame(source: bytes, runner: "DecodeRunner") -> bytearray:
    """One frame as interleaved samples, whose size `runner` is told."""
    import imagecodecs

    if runner.transfer_syntax in uid.JPEGLSTransferSyntaxes:
        frame = imagecodecs.jpegls_decode(source)
    elif runner.transfer_syntax == uid.JPEGExtended12Bit:
        frame = imagecodecs.jpeg8_decode(source)
    else:
        frame = imagecodecs.jpegsof3_decode(source)
    runner.set_option("bits_allocated", 8 * frame.itemsize)
    runner.set_option("planar_configuration", 0)
    return bytearray(frame.tobytes())
