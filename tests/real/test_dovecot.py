"""The mailbox of a regional office is a real Dovecot: what goes wrong with it is told, and nothing is lost or doubled."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from sandbox import manifests
from tests.real.dovecot import PASSWORD, USER, Dovecot, made, program
from tests.scenario import commands
from tests.scenario.conftest import Site, _secret, empty_site, home  # noqa: F401  # fixtures
from tests.scenario.letters import MAIL, mail

pytestmark = [
    pytest.mark.dovecot,
    pytest.mark.slow,
    pytest.mark.skipif(program() is None, reason="there is no Dovecot here; .ci/run installs it where it can"),
]


@pytest.fixture
def box() -> Iterator[Dovecot]:
    """A Dovecot that listens."""
    with TemporaryDirectory(prefix="dovecot-") as folder:  # others may not enter pytest's own
        server = made(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture
def site(empty_site: Site, box: Dovecot) -> Site:  # noqa: F811
    """A site whose one channel is that mailbox."""
    registered(empty_site, box)
    return empty_site


def registered(site: Site, box: Dovecot, **changed: Any) -> None:
    """The manifest of the mailbox, with other keys of `with` where given."""
    here = {"host": "127.0.0.1", "port": box.port, "user": USER}
    manifest = manifests._email(here, here | {"from": "kanal@aduan.example"})
    manifest["with"] |= changed
    manifests._yaml(site.home / "manifests" / f"{MAIL}.yaml", manifest)
    _secret(site.home, "MAIL_PASSWORD", PASSWORD)


def held(site: Site) -> Counter[str]:
    """Each mail that the hub holds, by Message-ID, and how often."""
    return Counter(str(one["ref"]) for one in site.export("items", MAIL))


def letters(first: int, count: int) -> list[bytes]:
    """Mails of so many citizens."""
    return [mail(number, f"Lampu jalan nomor {number} mati.") for number in range(first, first + count)]


def test_a_mailbox_is_read_once_and_then_what_is_new(site: Site, box: Dovecot) -> None:
    """An empty folder is no fault; what comes is read once, also when nothing else has changed."""
    assert site.command("pull", MAIL).code == 0 and not held(site)
    box.deliver(letters(0, 30))
    assert site.command("pull", MAIL).code == 0
    box.deliver(letters(30, 5), first=30)
    assert site.command("pull", MAIL).code == 0 and site.command("pull", MAIL).code == 0
    assert set(held(site).values()) == {1} and len(held(site)) == 35


@pytest.mark.parametrize(
    ("changed", "password", "sentence"),
    [
        ({}, "salah", "does not accept user and password"),
        ({"folder": "Aduan"}, PASSWORD, "folder"),
        ({"port": 1}, PASSWORD, "reach"),
    ],
)
def test_what_is_wrong_is_said_and_mended_later(
    site: Site, box: Dovecot, changed: dict[str, Any], password: str, sentence: str
) -> None:
    """A wrong password, folder or port is told in a sentence without the password; put right, all is read."""
    box.deliver(letters(0, 3))
    registered(site, box, **changed)
    _secret(site.home, "MAIL_PASSWORD", password)
    said = site.command("pull", MAIL)
    assert said.code in (1, 3), said
    assert sentence in (said.out + said.err).lower()
    assert password not in said.out + said.err
    registered(site, box)
    assert site.command("pull", MAIL).code == 0
    assert len(held(site)) == 3


def test_a_folder_with_new_numbers_is_read_anew_without_doubling(site: Site, box: Dovecot) -> None:
    """After a restored backup UIDVALIDITY is another one: every UID is void, and a mail is still the mail it was."""
    box.deliver(letters(0, 12))
    assert site.command("pull", MAIL).code == 0
    box.stop()
    box.forget()
    time.sleep(1.1)  # Dovecot makes UIDVALIDITY of the second
    box.deliver(letters(12, 4), first=12)
    box.start()
    assert site.command("pull", MAIL).code == 0
    numbers = {one["payload"]["uidvalidity"] for one in site.export("items", MAIL)}
    assert len(held(site)) == 16, "nothing lost"
    assert len(numbers) > 1, "the folder did change"
    assert site.command("accept").code in (0, 3)
    assert len(site.export("complaints", MAIL)) == 16, "nothing doubled"


def test_twenty_kills_among_nine_hundred_mails(site: Site, box: Dovecot) -> None:
    """`kill -9` at 20 moments while 900 mails come and are read: at the end each is there once."""
    chance, alive, began = random.Random(20), 0, time.monotonic()
    assert site.process("pull", MAIL).code == 0
    whole = time.monotonic() - began
    for turn in range(20):
        box.deliver(letters(turn * 45, 45), first=turn * 45)
        process = commands.start(site.env, "pull", MAIL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(whole * chance.uniform(0.4, 1.1))
        alive += process.poll() is None
        commands.killed(process)
        process.communicate()
    for _ in range(3):
        last = site.process("pull", MAIL)
        if last.code == 0 and "already" not in last.out + last.err:
            break
    assert last.code == 0 and alive > 5, (last, alive)
    assert set(held(site).values()) == {1} and len(held(site)) == 900
