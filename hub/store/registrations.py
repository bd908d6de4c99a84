"""Versions of registered manifests: rows that are only added; hub.registering decides and tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.store.work import Work

_COLUMNS = "name, version, region, act, state, body, sha256, from_version, made_by, made_at, because"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of one manifest."""

    name: str
    version: int
    region: str
    act: str
    """registered | put_back | activated | deactivated"""
    state: str
    """shadow | active | disabled"""
    body: str
    sha256: str
    """Hex, of the body's bytes."""
    from_version: int | None
    made_by: str
    made_at: datetime
    because: str | None = None


def every(work: Work, name: str) -> list[Version]:
    """All versions of one name, oldest first."""
    rows = work.rows(f"SELECT {_COLUMNS} FROM registrations WHERE name = :name ORDER BY version", name=name)
    return [Version(**row._mapping) for row in rows]


def running(work: Work, only: str | None = None) -> list[Version]:
    """The version of each name that runs: the newest that is activated or was ended, else the newest; sorted by name."""
    rows = work.rows(
        f"""
        SELECT DISTINCT ON (name) {_COLUMNS} FROM registrations WHERE CAST(:only AS text) IS NULL OR name = :only
        ORDER BY name, state = 'shadow', version DESC
        """,
        only=only,
    )
    return [Version(**row._mapping) for row in rows]


def add(work: Work, one: Version) -> None:
    """One more version; the caller holds the lock of its name."""
    work.run(
        f"""
        INSERT INTO registrations ({_COLUMNS}) VALUES (:name, :version, :region, :act, :state, :body, :sha256,
                                                       :from_version, :made_by, :made_at, :because)
        """,
        name=one.name,
        version=one.version,
        region=one.region,
        act=one.act,
        state=one.state,
        body=one.body,
        sha256=one.sha256,
        from_version=one.from_version,
        made_by=one.made_by,
        made_at=one.made_at,
        because=one.because,
    )
