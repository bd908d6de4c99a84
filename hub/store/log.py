"""Audit entries go into the transaction of the change they tell of; one sealer later gives them their places."""

from __future__ import annotations

from collections.abc import Sequence

from hub.audit.entry import Entry
from hub.store.work import Work

_INSERT = """
INSERT INTO entries (at, act, connector, region, complaint, body)
VALUES (:at, :act, :connector, :region, :complaint, :body)
"""


def append(work: Work, *entries: Entry) -> None:
    """Write entries in the caller's transaction; without them the change does not exist."""
    append_all(work, entries)


def append_all(work: Work, entries: Sequence[Entry]) -> None:
    """The same for a batch, in one statement."""
    work.many(
        _INSERT,
        [
            {
                "at": entry.at,
                "act": entry.act,
                "connector": entry.connector,
                "region": entry.region,
                "complaint": entry.complaint,
                "body": entry.encode(),
            }
            for entry in entries
        ],
    )
