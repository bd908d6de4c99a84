"""Persons and secrets that exist only here are driven through every door, every failure and every command: nobody reads them."""

from __future__ import annotations

import base64
import html
import json
import logging
import quopri
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
import yaml

from hub import steps
from hub.spine import Hub
from tests.scenario.canaries import Look, Person, secret
from tests.scenario.conftest import Portals, Site, _secret
from tests.scenario.letters import MAIL, X, doors, mail, post
from tests.scenario.quoting import Quoting, quoting
from tests.scenario.test_no_canary import dump, logged

NAMES = ("jatim-portal", MAIL, X)
WRITTEN: dict[str, Callable[[str], bytes]] = {
    "raw": lambda text: text.encode(),
    "URL": lambda text: quote(text, safe="").encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64, one on": lambda text: base64.b64encode(b"x" + text.encode()),
    "base64, two on": lambda text: base64.b64encode(b"xy" + text.encode()),
    "base64, folded": lambda text: base64.encodebytes(b"." * 50 + text.encode()),
    "hex": lambda text: text.encode().hex().encode(),
    "JSON": lambda text: json.dumps(text).encode(),
    "HTML": lambda text: html.escape(text).encode(),
    "quoted-printable": lambda text: quopri.encodestring(b"." * 70 + text.encode()),
    "capitals": lambda text: text.upper().encode(),
    "UTF-16": lambda text: text.encode("utf-16-le"),
}
COMMANDS = (
    "pull --all", "accept", "forward", "follow --everything", "seal", "watch", "sync --all",
    "status", "status --json", *(f"status {name}" for name in NAMES), "check", "doctor",
    "deliveries", "deliveries --state queued --state confirmed --jsonl", "answers list", "answers list --state no_door",
    "cases", "cases --needs-review", "hold list --all", "retention show", "retention run --by Budi --dry-run",
    "registry show sp4n", "registry reconcile sp4n",
    *(f"export {what} --masked" for what in ("items", "complaints", "quarantine", "deliveries", "cases", "labels")),
    "audit log --limit 0", "audit log --limit 0 --json", "audit sample --n 50 --seed 1", "audit sample --n 50 --seed 1 --json",
    "audit touched --actor *", "audit export {0}/log", "audit pack --out {0}/pack.zip",
)  # fmt: skip


@dataclass(slots=True)
class Told:
    """What the hub said: lines of commands, tallies, errors."""

    said: list[tuple[str, str]] = field(default_factory=list)

    def add(self, where: str, *what: object) -> None:
        """Keep it as it would be printed."""
        self.said += [(where, f"{one} {one!r}") for one in what]

    def command(self, site: Site, line: str, *more: str) -> None:
        """Run a command and keep its words, whatever its end."""
        done = site.command(*line.split(), *more)
        self.add(f"satupintu {line}", done.out, done.err)


@contextmanager
def city(site: Site, add_portal: Portals, persons: list[Person]) -> Iterator[dict[str, Any]]:
    """The three doors and the registry with these persons behind them, each HTTP one behind a door that can quote."""
    writers, posters = persons[::2], persons[1::2]
    mails = [
        mail(one.number, one.words, subject=f"Dari {one.name}", sender=f"{one.name} <{one.email}>") for one in writers
    ]
    posts = [
        post(n, f"@kanal_aduan lubang {one.street} {one.name} #aduan", author=one.number)
        for n, one in enumerate(posters)
    ]
    users = {str(one.number): {"id": str(one.number), "username": one.handle, "name": one.name} for one in posters}
    portal = add_portal([one.row() for one in persons])
    with doors(site, mails, posts, users) as (_, x), ExitStack() as stack:
        found: dict[str, Any] = {"portal": portal}
        pairs = (
            ("portal", portal.url, "manifests"),
            ("x", x.url, "manifests"),
            ("sp4n", site.addresses["registry"]["url"], "registries"),
        )
        for name, url, folder in pairs:
            found[name] = door = stack.enter_context(quoting(url))
            for path in (site.home / folder).glob("*.yaml"):
                path.write_text(path.read_text().replace(url, door.url))
        yield found


def failing(hub: Hub, site: Site, told: Told, found: dict[str, Quoting], every: int) -> None:
    """Sync while each so-manieth answer is a fault that quotes what it was told."""
    for name in ("portal", "x", "sp4n"):
        found[name].every = every
    told.add("tally", *steps.sync(hub, NAMES))
    site.clock.sleep(3700)


def answered(site: Site, persons: list[Person]) -> None:
    """The registry answers by name and number."""
    ids = [row["complaint_id"] for row in site.registered()]
    order = {"to": "Selesai", "ids": ids, "answer": f"Yth. {persons[0].name} ({persons[0].nik}), {persons[0].words}"}
    requests.post(f"{site.addresses['registry']['url']}/_sandbox/advance", json=order, timeout=30).raise_for_status()


def crashed(site: Site, told: Told, monkeypatch: pytest.MonkeyPatch, one: Person) -> None:
    """Faults of our own that nobody foresaw, their words full of a person."""

    def broken(*_: object, **__: object) -> Any:
        raise KeyError(f"{one.name} {one.nik} {one.words} {secret(1)}")

    with monkeypatch.context() as patch:
        for place in ("hub.exporting.export", "hub.steps.accept", "hub.steps.watch", "hub.evidence.sample.sample"):
            patch.setattr(place, broken)
        for line in ("export items", "accept", "watch", "audit sample --n 1 --seed 1", "sync --all"):
            told.command(site, line)


