"""What strangers write in HTML comes out as words: no tag, no script, whatever a browser would forgive."""

from __future__ import annotations

import re

import pytest

from connectors.html_text import MOST_TAGS, words
from hub.registry.plaintext import harmless, plain

TRICKS = [
    "<script>alert(1)</script>", "<SCRIPT SRC=//a/x.js>", "<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1) ",
    "<svg/onload=alert(1)>", "<svg><script>alert(1)</script></svg>", "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<a href='javascript:alert(1)'>x</a>", "<iframe srcdoc='<script>alert(1)</script>'>", "<math><mi//xlink:href='data:x'>",
    "<!--><img src=x onerror=alert(1)>-->", "<![CDATA[<img src=x onerror=alert(1)>]]>", "<body/onload=alert(1)>",
    "<style>@import'//a';</style>", "<textarea><img title='</textarea><img src=x onerror=alert(1)>'>", "<x/y/z onclick=1>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<template><img src=x onerror=alert(1)></template>",
    "<form><button formaction=javascript:alert(1)>x", "<input autofocus onfocus=alert(1)>", "<video><source onerror=alert(1)>",
    "<p/onclick=alert(1)>x</p>", "<b\x00 onclick=1>x", "<b\nonclick=1>x", "<b\x0conclick=1>x", "</p><script\n>alert(1)",
]  # fmt: skip
LIVE = re.compile(r"<[a-zA-Z/!?]")


@pytest.mark.parametrize("trick", TRICKS)
def test_no_tag_is_left(trick: str) -> None:
    """Mails and words of an officer's editor leave as text; the sentence around the trick stays."""
    for page in (words(f"<p>Lampu mati</p>{trick}"), f"<p>Lampu mati</p>{trick}"):
        text = harmless(page).strip()
        assert not LIVE.search(text) and "alert(1)//" not in text
        assert text.startswith("Lampu mati")


def test_a_page_of_a_hundred_thousand_tags_holds_up_nobody() -> None:
    """Beyond what a parser takes apart quickly, tags are cut by their signs, in linear time."""
    assert plain("<b>Sudah</b> " + "<div>" * (MOST_TAGS * 20) + "<img src=x ") == "Sudah"
