"""Users, passwords and tokens: made, changed and ended by a named person, each with an entry."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from hub.access import NATION, ROLES, NotAllowed, Who, covers
from hub.audit.entry import Detail, Entry
from hub.discretion.accused import institution_codes
from hub.model import Tally
from hub.spine import Hub
from hub.store import users
from hub.store.log import append
from hub.store.users import Token, User
from hub.store.work import Work

PREFIX = "spt_"
"""Begins every token, so that scanners for secrets and people know one."""
LONGEST = 366
"""Days that a token may hold."""
SHORTEST_PASSWORD = 12
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")
_REGION = re.compile(r"\*|\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?", re.ASCII)


class WrongUser(Exception):
    """What was said about a user or a token cannot be; nothing was changed."""


def add(
    hub: Hub, name: str, *, role: str, region: str, institution: str | None = None, by: str, because: str = ""
) -> Tally:
    """A new user, without a password and without a token. Raises WrongUser, NotAllowed."""
    _possible(name, role, region)
    _his(hub, region)
    now = hub.clock()
    with hub.store.begin() as work:
        if not users.add(work, name=name, role=role, region=region, institution=institution, by=by, now=now):
            raise WrongUser(f"There is a user {name} already. See 'satupintu users list'.")
        detail: dict[str, Detail] = {"user": name, "role": role, "scope": region, "institution": institution}
        append(work, _entry("user_added", region, by, now, detail | {"because": because[:500] or None}))
    return Tally(verb="users add", done=1)


def change(
    hub: Hub,
    name: str,
    *,
    role: str | None = None,
    region: str | None = None,
    institution: str | None = None,
    by: str,
    because: str,
) -> Tally:
    """Another role, region or institution ('' for none); what is None stays. Raises WrongUser, NotAllowed."""
    now = hub.clock()
    with hub.store.begin() as work:
        was = _user(work, name)
        new = role or was.role, region or was.region, was.institution if institution is None else institution or None
        _possible(name, new[0], new[1])
        _his(hub, new[1])
        if new == (was.role, was.region, was.institution):
            return Tally(verb="users role", skipped=1, notes=(f"{name} stays as he was.",))
        users.change(work, was.id, role=new[0], region=new[1], institution=new[2])
        before: dict[str, Detail] = {
            "was_role": was.role,
            "was_scope": was.region,
            "was_institution": was.institution,
        }
        after: dict[str, Detail] = {"user": name, "role": new[0], "scope": new[1], "institution": new[2]}
        append(work, _entry("user_changed", new[1], by, now, {**before, **after, "because": because[:500]}))
    return Tally(verb="users role", done=1)


def disable(hub: Hub, name: str, *, by: str, because: str) -> Tally:
    """He may do nothing any more, and his tokens end. Raises WrongUser."""
    now = hub.clock()
    with hub.store.begin() as work:
        user = _user(work, name)
        if user.disabled_at is not None:
            return Tally(verb="users disable", skipped=1, notes=(f"{name} is disabled since {user.disabled_at:%F}.",))
        ended = users.disable(work, user.id, now)
        detail: dict[str, Detail] = {"user": name, "was": "active", "now": "disabled", "because": because[:500]}
        append(work, _entry("user_changed", user.region, by, now, detail, count=ended))
    return Tally(verb="users disable", done=1, notes=(f"{ended} of his tokens ended.",))


def set_password(hub: Hub, name: str, secret: str, *, by: str) -> Tally:
    """Keep the argon2id hash of a password. Raises WrongUser."""
    from argon2 import PasswordHasher

    if len(secret) < SHORTEST_PASSWORD or name.casefold() in secret.casefold():
        raise WrongUser(f"A password has at least {SHORTEST_PASSWORD} letters and does not hold the user's name.")
    hashed = PasswordHasher().hash(secret)
    now = hub.clock()
    with hub.store.begin() as work:
        user = _user(work, name)
        users.set_password(work, user.id, hashed)
        append(work, _entry("password_set", user.region, by, now, {"user": name, "had_one": user.has_password}))
    return Tally(verb="users password", done=1)


def known_by(hub: Hub, name: str, secret: str) -> Who | None:
    """Who logs in with name and password, or None; it takes as long whether or not there is such a user."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    hasher = PasswordHasher()
    with hub.store.begin() as work:
        kept, user = users.password(work, name), users.find(work, name)
    try:
        hasher.verify(kept or hasher.hash("no such user"), secret)
    except (VerificationError, InvalidHashError):
        return None
    return _who(user) if kept and user else None


