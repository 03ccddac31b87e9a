"""DICOM and NIfTI: values as the modality means them, and files that belong to the patient they came from."""

import gzip
import sys

import imagecodecs
import numpy as np
import pytest

from i2i.errors import ImageError
from i2i.images import Raster, read_header, read_raster, write_raster

pydicom = pytest.importorskip("pydicom")
nibabel = pytest.importorskip("nibabel")

RANDOM = np.random.default_rng(0)
SLICE = RANDOM.integers(0, 4096, (12, 10), dtype=np.uint16)


def read(path) -> Raster:
    """Checked against the header."""
    raster = read_raster(path)
    assert read_header(path) == raster.header()
    return raster


def dicom(path, array: np.ndarray, photometric: str = "MONOCHROME2", bits: int | None = None, **elements) -> None:
    """A CT slice with more elements of its own."""
    dataset = pydicom.Dataset()
    dataset.SOPClassUID = pydicom.uid.CTImageStorage
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = "1.2.3", "1.2.3.1", "1.2.3.9"
    dataset.PatientName, dataset.PatientID, dataset.Modality = "Doe^Jane", "42", "CT"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.PixelSpacing, dataset.ImagePositionPatient = [0.5, 0.25], [1, 2, 3]
    dataset.WindowCenter, dataset.WindowWidth = 40, 400
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.set_pixel_data(array, photometric, bits or 8 * array.itemsize, generate_instance_uid=False)
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    pydicom.dcmwrite(path, dataset, enforce_file_format=True)


@pytest.mark.parametrize(
    ("slope", "intercept", "dtype"),
    [(None, None, "uint16"), (1, 0, "uint16"), (1, -1024, "int16"), (2, 0, "int16"), (0.5, 3, "float32")],
)
def test_values_are_the_modality_s(tmp_path, slope, intercept, dtype):
    rescaling = {} if slope is None else {"RescaleSlope": slope, "RescaleIntercept": intercept}
    dicom(tmp_path / "a.dcm", SLICE, bits=12, **rescaling)
    raster = read(tmp_path / "a.dcm")
    assert raster.pixels.dtype == dtype
    expected = SLICE.astype(np.float64) * (slope or 1) + (intercept or 0)
    np.testing.assert_array_equal(raster.pixels[:, :, 0], expected)
    assert raster.names == ("grey",)
    assert raster.metadata.resolution == (40.0, 20.0, 3)


def test_whole_values_beyond_int16_are_named(tmp_path):
    dicom(tmp_path / "a.dcm", np.full((2, 2), 60000, np.uint16), RescaleSlope=1, RescaleIntercept=-1024)
    with pytest.raises(ImageError, match="holds the value 58976"):
        read_raster(tmp_path / "a.dcm")


def test_signed_and_8_bit_slices_are_as_they_are(tmp_path):
    for array in (SLICE.astype(np.int16) - 2000, (SLICE >> 4).astype(np.uint8)):
        dicom(tmp_path / "a.dcm", array)
        pixels = read(tmp_path / "a.dcm").pixels
        assert pixels.dtype == array.dtype
        np.testing.assert_array_equal(pixels[:, :, 0], array)


def test_low_is_dark_in_monochrome1_too(tmp_path):
    dicom(tmp_path / "a.dcm", SLICE, "MONOCHROME1", bits=12)
    np.testing.assert_array_equal(read(tmp_path / "a.dcm").pixels[:, :, 0], 4095 - SLICE)
    dicom(tmp_path / "a.dcm", SLICE.astype(np.int16), "MONOCHROME1")
    np.testing.assert_array_equal(read(tmp_path / "a.dcm").pixels[:, :, 0], -1 - SLICE.astype(np.int16))


def test_padding_is_nodata_in_the_modality_s_values(tmp_path):
    dicom(tmp_path / "a.dcm", SLICE, RescaleSlope=1, RescaleIntercept=-1024, PixelPaddingValue=100)
    assert read(tmp_path / "a.dcm").nodata == (-924.0,)


def test_colours_are_rgb(tmp_path):
    colours = RANDOM.integers(0, 256, (6, 7, 3), dtype=np.uint8)
    dicom(tmp_path / "a.dcm", colours, "RGB")
    raster = read(tmp_path / "a.dcm")
    np.testing.assert_array_equal(raster.pixels, colours)
    assert raster.names == ("red", "green", "blue")


