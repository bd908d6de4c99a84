"""Channels push to us: what we said we have is there, whatever is killed and whatever is down."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from hub.store.migrate import libpq
from sandbox import manifests
from tests.channels.fakes.inbox import SECRETS, signed
from tests.scenario import commands
from tests.scenario.conftest import Site, _secret

NAME, OURS, CHALLENGE = "wa-solo", "106540352242922", "jawab-ini"


@pytest.fixture
def site(empty_site: Site) -> Site:
    """A site with one WhatsApp number."""
    manifest = {
        "version": 1, "name": NAME, "owner": "Kota Contoh", "region": "33.72", "channel": "whatsapp", "kind": "whatsapp",
        "with": {
            "url": "http://127.0.0.1:9/v23.0", "phone_number_id": OURS, "token": "${secret:WA_TOKEN}",
            "app_secret": "${secret:WA_APP}", "verify_token": "${secret:WA_VERIFY}", "media": {"host": "127.0.0.1"},
        },
        "fields": {
            "body": "said", "submitted_at": {"path": "at", "format": "unix"},
            "reporter.phone_e164": "sender.id", "is_confidential": {"const": False},
        },
        "forward": {"from": "2020-01-01"},
    }  # fmt: skip
    manifests._yaml(empty_site.home / "manifests" / f"{NAME}.yaml", manifest)
    for name, value in (("WA_TOKEN", "TOKEN"), ("WA_APP", "APP"), ("WA_VERIFY", "VERIFY")):
        _secret(empty_site.home, name, SECRETS[value])
    return empty_site


def body(number: int, text: str = "") -> bytes:
    """A push with one message."""
    said = text or f"Lampu jalan nomor {number} di Jalan Kenanga mati sejak Senin."
    message = {
        "from": f"62812{number:08}", "id": f"wamid.{number}", "timestamp": "1796000000", "type": "text",
        "text": {"body": said},
    }  # fmt: skip
    value = {"metadata": {"phone_number_id": OURS}, "contacts": [], "messages": [message]}
    whole = {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": value}]}]}
    return json.dumps(whole).encode()


def push(url: str, content: bytes, **headers: str) -> requests.Response:
    """Post it with Meta's signature, or with other headers."""
    given = {name.replace("_", "-"): value for name, value in (headers or signed(content)).items()}
    return requests.post(url, data=content, headers=given, timeout=30)


@contextmanager
def receiving(site: Site) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`satupintu receive` on a free port, and the address of the channel."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    with commands.started(site.env, "receive", "--port", str(port)) as process:
        end = time.monotonic() + commands.PATIENCE
        while True:
            with suppress(requests.ConnectionError):
                if requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).ok:
                    break
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.05)  # another process's start
        yield f"http://127.0.0.1:{port}/in/{NAME}", process


def numbers(site: Site) -> set[int]:
    """The messages that are items."""
    return {int(str(one["ref"]).rpartition(".")[2]) for one in site.export("items", NAME)}


def test_what_is_pushed_is_an_item_and_reaches_the_registry_once(site: Site) -> None:
    """A push that was answered 200 is pulled, accepted and forwarded once, also when it comes again."""
    with receiving(site) as (url, _):
        for number in (1, 2, 1):
            assert push(url, body(number)).status_code == 200
        assert site.command("pull", NAME).code == 0
        assert push(url, body(2)).status_code == 200 and push(url, body(3)).status_code == 200
        assert site.command("pull", NAME).code == 0
    assert numbers(site) == {1, 2, 3}
    assert site.command("accept").code == 0 and site.command("forward").code == 0
    assert len(site.registered()) == 3
    with psycopg.connect(libpq(site.database.superuser_url)) as connection:
        assert connection.execute("SELECT count(*) FROM pushes").fetchone() == (0,), "kept as items, and only once"


def test_who_is_not_the_channel_is_sent_away(site: Site) -> None:
    """No signature, another one, another address, too much: a plain status, nothing kept, and the number of it is told."""
    with receiving(site) as (url, process):
        content = body(1)
        assert push(url, content, x_hub_signature_256="sha256=" + "0" * 64).status_code == 401
        assert push(url, content, content_type="application/json").status_code == 401
        assert push(url, body(2), **signed(content)).status_code == 401
        elsewhere = push(url.replace(NAME, "bukan-ini"), content)
        wrong = push(url, content, x_hub_signature_256="sha256=" + "0" * 64)
        assert (elsewhere.status_code, elsewhere.content) == (wrong.status_code, wrong.content) == (401, wrong.content)
        assert push(url, b"x" * (6 * 1024 * 1024)).status_code == 413
        asked = {"hub.mode": "subscribe", "hub.challenge": CHALLENGE, "hub.verify_token": SECRETS["VERIFY"]}
        assert requests.get(url, params=asked, timeout=30).text == CHALLENGE
        wrong = requests.get(url, params=asked | {"hub.verify_token": "salah"}, timeout=30)
        assert (wrong.status_code, CHALLENGE in wrong.text) == (401, False)
        process.terminate()
        said = commands.finished(process)
    assert SECRETS["VERIFY"] not in said.out + said.err and "Kenanga" not in said.out + said.err
    assert site.command("pull", NAME).code == 0 and numbers(site) == set()


