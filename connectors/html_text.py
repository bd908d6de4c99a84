"""What a reader would see of a page that strangers wrote: parsed as a browser does, without a tag, a script or an escape."""

from __future__ import annotations

import html
import re
from typing import Final

MOST_TAGS: Final = 5_000
"""So many are taken apart outside of a limited child: a parser's time grows with the square of what is open at once."""
_BLOCKS: Final = frozenset(
    {"p", "div", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"blockquote", "pre", "section", "article", "hr", "br", "li", "td", "th"}
)
_UNSEEN: Final = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "svg"})
_SPACES: Final = re.compile(r"[ \t\r\f\v\u00a0]+")
_TAG: Final = re.compile(r"<(/?)([a-z0-9]+)>")
_LINES: Final = {"li": "\n- ", "td": " ", "th": " "}


class TooManyTags(ValueError):
    """It cannot be taken apart in reasonable time."""


def stripped(text: str) -> str:
    """Text that may hold tags without them, its lines and blanks as they are; raises TooManyTags."""
    import nh3  # only texts with a tag pay for it

    if text.count("<") > MOST_TAGS:
        raise TooManyTags
    return html.unescape(nh3.clean(text.replace("\0", ""), tags=set(), clean_content_tags={"script", "style"}))


def words(page: str) -> str:
    """The page's text, a line for each block; only in a limited child, for it may take long."""
    import nh3  # only pages pay for it

    clean = nh3.clean(page.replace("\0", ""), tags=_BLOCKS, attributes={}, clean_content_tags=_UNSEEN)
    text = _TAG.sub(_space, _SPACES.sub(" ", clean.replace("\n", " ")))
    lines = [_SPACES.sub(" ", html.unescape(line)).strip() for line in text.split("\n")]
    return "\n".join(lines)


def _space(found: re.Match[str]) -> str:
    end, name = found.groups()
    return (_LINES[name] if not end else "\n" if name == "li" else "") if name in _LINES else "\n"
