"""What a task does: one verb on one hub, told as counts, and red for a reason that somebody can act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from connectors.errors import ChannelError
from hub.airflow.errors import Failed, Incomplete, Unexpected
from hub.progress import Progress, line
from hub.ranges import WrongRange
from hub.settings import WrongSetting
from hub.store.leases import LostLease
from hub.store.problems import StoreProblem
from hub.telling import place

if TYPE_CHECKING:
    from hub.model import Tally
    from hub.spine import Hub

MOST_SENTENCES = 5
"""Of what is owed, so many are named; the rest is counted."""
_SAFE = (ChannelError, StoreProblem, WrongSetting, WrongRange)
"""Errors whose words are written for people and never quote a value."""


def run(verb: str, name: str | None = None, params: Mapping[str, Any] | None = None) -> tuple[dict[str, int], Tally]:
    """
    Do the verb, for one connector or for all, and print one line of counts.

    Returns the counts for XCom (numbers only, < 1 kB) and the tally. Raises Incomplete, Failed, Unexpected, or an error
    of the channel or the store as it is.
    """
    tally = _guarded(lambda: _done(verb, name, params or {}))
    counts = counted(tally)
    print(" ".join([verb, name or "all", *(f"{what}={number}" for what, number in counts.items())]), flush=True)  # noqa: T201
    _red(tally)
    return counts, tally


def counted(tally: Tally) -> dict[str, int]:
    """The numbers of a tally; its sentences stay behind."""
    numbers = {"done": tally.done, "skipped": tally.skipped, "failed": tally.failed, "owed": len(tally.owed)}
    numbers |= {word: number for word, number in sorted(tally.words.items())[:20] if number}
    return numbers | ({"already_running": 1} if tally.running else {})


def waiting(tally: Tally) -> str:
    """Why nothing is sent and how much waits, as the step says it."""
    return _sentences([*tally.notes, *tally.owed]) or "Nothing can be sent at this moment."


def _done(verb: str, name: str | None, params: Mapping[str, Any]) -> Tally:
    from hub.airflow.credentials import mask, of_airflow
    from hub.wire import for_batches, open_hub

    for_batches()
    mask()
    with open_hub(only=name, beyond=of_airflow) as hub:
        return _verb(verb, hub, name, params)


def _verb(verb: str, hub: Hub, name: str | None, params: Mapping[str, Any]) -> Tally:
    from hub import steps

    if verb == "pull" and name:
        asked = {word: params.get(word) or None for word in ("since", "until")}
        return steps.pull(hub, name, **asked, sweep=bool(params.get("sweep")), progress=_told)
    if verb == "follow":
        return steps.follow(hub, everything=bool(params.get("everything")))
    if verb == "accept":
        return steps.accept(hub, [name] if name else (), progress=_told)
    if verb == "forward":
        return steps.forward(hub, [name] if name else ())
    return steps.seal(hub) if verb == "seal" else steps.watch(hub)


def _told(progress: Progress) -> None:
    """One line a batch in the task's log."""
    print(line(progress), flush=True)  # noqa: T201


def _red(tally: Tally) -> None:
    """Raise what makes the task red, if anything does."""
    if tally.error and not tally.done and not tally.skipped and isinstance(tally.error, ChannelError):
        raise tally.error
    if tally.owed and not tally.halted:
        raise Incomplete(_sentences(tally.owed))
    if tally.failed:
        raise Failed(_sentences(tally.notes) or f"{tally.verb}: {tally.failed} failed.")


def _sentences(said: tuple[str, ...] | list[str]) -> str:
    more = len(said) - MOST_SENTENCES
    return " ".join([*said[:MOST_SENTENCES], *([f"… and {more} more."] if more > 0 else [])])


def _guarded(work: Callable[[], Tally]) -> Tally:
    """Errors written for people pass; of any other only class and place are told, outside of its own context."""
    try:
        return work()
    except _SAFE:
        raise
    except LostLease as error:
        taken = str(error)
    except Exception as error:  # noqa: BLE001 - the edge: Airflow would print its words
        fault = Unexpected(place(error))
        raise fault from None
    raise Incomplete(taken)
