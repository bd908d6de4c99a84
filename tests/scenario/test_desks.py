"""Seventeen kecamatan send their registers by mail, and each has a sheet with its answers back."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from python_calamine import CalamineWorkbook

from connectors.errors import Unavailable
from connectors.http import Cut
from connectors.net import NotReached
from hub import contacting, oversight, steps
from sandbox import running
from sandbox.mail import Mailbox, MailState
from tests.channels.fakes import desk
from tests.scenario.conftest import Site, _secret

SHEET = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
NAMES = [f"Kecamatan {letter}" for letter in "ABCDEFGHIJKLMNOPQ"]
ROWS = 3


def address(number: int) -> str:
    """The mailbox of one desk."""
    return f"kec{number:02}@batola.example"


def mail(number: int, rows: list[list[Any]], subject: str = "Rekap aduan") -> bytes:
    """What a desk sends: a few words and its register."""
    made = EmailMessage()
    made["From"], made["To"] = f"Meja {NAMES[number - 1]} <{address(number)}>", "aduan@batola.example"
    made["Subject"], made["Message-ID"] = subject, f"<{subject.replace(' ', '')}{number}@batola.example>"
    made["Date"] = "Mon, 30 Nov 2026 08:00:00 +0800"
    made.set_content("Terlampir rekap aduan minggu ini.\r\n")
    made.add_attachment(desk.book(rows), maintype=SHEET[0], subtype=SHEET[1], filename=f"rekap {number}.xlsx")
    return bytes(made)


def register(number: int) -> list[list[Any]]:
    """Three complaints of one kecamatan, about matters of its own."""
    place, what = NAMES[number - 1], ("jembatan lapuk", "lampu jalan mati", "sampah menumpuk")
    return [
        desk.row(number * 10 + n, place, isi=f"Di {place} RT {number * 10 + n} ada {what[n]} sejak dua minggu lalu.")
        for n in range(ROWS)
    ]


def manifest(number: int, box: Mailbox) -> dict[str, Any]:
    """The connector of one desk: its own senders out of the regency's one mailbox."""
    return {
        "version": 1, "name": f"kec-{number:02}", "owner": f"{NAMES[number - 1]}, Kab. Barito Kuala",
        "contact": {"email": address(number)}, "region": f"63.04.{number:02}", "channel": "walk_in", "kind": "files",
        "with": {
            "mailbox": {"host": box.host, "port": box.port, "tls": "none", "user": box.user,
                        "password": f"${{secret:KOTAK_{number:02}}}"},
            "senders": [address(number)],
            "columns": desk.COLUMNS, "dates": {"waktu": "%d/%m/%Y %H:%M:%S"},
        },
        "fields": {
            "body": "isi", "submitted_at": {"path": "waktu", "format": "iso"}, "location_text": "kecamatan",
            "reporter.name": "nama", "reporter.national_id": "nik", "reporter.phone_e164": "no_hp_wa",
            "is_confidential": {"const": False}, "category_code": {"const": "roads"},
        },
        "forward": {"from": "2026-01-01T00:00:00+08:00"},
    }  # fmt: skip


@pytest.fixture
def desks(empty_site: Site) -> Iterator[tuple[Site, Mailbox]]:
    """A registry, and one mailbox that seventeen desks write to; desk 4 forwards its mail again, desk 9 lost a NIK."""
    mails = [mail(number, register(number)) for number in range(1, 18)]
    lost = register(9)
    lost[1][3] = 3.27e15
    mails[8] = mail(9, lost)
    mails.append(mail(4, register(4), "Fwd Rekap aduan"))
    mails.append(mail(5, register(5), "Pengaduan").replace(address(5).encode(), b"orang@asing.example"))
    with ExitStack() as stack:
        box = stack.enter_context(running.mailbox(MailState(mails)))
        _secret(empty_site.home, "SMTP_PASSWORD", box.password)
        for number in range(1, 18):
            _secret(empty_site.home, f"KOTAK_{number:02}", box.password)
            text = yaml.safe_dump(manifest(number, box), sort_keys=False)
            (empty_site.home / "manifests" / f"kec-{number:02}.yaml").write_text(text)
        yield empty_site, box


def settings(box: Mailbox) -> dict[str, str]:
    """The operator's own account, at the same server."""
    return {
        "SATUPINTU_SMTP": f"smtp+none://{box.user}@{box.host}:{box.smtp_port}",
        "SATUPINTU_SMTP_FROM": "SatuPintu <satupintu@batola.example>",
    }


def sheets(made: EmailMessage) -> dict[str, list[list[str]]]:
    """The sheets of the workbook that a mail brings."""
    (attached,) = made.iter_attachments()
    book = CalamineWorkbook.from_filelike(io.BytesIO(attached.get_payload(decode=True)))
    return {name: book.get_sheet_by_name(name).to_python()[1:] for name in book.sheet_names}


