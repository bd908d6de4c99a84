"""Whatever a stranger types, no output lets a tag, a formula, a broken line or a sign that steers get out."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from connectors import talks
from connectors.base import Reply
from connectors.errors import Misconfigured
from connectors.smtp import message
from hub import cli, sheets
from hub.commands.looking import as_line
from hub.composing import news
from hub.evidence import page, sheet
from hub.evidence.asking import _row
from hub.letters import Letter
from hub.registry.lapor_reading import plain as read
from hub.registry.plaintext import harmless
from hub.screen import line
from hub.store.replies import Told
from hub.store.search import Found
from hub.telling import complain, place
from tests import naughty

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
TEXTS = naughty.everything()


def letter(text: str) -> str:
    """What a reporter reads of an agency's words and of an institution of that name."""
    key = SimpleNamespace()
    hub: Any = SimpleNamespace(
        vault=SimpleNamespace(unwrap=lambda *_: key, open=lambda *_: text.encode("utf-8", "replace"))
    )
    told = [
        Told(**_told(what, text_enc=b"x", key_id=UUID(int=1), wrapped=b"", to_institution=text))
        for what in ("follow_up", "status", "disposition")
    ]
    made = Letter(
        news=[news(hub, one) for one in told], complaint="C", number="1", standing="closed", zone="Asia/Jakarta"
    )
    return made.text()


def _told(what: str, **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = dict.fromkeys(Told.__slots__)
    return values | {"what": what, "at": NOW, "seen_at": NOW, "digest": b"d", "status": "closed"} | more


def mail(text: str) -> str:
    """The answer by mail to somebody who is called so and wrote under that subject."""
    payload = {
        "from": {"name": text, "address": "warga@surat.example"},
        "subject": text,
        "message_id": text,
        "references": [text],
    }
    reply = Reply(ref="1", text=letter(text), status="", message_id="a@b.example", payload=payload)
    try:
        sent = message(reply, f"Kanal {text} <kanal@aduan.example>", NOW)
    except Misconfigured:  # the region's own address cannot be written so: nothing leaves
        return ""
    parsed = message_from_bytes(sent.as_bytes(), policy=default)
    assert [name for name in parsed if name in ("Bcc", "Cc", "Reply-To")] == []
    head = str(make_header(decode_header(str(parsed["Subject"]))))
    assert naughty.steering(head, lines=False) == "" and len(parsed.get_all("Subject")) == 1
    return f"{head}\n{parsed.get_content()}".replace("\r\n", "\n")


def post(text: str) -> str:
    """What everybody reads on X: the region's words and a link with the post's number."""
    own = {"text": "Aduan dijawab, lihat {link}", "link": "https://kanal.example/{ref}"}
    reply = Reply(ref=text[:20], text=text, status="", message_id="", payload={}, answers=True)
    return talks.pointer(reply, own, 280)


def printed(speak: Callable[[], object]) -> str:
    """What reaches a terminal when a command speaks so."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out), cli.guarded():
        speak()
    return out.getvalue()


def entry_row(text: str) -> str:
    """`audit log`: an entry whose actor, code and reason are so."""
    body = {"act": "closed", "at": NOW.isoformat(), "actor": text, "code": text, "detail": {"because": text}}
    return _row(Found(leaf=1, body=json.dumps(body).encode()), {})


def table(text: str) -> str:
    """A table on the terminal, with such a cell."""
    from rich.table import Table

    from hub.screen import console

    shown = Table("a", "b")
    shown.add_row("x", text)
    return printed(lambda: console(200).print(shown))


def packed(text: str) -> str:
    """The page of a pack: its own markup apart, which is the same for a harmless text."""

    def made(word: str) -> list[str]:
        tables = [page.Table(heading=word, head=[word], rows=[[word]], empty=word, note=word)]
        whole = page.page("id", word, [(word, word)], [page.Part(heading=word, says=[word], tables=tables)])
        assert word != "x" or naughty.steering(whole) == ""
        return naughty.markup(whole)

    return "" if made(text) == made("x") else "<b>"


LINES = {
    "letter": letter,
    "mail": mail,
    "post": post,
    "registry's log": lambda text: read("dari {{institution}}", {"institution_from_name": text}),
    "a name": harmless,
}
TERMINAL = {
    "print": lambda text: printed(lambda: print(text)),
    "complain": lambda text: printed(lambda: complain(text)),
    "table": table,
}


@pytest.mark.parametrize("output", LINES)
def test_messages_hold_words_only(output: str) -> None:
    """Mail, post, letter and names that registries give: no tag in any disguise, no control, no turned letters."""
    assert {text: wrong for text in TEXTS if (wrong := naughty.words(LINES[output](text)))} == {}


@pytest.mark.parametrize("output", TERMINAL)
def test_a_terminal_is_never_steered(output: str) -> None:
    """No ANSI code, bell, carriage return, bidi override or invisible letter reaches a screen."""
    assert {text: wrong for text in TEXTS if (wrong := naughty.steering(TERMINAL[output](text)))} == {}


@pytest.mark.parametrize("output", [entry_row, line])
def test_one_entry_is_one_line(output: Callable[[str], str]) -> None:
    """Nobody's words begin a line of their own, so nobody can write a line that we never said."""
    shown = {text: output(text) for text in TEXTS}
    assert {text: one for text, one in shown.items() if "\n" in one or naughty.steering(one.replace("\t", ""))} == {}


def test_sheets_calculate_nothing(tmp_path: Path) -> None:
    """CSV and XLSX of answers and entries: whole rows, text only, no formula, nothing that steers."""
    for name in ("a.csv", "a.xlsx"):
        sheets.write(tmp_path / name, ("a", "b"), ((text, text) for text in TEXTS))
    assert naughty.sheet((tmp_path / "a.csv").read_bytes(), 2) == ""
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        cells = book.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in cells and cells.count(b'<c r="A') == len(TEXTS) + 1
    entries = [
        (n, {"act": "closed", "at": NOW.isoformat(), "actor": text, "code": text, "detail": {"because": text}})
        for n, text in enumerate(TEXTS)
    ]
    assert naughty.sheet(sheet.head() + sheet.lines(entries, {}), len(sheet.HEAD)) == ""


def test_a_page_has_only_its_own_markup() -> None:
    """The summary of a pack: whatever stands in its headings, cells and notes, the tags are those of an innocent word."""
    assert [text for text in TEXTS if packed(text)] == []


def test_json_lines_stay_json() -> None:
    """A line of an export: one object, ASCII, no bracket that a page could take for a tag, the text unchanged."""
    for text in TEXTS:
        written = as_line({"isi": text})
        assert naughty.json_line(written) == "" and json.loads(written) == {"isi": text}


def test_arguments_that_steer_are_refused() -> None:
    """A reason with a line end or an escape would stand in the log for ever: it is refused before anything is done."""
    for text in naughty.STEERING:
        assert cli.run(["registry", "pause", "sp4n", "--by", "Budi", "--because", text]) == 2


def test_an_unforeseen_error_keeps_its_words_to_itself() -> None:
    """A traceback quotes what was being read; the command tells class and place only."""
    try:
        int("Ani Contoh 3515014107900001")
    except ValueError as error:
        said = place(error)
    assert "ValueError at test_naughty.py" in said and "Ani" not in said and "3515" not in said
