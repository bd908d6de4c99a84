"""The HTTP client against servers that fail in every way a portal does."""

from __future__ import annotations

import gzip
import ipaddress
import logging
import socket
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.http import Cut, HttpClient
from connectors.net import NotReached, dialler
from tests.channels.fakes.web import Answer, Asked, json_page, serve

NOW = datetime(2026, 12, 1, tzinfo=UTC)
LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
CANARY = "rahasia-sekali-42"


def client(*, naps: list[float] | None = None, timeout: float = 10.0, biggest: int = 1024 * 1024) -> HttpClient:
    """A client for loopback whose secret is the canary and whose sleeping is only noted."""
    return HttpClient(
        dialler(LOOPBACK),
        lambda text, host: text.replace("${secret:TOKEN}", CANARY),
        lambda: NOW,
        (naps if naps is not None else []).append,
        jitter=lambda: 1.0,
        timeout=timeout,
        biggest=biggest,
    )


def always(status: int, **headers: str) -> Callable[[Asked], Answer]:
    """A server that answers everything alike."""
    return lambda _: json_page(b"{}", status, **headers)


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server for one connection that speaks without any library, so that it may be as rude as it likes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            try:
                connection, _ = server.accept()
                with connection:
                    talk(connection)
            except OSError:
                pass

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    thread.join(5)


@pytest.mark.parametrize(
    ("status", "error", "tries"),
    [(401, Refused, 1), (403, Refused, 1), (404, Unavailable, 1), (410, Unavailable, 1), (400, Misconfigured, 1),
        (405, Misconfigured, 1),
        (429, Unavailable, 3), (408, Unavailable, 1), (500, Unavailable, 3), (503, Unavailable, 3)],
)  # fmt: skip
def test_every_status_has_its_class_of_error(status: int, error: type[ChannelError], tries: int) -> None:
    """Who has to act follows from the status; only what may pass soon is tried again, three times at most."""
    with serve(always(status)) as web:
        with pytest.raises(error) as caught:
            client().send("GET", web.url)
        assert type(caught.value) is error
        assert (caught.value.code, len(web.asked)) == (f"http_{status}", tries)


def test_writing_is_never_tried_twice() -> None:
    """An answer that may have been posted is not posted again by itself."""
    with serve(always(503)) as web:
        with pytest.raises(Unavailable):
            client().send("POST", web.url, json={})
        assert len(web.asked) == 1


def test_short_pause_heals_a_hiccup() -> None:
    """One failing answer in the middle costs one pause, not the pull."""
    naps: list[float] = []
    answers = [json_page(b"", 502), json_page(b"", 429, **{"Retry-After": "3"}), json_page(b'{"a":1}')]
    with serve(lambda _: answers.pop(0)) as web:
        assert client(naps=naps).send("GET", web.url).json() == {"a": 1}
    assert naps == [2.0, 3.0]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120.0), ("Tue, 01 Dec 2026 00:05:00 GMT", 300.0), ("Mon, 30 Nov 2026 00:00:00 GMT", 0.0), ("besok", None)],
)
def test_retry_after_is_read_in_both_forms(header: str, seconds: float | None) -> None:
    """A portal that asks for a pause gets it, whether it gives seconds or a date; the call itself does not sit it out."""
    with serve(always(429, **{"Retry-After": header})) as web, pytest.raises(Unavailable) as caught:
        client().send("GET", web.url)
    assert caught.value.retry_after == seconds


