"""The card that a run leaves: true, complete, and silent about the machine."""

from dataclasses import replace

import pytest

from i2i.bundle import BundleConfig
from i2i.cards import parted
from i2i.config import Config, overlay
from i2i.images import ImageSpec, LabelClass
from i2i.training.card import model_card

CONFIG = overlay(
    Config(),
    {
        "data": {"pairs": "/home/ada/acme/facades", "layout": "side-by-side", "direction": "labels-to-photo"},
        "training": {"images": 1000},
        "licence": "cc-by-4.0",
    },
)
BUNDLE = BundleConfig(
    generator={},
    input=ImageSpec(1, classes=(LabelClass(0, "wall", (0, 0, 255)), LabelClass(1, "door", (255, 0, 0)))),
    target=ImageSpec(1, "uint16", ranges=((0, 4000),), unit="mm"),
    size=(256, 256),
    scores={"l1": {"mean": 12.5, "low": 11.0, "high": 14.5, "count": 40}},
)


def card(config=CONFIG, bundle=BUNDLE, pairs=(360, 40)):
    return model_card(config, bundle, pairs, 800)


def test_the_card_tells_what_a_user_must_know():
    metadata, body = parted(card())
    assert metadata == {
        "library_name": "i2i",
        "pipeline_tag": "image-to-image",
        "tags": ["image-to-image", "i2i", "pix2pix"],
        "license": "cc-by-4.0",
    }
    assert body.startswith("# labels-to-photo translator\n")
    for said in (
        "| pairs | `facades`: side-by-side images |",
        "| trained on | 360 pairs |",
        "| held out | 40 pairs: the validation split, or where the pairs have none, 10% of them drawn by seed 0 |",
        "| input | 2 classes: wall, door |",
        "| target | 1 channel uint16 in mm, values of 0 to 4000 |",
        "12.5 [11.0, 14.5]",
        "mean absolute difference, range 0..4000 mm",
        "| training images seen | 800 of 1000, batch 1, seed 0 |",
        "It invents detail",
        "## Licence\n\n`cc-by-4.0`.\n",
    ):
        assert said in body, said


def test_the_card_names_no_folder_of_the_machine():
    assert "acme" not in card()


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"group": "patient"}, "drawn by seed 0, never parting a group (`patient`)"), ({"validation": 0.25}, "25% of")],
)
def test_how_pairs_were_held_out_is_told(changes, said):
    assert said in card(overlay(CONFIG, {"data": changes}))
    assert "40 pairs, by a list" in card(bundle=replace(BUNDLE, held_out=("1", "2")))
    assert "| held out | none |" in card(pairs=(400, 0))


def test_what_is_not_known_is_not_claimed():
    text = card(overlay(CONFIG, {"licence": ""}), replace(BUNDLE, scores={}), (400, 0))
    assert "license" not in text
    assert "None was given" in text
    assert "Not measured: no pairs were held out" in text
