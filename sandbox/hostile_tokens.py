"""Scenarios of listings that name their next page by a token or a link, and of what such names can do wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sandbox.hostile_play import EITHER, LOUD, WHOLE, Play, Scenario, into
from sandbox.hostile_web import answer

SCENARIOS: list[Scenario] = []
scenario = into(SCENARIOS)


@scenario("cursor")
def empty_page_with_a_next_one(play: Play) -> Iterator[str]:
    """A page without rows that names a next one is no end."""
    portal = play.portal

    def hollow(page: object) -> object:
        rows = sorted(portal.rows, key=lambda row: (row.stamp, row.number))
        token = portal._token(rows[3 * portal.size - 1], 3 * portal.size)
        return answer(200, portal.shape.envelope(b"", len(rows), token))

    portal.spoil(4, hollow, times=1)
    yield WHOLE


def _end(name: str, what: object, promise: str) -> None:
    def act(play: Play) -> Iterator[str]:
        play.portal.end = what
        yield WHOLE

    act.__name__, act.__doc__ = name, promise
    scenario("cursor")(act)


_end("next_is_null_at_the_end", None, "A next token that is null ends the listing.")
_end("next_is_empty_at_the_end", "", "A next token that is an empty text ends the listing.")


def _style(style: str) -> None:
    @scenario(style)
    def last_page_names_an_empty_one(play: Play) -> Iterator[str]:
        """A last page that still names a next one, which is empty, is no loop."""
        play.portal.trailing = True
        yield WHOLE

    @scenario(style)
    def token_repeats_itself(play: Play) -> Iterator[str]:
        """A token that leads back to where it came from ends in an owed interval, not in reading for ever."""
        play.portal.loop = True
        yield LOUD
        play.portal.loop = False
        play.portal.expire()
        yield WHOLE

    @scenario(style)
    def token_expires_on_the_way(play: Play) -> Iterator[str]:
        """410 in the middle because the token is too old costs a new start at most."""
        play.portal.during(4, play.portal.expire)
        yield EITHER
        yield WHOLE

    @scenario(style)
    def token_refused_on_the_way(play: Play) -> Iterator[str]:
        """400 in the middle because the token is too old costs a new start at most."""
        play.portal.gone = 400
        play.portal.during(4, play.portal.expire)
        yield EITHER
        yield WHOLE

    @scenario(style)
    def token_expires_between_pulls(play: Play) -> Iterator[str]:
        """A pull that broke off at page 5 is ended by the next, also where its token is worth nothing by then."""
        play.portal.spoil(5, answer(503, b""))
        yield LOUD
        play.portal.mend()
        play.portal.expire()
        play.wait(timedelta(hours=2))
        yield WHOLE


_style("cursor")
_style("link")


@scenario("link")
def link_to_another_host(play: Play) -> Iterator[str]:
    """A next page on another host is refused, nothing is asked there, and no secret is sent."""
    portal = play.portal
    own = portal.link_url
    portal.link_url = lambda url: url.replace("127.0.0.1", "localhost").replace(portal.url.split("/")[3], "jebakan")
    yield LOUD
    portal.link_url = own
    yield WHOLE


@scenario("link")
def links_without_a_host(play: Play) -> Iterator[str]:
    """A next page that is named by path and query alone is found."""
    play.portal.link_url = lambda url: "/" + url.split("/", 3)[3]
    yield WHOLE


@scenario("link")
def links_with_a_query_alone(play: Play) -> Iterator[str]:
    """A next page that is named by its query alone is found."""
    play.portal.link_url = lambda url: "?" + url.split("?")[1]
    yield WHOLE


@scenario("link", "header")
def links_of_several_sorts(play: Play) -> Iterator[str]:
    """Of several links, in one field or in many, only the one called next is followed, however it is written."""
    first = '<{0}&salah=1>; rel="prev"; title="a, b; rel=next"'
    second = '<{0}>; title="c"; rel="last next", <{0}&salah=2>; rel=first'
    play.portal.link = lambda url: {"Link": f"{first}\n{second}".format(url)}
    yield WHOLE
