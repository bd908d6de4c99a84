"""What a log may hold: one line a record, nothing that steers a terminal, no secret in any form, no number of a person."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable
from typing import Any, Final

from connectors.secret import forms
from hub.screen import line, shown

SHORTEST: Final = 4
"""Letters below which a secret cannot be told from other words."""


class Known:
    """The secrets that this process has had in its hands."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._values: set[str] = set()
        self._found: re.Pattern[str] | None = None
        self.told: list[Callable[[str], None]] = []
        """Whoever else masks, such as a scheduler's own log: called with each form of each new secret."""

    def add(self, value: str) -> None:
        """From now on the value stands in no log of this process; a value of a few letters is left out."""
        if len(value) < SHORTEST or value in self._values:
            return
        new = forms(value)
        self._values.add(value)
        self._forms |= new
        self._found = None
        for tell in self.told:
            for form in new:
                tell(form)

    def clean(self, text: str) -> str:
        """The text with *** for every form of every secret."""
        if not self._forms:
            return text
        if (found := self._found) is None:
            longest_first = sorted(self._forms.copy(), key=lambda form: (-len(form), form))
            found = self._found = re.compile("|".join(map(re.escape, longest_first)))
        return found.sub("***", text)


KNOWN: Final = Known()
"""One a process, as its logging is."""


def quiet(known: Known = KNOWN) -> None:
    """Let every log record of this process be cleaned when it is made, whoever makes and whoever writes it."""
    before = logging.getLogRecordFactory()
    if getattr(before, "quiet", False):
        return

    def record(*args: Any, **named: Any) -> logging.LogRecord:
        return _cleaned(before(*args, **named), known)

    record.quiet = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(record)


def _cleaned(one: logging.LogRecord, known: Known) -> logging.LogRecord:
    try:
        text = one.getMessage()
    except Exception:  # noqa: BLE001  # a wrong format is told by logging itself, where it writes
        return one
    if (clean := line(_unnamed(known.clean(text)))) != text:
        one.msg, one.args = clean, ()
    if one.exc_info and one.exc_info[0]:
        told = "".join(traceback.format_exception(*one.exc_info)).rstrip("\n")
        one.exc_text = shown(_unnamed(known.clean(told))).replace(
            "\n", "\n  "
        )  # no line of it begins like a line of ours
    return one


_PERHAPS: Final = re.compile(r"@|\d(?:[ .()/-]{0,2}\d){7}")
"""An address, or eight digits: less is nobody's number, and the detector need not be loaded for it."""


def _unnamed(text: str) -> str:
    """Without numbers and addresses of persons: no line of ours has any, but an error of somebody else's code may quote."""
    if not _PERHAPS.search(text):
        return text
    from hub.personal import mask  # costs a start as much as all of logging, and most processes never need it

    return mask(text)
