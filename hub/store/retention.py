"""How long each class of data is kept, and what is older than that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from hub.store.work import Work
from schemas.words import TERMINAL

_NONE: Final = "('not_a_complaint', 'own_delivery')"
_CLOSED: Final = """c.state IN ('accepted', 'withheld_repeat') AND EXISTS (SELECT FROM deliveries d
    WHERE d.complaint = coalesce(c.behind, c.id) AND d.state IN ('created', 'routed', 'confirmed')
      AND d.last_status = ANY(CAST(:terminal AS text[])))"""
RULES: Final = MappingProxyType(
    {
        "not_a_complaint": f"c.state = 'rejected' AND c.reason IN {_NONE}",
        "quarantined": "c.state = 'quarantined'",
        "rejected": f"""(c.state = 'rejected' AND c.reason <> 'joined' AND c.reason NOT IN {_NONE})
            OR (c.state = 'accepted' AND EXISTS (SELECT FROM deliveries d
                WHERE d.complaint = c.id AND d.state = 'refused'))""",
        "closed": _CLOSED,
        "files": f"{_CLOSED} AND EXISTS (SELECT FROM attachments a WHERE a.complaint = c.id AND a.content_enc IS NOT NULL)",
        "messages": f"""{_CLOSED} AND EXISTS (SELECT FROM replies r
            WHERE r.complaint = c.id AND r.text_enc IS NOT NULL AND r.state <> 'queued')""",
    }
)
"""Class -> which complaints are of it. What joined a complaint goes with it; held and waiting ones are of no class."""
PARTS: Final = ("files", "messages")
"""Classes of which only a part goes; of the others everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """How long one class is kept; `days` None: for ever."""

    class_: str
    days: int | None
    set_at: datetime | None
    set_by: str | None


def terms(work: Work) -> list[Term]:
    """All classes, in the order of RULES."""
    rows = work.rows("SELECT class AS class_, days, set_at, set_by FROM retention")
    found = {row.class_: Term(**row._mapping) for row in rows}
    return [found.get(name) or Term(class_=name, days=None, set_at=None, set_by=None) for name in RULES]


def keep(work: Work, name: str, days: int | None, *, by: str, now: datetime) -> None:
    """Keep a class for so many days from now on; None: for ever."""
    work.run(
        """
        INSERT INTO retention (class, days, set_at, set_by) VALUES (:name, :days, :now, :by)
        ON CONFLICT (class) DO UPDATE SET days = excluded.days, set_at = excluded.set_at, set_by = excluded.set_by
        """,
        name=name,
        days=days,
        now=now,
        by=by,
    )


def stale(work: Work, name: str, before: datetime, *, after: UUID | None, limit: int) -> list[UUID]:
    """Complaints of a class of which nothing has been heard since `before`, by id behind `after`; the erased are left out."""
    rows = work.rows(
        _STALE.format(rule=RULES[name]),
        before=before,
        after=after,
        limit=limit,
        **({"terminal": list(TERMINAL)} if ":terminal" in RULES[name] else {}),
    )
    return [row.id for row in rows]


_STALE: Final = """
SELECT c.id FROM complaints c
WHERE (CAST(:after AS uuid) IS NULL OR c.id > :after) AND c.first_stored_at < :before AND ({rule})
  AND NOT EXISTS (SELECT FROM erasures e WHERE e.complaint = c.id AND e.lifted_at IS NULL)
  AND NOT EXISTS (SELECT FROM events v WHERE v.complaint = c.id AND v.seen_at >= :before)
  AND NOT EXISTS (SELECT FROM items i
                  WHERE i.connector = c.connector AND i.ref_hmac = c.ref_hmac AND i.received_at >= :before)
ORDER BY c.id LIMIT :limit
"""


def drop_files(work: Work, complaints: Sequence[UUID]) -> int:
    """Delete the bytes and addresses of the files of these complaints; returns how many files."""
    return work.run(
        """
        UPDATE attachments SET state = 'failed', reason = 'retention', content_enc = NULL, content_hmac = NULL, url_enc = NULL
        WHERE complaint = ANY(:ids) AND content_enc IS NOT NULL
        """,
        ids=list(complaints),
    )


def drop_messages(work: Work, complaints: Sequence[UUID]) -> int:
    """Delete the texts of messages to reporters that have left, or never will; returns how many."""
    return work.run(
        """
        UPDATE replies SET key_id = NULL, text_enc = NULL, text_hmac = NULL
        WHERE complaint = ANY(:ids) AND text_enc IS NOT NULL AND state <> 'queued'
        """,
        ids=list(complaints),
    )
