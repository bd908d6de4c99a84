"""What the spine asks of a registry; another registry is one file that answers these questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from hub.model import Change, Receipt

if TYPE_CHECKING:
    from hub.routing import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One attachment on its way."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What goes to the registry after the complaint itself; `text` carries the marker [Ref <id>] already."""

    id: str
    """UUID of the row in follow_ups."""
    text: str
    status: str | None = None
    """The hub's word, where a region's app says where the complaint stands."""
    by: str | None = None
    """agency | reporter"""
    institution_id: int | None = None
    """The registry's number of the institution that has the complaint."""
    is_secret: bool = False
    files: Sequence[File] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One complaint in a registry's own listing; `reference` is ours, where its text or a field carries one."""

    registry_id: str
    reference: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a registry holds one complaint; None: it does not say."""

    found: bool
    institution: str | None = None
    """Its number of the institution that has the complaint."""
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Master:
    """One row of a registry's own lists: an institution, a template, a category."""

    what: str
    foreign_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Numbers about which a registry has something new, and the position behind them."""

    registry_ids: Sequence[str]
    position: str


class Registry(Protocol):
    """A registry's client. MUST never repeat a create by itself, and MUST say `unknown` only when bytes were sent."""

    def upload(self, files: Sequence[File]) -> Receipt:
        """Upload attachments; done means one id a file in `file_ids`. May be repeated."""

    def create(self, complaint: Mapping[str, Any], target: Target, file_ids: Sequence[str]) -> Receipt:
        """File the complaint (schemas/complaint document, marker [Ref <id>] in its text); done means an id."""

    def route(self, registry_id: str, target: Target) -> Receipt:
        """Pass it to the target institution. May be repeated."""

    def alive(self) -> bool:
        """A harmless GET succeeds; the open breaker probes with it."""

    def changes(self, registry_id: str) -> Iterator[Change]:
        """Everything that the registry reports about one complaint, oldest first; raises ChannelError, at its end as well."""


@runtime_checkable
class TakesFollowUps(Protocol):
    """A registry that takes what a region or a reporter adds later."""

    def follow_up(self, registry_id: str, note: FollowUp) -> Receipt:
        """One try, never repeated here; done may carry the follow-up's own number in `registry_id`."""


@runtime_checkable
class FindsReferences(Protocol):
    """A registry that can be asked for our own id (`lookup: by_reference`)."""

    def find(self, reference: str) -> Sequence[str]:
        """The numbers of the complaints that carry our reference; empty: there is none. Raises ChannelError."""


@runtime_checkable
class Lists(Protocol):
    """A registry that lists what it holds (`lookup: listing`)."""

    def listed(self, since: datetime) -> Iterator[Listed]:
        """Every complaint made since then, by this hub or anybody, whole or ChannelError."""


@runtime_checkable
class Shows(Protocol):
    """A registry that can be asked how it holds the complaint of a number; for those that list nothing."""

    def shown(self, registry_id: str) -> Shown:
        """What it has under this number; a number that it does not know is no error. Raises ChannelError."""


@runtime_checkable
class HasMasters(Protocol):
    """A registry whose own lists can be read."""

    def masters(self) -> Iterator[Master]:
        """All rows of all lists; raises ChannelError where a list does not end as it should."""


@runtime_checkable
class Feeds(Protocol):
    """A registry that tells which complaints have news, so that not every one has to be asked about."""

    def news(self, position: str | None) -> Iterator[News]:
        """Pages of changes behind a position (None: from the beginning), oldest first; raises ChannelError."""
