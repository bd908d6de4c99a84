"""Files over a line that breaks: joined from pieces of one and the same file, or left for later, never mixed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Misconfigured, Refused, Unavailable
from hub.fetching import PATIENCE, _Fetching
from hub.pieces import LATER, Pieces

URL = "https://portal.contoh.go.id/lampiran/1.jpg"
PHOTO = bytes(range(256)) * 1200  # 300 kB


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One answer of the make-believe server."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = URL

    def json(self) -> Any:
        """Nobody asks for it here."""


@dataclass(slots=True)
class Files:
    """A server with one file that cuts every answer longer than `most`; `changed` rewrites what it says."""

    content: bytes = PHOTO
    tag: str = '"v1"'
    most: int = 100_000
    ranges: bool = True
    changed: Callable[[Told], Told] = lambda told: told
    asked: list[Mapping[str, str]] = field(default_factory=list)
    verbatim: set[bool] = field(default_factory=set)

    def send(self, method: str, url: str, *, headers: Mapping[str, str], verbatim: bool = False) -> Told:
        """One request, as connectors.http has it."""
        self.asked.append(headers)
        self.verbatim.add(verbatim)
        told = self.changed(self._told(headers))
        if len(told.body) > self.most:
            raise Unavailable("cut", code="cut")
        return told

    def _told(self, headers: Mapping[str, str]) -> Told:
        fresh = headers.get("If-Range", self.tag) == self.tag
        if not self.ranges or "Range" not in headers or not fresh:
            return Told(body=self.content, headers={"ETag": self.tag})
        first, last = (int(one) for one in headers["Range"].removeprefix("bytes=").split("-"))
        body = self.content[first : last + 1]
        span = f"bytes {first}-{first + len(body) - 1}/{len(self.content)}"
        return Told(status=206, body=body, headers={"ETag": self.tag, "Content-Range": span})


def fetching(files: Any, *, step: timedelta = timedelta(seconds=1)) -> _Fetching:
    """A round whose clock moves by `step` at each look."""
    now = [datetime(2026, 12, 1, tzinfo=UTC)]

    def clock() -> datetime:
        now[0] += step
        return now[0]

    return _Fetching(hub=SimpleNamespace(clock=clock), ctx=SimpleNamespace(http=files), until=now[0] + PATIENCE)  # type: ignore[arg-type]


def test_a_file_that_is_cut_as_a_whole_comes_in_pieces() -> None:
    """A photo that never gets through in one go arrives all the same; the next one is asked in pieces at once."""
    files = Files()
    run = fetching(files)
    assert run.file(URL) == (PHOTO, None)
    assert [bool(one) for one in files.asked[:2]] == [False, True]
    before = len(files.asked)
    assert run.file(URL) == (PHOTO, None)
    assert "Range" in files.asked[before]
    assert files.verbatim == {True}


def test_on_a_good_line_a_file_is_one_request() -> None:
    """Who has no trouble pays nothing for it."""
    files = Files(most=10**9)
    assert fetching(files).file(URL) == (PHOTO, None)
    assert files.asked == [{}]


def test_a_file_that_changes_meanwhile_is_never_mixed() -> None:
    """The portal replaces the photo between two pieces: the whole new one comes, or none."""
    files = Files(most=10**9)

    def replaced(told: Told) -> Told:
        files.tag, files.content = '"v2"', PHOTO[::-1]
        return told

    run = fetching(files)
    run.poor.add("portal.contoh.go.id")
    files.changed = replaced
    assert run.file(URL) == (PHOTO[::-1], None)


@pytest.mark.parametrize(
    "changed",
    [
        lambda told: replace(told, headers={**told.headers, "ETag": 'W/"v1"'}),
        lambda told: replace(told, headers={**told.headers, "ETag": '"${secret:SP4N_TOKEN}"'}),
        lambda told: replace(told, headers={**told.headers, "Content-Range": "bytes 0-9/*"}),
        lambda told: replace(told, headers={**told.headers, "Content-Range": "bytes 5-9/300000"}),
        lambda told: replace(told, headers={**told.headers, "Content-Encoding": "gzip"}),
        lambda told: replace(told, body=told.body[:-1]),
        lambda told: replace(told, body=b""),
        lambda told: replace(told, headers={}),
    ],
)
def test_a_piece_that_does_not_fit_is_left_for_later(changed: Callable[[Told], Told]) -> None:
    """Weak or odd tags, other spans, compressed or short pieces: nothing is joined, and the file stays pending."""
    files = Files(changed=changed)
    run = fetching(files)
    run.poor.add("portal.contoh.go.id")
    assert run.file(URL) == LATER
    assert "secret" not in str(files.asked)


def test_a_server_without_pieces_is_asked_again_later() -> None:
    """It always gives the whole file, which is always cut: the file stays pending, after a bounded number of tries."""
    files = Files(ranges=False)
    assert fetching(files).file(URL) == LATER
    assert len(files.asked) <= 6


def test_a_file_that_is_too_large_is_known_by_its_first_piece() -> None:
    """What says that it has more than 25 MB is not read any further."""
    span = {"ETag": '"v1"', "Content-Range": f"bytes 0-32767/{26 * 1024 * 1024}"}
    files = Files(changed=lambda told: replace(told, body=told.body[:32768], headers=span))
    run = fetching(files)
    run.poor.add("portal.contoh.go.id")
    assert run.file(URL) == (None, "too_large") and len(files.asked) == 1


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (Refused("401", code="http_401"), (None, "http_401")),
        (Misconfigured("bad", code="bad_url"), (None, "bad_url")),
        (Misconfigured("no such range", code="http_416"), LATER),
        (Unavailable("gone", code="http_410"), (None, "http_410")),
        (Unavailable("broken", code="http_500"), LATER),
    ],
)
def test_what_will_not_pass_is_a_reason_and_what_may_is_tried_again(error: Exception, found: Any) -> None:
    """A forbidden or vanished file fails with its code; a broken server keeps it pending, whole or in pieces."""

    class Failing:
        def send(self, *_: object, **__: object) -> Told:
            raise error

    assert fetching(Failing()).file(URL) == found
    run = fetching(Failing())
    run.poor.add("portal.contoh.go.id")
    assert run.file(URL) == found


def test_a_host_that_is_down_and_a_round_that_takes_long_hold_nobody_up() -> None:
    """Two hundred files of a dead server cost three tries, and a slow one two minutes; the rest comes next time."""
    asked = []

    class Dead:
        def send(self, *_: object, **__: object) -> Told:
            asked.append(1)
            raise Unavailable("down", code="connect")

    run = fetching(Dead())
    assert {run.file(f"{URL}?{number}") for number in range(200)} == {LATER}
    assert len(asked) == 3
    slow = fetching(Files(most=10**9), step=timedelta(minutes=1))
    assert [slow.file(URL) != LATER for _ in range(4)] == [True, False, False, False]
    assert fetching(Files()).file("http://[") == (None, "bad_url")


@given(st.binary(max_size=200_000), st.integers(1, 90_000))
def test_whatever_the_file_pieces_give_it_back(content: bytes, most: int) -> None:
    """Joined pieces are the file, byte for byte, or nothing."""
    files = Files(content=content, most=max(most, 40_000))
    pieces = Pieces(most=10**6)
    for _ in range(60):
        try:
            found = pieces.take(files.send("GET", URL, headers=pieces.asked()))
        except Unavailable:
            pieces.cut()
            continue
        if found is not None:
            break
    assert found in ((content, None), LATER) and (found != LATER or not content)
