"""Whatever answers us is no new complaint: it joins the complaint that it is about, as a reply or as its completion."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hub.answers import own_message_id
from hub.completing import has_words
from hub.judging import reporter_tokens
from hub.normalise import Normalised, own_refs, said_at
from hub.privacy import Vault
from hub.quoting import is_thanks, own_words, quoted_refs
from hub.store import threads
from hub.store.items import Stored
from hub.store.threads import Standing
from hub.store.work import Work

DIRECT: Final = ("before", "message", "quoted", "post", "thread", "chat")
"""Ways of answering that only an answer has; a bare [Ref …] may also be our own complaint that came back."""
_MERE: Final = ("thanks", "signs")
_LIVING: Final = ("waiting", "accepted", "withheld_repeat", "held", "quarantined")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What in one item may point at something of ours, before anybody has looked it up."""

    messages: tuple[str, ...] = ()
    """Message-IDs of this hub, in the order in which they count."""
    quoted: tuple[UUID, ...] = ()
    """Complaints named in a message of ours that the item quotes."""
    posts: tuple[str, ...] = ()
    """The post that this one answers, then the one that began the conversation."""
    refs: tuple[UUID, ...] = ()
    """Complaints named by [Ref …] anywhere."""
    chat: bool = False
    """It names nothing, but stands in a conversation of one person with us; `thanks`: and says no more than thank you."""
    thanks: bool = False
    before: UUID | None = None
    """The complaint that an earlier version of the item has joined: it stays there, whatever can be found today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """The complaint that an item is about, and how that is known."""

    way: str
    """before | message | quoted | post | thread | chat | reference (by the same reporter) | re_report (by somebody else)"""
    to: Standing
    other_sender: bool = False
    """It comes from another address or account than the reporter's."""

    @property
    def joins(self) -> bool:
        """It is no complaint of its own."""
        return self.way != "re_report"

    @property
    def at_once(self) -> bool:
        """It joins whatever else it looks like."""
        return self.way in DIRECT


def signs(hub_id: UUID, payload: Any, text: str) -> Signs | None:
    """
    What points at us in one item of whatever kind; None for nearly all of them. `text` is its whole text.

    In-Reply-To counts before References, of these the youngest first. What a machine sends (`auto`) is no answer.
    """
    if not isinstance(payload, Mapping) or payload.get("auto"):
        return None
    messages = own_ids(hub_id, payload) if payload.get("in_reply_to") or payload.get("references") else ()
    posts = _answered_posts(payload) if payload.get("referenced_tweets") else _answered_number(payload)
    refs = own_refs(text) if "[" in text else ()
    if not (messages or posts or refs):
        return Signs(chat=True, thanks=_only_thanks(own_words(text))) if payload.get("chat") is True else None
    quoted = quoted_refs(text) if refs else ()
    return Signs(messages=messages, posts=posts, refs=tuple(map(UUID, refs)), quoted=tuple(map(UUID, quoted)))


def _only_thanks(words: str) -> bool:
    return is_thanks(words) or (bool(words) and not has_words(words))


def own_ids(hub_id: UUID, payload: Mapping[str, Any]) -> tuple[str, ...]:
    """The Message-IDs of this hub that a mail says it answers; they come from keyed hashes, so nobody can guess one."""
    return tuple(dict.fromkeys(own for named in _named(payload) if (own := own_message_id(hub_id, named))))


def _named(payload: Mapping[str, Any]) -> Iterator[Any]:
    yield payload.get("in_reply_to")
    references = payload.get("references")
    yield from reversed(references if isinstance(references, list) else [])


