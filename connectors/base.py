"""What every kind of channel gives and gets: items in pages with evidence, and a context."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

from connectors.known import kind as kind  # noqa: PLC0414  # exported: a kind needs this module and the errors only
from connectors.trust import Tls

Position = Mapping[str, Any]
"""Where to go on inside a channel: JSON, written and read by the kind only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing exactly as the channel gave it.

    `ref` is JSON text (RFC 8785 for strings, decimal digits for integers), or None where the item has no usable one.
    `raw` are the bytes as received; `payload` what was read from them. A payload of None is not readable where `trouble`
    says why, as a code; without trouble nobody has read the bytes yet, and whoever needs it does.
    """

    ref: str | None
    raw: bytes
    payload: Any
    stamp: datetime | None = None
    """When the channel says that the item changed; None where it says nothing readable."""
    created: str | None = None
    """The raw creation stamp as JSON text, compared as received."""
    attachments: Sequence[Attachment] = ()
    trouble: str | None = None
    media: str = "json"
    """json: `raw` is the payload's own JSON; otherwise raw is of that form (mail) and the payload is kept beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came with an item: its bytes, or the address to fetch them from."""

    name: str
    media_type: str
    size: int | None = None
    sha256: str | None = None
    url: str | None = None
    content: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some items and the evidence about where in the listing they stand."""

    items: Sequence[Item]
    end: bool
    """The protocol's own sign that nothing follows; a short page is none."""
    total: int | None = None
    """The portal's own count, where it gives one."""
    next: Position | None = None
    whole: bool = False
    """The whole listing came in this one answer, so nothing can have moved between pages."""
    digest: bytes = b""
    """Of the answer's bytes: an equal one holds the same items. Empty where the kind gives none."""
    tag: str | None = None
    """The portal's own mark of this answer (ETag), to ask for it again only if it changed."""
    known: bool = False
    """An earlier page of this reading came again, byte for byte; `items` is left empty."""
    more: bool = False
    """The protocol itself says that another page follows."""
    uncounted: bool = False
    """On the last page: the portal's total counts everything it has, not what was asked for."""
    beyond: bool = False
    """A page before this one could not be read: its items are taken, but it proves nothing."""
    unchanged: bool = False
    """The portal says that nothing has changed since the last complete reading (304)."""


class Recall(Protocol):
    """What a reading remembers of its earlier passes, so that equal bytes are not taken apart twice."""

    def same(self, digest: bytes) -> Page | None:
        """The page that had these bytes, without its items."""

    def tagged(self, number: int) -> Page | None:
        """Page `number` (from 1) of the last pass, if its tag can be relied on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What to read: items changed in [since, until]; `since` None is from the beginning; `after` is the kind's own mark."""

    since: datetime | None
    until: datetime
    after: Position = field(default_factory=dict)
    past: Position = field(default_factory=dict)
    """The mark of the last complete reading, also where all is read again; it may never narrow what is asked."""
    asked: bool = False
    """A person asked for this range, so it is asked of the channel as it stands."""


class Answer(Protocol):
    """One HTTP answer, its body read within the size limit."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Header fields; names in any case."""

    @property
    def body(self) -> bytes:
        """The decoded body."""

    @property
    def url(self) -> str:
        """Where it came from."""

    def json(self) -> Any:
        """The body as JSON; raises Unavailable where it is none."""


class Http(Protocol):
    """HTTP over the checked dialler; secrets never show in an error."""

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        verbatim: bool = False,
        beyond: Collection[str] = (),
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Raises Unavailable (network, 429, 5xx), Refused (401, 403) or Misconfigured (other 4xx, bad address).

        `verbatim`: somebody else wrote the address, so it is never searched for references to secrets. `beyond`: hosts,
        with their sub-domains, to which a redirect may lead; our headers do not go there. `form`: a body as HTML forms have it.
        """

    def abandon(self) -> None:
        """From another thread: end the request that is under way; nobody waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One request that somebody sent us, as it came."""

    number: int
    """Its place in the connector's inbox, from 1, in the order in which it can be read; 0 before it has one."""
    at: datetime
    """When it came."""
    headers: Mapping[str, str]
    """Names in lower case; only those that a kind may need."""
    query: Mapping[str, str]
    body: bytes


INBOX = "inbox"
"""The host for which a secret is resolved that never leaves: it only judges what is pushed to us."""


