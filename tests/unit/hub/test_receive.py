"""The receiver as a web server: sizes, times and rates are held before anything is read, and nobody learns anything."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest
import requests
import uvicorn

from connectors.base import Push
from connectors.errors import Refused
from hub.hurried import Hurried
from hub.privacy import Vault
from hub.rates import BURST, RATE, Bucket
from hub.receive import Limits, app
from hub.receiving import KEPT, NOT_OURS, Door, Receiver, Told
from hub.spool import Spool
from hub.store.work import StoreUnavailable
from tests.conftest import NOW


@dataclass
class Stub:
    """A receiver that takes everything for one name."""

    doors: dict[str, Any] = field(default_factory=lambda: {"kanal": None})
    taken: list[bytes] = field(default_factory=list)
    drained: threading.Event = field(default_factory=threading.Event)

    def take(self, name: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> Told:
        """As the real one."""
        if name not in self.doors:
            return NOT_OURS
        self.taken.append(body)
        return KEPT

    def greet(self, name: str, query: Mapping[str, str]) -> Told:
        """As the real one."""
        return Told(status=200, code="greeted", text=query.get("hub.challenge", ""))

    def drain(self) -> int:
        """As the real one."""
        self.drained.set()
        return 0

    def count_refused(self) -> None:
        """Never works."""
        raise ZeroDivisionError


class Soon(Hurried):
    """The same with less patience."""

    seconds = 0.2


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture
def port(stub: Stub) -> Iterator[int]:
    """The app on a free port, with short patience."""
    limits = Limits(biggest=1000, seconds=0.3, round=0.05, at_once=1500)
    server = uvicorn.Server(
        uvicorn.Config(app(stub, renew=lambda: None, limits=limits), log_level="critical", http=Soon)  # type: ignore[arg-type]
    )
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        own.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [own]})
        thread.start()
        yield own.getsockname()[1]
        server.should_exit = True
        thread.join()


def raw(port: int, text: str) -> bytes:
    """What is answered to these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as own:
        own.sendall(text.encode())
        return own.recv(500)


HEAD = "POST /in/kanal HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (f"{HEAD}Content-Length: 100\r\n\r\nx", b" 408 "),
        (f"{HEAD}Content-Length: 1001\r\n\r\n", b" 413 "),
        (f"{HEAD}Content-Length: -1\r\n\r\n", b" 4"),
        (f"{HEAD}Transfer-Encoding: chunked\r\n\r\n400\r\n{'x' * 1024}\r\n0\r\n\r\n", b" 413 "),
        (f"{HEAD}Content-Length: 2\r\n\r\n{{}}", b" 200 "),
        ("POST /in/lain HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", b" 401 "),
        ("PUT /in/kanal HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", b" 405 "),
        (f"{HEAD}X-Long: {'x' * 200_000}\r\n\r\n", b" 400 "),
        (f"{HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}", b" 400 "),
        ("GET /docs HTTP/1.1\r\nHost: x\r\n\r\n", b" 404 "),
    ],
)
def test_each_request_ends_soon_with_a_status(port: int, stub: Stub, text: str, status: bytes) -> None:
    """Slow, large, strange: answered within the limits; only what is whole is taken."""
    assert status in raw(port, text).partition(b"\r\n")[0]
    assert stub.taken == ([b"{}"] if status == b" 200 " else [])


def test_a_handshake_is_answered_as_text(port: int) -> None:
    """What is given back is never a page that a browser would run."""
    said = requests.get(f"http://127.0.0.1:{port}/in/kanal?hub.challenge=<script>", timeout=10)
    assert said.text == "<script>" and said.headers["content-type"].startswith("text/plain")
    assert said.headers["x-content-type-options"] == "nosniff"


def test_chores_go_on_whatever_one_of_them_meets(port: int, stub: Stub) -> None:
    """The spool is looked at again and again, also when another chore fails each time."""
    for _ in range(2):
        stub.drained.clear()
        assert stub.drained.wait(10)


def test_a_flood_of_one_channel_is_put_off() -> None:
    """So many at once, then so many a second; a pause fills up again."""
    bucket = Bucket()
    assert sum(bucket.taken(100.0) for _ in range(2 * BURST)) == BURST
    assert sum(bucket.taken(101.0) for _ in range(2 * BURST)) == int(RATE)
    assert sum(bucket.taken(200.0) for _ in range(2 * BURST)) == BURST


