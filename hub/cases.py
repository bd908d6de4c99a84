"""What a named person says about cases: link, unlink, split. It outranks every model, and is what the next one learns from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from dedup.groups import Link, heads
from hub import mine
from hub.audit.entry import Entry
from hub.model import Tally
from hub.spine import Hub
from hub.store import case_lists, cases, labels
from hub.store.cases import PERSON, NewLink
from hub.store.labels import Label
from hub.store.log import append
from hub.store.work import Work


class NoSuchCase(Exception):
    """There is no case, complaint or link of that name, or it cannot be done to it."""


_NO_COMPLAINT: Final = "Tidak ada aduan {0} yang sudah diterima. / There is no accepted complaint {0}."
_NOT_ALL: Final = (
    "Tidak semua aduan ini termasuk perkara {0}; lihat: satupintu cases show {0} / "
    "Not all of these complaints belong to case {0}; see: satupintu cases show {0}"
)
_ALL: Final = (
    "Ini semua aduan perkara itu; sebutkan hanya yang harus keluar. / "
    "These are all complaints of the case; name those that are to leave it."
)


def no_case(work: Work, case: UUID) -> str:
    """What somebody is told who named no case: whether it is a complaint, and of which case."""
    head = cases.of(work, [case]).get(case)
    if head is None:
        return f"Tidak ada perkara {case}. / There is no case {case}."
    return f"{case} adalah aduan dalam perkara {head}. / {case} is a complaint of case {head}."


@contextmanager
def _alone(hub: Hub) -> Iterator[Work]:
    """Nobody judges while a person decides."""
    with hub.store.begin() as work:
        work.lock("verdicts")
        yield work


def link(hub: Hub, one: UUID, other: UUID, *, by: str, because: str) -> Tally:
    """
    Two complaints are about one matter; their cases become one. Raises NoSuchCase.

    What somebody said before to keep the two cases apart is withdrawn: the newest word counts. Said again, nothing changes.
    """
    now = hub.clock()
    _are_his(hub, (one, other))
    with _alone(hub) as work:
        known = _known(work, (one, other))
        stood = case_lists.between(work, one, other)
        if any(row.model == PERSON for row in stood):
            cases.answer(work, [(one, other)], by=by, now=now)
            note = f"sudah ditautkan petugas / a person has linked them already: {known[one].head}"
            return Tally(verb="cases link", done=0, notes=(note,))
        before = labels.between(work, known[one].head, known[other].head)
        taken_back = [Label(complaint=row.complaint, other=row.other, verdict="withdrawn") for row in before]
        said = Label(complaint=one, other=other, verdict="same")
        labels.say(work, [*taken_back, said], by=by, now=now)
        cases.undo(work, [row.id for row in stood], by=by, model=PERSON, now=now, because=because)
        cases.link(work, [_by_hand(one, other)], by=by, now=now, because=because)
        cases.answer(work, [(one, other)], by=by, now=now)
        case = cases.of(work, [one])[one]
    return Tally(verb="cases link", done=1, notes=(f"perkara / case {case}",))


def unlink(hub: Hub, one: UUID, other: UUID, *, by: str, because: str) -> Tally:
    """Two complaints are two matters: what links them is undone, and no model will ever link them. Raises NoSuchCase."""
    now = hub.clock()
    _are_his(hub, (one, other))
    with _alone(hub) as work:
        _known(work, (one, other))
        _apart(work, one, other, by, because, now)
        known = cases.of(work, [one, other])
        notes: tuple[str, ...] = ()
        if known[one] == known[other]:
            notes = (
                f"Keduanya masih satu perkara melalui aduan lain: satupintu cases split {known[one]} … / "
                f"They are still one case by way of others: satupintu cases split {known[one]} …",
            )
    return Tally(verb="cases unlink", done=1, notes=notes)


def unlink_number(hub: Hub, number: int, *, by: str, because: str) -> Tally:
    """The same for a link by its number. Raises NoSuchCase."""
    with hub.store.begin() as work:
        row = case_lists.link_of(work, number)
    if row is None or mine.foreign(hub, (str(row.complaint), str(row.other))):
        raise NoSuchCase(f"Tidak ada tautan {number} yang berlaku. / There is no link {number} that stands.")
    return unlink(hub, row.complaint, row.other, by=by, because=because)


def split(hub: Hub, case: UUID, complaints: Sequence[UUID], *, by: str, because: str) -> Tally:
    """
    These complaints of a case become a case of their own, the others stay one. Raises NoSuchCase.

    A case is named after its oldest complaint, so whichever part has that one keeps the name. Every link between the two
    is undone. Where one of them would fall to pieces without what left it, it is held
    together by links of this person.
    """
    now = hub.clock()
    if mine.foreign(hub, map(str, complaints)):
        raise NoSuchCase(_NOT_ALL.format(case))
    with _alone(hub) as work:
        members = [row.id for row in case_lists.members(work, case)]
        if not members:
            raise NoSuchCase(no_case(work, case))
        chosen, rest = _divided(case, members, complaints)
        crossing = [
            row for row in case_lists.links_of(work, chosen) if (row.complaint in chosen) != (row.other in chosen)
        ]
        parted = cases.undo(work, [row.id for row in crossing], by=by, model=PERSON, now=now, because=because)
        pairs = parted or [(chosen[0], rest[0])]
        labels.say(work, [Label(complaint=a, other=b, verdict="apart") for a, b in pairs], by=by, now=now)
        cases.answer(work, pairs, by=by, now=now)
        for group in (rest, chosen):
            cases.link(work, _mended(work, group), by=by, now=now, because=because)
        append(work, _split_entry(work, case, chosen, by, because, now))
        now_in = cases.of(work, [chosen[0], rest[0]])
    return Tally(
        verb="cases split",
        done=len(chosen),
        notes=(
            f"yang dipisahkan / split off: {now_in[chosen[0]]}",
            f"yang tetap bersama / the others: {now_in[rest[0]]}",
        ),
    )


def _are_his(hub: Hub, complaints: Sequence[UUID]) -> None:
    if others := mine.foreign(hub, map(str, complaints)):
        raise NoSuchCase(_NO_COMPLAINT.format(others[0]))


def _known(work: Work, complaints: Sequence[UUID]) -> dict[UUID, Any]:
    if len(set(complaints)) < 2:
        raise NoSuchCase("Sebutkan dua aduan yang berbeda. / Name two different complaints.")
    known = case_lists.named(work, complaints)
    missing = [str(one) for one in complaints if one not in known]
    if missing:
        raise NoSuchCase(_NO_COMPLAINT.format(missing[0]))
    return known


def _apart(work: Work, one: UUID, other: UUID, by: str, because: str, now: datetime) -> None:
    stood = [row.id for row in case_lists.between(work, one, other)]
    if not cases.undo(work, stood, by=by, model=PERSON, now=now, because=because):
        cases.apart(work, one, other, by=by, now=now, because=because)
    labels.say(work, [Label(complaint=one, other=other, verdict="apart")], by=by, now=now)
    cases.answer(work, [(one, other)], by=by, now=now)


def _by_hand(one: UUID, other: UUID) -> NewLink:
    return NewLink(complaint=one, other=other, probability=1.0, reasons=(), model=PERSON)


def _divided(case: UUID, members: Sequence[UUID], complaints: Collection[UUID]) -> tuple[list[UUID], list[UUID]]:
    chosen = [one for one in members if one in set(complaints)]
    rest = [one for one in members if one not in set(complaints)]
    if len(chosen) < len(set(complaints)) or not chosen:
        raise NoSuchCase(_NOT_ALL.format(case))
    if not rest:
        raise NoSuchCase(_ALL)
    return chosen, rest


def _mended(work: Work, group: Sequence[UUID]) -> list[NewLink]:
    """Links that make one case of a group (the oldest first), where what is left of its links does not."""
    within = set(group)
    standing = [row for row in case_lists.links_of(work, group) if row.complaint in within and row.other in within]
    age = {str(one): number for number, one in enumerate(group)}
    found = heads(
        Link(case=str(a), case_born=age[str(a)], other=str(b), other_born=age[str(b)])
        for a, b in ((row.complaint, row.other) for row in standing)
    )
    loose = sorted({found.get(one, one) for one in age}, key=age.__getitem__)
    return [_by_hand(UUID(one), group[0]) for one in loose[1:]]


def _split_entry(work: Work, case: UUID, chosen: Sequence[UUID], by: str, because: str, now: datetime) -> Entry:
    row = work.one("SELECT connector, region FROM complaints WHERE id = :id", id=chosen[0])
    assert row is not None
    return Entry(
        act="split",
        at=now,
        actor=by,
        connector=str(row.connector),
        region=row.region,
        complaint=str(chosen[0]),
        count=len(chosen),
        detail={"case": str(case), "complaints": [str(one) for one in chosen[:50]], "because": because[:500]},
    )
