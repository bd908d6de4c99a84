"""What the spine asks of a registry; another registry is one file that answers these six questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hub.model import Change, Receipt
from hub.routing import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One attachment on its way."""

    name: str
    media_type: str
    content: bytes


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
        """Everything that the registry reports about one complaint, oldest first; raises ChannelError."""
