"""Users and their tokens: rows only, of which secrets are hashes; hub.users decides and tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.store.work import Work

_COLUMNS = "u.id, u.name, u.role, u.region, u.institution, u.disabled_at, u.password IS NOT NULL AS has_password"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may use the hub."""

    id: int
    name: str
    role: str
    region: str
    institution: str | None
    disabled_at: datetime | None
    has_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is known of a token; the token itself is shown once and never stored."""

    id: int
    owner: str
    issued_at: datetime
    issued_by: str
    expires_at: datetime
    revoked_at: datetime | None


def find(work: Work, name: str, *, lock: bool = False) -> User | None:
    """The user of that name, or None; `lock`: nobody else changes him until the transaction ends."""
    row = work.one(f"SELECT {_COLUMNS} FROM users u WHERE name = :name{' FOR UPDATE' if lock else ''}", name=name)
    return User(**row._mapping) if row else None


def listed(work: Work) -> list[User]:
    """All that can be seen, by name."""
    return [User(**row._mapping) for row in work.rows(f"SELECT {_COLUMNS} FROM users u ORDER BY name")]


def add(work: Work, *, name: str, role: str, region: str, institution: str | None, by: str, now: datetime) -> bool:
    """A new user; False where there is one of that name."""
    return bool(
        work.run(
            """
            INSERT INTO users (name, role, region, institution, made_at, made_by)
            VALUES (:name, :role, :region, :institution, :now, :by) ON CONFLICT (name) DO NOTHING
            """,
            name=name,
            role=role,
            region=region,
            institution=institution,
            by=by,
            now=now,
        )
    )


def change(work: Work, user: int, *, role: str, region: str, institution: str | None) -> None:
    """Another role, region or institution; his tokens go with him."""
    work.run(
        "UPDATE users SET role = :role, region = :region, institution = :institution WHERE id = :user",
        user=user,
        role=role,
        region=region,
        institution=institution,
    )
    work.run("UPDATE tokens SET region = :region WHERE owner = :user", user=user, region=region)


def disable(work: Work, user: int, now: datetime) -> int:
    """He may do nothing any more; returns how many of his tokens that ends."""
    work.run("UPDATE users SET disabled_at = :now WHERE id = :user", user=user, now=now)
    return work.run(
        "UPDATE tokens SET revoked_at = :now WHERE owner = :user AND revoked_at IS NULL", user=user, now=now
    )


def set_password(work: Work, user: int, hashed: str) -> None:
    """Keep the hash of a password."""
    work.run("UPDATE users SET password = :hashed WHERE id = :user", user=user, hashed=hashed)


def password(work: Work, name: str) -> str | None:
    """The hash of his password; None where there is no such user, he has none, or he is disabled."""
    found: str | None = work.value("SELECT password FROM users WHERE name = :name AND disabled_at IS NULL", name=name)
    return found


# tokens ------------------------------------------------------------------------------------------------------------


def issue(work: Work, owner: User, sha256: bytes, *, by: str, now: datetime, until: datetime) -> int:
    """A new token of this hash; returns its number."""
    number: int = work.value(
        """
        INSERT INTO tokens (owner, region, sha256, issued_at, issued_by, expires_at)
        VALUES (:owner, :region, :sha256, :now, :by, :until) RETURNING id
        """,
        owner=owner.id,
        region=owner.region,
        sha256=sha256,
        by=by,
        now=now,
        until=until,
    )
    return number


def tokens(work: Work) -> list[Token]:
    """All that can be seen, the newest first."""
    rows = work.rows(
        """
        SELECT t.id, u.name AS owner, t.issued_at, t.issued_by, t.expires_at, t.revoked_at
        FROM tokens t JOIN users u ON u.id = t.owner ORDER BY t.id DESC
        """
    )
    return [Token(**row._mapping) for row in rows]


def revoke(work: Work, number: int, now: datetime) -> Any:
    """End a token; returns its owner's name and region, None where there is none that could end."""
    return work.one(
        """
        UPDATE tokens t SET revoked_at = :now FROM users u
        WHERE t.id = :number AND t.revoked_at IS NULL AND u.id = t.owner RETURNING u.name, u.region
        """,
        number=number,
        now=now,
    )


def bearer(work: Work, sha256: bytes, now: datetime) -> User | None:
    """Whose token this is, if it holds at this moment and he is not disabled."""
    row = work.one(
        f"""
        SELECT {_COLUMNS} FROM tokens t JOIN users u ON u.id = t.owner
        WHERE t.sha256 = :sha256 AND t.revoked_at IS NULL AND t.expires_at > :now AND u.disabled_at IS NULL
        """,
        sha256=sha256,
        now=now,
    )
    return User(**row._mapping) if row else None
