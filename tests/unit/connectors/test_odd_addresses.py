"""Addresses as people mistype them and as strangers bend them: every one ends in a sentence, in each kind."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Context, Lists, Replies, Reply, Window
from connectors.errors import ChannelError, Misconfigured
from connectors.http import HttpClient
from connectors.kinds.imap import Imap
from connectors.kinds.rest import Rest
from connectors.kinds.x import X
from connectors.manifest import catalogue, identity
from connectors.net import dialler
from hub.binding import hosts

NOW = datetime(2026, 12, 1, tzinfo=UTC)
ODD = [
    "①②⑦.0.0.1", "１２７.0.0.1", "", "[", "]", "[::1", "[::1]", "[::1]:99999", "[::1]x", "x[::1]", "[1:2]", "[v1.a]",
    "[fe80::1%eth0]", "[::ffff:127.0.0.1]", "a:99999", "a:0", "a:-1", "a:x", "a:80a", "a:443:443", "a:８０", "a..b",
    ".a", "-a", "*", "~", "(a)", "a;b", "a\\b", "a" * 64, "a." * 130, "xn--", "xn--zzzzzzzz99", "\u200b", "ß", "例え.jp",
    "a℀b", "a。b", "․", "%00", "%61", "a%2Fb", "localhost%", "0x7f.1", "2130706433", "999.1.1.1", "${secret:A}", "{ref}",
    "a@b", "a:b@c", "\x7f", "a\ud800", "x" * 3000,
]  # fmt: skip


def nowhere(host: str, *_: Any) -> Any:
    """A resolver that knows nobody, and is as strict about names as the real one."""
    host.encode("idna")
    raise socket.gaierror


def context() -> Context:
    """A context from which nobody is reached."""
    dial = dialler([], resolve=nowhere)
    http = HttpClient(dial, lambda text, _: text, lambda: NOW, lambda _: None)
    return Context(http=http, dial=dial, secret=lambda text, _: text, clock=lambda: NOW)


def pulled(channel: Lists) -> ChannelError:
    """The error with which a pull from nowhere ends."""
    with pytest.raises(ChannelError) as caught:
        list(channel.pages(context(), Window(since=None, until=NOW)))
    return caught.value


def answered(channel: Replies, payload: dict[str, Any]) -> ChannelError:
    """The error with which an answer to nowhere ends."""
    with pytest.raises(ChannelError) as caught:
        channel.reply(context(), Reply(ref="7", text="Sudah.", status="", message_id="a@b", payload=payload))
    return caught.value


@pytest.mark.parametrize("odd", ODD)
def test_no_address_ends_in_anything_but_a_sentence(odd: str) -> None:
    """Whatever stands where a host belongs, reading and answering end in an error that says who has to act."""
    url = f"http://{odd}/api"
    mail = {"from": {"address": "warga@contoh.id"}}
    smtp = {"smtp": {"host": odd, "from": "aduan@contoh.go.id"}}
    posts = X(url=url, token="t", user_id="1", reply_by={"text": "{link}", "link": "http://a/"})
    for error in (
        pulled(Rest(url=url, ref="id", params={"a": "b"})),
        pulled(posts),
        pulled(Imap(host=odd, user="u", password="p")),
        pulled(Imap(host=odd, user="u", password="p", tls="none")),
        answered(Rest(url="http://a/", ref="id", reply_by={"url": url + "/{ref}"}), {}),
        answered(posts, {}),
        answered(Imap(host="a", user="u", password="p", reply_by=smtp), mail),
    ):
        assert error.what


def test_circled_digits_are_the_manifests_mistake() -> None:
    """An address that only looks like 127.0.0.1 is told as unusable to whoever wrote it."""
    error = pulled(Rest(url="http://①②⑦.0.0.1/", ref="id"))
    assert isinstance(error, Misconfigured) and error.hint


@pytest.mark.parametrize("odd", ODD)
def test_a_manifest_with_an_odd_address_is_refused_or_safe(tmp_path: Path, odd: str) -> None:
    """An address that cannot be used is refused when the manifest is read; what passes breaks nothing afterwards."""
    url, rest = f"http://{odd}/api", {"url": "http://a/", "items": "data", "ref": "id"}
    smtp = {"host": odd, "from": "aduan@contoh.go.id"}
    box = {"host": "a", "user": "u", "password": "${secret:P}"}
    for kind, given, reply in (
        ("rest", rest | {"url": url}, {"url": "http://a/"}),
        ("rest", rest, {"url": url}),
        ("x", {"url": url, "token": "${secret:T}", "user_id": "1"}, {"url": url, "token": "${secret:T}", "link": url}),
        ("imap", box | {"host": odd}, {"smtp": smtp | {"host": "a"}}),
        ("imap", box, {"smtp": smtp}),
    ):
        value = {"version": 1, "owner": "o", "region": "35", "channel": "p", "kind": kind, "fields": {"body": "isi"}}
        path = tmp_path / "contoh.yaml"
        path.write_text(json.dumps(value | {"with": given, "reply": reply}), encoding="utf-8")
        found = catalogue(tmp_path)
        assert all("contoh.yaml" in error.what and error.hint for error in found.bad.values())
        assert all(identity(one) and hosts(one) for one in found.good.values())
        assert len(found.bad) + len(found.good) == 1
