"""Reads mail in a limited child process, so that no message takes the hub down."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from connectors.limited import SECONDS, Child, GaveUp

if TYPE_CHECKING:
    from connectors.mime import Mail

# connectors.mime, and with it the mail library, is imported where it is needed: the hub has a parser before any message


class Parser:
    """One child that reads message after message; for one thread. `seconds` and `patience` as connectors.limited has them."""

    def __init__(
        self, *, seconds: float = SECONDS, patience: float = 30.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._child = Child("connectors.mime:answer", seconds=seconds, patience=patience, monotonic=monotonic)

    def __enter__(self) -> Parser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, raw: bytes) -> Mail:
        """The message; raises Unreadable with a code (too_deep, header_too_large, … or gave_up where a limit ended it)."""
        from connectors.mime import Mail, Unreadable

        try:
            payload, contents = self._child(raw)
        except GaveUp as error:
            raise Unreadable(str(error)) from None
        return Mail(payload=payload, contents=list(contents))

    @property
    def pid(self) -> int | None:
        """The number of the child, while there is one."""
        return self._child.pid

    def close(self) -> None:
        """End the child, if there is one."""
        self._child.close()
