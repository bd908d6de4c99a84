"""A gateway that can do little pushes to us: five messages are one complaint at the registry, and a test is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from hub.store.migrate import libpq
from sandbox import manifests
from tests.channels.fakes.inbox import SECRETS
from tests.scenario.conftest import Site, _secret
from tests.scenario.test_receive import NAME, receiving

KEY = {"kunci": SECRETS["APP"]}


def channel(site: Site, **options: Any) -> Path:
    """A number behind Fonnte, whose secret stands in the address."""
    manifest = {
        "version": 1, "name": NAME, "owner": "Kota Contoh", "region": "33.72", "channel": "whatsapp", "kind": "webhook",
        "with": {"signing": {"by": "token", "secret": "${secret:WA_KUNCI}", "query": "kunci"}, **options},
        "fields": {
            "body": "said", "reporter.name": "sender.name", "reporter.phone_e164": "sender.phone",
            "is_confidential": {"const": False},
        },
        "forward": {"from": "2020-01-01"},
    }  # fmt: skip
    _secret(site.home, "WA_KUNCI", SECRETS["APP"])
    return manifests._yaml(site.home / "manifests" / f"{NAME}.yaml", manifest)


def words(text: str, who: int = 1) -> dict[str, Any]:
    """A message as Fonnte pushes it."""
    return {"device": "6285", "sender": f"62812345678{who:02}", "message": text, "name": "Sri", "isgroup": False}


@pytest.fixture
def site(empty_site: Site) -> Site:
    """A site whose one channel pushes."""
    channel(empty_site, preset="fonnte", session={"quiet": "10m", "most": "60m"})
    return empty_site


def test_five_messages_reach_the_registry_as_one_complaint(site: Site) -> None:
    """Pushed, pulled, accepted, forwarded: once, with all that was said; without the secret nothing is taken or shown."""
    five = ("Selamat pagi", "Mau lapor", "lampu jalan mati", "di Jalan Kenanga depan SD 3", "sudah dua minggu")
    with receiving(site) as (url, _):
        for text in five:
            assert requests.post(url, json=words(text), params=KEY, timeout=30).status_code == 200
        assert requests.post(url, json=words(five[0]), params={"kunci": "salah"}, timeout=30).status_code == 401
        strange = requests.post(url, data=b"{rusak", params=KEY, timeout=30)
        assert (strange.status_code, SECRETS["APP"] in strange.text) == (200, False)
    settled(site)
    assert site.command("accept").code in (0, 3)
    assert site.command("forward").code == 0
    (told,) = site.registered()
    assert all(text in json.dumps(told, default=str) for text in five)
    assert len(site.export("quarantine", NAME)) == 1


def settled(site: Site) -> None:
    """While somebody may still be talking nothing is pulled; an hour later all of it, and the inbox is empty."""
    with psycopg.connect(libpq(site.database.superuser_url), autocommit=True) as connection:
        assert site.command("pull", NAME).code == 0
        assert connection.execute("SELECT count(*) FROM pushes").fetchone() == (6,)
        connection.execute("UPDATE pushes SET received_at = received_at - interval '1 hour'")
        assert site.command("pull", NAME).code == 0
        assert connection.execute("SELECT count(*) FROM pushes").fetchone() == (0,)


def test_a_test_message_is_no_complaint(site: Site) -> None:
    """`receive --test` says that the address works, that the secret is there, and leaves nothing to be forwarded."""
    with receiving(site) as (url, _):
        said = site.command("receive", "--test", NAME, "--url", url)
        assert (said.code, "sampai" in said.out) == (0, True), said.err
        said = site.command("receive", "--test", "bukan-ini", "--url", url.replace(NAME, "bukan-ini"))
        assert (said.code, "tidak mengenal" in said.out) == (1, True)
        (site.home / "secrets" / "WA_KUNCI").unlink()
    with receiving(site) as (url, _):
        said = site.command("receive", "--test", NAME, "--url", url)
        assert (said.code, "rahasia" in said.out) == (1, True)
    said = site.command("receive", "--test", NAME, "--url", url)
    assert (said.code, "tidak dapat dijangkau" in said.out) == (1, True)
    assert site.command("pull", NAME).code == 0
    assert site.export("items", NAME) == []
