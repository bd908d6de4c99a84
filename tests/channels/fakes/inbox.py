"""An inbox of pushes in memory, and a context over loopback for kinds that receive."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.base import Context, Item, Lists, Position, Push, Window
from connectors.http import HttpClient
from connectors.net import dialler
from connectors.reading import Outcome, read

NOW = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
SECRETS = {"TOKEN": "kunci-rahasia-sekali", "APP": "rahasia-aplikasi", "VERIFY": "kata-sandi-jabat"}


@dataclass
class Box:
    """What was pushed, in order."""

    kept: list[Push] = field(default_factory=list)

    def push(self, body: Any, **headers: str) -> Push:
        """Keep one push; `body` is bytes or what becomes JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        heads = {name.replace("_", "-"): value for name, value in headers.items()}
        self.kept.append(Push(number=len(self.kept) + 1, at=NOW, headers=heads, query={}, body=data))
        return self.kept[-1]

    def pushes(self, after: int, limit: int) -> list[Push]:
        """Those behind a number."""
        return [one for one in self.kept if one.number > after][:limit]


def signed(body: bytes, secret: str = SECRETS["APP"]) -> Mapping[str, str]:
    """The header by which Meta signs a push."""
    return {"x_hub_signature_256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def context(box: Box | None = None, now: datetime = NOW) -> Context:
    """Loopback, three secrets, and this inbox."""
    dial = dialler([ipaddress.ip_network("127.0.0.0/8")])

    def secret(text: str, _: str) -> str:
        for name, value in SECRETS.items():
            text = text.replace(f"${{secret:{name}}}", value)
        return text

    http = HttpClient(dial, secret, lambda: now, lambda _: None)
    return Context(http=http, dial=dial, secret=secret, clock=lambda: now, inbox=box)


def run(channel: Lists, ctx: Context, after: Position | None = None) -> tuple[list[Item], Outcome]:
    """One whole reading."""
    items: list[Item] = []
    for step in read(channel, ctx, Window(since=None, until=NOW, after=after or {})):
        if isinstance(step, Outcome):
            return items, step
        items.extend(step.items)
    raise AssertionError
