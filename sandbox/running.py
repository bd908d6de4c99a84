"""Counterparts for a test's `with` line: each starts on a free loopback port and is gone when the block ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox import registry as _registry
from sandbox.registry_state import RegistryState
from sandbox.serving import serving

__all__ = ["RunningRegistry", "registry", "serving"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningRegistry:
    """A make-believe LAPOR!: `headers` holds both secrets, `state` what it remembers and its switches."""

    url: str
    state: RegistryState

    @property
    def headers(self) -> dict[str, str]:
        """The two secrets as a client sends them."""
        return {"Authorization": self.state.auth, "token": self.state.token}


@contextmanager
def registry(state: RegistryState | None = None) -> Iterator[RunningRegistry]:
    """The make-believe LAPOR! v3 for the length of a block."""
    state = state or RegistryState()
    with serving(_registry.app(state)) as url:
        yield RunningRegistry(url=url, state=state)
