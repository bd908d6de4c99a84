"""One complaint in five messages: which messages of one sender belong together, whoever reads them and whenever."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from connectors import dates, pushes, talks
from connectors.base import Context, Item, Page, Position, Push
from connectors.base import Window as Asked
from connectors.errors import Misconfigured

SESSION: Final[Mapping[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["quiet", "most"],
    "properties": {key: {"$ref": "urn:satupintu:schema:manifest:1#/$defs/duration"} for key in ("quiet", "most")},
}
"""Schema of a chat's `session`."""
REMEMBERED: Final = 500
"""Messages whose redelivery is known for one, beside those that are still in the inbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message as it was pushed."""

    number: int
    """Of its push."""
    mark: str
    """Stands for the message itself: equal for one that was delivered twice."""
    at: datetime
    """When it came."""
    by: str
    """Who wrote it; "" for what nobody can tell, which stands alone."""
    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A session ends when its sender has been quiet for so long, or when it has lasted for so long."""

    quiet: timedelta
    most: timedelta

    def holds(self, first: datetime, last: datetime, at: datetime) -> bool:
        """Whether what comes at `at` belongs to a session that began at `first` and was last heard of at `last`."""
        return at <= last + self.quiet and at <= first + self.most


def settled(said: Sequence[Said], window: Window, until: datetime) -> tuple[list[Sequence[Said]], list[Said]]:
    """
    The sessions to which nothing can be added any more, in the order of their first messages, and the messages left over.

    `said` is in the order of arrival; nothing that came before `until` is still to be seen. What belongs together depends
    only on when messages came, so it is the same for every reader, however much it was given at once.
    """
    ended: list[list[Said]] = []
    talking: dict[str, list[Said]] = {}
    last: dict[str, datetime] = {}
    for one in said:
        before = talking.get(one.by) if one.by else None
        if before and window.holds(before[0].at, last[one.by], one.at):
            before.append(one)
            last[one.by] = max(last[one.by], one.at)  # what waited on disk comes later than it was sent
            continue
        if before:
            ended.append(before)
        if one.by:
            talking[one.by], last[one.by] = [one], one.at
        else:
            ended.append([one])
    left: list[Said] = []
    for who, group in talking.items():
        if window.holds(group[0].at, last[who], until):
            left += group
        else:
            ended.append(group)
    order = {id(one): place for place, one in enumerate(said)}
    return sorted(ended, key=lambda group: order[id(group[0])]), sorted(left, key=lambda one: order[id(one)])


def apart(said: Iterable[Said], done: set[str]) -> Iterator[Said]:
    """Each message once; those that were told of already, and those that were delivered again, are left out."""
    for one in said:
        if one.mark not in done:
            done.add(one.mark)
            yield one


def pages(ctx: Context, here: Position, window: Window, said: Callable[[Push], Sequence[Said]]) -> Iterator[Page]:
    """
    The ended sessions of an inbox, each one item; position {after, done}.

    `after` stands in front of the oldest message that still waits for others; `done` names what behind it is an item
    already. So a session is the same whoever reads it and wherever he was stopped.
    """
    if ctx.inbox is None:
        raise Misconfigured("This process keeps no inbox, so what was pushed cannot be read.", code="no_inbox")
    read, done = int(here.get("after", 0)), [str(one) for one in here.get("done", ())]
    known, waiting = {one.partition(":")[2] for one in done}, list[Said]()
    while True:
        found = ctx.inbox.pushes(read, pushes.AT_ONCE)
        read = found[-1].number if found else read
        waiting += apart((one for push in found for one in said(push)), known)
        ended, waiting = settled(waiting, window, found[-1].at if found else ctx.clock())
        after = waiting[0].number - 1 if waiting else read
        done = _kept([*done, *(f"{one.number}:{one.mark}" for group in ended for one in group)], after)
        yield Page(items=[together(group) for group in ended], end=not found, next={"after": after, "done": done})
        if not found:
            return


def together(group: Sequence[Said]) -> Item:
    """One session as one item: the first message with the words and files of all."""
    first = group[0].item
    if len(group) == 1:
        return first
    files = [file for one in group for file in one.item.attachments]
    told = [one.item.payload for one in group]
    payload = {
        **first.payload,
        "said": "\n".join(one["said"] for one in told if one["said"]),
        "place": next((one["place"] for one in told if one["place"]), None),
        "attachments": talks.told(files),
        "messages": [message for one in told for message in one.get("messages", [one.get("message")])],
    }
    return replace(first, payload=payload, raw=talks.written(payload), attachments=files)


def chats(
    ctx: Context, asked: Asked, start: Position | None, session: Mapping[str, Any], taken: pushes.Taken
) -> Iterator[Page]:
    """What was pushed from a chat: each message is an item, or all that one person says in a `session` where there is one.

    What answers a message, a correction, and what everybody reads stand alone.
    """
    if not session:
        yield from pushes.pages(ctx, asked, start, taken)
        return
    window = Window(quiet=dates.duration(str(session["quiet"])), most=dates.duration(str(session["most"])))
    here = start or asked.after or asked.past
    yield from pages(ctx, here, window, lambda push: [_in_chat(push, item) for item in taken(push)])


def behind(pages: Sequence[Page], before: Position) -> Position:
    """The mark after a complete reading of a chat: how far, and what behind that is an item already."""
    last = pages[-1].next if pages else None
    return dict(last) if last and int(last.get("after", 0)) >= int(before.get("after", 0)) else dict(before)


def _in_chat(push: Push, item: Item) -> Said:
    payload = talks.table(item.payload)
    joins = payload.get("chat") is True and not payload.get("in_reply_to_number") and not payload.get("edit")
    by = talks.words(talks.table(payload.get("sender")).get("id")) if joins else ""
    digest = hashlib.blake2b(item.raw, digest_size=9).hexdigest()  # a correction has the ref of what it corrects
    return Said(number=push.number, mark=digest, at=push.at, by=by, item=item)


def alone(push: Push, item: Item) -> Said:
    """What belongs to nobody's session."""
    return Said(number=push.number, mark=mark(item), at=push.at, by="", item=item)


def mark(item: Item) -> str:
    """Stands for a message: for its ref, or for its bytes where it has none."""
    text = item.raw if item.ref is None else item.ref.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=9).hexdigest()


def _kept(done: Sequence[str], after: int) -> list[str]:
    """All that stand behind `after`, where the inbox is read again; of the others some, for what is delivered twice."""
    last = len(done) - REMEMBERED
    return [one for place, one in enumerate(done) if place >= last or int(one.partition(":")[0]) > after]
