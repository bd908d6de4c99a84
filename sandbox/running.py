"""Counterparts for a test's `with` line: each starts on a free loopback port and is gone when the block ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox import portal as _portal
from sandbox import reference as _reference
from sandbox import registry as _registry
from sandbox import x as _x
from sandbox.mail import Mailbox, MailState
from sandbox.mail import mailbox as _mailbox
from sandbox.portal import PortalState
from sandbox.reference import ReferenceState
from sandbox.registry_state import RegistryState
from sandbox.serving import serving
from sandbox.x import XState

__all__ = [
    "RunningPortal",
    "RunningReference",
    "RunningRegistry",
    "RunningX",
    "mailbox",
    "portal",
    "reference",
    "registry",
    "serving",
    "x",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningRegistry:
    """A make-believe LAPOR!: `headers` holds both secrets, `state` what it remembers and its switches."""

    url: str
    state: RegistryState

    @property
    def headers(self) -> dict[str, str]:
        """The two secrets as a client sends them."""
        return {"Authorization": self.state.auth, "token": self.state.token}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningReference:
    """A make-believe registry that can be asked; `state` is what it remembers and its switches."""

    url: str
    state: ReferenceState

    @property
    def headers(self) -> dict[str, str]:
        """The secret as a client sends it."""
        return {"Authorization": self.state.auth}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningPortal:
    """A make-believe portal: `url` is its base, `items` the address of the list."""

    url: str
    state: PortalState

    @property
    def items(self) -> str:
        """Where the complaints are listed."""
        return f"{self.url}/api/aduan"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningX:
    """A make-believe X."""

    url: str
    state: XState


@contextmanager
def registry(state: RegistryState | None = None) -> Iterator[RunningRegistry]:
    """The make-believe LAPOR! v3 for the length of a block."""
    state = state or RegistryState()
    with serving(_registry.app(state)) as url:
        yield RunningRegistry(url=url, state=state)


@contextmanager
def reference(state: ReferenceState | None = None) -> Iterator[RunningReference]:
    """The make-believe registry that can be asked, for the length of a block."""
    state = state or ReferenceState()
    with serving(_reference.app(state)) as url:
        yield RunningReference(url=url, state=state)


@contextmanager
def portal(state: PortalState | None = None) -> Iterator[RunningPortal]:
    """The make-believe portal, with the story's 240 complaints unless `state` holds others."""
    state = state or PortalState()
    with serving(_portal.app(state)) as url:
        yield RunningPortal(url=url, state=state)


@contextmanager
def x(state: XState | None = None) -> Iterator[RunningX]:
    """The make-believe X, with the story's 60 posts unless `state` holds others."""
    state = state or XState()
    with serving(_x.app(state)) as url:
        yield RunningX(url=url, state=state)


@contextmanager
def mailbox(state: MailState | None = None, folder: Path | None = None) -> Iterator[Mailbox]:
    """An IMAP server and an SMTP sink, with the story's 40 mails unless `state` holds others."""
    with TemporaryDirectory() as spare, _mailbox(folder or Path(spare), state or MailState()) as box:
        yield box
