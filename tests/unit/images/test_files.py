"""Files by what they hold, whatever they are called; and what they may be called."""

import logging
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from i2i.errors import ImageError
from i2i.images import (
    SUFFIXES,
    ImageSpec,
    LabelClass,
    Raster,
    is_image,
    lossless_suffix,
    read_header,
    read_pixels,
    read_raster,
    stem_of,
    suffix_of,
    write_image,
    write_pixels,
    write_raster,
)
from i2i.images.formats.decoding import decoding

DEEP = np.random.default_rng(0).integers(0, 65536, (5, 7, 3), dtype=np.uint16)
LABELS = (LabelClass(3, "road", (1, 2, 3)), LabelClass(200, "roof", (250, 20, 30)))


@pytest.mark.parametrize(
    ("name", "suffix", "stem"),
    [
        ("a/b.PNG", ".png", "a/b"),
        ("a/b.nii.gz", ".nii.gz", "a/b"),
        ("a/b.c.tiff", ".tiff", "a/b.c"),
        ("a/b.gz", "", "a/b.gz"),
        ("a/png", "", "a/png"),
    ],
)
def test_endings_of_two_parts_are_one(name, suffix, stem):
    assert suffix_of(Path(name)) == suffix
    assert stem_of(Path(name)) == Path(stem)
    assert is_image(Path(name)) == bool(suffix)


def test_all_formats_are_found_in_folders():
    for name in (
        "a.npy",
        "a.npz",
        "a.dcm",
        "a.nii",
        "a.nii.gz",
        "a.tif",
        "a.jpeg",
        "a.webp",
        "a.bmp",
        "a.gif",
        "a.pgm",
    ):
        assert is_image(Path(name))
    assert not is_image(Path(".a.png"))


@pytest.mark.parametrize("true", [".png", ".tif", ".npy", ".dcm"])
@pytest.mark.parametrize("called", sorted(SUFFIXES - {".nii.gz"}))
def test_a_file_is_read_by_its_content_whatever_it_is_called(tmp_path, true, called):
    pixels = DEEP[:, :, :1]
    write_raster(tmp_path / f"true{true}", Raster(pixels))
    path = (tmp_path / f"true{true}").rename(tmp_path / f"called{called}")
    np.testing.assert_array_equal(read_raster(path).pixels, pixels)
    assert read_header(path).dtype == "uint16"


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_every_kind_of_tiff_is_known_by_its_content(tmp_path, big, byteorder):
    tifffile.imwrite(tmp_path / "a.jpg", DEEP, photometric="rgb", bigtiff=big, byteorder=byteorder)
    np.testing.assert_array_equal(read_raster(tmp_path / "a.jpg").pixels, DEEP)


def test_a_dicom_file_may_begin_like_a_tiff_file(tmp_path):
    write_raster(tmp_path / "a.dcm", Raster(DEEP[:, :, :1]))
    data = (tmp_path / "a.dcm").read_bytes()
    (tmp_path / "a.dcm").write_bytes(b"II*\0" + data[4:])
    np.testing.assert_array_equal(read_raster(tmp_path / "a.dcm").pixels, DEEP[:, :, :1])


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "BMP", "GIF", "PPM"])
def test_pictures_called_tif_are_read(tmp_path, kind):
    Image.new("RGB", (4, 3), (9, 9, 9)).save(tmp_path / "a.tif", kind)
    assert read_raster(tmp_path / "a.tif").pixels.shape[:2] == (3, 4)


def test_deep_colour_is_never_read_as_8_bits_under_a_wrong_name(tmp_path):
    write_raster(tmp_path / "a.tif", Raster(DEEP, ("red", "green", "blue")))
    (tmp_path / "a.tif").rename(tmp_path / "a.png")
    np.testing.assert_array_equal(read_raster(tmp_path / "a.png").pixels, DEEP)


