"""What is not the same here and at a registry, as values: one list, or one complaint, against what the hub holds."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hub.registry.port import Listed, Shown
from hub.registry.wording import marker
from hub.store.differences import Difference, Held

WHAT: Final[Mapping[str, str]] = {
    "missing": "the registry does not have it",
    "doubled": "the registry has it twice",
    "foreign": "it carries a marker of ours that nobody here knows",
    "other_number": "the registry has it under another number",
    "refused_there": "it counts as refused here, but the registry has it",
    "shared": "two complaints have the same number",
    "elsewhere": "it stands with another institution than it was sent to",
    "no_marker": "its text there does not carry our marker",
}
"""The differences, in the order of their weight."""
OURS: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OPEN: Final = ("queued", "files_uploaded", "unknown", "needs_human")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What one comparison says; `found` are deliveries without a number, and the one under which they are there."""

    differences: Sequence[Difference]
    found: Sequence[tuple[Held, str]] = ()


def against_list(listed: Iterable[Listed], expected: Sequence[Held], known: Mapping[str, Held]) -> Compared:
    """Compare with a registry's list; `expected` must be on it, `known` are ours by reference."""
    numbers: set[str] = set()
    by_reference: dict[str, list[str]] = defaultdict(list)
    for row in listed:
        numbers.add(row.registry_id)
        if row.reference and OURS.fullmatch(row.reference.lower()):
            by_reference[row.reference.lower()].append(row.registry_id)
    wrong: list[Difference] = []
    found: list[tuple[Held, str]] = []
    for reference, there in by_reference.items():
        held = known.get(reference)
        if held is None:
            wrong += [Difference(what="foreign", complaint=None, registry_id=number) for number in there]
        elif held.registry_id is None and len(there) == 1 and held.state in _OPEN:
            found.append((held, there[0]))
        else:
            wrong += _of_one(held, there)
    lost = [held for held in expected if held.registry_id not in numbers]
    wrong += [Difference(what="missing", complaint=held.complaint, registry_id=held.registry_id) for held in lost]
    return Compared(differences=wrong, found=found)


def _of_one(held: Held, there: Sequence[str]) -> list[Difference]:
    if held.registry_id is None and len(there) == 1:
        return [Difference(what="refused_there", complaint=held.complaint, registry_id=there[0])]
    others = [number for number in there if number != held.registry_id]
    what = "doubled" if len(there) > 1 else "other_number"
    return [Difference(what=what, complaint=held.complaint, registry_id=number) for number in others]


def against_one(held: Held, shown: Shown) -> list[Difference]:
    """Compare one delivery with what the registry shows under its number; what it does not show is not compared."""
    wrong = []
    if not shown.found:
        wrong.append("missing")
    if shown.institution and held.institution and shown.institution not in (held.institution, *held.moved):
        wrong.append("elsewhere")
    if shown.text is not None and marker(str(held.complaint)).lower() not in shown.text.lower():
        wrong.append("no_marker")
    return [Difference(what=what, complaint=held.complaint, registry_id=held.registry_id) for what in wrong]
