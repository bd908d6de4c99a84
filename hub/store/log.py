"""Audit entries go into the transaction of the change they tell of; one sealer later gives them their places."""

from __future__ import annotations

from collections.abc import Sequence

from hub.audit.entry import Entry
from hub.store.work import Work

_INSERT = """
INSERT INTO entries (at, act, connector, region, complaint, body)
SELECT u.at, u.act, u.connector::uuid, u.region, u.complaint::uuid, u.body
FROM unnest(%b::timestamptz[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bytea[])
     WITH ORDINALITY AS u(at, act, connector, region, complaint, body, n) ORDER BY u.n
"""


def append(work: Work, *entries: Entry) -> None:
    """Write entries in the caller's transaction; without them the change does not exist."""
    append_all(work, entries)


def append_all(work: Work, entries: Sequence[Entry]) -> None:
    """The same for a batch, in one statement."""
    rows = [(one.at, one.act, one.connector, one.region, one.complaint, one.encode()) for one in entries]
    if rows:
        work.tuples(_INSERT, tuple(map(list, zip(*rows, strict=True))))
