"""Graph's listings in listings (comments under posts, messages in conversations), read page by page and gone on with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from connectors import graph, talks
from connectors.base import Context, Item, Page, Position
from connectors.errors import Misconfigured, Unavailable
from connectors.talks import rows, table, words

_DATES: Final = "id,created_time,timestamp,updated_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """One listing, and what hangs under each of its rows."""

    outer: str
    inner: str
    params: Mapping[str, Any]
    """Of the inner listing."""
    read: Callable[[Any, str], Sequence[Item]]
    """read(row, parent's id) -> its items."""


def pages(
    ctx: Context, base: str, token: str, lists: Sequence[Nested], since: datetime, here: Position
) -> Iterator[Page]:
    """All of it, down to outer rows older than `since`; `here` is the position of the last page of an earlier try."""
    for number, one in enumerate(lists):
        if number < int(here.get("list", 0)):
            continue
        cursor, resumed = (words(here.get("outer")), here) if number == here.get("list") else ("", {})
        while True:
            found, following = _rows(ctx, f"{base}/{one.outer}", token, {"fields": _DATES}, cursor)
            parents = [words(row.get("id")) for row in map(table, found) if not _older(row, since)]
            for items, parent, after in _inside(ctx, base, token, one, parents, resumed):
                place = {"list": number, "outer": cursor, "parent": parent, "inner": after}
                yield Page(items=items, end=False, more=True, next=place)
            if not following or (found and not parents):
                break
            cursor, resumed = following, {}
    yield Page(items=(), end=True, next={})


def _inside(
    ctx: Context, base: str, token: str, one: Nested, parents: Sequence[str], resumed: Position
) -> Iterator[tuple[list[Item], str, str]]:
    """Items, parent and the cursor behind them; what was read to its end before is left out."""
    last, cursor = words(resumed.get("parent")), words(resumed.get("inner"))
    if last in parents:
        parents = parents[parents.index(last) + (0 if cursor else 1) :]
    for parent in parents:
        after = cursor if parent == last else ""
        while True:
            found, after = _rows(ctx, f"{base}/{graph.path(parent)}/{one.inner}", token, one.params, after)
            yield [item for row in found for item in _read(one, row, parent)], parent, after
            if not after:
                break


def _read(one: Nested, row: Any, parent: str) -> Sequence[Item]:
    return one.read(row, parent) if isinstance(row, dict) else [talks.strange(row)]


def _rows(ctx: Context, url: str, token: str, params: Mapping[str, Any], after: str) -> tuple[Sequence[Any], str]:
    """The rows of one answer and the cursor behind it; "" at the end, which is an answer without `paging.next`."""
    try:
        answer = graph.call(ctx, "GET", url, token, params={**params, **({"after": after} if after else {})})
    except Misconfigured:
        if after:
            raise Unavailable("Graph has forgotten where we were.", code="cursor_expired") from None
        raise
    if not isinstance(answer.get("data"), list):
        raise Unavailable("Graph gave no list.", code="not_a_list")
    paging = table(answer.get("paging"))
    following = words(table(paging.get("cursors")).get("after")) if paging.get("next") else ""
    if paging.get("next") and (not following or following == after):
        raise Unavailable("The pages of the listing turn in a circle.", code="loop")
    return rows(answer["data"]), following


def _older(row: Mapping[str, Any], since: datetime) -> bool:
    """A post or conversation in which nothing is looked for any more; listings give the newest first."""
    at = talks.moment(row.get("updated_time") or row.get("created_time") or row.get("timestamp"))
    return at is not None and at < since