def listed(hub: Hub) -> Sequence[User]:
    """The users of the regions that the caller sees."""
    with hub.store.begin() as work:
        return users.listed(work)


# tokens ------------------------------------------------------------------------------------------------------------


def issue(hub: Hub, name: str, *, days: int, by: str, random: Callable[[int], bytes]) -> tuple[str, Tally]:
    """A new token, which nobody can read again, and until when it holds. Raises WrongUser."""
    if not 1 <= days <= LONGEST:
        raise WrongUser(f"A token holds for 1 to {LONGEST} days.")
    now = hub.clock()
    until = now + timedelta(days=days)
    token = PREFIX + random(32).hex()
    with hub.store.begin() as work:
        user = _user(work, name)
        if user.disabled_at is not None:
            raise WrongUser(f"{name} is disabled.")
        number = users.issue(work, user, digest(token), by=by, now=now, until=until)
        detail: dict[str, Detail] = {"user": name, "token": number, "until": until.date().isoformat()}
        append(work, _entry("token_issued", user.region, by, now, detail))
    return token, Tally(verb="tokens issue", done=1, notes=(f"Token {number} of {name} holds until {until:%F}.",))


def tokens(hub: Hub) -> Sequence[Token]:
    """The tokens of the users whom the caller sees, without what opens anything."""
    with hub.store.begin() as work:
        return users.tokens(work)


def revoke(hub: Hub, number: int, *, by: str, because: str) -> Tally:
    """End a token before its day. Raises WrongUser."""
    now = hub.clock()
    with hub.store.begin() as work:
        row = users.revoke(work, number, now)
        if row is None:
            raise WrongUser(f"There is no token {number} that could be revoked. See 'satupintu tokens list'.")
        detail: dict[str, Detail] = {"user": row.name, "token": number, "because": because[:500]}
        append(work, _entry("token_revoked", row.region, by, now, detail))
    return Tally(verb="tokens revoke", done=1)


def bearer(hub: Hub, token: str) -> Who:
    """Who comes with this token. Raises NotAllowed, which does not say what is wrong with it."""
    with hub.store.begin() as work:
        user = users.bearer(work, digest(token), hub.clock())
    if user is None:
        raise NotAllowed(
            "Token tidak berlaku (salah, kedaluwarsa atau dicabut); minta yang baru kepada administrator. / The token in "
            "SATUPINTU_TOKEN is wrong, expired or revoked; ask an administrator for a new one, or unset it."
        )
    return _who(user)


def digest(token: str) -> bytes:
    """What is stored of a token: it is 32 random bytes, so that nothing slower than SHA-256 is needed."""
    return hashlib.sha256(token.encode()).digest()


def _who(user: User) -> Who:
    return Who(name=user.name, role=user.role, region=user.region, institution=_codes(user.institution))


def _codes(institution: str | None) -> str | None:
    """The codes by which a complaint says from whom it is hidden (hub/discretion), and the institution as it was written."""
    if not institution:
        return None
    return ",".join(dict.fromkeys((*institution_codes(institution), *institution.split(","))))


def _user(work: Work, name: str) -> User:
    user = users.find(work, name, lock=True)
    if user is None:
        raise WrongUser(f"There is no user {name} here. See 'satupintu users list'.")
    return user


def _possible(name: str, role: str, region: str) -> None:
    if not _NAME.fullmatch(name):
        raise WrongUser("A user's name has 2 to 60 small letters, digits, dots, dashes and underscores.")
    if role not in ROLES:
        raise WrongUser(f"'{role}' is none of the roles {', '.join(ROLES)}.")
    if not _REGION.fullmatch(region):
        raise WrongUser(f"'{region}' is no region: write a Kemendagri code such as 63 or 63.04, or '*' for the nation.")


def _his(hub: Hub, region: str) -> None:
    if not covers(hub.who.region, region):
        raise NotAllowed(
            f"Wilayah {region} di luar wewenang Anda. / The region {region} is not within yours, {hub.who.region}."
        )


def _entry(act: str, region: str, by: str, now: datetime, detail: dict[str, Detail], count: int | None = None) -> Entry:
    return Entry(act=act, at=now, actor=by, region=None if region == NATION else region, count=count, detail=detail)