@pytest.mark.parametrize(
    "said", ["", "POST /in/kanal HTTP/1.1\r\nHost: x\r\nX-Dr", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"]
)
def test_whoever_says_nothing_more_is_let_go(port: int, said: str) -> None:
    """No head, half a head, silence after an answer: the connection ends by itself and makes room for others."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as own:
        own.sendall(said.encode())
        heard = b""
        try:
            while part := own.recv(500):
                heard += part
        except ConnectionResetError:
            pass
    assert heard[-2:] == (b"ok" if "healthz" in said else b"")


def test_drips_do_not_prolong_a_head(port: int) -> None:
    """A head that comes a letter at a time ends the connection as soon as one that does not come."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as own:
        own.sendall(HEAD.encode())
        own.settimeout(0.02)
        for _ in range(1000):
            try:
                own.sendall(b"x")
                assert own.recv(1) == b""
                return
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                return
    pytest.fail("a thousand drips")


def test_all_that_is_on_its_way_has_a_limit(port: int, stub: Stub) -> None:
    """Together pushes take so much memory and no more; when one of them is gone there is room again."""
    whole = f"{HEAD}Content-Length: 900\r\n\r\n{'y' * 900}"
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
            slow.sendall(f"{HEAD}Content-Length: 1000\r\n\r\n{'x' * 900}".encode())
            while b" 503 " not in (said := raw(port, whole).partition(b"\r\n")[0]):
                assert b" 200 " in said  # the slow one had not been read yet
            assert b" 408 " in slow.recv(500)
    assert b" 200 " in raw(port, whole)


def test_a_stranger_does_not_learn_which_connectors_there_are(port: int) -> None:
    """A name that exists and one that does not are answered alike, byte for byte, whatever is pushed to them."""
    for rest in ("Content-Length: 1001\r\n\r\n", "Content-Length: -1\r\n\r\n", "Content-Length: 5\r\n\r\nx"):
        said = [raw(port, f"POST /in/{name} HTTP/1.1\r\nHost: x\r\n{rest}") for name in ("kanal", "lain")]
        heads = [[line for line in one.split(b"\r\n") if not line.startswith(b"date")] for one in said]
        assert heads[0] == heads[1]


def test_what_nobody_foresaw_says_nothing(port: int, stub: Stub, caplog: pytest.LogCaptureFixture) -> None:
    """A fault of the hub is told by its class; of what was pushed nothing gets into a log or an answer."""
    stub.doors = None  # type: ignore[assignment]
    said = raw(port, "POST /in/3573014101900001?token=rahasia HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhalo!")
    assert b" 503 " in said.partition(b"\r\n")[0]
    told = said.decode() + caplog.text
    assert "TypeError" in caplog.text and not any(one in told for one in ("rahasia", "3573", "halo", "NoneType"))


class Picky:
    """A kind that believes one body."""

    def judge(self, ctx: Any, push: Push) -> None:
        """As a kind does."""
        if push.body != b"right":
            raise Refused("no", code="bad_signature")


def test_strangers_use_up_nobodys_rate(tmp_path: Path, vault: Vault, caplog: pytest.LogCaptureFixture) -> None:
    """However many wrong pushes come, the channel's own are kept; only its own flood is put off; a flood is one line of log."""
    hub: Any = SimpleNamespace(clock=lambda: NOW, vault=vault, store=SimpleNamespace(begin=_down), actor="hub")
    receiver = Receiver(hub=hub, spool=Spool(folder=tmp_path, vault=vault))
    receiver.doors["kanal"] = Door(
        id=uuid4(), name="kanal", region="63.04", sha256="", kind=Picky(), ctx=cast("Any", None), headers=frozenset()
    )
    assert {receiver.take("kanal", {}, {}, b"wrong").status for _ in range(BURST * 2)} == {401}
    own = [receiver.take("kanal", {}, {}, b"right").status for _ in range(3)]
    receiver.buckets["kanal"].level = 1.0
    assert own + [receiver.take("kanal", {}, {}, b"right").status for _ in range(2)] == [200, 200, 200, 200, 429]
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            receiver.count_refused()
    assert receiver.refused == {("kanal", "bad_signature"): BURST * 2}, "counted when the database is back"
    assert len(caplog.records) <= 2


def _down(region: str = "") -> None:
    raise StoreUnavailable("down")
