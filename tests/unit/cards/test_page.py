"""A card as a page: everything the Markdown says, the examples beside their translations, and no way to do harm."""

import re
from html.parser import HTMLParser

import pytest
from hub_stand_in import write_bundle

from i2i.cards import card_html
from i2i.errors import BundleError
from i2i.pages.standalone import POLICY

HOSTILE = """---
license: "<script>steal()</script>"
---

# A <img src=x onerror=steal()> card

<script>steal()</script>

<iframe src="https://evil.example"></iframe> and <b onclick="steal()">bold</b>

[one](javascript:steal()) [two](JaVaScRiPt:steal()) [three](data:text/html,steal()) [four](//evil.example)
[five](vbscript:steal()) [six](https://good.example/a?b=1&c="2) [seven](config.json) <javascript:steal()>

![a picture](https://evil.example/pixel.png) ![" onerror="steal()](x)

| a | b |
|---|---|
| <script>steal()</script> | `</code><script>steal()</script>` |

    </code></pre><script>steal()</script>

```x"><script>steal()</script>
</pre><script>steal()</script>
```
"""


class Elements(HTMLParser):
    """All elements of a page with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def named(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("cards") / "bundle")


@pytest.fixture
def card_of(bundle):
    """The page of the bundle with another card."""

    def make(text, **chosen):
        (bundle / "README.md").write_text(text, encoding="utf-8")
        return card_html(bundle, **{"pictures": False, **chosen})

    return make


def test_the_page_says_what_the_card_says(card_of):
    page = card_of(
        "---\nlicense: mit\n---\n\n# Edges to cats\n\n## Scores\n\n| PSNR | ↑ |\n|---|---|\n| 21 | [20, 22] |\n"
    )
    assert "<h1>Edges to cats</h1>" in page
    assert page.count("Edges to cats") == 2  # and the window's title
    assert "<h2>Scores</h2>" in page
    assert "<td>[20, 22]</td>" in page
    assert "<dt>licence</dt><dd>mit</dd>" in page
    assert "<dt>trained at</dt><dd>32x32 pixels</dd>" in page
    assert "---" not in page.partition("</style>")[2]


def test_examples_stand_beside_their_translations(card_of):
    page = card_of("# Card\n", pictures=True)
    pictures = Elements(page).named("img")
    assert [picture["alt"] for picture in pictures] == [
        "input of example 1.png", "output of example 1.png", "input of example 2.png", "output of example 2.png",
    ]  # fmt: skip
    assert all(picture["src"].startswith("data:image/png;base64,") for picture in pictures)
    assert len({picture["src"] for picture in pictures}) == 4
    assert not Elements(card_of("# Card\n")).named("img")


def test_an_example_that_cannot_be_read_is_told_and_the_others_shown(card_of, bundle):
    damaged = bundle / "examples" / "3.png"
    damaged.write_bytes(b"no image")
    try:
        page = card_of("# Card\n", pictures=True)
    finally:
        damaged.unlink()
    assert len(Elements(page).named("img")) == 4
    assert '<p class="note warn">examples/3.png: is not an image' in page


def test_nothing_that_a_card_holds_can_do_anything(card_of):
    page = card_of(HOSTILE)
    elements = Elements(page)
    assert not {"script", "iframe", "img", "b"} & {tag for tag, _ in elements.found}
    for tag, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
    assert [link for link in elements.named("a") if link] == [
        {"href": "https://good.example/a?b=1&c=%222", "rel": "noopener noreferrer"}
    ]
    assert "a picture" in page
    assert page.count("&lt;script&gt;steal()&lt;/script&gt;") >= 5  # shown, for all to see


def test_the_page_needs_nothing_but_itself(card_of):
    page = card_of("# Card\n\nText\n", pictures=True)
    elements = Elements(page)
    (policy,) = [each["content"] for each in elements.named("meta") if "http-equiv" in each]
    assert policy == POLICY
    assert POLICY.startswith("default-src 'none'")
    assert not {"script", "link", "iframe", "object", "base", "form"} & {tag for tag, _ in elements.found}
    assert not re.search(r"url\(|@import|https?://", page)


def test_what_scrolls_can_be_reached_by_keyboard(card_of):
    page = card_of("# C\n\n| a |\n|---|\n| b |\n\n    code\n")
    elements = Elements(page)
    assert [each.get("tabindex") for each in elements.named("pre")] == ["0"]
    assert [each.get("tabindex") for each in elements.named("div") if each.get("class") == "wide"] == ["0"]


def test_a_card_that_is_no_heading_or_no_yaml_is_still_a_page(card_of, bundle):
    assert f"<h1>{bundle.parent.name}</h1>" in card_of("Only text\n")
    assert "<h1>" in card_of("---\n: : :\n---\n\ntext\n")
    assert "licence</dt><dd>not given" in card_of("")


def test_no_card_and_no_bundle_are_one_line(bundle, tmp_path):
    (bundle / "README.md").unlink()
    with pytest.raises(BundleError, match=r"README.md: can't be read .* a bundle has its card there"):
        card_html(bundle)
    with pytest.raises(BundleError, match="no such folder"):
        card_html(tmp_path / "none")
