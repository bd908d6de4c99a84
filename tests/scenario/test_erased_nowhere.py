"""After an erasure not one byte of the person is left: in tables, files, the log, exports, output or log lines."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from hub import steps
from hub.erasing import erase
from hub.privacy import Vault, open_keys
from hub.spine import Hub
from sandbox.mime import _png
from tests.scenario.conftest import Portals, Site
from tests.scenario.letters import MAIL, X, doors, mail, post
from tests.scenario.scanning import Scanner, scan_database, spellings
from tests.scenario.test_ids_used_again import record
from tests.scenario.test_no_canary import dump, logged

WHY: dict[str, Any] = {"because": "permintaan tertulis pelapor", "by": "Kepala Dinas"}
NAMES = ("jatim-portal", MAIL, X)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who complains at every door."""

    name: str
    number: int
    words: str
    street: str

    @property
    def phone(self) -> str:
        """E.164."""
        return f"+628139000{self.number:04}"

    @property
    def email(self) -> str:
        """The address that he writes from."""
        return f"{self.name.split()[0].lower()}.{self.number}@surat.example"

    @property
    def nik(self) -> str:
        """16 digits."""
        return f"351501410790{self.number:04}"

    @property
    def handle(self) -> str:
        """His account."""
        return f"{self.name.split()[0].lower()}_{self.number}"

    @property
    def canaries(self) -> set[str]:
        """All that he is known by, and his very words."""
        marks = {self.name, self.email, self.nik, self.handle, self.words, self.street}
        return marks | spellings(self.phone)


def person(number: int, *, goes: bool) -> Person:
    """Two families with telling names; everybody's words and street are his own."""
    mark = "".join(chr(ord("a") + int(digit)) for digit in str(number))
    if goes:
        words = f"lumpur {mark} di 'Gang Sémpit' & got"
        return Person(name=f"Kinanti{mark} Suryaningrum", number=number, words=words, street=f"Gang Mawar {mark}")
    words = f'tiang {mark} miring dekat "pos ronda"'
    return Person(name=f"Baskoro{mark} Adiwidjaja", number=number, words=words, street=f"Gang Dahlia {mark}")


def rows(one: Person) -> list[dict[str, Any]]:
    """A complaint at the portal, one without words, and one that a clerk typed otherwise."""
    who = {"nama": one.name, "hp": one.phone, "email": None, "nik": one.nik}
    said = {
        "judul": f"Keluhan {one.name}",
        "isi": f"Sejak lebaran ada {one.words} dan belum diurus.",
        "alamat": one.street,
    }
    typed = {**who, "hp": f"0{one.phone[3:6]}-{one.phone[6:10]}-{one.phone[10:]}"}
    other = {"judul": "Antrean", "isi": f"Antrean panjang di puskesmas, {one.words} juga.", "alamat": "Pasar Legi"}
    return [
        record({**said, "pelapor": who}, 10, f"{one.number}-1"),
        record(
            {"judul": f"Titip {one.name}", "isi": "", "alamat": one.street, "pelapor": typed}, 11, f"{one.number}-2"
        ),
        record({**other, "pelapor": typed}, 12, f"{one.number}-3"),
    ]


def letter(one: Person, text: str, **changed: Any) -> bytes:
    sender = f"{one.name} <{one.email}>"
    return mail(one.number, text, subject=f"Dari {one.name}", sender=sender, photo=photo(one), **changed)


def photo(one: Person) -> bytes:
    return _png(1) + f"NIK {one.nik} {one.name}".encode()


def tweet(one: Person, number: int) -> dict[str, Any]:
    return post(number, f"@kanal_aduan pohon tumbang, {one.words}, di {one.street} #aduan", author=one.number)


def answered(site: Site, one: Person) -> None:
    """The registry answers everything of this person, and calls him by name and number."""
    ids = [row["complaint_id"] for row in site.registered() if one.words in row["content"]]
    assert ids
    order = {"to": "Selesai", "ids": ids, "answer": f"Yth. {one.name} ({one.nik}), {one.words} sudah ditangani."}
    requests.post(f"{site.addresses['registry']['url']}/_sandbox/advance", json=order, timeout=10).raise_for_status()


def passed(site: Site, hub: Hub, times: int = 2) -> None:
    for _ in range(times):
        site.clock.sleep(timedelta(hours=1).total_seconds())
        steps.sync(hub, NAMES)


