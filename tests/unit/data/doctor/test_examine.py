"""Each fault planted is found, in the files in which it was planted; without one nothing is."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from i2i.config import Data, Side
from i2i.data.doctor import CHECKS, Diagnosis, Finding, examine, quick_check
from i2i.data.layouts import find_pairs
from i2i.images import write_image


def only(diagnosis: Diagnosis | list[Finding], check: str) -> Finding:
    """The one finding of a check."""
    findings = diagnosis if isinstance(diagnosis, list) else diagnosis.findings
    (finding,) = (finding for finding in findings if finding.check == check)
    return finding


def alarms(diagnosis: Diagnosis) -> set[str]:
    return {finding.check for finding in diagnosis.findings if finding.severity != "advice"}


def with_changed(scenes, numbers, change):
    return [change(scene) if number in numbers else scene for number, scene in enumerate(scenes)]


def test_nothing_is_found_in_clean_pairs(scenes, examined):
    diagnosis = examined(scenes, sample=24)
    assert not alarms(diagnosis)
    assert not diagnosis.has_errors
    assert not diagnosis.not_told
    assert set(diagnosis.passed) == CHECKS.keys() - {"labels"}  # advice: the input is a label map


def test_the_same_seed_finds_the_same(scenes, examined):
    trees = [examined(scenes[:16], sample=12).to_tree() for _ in range(2)]
    assert trees[0] | {"seconds": 0} == trees[1] | {"seconds": 0}


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_damaged_file_is_named_and_stops_nothing(scenes, examined):
    def spoil(root: Path) -> None:
        whole = (root / scenes[1].file).read_bytes()
        (root / scenes[1].file).write_bytes(whole[: len(whole) // 2])
        (root / scenes[2].file).write_bytes(b"")
        (root / scenes[3].file).write_text("not found")

    diagnosis = examined(scenes, spoil=spoil, sample=24)
    damaged = only(diagnosis, "unreadable")
    assert damaged.severity == "error"
    assert [file.partition(":")[0] for file in damaged.files] == [scenes[place].file for place in (1, 2, 3)]
    assert alarms(diagnosis) == {"unreadable"}
    assert diagnosis.compared == len(scenes) - 3


def test_a_set_of_damaged_files_only_is_still_told(scenes, examined):
    def spoil(root: Path) -> None:
        for file in root.rglob("*.png"):
            file.write_bytes(b"x")

    diagnosis = examined(scenes[:4], spoil=spoil)
    assert len(only(diagnosis, "unreadable").files) == 4
    assert "leaks" in diagnosis.not_told
    assert diagnosis.text()


def test_an_image_that_has_no_middle_is_told(scenes, examined):
    odd = with_changed(scenes, [5], lambda scene: scene.but(picture=scene.picture[:, 1:]))
    finding = only(examined(odd), "halves")
    assert finding.severity == "error"
    assert finding.files[0].startswith(scenes[5].file)


def test_a_misspelt_name_is_told_with_the_one_that_is_meant(scenes, examined):
    def spoil(root: Path) -> None:
        (root / "train/B/s03.png").rename(root / "train/B/sO3.png")
        (root / "train/A/s11.png").unlink()

    files = only(examined(scenes, folders=("labels", "picture"), spoil=spoil), "unmatched").files
    assert files == [
        "train/A/s03.png: did you mean train/B/sO3.png?",
        "train/B/s11.png",
        "train/B/sO3.png: did you mean train/A/s03.png?",
    ]


def test_sides_of_different_size_are_an_error(scenes, examined):
    uneven = with_changed(scenes, [7], lambda scene: scene.but(picture=scene.picture[:-3]))
    finding = only(examined(uneven, folders=("labels", "picture")), "pair-sizes")
    assert finding.severity == "error"
    assert finding.files == ["train/A/s07.png is 64x64, train/B/s07.png is 61x64"]


def test_a_few_files_of_another_size_are_named(scenes, examined):
    smaller = with_changed(scenes, [4], lambda scene: scene.but(picture=scene.picture[:48], labels=scene.labels[:48]))
    finding = only(examined(smaller), "sizes")
    assert finding.severity == "warning"
    assert finding.files == [f"{scenes[4].file}: 48x64"]


def test_images_below_the_crop_are_an_error_only_where_they_are_not_stretched(scenes, examined):
    assert "sizes" in examined(scenes).passed
    assert only(examined(scenes, resize="none", size=(128, 128)), "sizes").severity == "error"


def test_types_that_differ_are_an_error_unless_all_become_floats(scenes, examined):
    deep = [scene.but(picture=scene.picture.astype(np.uint16) * 200) for scene in scenes]
    deep[6] = scenes[6]
    finding = only(examined(deep, folders=("labels", "picture")), "types")
    assert (finding.severity, finding.files) == ("error", ["train/B/s06.png: uint8"])
    assert "types" in examined(deep, folders=("labels", "picture"), target=Side(dtype="float32")).passed


def test_grey_among_colour_is_told_and_the_rest_still_examined(scenes, examined):
    grey = with_changed(
        scenes, [2], lambda scene: scene.but(picture=scene.picture[:, :, :1], labels=scene.labels[:, :, :1])
    )
    copy = grey[2].but(name="copy", split="test")
    diagnosis = examined([*grey, copy], folders=("labels", "picture"))
    assert {file for each in diagnosis.findings if each.check == "channels" for file in each.files} == {
        f"{folder}/{side}/{name}.png" for folder, name in (("train", "s02"), ("test", "copy")) for side in "AB"
    }
    assert only(diagnosis, "leaks").files == ["test/A/copy.png = train/A/s02.png"]


def test_channels_that_training_cannot_make_are_an_error(scenes, examined):
    diagnosis = examined(scenes[:6], folders=("labels", "picture"), target=Side(channels=5))
    assert only(diagnosis, "channels").severity == "error"


def test_the_quick_check_reads_headers_only(scenes, tmp_path):
    for scene in scenes[:4]:
        write_image(tmp_path / scene.file, np.concatenate([scene.labels, scene.picture], axis=1))
    cut, odd = tmp_path / scenes[0].file, tmp_path / scenes[1].file
    cut.write_bytes(cut.read_bytes()[:-40])
    write_image(odd, np.zeros((8, 7, 3), np.uint8))
    seen = []
    findings = quick_check(find_pairs(tmp_path), progress=lambda done, of: seen.append((done, of)))
    assert [finding.check for finding in findings] == ["halves"]  # the pixels of the other one were not asked for
    assert seen[-1] == (4, 4)


# --- values -----------------------------------------------------------------------------------------------------------


def test_a_label_outside_the_table_is_an_error(scenes, examined):
    wrong = with_changed(scenes, [9], lambda scene: scene.but(classes=np.where(scene.classes == 2, 77, scene.classes)))
    table = tuple((value, str(value), (value, value, value)) for value in range(5))
    finding = only(examined(wrong, folders=("classes", "picture"), input=Side(classes=table)), "label-values")
    assert finding.severity == "error"
    assert finding.files == ["train/A/s09.png: 77"]
    assert "label-values" in examined(scenes, folders=("classes", "picture"), input=Side(classes=table)).passed


def test_a_colour_far_from_the_table_is_an_error(scenes, examined):
    table = tuple((place, str(place), tuple(map(int, colour))) for place, colour in enumerate(scenes[0].labels[0, :1]))
    table += ((7, "other", (255, 255, 255)),)
    finding = only(examined(scenes[:8], input=Side(classes=table)), "label-values")
    assert finding.severity == "error"
    assert len(finding.files) > 4


def test_a_label_of_one_file_only_is_told_without_a_table(scenes, examined):
    stray = with_changed(scenes, [9], lambda scene: scene.but(classes=np.where(scene.classes == 2, 77, scene.classes)))
    diagnosis = examined(stray, folders=("classes", "picture"))
    assert only(diagnosis, "labels").summary.startswith("input: looks like a label map of 6 values")
    assert only(diagnosis, "label-values").files == ["train/A/s09.png"]


def test_label_maps_blurred_by_jpeg_are_seen_as_such(scenes, examined):
    def spoil(root: Path) -> None:
        for file in root.rglob("A/*.png"):
            with Image.open(file) as image:
                image.save(file.with_suffix(".jpg"), quality=75)
            file.unlink()

    larger = [scene.but(labels=scene.labels.repeat(4, 0).repeat(4, 1)) for scene in scenes]
    larger = [scene.but(picture=scene.picture.repeat(4, 0).repeat(4, 1)) for scene in larger]
    finding = only(examined(larger[:10], folders=("labels", "picture"), spoil=spoil), "labels")
    assert "of 5 colours, blurred by its file format" in finding.summary
    assert finding.severity == "advice"


def test_values_that_nobody_called_nodata_are_told_and_left_out(scenes, examined):
    def depth(scene):
        deep = 1000 + scene.picture[:, :, :1].astype(np.uint16) * 8
        deep[:9] = 0
        deep[40, 40:60] = 65535
        return scene.but(picture=deep)

    deep = [depth(scene) for scene in scenes]
    diagnosis = examined(deep, folders=("labels", "picture"))
    assert "data.target.nodata=[0, 65535]" in only(diagnosis, "nodata").advice
    assert {row.maximum < 65535 and row.minimum > 0 for row in diagnosis.statistics if row.side == "target"} == {True}
    declared = examined(deep, folders=("labels", "picture"), target=Side(nodata=(0, 65535)))
    assert "nodata" in declared.passed


def test_images_of_gaps_are_told_and_one_without_any_reading_stops_nothing(scenes, examined):
    def gappy(scene, rows):
        floats = scene.picture[:, :, :1].astype(np.float32)
        floats[:rows] = np.nan
        return scene.but(picture=floats)

    rows = {3: 50, 8: 64}
    floats = [gappy(scene, rows.get(place, 0)) for place, scene in enumerate(scenes)]

    def spoil(root: Path) -> None:
        for scene in floats:
            np.save(root / scene.split / "B" / f"{scene.name}.npy", scene.picture)
            (root / scene.split / "B" / f"{scene.name}.png").unlink()

    diagnosis = examined(scenes, folders=("labels", "picture"), spoil=spoil)
    assert only(diagnosis, "gaps").files == ["train/B/s03.npy", "train/B/s08.npy"]
    json.loads(diagnosis.to_json(), parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("constant", lambda picture: np.full_like(picture, 90)),
        ("near-black", lambda picture: picture // 40),
        ("clipping", lambda picture: (picture * 2.5).clip(0, 255).astype(np.uint8)),
    ],
)
def test_spoilt_exposures_are_named_each_for_one_reason(scenes, examined, check, change):
    spoilt = with_changed(scenes, [3, 12], lambda scene: scene.but(picture=change(scene.picture)))
    finding = only(examined(spoilt), check)
    assert finding.severity == "warning"
    assert finding.files == [scenes[3].file, scenes[12].file]
    assert len(finding.pictures) == 2


def test_an_empty_label_map_is_advice_only(scenes, examined):
    empty = with_changed(scenes, [3], lambda scene: scene.but(labels=np.zeros_like(scene.labels)))
    assert only(examined(empty), "constant").severity == "advice"


def test_eight_bit_values_in_a_deeper_set_are_named(scenes, examined):
    deep = [scene.but(picture=scene.picture.astype(np.uint16) * 200) for scene in scenes]
    deep[6] = deep[6].but(picture=scenes[6].picture.astype(np.uint16))
    diagnosis = examined(deep, folders=("labels", "picture"))
    assert only(diagnosis, "scale").files == ["train/B/s06.png"]
    assert alarms(diagnosis) == {"scale"}


def test_a_brighter_split_is_told(scenes, examined):
    brighter = [
        scene.but(picture=(scene.picture * 0.5).astype(np.uint8)) if scene.split == "train" else scene
        for scene in scenes
    ]
    finding = only(examined(brighter), "splits")
    assert finding.figures["split"] == "test"
    assert finding.figures["median_test"] > 1.5 * finding.figures["median_train"]


# --- copies -----------------------------------------------------------------------------------------------------------


def test_the_same_pixels_in_two_splits_are_an_error_whatever_the_container(scenes, examined):
    def spoil(root: Path) -> None:
        with Image.open(root / scenes[5].file) as image:
            image.save(root / "test/other.bmp")

    finding = only(examined(scenes, spoil=spoil), "leaks")
    assert finding.severity == "error"
    assert finding.files == ["test/other.bmp = train/s05.png"]
    assert len(finding.pictures[0].images) == 4


@pytest.mark.parametrize("change", ["jpeg", "half", "darker", "mirrored"])
def test_a_copy_in_another_guise_is_a_warning(scenes, examined, change):
    scene = scenes[5].but(name="other", split="test")
    if change == "mirrored":
        scene = scene.but(picture=scene.picture[:, ::-1], labels=scene.labels[:, ::-1])
    if change == "darker":
        scene = scene.but(picture=(scene.picture * 0.9).astype(np.uint8))

    def spoil(root: Path) -> None:
        file = root / "test/other.png"
        with Image.open(file) as image:
            image.load()
        if change == "half":
            image.resize((64, 32), Image.Resampling.BICUBIC).save(file)
        if change == "jpeg":
            image.save(file.with_suffix(".jpg"), quality=60)
            file.unlink()

    finding = only(examined([*scenes, scene], spoil=spoil), "leaks")
    assert finding.severity == "warning"
    assert [file.split()[:3] for file in finding.files] == [
        [f"test/other.{'jpg' if change == 'jpeg' else 'png'}", "≈", "train/s05.png"]
    ]
    assert ("mirrored" in finding.files[0]) == (change == "mirrored")


def test_copies_within_a_split_are_a_warning(scenes, examined):
    diagnosis = examined([*scenes, scenes[2].but(name="again")])
    assert only(diagnosis, "copies").files == ["train/s02.png = train/again.png"]
    assert alarms(diagnosis) == {"copies"}


def test_empty_pairs_are_no_copies_of_each_other(scenes, examined):
    empty = scenes[0].but(labels=np.zeros_like(scenes[0].labels), picture=np.full_like(scenes[0].picture, 30))
    diagnosis = examined([*scenes, empty.but(name="e1"), empty.but(name="e2"), empty.but(name="e3", split="test")])
    assert {"leaks", "copies"} <= set(diagnosis.passed)
    assert alarms(diagnosis) == {"constant"}


def test_one_input_with_two_targets_is_told(scenes, examined):
    other = scenes[4].but(name="again", picture=scenes[9].picture)
    findings = [finding for finding in examined([*scenes, other]).findings if finding.check == "copies"]
    assert ["train/s04.png = train/again.png"] in [finding.files for finding in findings]


# --- pairs ------------------------------------------------------------------------------------------------------------


def shifted(scene, down: int, right: int):
    """The window of the picture moved, and both sides cut by 8 pixels all around."""
    still, moved = np.s_[8:56, 8:56], np.s_[8 - down : 56 - down, 8 - right : 56 - right]
    return scene.but(labels=scene.labels[still], picture=scene.picture[moved])


def test_a_pair_out_of_register_is_named_with_its_shift(scenes, examined):
    moved = [shifted(scene, *((4, -5) if place == 7 else (0, 0))) for place, scene in enumerate(scenes)]
    finding = only(examined(moved, sample=24), "register")
    assert finding.severity == "warning"
    (file,) = finding.files
    assert file.startswith("train/s07.png")
    assert "left of" in file
    assert "below" in file


def test_a_common_shift_is_another_finding_than_a_single_one(scenes, examined):
    finding = only(examined([shifted(scene, -2, 3) for scene in scenes], sample=24), "register")
    assert finding.files == []
    assert finding.summary.startswith("all out of register by one shift")
    assert finding.figures["down"] == pytest.approx(-2, abs=0.5)
    assert finding.figures["right"] == pytest.approx(3, abs=0.5)


def test_each_pair_with_a_shift_of_its_own_is_told_of_the_set(scenes, examined):
    random = np.random.default_rng(0)
    finding = only(examined([shifted(scene, *random.integers(-8, 9, 2)) for scene in scenes], sample=24), "register")
    assert "each by another shift" in finding.summary


def test_swapped_targets_are_named_with_the_ones_that_fit(scenes, examined):
    swapped = list(scenes)
    swapped[3] = scenes[3].but(picture=scenes[10].picture)
    swapped[10] = scenes[10].but(picture=scenes[3].picture)
    finding = only(examined(swapped, sample=24), "partners")
    assert finding.severity == "warning"
    assert finding.files == [
        "train/s03.png: train/s10.png fits better",
        "train/s10.png: train/s03.png fits better",
    ]


def test_targets_one_file_late_are_an_error_that_names_the_step(scenes, examined):
    pictures = [scenes[-1].picture, *(scene.picture for scene in scenes[:-1])]
    late = [scene.but(picture=picture) for scene, picture in zip(scenes, pictures, strict=True)]
    finding = only(examined(late, sample=24), "partners")
    assert finding.severity == "error"
    assert "that of the pair 1 after" in finding.summary


def test_inputs_that_tell_nothing_of_their_targets_are_told(scenes, examined):
    strangers = [scene.but(picture=scenes[place + 12].picture) for place, scene in enumerate(scenes[:12])]
    finding = only(examined(strangers, sample=24), "partners")
    assert finding.severity == "warning"
    assert finding.figures["chance"] > 0.01


def test_the_direction_towards_labels_is_advice(scenes, examined):
    finding = only(examined(scenes, direction="right-to-left"), "direction")
    assert finding.severity == "advice"
    assert "--direction left-to-right" in finding.advice
    assert finding.figures["bits_of_target"] < finding.figures["bits_of_input"]
    assert "direction" in examined(scenes, folders=("labels", "picture"), direction="A-to-B").passed


def test_between_two_kinds_of_pictures_no_direction_is_advised(scenes, examined):
    assert "direction" in examined(scenes, folders=("picture", "picture")).passed


def test_only_a_sample_is_compared_closely(scenes, tmp_path):
    for scene in scenes:
        write_image(tmp_path / scene.file, np.concatenate([scene.labels, scene.picture], axis=1))
    diagnosis = examine(find_pairs(tmp_path), data=Data(), sample=12)
    assert (diagnosis.pairs, diagnosis.compared) == (24, 12)


def test_of_plain_photos_only_what_one_side_tells_is_checked(scenes, tmp_path):
    for scene in scenes:
        write_image(tmp_path / scene.file, scene.picture)
    write_image(tmp_path / "test/copy.png", scenes[0].picture)
    diagnosis = examine(find_pairs(tmp_path, layout="photos"))
    assert only(diagnosis, "leaks").files == ["test/copy.png = train/s00.png"]
    assert {"register", "partners", "direction"} <= diagnosis.not_told.keys()
    assert {row.side for row in diagnosis.statistics} == {"target"}