@contextmanager
def down(site: Site) -> Iterator[None]:
    """The database refuses everybody."""
    with psycopg.connect(
        libpq(site.database.superuser_url).replace(site.database.name, "postgres"), autocommit=True
    ) as root:
        root.execute(f'ALTER DATABASE "{site.database.name}" ALLOW_CONNECTIONS false'.encode())
        root.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [site.database.name])
        try:
            yield
        finally:
            root.execute(f'ALTER DATABASE "{site.database.name}" ALLOW_CONNECTIONS true'.encode())


def test_while_the_database_is_down_nothing_is_turned_away(site: Site) -> None:
    """Pushes are taken on disk, a wrong one is refused all the same, and all are there when the database is back."""
    with receiving(site) as (url, _):
        assert push(url, body(1)).status_code == 200
        with down(site):
            for number in range(2, 9):
                assert push(url, body(number)).status_code == 200
            assert push(url, body(9), **signed(body(1))).status_code == 401
            assert len(list((site.home / "spool").rglob("*.push"))) == 7
        end = time.monotonic() + 60
        while list((site.home / "spool").rglob("*.push")):
            assert time.monotonic() < end
            time.sleep(0.2)  # its chores come every few seconds
    assert site.command("pull", NAME).code == 0
    assert numbers(site) == set(range(1, 9))


@pytest.mark.slow
@pytest.mark.parametrize("kills", [6, pytest.param(60, marks=pytest.mark.campaign)])
def test_what_was_said_to_be_kept_outlives_every_kill(site: Site, kills: int) -> None:
    """`kill -9` while pushes come in, again and again, also while the database is down: whatever had its 200 is there."""
    chance, said, number = random.Random(kills), set[int](), 0
    for turn in range(kills):
        with receiving(site) as (url, process), down(site) if turn % 3 == 2 else nullcontext():
            end = time.monotonic() + chance.uniform(0.05, 0.5)
            while process.poll() is None:
                number += 1
                with suppress(requests.ConnectionError):
                    if push(url, body(number)).status_code == 200:
                        said.add(number)
                if time.monotonic() > end:
                    commands.killed(process)
    with receiving(site) as (_, process):
        end = time.monotonic() + 60
        while list((site.home / "spool").rglob("*.push")):
            assert time.monotonic() < end
            time.sleep(0.2)
    assert site.command("pull", NAME).code == 0
    assert said and said <= numbers(site), sorted(said - numbers(site))


def manifest_of(site: Site) -> Path:
    """Where it lies."""
    return site.home / "manifests" / f"{NAME}.yaml"


def test_a_channel_that_stops_stops(site: Site) -> None:
    """A manifest that is disabled while the receiver runs takes nothing more, without a restart."""
    with receiving(site) as (url, _):
        assert push(url, body(1)).status_code == 200
        manifest_of(site).write_text(manifest_of(site).read_text() + "disabled: true\n")
        end = time.monotonic() + 60
        while push(url, body(2)).status_code != 401:
            assert time.monotonic() < end
            time.sleep(0.2)


def test_a_batch_of_which_one_is_strange_loses_nobody(site: Site) -> None:
    """Three messages in a push, one of them no message at all: two are complaints, the third waits with a reason."""
    content: dict[str, Any] = json.loads(body(1))
    messages = content["entry"][0]["changes"][0]["value"]["messages"]
    messages += [7, json.loads(body(2))["entry"][0]["changes"][0]["value"]["messages"][0]]
    with receiving(site) as (url, _):
        assert push(url, json.dumps(content).encode()).status_code == 200
    assert site.command("pull", NAME).code == 0
    assert site.command("accept").code in (0, 3)
    assert len(site.export("complaints", NAME)) == 2 and len(site.export("quarantine", NAME)) == 1


def test_a_manifest_that_cannot_be_used_takes_nobodys_address(site: Site) -> None:
    """A second manifest of the same number, which is refused, leaves the first one's address as it is."""
    twin = manifest_of(site).with_name("zz-kembar.yaml")
    twin.write_text(manifest_of(site).read_text().replace(NAME, "zz-kembar"))
    with receiving(site) as (url, _):
        assert push(url, body(1)).status_code + push(url.replace(NAME, "zz-kembar"), body(2)).status_code == 200 + 401
    assert site.command("pull", NAME).code == 0
    assert numbers(site) == {1}