def test_nothing_sent_and_cut_are_told_apart() -> None:
    """A closed port means certainly not done; a cut after the request was sent means that nobody knows."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotReached) as missed:
        client().raw("POST", f"http://127.0.0.1:{port}/")
    assert (missed.value.code, missed.value.sent) == ("connect", False)
    with serve(lambda _: (0, {}, b"")) as web, pytest.raises(Cut) as cut:
        client().raw("POST", web.url, json={"a": 1})
    assert (cut.value.code, cut.value.sent) == ("cut", True)


def test_half_a_body_is_a_cut() -> None:
    """An answer shorter than it said is no answer."""
    with serve(lambda _: (200, {"Content-Length": "100", "Connection": "close"}, b"{}")) as web, pytest.raises(Cut):
        client(timeout=0.5).raw("GET", web.url)


def _greet_as_no_tls(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.0 400 no\r\n\r\n")


def test_failed_handshake_is_certainly_not_done() -> None:
    """Without a trusted certificate nothing was said, so a delivery may be tried again."""
    with raw_server(_greet_as_no_tls) as url, pytest.raises(NotReached) as caught:
        client().raw("POST", url.replace("http:", "https:"))
    assert caught.value.code == "tls"


def test_certificates_are_always_verified() -> None:
    """No setting of the environment or a manifest switches verification off."""
    http = client()
    assert http._session.verify is True
    assert ssl.create_default_context().check_hostname


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_slow_drip_ends_with_the_call(start: bytes) -> None:
    """A portal that sends a byte now and then, in head or body, cannot hold a worker beyond the call's time."""
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(start)
        while not over.wait(0.02):
            connection.sendall(b"x")

    with raw_server(drip) as url:
        with pytest.raises(Cut) as caught:
            client(timeout=0.3).raw("GET", url)
        over.set()
    assert caught.value.code == "timeout"


def test_bodies_are_bounded_while_they_are_unpacked() -> None:
    """A gzip bomb of a few kilobytes is given up at the limit, not when memory ends."""
    bomb = gzip.compress(b"0" * (64 * 1024 * 1024))
    with serve(lambda _: (200, {"Content-Encoding": "gzip"}, bomb)) as web, pytest.raises(Cut) as caught:
        client().raw("GET", web.url)
    assert caught.value.code == "too_large"


def test_endless_body_is_given_up() -> None:
    """A body without end stops at the limit."""

    def endless(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"0" * 65536)

    with raw_server(endless) as url, pytest.raises(Cut) as caught:
        client().raw("GET", url)
    assert caught.value.code == "too_large"


def test_gzip_and_plain_pages_are_read() -> None:
    """Compressed answers are read as they are meant, and connections are used again."""
    body = b'{"a":"' + b"x" * 200_000 + b'"}'
    packed = gzip.compress(body)
    http = client()
    with serve(
        lambda a: (200, {"Content-Encoding": "gzip"} if a.path == "/z" else {}, packed if a.path == "/z" else body)
    ) as web:
        for path in ("/z", "/p", "/z"):
            assert http.send("GET", web.url + path).body == body


@pytest.mark.parametrize("where", ["http://127.0.0.2:9/login", "http://[", "http://a:99999/", "ftp://a/", "//%00/"])
def test_redirect_to_elsewhere_is_a_refusal(where: str) -> None:
    """A login page at another place is not read as data, and no secret travels there; nonsense is another place."""
    with serve(always(302, Location=where)) as web, pytest.raises(Refused) as caught:
        client().send("GET", web.url, headers={"Authorization": "${secret:TOKEN}"})
    assert caught.value.code == "redirect"


def test_redirect_within_the_place_is_followed_three_times() -> None:
    """A portal may move a page within itself; a circle ends; a reference in its Location is not resolved."""
    moves = {"/a": "/b?k=${secret:TOKEN}", "/b": "c", "/c": "/d", "/round": "/round"}

    def answer(asked: Asked) -> Answer:
        return json_page(b"[]", 302, Location=moves[asked.path]) if asked.path in moves else json_page(b"[1]")

    with serve(answer) as web:
        assert client().send("GET", web.url + "/a").json() == [1]
        assert all(CANARY not in str(asked.query) for asked in web.asked)
        with pytest.raises(Refused):
            client().send("GET", web.url + "/round")
        with pytest.raises(Refused):
            client().send("POST", web.url + "/a", json={})