def _answered_posts(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """X API v2: what is replied to, then the root of the conversation."""
    referenced = payload.get("referenced_tweets")
    near = [
        one.get("id")
        for one in (referenced if isinstance(referenced, list) else [])
        if isinstance(one, Mapping) and one.get("type") == "replied_to"
    ]
    ids = (*near, payload.get("conversation_id")) if near else ()
    return tuple(dict.fromkeys(one for one in ids if isinstance(one, str) and one.isdecimal() and one.isascii()))


def _answered_number(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """The door's own number of the message that this one answers, as a kind gives it (WhatsApp, Telegram, comments)."""
    number = payload.get("in_reply_to_number")
    return (number,) if isinstance(number, str) and number else ()


# looking up --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the store knows of the signs of one batch."""

    signs: Mapping[int, Signs] = field(default_factory=dict)
    """By item."""
    messages: Mapping[str, UUID] = field(default_factory=dict)
    """Our Message-IDs and our posts -> the complaint that they told about."""
    posts: Mapping[str, UUID] = field(default_factory=dict)
    """Posts that came in -> the complaint that each is."""
    chats: Mapping[int, UUID] = field(default_factory=dict)
    """Items in a conversation -> the complaint that its person was last told of, where the item belongs to it."""
    standing: Mapping[UUID, Standing] = field(default_factory=dict)


NOTHING: Final = Found()


def look_up(
    work: Work,
    vault: Vault,
    hub_id: UUID,
    connector: UUID,
    batch: Sequence[tuple[Stored, Normalised]],
    before: Mapping[UUID, UUID],
    channel: str = "",
) -> Found:
    """
    What this batch answers: no statement where nothing in it points at us, else two and those that follow the threads.

    `before`: what earlier versions of complaints of the batch have joined.
    """
    pointing = {item.id: own for item, result in batch if (own := signs(hub_id, item.payload, text_of(result)))}
    for item, _ in batch:
        if joined := before.get(item.complaint):
            pointing[item.id] = replace(pointing.get(item.id, Signs()), before=joined)
    if not pointing:
        return NOTHING
    ids = {one for own in pointing.values() for one in own.messages}
    posts = {one for own in pointing.values() for one in own.posts}
    messages = threads.answered(work, ids, connector, posts) if ids or posts else {}
    by_mark = {vault.mac("ref", json.dumps(post).encode()): post for post in posts - messages.keys()}
    came_in = threads.items(work, connector, by_mark) if by_mark else {}
    chats = _chats(work, vault, connector, channel, [one for one in batch if _talks(pointing.get(one[0].id))], pointing)
    named = {ref for own in pointing.values() for ref in own.refs} | set(before.values())
    return Found(
        signs=pointing,
        messages=messages,
        posts={by_mark[mark]: complaint for mark, complaint in came_in.items()},
        chats=chats,
        standing=threads.standing(work, {*messages.values(), *came_in.values(), *chats.values(), *named}),
    )


def _talks(own: Signs | None) -> bool:
    return own is not None and own.chat and own.before is None


def _chats(
    work: Work,
    vault: Vault,
    connector: UUID,
    channel: str,
    batch: Sequence[tuple[Stored, Normalised]],
    pointing: Mapping[int, Signs],
) -> dict[int, UUID]:
    """Thanks belong to what their person was last told of, and so does whatever follows a question of ours."""
    tokens = {item.id: tokens_of(vault, channel, result) for item, result in batch}
    wanted = {token for own in tokens.values() for token in own}
    told = threads.last_told(work, connector, wanted) if wanted else {}
    found: dict[int, UUID] = {}
    for number, own in tokens.items():
        last = max((told[token] for token in own if token in told), key=lambda one: one.at, default=None)
        if last and (last.asked or pointing[number].thanks):
            found[number] = last.complaint
    return found


def parents_first(batch: Sequence[Stored], found: Found) -> list[Stored]:
    """The batch with every answer behind the posts of the same batch that it answers: a listing gives the newest first."""
    if not found.posts:
        return list(batch)
    late = {item.id: number for number, item in enumerate(batch) if (own := found.signs.get(item.id)) and own.posts}
    behind = sorted((item for item in batch if item.id in late), key=lambda item: (len(item.ref), item.ref))
    return [*(item for item in batch if item.id not in late), *behind]


def text_of(result: Normalised) -> str:
    """The whole text of an item, also of one that is no complaint."""
    return str((result.draft or {}).get("body") or "")


# deciding ----------------------------------------------------------------------------------------------------------


def answering(
    found: Found,
    item: Stored,
    tokens: frozenset[bytes],
    batch: Mapping[UUID, Standing],
    *,
    marked: bool = False,
) -> Answering | None:
    """
    What an item is about, the surest sign first; None where it is about nothing of ours.

    `tokens` are the keyed hashes of its sender, `batch` what has been decided in this batch, `marked` says that a post
    bears the sign by which the manifest knows complaints. Whoever has our mail may answer it, from whatever address. A
    public post of ours, or the number of a complaint, anybody can name: what somebody else says about it is sent as a
    complaint of his own (re_report) if it can be one.
    """
    own = found.signs.get(item.id)
    if own is None:
        return None
    standing = {**found.standing, **batch}
    for way, complaint in _ways(found, own, item.id):
        to = _head(standing, complaint)
        if to is None or complaint == item.complaint:
            continue
        known_by = to.tokens | standing[complaint].tokens
        same = bool(tokens & known_by)
        if way == "thread" and not same:
            continue
        if not same and (way == "reference" or (way == "post" and marked)):
            way = "re_report"
        return Answering(way=way, to=to, other_sender=bool(tokens and known_by and not same))
    return None


def _ways(found: Found, own: Signs, item: int) -> Iterator[tuple[str, UUID]]:
    if own.before:
        yield "before", own.before
    if item in found.chats:
        yield "chat", found.chats[item]
    yield from (("message", found.messages[one]) for one in own.messages if one in found.messages)
    yield from (("quoted", one) for one in own.quoted)
    yield from (("post", found.messages[one]) for one in own.posts if one in found.messages)
    yield from (("thread", found.posts[one]) for one in own.posts if one in found.posts)
    yield from (("reference", one) for one in own.refs)


def _head(standing: Mapping[UUID, Standing], complaint: UUID) -> Standing | None:
    """The complaint that all of it is about; None for what we never had, or turned away."""
    seen: set[UUID] = set()
    while (one := standing.get(complaint)) and complaint not in seen:
        seen.add(complaint)
        if one.behind and (one.state == "withheld_repeat" or one.reason == "joined"):
            complaint = one.behind
            continue
        return one if one.state in _LIVING else None
    return None


def tokens_of(vault: Vault, channel: str, result: Normalised) -> frozenset[bytes]:
    """Keyed hashes of who sent an item, as those of a reporter."""
    reporter = (result.draft or {}).get("reporter")
    return frozenset(reporter_tokens(vault, {"channel": channel, "reporter": reporter}).values())


# what is said ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a joining item says itself, and why it goes no further, if so."""

    text: str
    kept: str | None
    """thanks | signs | empty: nothing that the registry should hear; None: it goes on."""


def words_of(result: Normalised) -> Words:
    """The sender's own words, without what he quotes."""
    draft = result.draft or {}
    text = own_words(text_of(result))
    if not text:
        return Words(text="", kept=None if draft.get("attachments") else "empty")
    reporter = draft.get("reporter") or {}
    if draft.get("attachments"):
        return Words(text=text, kept=None)
    if is_thanks(text, str(reporter.get("name") or "")):
        return Words(text=text, kept="thanks")
    return Words(text=text, kept=None if has_words(text) else "signs")


def only_thanks(payload: Any, result: Normalised) -> bool:
    """Thanks in a conversation, in words or signs: no complaint, also where nobody was ever told anything."""
    talks = isinstance(payload, Mapping) and payload.get("chat") is True
    return talks and words_of(result).kept in _MERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """One item that joins a complaint."""

    item: Stored
    result: Normalised
    answers: Answering
    words: Words

    @property
    def at(self) -> datetime:
        """When it was said; when it was received, where the channel does not say."""
        return said_at(self.result, self.item.received_at)

    @property
    def completes(self) -> bool:
        """What it answers waits in quarantine, and it says more than thank you."""
        return self.answers.to.state == "quarantined" and self.words.kept is None
