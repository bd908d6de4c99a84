"""Every status and follow-up of the make-believe LAPOR! reaches the right door once, by the doors' own records."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

import hub.answers
from connectors.base import Context
from connectors.build import channel
from connectors.http import HttpClient
from connectors.net import dialler
from connectors.secret import Secrets
from hub.answers import ours
from hub.follow import follow
from hub.privacy import Vault
from hub.registry.lapor_v3 import LaporV3
from hub.routing import RegistryConfig
from hub.store.server import Embedded
from sandbox import mail, portal, running, x
from sandbox.masters import STATUSES
from sandbox.registry_state import Filed, RegistryState
from tests.conftest import Database, fresh_database
from tests.unit.hub.way_back import House, house_in, manifest

SECRETS = {"PORTAL": portal.TOKEN, "MAIL": mail.PASSWORD, "X": x.TOKEN}
EACH = 4
"""Complaints of every door."""
WORDS = {"received": "diterima", "in_progress": "proses", "followed_up": "proses", "resolved": "selesai"}
WORDS |= {"pending_verification": "verifikasi", "verified": "verifikasi", "dispositioned": "diteruskan"}
WORDS |= {"rejected_not_authority": "ditolak"}


@dataclass(kw_only=True)
class Place:
    """The hub, its counterparts, and which complaint came through which door under which name there."""

    house: House
    lapor: RegistryState
    portal: Any
    box: Any
    x: Any
    filed: dict[str, Filed]
    ids: dict[str, UUID]


@pytest.fixture(scope="module")
def tables(cluster: Embedded, template: str) -> Iterator[Database]:
    """One database for all tests of this file."""
    with fresh_database(cluster, template) as made:
        yield made


@pytest.fixture
def place(tables: Database, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Complaints of three doors at the registry, two of them confidential posts; none of their reporters knows yet."""
    with ExitStack() as stack:
        house = stack.enter_context(house_in(tables, vault, tmp_path, monkeypatch))
        monkeypatch.setattr(hub.answers, "channel", channel)
        there = stack.enter_context(running.registry(RegistryState(now=lambda: house.now)))
        doors = stack.enter_context(running.portal()), stack.enter_context(running.mailbox(mail.MailState(mails=[])))
        made = Place(
            house=house,
            lapor=there.state,
            portal=doors[0],
            box=doors[1],
            x=stack.enter_context(running.x()),
            filed={},
            ids={},
        )
        _registered(made, there)
        _manifests(made)
        _complaints(made)
        yield made


def _registered(place: Place, there: Any) -> None:
    config = RegistryConfig(
        name="sp4n", kind="lapor_v3", url=there.url, headers=there.headers, statuses=STATUSES, sha256="", rate=1e6
    )
    place.house.registry = LaporV3(config, _http(place.house))  # type: ignore[assignment]
    place.house.statuses = STATUSES


def _http(house: House) -> HttpClient:
    dial = dialler((ipaddress.ip_network("127.0.0.0/8"),))
    return HttpClient(dial, Secrets(None, SECRETS, lambda name, host: None), lambda: house.now, house.slept.append)


def _context(house: House) -> Context:
    dial = dialler((ipaddress.ip_network("127.0.0.0/8"),))
    secrets = Secrets(None, SECRETS, lambda name, host: None)
    return Context(http=cast("Any", _http(house)), dial=dial, secret=secrets, clock=lambda: house.now)


def _manifests(place: Place) -> None:
    box, address = place.box, place.portal.url
    to_portal = {
        "url": f"{address}/api/aduan/{{ref}}/status",
        "headers": {"Authorization": "Bearer ${secret:PORTAL}"},
        "body": {"status": "{status}", "catatan": "{text}"},
        "statuses": WORDS,
    }
    smtp = {"host": box.host, "port": box.smtp_port, "tls": "none", "user": box.user, "from": box.address}
    to_mail = {"smtp": {**smtp, "password": "${secret:MAIL}"}}
    reading = {"host": box.host, "port": box.port, "tls": "none", "user": box.user, "password": "${secret:MAIL}"}
    to_x = {"url": f"{place.x.url}/2/tweets", "token": "${secret:X}", "text": "Sudah dijawab, lihat {link}"}
    to_x["link"] = "https://kanal.aduan.example/{ref}"
    place.house.manifests |= {
        "portal": manifest("portal", reply=to_portal),
        "mail": replace(manifest("mail", "imap", reply=to_mail), options=reading),
        "social": replace(
            manifest("social", "x", reply=to_x), options={"url": place.x.url, "token": "t", "user_id": "1"}
        ),
    }
    place.house.contexts = lambda manifest, connector: _context(place.house)


def _complaints(place: Place) -> None:
    portal_refs = [row["id"] for row in place.portal.state.records if isinstance(row["id"], str)][:EACH]
    for name, refs in (
        ("portal", portal_refs),
        ("mail", [f"aduan-{number}@warga.contoh.invalid" for number in range(EACH)]),
        ("social", [f"19800{number}" for number in range(EACH)]),
    ):
        for number, ref in enumerate(refs):
            sent = {"title": "Jalan berlubang", "content": "Jalan berlubang di depan pasar."}
            filed = place.filed[ref] = place.lapor.complaints[place.lapor.create(sent)]
            writer = {"name": "Warga", "address": f"warga{number}@contoh.invalid"}
            place.house.payloads[ref] = {"id": ref, "message_id": ref, "from": writer, "subject": "Jalan"}
            hidden, own = name == "social" and number < 2, str(filed.complaint_id)
            place.ids[ref] = place.house.complaint(name, ref, number=own, receipted=False, hidden=hidden)