class Inbox(Protocol):
    """The pushes of one connector that are kept."""

    def pushes(self, after: int, limit: int) -> Sequence[Push]:
        """
        Those behind number `after` in order, at most `limit`; none only where there is none.

        MUST never later give one in front of any that it gave.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """All that a kind may use of the world: HTTP, sockets, secrets and the time."""

    http: Http
    dial: Callable[..., Any]
    """dial(host, port, timeout=30.0) -> connected socket, address checked."""
    secret: Callable[[str, str], str]
    """secret(text, host) -> the text with its ${secret:NAME} references resolved for that host."""
    clock: Callable[[], datetime]
    tls: Tls = ssl.create_default_context
    """Makes the TLS context of a dialled socket; see connectors.trust."""
    another: Callable[[], Http] | None = None
    """Makes one more HTTP client, for another thread."""
    parse_mail: Callable[[bytes], Any] | None = None
    """Reads one message in a limited child process; see connectors.kinds.imap."""
    inbox: Inbox | None = None
    """What was pushed to this connector, for kinds that receive."""
    roots: Sequence[Path] = ()
    """Folders of the operator's machine below which kinds may read; the first one is the hub's own."""


class Lists(Protocol):
    """A kind that lists. MUST yield pages in a stable order within one pass and never hide a failure as an empty page."""

    @property
    def once(self) -> bool:
        """True where the channel numbers each thing itself and lists it once, so that items are counted, not refs."""

    @property
    def moving(self) -> bool:
        """True where rows can move between pages while we read, so that only a second pass that agrees is proof."""

    def pages(
        self, ctx: Context, window: Window, start: Position | None = None, recall: Recall | None = None
    ) -> Iterator[Page]:
        """One pass over the window; after a failure the caller may go on from the `next` of the last page."""

    def mark(self, pages: Sequence[Page], before: Position) -> Position:
        """The kind's own mark after a complete pass (a since-id, a UID); {} for kinds that go by time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer on its way to one reporter, in plain text."""

    ref: Any
    """The item's ref as the channel knows it (decoded JSON)."""
    text: str
    status: str
    """The channel's own word for the status, already mapped by the manifest; "" where it has none."""
    message_id: str
    """Deterministic id for doors that carry one (e-mail)."""
    payload: Mapping[str, Any]
    """The item that is answered, for address, subject and thread."""
    date: str = ""
    """When it is sent, as people there write it."""
    number: int = 1
    """The how-manieth message to this reporter it is."""
    asks: bool = False
    """It tells nothing and asks for what is missing."""
    answers: bool = True
    """An agency's words are in it, or the end of the complaint; otherwise only where it stands."""
    heard: datetime | None = None
    """When this reporter last wrote to this door, as far as the hub knows; doors that close some time after that need it."""


class Replies(Protocol):
    """A kind that can answer. MUST be safe to repeat only where `repeatable` is True."""

    repeatable: bool
    gathers: bool
    """True where all that is due for one reporter leaves as one message; False where each piece of news has its own call."""

    def reply(self, ctx: Context, reply: Reply) -> str | None:
        """
        Hand it over; returning means that the door has taken it. Raises ChannelError.

        What is returned is the door's own number of it, by which it names it where somebody answers; None: it gives none.
        """


class Receives(Protocol):
    """A kind to which a channel pushes; it lists what was kept like any other kind (see connectors.pushes)."""

    def judge(self, ctx: Context, push: Push) -> None:
        """Before anything is kept. Raises Refused where signature, secret or time are wrong; MUST NOT read the content else."""

    def greet(self, ctx: Context, query: Mapping[str, str]) -> str | None:
        """What to answer where a channel asks whether we are who it thinks (a verification handshake); None: refuse."""


class Confirms(Protocol):
    """A kind that lists and whose channel forgets what was listed as soon as the next page is asked for."""

    confirms: bool
    """True: each page is committed before the next one is asked for."""


class Fetches(Protocol):
    """A kind whose attachments have addresses of its own making, behind which a file is found in more than one step."""

    def fetch(self, ctx: Context, url: str, headers: Mapping[str, str]) -> Answer:
        """The file, or the piece of it that `headers` ask for. Raises ChannelError as Http.send does."""


class Says(Protocol):
    """What a kind may say of its door, by class attributes; one that it leaves out is False."""

    overlaps: ClassVar[bool]
    """A page may rightly show what an earlier one showed (files that overlap, pushes that came twice); else that is no proof."""
    public: ClassVar[bool]
    """Everybody reads what is answered: a pointer goes there, and nothing at all about a hidden complaint."""
    private: ClassVar[bool]
    """What is answered reaches the reporter, and whoever runs the channel neither keeps nor shows it."""
    keeps: ClassVar[bool]
    """The channel has the complaint itself: that it was received is told only where it has a word for that."""
    closes: ClassVar[bool]
    """The door is open only for a while after its reporter's last word (Reply.heard)."""
    chats: ClassVar[bool]
    """People begin with a greeting and go on when they are asked."""
    loose: ClassVar[bool]
    """Texts come with mentions, hashtags, signs and the mark of a telephone; those of chats do so as well."""


class Described(Protocol):
    """What a kind says about itself, so that nothing but its own file knows its keys."""

    OPTIONS: ClassVar[Mapping[str, Any]]
    """JSON Schema of `with`; look_back, sweep, ignore and created are allowed beside. Words of the manifest's schema by $ref."""
    REPLY: ClassVar[Mapping[str, Any] | None]
    """JSON Schema of the manifest's `reply`; None: this door cannot answer."""
    NEEDS: ClassVar[Mapping[str, Sequence[str]]]
    """What a person has to have ready, one line each, in `id` and in `en`."""
    SAME: ClassVar[Sequence[str]]
    """Keys of `with` that make two manifests one channel; none: only the name does."""

    # PORTS: ClassVar[frozenset[int]], where there are any: ports of public hosts that `dial` may use for this kind besides
    # those of mail.
