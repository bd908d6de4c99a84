"""Which of Indonesia's three times a region lives by (Keputusan Presiden 41/1987; later provinces keep their mother's)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

_CENTRAL: Final = frozenset({"51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76"})
_EAST: Final = frozenset({"81", "82", "91", "92", "93", "94", "95", "96", "97"})


def zone_of(region: str | None) -> ZoneInfo:
    """The zone of a Kemendagri code, by its province; without one Jakarta's."""
    province = (region or "")[:2]
    east, central = province in _EAST, province in _CENTRAL
    return ZoneInfo("Asia/Jayapura" if east else "Asia/Makassar" if central else "Asia/Jakarta")


def both(at: datetime | None, region: str | None) -> str:
    """`2026-12-01 10:00:00 WITA (02:00:00 UTC)`; empty for None."""
    if at is None:
        return ""
    here, utc = at.astimezone(zone_of(region)), at.astimezone(UTC)
    day = "" if here.date() == utc.date() else f"{utc:%Y-%m-%d} "
    return f"{here:%Y-%m-%d %H:%M:%S %Z} ({day}{utc:%H:%M:%S} UTC)"
