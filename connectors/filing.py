"""Files of a channel in order, each once a pass: what was read is known by its mark, what cannot be read is owed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from connectors.base import Item, Page, Position, Window
from connectors.errors import ChannelError, Misconfigured, Unavailable

ROWS: Final = 500
"""Items a page."""
MOST: Final = 5_000
"""Files of one channel; whoever has more moves the old ones away."""
_PRINT: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Something that may hold rows: a file of a folder, or a mail with its attachments."""

    name: str
    mark: str
    """Short, and another one whenever the content may be another."""
    stamp: datetime | None


class Source(Protocol):
    """Where files come from. MUST list them in the same order each time, and new ones behind those that it listed."""

    def files(self, after: Position) -> Sequence[File]:
        """Those that no complete reading up to the mark `after` has read."""

    def items(self, file: File) -> Sequence[Item]:
        """What it holds; raises ChannelError where it cannot be read as a whole."""

    def mark(self, files: Sequence[File], after: Position) -> Position:
        """The mark once these have been read."""


def pages(source: Source, window: Window, start: Position | None) -> Iterator[Page]:
    """
    The rows of all files that are not read yet; the page behind the last file has the new mark.

    One file that cannot be read keeps none of the others back: their rows are taken, the interval stays owed. A row that
    an earlier file of the pass held in the same words is not listed again.
    """
    files = source.files(window.after)
    if len(files) > MOST:
        raise Misconfigured(
            f"There are more than {MOST:,} files.",
            hint="Move those that have been read to another folder.",
            code="too_many_files",
            indonesian=f"Ada lebih dari {MOST:,} berkas. Pindahkan yang sudah dibaca ke folder lain.",
        )
    first, row = _resumed(files, start)
    met: set[bytes] = set()
    failed: ChannelError | None = None
    for at in range(first, len(files)):
        try:
            items = source.items(files[at])
        except ChannelError as error:
            if isinstance(error, Unavailable) and not error.code.endswith(_OF_THE_FILE):
                raise  # the way to the files is gone, and the next one would not be read either
            failed = failed or error
            continue
        yield from _of_one(files, at, [item for item in items if _fresh(item, met)], row, beyond=failed is not None)
        row = 0
    if failed:
        raise failed
    yield Page(items=(), end=True, next={"mark": dict(source.mark(files, window.after))})


_OF_THE_FILE: Final = ("cut_short", "unreadable_book", "file_changed")


def _of_one(files: Sequence[File], at: int, items: Sequence[Item], row: int, *, beyond: bool) -> Iterator[Page]:
    upto = _prefix(files[: at + 1])
    for begin in range(row, len(items), ROWS):
        after = begin + ROWS
        position = {"at": at, "row": after, "upto": upto, "file": files[at].name}
        yield Page(items=items[begin:after], end=False, next=position, beyond=beyond)


def _fresh(item: Item, met: set[bytes]) -> bool:
    key = hashlib.blake2b((item.ref or "").encode() + b"\0" + item.raw, digest_size=_PRINT).digest()
    if key in met:
        return False
    met.add(key)
    return True


def _prefix(files: Sequence[File]) -> str:
    return hashlib.sha256("\0".join(one.mark for one in files).encode()).hexdigest()[:_PRINT]


def _resumed(files: Sequence[File], start: Position | None) -> tuple[int, int]:
    """Which file and row come next; where the files before it are others by now, the pass begins anew."""
    if not start or "at" not in start:
        return 0, 0
    at, row = int(start["at"]), int(start["row"])
    if at >= len(files) or _prefix(files[: at + 1]) != start["upto"]:
        raise Unavailable("The files have changed since this reading began.", code="cursor_expired")
    return at, row


def done(pages: Sequence[Page], before: Position) -> Position:
    """The kind's mark after a complete pass."""
    told = (pages[-1].next if pages else None) or {}
    return dict(told["mark"]) if "mark" in told else before


def seen(read: Sequence[File], listed: Sequence[File], after: Position) -> Position:
    """The mark of a folder: the marks of all files that lie there and have been read, now or before."""
    known = {one.mark for one in read} | set(after.get("seen", ()))
    return {"seen": sorted({one.mark for one in listed} & known)}