@pytest.mark.parametrize("content", [b"hello, I am text\n" * 20, b"\0" * 500, b"P", bytes(range(256))])
@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_files_that_are_no_images_are_named_in_one_line_without_noise(tmp_path, caplog, capfd, content, suffix):
    path = tmp_path / f"no{suffix}"
    path.write_bytes(content)
    for function in (read_header, read_raster):
        with pytest.raises(ImageError) as error:
            function(path)
        assert str(error.value).startswith(str(path))
        assert "\n" not in str(error.value)
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_empty_missing_and_folders_are_named(tmp_path, suffix):
    (tmp_path / f"empty{suffix}").touch()
    (tmp_path / f"folder{suffix}").mkdir()
    for name, expected in (("empty", "is empty"), ("folder", "is a folder"), ("none", "no such file")):
        with pytest.raises(ImageError, match=f"{name}{suffix}: {expected}"):
            read_raster(tmp_path / f"{name}{suffix}")


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    write_image(tmp_path / "a.png", DEEP.astype(np.uint8))
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ImageError, match=r"a\.png: can't be read \(Permission denied\); check its permissions"):
        read_raster(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("source", "spec", "suffix"),
    [
        ("a.png", ImageSpec(3), ".png"),
        ("a.jpg", ImageSpec(3), ".png"),
        ("a.webp", ImageSpec(3), ".png"),
        ("a.gif", ImageSpec(1), ".png"),
        ("a.pgm", ImageSpec(1, "uint16"), ".png"),
        ("a.jpg", ImageSpec(1, "uint16"), ".png"),
        ("a.png", ImageSpec(1, "float32"), ".tif"),
        ("a.png", ImageSpec(1, "int16"), ".tif"),
        ("a.png", ImageSpec(12), ".tif"),
        ("a.png", ImageSpec(4), ".tif"),  # as PNG, the fourth channel would be transparency
        ("a.png", ImageSpec(2, "uint16"), ".tif"),
        ("a.png", ImageSpec(4, alpha="channel"), ".png"),
        ("a.tif", ImageSpec(3), ".tif"),
        ("a.TIFF", ImageSpec(12, "float32"), ".tiff"),
        ("a.npy", ImageSpec(3), ".npy"),
        ("a.npz", ImageSpec(5, "float32"), ".npz"),
        ("a.dcm", ImageSpec(1, "int16"), ".dcm"),
        ("a.dcm", ImageSpec(3), ".dcm"),
        ("a.dcm", ImageSpec(1, "float32"), ".tif"),
        ("a.dcm", ImageSpec(3, "uint16"), ".png"),
        ("a.nii.gz", ImageSpec(1, "float32"), ".nii.gz"),
        ("a.unknown", ImageSpec(3), ".png"),
        ("a.jpg", ImageSpec(1, classes=LABELS), ".png"),
        ("a.jpg", ImageSpec(3, classes=LABELS, coding="colour"), ".png"),
        ("a.jpg", ImageSpec(1, "int16", classes=LABELS), ".tif"),
    ],
)
def test_an_output_is_written_as_its_input_is_where_nothing_is_lost(source, spec, suffix):
    assert lossless_suffix(Path(source), spec) == suffix


@pytest.mark.parametrize(
    "spec",
    [
        ImageSpec(4),
        ImageSpec(2, "uint16"),
        ImageSpec(4, alpha="channel"),
        ImageSpec(3, alpha="mask"),
        ImageSpec(12, "float32", nodata=(-1.0,)),
        ImageSpec(1, classes=LABELS),
        ImageSpec(3, classes=LABELS, coding="colour"),
        ImageSpec(1, "uint16", classes=LABELS),
    ],
)
@pytest.mark.parametrize("source", ["a.png", "a.tif", "a.npy", "a.dcm", "a.nii"])
def test_the_pixels_of_an_output_come_back_through_its_file(tmp_path, source, spec):
    random = np.random.default_rng(0)
    if spec.is_labels:
        pixels = random.integers(0, 2, (5, 7, 1), dtype=np.uint8)
    else:
        pixels = random.integers(0, 255, (5, 7, spec.stored_channels)).astype(spec.stored_dtype)
    if spec.alpha == "mask":
        pixels[..., -1] = 255
    path = tmp_path / f"a{lossless_suffix(Path(source), spec)}"
    write_pixels(path, pixels, spec)
    np.testing.assert_array_equal(read_pixels(path, spec), pixels)


def test_what_a_format_can_not_hold_is_refused_and_nothing_written(tmp_path):
    for suffix, dtype, advice in (
        (".png", "float32", ".tif or .npy"),
        (".dcm", "int16", ".tif or .npy"),
        (".jpg", "uint16", ".png or .tif"),
        (".gif", "uint8", ".png or .tif"),
    ):
        with pytest.raises(ImageError, match=rf"\{suffix} can't hold 3 channels of {dtype}; use {advice}"):
            write_raster(tmp_path / f"a{suffix}", Raster(DEEP.astype(dtype)))
    assert list(tmp_path.iterdir()) == []


def test_silence_is_only_for_the_library_and_only_while_it_decodes(caplog):
    def decode() -> None:
        with decoding("a", "tifffile"):
            logging.getLogger("tifffile").error("theirs")
            logging.getLogger("i2i").error("ours")
            warnings.warn("ours", stacklevel=1)

    with pytest.warns(UserWarning, match="ours"):
        decode()
    logging.getLogger("tifffile").error("afterwards")
    assert [record.getMessage() for record in caplog.records] == ["ours", "afterwards"]


def test_what_a_library_raises_becomes_one_line():
    with pytest.raises(ImageError) as error, decoding("a.tif", "tifffile"):
        raise KeyError("this\nand  that")
    assert "'this\\nand that'" in str(error.value)
    with pytest.raises(ImageError) as error, decoding("a.tif", "tifffile"):
        raise RuntimeError("this:\n  that.")
    assert str(error.value).startswith("a.tif: ")
    assert "(this: that)" in str(error.value)
    with pytest.raises(MemoryError), decoding("a.tif", "tifffile"):
        raise MemoryError


def test_silence_of_threads_at_once_ends_with_the_last(caplog):
    inside, leave = threading.Barrier(3), threading.Event()

    def decode() -> None:
        with decoding("a", "tifffile"):
            inside.wait()
            leave.wait()

    threads = [threading.Thread(target=decode) for _ in range(2)]
    for thread in threads:
        thread.start()
    inside.wait()
    logging.getLogger("tifffile").error("within")
    leave.set()
    for thread in threads:
        thread.join()
    logging.getLogger("tifffile").error("afterwards")
    assert [record.getMessage() for record in caplog.records] == ["afterwards"]


def test_importing_the_package_loads_no_decoder():
    code = (
        "import sys, i2i.images; "
        "print([name for name in ('tifffile', 'imagecodecs', 'pydicom', 'nibabel') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
