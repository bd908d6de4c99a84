"""Scenarios of answers that are no page: refusals, other people's pages, and bytes that stop, drip or explode."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime

from sandbox.hostile_play import EITHER, LOUD, WHOLE, Play, Scenario, into
from sandbox.hostile_web import JSON, Answer, altered, answer, head

SCENARIOS: list[Scenario] = []
scenario = into(SCENARIOS)
HTML = b"<!doctype html><title>Pemeliharaan</title><p>Sistem sedang dalam pemeliharaan.</p>"
MIDDLE = 4


def middle(play: Play) -> int:
    """A page in the middle; the only one where there is just one."""
    return 1 if play.portal.shape.style == "none" else MIDDLE


def _once(name: str, made: Callable[[], Answer], promise: str) -> None:
    """A fault that one request meets: the pull may try again, or owe."""

    def act(play: Play) -> Iterator[str]:
        play.portal.spoil(middle(play), made(), times=1)
        yield EITHER
        yield WHOLE

    act.__name__, act.__doc__ = name, promise
    scenario()(act)


def _while(name: str, made: Callable[[], Answer], promise: str, *, pulls: int = 1, patience: float = 20.0) -> None:
    """A fault that lasts for whole pulls, which have to say so."""

    def act(play: Play) -> Iterator[str]:
        play.portal.spoil(middle(play), made())
        for _ in range(pulls):
            yield LOUD
        play.portal.mend()
        yield WHOLE

    act.__name__, act.__doc__ = name, promise
    scenario(patience=patience)(act)


def _bomb() -> Answer:
    block = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(block.compress(bytes(1 << 20)) for _ in range(64)) + block.flush()
    return answer(200, packed, headers={"Content-Encoding": "gzip"})


def _moved(where: str) -> Answer:
    return answer(302, b"", headers={"Location": where})


_once("not_found_once", lambda: answer(404, b"{}"), "404 for one page in the middle is no end of the listing.")
_once(
    "forbidden_once",
    lambda: answer(403, b"{}"),
    "403 for one page, as a firewall gives it, costs one more pull at most.",
)
_once("cut_once", lambda: Answer(pieces=(), hang_up=True), "A connection that is cut once costs nothing.")
_while(
    "html_instead_of_a_page", lambda: answer(200, HTML, "text/html"), "An HTML page with status 200 is no empty page."
)
_while(
    "unavailable",
    lambda: answer(503, b""),
    "503 in the middle is owed while it lasts and read at once when it has passed.",
)
_while(
    "unauthorised",
    lambda: answer(401, b"{}"),
    "A key that expires in the middle is told, and nothing is missed when it works again.",
)
_while(
    "broken_page",
    lambda: answer(500, b"{}"),
    "A page that fails for ever holds nothing else back and stays owed.",
    pulls=2,
)
_while(
    "error_with_status_200",
    lambda: answer(200, b'{"error": "basis data sibuk", "code": 7}'),
    "A JSON error with status 200 is no empty page.",
)
_while(
    "error_beside_null",
    lambda: answer(200, b'{"data": null, "total": null, "message": "gagal"}'),
    "A list that is null in the middle is no empty page.",
)
_while("empty_object", lambda: answer(200, b"{}"), "An empty object is no empty page.")
_while("empty_body", lambda: answer(200, b""), "An empty body is no empty page.")
_while("no_content", lambda: Answer(pieces=(head(204, {}),)), "204 in the middle is no end of the listing.")
_while(
    "wrong_encoding",
    lambda: answer(200, b"{}", headers={"Content-Encoding": "gzip"}),
    "Bytes that are not packed as they say are told.",
)
_while("gzip_bomb", _bomb, "A page of 64 MB packed into 64 kB is stopped before it fills the memory.")
_while(
    "login_redirect",
    lambda: _moved("http://localhost/jebakan/masuk"),
    "A redirect to a login elsewhere is told, and nothing is asked there.",
)
_while(
    "login_page",
    lambda: answer(200, b"<form>", "text/html", {"Set-Cookie": "masuk=0"}),
    "A login page with status 200 is no empty page.",
)
_while("redirect_for_ever", lambda: _moved("#"), "Redirects without end are told.")
_while(
    "slow_drip",
    lambda: Answer(
        pieces=(head(200, {"Content-Type": JSON, "Content-Length": "900"}), *[b" "] * 60), pause=0.05, hang_up=True
    ),
    "A portal that sends a byte now and then holds nobody up for ever.",
    patience=0.4,
)


@scenario("paged", needs=("total",))
def sent_back_to_the_start(play: Play) -> Iterator[str]:
    """A page in the middle that leads back to the first one is neither a loop nor an end."""
    play.portal.spoil(MIDDLE, _moved("?"))
    yield LOUD
    play.portal.mend()
    yield WHOLE


@scenario()
def html_newest_first(play: Play) -> Iterator[str]:
    """The same newest first, with complaints that arrive meanwhile."""
    play.portal.order = "desc"
    play.portal.spoil(middle(play), answer(200, HTML, "text/html"))
    yield LOUD
    for _ in range(5):
        play.portal.add()
    play.portal.mend()
    yield WHOLE


@scenario()
def html_on_the_first_page(play: Play) -> Iterator[str]:
    """A portal that is down for maintenance from the first page on is told."""
    play.portal.spoil(None, answer(200, HTML, "text/html"))
    yield LOUD
    play.portal.mend()
    yield WHOLE


@scenario()
def body_cut_with_its_length_right(play: Play) -> Iterator[str]:
    """A page whose JSON stops in the middle, with a length that says so, is owed."""
    play.portal.spoil(middle(play), lambda page: answer(200, page().pieces[1][:-9]))
    yield LOUD
    play.portal.mend()
    yield WHOLE


@scenario()
def body_cut_on_the_way(play: Play) -> Iterator[str]:
    """A page that is cut before the length it announced is owed."""

    def cut(page: Callable[[], Answer]) -> Answer:
        first, body = page().pieces
        return Answer(pieces=(first, body[: len(body) // 2]), hang_up=True)

    play.portal.spoil(middle(play), cut)
    yield LOUD
    play.portal.mend()
    yield WHOLE


@scenario()
def cut_between_two_rows(play: Play) -> Iterator[str]:
    """A page without a length that is cut at a chunk's border is owed, though what came looks sound."""

    def cut(page: Callable[[], Answer]) -> Answer:
        body = page().pieces[1]
        opening = head(200, {"Content-Type": JSON, "Transfer-Encoding": "chunked"})
        return Answer(pieces=(opening, b"%x\r\n%b\r\n" % (len(body), body)), hang_up=True)

    play.portal.spoil(middle(play), cut)
    yield LOUD
    play.portal.mend()
    yield WHOLE


