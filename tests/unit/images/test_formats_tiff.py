"""TIFF: every way to lay samples out is read right, and what stands beside them is kept."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from i2i.errors import ImageError
from i2i.images import Header, Metadata, Raster, read_header, read_raster, write_raster
from i2i.images.formats import tiff

RANDOM = np.random.default_rng(0)
DEEP = RANDOM.integers(0, 65536, (45, 38), dtype=np.uint16)
COLOUR = RANDOM.integers(0, 256, (45, 38, 3), dtype=np.uint8)
BANDS = RANDOM.integers(-(2**15), 2**15, (5, 45, 38), dtype=np.int16)
LAST = np.ascontiguousarray(np.moveaxis(BANDS, 0, 2))


def read(path) -> Raster:
    """Checked against the header."""
    raster = read_raster(path)
    assert read_header(path) == raster.header()
    return raster


@pytest.mark.parametrize(
    "layout",
    [
        {},
        {"rowsperstrip": 7},
        {"tile": (16, 32)},
        {"bigtiff": True},
        {"byteorder": ">"},
        {"compression": "lzw", "predictor": 2},
        {"compression": "zlib", "tile": (16, 16), "predictor": 2, "byteorder": ">"},
        {"compression": "zstd", "rowsperstrip": 9},
        {"compression": "packbits"},
        {"subifds": 1},
    ],
)
@pytest.mark.parametrize(
    ("samples", "options"),
    [
        (DEEP, {}),
        (LAST, {"planarconfig": "contig"}),
        (BANDS, {"planarconfig": "separate"}),
        (BANDS, {}),  # pages
    ],
    ids=["grey", "interleaved", "planar", "pages"],
)
def test_every_layout_is_read_as_rows_columns_channels(tmp_path, layout, samples, options):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path, bigtiff=layout.get("bigtiff", False), byteorder=layout.get("byteorder")) as writer:
        how = {key: value for key, value in layout.items() if key not in ("bigtiff", "byteorder")}
        writer.write(samples, photometric="minisblack", **how, **options)
        if "subifds" in layout:
            for _ in range(5 if options == {} and samples is BANDS else 1):
                writer.write(np.zeros((4, 4), np.uint8), photometric="minisblack")
    raster = read(path)
    np.testing.assert_array_equal(raster.pixels, DEEP[:, :, None] if samples is DEEP else LAST)
    assert raster.pixels.dtype == samples.dtype
    assert raster.names == ()


@pytest.mark.parametrize("kind", ["imagej", "ome"])
def test_channels_of_microscopes_have_their_names(tmp_path, kind):
    names = ("DAPI", "GFP", "Cy5 & more", "4", "5")
    samples = BANDS.view(np.uint16)
    if kind == "imagej":
        metadata = {"axes": "CYX", "Labels": list(names), "unit": "micron"}
        tifffile.imwrite(tmp_path / "a.tif", samples, imagej=True, resolution=(2.5, 2.5), metadata=metadata)
    else:
        tifffile.imwrite(tmp_path / "a.tif", samples, ome=True, metadata={"axes": "CYX", "Channel": {"Name": names}})
    raster = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(raster.pixels, LAST.view(np.uint16))
    assert raster.names == names
    if kind == "imagej":
        assert raster.metadata.resolution == (25000.0, 25000.0, 3)


def test_of_pyramids_and_other_pages_the_first_image_is_read(tmp_path):
    with tifffile.TiffWriter(tmp_path / "pyramid.tif") as writer:
        writer.write(COLOUR, subifds=1, photometric="rgb", tile=(16, 16))
        writer.write(COLOUR[::2, ::2], subfiletype=1, photometric="rgb", tile=(16, 16))
    with tifffile.TiffWriter(tmp_path / "different.tif") as writer:
        writer.write(COLOUR, photometric="rgb")
        writer.write(DEEP[:9, :9], photometric="minisblack")
    tifffile.imwrite(tmp_path / "pages.tif", np.stack([COLOUR, COLOUR // 2]), photometric="rgb")
    for name in ("pyramid.tif", "different.tif", "pages.tif"):
        raster = read(tmp_path / name)
        np.testing.assert_array_equal(raster.pixels, COLOUR)
        assert raster.names == ("red", "green", "blue")


@pytest.mark.parametrize("missing", ["in the other file", "nowhere"])
def test_of_an_ome_set_each_file_is_read_for_itself(tmp_path, missing):
    parts = '<TiffData FirstC="0" IFD="0" PlaneCount="1"/>'
    if missing == "in the other file":
        parts = "".join(
            f'<TiffData FirstC="{channel}" IFD="0" PlaneCount="1">'
            f'<UUID FileName="{name}">urn:uuid:0000000{channel}-0000-0000-0000-000000000000</UUID></TiffData>'
            for channel, name in enumerate(("one.ome.tif", "two.ome.tif"))
        )
    xml = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
        'UUID="urn:uuid:00000000-0000-0000-0000-000000000000"><Image ID="Image:0"><Pixels ID="Pixels:0" '
        'DimensionOrder="XYCZT" Type="uint16" SizeX="38" SizeY="45" SizeC="2" SizeZ="1" SizeT="1">'
        f'<Channel ID="Channel:0:0"/><Channel ID="Channel:0:1"/>{parts}</Pixels></Image></OME>'
    )
    for name in ("one.ome.tif", "two.ome.tif"):
        tifffile.imwrite(tmp_path / name, DEEP, description=xml, metadata=None)
    np.testing.assert_array_equal(read(tmp_path / "one.ome.tif").pixels, DEEP[:, :, None])


@pytest.mark.parametrize(
    ("shape", "options", "found"),
    [
        ((40, 6, 7), {"photometric": "minisblack"}, "Q 40 x Y 6 x X 7"),
        ((6, 7, 40), {"photometric": "minisblack", "planarconfig": "contig"}, "Y 6 x X 7 x S 40"),
        ((2, 3, 6, 7), {"photometric": "minisblack", "metadata": {"axes": "TCYX"}, "imagej": True}, "T 2 x C 3"),
    ],
)
def test_stacks_that_are_no_image_are_refused(tmp_path, shape, options, found):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros(shape, np.uint8), **options)
    for function in (read_header, read_raster):
        with pytest.raises(ImageError, match=f"{found}.* at most 32 channels"):
            function(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (np.array([[-128, 127]], np.int8), np.array([[-128, 127]], np.int16)),
        (np.array([[0, 65535]], np.uint32), np.array([[0, 65535]], np.uint16)),
        (np.array([[-32768, 32767]], np.int32), np.array([[-32768, 32767]], np.int16)),
        (np.array([[0.1, -1e300]], np.float64), np.array([[np.float32(0.1), -np.inf]], np.float32)),
        (np.array([[0.5, 65504]], np.float16), np.array([[0.5, 65504]], np.float32)),
    ],
)
def test_other_types_become_one_of_the_four(tmp_path, stored, expected):
    tifffile.imwrite(tmp_path / "a.tif", stored)
    raster = read(tmp_path / "a.tif")
    assert raster.pixels.dtype == expected.dtype
    np.testing.assert_array_equal(raster.pixels[:, :, 0], expected)


@pytest.mark.parametrize(("value", "dtype"), [(65536, np.uint32), (-32769, np.int32)])
def test_whole_numbers_that_do_not_fit_are_named(tmp_path, value, dtype):
    tifffile.imwrite(tmp_path / "a.tif", np.array([[0, value]], dtype))
    with pytest.raises(ImageError, match=f"holds the value {value} .*save it as float32"):
        read_raster(tmp_path / "a.tif")


def test_one_bit_is_black_and_white_as_pillow_shows_it(tmp_path):
    ink = RANDOM.random((9, 13)) < 0.5
    for photometric in ("minisblack", "miniswhite"):
        tifffile.imwrite(tmp_path / "a.tif", ink, photometric=photometric)
        seen = np.asarray(Image.open(tmp_path / "a.tif").convert("L"))
        np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels[:, :, 0], seen)


def test_where_white_is_zero_values_are_inverted(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", DEEP, photometric="miniswhite")
    np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels[:, :, 0], 65535 - DEEP)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_tag_turns_as_pillow_does(tmp_path, orientation):
    grey = COLOUR[:, :, 0]
    place = {33550: (12, 3, (1.0, 1.0, 0.0))}
    tags = [(274, 3, 1, orientation), *((code, *tag) for code, tag in place.items())]
    tifffile.imwrite(tmp_path / "a.tif", grey, extratags=tags, resolution=(3, 7), resolutionunit=2)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(grey).save(tmp_path / "a.png", exif=exif)
    raster = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(raster.pixels, read_raster(tmp_path / "a.png").pixels)
    assert raster.metadata.resolution == ((3, 7, 2) if orientation < 5 else (7, 3, 2))
    assert bool(raster.metadata.tags) == (orientation == 1)  # a place on the earth is that of the unturned image


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("mode", ["CMYK", "LAB"])
def test_colours_that_are_converted_are_turned_once(tmp_path, mode, orientation):
    image = Image.fromarray(COLOUR, "LAB") if mode == "LAB" else Image.fromarray(COLOUR).convert(mode)
    image.save(tmp_path / "a.tif", tiffinfo={274: orientation})
    turns = {1: 0, 3: 2, 6: -1, 8: 1}[orientation]
    expected = np.rot90(np.asarray(image.convert("RGB")), turns)
    np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels, expected)


def test_palettes_stay_indices_with_8_bit_colours(tmp_path):
    palette = RANDOM.integers(0, 256, (256, 3), dtype=np.uint8)
    index = RANDOM.integers(0, 256, (9, 8), dtype=np.uint8)
    map_of_16_bits = palette.T.astype(np.uint16) << 8
    tifffile.imwrite(tmp_path / "a.tif", index, photometric="palette", colormap=map_of_16_bits)
    raster = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(raster.pixels[:, :, 0], index)
    np.testing.assert_array_equal(raster.palette, palette)
    np.testing.assert_array_equal(read_header(tmp_path / "a.tif").palette, palette)
    write_raster(tmp_path / "b.tif", raster)
    again = read(tmp_path / "b.tif")
    np.testing.assert_array_equal(again.pixels, raster.pixels)
    np.testing.assert_array_equal(again.palette, palette)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "b.tif").convert("RGB")), palette[index])


def test_palettes_of_8_bits_are_taken_as_they_are(tmp_path):
    palette = RANDOM.integers(0, 256, (256, 3), dtype=np.uint8)
    index = RANDOM.integers(0, 256, (9, 8), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", index, photometric="palette", colormap=palette.T.astype(np.uint16))
    np.testing.assert_array_equal(read(tmp_path / "a.tif").palette, palette)


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "LAB"])
def test_other_colours_of_8_bits_become_srgb_as_pillow_has_them(tmp_path, mode):
    image = Image.fromarray(COLOUR).convert(mode) if mode != "LAB" else Image.fromarray(COLOUR, mode)
    image.save(tmp_path / "a.tif", compression="tiff_lzw")
    raster = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(raster.pixels, np.asarray(Image.open(tmp_path / "a.tif").convert("RGB")))
    assert raster.names == ("red", "green", "blue")


@pytest.mark.parametrize("mode", ["RGB", "YCbCr"])
def test_jpeg_in_tiff_is_rgb(tmp_path, mode):
    Image.fromarray(COLOUR).convert(mode).save(tmp_path / "a.tif", compression="jpeg")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.pages.first.photometric.name == mode.upper()
    raster = read(tmp_path / "a.tif")
    assert raster.names == ("red", "green", "blue")
    seen = np.asarray(Image.open(tmp_path / "a.tif").convert("RGB"))
    assert np.abs(raster.pixels.astype(int) - seen).mean() < 2


def test_transparency_is_what_extra_samples_say(tmp_path):
    four = RANDOM.integers(0, 256, (6, 7, 4), dtype=np.uint8)
    for kinds, names in (
        (["unassalpha"], ("red", "green", "blue", "alpha")),
        (["unspecified"], ("red", "green", "blue", "channel 4")),
    ):
        tifffile.imwrite(tmp_path / "a.tif", four, photometric="rgb", extrasamples=kinds)
        raster = read(tmp_path / "a.tif")
        np.testing.assert_array_equal(raster.pixels, four)
        assert raster.names == names
    tifffile.imwrite(
        tmp_path / "a.tif", four[:, :, :2], photometric="minisblack", planarconfig="contig", extrasamples=["unassalpha"]
    )
    assert read(tmp_path / "a.tif").names == ("grey", "alpha")


def test_colours_multiplied_by_their_alpha_are_divided_by_it(tmp_path):
    straight = RANDOM.integers(0, 256, (6, 7, 4), dtype=np.uint8)
    straight[..., 3] |= 128
    multiplied = straight.copy()
    multiplied[..., :3] = (straight[..., :3] * (straight[..., 3:] / 255)).round()
    tifffile.imwrite(tmp_path / "a.tif", multiplied, photometric="rgb", extrasamples=["assocalpha"])
    pixels = read(tmp_path / "a.tif").pixels
    assert np.abs(pixels.astype(int) - straight).max() <= 1
    seen = np.asarray(Image.open(tmp_path / "a.tif").convert("RGBA"))
    assert np.abs(pixels.astype(int) - seen).max() <= 1


@pytest.mark.parametrize(
    ("channels", "dtype", "names", "photometric", "extra"),
    [
        (1, "uint8", (), 1, ()),
        (2, "uint16", ("grey", "alpha"), 1, (2,)),
        (2, "uint16", ("VV", "VH"), 1, (0,)),
        (3, "uint8", (), 2, ()),
        (3, "uint16", (), 1, (0, 0)),
        (3, "uint8", ("nir", "red", "green"), 1, (0, 0)),
        (3, "float32", ("red", "green", "blue"), 2, ()),
        (4, "uint8", (), 1, (0, 0, 0)),
        (4, "uint8", ("red", "green", "blue", "alpha"), 2, (2,)),
        (4, "uint16", ("red", "green", "blue", "nir < 900 & more"), 2, (0,)),
    ],
)
def test_names_say_what_the_samples_are_and_come_back(tmp_path, channels, dtype, names, photometric, extra):
    pixels = RANDOM.integers(0, 200, (5, 6, channels)).astype(dtype)
    write_raster(tmp_path / "a.tif", Raster(pixels, names))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        page = file.pages.first
        assert (page.photometric, page.extrasamples, page.planarconfig) == (photometric, extra, 1)
    raster = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(raster.pixels, pixels)
    assert raster.names == (names or (("red", "green", "blue") if photometric == 2 else ()))


def test_files_of_more_than_four_gigabytes_are_bigtiff(tmp_path, monkeypatch):
    write_raster(tmp_path / "small.tif", Raster(LAST))
    monkeypatch.setattr(tiff, "_MOST_BYTES", LAST.nbytes - 1)
    write_raster(tmp_path / "big.tif", Raster(LAST))
    assert (tmp_path / "small.tif").read_bytes()[2] == 42
    assert (tmp_path / "big.tif").read_bytes()[2] == 43
    np.testing.assert_array_equal(read(tmp_path / "big.tif").pixels, LAST)


def test_a_map_keeps_its_place_and_nodata_and_bands_from_rasterio_to_rasterio(tmp_path):
    rasterio = pytest.importorskip("rasterio")
    with rasterio.open(
        tmp_path / "in.tif", "w", driver="GTiff", width=38, height=45, count=5, dtype="int16", nodata=-9999,
        crs="EPSG:32632", transform=rasterio.Affine(10, 0, 500_000, 0, -20, 5_300_000), tiled=True, blockxsize=16,
        blockysize=16, compress="deflate", interleave="band",
    ) as out:  # fmt: skip
        out.write(BANDS)
        out.update_tags(survey="north")
        for band, name in enumerate(("B02", "B03", "B04", "B08 <ä>", "B11"), start=1):
            out.set_band_description(band, name)
        out.update_tags(STATISTICS_MAXIMUM="1")
        out.update_tags(1, wavelength="490")
    raster = read(tmp_path / "in.tif")
    np.testing.assert_array_equal(raster.pixels, LAST)
    assert raster.names == ("B02", "B03", "B04", "B08 <ä>", "B11")
    assert raster.nodata == (-9999.0,)

    write_raster(tmp_path / "out.tif", raster)
    with rasterio.open(tmp_path / "in.tif") as before, rasterio.open(tmp_path / "out.tif") as after:
        assert after.crs == before.crs
        assert after.transform == before.transform
        assert after.nodata == -9999
        assert after.descriptions == before.descriptions
        assert after.tags()["survey"] == "north"
        assert "STATISTICS_MAXIMUM" not in after.tags()  # of other values,
        assert after.tags(1) == {}  # as are the bands
        np.testing.assert_array_equal(after.read(), BANDS)
    again = read(tmp_path / "out.tif").metadata
    assert [tag for tag in again.tags if tag.code < 42112] == [tag for tag in raster.metadata.tags if tag.code < 42112]


@pytest.mark.parametrize(
    ("nodata", "dtype", "kept"),
    [
        (-9999.0, "float32", (-9999.0,)),
        (np.nan, "float32", (np.nan,)),
        (-3.4028234663852886e38, "float32", (-3.4028234663852886e38,)),
        (0.1, "float32", (float(np.float32(0.1)),)),
        (255.0, "uint8", (255.0,)),
    ],
)
def test_nodata_is_what_rasterio_reads(tmp_path, nodata, dtype, kept):
    rasterio = pytest.importorskip("rasterio")
    pixels = RANDOM.integers(0, 255, (5, 6, 1)).astype(dtype)
    write_raster(tmp_path / "a.tif", Raster(pixels, nodata=(nodata,)))
    assert repr(read(tmp_path / "a.tif").nodata) == repr(kept)
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning), rasterio.open(tmp_path / "a.tif") as file:
        assert file.nodata == pytest.approx(kept[0], rel=1e-7, nan_ok=True)


def test_nodata_that_the_type_can_not_have_is_none(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", COLOUR[:, :, 0], extratags=[(42113, 2, 0, "-9999")])
    assert read(tmp_path / "a.tif").nodata == ()


def test_an_output_without_nodata_does_not_inherit_the_input_s(tmp_path):
    tifffile.imwrite(tmp_path / "in.tif", DEEP, extratags=[(42113, 2, 0, "7"), (33550, 12, 3, (1.0, 2.0, 0.0))])
    source = read(tmp_path / "in.tif")
    assert source.nodata == (7.0,)
    write_raster(tmp_path / "out.tif", Raster(COLOUR, metadata=source.metadata))
    raster = read(tmp_path / "out.tif")
    assert raster.nodata == ()
    assert [(tag.code, tag.value) for tag in raster.metadata.tags] == [(33550, (1.0, 2.0, 0.0))]


def test_the_resolution_is_kept_with_its_unit(tmp_path):
    for resolution in ((300.0, 72.5, 2), (1234.5678, 0.001, 3), (2.0, 4.0, 1)):
        write_raster(tmp_path / "a.tif", Raster(COLOUR, metadata=Metadata(resolution)))
        found = read(tmp_path / "a.tif").metadata.resolution
        assert found[:2] == pytest.approx(resolution[:2], rel=1e-9)
        assert found[2] == resolution[2]
    write_raster(tmp_path / "a.tif", Raster(COLOUR))
    assert read(tmp_path / "a.tif").metadata.resolution is None


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"tile": (16, 16)}])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_a_file_cut_short_is_named_and_nothing_is_logged(tmp_path, caplog, options, share):
    whole = io.BytesIO()
    tifffile.imwrite(whole, DEEP, **options)
    data = whole.getvalue()
    path = tmp_path / "cut.tif"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ImageError, match="damaged or cut short") as error:
        read_raster(path)
    assert "\n" not in str(error.value)
    assert caplog.records == []


def test_a_header_that_lies_about_the_size_is_refused_before_memory_is_taken(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", DEEP, rowsperstrip=45)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        file.pages.first.tags["ImageLength"].overwrite(4_000_000)
        file.pages.first.tags["ImageWidth"].overwrite(4_000_000)
    with pytest.raises(ImageError, match="has 4000000x4000000 pixels; at most"):
        read_raster(tmp_path / "a.tif")


def test_the_header_of_a_map_tells_all_without_its_samples(tmp_path):
    write_raster(tmp_path / "a.tif", Raster(LAST, ("a", "b", "c", "d", "e"), nodata=(-1.0,)))
    assert read_header(tmp_path / "a.tif") == Header(45, 38, 5, "int16", ("a", "b", "c", "d", "e"), None, (-1.0,))
