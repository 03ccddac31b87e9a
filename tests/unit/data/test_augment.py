"""Promises of the augmentation of pairs."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from i2i.config import Augment
from i2i.data.augment import make_sample
from i2i.data.augment.geometry import Geometry, _field, _reflected, draw_geometry
from i2i.data.augment.resampling import take_nearest
from i2i.data.order import random_at
from i2i.images import NO_CLASS, ImageSpec, LabelClass, encode, valid

OFF = Augment()
GEOMETRY = {
    "flip": Augment(flip=True),
    "rotate90": Augment(rotate90=True),
    "rotate": Augment(rotate=30),
    "scale": Augment(scale=1.5),
    "shear": Augment(shear=20),
    "elastic": Augment(elastic=2),
    "all": Augment(flip=True, rotate90=True, rotate=180, scale=4, shear=45, elastic=5),
}
LIGHT = {
    "brightness": Augment(brightness=0.2),
    "contrast": Augment(contrast=2),
    "gamma": Augment(gamma=2),
    "noise": Augment(noise=0.1),
    "all": Augment(brightness=0.2, contrast=2, gamma=2, noise=0.1),
}
EVERYTHING = replace(GEOMETRY["all"], brightness=0.2, contrast=2, gamma=2, noise=0.1)

COLOUR = ImageSpec(3)
VALUES = ImageSpec(1, "float32")
CLASSES = ImageSpec(1, classes=tuple(LabelClass(n, f"class {n}", (n, n, n)) for n in range(4)))
WARPED = ["rotate", "scale", "shear", "elastic", "all"]


def sample(given, wanted=None, specs=(COLOUR, COLOUR), size=(16, 16), augment=OFF, seed=0, mirror=True, **more):
    wanted = given if wanted is None else wanted
    random = random_at(0, 1, seed)
    return make_sample(given, wanted, specs, size=size, mirror=mirror, augment=augment, random=random, **more)


def photo(height=20, width=22, channels=3):
    return np.random.default_rng(5).integers(0, 256, (height, width, channels), dtype=np.uint8)


def jitter_as_ever(given, wanted, size, mirror, random):
    """The jitter that runs were trained with before there was any other augmentation."""
    height, width = size
    top = int(random.integers(0, given.shape[0] - height + 1))
    left = int(random.integers(0, given.shape[1] - width + 1))
    window = np.s_[top : top + height, left : left + width]
    if mirror and random.random() < 0.5:
        return given[window][:, ::-1], wanted[window][:, ::-1]
    return given[window], wanted[window]


@pytest.mark.parametrize("mirror", [False, True])
def test_with_all_off_it_is_the_jitter_of_old_runs(mirror):
    one, other = photo(), photo()[::-1, :, :1].astype(np.uint16)
    specs = (COLOUR, ImageSpec(1, "uint16", nodata=(float(other[3, 3, 0]),)))
    for seed in range(40):
        made = sample(one, other, specs, (17, 16), seed=seed, mirror=mirror)
        first, second = jitter_as_ever(one, other, (17, 16), mirror, random_at(0, 1, seed))
        assert torch.equal(made.input, encode(first.copy(), specs[0]))
        assert torch.equal(made.target, encode(second.copy(), specs[1]))
        assert torch.equal(made.valid, valid(second.copy(), specs[1]))
    assert sample(one).valid is None


def test_a_crop_as_large_as_the_pair_is_all_of_it():
    pixels = photo(8, 8)
    assert torch.equal(sample(pixels, size=(8, 8), mirror=False).input, encode(pixels, COLOUR))


def test_mirror_flip_and_quarter_turns_are_exact_and_all_eight_occur():
    pixels = photo()
    augment = Augment(flip=True, rotate90=True)
    seen = set()
    for seed in range(100):
        crop = sample(pixels, seed=seed, mirror=False).input
        turned = sample(pixels, augment=augment, seed=seed).input
        poses = [torch.rot90(each, k, (1, 2)) for each in (crop, crop.flip(2)) for k in range(4)]
        seen.add([torch.equal(turned, pose) for pose in poses].index(True))
    assert seen == set(range(8))


def test_a_rectangle_is_turned_by_half_turns_only():
    pixels = photo()
    turned = set()
    for seed in range(30):
        crop = sample(pixels, size=(12, 16), seed=seed, mirror=False).input
        found = sample(pixels, size=(12, 16), augment=Augment(rotate90=True), seed=seed, mirror=False).input
        turned.add([torch.equal(found, torch.rot90(crop, k, (1, 2))) for k in (0, 2)].index(True))
    assert turned == {0, 1}


@pytest.mark.parametrize("name", GEOMETRY)
def test_both_sides_get_the_same_geometry(name):
    pixels = photo()
    made = [sample(pixels, augment=GEOMETRY[name], seed=seed) for seed in range(20)]
    assert all(torch.equal(one.input, one.target) for one in made)
    assert not all(torch.equal(one.input, sample(pixels, seed=seed).input) for seed, one in enumerate(made))


@pytest.mark.parametrize("name", WARPED)
def test_values_taken_by_the_nearest_come_from_where_classes_come_from(name):
    classes = np.random.default_rng(1).integers(0, 4, (20, 22, 1), dtype=np.uint8)
    made = sample(
        classes.astype(np.float32) / 4, classes, (VALUES, CLASSES), augment=GEOMETRY[name], interpolation="nearest"
    )
    assert torch.equal(4 * made.input[0], made.target.argmax(dim=0).float())


@pytest.mark.parametrize("name", WARPED)
def test_classes_are_those_nearest_to_where_values_come_from(name):
    rows = np.tile(np.arange(20, dtype=np.uint8)[:, None, None], (1, 22, 1))
    stripes = ImageSpec(1, classes=tuple(LabelClass(n, f"row {n}", (n, n, n)) for n in range(20)))
    for seed in range(5):
        made = sample(rows.astype(np.float32) / 32, rows, (VALUES, stripes), augment=GEOMETRY[name], seed=seed)
        assert (32 * made.input[0] - made.target.argmax(dim=0)).abs().max() < 0.5 + 1e-4


@given(
    arrays.arrays(np.uint8, (11, 9, 1), elements=st.sampled_from([0, 1, 3, NO_CLASS])),
    st.sampled_from([*GEOMETRY.values(), EVERYTHING]),
    st.integers(0, 10**6),
)
@settings(max_examples=60, deadline=None)
def test_no_class_is_ever_mixed_or_invented(classes, augment, seed):
    for specs in ((COLOUR, CLASSES), (CLASSES, CLASSES)):
        first = classes if specs[0].is_labels else photo(11, 9)
        made = sample(first, classes, specs, (7, 7), augment, seed)
        known = made.valid[0]
        assert torch.equal(known, (made.target == 1).sum(dim=0) == 1)
        assert torch.equal(~known, (made.target == 0).all(dim=0))
        assert ((made.target == 1) | (made.target == -1) | ~made.valid).all()
        assert set(made.target.argmax(dim=0)[known].tolist()) <= set(classes[classes != NO_CLASS].tolist())
        if specs[0].is_labels:
            assert torch.equal(made.input, made.target)


@pytest.mark.parametrize("gap", [0.0, np.nan], ids=["nodata", "nan"])
@pytest.mark.parametrize("name", WARPED)
def test_what_is_no_reading_is_mixed_into_nothing(name, gap):
    depth = np.full((20, 22, 1), 30, np.float32)
    depth[np.random.default_rng(2).random((20, 22)) < 0.4] = gap
    spec = ImageSpec(1, "float32", ranges=((0.0, 40.0),), nodata=(0.0,))
    for seed in range(10):
        made = sample(depth.copy(), depth.copy(), (spec, spec), augment=GEOMETRY[name], seed=seed)
        assert 0.3 < made.valid.float().mean() < 0.9
        torch.testing.assert_close(made.target[made.valid], torch.full_like(made.target[made.valid], 0.5))
        assert (made.target[~made.valid] == 0).all()


def test_most_of_the_weight_decides_what_is_a_reading():
    depth = np.full((41, 41, 1), 30, np.uint16)
    depth[:, :20] = 0
    spec = ImageSpec(1, "uint16", nodata=(0.0,))
    made = sample(depth, specs=(spec, spec), size=(31, 31), augment=Augment(rotate=45), seed=3)
    assert 0.4 < made.valid.float().mean() < 0.6
    whole = sample(np.full_like(depth, 30), specs=(spec, spec), size=(31, 31), augment=Augment(rotate=45))
    assert whole.valid.shape == whole.target.shape
    assert whole.valid.all()
    none = sample(np.zeros_like(depth), specs=(spec, spec), size=(31, 31), augment=Augment(rotate=45))
    assert not none.valid.any()
    assert (none.target == 0).all()


def test_a_mask_of_transparency_moves_with_its_pixels():
    spec = ImageSpec(3, alpha="mask")
    pixels = np.concatenate([np.full((20, 22, 3), 200, np.uint8), np.zeros((20, 22, 1), np.uint8)], axis=2)
    pixels[:, 8:, 3] = 255
    pixels[:, :8, :3] = 0
    made = sample(pixels, specs=(spec, spec), augment=GEOMETRY["rotate"], seed=1)
    assert made.valid.shape == (3, 16, 16)
    assert 0.3 < made.valid.float().mean() < 0.9
    torch.testing.assert_close(
        made.target[made.valid], torch.full((int(made.valid.sum()),), 200 / 127.5 - 1), atol=1e-6, rtol=0
    )


@pytest.mark.parametrize("name", WARPED)
def test_there_are_no_black_corners(name):
    bright = np.full((18, 18, 3), 250, np.uint8)
    for seed in range(10):
        made = sample(bright, augment=GEOMETRY[name], seed=seed).input
        torch.testing.assert_close(made, torch.full_like(made, 250 / 127.5 - 1), atol=1e-6, rtol=0)


def slopes(augment, seed):
    """How far one pixel down, and one to the right, in the sample leads in a source that is large enough: (2, 2)."""
    rows, columns = np.mgrid[:200, :210].astype(np.float32) / 210
    ramps = np.stack([rows, columns], axis=2)
    spec = ImageSpec(2, "float32")
    made = sample(ramps, specs=(spec, spec), size=(32, 40), augment=augment, seed=seed, mirror=False).input * 210
    if made.min() < 1 or made.max() > 198:  # the window lies at the edge
        return None
    down, right = made.diff(dim=1), made.diff(dim=2)
    assert (down - down.mean(dim=(1, 2), keepdim=True)).abs().max() < 1e-2  # an affine map, also beyond the window
    assert (right - right.mean(dim=(1, 2), keepdim=True)).abs().max() < 1e-2
    return torch.stack([down.mean(dim=(1, 2)), right.mean(dim=(1, 2))], dim=1).numpy()


def all_slopes(augment):
    return [found for seed in range(60) if (found := slopes(augment, seed)) is not None]


def test_rotation_is_a_rotation_either_way_of_at_most_what_is_asked():
    found = all_slopes(Augment(rotate=50))
    angles = [np.degrees(np.arctan2(each[1, 0], each[0, 0])) for each in found]
    assert all(np.allclose(each @ each.T, np.eye(2), atol=1e-3) for each in found)
    assert min(angles) < -35
    assert max(angles) > 35
    assert max(np.abs(angles)) <= 50


def test_scale_is_a_factor_either_way_of_at_most_what_is_asked():
    found = all_slopes(Augment(scale=2))
    factors = [each[0, 0] for each in found]
    assert all(np.allclose(each, factor * np.eye(2), atol=1e-3) for each, factor in zip(found, factors, strict=True))
    assert 0.5 <= min(factors) < 0.65
    assert 1.5 < max(factors) <= 2


def test_shear_slants_columns_either_way_by_at_most_what_is_asked():
    found = all_slopes(Augment(shear=40))
    angles = [np.degrees(np.arctan(each[1, 0])) for each in found]
    assert all(np.allclose(each - each[1, 0] * np.array([[0, 0], [1, 0]]), np.eye(2), atol=1e-3) for each in found)
    assert -40 <= min(angles) < -30
    assert 30 < max(angles) <= 40


def test_rotation_leaves_the_centre_of_the_window_in_place():
    pixels = np.random.default_rng(0).random((21, 21, 1), dtype=np.float32)
    made = sample(pixels, specs=(VALUES, VALUES), size=(21, 21), augment=Augment(rotate=180))
    assert made.input[0, 10, 10].item() == pytest.approx(pixels[10, 10, 0], abs=1e-5)


def test_elastic_displacement_is_smooth_and_has_the_deviation_asked_for_everywhere():
    fields = np.stack([_field((48, 64), seed) for seed in range(800)])
    deviation = fields.std(axis=0)
    assert np.abs(deviation - 1).max() < 0.15
    assert np.abs(fields.mean(axis=0)).max() < 0.15
    assert np.abs(np.diff(fields, axis=2)).max() < 0.6
    assert np.abs(np.diff(fields, n=2, axis=2)).max() < 0.1
    assert abs(np.corrcoef(fields[:, 0, 20, 30], fields[:, 1, 20, 30])[0, 1]) < 0.15


def test_elastic_of_some_pixels_moves_things_by_some_pixels():
    columns = np.tile(np.arange(300, dtype=np.float32)[:, None] / 300, (1, 300))[:, :, None]
    specs = (VALUES, VALUES)
    moved = torch.stack(
        [
            sample(columns, specs=specs, size=(64, 64), augment=Augment(elastic=3), seed=seed, mirror=False).input
            - sample(columns, specs=specs, size=(64, 64), seed=seed, mirror=False).input
            for seed in range(60)
        ]
    )
    assert (moved * 300).std() == pytest.approx(3, rel=0.15)


@pytest.mark.parametrize("length", [1, 2, 3, 7])
def test_beyond_the_edges_the_image_is_reflected(length):
    beyond = 30
    places = np.arange(-beyond, length + beyond, dtype=np.float32)
    expected = np.pad(np.arange(length), beyond, mode="reflect")
    np.testing.assert_array_equal(_reflected(places, length), expected)
    halves = _reflected(places + np.float32(0.5), length)
    assert halves.min() >= 0
    assert halves.max() <= length - 1


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("flip", [False, True])
def test_without_a_warp_the_places_are_the_window(turns, mirror, flip):
    pixels = photo()
    geometry = Geometry((16, 16), top=3, left=2, mirror=mirror, flip=flip, turns=turns, warp=None)
    np.testing.assert_array_equal(take_nearest(pixels, *geometry.places(20, 22)), geometry.window(pixels))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 2)])
def test_the_smallest_images_are_augmented_too(shape):
    pixels = photo(*shape)
    for seed in range(5):
        made = sample(pixels, specs=(COLOUR, COLOUR), size=shape, augment=EVERYTHING, seed=seed)
        assert made.input.shape == made.target.shape == (3, *shape)
        assert torch.isfinite(made.input).all()


@pytest.mark.parametrize("name", LIGHT)
def test_light_changes_the_input_alone_and_stays_in_range(name):
    pixels = photo()
    for seed in range(10):
        plain, made = sample(pixels, seed=seed), sample(pixels, augment=LIGHT[name], seed=seed)
        assert not torch.equal(made.input, plain.input)
        assert made.input.abs().max() <= 1
        assert torch.equal(made.target, plain.target)


def lit(pixels, augment, seed=0, spec=COLOUR):
    return sample(pixels, specs=(spec, spec), augment=augment, seed=seed, mirror=False, size=pixels.shape[:2]).input


def test_brightness_adds_a_share_of_the_range_to_all():
    pixels = photo() // 4 + 96
    added = [lit(pixels, Augment(brightness=0.2), seed) - encode(pixels, COLOUR) for seed in range(60)]
    assert all(each.std() < 1e-6 for each in added)
    assert -0.4 <= min(each.mean() for each in added) < -0.3
    assert 0.3 < max(each.mean() for each in added) <= 0.4


def test_contrast_is_a_factor_about_the_mean():
    pixels = photo() // 4 + 96
    plain = encode(pixels, COLOUR)
    made = [lit(pixels, Augment(contrast=2), seed) for seed in range(60)]
    factors = [(each.std() / plain.std()).item() for each in made]
    for each, factor in zip(made, factors, strict=True):
        torch.testing.assert_close(each, plain.mean() + (plain - plain.mean()) * factor, atol=1e-5, rtol=0)
    assert 0.5 <= min(factors) < 0.6
    assert 1.7 < max(factors) <= 2
    assert 0.3 < np.mean(np.array(factors) < 1) < 0.7  # evenly on a logarithmic scale


def test_gamma_is_an_exponent_on_values_from_0_to_1():
    pixels = photo() // 2 + 30
    scaled = (encode(pixels, COLOUR) + 1) / 2
    made = [(lit(pixels, Augment(gamma=2), seed) + 1) / 2 for seed in range(60)]
    exponents = [(each.log() / scaled.log()).median().item() for each in made]
    for each, exponent in zip(made, exponents, strict=True):
        torch.testing.assert_close(each, scaled**exponent, atol=1e-5, rtol=0)
    assert 0.5 <= min(exponents) < 0.6
    assert 1.7 < max(exponents) <= 2


def test_noise_has_the_deviation_asked_for_and_differs_from_value_to_value():
    grey = np.full((64, 64, 3), 128, np.uint8)
    one, other = (lit(grey, Augment(noise=0.05), seed) - encode(grey, COLOUR) for seed in (0, 1))
    assert one.std().item() == pytest.approx(0.1, rel=0.05)
    assert abs(one.mean().item()) < 0.005
    assert abs(np.corrcoef(one[0].flatten(), one[1].flatten())[0, 1]) < 0.06
    assert abs(np.corrcoef(one.flatten(), other.flatten())[0, 1]) < 0.06


@pytest.mark.parametrize("name", LIGHT)
def test_light_leaves_labels_alpha_and_gaps_alone(name):
    classes = np.random.default_rng(1).integers(0, 4, (20, 22, 1), dtype=np.uint8)
    assert torch.equal(lit(classes, LIGHT[name], spec=CLASSES), encode(classes, CLASSES))

    transparent, spec = photo(channels=4), ImageSpec(4, alpha="channel")
    made, plain = lit(transparent, LIGHT[name], spec=spec), encode(transparent, spec)
    assert torch.equal(made[3], plain[3])
    assert not torch.equal(made[:3], plain[:3])

    depth, spec = photo(channels=1) // 2, ImageSpec(1, nodata=(10.0,))
    depth[4:9] = 10
    made = lit(depth, LIGHT[name], spec=spec)
    readings = valid(depth, spec)
    assert (made[~readings] == 0).all()
    assert not torch.equal(made[readings], encode(depth, spec)[readings])


def test_gaps_do_not_count_in_the_mean_of_the_contrast():
    spec = ImageSpec(1, nodata=(0.0,))
    depth = np.full((8, 8, 1), 200, np.uint8)
    depth[:4] = 0
    torch.testing.assert_close(lit(depth, Augment(contrast=2), spec=spec), encode(depth, spec))


def test_of_lab_only_the_lightness_changes():
    spec = ImageSpec(3, space="lab")
    made, plain = lit(photo(), LIGHT["all"], spec=spec), encode(photo(), spec)
    assert torch.equal(made[1:], plain[1:])
    assert not torch.equal(made[0], plain[0])


@pytest.mark.parametrize("augment", [OFF, EVERYTHING, Augment(elastic=3), Augment(noise=0.1)])
def test_a_sample_is_a_function_of_its_random_stream(augment):
    pixels = photo()
    torch.manual_seed(0)
    one = sample(pixels, augment=augment, seed=7)
    torch.manual_seed(1)
    again, other = sample(pixels, augment=augment, seed=7), sample(pixels, augment=augment, seed=8)
    assert torch.equal(one.input, again.input)
    assert torch.equal(one.target, again.target)
    assert not torch.equal(one.input, other.input)


@pytest.mark.parametrize("name", [*GEOMETRY, "mirror"])
def test_geometry_does_not_change_what_light_draws(name):
    grey = np.full((20, 22, 3), 140, np.uint8)
    for seed in range(5):
        plain = sample(grey, augment=LIGHT["all"], seed=seed, mirror=False)
        both = replace(LIGHT["all"], **changed(GEOMETRY.get(name, OFF)))
        # Noise is drawn for the pixels of the sample, wherever these come from.
        torch.testing.assert_close(sample(grey, augment=both, seed=seed, mirror=name == "mirror").input, plain.input)


@pytest.mark.parametrize("name", GEOMETRY)
def test_one_geometry_setting_does_not_change_what_another_draws(name):
    for seed in range(5):
        one = draw_geometry((20, 22), (16, 16), True, GEOMETRY[name], random_at(0, 1, seed))
        both = draw_geometry((20, 22), (16, 16), True, GEOMETRY["all"], random_at(0, 1, seed))
        assert (one.top, one.left, one.mirror) == (both.top, both.left, both.mirror)
        if name == "flip":
            assert one.flip == both.flip
        elif name == "rotate90":
            assert one.turns == both.turns
        elif name == "elastic":
            np.testing.assert_allclose(one.warp.displacement / 2, both.warp.displacement / 5, rtol=1e-5)


def changed(augment):
    return {key: value for key, value in vars(augment).items() if value != getattr(OFF, key)}


@pytest.mark.parametrize("augment", [OFF, EVERYTHING])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_the_stored_pixels_stay_as_they_are(augment, dtype):
    spec = ImageSpec(3, dtype, ranges=((0.0, 200.0),))
    pixels = photo().astype(dtype)
    before = pixels.copy()
    sample(pixels, specs=(spec, spec), size=(20, 22), augment=augment, mirror=False)
    np.testing.assert_array_equal(pixels, before)
