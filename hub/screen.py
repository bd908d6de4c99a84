"""What reaches eyes: signs that would steer a terminal, or turn letters around, are shown or left out, never sent."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console

_CLASS: Final = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # all that ECMA-48 steers a terminal by, but for the end of a line and the tabulator
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # turn the direction of writing (UAX 9)
    "\u200b\u2028\u2029\u2060-\u2065\ufeff\U000e0000-\U000e007f\ud800-\udfff"  # ends of lines, and what nobody can see
)
_STEERS: Final = re.compile(f"[{_CLASS}]")
_STEERS_A_LINE: Final = re.compile(f"[\t\n{_CLASS}]")


def shown(text: str) -> str:
    """The text with its steering signs written as \\x1b or \\u202e; ends of lines and tabulators stay."""
    return _STEERS.sub(_written, text)


def line(text: str) -> str:
    """The same on one line: nobody's words begin a line of ours."""
    return _STEERS_A_LINE.sub(_written, text)


def without(text: str) -> str:
    """The text without its steering signs, for what is no terminal: sheets, pages, messages."""
    return _STEERS.sub("", text)


def steers(text: str) -> bool:
    """True where `line` would change it."""
    return _STEERS_A_LINE.search(text) is not None


def _written(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


class Screen:
    """A stream that sends only what `shown` leaves; everything else is the stream `beneath`."""

    def __init__(self, beneath: TextIO, clean: Callable[[str], str] = str) -> None:
        self.beneath, self._clean = beneath, clean

    def write(self, text: str) -> int:
        """Write it as it is shown."""
        self.beneath.write(shown(self._clean(text)))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each."""
        for one in lines:
            self.write(one)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.beneath, name)


@contextmanager
def guarded(clean: Callable[[str], str] = str) -> Iterator[None]:
    """Inside the block everything that is printed goes through a Screen; what is said of errors through `clean` too."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast(TextIO, Screen(sys.stdout)), cast(TextIO, Screen(sys.stderr, clean))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def console(width: int, out: TextIO | None = None) -> Console:
    """For tables: without any sign that styles, as wide as the terminal, or `width` where there is none."""
    from rich.console import Console

    out = out or sys.stdout
    return Console(file=out, width=None if out.isatty() else width, color_system=None, markup=False, highlight=False)
