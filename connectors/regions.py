"""What a Kemendagri region code tells by itself: its parents, its province and that province's time zone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

# Indonesia has three zones and no summer time; Kalimantan Barat and Tengah have a zone name of their own with the same hour.
_JAKARTA: Final = ("11", "12", "13", "14", "15", "16", "17", "18", "19", "21", "31", "32", "33", "34", "35", "36")
_PONTIANAK: Final = ("61", "62")
_MAKASSAR: Final = ("51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76")
_JAYAPURA: Final = ("81", "82", "91", "92", "93", "94", "95", "96")

ZONES: Final = {
    **dict.fromkeys(_JAKARTA, "Asia/Jakarta"),
    **dict.fromkeys(_PONTIANAK, "Asia/Pontianak"),
    **dict.fromkeys(_MAKASSAR, "Asia/Makassar"),
    **dict.fromkeys(_JAYAPURA, "Asia/Jayapura"),
}
"""Province code -> IANA zone, all 38 provinces."""


def zone(region: str) -> str | None:
    """The IANA zone of a region's province, None where there is no such province."""
    return ZONES.get(province(region))


def province(region: str) -> str:
    """The province part of a dotted code: "35.78.08" -> "35"."""
    return region.partition(".")[0]


def upwards(region: str) -> Iterator[str]:
    """The code itself, then its parents: "35.78.08", "35.78", "35"."""
    while region:
        yield region
        region = region.rpartition(".")[0]
