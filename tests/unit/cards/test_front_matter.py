"""Metadata and text of a card, apart and together again."""

import pytest

from i2i.cards import joined, parted
from i2i.cards.licences import licence_metadata, licence_section, with_licence_section


def test_what_is_joined_comes_apart_the_same():
    metadata = {"tags": ["a", "b: c"], "model-index": [{"name": "ü", "value": 1.5}], "license": "mit"}
    assert parted(joined(metadata, "# A card\n\n---\n\ntext\n")) == (metadata, "# A card\n\n---\n\ntext\n")


@pytest.mark.parametrize("card", ["# A\n", "", "---\nno end\n", "---\n- a list\n---\n", "---\na: [\n---\n\n# A\n"])
def test_a_card_without_a_block_is_all_text(card):
    assert parted(card) == ({}, card)


def test_line_ends_of_other_systems_do_not_matter():
    assert parted("\ufeff---\r\ntags: [a]\r\n---\r\n\r\n# A\r\n") == ({"tags": ["a"]}, "# A\n")
    assert parted("---\n---\n# A\n") == ({}, "# A\n")


def test_a_licence_is_never_guessed():
    assert licence_metadata("") == licence_metadata(" ") == {}
    assert "None was given" in licence_section("")
    assert licence_metadata("CC-BY-4.0") == {"license": "cc-by-4.0"}
    assert licence_metadata("Acme & Sons 2.0") == {"license": "other", "license_name": "acme-sons-2.0"}


def test_a_licence_takes_the_place_of_the_one_before():
    body = "# A\n\n## Licence\n\nNone was given.\n\n## More\n\ntext\n"
    assert with_licence_section(body, "mit") == "# A\n\n## Licence\n\n`mit`.\n\n## More\n\ntext\n"
    assert with_licence_section("# A\n\n## Licence\n\nold\n", "mit") == "# A\n\n## Licence\n\n`mit`.\n"
    assert with_licence_section("# A\n", "mit") == "# A\n\n## Licence\n\n`mit`.\n"
