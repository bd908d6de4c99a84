"""The fault matrix of guide/reliability.md B.5 as a list: 137 cells, each a point where something fails in one way.

`python -m tests.faults.cells` prints it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sandbox.proxy import HTTP_FAULTS
from sandbox.toxics import TOXICS

NETWORK: Final = ("pull", "forward", "follow")
"""Whose calls are hit: the portal's list, create and route, the read-back of a status."""
PROCESS: Final = ("sigkill", "sigstop_beyond_lease", "enospc", "clock_jump", "out_of_memory")
DATABASE: Final = ("connection_lost", "serialization_failure", "restart", "commit_unknown")
POINTS: Final = (
    "pull request", "pull answer", "cursor commit", "normalise", "dedup decision", "outbox insert", "claim", "send",
    "registry commit", "answer", "mark-sent commit", "seal",
)  # fmt: skip
"""The twelve of B.5, in the order in which a complaint comes by."""
WITHIN_US: Final = tuple(point for point in POINTS if point not in ("pull request", "registry commit"))
"""Ten: at the other two nothing of ours is in hand (a call that has not left, a change in somebody else's house)."""
IN_STORE: Final = ("cursor commit", "dedup decision", "outbox insert", "claim", "mark-sent commit", "seal")
"""Six: the points that are a statement or a commit."""
SEEDS: Final = 25
"""Of each cell, in `make campaign`."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault at one point."""

    family: str
    """http | toxic | process | database"""
    point: str
    fault: str

    def __str__(self) -> str:
        return f"{self.family}-{self.point}-{self.fault}".replace(" ", "_")


CELLS: Final = (
    *(Cell("http", point, fault) for point in NETWORK for fault in HTTP_FAULTS),
    *(Cell("toxic", point, fault) for point in NETWORK for fault in TOXICS),
    *(Cell("process", point, fault) for point in WITHIN_US for fault in PROCESS),
    *(Cell("database", point, fault) for point in IN_STORE for fault in DATABASE),
)


def of(*families: str) -> list[Cell]:
    """The cells of these families."""
    return [cell for cell in CELLS if cell.family in families]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How a line in front of the portal, the registry or PostgreSQL knows that a point has been reached."""

    verb: str
    """The verb that comes by."""
    request: str = ""
    """A call of METHOD and path that comes in."""
    answer: str = ""
    """A call that has been answered, and the hub does not know it yet."""
    statement: str = ""
    """A statement of SQL."""
    commit: str = ""
    """The COMMIT of a transaction in which such a statement stood."""

    def at_request(self, what: str) -> bool:
        """Whether this call is the place."""
        return bool(self.request and re.search(self.request, what))

    def at_answer(self, what: str) -> bool:
        """Whether the answer to this call is the place."""
        return bool(self.answer and re.search(self.answer, what))

    def at_statement(self, sql: str, before: list[str]) -> bool:
        """Whether this statement is the place."""
        if self.statement:
            return bool(re.search(self.statement, sql, re.DOTALL))
        return bool(self.commit) and sql == "COMMIT" and any(re.search(self.commit, one, re.DOTALL) for one in before)


LIST: Final = r"^GET .*/api/aduan"
CREATE: Final = r"^POST .*/complaints/complaint(-lmw)?$|^POST .*/reports$"
WRITES: Final = rf"{CREATE}|^POST .*/reject$"
PLACES: Final = {
    "pull answer": Place(verb="pull", answer=LIST),
    "cursor commit": Place(verb="pull", commit=r"INSERT INTO items"),
    "normalise": Place(verb="accept", statement=r"SELECT.*FROM items"),
    "dedup decision": Place(verb="accept", statement=r"dedup_keys"),
    "outbox insert": Place(verb="accept", commit=r"INSERT INTO deliveries"),
    "claim": Place(verb="forward", commit=r"UPDATE deliveries.*nextval\('fence'\)"),
    "send": Place(verb="forward", request=CREATE),
    "answer": Place(verb="forward", answer=CREATE),
    "mark-sent commit": Place(verb="forward", commit=r"SET state = u\.state|outcome = u\.outcome"),
    "seal": Place(verb="seal", commit=r"INSERT INTO leaves"),
}


def main() -> None:
    """Print the matrix."""
    for cell in CELLS:
        print(cell)
    print(f"{len(CELLS)} cells")


if __name__ == "__main__":
    main()
