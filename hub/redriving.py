"""Work for people about deliveries: send again what was refused or given up, and say in bulk what they found out."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from hub import forwarding, mine, relaying
from hub.model import Tally
from hub.spine import Hub
from hub.store import worklist
from hub.store.put_back import PutBack, put_back
from hub.store.worklist import Redriven

MOST: Final = 100_000
"""Lines of one file."""
NAMED: Final = 20
ABSENT: Final = ("absent", "tidak ada")
_HEADS: Final = {
    "id": ("id", "complaint", "complaint_id", "delivery"),
    "registry_id": ("registry_id", "registry", "nomor"),
}


def redrive(
    hub: Hub,
    numbers: Sequence[str] = (),
    *,
    states: Sequence[str] = ("needs_human", "refused"),
    code: str | None = None,
    registry: str | None = None,
    names: Sequence[str] = (),
    by: str,
    because: str,
) -> Tally:
    """
    Queue again what nobody sends any more; `numbers` are deliveries, follow-ups or complaints, else the filters choose.

    One that may have arrived is left as it is, and named: it needs `resolve`, or it would be sent twice.
    """
    chosen: dict[str, Any] = {"states": states, "code": code, "registry": registry, "names": names}
    said: dict[str, Any] = {"by": by.strip(), "because": because, "now": hub.clock()}
    with hub.store.begin() as work:
        found = worklist.redrive(work, numbers, **chosen, **said)
        behind = put_back(work, numbers, **chosen, **said)
    return _told(found, behind, asked=bool(numbers))


def _told(found: Redriven, behind: PutBack, *, asked: bool) -> Tally:
    left = len(found.doubtful) + len(found.erased) + len(found.replaced) + len(behind.doubtful) + len(behind.erased)
    done = len(found.done) + len(behind.done)
    notes = [*_named(found.doubtful, "its outcome is unknown; look for it, then 'satupintu resolve'")]
    notes += _named(found.erased, "its text was erased; there is nothing to send")
    notes += _named(found.replaced, "another report of the same reporter goes in its place")
    notes += _named(behind.doubtful, "it may have arrived; look for its [Ref …], then 'satupintu resolve'", "Follow-up")
    notes += _named(behind.erased, "its text was erased; there is nothing to send", "Follow-up")
    if not done and not left:
        notes.append("Nothing that was chosen is refused or waits for a person.")
    failed = (left if asked or not done else 0) or int(not done)
    words = {"follow_ups": len(behind.done)}
    return Tally(verb="redrive", done=done, skipped=left, failed=failed, words=words, notes=tuple(notes))


def _named(complaints: Sequence[UUID], why: str, what: str = "Complaint") -> Iterator[str]:
    yield from (f"{what} {one}: {why}." for one in complaints[:NAMED])
    if len(complaints) > NAMED:
        yield f"… and {len(complaints) - NAMED} more: {why}."


# in bulk -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a file of decisions: `registry_id` None means that the registry does not have it."""

    number: int
    id: str
    registry_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A file of decisions: its good lines, and what is wrong with the others, by line number."""

    lines: Sequence[Line]
    wrong: Sequence[tuple[int, str]]


def sheet(text: str) -> Sheet:
    """
    Read a CSV with the columns id and registry_id (a number, or the word absent), separated by commas or semicolons.

    Every line is judged before one is carried out; two lines that speak of one complaint or give one number are both wrong.
    """
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=_delimiter(text)))
    if not rows or (places := _places(rows[0])) is None:
        return Sheet(lines=(), wrong=((1, "the columns id and registry_id are expected"),))
    if len(rows) > MOST:
        return Sheet(lines=(), wrong=((MOST, f"a file may have {MOST} lines"),))
    lines: list[Line] = []
    wrong: list[tuple[int, str]] = []
    for number, row in enumerate(rows[1:], 2):
        if any(cell.strip() for cell in row):
            cells = [row[place].strip() if place < len(row) else "" for place in places]
            if why := _amiss(*cells):
                wrong.append((number, why))
            else:
                absent = cells[1].lower() in ABSENT
                lines.append(Line(number=number, id=cells[0].lower(), registry_id=None if absent else cells[1]))
    twice = _twice(lines)
    wrong += [(line.number, twice[line.number]) for line in lines if line.number in twice]
    return Sheet(lines=[line for line in lines if line.number not in twice], wrong=sorted(wrong))


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return ";" if first.count(";") > first.count(",") else ","


def _places(head: Sequence[str]) -> list[int] | None:
    low = [cell.strip().lower() for cell in head]
    found = [next((n for n, cell in enumerate(low) if cell in names), None) for names in _HEADS.values()]
    return [place for place in found if place is not None] if None not in found else None


def _amiss(own: str, registry_id: str) -> str | None:
    if not re.fullmatch(r"[0-9]{1,19}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", own):
        return "the id is neither a complaint's nor a delivery's"
    if registry_id.lower() not in ABSENT and not re.fullmatch(r"[1-9][0-9]{0,19}", registry_id):
        return "the registry's number has digits only; write absent where the registry does not have it"
    return None


def _twice(lines: Sequence[Line]) -> dict[int, str]:
    ids = Counter(line.id for line in lines)
    numbers = Counter(line.registry_id for line in lines if line.registry_id)
    same = {line.number: "another line gives the same number" for line in lines if numbers[line.registry_id or ""] > 1}
    return same | {line.number: "another line speaks of it as well" for line in lines if ids[line.id] > 1}


def resolve(hub: Hub, number: str, *, registry_id: str | None = None, absent: bool = False, by: str) -> Tally:
    """Say what became of one follow-up or delivery of unknown outcome, whichever has this id."""
    if mine.foreign(hub, [number]):
        return Tally(verb="resolve", failed=1, notes=(f"There is no delivery or complaint {number} on the way.",))
    said = relaying.resolve(hub, number, registry_id=registry_id, absent=absent, by=by)
    return said or forwarding.resolve(hub, number, registry_id=registry_id, absent=absent, by=by)


def resolve_all(hub: Hub, text: str, *, by: str) -> Tally:
    """Say of every line of a CSV what became of its delivery; the right lines are done, the wrong ones named."""
    read = sheet(text)
    wrong, words = list(read.wrong), Counter[str]()
    for line in read.lines:
        done = resolve(hub, line.id, registry_id=line.registry_id, absent=line.registry_id is None, by=by)
        words.update(done.words)
        if done.failed:
            wrong.append((line.number, " ".join(done.notes).rstrip(".")))
    notes = tuple(f"line {number}: {why}." for number, why in sorted(wrong))
    return Tally(verb="resolve", done=words.total(), failed=len(wrong), words=dict(words), notes=notes)
