"""Every kind with its fake and a few complaints in it, so that one suite can open each door in the same way.

A kind's doors stand in a file of its own, `tests/channels/doors/KIND.py`, or in `doors/KIND.py` inside the folder that
SATUPINTU_KINDS names: `DOORS`, by the kind's name, or by that name, a blank and a word. The folders are scanned.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import json
import os
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.base import Context, Push
from connectors.http import HttpClient
from connectors.known import look_in
from connectors.net import dialler
from tests.channels.fakes.inbox import NOW, Box, context, signed
from tests.channels.fakes.web import Answer, Asked, serve

COUNT = 7
"""Complaints behind each door."""
OURS = "106540352242922"
AT = NOW - timedelta(days=2)
STAMP = AT.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An open door: the kind, its context, and the refs of what is behind it."""

    channel: Any
    ctx: Context
    refs: frozenset[str]
    faults: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    """How its counterpart can be made to fail, each under a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """A kind that asks by HTTP: who answers, the kind at an address, and the refs (JSON texts) that it gives."""

    answer: Callable[[], Callable[[Asked], Answer]]
    make: Callable[[str], Any]
    refs: frozenset[str]
    whole: bool = False
    """All that there is can stand in one answer, so the same answer again proves that there is no more."""

    @contextmanager
    def opened(self, _: Path) -> Iterator[Open]:
        """With its honest counterpart."""
        with serve(self.answer()) as web:
            yield Open(channel=self.make(web.url), ctx=asking(), refs=self.refs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hears:
    """A kind to which is pushed: the kind, a right push with complaint number so and so, and its ref."""

    channel: Any
    push: Callable[[int], Push]
    ref: Callable[[int], str]
    sealed: bool = True
    """What it is judged by covers the body; False where it is a shared word beside it."""

    @contextmanager
    def opened(self, _: Path) -> Iterator[Open]:
        """With an inbox of right pushes."""
        box = Box(kept=[replace(self.push(n), number=n) for n in range(1, COUNT + 1)])
        refs = frozenset(self.ref(n) for n in range(1, COUNT + 1))
        yield Open(channel=self.channel, ctx=context(box, NOW + timedelta(days=1)), refs=refs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A kind with a protocol of its own."""

    open: Callable[[Path], AbstractContextManager[Open]]
    """open(an empty folder) -> the door, as long as a `with` lasts."""
    faults: Sequence[str] = ()
    """The names of its faults."""

    def opened(self, folder: Path) -> AbstractContextManager[Open]:
        """With its honest counterpart."""
        return self.open(folder)


def asking(timeout: float = 20.0) -> Context:
    """Loopback, the secrets, and so much patience with one answer."""
    made = context()
    return replace(made, http=HttpClient(made.dial, made.secret, made.clock, lambda _: None, timeout=timeout))


def dialling(**secrets: str) -> Context:
    """Sockets to loopback, no HTTP, and these secrets."""
    dial = dialler([ipaddress.ip_network("127.0.0.0/8")])

    def secret(text: str, _: str) -> str:
        for name, value in secrets.items():
            text = text.replace(f"${{secret:{name}}}", value)
        return text

    return Context(http=None, dial=dial, secret=secret, clock=lambda: NOW, tls=ssl.create_default_context)  # type: ignore[arg-type]


def by_meta(body: Any) -> Push:
    """A push as Meta signs it."""
    written = json.dumps(body).encode()
    heads = {name.replace("_", "-"): value for name, value in signed(written).items()}
    return Push(number=0, at=NOW, headers=heads, query={}, body=written)


def _found() -> Iterator[tuple[str, Asks | Hears | Own]]:
    folders = [Path(__file__).parent.parent / "doors"]
    if own := os.environ.get("SATUPINTU_KINDS"):
        look_in(Path(own))
        folders.append(Path(own) / "doors")
    for path in (path for folder in folders for path in sorted(folder.glob("*.py"))):
        spec = importlib.util.spec_from_file_location(f"doors_{path.stem}", path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield from module.DOORS.items()


DOORS: Mapping[str, Asks | Hears | Own] = dict(_found())
ASKS: Mapping[str, Asks] = {name: door for name, door in DOORS.items() if isinstance(door, Asks)}
HEARS: Mapping[str, Hears] = {name: door for name, door in DOORS.items() if isinstance(door, Hears)}
FAILS = [(name, fault) for name, door in DOORS.items() if isinstance(door, Own) for fault in door.faults]