def lived(site: Site, hub: Hub, portal: Any, box: Any, people: list[Person]) -> None:
    """What happens to complaints: sent, answered, told, written back, completed, and changed at the portal."""
    passed(site, hub)
    for one in people:
        answered(site, one)
    passed(site, hub)
    told = {str(sent["In-Reply-To"]): sent for sent in box.sent()}
    for one in people:
        answer, question = told[f"<warga-{one.number}@surat.example>"], told[f"<kosong-{one.number}@surat.example>"]
        box.deliver(letter(one, f"Masih ada {one.words}.", to=answer, ref=f"balas-{one.number}"))
        kin = f"Keluarga <keluarga.{one.number}@surat.example>"
        box.deliver(mail(one.number, f"Saya adik {one.name}.", sender=kin, to=answer, ref=f"adik-{one.number}"))
        box.deliver(letter(one, f"Begini: {one.words}, di {one.street}.", to=question, ref=f"lengkap-{one.number}"))
    for row in portal.state.records:
        row["status"], row["updated_at"] = "proses", "2026-11-30T12:00:00"
    passed(site, hub)


def scanned(site: Site, folder: Path, people: list[Person], said: list[str]) -> Scanner:
    """Everything that the hub has, and whatever it writes now."""
    scanner = Scanner({canary for one in people for canary in one.canaries})
    scan_database(site.database, Vault(open_keys(site.settings)), scanner)
    scanner.look("dump", dump(site))
    for what in ("items", "complaints", "quarantine", "deliveries", "cases"):
        done = site.command("export", what)
        assert done.code == 0, done.err
        said.append(done.err)
        scanner.look(f"export {what}", done.out.encode())
    folder.mkdir()
    log = ("seal", "export {0}/log", "pack --out {0}/pack.zip", "sample --n 5 --seed 1", "log --limit 0")
    for line in log:
        done = site.command(*("audit " * (line != "seal") + line).format(folder).split())
        assert done.code == 0, (line, done.err)
        scanner.look(f"said {line}", (done.out + done.err).encode())
    assert scanner.look_into(folder) > 3 and scanner.look_into(site.home) > 10
    scanner.look("said", "\n".join(said).encode())
    return scanner


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, pytest.param(12, marks=pytest.mark.campaign)])
def test_not_a_byte_of_an_erased_person_is_left(
    empty_site: Site, add_portal: Portals, caplog: pytest.LogCaptureFixture, tmp_path: Path, count: int
) -> None:
    """
    Half of the people who complained at all three doors are erased by phone, e-mail and handle: before, their data are
    found under data keys and in exports only; afterwards nowhere, in 15 ways of writing them; the others' all are.
    """
    caplog.set_level(logging.DEBUG)
    erased = [person(7741 + number, goes=True) for number in range(count)]
    kept = [person(5208 + number, goes=False) for number in range(count)]
    people, said = [*erased, *kept], list[str]()
    secrets, others = ({canary for one in half for canary in one.canaries} for half in (erased, kept))
    portal = add_portal([row for one in people for row in rows(one)])
    mails = [letter(one, f"Sudah lama ada {one.words} di {one.street}. NIK saya {one.nik}.") for one in people]
    mails += [letter(one, "", ref=f"kosong-{one.number}") for one in people]
    posts = [tweet(one, number) for number, one in enumerate(people)]
    accounts = {str(o.number): {"id": str(o.number), "username": o.handle, "name": o.name} for o in people}
    with doors(empty_site, mails, posts, accounts) as (box, _), empty_site.hub() as hub:
        lived(empty_site, hub, portal, box, people)
        before = scanned(empty_site, tmp_path / "before", people, said)
        known = {canary for _, canary in before.hits}
        assert {mark for one in people for mark in (one.name, one.nik, one.email, one.words)} <= known
        assert {place.split()[0] for place in before.places()} == {"sealed", "export"}
        assert len({place for place in before.places() if place.startswith("sealed")}) >= 9

        for reporter in [way for one in erased for way in (one.phone, one.email.upper(), f"@{one.handle}")]:
            tally = erase(hub, reporter=reporter, everywhere=True, **WHY)
            assert tally.done >= 1
            said.append(repr(tally))
        passed(empty_site, hub)
        for row in portal.state.records:
            row["updated_at"] = "2026-12-01T09:00:00"
        passed(empty_site, hub)
        watched = steps.watch(hub)
        assert watched.failed == 0, watched.notes
        said += [repr(watched), repr(erase(hub, reporter=erased[0].phone, everywhere=True, **WHY))]
        after = scanned(empty_site, tmp_path / "after", people, said)
    assert {key: times for key, times in after.hits.items() if key[1] in secrets} == {}
    assert {canary for _, canary in after.hits} == known & others
    lines = Scanner(secrets)
    lines.look("log lines", logged(caplog))
    assert lines.hits == {}
    assert empty_site.audited(tmp_path / "whole").code == 0
