"""Words that somebody wrote in a page's editor, as plain text: what is sent on has no tags and no escapes."""

from __future__ import annotations

import html
import re
from typing import Final

from connectors.html_text import TooManyTags, stripped
from hub.screen import without

_BREAK: Final = re.compile(r"<(?:br\s*/?|/p|/div|/li|/h[1-6]|/tr)\s*>", re.IGNORECASE)
_SILENT: Final = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_ANY_TAG: Final = re.compile(r"<[a-zA-Z/!?][^<>]*>?")
_MARKED_UP: Final = re.compile(
    r"</?(?:p|br|div|span|b|i|u|s|strong|em|small|a|ul|ol|li|h[1-6]|table|tbody|tr|td|th|font|img|hr|pre|blockquote|script"
    r"|style)\b[^<>]*>|&(?:[a-z]{2,8}|#[0-9]{1,7}|#x[0-9a-f]{1,6});",
    re.IGNORECASE,
)

_LAYERS: Final = 5
"""So often escapes are taken for what they hide."""
_OPENS: Final = re.compile(r"<(?=[a-zA-Z/!?])")
"""What begins a tag, a comment or a declaration (HTML, 13.2.5.6), closed or not."""


def bare(text: str) -> str:
    """HTML without its tags, scripts and escapes; where a block ends, a line ends."""
    broken = _BREAK.sub("\n", text)
    try:
        return stripped(broken)
    except TooManyTags:  # no sentence of an officer: what is left of it has no tag either
        return html.unescape(_ANY_TAG.sub("", _SILENT.sub("", broken)))


def tidy(text: str) -> str:
    """Without blanks at the ends of lines, more than one in a row, or more than one empty line."""
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def harmless(text: str) -> str:
    """
    What strangers wrote, as words that no page takes for markup, whoever shows it: tags that are known go, also those
    that were hidden behind escapes, and of whatever else could begin a tag the bracket stands apart ("< x>").
    """
    for _ in range(_LAYERS):
        if (found := without(plain(text))) == text:
            break
        text = found
    return _OPENS.sub("< ", text)


def plain(text: str) -> str:
    """Plain text of what may be HTML; a text without a sign of HTML stays as it was written."""
    return tidy(bare(text)) if _MARKED_UP.search(text) else text