@pytest.mark.parametrize("body", [b"<html>Sedang pemeliharaan</html>", b"", b'{"a":1,"a":2}', b"[NaN]"])
def test_page_that_is_no_json_is_unavailable(body: bytes) -> None:
    """A maintenance page with status 200 is a fault of the portal, never an empty list."""
    with serve(lambda _: (200, {}, body)) as web, pytest.raises(Unavailable):
        client().send("GET", web.url).json()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/",
        "//127.0.0.1/",
        "",
        "http://",
        "http://u:p@127.0.0.1/",
        "http://127.0.0.1\\@x/",
        "http://a b/",
        "file:///etc/passwd",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "http://${secret:TOKEN}/",
        " http://127.0.0.1/",
    ],
)
def test_addresses_that_are_none_are_the_manifests_mistake(url: str) -> None:
    """An odd address is refused before anything is dialled, without a crash."""
    with pytest.raises((Misconfigured, NotReached)):
        client().raw("GET", url)


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy variable on the machine does not carry requests past the dialler."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with serve(always(200)) as web:
        assert client().raw("GET", web.url).status == 200


def test_inner_addresses_are_refused_through_http() -> None:
    """The address check holds for HTTP: the request fails before a connection is tried."""
    http = HttpClient(dialler([]), lambda text, _: text, lambda: NOW)
    with pytest.raises(Misconfigured, match="SATUPINTU_ALLOW_NETWORKS"):
        http.send("GET", "http://2130706433/")


def test_no_error_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever goes wrong, neither message, traceback nor log holds the secret, the path, the query or a header."""
    caplog.set_level(logging.DEBUG)
    url, seen = "/jalan-rahasia?kunci=${secret:TOKEN}", []
    heads = {"Authorization": "Bearer ${secret:TOKEN}"}
    with serve(
        lambda a: (int(a.headers["X-Want"]), {"Location": f"http://x.example/{CANARY}"}, CANARY.encode())
    ) as web:
        for status in (200, 302, 400, 401, 404, 429, 500, 0):
            with pytest.raises(ChannelError) as caught:
                client().send("GET", web.url + url, headers={**heads, "X-Want": str(status)}).json()
            seen.append("".join(traceback.format_exception(caught.value)))
    with pytest.raises(ChannelError) as caught:
        client().raw("GET", "http://127.0.0.1:1" + url, headers={"Authorization": "${secret:TOKEN}\r\nX: y"})
    seen.append("".join(traceback.format_exception(caught.value)))
    assert not [text for text in [*seen, caplog.text] if CANARY in text or "jalan-rahasia" in text]


def test_secrets_go_into_address_and_headers_only() -> None:
    """A citizen who writes a reference into an answer's text does not get the secret published."""
    with serve(always(200)) as web:
        client().send("POST", web.url, json={"t": "${secret:TOKEN}"}, headers={"Authorization": "${secret:TOKEN}"})
        assert CANARY.encode() not in web.asked[0].body
        assert web.asked[0].headers["Authorization"] == CANARY


def test_raw_gives_every_status_and_uploads_files() -> None:
    """The registry's client sees each answer as it is and can send files."""
    with serve(always(418, **{"X-A": "b"})) as web:
        answer = client().raw(
            "POST", web.url, files={"files[0]": ("foto.jpg", b"\xff\xd8", "image/jpeg")}, data={"a": "b"}
        )
        assert (answer.status, answer.headers["x-a"]) == (418, "b")
        assert b"\xff\xd8" in web.asked[0].body
        assert "127.0.0.1" not in repr(answer)


def test_writing_trusts_no_old_connection() -> None:
    """After a pause a request that must not be sent twice gets a connection of its own, so a stale one costs no doubt."""
    now = [0.0]
    http = HttpClient(dialler(LOOPBACK), lambda text, _: text, lambda: NOW, monotonic=lambda: now[0])
    with serve(lambda asked: json_page(asked.headers["Host"].encode())) as web:
        ports = []
        for pause in (0.0, 1.0, 5.0):
            now[0] += pause
            http.raw("POST", web.url)
            ports.append(web.asked[-1].port)
    assert ports[0] == ports[1] != ports[2]


def test_nobody_is_asked_after_having_left() -> None:
    """Whoever has stopped waiting, also before a request began, asks nothing more of the portal, and tries nothing again."""
    naps: list[float] = []
    with serve(always(200)) as portal:
        one = client(naps=naps)
        one.send("GET", portal.url)
        one.abandon()
        for _ in range(2):
            with pytest.raises(Unavailable):
                one.send("GET", portal.url)
        assert (len(portal.asked), naps) == (1, [])
