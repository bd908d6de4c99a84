"""The kind `sql` against a database that misbehaves: everything once, errors by who must act, no password shown."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import sql_values
from connectors.base import Context, Item, Position, Reply, Window
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.kinds.sql import Sql
from connectors.net import NotReached, dialler
from connectors.reading import Outcome, read
from tests.channels.fakes.mysql import Base, mysql

NOW = datetime(2026, 12, 1, tzinfo=UTC)
TABLE = "CREATE TABLE pengaduan (id_pengaduan INTEGER PRIMARY KEY, isi_laporan TEXT, foto LONGBLOB)"


@pytest.fixture
def base() -> Iterator[Base]:
    """A portal's database with fifty complaints."""
    with mysql(Base()) as made:
        made.run(TABLE, *(f"INSERT INTO pengaduan VALUES ({n}, 'Jalan {n}', NULL)" for n in range(1, 51)))
        yield made


def channel(base: Base, **more: Any) -> Sql:
    """A connector of its table."""
    plain = {
        "system": "mysql", "host": "127.0.0.1", "port": base.port, "tls": "none", "database": "lapor", "user": "baca",
        "password": "${secret:DB}", "table": "pengaduan", "columns": ["isi_laporan"], "ref": "id_pengaduan", "size": 10,
    }  # fmt: skip
    return Sql(**{**plain, **more})


def context(password: str = "sandi-basis-rahasia") -> Context:
    """What the hub gives a kind."""
    return Context(
        http=None,  # type: ignore[arg-type]  # no kind of database has any use for it
        dial=dialler([ipaddress.ip_network("127.0.0.0/8")]),
        secret=lambda text, _: text.replace("${secret:DB}", password),
        clock=lambda: NOW, tls=ssl.create_default_context,
    )  # fmt: skip


def pulled(one: Sql, ctx: Context | None = None) -> tuple[list[Item], Outcome]:
    """One reading to its outcome."""
    items: list[Item] = []
    for step in read(one, ctx or context(), Window(since=None, until=NOW)):
        if isinstance(step, Outcome):
            return items, step
        items.extend(step.items)
    raise AssertionError


def test_every_row_once_and_only_listed_columns(base: Base) -> None:
    """All rows by key, the server's count as proof; nothing but listed columns is ever asked."""
    items, outcome = pulled(channel(base))
    assert [item.ref for item in items] == [str(n) for n in range(1, 51)]
    assert (outcome.closed, outcome.total, outcome.mark) == (True, 50, {"joined": {}, "id": 50})
    assert not any("*" in one.replace("COUNT(*)", "") or "foto" in one for one in base.asked)
    assert any("READ ONLY" in one for one in base.asked)


def test_a_cut_anywhere_loses_nothing(base: Base) -> None:
    """The connection ends in the middle of each answer in turn; the next try goes on, and all rows come exactly once."""
    questions = len(base.asked)
    pulled(channel(base))
    questions = len(base.asked) - questions
    for place in range(2, questions + 1):
        base.asked.clear()
        base.cut_at = place
        window, before, found, closed = Window(since=None, until=NOW), [], list[Any](), False
        for _ in range(3):
            for step in read(channel(base), context(), window, before=before):
                if isinstance(step, Outcome):
                    closed = step.closed
                    assert closed or isinstance(step.error, Unavailable)
                else:
                    found += [item.ref for item in step.items]
                    before = [*before, step.page] if step.page else before
            if closed:
                break
        assert found == [str(n) for n in range(1, 51)], place


def test_any_position_leads_on(base: Base) -> None:
    """Each page's position leads to exactly the rows behind it."""
    one, window = channel(base), Window(since=None, until=NOW)
    pages = list(one.pages(context(), window))
    for at, page in enumerate(pages):
        behind: Position = page.next or {}
        rest = [item.ref for other in one.pages(context(), window, behind) for item in other.items]
        assert rest == [str(n) for n in range(10 * at + 11, 51)]


@pytest.mark.parametrize(
    "greeting", [b"", b"\0", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 400, bytes(200), b"\x4a\0\0\0\x0a5.7"]
)
def test_what_is_no_database_is_said(greeting: bytes, base: Base) -> None:
    """A web server, garbage or silence on that port is an error of the channel, of no other kind."""
    base.greeting = greeting
    outcome = pulled(channel(base))[1]
    assert isinstance(outcome.error, ChannelError)
    assert outcome.code in ("cut", "not_sql", "sql", "no_tls")


def test_a_wrong_password_is_the_owners_affair(base: Base) -> None:
    """Refused; the server's own words, which quote the user and what not, are not repeated."""
    outcome = pulled(channel(base), context("salah-sekali"))[1]
    assert (type(outcome.error), outcome.code) == (Refused, "login")
    assert not {"salah-sekali", base.password} & set(str(outcome.error).replace(".", " ").split())
    assert base.password not in f"{outcome.error}{outcome.owed}"


def test_no_password_without_tls_to_whoever_asks(base: Base) -> None:
    """A server that asks for the password in the open, or one that has no TLS though it is wanted, never gets it."""
    base.asks_clear = True
    outcome = pulled(channel(base))[1]
    assert (type(outcome.error), outcome.code, base.heard) == (Refused, "clear_password", [])
    outcome = pulled(channel(base, tls="verify"))[1]
    assert (type(outcome.error), outcome.code, base.heard) == (Misconfigured, "no_tls", [])


