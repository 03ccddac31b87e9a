"""A card's Markdown as HTML that can do nothing: no HTML of its own, no script, nothing fetched from anywhere."""

import html
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

_FOLLOWED = ("https://", "http://", "mailto:")
"""How the targets of links begin that a page elsewhere than the bundle can lead to."""


class _Renderer(RendererHTML):
    """Pictures become their descriptions, links leave without saying where from, wide tables scroll by themselves."""

    def image(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
        return html.escape(self.renderInlineAsText(tokens[index].children, options, env))

    def link_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
        target = str(tokens[index].attrs.get("href", ""))
        tokens[index].attrs = {}
        if target.lower().startswith(_FOLLOWED):
            tokens[index].attrs = {"href": target, "rel": "noopener noreferrer"}
        return self.renderToken(tokens, index, options, env)

    def code_block(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
        return f'<pre tabindex="0"><code>{html.escape(tokens[index].content)}</code></pre>\n'

    def fence(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
        return self.code_block(tokens, index, options, env)

    def table_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
        return '<div class="wide" tabindex="0" role="group" aria-label="table"><table>\n'

    def table_close(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Any) -> str:
        return "</table></div>\n"


def to_html(markdown: str) -> str:
    """CommonMark with tables as HTML; whatever HTML it holds is shown as text."""
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
    return str(parser.render(markdown))