def _days(place: Place, days: int = 6) -> None:
    """So many working days at the registry; the hub asks after each, and once more for nothing."""
    follow(place.house.hub)
    for _ in range(days):
        place.house.later(hours=2)
        place.lapor.advance()
        follow(place.house.hub)
    place.house.later(minutes=1)
    follow(place.house.hub)


def _statuses(filed: Filed) -> list[str]:
    """The statuses that the registry gave, in its own words and order, the first being the one it was born with."""
    moved = [re.search(r'"status_new": "([^"]+)"', line["data"]) for line in filed.data_logs]
    return ["Belum Terverifikasi", *(found[1] for found in moved if found)]


def test_every_piece_of_news_reaches_its_door_once(place: Place) -> None:
    """
    After six days at the registry: a portal has one line for each status, answer and receipt, and stands where the
    registry stands; a reporter by mail has read each once; a post has been pointed to, and a confidential one has not.
    """
    _days(place)
    refs = {name: [ref for ref in place.ids if _door(place, ref) == name] for name in ("portal", "mail", "social")}
    posted = Counter(one["ref"] for one in place.portal.state.answers)
    for ref in refs["portal"]:
        filed, lines = place.filed[ref], [one for one in place.portal.state.answers if one["ref"] == ref]
        assert posted[ref] == 1 + len(_statuses(filed)) + len(filed.followups)
        assert lines[-1]["status"] == WORDS[STATUSES[filed.status]]
        assert len({one["catatan"] for one in lines}) == len(lines)
    for ref in refs["mail"]:
        _read_once(place, ref)
    assert len({mail["Message-ID"] for mail in place.box.sent()}) == len(place.box.sent())
    pointed = Counter(one["in_reply_to"] for one in place.x.state.replies)
    assert set(pointed) == set(refs["social"][2:])
    for ref in refs["social"][2:]:
        posts = [one["text"] for one in place.x.state.replies if one["in_reply_to"] == ref]
        said = list(dict.fromkeys(re.sub(r" \(.*\)$", "", text) for text in posts))
        there = f"lihat https://kanal.aduan.example/{ref}"
        assert said == [f"Ada kabar baru tentang laporan Anda, {there}", f"Sudah dijawab, {there}"]
    states = place.house.rows("SELECT state, code, count(*) AS n FROM replies GROUP BY state, code ORDER BY state")
    assert {(row.state, row.code) for row in states} == {("sent", None), ("no_door", "public")}


def _door(place: Place, ref: str) -> str:
    return "social" if ref.isdecimal() else "mail" if "@" in ref else "portal"


def _read_once(place: Place, ref: str) -> None:
    """What the mails in answer to this one say, against the registry's own records."""
    mails = [mail for mail in place.box.sent() if mail["In-Reply-To"] == f"<{ref}>"]
    text, filed = "\n".join(mail.get_content() for mail in mails), place.filed[ref]
    assert text.count("teruskan ke SP4N-LAPOR! dengan nomor") == 1
    assert text.count("petugas sudah menindaklanjutinya") == len(filed.followups)
    assert len(re.findall(r"^Per .*: laporan ", text, re.MULTILINE)) == len(_statuses(filed))
    assert text.count(f"[Ref {place.ids[ref]}]") == len(mails) > 0


def test_our_own_words_are_known_again_at_the_door(place: Place) -> None:
    """What we wrote into a portal is ours: whole, escaped, wrapped in HTML or cut; what the region adds is not."""
    _days(place, 1)
    sent = max(place.portal.state.answers, key=lambda one: len(one["catatan"]))
    own, text = place.ids[sent["ref"]], sent["catatan"]
    other = next(value for ref, value in place.ids.items() if ref != sent["ref"])
    shown = text.replace("\n\n", "</p><p>").replace("!", "&#33;").replace("&", "&amp;")
    cases = {
        text: True,
        text.upper(): True,
        f"<p>{shown}</p>": True,
        text[:200]: True,
        text[60:160]: True,
        f"Admin Kanal, 30-11-2026: {text}": True,
        f"Sudah kami tambal kemarin sore, terima kasih.\n> {text}": False,
        "Petugas sudah datang dan menambal jalan itu kemarin sore.": False,
        "Terima kasih.": False,
        "": False,
        f"{text} Tambahan dari dinas: tiang lampunya juga sudah diganti dengan yang baru.": False,
    }
    with place.house.store.begin() as work:
        for one, expected in cases.items():
            assert ours(work, place.house.vault, own, one) is expected, one
        assert not ours(work, place.house.vault, other, text[60:160])


def test_what_a_door_calls_our_message_is_kept(place: Place) -> None:
    """X tells the number of our post, so whoever answers that post is joined to his complaint."""
    _days(place, 1)
    kept = {row.foreign_id for row in place.house.rows("SELECT foreign_id FROM replies WHERE foreign_id IS NOT NULL")}
    assert kept == {one["id"] for one in place.x.state.replies} != set()
