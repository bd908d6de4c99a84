"""Which hub key wraps which data keys, and how they come under another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from hub.store.packed import byteas, uuids
from hub.store.work import Work

FIRST = UUID(int=0)


def counts(work: Work) -> Mapping[str, int]:
    """Fingerprint of a hub key -> how many data keys it wraps."""
    return {
        row.hub_key: int(row.wrapped)
        for row in work.rows("SELECT hub_key, count(*) AS wrapped FROM data_keys GROUP BY 1")
    }


def written_with(work: Work) -> str:
    """The fingerprint of the hub key that the database belongs to."""
    return str(work.value("SELECT hub_key FROM hub"))


def has_begun(work: Work, name: str) -> bool:
    """Whether the log has a rotation to this hub key."""
    found = work.value(
        "SELECT EXISTS (SELECT FROM entries WHERE act = 'key_rotation_began' "
        "AND position(convert_to(:name, 'UTF8') IN body) > 0)",
        name=f'"after":"{name}"',
    )
    return bool(found)


def others(work: Work, name: str, *, behind: UUID, limit: int) -> Sequence[tuple[UUID, bytes]]:
    """Data keys that another hub key wraps, in the order of their identifiers, locked: an erasure waits or has been."""
    rows = work.tuples(
        "SELECT id, wrapped FROM data_keys WHERE hub_key <> %b AND id > %b ORDER BY id LIMIT %b FOR UPDATE",
        (name, behind, limit),
    )
    return [(row[0], bytes(row[1])) for row in rows]


def wrap(work: Work, name: str, rows: Sequence[tuple[UUID, bytes]]) -> None:
    """The same data keys, wrapped under the hub key of that name."""
    ids, wrapped = zip(*rows, strict=True)
    work.tuples(
        "UPDATE data_keys k SET hub_key = %b, wrapped = n.wrapped "
        "FROM unnest(%b::uuid[], %b::bytea[]) AS n(id, wrapped) WHERE k.id = n.id",
        (name, uuids([one.bytes for one in ids]), byteas(list(wrapped))),
    )


def settle(work: Work, name: str) -> None:
    """The database belongs to the hub key of that name."""
    work.run("UPDATE hub SET hub_key = :name", name=name)
