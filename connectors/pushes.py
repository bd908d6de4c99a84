"""What was pushed to us, listed: the inbox of a connector read to its end, so that a receiving kind has the same proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from connectors.base import Context, Item, Page, Position, Push, Window
from connectors.errors import Misconfigured

AT_ONCE = 100
"""Pushes a page."""
Taken = Callable[[Push], Sequence[Item]]
"""The items that one push holds; a push that cannot be read is one item with a trouble, never none."""


def pages(ctx: Context, window: Window, start: Position | None, taken: Taken) -> Iterator[Page]:
    """The pushes behind the mark in the order in which they can be read; the end is an inbox that has no more.

    A full re-read (a sweep) begins behind the mark of the last complete reading too: what was pushed stays as it was.
    """
    if ctx.inbox is None:
        raise Misconfigured("This process keeps no inbox, so what was pushed cannot be read.", code="no_inbox")
    after = int((start or window.after or window.past).get("after", 0))
    while True:
        found = ctx.inbox.pushes(after, AT_ONCE)
        after = found[-1].number if found else after
        end = not found
        yield Page(items=[item for push in found for item in taken(push)], end=end, next={"after": after})
        if end:
            return


def mark(pages: Sequence[Page], before: Position) -> Position:
    """How far the inbox has been read."""
    after = int((pages[-1].next or {}).get("after", 0)) if pages else 0
    return {"after": max(after, int(before.get("after", 0)))}