def test_palette_colours_are_rgb(tmp_path):
    table = RANDOM.integers(0, 256, (3, 256), dtype=np.uint8)
    index = RANDOM.integers(0, 256, (6, 7), dtype=np.uint8)
    tables = {}
    for name, row in zip(("Red", "Green", "Blue"), table, strict=True):
        tables[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        tables[f"{name}PaletteColorLookupTableData"] = (row.astype("<u2") << 8).tobytes()
    dicom(tmp_path / "a.dcm", index, "PALETTE COLOR", **tables)
    np.testing.assert_array_equal(read(tmp_path / "a.dcm").pixels, table.T[index])


@pytest.mark.parametrize(
    ("syntax", "encode"),
    [("JPEGLosslessSV1", imagecodecs.ljpeg_encode), ("JPEGLSLossless", imagecodecs.jpegls_encode)],
)
def test_compressed_slices_are_decoded(tmp_path, syntax, encode):
    from pydicom.encaps import encapsulate

    dicom(tmp_path / "a.dcm", SLICE, bits=12)
    dataset = pydicom.dcmread(tmp_path / "a.dcm")
    dataset.PixelData = encapsulate([bytes(encode(SLICE))])
    dataset.file_meta.TransferSyntaxUID = getattr(pydicom.uid, syntax)
    dataset.save_as(tmp_path / "b.dcm")
    np.testing.assert_array_equal(read(tmp_path / "b.dcm").pixels[:, :, 0], SLICE)


def test_several_frames_are_refused(tmp_path):
    dicom(tmp_path / "a.dcm", np.zeros((3, 4, 5), np.uint8))
    with pytest.raises(ImageError, match="has 3 frames; expected one; save each frame as a file"):
        read_header(tmp_path / "a.dcm")


def test_dicom_without_an_image_is_refused_by_its_kind(tmp_path):
    dicom(tmp_path / "a.dcm", SLICE)
    dataset = pydicom.dcmread(tmp_path / "a.dcm")
    dataset.SOPClassUID = pydicom.uid.RTStructureSetStorage
    del dataset.Rows
    dataset.save_as(tmp_path / "a.dcm")
    with pytest.raises(ImageError, match=r"DICOM file without an image \(RT Structure Set Storage\)"):
        read_header(tmp_path / "a.dcm")


def test_a_translated_slice_is_a_new_image_of_the_same_patient_and_place(tmp_path):
    dicom(tmp_path / "in.dcm", SLICE, bits=12, RescaleSlope=1, RescaleIntercept=-1024, PixelPaddingValue=0)
    source = read(tmp_path / "in.dcm")
    values = RANDOM.integers(-1000, 3000, (12, 10, 1), dtype=np.int16)
    for name in ("out.dcm", "next.dcm"):
        write_raster(tmp_path / name, Raster(values, metadata=source.metadata))
    assert source.metadata.template.SOPInstanceUID == "1.2.3.4"  # untouched
    np.testing.assert_array_equal(read(tmp_path / "out.dcm").pixels, values)
    assert read(tmp_path / "out.dcm").nodata == ()

    before, after, other = (pydicom.dcmread(tmp_path / name) for name in ("in.dcm", "out.dcm", "next.dcm"))
    for keyword in ("PatientName", "PatientID", "StudyInstanceUID", "Modality", "SOPClassUID"):
        assert after[keyword].value == before[keyword].value
    for keyword in ("FrameOfReferenceUID", "PixelSpacing", "ImagePositionPatient"):
        assert after[keyword].value == before[keyword].value
    assert after.ImageType == ["DERIVED", "SECONDARY", "AXIAL"]
    assert len({each.SOPInstanceUID for each in (before, after, other)}) == 3
    assert before.SeriesInstanceUID != after.SeriesInstanceUID == other.SeriesInstanceUID
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID
    assert after.SourceImageSequence[0].ReferencedSOPInstanceUID == "1.2.3.4"
    assert (after.BitsAllocated, after.BitsStored, after.HighBit, after.PixelRepresentation) == (16, 16, 15, 1)
    assert (after.RescaleSlope, after.RescaleIntercept, after.PhotometricInterpretation) == (1, 0, "MONOCHROME2")
    assert "WindowCenter" not in after
    assert "PixelPaddingValue" not in after


def test_what_the_source_s_kind_can_not_have_is_a_secondary_capture(tmp_path):
    dicom(tmp_path / "in.dcm", SLICE)
    colours = RANDOM.integers(0, 256, (12, 10, 3), dtype=np.uint8)
    write_raster(tmp_path / "out.dcm", Raster(colours, metadata=read(tmp_path / "in.dcm").metadata))
    after = pydicom.dcmread(tmp_path / "out.dcm")
    assert after.SOPClassUID == pydicom.uid.SecondaryCaptureImageStorage
    assert after.PatientID == "42"
    assert "RescaleSlope" not in after
    np.testing.assert_array_equal(read(tmp_path / "out.dcm").pixels, colours)


def test_another_size_has_not_the_source_s_spacing(tmp_path):
    dicom(tmp_path / "in.dcm", SLICE)
    write_raster(tmp_path / "out.dcm", Raster(SLICE[:6, :, None], metadata=read(tmp_path / "in.dcm").metadata))
    after = pydicom.dcmread(tmp_path / "out.dcm")
    assert "PixelSpacing" not in after
    assert "ImagePositionPatient" not in after


def test_nodata_is_written_as_padding(tmp_path):
    write_raster(tmp_path / "a.dcm", Raster(SLICE[:, :, None].astype(np.int16), nodata=(-2000.0,)))
    assert read(tmp_path / "a.dcm").nodata == (-2000.0,)


def test_without_a_source_it_is_a_whole_secondary_capture(tmp_path):
    write_raster(tmp_path / "a.dcm", Raster(SLICE[:, :, None]))
    dataset = pydicom.dcmread(tmp_path / "a.dcm")
    assert dataset.SOPClassUID == pydicom.uid.SecondaryCaptureImageStorage
    for keyword in ("PatientName", "PatientID", "StudyDate", "ReferringPhysicianName"):
        assert keyword in dataset
    np.testing.assert_array_equal(pydicom.pixels.pixel_array(dataset), SLICE)


def test_a_slice_without_preamble_is_read(tmp_path):
    dicom(tmp_path / "a.dcm", SLICE)
    dataset = pydicom.dcmread(tmp_path / "a.dcm")
    bare = pydicom.Dataset(dataset)
    bare.save_as(tmp_path / "bare.dcm", implicit_vr=True, little_endian=True)
    assert (tmp_path / "bare.dcm").read_bytes()[:2] == b"\x08\0"
    np.testing.assert_array_equal(read(tmp_path / "bare.dcm").pixels[:, :, 0], SLICE)


def test_a_data_set_that_is_not_coded_as_it_says_neither_warns_nor_stops_the_output(tmp_path, caplog):
    dicom(tmp_path / "a.dcm", SLICE)
    explicit = (tmp_path / "a.dcm").read_bytes()
    pydicom.Dataset(pydicom.dcmread(tmp_path / "a.dcm")).save_as(
        tmp_path / "a.dcm", implicit_vr=True, little_endian=True
    )
    implicit = (tmp_path / "a.dcm").read_bytes()
    odd = implicit.replace(b"1.2.3.9\0", b"x.2.3.y\0")
    (tmp_path / "a.dcm").write_bytes(explicit[: explicit.index(b"\x08\0\x08\0CS")] + odd)
    source = read(tmp_path / "a.dcm")
    write_raster(tmp_path / "b.dcm", source)
    np.testing.assert_array_equal(read(tmp_path / "b.dcm").pixels, source.pixels)
    assert pydicom.dcmread(tmp_path / "b.dcm").PatientID == "42"
    assert caplog.records == []


def test_elements_that_can_not_be_understood_are_left_out(tmp_path):
    dicom(tmp_path / "a.dcm", SLICE)
    source = read(tmp_path / "a.dcm")
    odd = pydicom.tag.Tag("SpiralPitchFactor")
    source.metadata.template[odd] = pydicom.dataelem.RawDataElement(odd, "FD", 3, b"abc", 0, False, True)
    write_raster(tmp_path / "b.dcm", source)
    after = pydicom.dcmread(tmp_path / "b.dcm")
    assert "SpiralPitchFactor" not in after
    assert after.PatientID == "42"


@pytest.mark.parametrize("share", [0.1, 0.6, 0.98])
def test_slices_cut_short_are_named(tmp_path, caplog, share):
    dicom(tmp_path / "a.dcm", SLICE)
    write_raster(tmp_path / "a.nii", Raster(SLICE[:, :, None]))
    for name in ("a.dcm", "a.nii"):
        data = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(data[: int(len(data) * share)])
        with pytest.raises(ImageError) as error:
            read_raster(tmp_path / name)
        assert name in str(error.value)
        assert "\n" not in str(error.value)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("suffix", "library", "extra"), [(".dcm", "pydicom", "dicom"), (".nii.gz", "nibabel", "nifti")]
)
def test_a_missing_library_is_named_with_its_extra(tmp_path, monkeypatch, suffix, library, extra):
    path = tmp_path / f"a{suffix}"
    write_raster(path, Raster(SLICE[:, :, None]))
    monkeypatch.setitem(sys.modules, library, None)
    for function in (read_header, read_raster, lambda path: write_raster(path, Raster(SLICE[:, :, None]))):
        with pytest.raises(ImageError, match=rf"needs {library}; pip install 'i2i\[{extra}\]'"):
            function(path)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((12, 10), (12, 10, 1)), ((12, 10, 1), (12, 10, 1)), ((12, 10, 32), (12, 10, 32)), ((12, 10, 1, 5), (12, 10, 5))],
)
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_slices_of_nifti_are_channels(tmp_path, shape, expected, suffix):
    array = RANDOM.integers(-1000, 1000, shape, dtype=np.int16)
    nibabel.save(nibabel.Nifti1Image(array, np.eye(4)), tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(read(tmp_path / f"a{suffix}").pixels, array.reshape(expected))


@pytest.mark.parametrize("shape", [(12, 10, 33), (4, 5, 6, 7), (9,)])
def test_volumes_are_refused(tmp_path, shape):
    nibabel.save(nibabel.Nifti1Image(np.zeros(shape, np.uint8), np.eye(4)), tmp_path / "a.nii")
    with pytest.raises(ImageError, match=r"has the shape .*; expected one slice, or at most 32 slices as channels"):
        read_header(tmp_path / "a.nii")


@pytest.mark.parametrize(("slope", "intercept", "dtype"), [(1, -1024, "int16"), (0.25, 1, "float32"), (1, 0, "uint16")])
def test_nifti_values_are_scaled_as_the_header_says(tmp_path, slope, intercept, dtype):
    image = nibabel.Nifti1Image(SLICE, np.eye(4))
    image.header.set_slope_inter(slope, intercept)
    data = bytearray(image.to_bytes())
    data[112:120] = np.array([slope, intercept], "<f4").tobytes()
    data[352:] = SLICE.tobytes(order="F")
    (tmp_path / "a.nii").write_bytes(data)
    pixels = read(tmp_path / "a.nii").pixels
    assert pixels.dtype == dtype
    np.testing.assert_array_equal(pixels[:, :, 0], SLICE.astype(np.float64) * slope + intercept)


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_a_translated_slice_keeps_affine_and_header(tmp_path, kind):
    affine = np.array([[0, -2, 0, 5], [3, 0, 0, 6], [0, 0, 4, 7], [0, 0, 0, 1.0]])
    image = kind(SLICE[:, :, None].astype(np.int16), affine)
    image.header.set_xyzt_units("mm")
    image.header["descrip"] = b"scanner"
    image.header["cal_max"] = 900
    nibabel.save(image, tmp_path / "in.nii.gz")
    values = RANDOM.standard_normal((12, 10, 1)).astype(np.float32)
    write_raster(tmp_path / "out.nii.gz", Raster(values, metadata=read(tmp_path / "in.nii.gz").metadata))
    after = nibabel.load(tmp_path / "out.nii.gz")
    assert type(after) is kind
    np.testing.assert_array_equal(after.affine, affine)
    assert after.header["descrip"] == b"scanner"
    assert after.header.get_xyzt_units()[0] == "mm"
    assert after.header["cal_max"] == 0
    assert after.get_data_dtype() == np.float32
    np.testing.assert_array_equal(np.asarray(after.dataobj), values)


def test_colours_of_nifti_are_read(tmp_path):
    colours = RANDOM.integers(0, 256, (6, 7, 3), dtype=np.uint8)
    structured = colours.view([("R", "u1"), ("G", "u1"), ("B", "u1")])
    nibabel.save(nibabel.Nifti1Image(structured, np.eye(4)), tmp_path / "a.nii")
    raster = read(tmp_path / "a.nii")
    np.testing.assert_array_equal(raster.pixels, colours)
    assert raster.names == ("red", "green", "blue")


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_nifti_header_that_lies_is_refused_before_memory_is_taken(tmp_path, suffix):
    image = nibabel.Nifti1Image(np.zeros((2, 2, 1), np.uint8), np.eye(4))
    data = bytearray(image.to_bytes())
    data[40:56] = np.array([3, 12000, 12000, 32, 1, 1, 1, 1], "<i2").tobytes()
    (tmp_path / f"a{suffix}").write_bytes(gzip.compress(data) if suffix == ".nii.gz" else data)
    with pytest.raises(ImageError, match="the header tells more"):
        read_raster(tmp_path / f"a{suffix}")


def test_medical_outputs_of_other_sources_have_no_foreign_template(tmp_path):
    dicom(tmp_path / "in.dcm", SLICE)
    nibabel.save(nibabel.Nifti1Image(SLICE, np.eye(4)), tmp_path / "in.nii")
    for source, target in (("in.dcm", "out.nii"), ("in.nii", "out.dcm"), ("in.dcm", "out.tif"), ("in.nii", "out.png")):
        write_raster(tmp_path / target, read(tmp_path / source))
        np.testing.assert_array_equal(read(tmp_path / target).pixels[:, :, 0], SLICE)