def asked_about(site: Site, told: Told, one: Person) -> None:
    """A person is named on the command line: found or not, what is said and sealed names nobody."""
    for who in (one.phone, one.email.upper(), one.nik, f"@{one.handle}", "0813-0000-0000"):
        more = ("--reporter", who, "--by", "Budi", "--reason", "permintaan tertulis", "--dry-run", "--everywhere")
        told.command(site, "erase", *more)
    told.command(
        site, "erase", "--reporter", one.phone, "--by", "Budi", "--reason", f"permintaan {one.nik}", "--dry-run"
    )
    told.command(site, "release", "00000000-0000-4000-8000-000000000000", "--by", "Budi", "--because", f"NIK {one.nik}")


def read_by_strangers(site: Site, folder: Path, told: Told, caplog: pytest.LogCaptureFixture) -> Look:
    """All that staff, auditors, operators and thieves of a dump see."""
    look = Look()
    for where, words in told.said:
        look.look(where, words.encode("utf-8", "backslashreplace"))
    look.look("log lines", logged(caplog))
    look.look("dump", dump(site))
    assert look.look_into(folder) > 3 and look.look_into(site.home, but=site.home / "secrets") > 10
    return look


@pytest.mark.slow
@pytest.mark.parametrize("count", [14, pytest.param(1000, marks=pytest.mark.campaign)])
def test_no_person_is_read_anywhere(
    empty_site: Site,
    add_portal: Portals,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    count: int,
) -> None:
    """
    Persons complain at three doors, in good rows and broken ones; portal, X and registry fail and quote every word; the
    registry answers them by name; every command runs, some crash. In lines, tallies, errors, log lines, files, the
    published log, packs, masked exports and a dump nobody is found, in twelve ways of writing; an export holds all.
    """
    caplog.set_level(logging.DEBUG)
    persons, told, folder = [Person(number) for number in range(count)], Told(), tmp_path / "out"
    folder.mkdir()
    with city(empty_site, add_portal, persons) as found:
        with empty_site.hub() as hub:
            for every in (1, 2, 3, 0, 0):
                failing(hub, empty_site, told, found, every)
            answered(empty_site, persons)
            for every in (2, 0):
                failing(hub, empty_site, told, found, every)
        assert found["portal"].quoted > 3 and found["sp4n"].quoted > 3 and found["x"].quoted > 1
        for line in COMMANDS:
            told.command(empty_site, line.format(folder))
        asked_about(empty_site, told, persons[0])
        crashed(empty_site, told, monkeypatch, persons[1])
        look = read_by_strangers(empty_site, folder, told, caplog)
    assert dict(look.found) == {}
    for what in ("items", "complaints"):
        held = empty_site.command("export", what).out
        missing = [one.number for one in persons if one.name not in held]
        assert len(missing) <= (0 if what == "items" else count // 2), (what, missing)


@pytest.mark.slow
@pytest.mark.parametrize("count", [10, pytest.param(1000, marks=pytest.mark.campaign)])
def test_no_secret_is_read_anywhere(
    empty_site: Site, add_portal: Portals, caplog: pytest.LogCaptureFixture, tmp_path: Path, count: int
) -> None:
    """
    Secrets of portal, mailbox, X and registry change again and again while all of them refuse and quote them in status
    line, headers, redirects and bodies: no sentence, log line, file, table or entry has one, in twelve ways of writing.
    """
    caplog.set_level(logging.DEBUG)
    told, folder = Told(), tmp_path / "out"
    folder.mkdir()
    names = ["JATIM_TOKEN", "MAIL_PASSWORD", "X_TOKEN", "SP4N_AUTH", "SP4N_TOKEN"]
    more = [f"CANARY_{number}" for number in range(min(count - len(names), 45))]
    with city(empty_site, add_portal, [Person(number) for number in range(6)]) as found:
        with empty_site.hub() as hub:
            failing(hub, empty_site, told, found, 0)
        manifest = empty_site.home / "manifests" / "jatim-portal.yaml"
        listed = yaml.safe_load(manifest.read_text())
        listed["with"]["headers"] |= {f"X-Key-{name}": f"${{secret:{name}}}" for name in more}
        manifest.write_text(yaml.safe_dump(listed))
        for first in range(0, count, len(names + more)):
            for number, name in enumerate(names + more, first):
                _secret(empty_site.home, name, secret(number))
            with empty_site.hub() as hub:
                failing(hub, empty_site, told, found, 1)
        assert found["portal"].quoted >= count / len(names + more) and found["sp4n"].quoted and found["x"].quoted
        for line in COMMANDS if count < 100 else COMMANDS[:2]:
            told.command(empty_site, line.format(folder))
        told.command(empty_site, f"audit export {folder}/log-again")
        look = read_by_strangers(empty_site, folder, told, caplog)
    assert dict(look.found) == {}


@pytest.mark.parametrize("written", WRITTEN)
def test_the_look_finds_what_is_planted(written: str) -> None:
    """The search itself is no comfort unless it finds: every mark of a person and a secret, in every way of writing."""
    one, noise = Person(4711), b"\n".join(b"%064x" % (7**number) for number in range(90))
    for canary in (one.name, one.phone, one.nik, one.email, one.street, one.words, secret(17)):
        look = Look()
        look.look("planted", noise + WRITTEN[written](f"a {canary} b") + noise)
        assert look.found, canary
        assert not look.look("noise", noise) and len(look.found) == 1