def test_nobody_home(base: Base) -> None:
    """A closed port and a private address are told as for every kind."""
    outcome = pulled(channel(base, port=1))[1]
    assert isinstance(outcome.error, NotReached)
    outcome = pulled(channel(base, host="10.0.0.1"))[1]
    assert (type(outcome.error), outcome.code) == (Misconfigured, "address_refused")


def test_rows_without_end_end(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that sends rows for ever is cut off at the budget of an answer."""
    monkeypatch.setattr("connectors.mariadb.BUDGET", 4 << 20)
    base.flood = True
    outcome = pulled(channel(base))[1]
    assert (outcome.closed, isinstance(outcome.error, Unavailable)) == (False, True)


def test_a_question_that_is_never_answered_ends(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that hangs holds a reading up for its time and no longer."""
    monkeypatch.setattr("connectors.mariadb.SECONDS", 0.2)
    base.silent_at = 6
    outcome = pulled(channel(base))[1]
    assert (outcome.closed, outcome.code) == (False, "timeout")


@pytest.mark.parametrize("wrong", [b"", b"x", b"1e9", b"9" * 30, b"\xff\xfe", b"-", b"NaN"])
def test_values_of_a_wrong_type_are_no_rows(wrong: bytes, base: Base) -> None:
    """A number that is none closes nothing and stores nothing."""
    base.wrong = wrong
    items, outcome = pulled(channel(base))
    assert (items, outcome.closed) == ([], False)
    assert isinstance(outcome.error, ChannelError)


def test_identifiers_are_names_and_values_are_values(base: Base) -> None:
    """Whatever a manifest or a citizen writes is a name or a value to the server, never SQL."""
    hostile = "'; DROP TABLE pengaduan; --\\"
    base.run("CREATE TABLE tanggapan (kunci TEXT, id_pengaduan INTEGER, tanggapan TEXT)")
    form = {
        "user": "tulis", "password": "${secret:DB}", "table": "tanggapan", "once": "kunci",
        "values": {"id_pengaduan": "{ref}", "tanggapan": "{text}"},
    }  # fmt: skip
    one = channel(base, where={"isi_laporan": ["Jalan 7", hostile]}, reply_by=form)
    assert [item.ref for item in pulled(one)[0]] == ["7"]
    for _ in range(2):
        one.reply(context(), Reply(ref=7, text=hostile, status="", message_id="<m>", payload={}))
    assert base.run("SELECT id_pengaduan, tanggapan FROM tanggapan") == [(7, hostile)]
    assert pulled(channel(base, table="pengaduan` --"))[1].code == "no_table"


def test_an_export_is_a_sample(base: Base) -> None:
    """Rows as JSON are read as those of the database would be, for a preview without it."""
    items = channel(base).sample(
        context(), b'[{"id_pengaduan": 7, "isi_laporan": "Jalan"}, {"isi_laporan": "tanpa kunci"}]'
    )
    assert [(item.ref, item.trouble) for item in items] == [("7", None), (None, "bad_ref")]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Jalan rusak", "Jalan rusak"),
        ("Jalan â€œrusakâ€\x9d", "Jalan “rusak”"),
        ("Cafe\u0301", "Cafe\u0301"),
        ("Café", "Café"),
        ("Ã©", "é"),
        ("ðŸ˜¢", "\U0001f622"),
        ("Jalan ini cafÃ", "Jalan ini cafÃ"),
        ("jalanâ€œ rusak dan cafÃ", "jalan“ rusak dan cafÃ"),
        ("Ã© dan \u4f60", "Ã© dan \u4f60"),
        ("", ""),
    ],
)
def test_text_through_a_wrong_character_set(written: str, read: str) -> None:
    """What is UTF-8 throughout is read as such; all else, and the half of a sign that a column cut, stays as it was."""
    assert sql_values.mended(written) == read


def test_mending_loses_nothing() -> None:
    """Every text that went through latin1 comes back as it was."""
    for text in ("“Jalan” — rusak", "Pangandaran é à ü", "\U0001f622\U0001f6a7", "سلام", "ꦲꦏ꧀ꦱꦫ"):
        through = "".join(sql_values._SIGNS[one] for one in text.encode())
        assert sql_values.mended(through) == text


@pytest.mark.parametrize(
    ("value", "name"),
    [(b"\xff\xd8\xff" + bytes(100), "foto.jpg"), (b"%PDF-1.7" + bytes(100), "foto.pdf"), (b"\x81" * 99, "foto.bin"),
     (b"teks biasa yang panjang sekali " * 9, None), (b"\x81\x82", None), (None, None), ("nama.jpg", None)],
)  # fmt: skip
def test_files_in_columns(value: Any, name: str | None) -> None:
    """A binary value is a file by what it begins with; short ones are ids, and text is text."""
    found = sql_values.file("foto", value)
    assert (found and found.name) == name


@pytest.mark.parametrize(
    ("value", "address"),
    [("a b.jpg", "https://x.example/u/a%20b.jpg"), ("/f/ü.png", "https://x.example/u/f/%C3%BC.png"), ("", None), (None, None),
     ("https://y.example/z.jpg", "https://y.example/z.jpg"), ("a?b#c", "https://x.example/u/a%3Fb%23c")],
)  # fmt: skip
def test_names_of_files_become_addresses(value: Any, address: str | None) -> None:
    """A name with spaces or signs leads to one file in the folder that the manifest names."""
    assert sql_values.address("https://x.example/u/", value) == address