@scenario()
def packed_page_cut(play: Play) -> Iterator[str]:
    """A gzip stream that ends too early is owed, though its first part can be unpacked."""

    def cut(page: Callable[[], Answer]) -> Answer:
        return answer(200, gzip.compress(page().pieces[1])[:-12], headers={"Content-Encoding": "gzip"})

    play.portal.spoil(middle(play), cut)
    yield LOUD
    play.portal.mend()
    yield WHOLE


@scenario()
def packed_pages(play: Play) -> Iterator[str]:
    """A portal that packs its pages is read like any other."""

    def pack(page: Callable[[], Answer]) -> Answer:
        said = page()
        return altered(said, gzip.compress(said.pieces[1]), {"Content-Encoding": "gzip"})

    play.portal.spoil(None, pack)
    yield WHOLE


@scenario()
def asked_to_wait_a_little(play: Play) -> Iterator[str]:
    """429 with a wait of 2 seconds costs those seconds and nothing else."""
    play.portal.spoil(middle(play), answer(429, b"{}", headers={"Retry-After": "2"}), times=1)
    yield WHOLE


@scenario()
def asked_to_wait_long(play: Play) -> Iterator[str]:
    """429 with a wait of ten minutes ends the pull, owed, instead of sleeping."""
    play.portal.spoil(middle(play), answer(429, b"{}", headers={"Retry-After": "600"}))
    yield LOUD
    play.portal.mend()
    play.wait(timedelta(minutes=10))
    yield WHOLE


@scenario()
def asked_to_wait_until(play: Play) -> Iterator[str]:
    """429 with the date until which to wait is heeded too."""
    until = format_datetime(play.clock.now + timedelta(hours=1))
    play.portal.spoil(middle(play), answer(429, b"{}", headers={"Retry-After": until}))
    yield LOUD
    play.portal.mend()
    play.wait(timedelta(hours=1))
    yield WHOLE