@pytest.mark.slow
def test_seventeen_desks_mail_their_sheets_and_have_their_answers_back(desks: tuple[Site, Mailbox]) -> None:
    """Every row is accounted for, a mail that was forwarded doubles nothing, a lost NIK waits with its row number, and
    each of the seventeen has one mail a day with its own answers and nobody else's.
    """
    site, box = desks
    said = site.command("sync", "--all")
    assert said.code == 0, said.out[:3000]
    with site.hub() as hub:
        table = oversight.figures(hub)["connectors"]
    assert {name: row["stored"] for name, row in table.items()} == {f"kec-{n:02}": ROWS for n in range(1, 18)}
    assert {name: row["quarantined"] for name, row in table.items() if row["quarantined"]} == {"kec-09": 1}
    assert len(site.registered()) == 17 * ROWS - 1
    order = {"to": "Selesai", "ids": [row["complaint_id"] for row in site.registered()], "answer": "Sudah diperbaiki."}
    requests.post(f"{site.addresses['registry']['url']}/_sandbox/advance", json=order, timeout=10).raise_for_status()
    assert site.command("follow", "--everything").code == 0
    first = site.command("contacts", "mail", **settings(box))
    assert (first.code, "17" in first.out) == (0, True), first.out + first.err
    assert site.command("contacts", "mail", **settings(box)).code == 0  # a second run of the day sends nothing
    sent = {str(one["To"]): one for one in box.sent()}
    assert sorted(sent) == [address(number) for number in range(1, 18)]
    assert len(box.sent()) == 17
    for number in range(1, 18):
        found = sheets(sent[address(number)])
        assert {line[0] for line in found["Jawaban"]} == {f"kec-{number:02}"}
        told = [line for line in found["Jawaban"] if "Sudah diperbaiki." in line[-1]]
        assert len(told) == (ROWS - 1 if number == 9 else ROWS)
        assert [line[2] for line in found["Karantina"]] == (["3"] if number == 9 else [])
    assert len({one["Message-ID"] for one in box.sent()}) == 17


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (NotReached("x"), "queued"),
        (Unavailable("x", code="smtp_451"), "queued"),
        (Cut("x"), "unknown"),
        (Unavailable("x", code="smtp_-1"), "unknown"),
        (contacting.Misconfigured("x", code="bad_smtp"), "refused"),
    ],
)
def test_a_mail_that_may_have_left_is_not_sent_twice(error: Any, state: str) -> None:
    """Only what certainly was not taken is tried again the same day."""
    assert contacting.outcome(error) == state


def _one_desk(site: Site, folder: str = "meja") -> None:
    made = manifest(1, Mailbox(host="127.0.0.1", port=1, smtp_port=1, user="u", password="p", address="a@b.example",
                               inbox=Path(), outbox=Path(), state=MailState([])))  # fmt: skip
    made["with"] = {"folder": folder, "columns": desk.COLUMNS, "dates": {"waktu": "%d/%m/%Y %H:%M:%S"}}
    (site.home / "manifests" / "kec-01.yaml").write_text(yaml.safe_dump(made, sort_keys=False))


def test_a_file_is_uploaded_once_and_read_at_once(empty_site: Site, tmp_path: Path) -> None:
    """The same file twice lies there once; a wrong one is refused with its line before anything is stored."""
    _one_desk(empty_site)
    good, wrong = tmp_path / "a.xlsx", tmp_path / "b.csv"
    good.write_bytes(desk.book(register(1)))
    wrong.write_text("Nomor;Isi\r\n1;Aduan\r\n")
    said = empty_site.command("upload", "kec-01", str(wrong))
    assert said.code != 0
    assert "line 1" in said.out + said.err
    assert empty_site.command("upload", "kec-01", str(good)).code == 0
    assert empty_site.command("upload", "kec-01", str(good)).code == 0
    (there,) = (empty_site.home / "inbox" / "meja").iterdir()
    assert there.read_bytes() == good.read_bytes()


class Post:
    """A mail account that fails as it is told."""

    def __init__(self, *faults: Exception | None) -> None:
        self.faults, self.sent = list(faults), list[EmailMessage]()

    def __call__(self, made: EmailMessage) -> None:
        self.sent.append(made)
        if fault := self.faults.pop(0) if self.faults else None:
            raise fault


def test_a_daily_mail_is_tried_again_only_where_it_certainly_did_not_leave(empty_site: Site, tmp_path: Path) -> None:
    """The same Message-ID at each try; after an unknown outcome nothing more that day, and all of it the next day."""
    _one_desk(empty_site)
    lost = register(1)
    lost[0][3] = 3.27e15
    content = tmp_path / "a.xlsx"
    content.write_bytes(desk.book(lost))
    assert empty_site.command("upload", "kec-01", str(content)).code == 0
    post, day = Post(NotReached("x"), Cut("x")), datetime(2026, 12, 1, 3, tzinfo=UTC)
    with empty_site.hub() as made:
        hub = replace(made, post=post, clock=lambda: day)
        folder = empty_site.home / "inbox" / "meja"
        for file in folder.iterdir():
            desk.put(folder, file.name, file.read_bytes(), day.timestamp() - 600)
        assert steps.pull(hub, "kec-01").done == ROWS
        steps.accept(hub, ["kec-01"])
        states = [contacting.mail(hub).words for _ in range(3)]
        assert states == [{"queued": 1}, {"unknown": 1}, {}]
        assert len({one["Message-ID"] for one in post.sent}) == 1
        day += timedelta(days=1)
        assert contacting.mail(hub).words == {"sent": 1}
    assert len({one["Message-ID"] for one in post.sent}) == 2
