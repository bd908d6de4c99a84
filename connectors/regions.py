"""The regions of Indonesia by their Kemendagri codes: parents, time zones, names, and the codes of old and of BPS."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from connectors.errors import Misconfigured

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


# the table -------------------------------------------------------------------------------------------------------------

_TABLE: Final = Path(__file__).with_name("regions.csv")
_OWN: Final = "bps.csv"
_BPS: Final = re.compile(r"[0-9]{2}|[0-9]{4}|[0-9]{7}|[0-9]{10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A province, regency or city, as decreed by the Ministry of Home Affairs."""

    code: str
    name: str
    """With its kind before it: Kabupaten Blitar, Kota Blitar; a province without."""
    valid_from: date | None = None
    valid_to: date | None = None
    """The day on which the code gave way to `successor`; None while it holds."""
    successor: str = ""
    bps: str = ""
    """2 or 4 digits; "" where BPS has renumbered since its last bridging."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What codes mean here: the table that we bring, and what the operator adds for BPS."""

    regions: Mapping[str, Region]
    """By code; codes that no longer hold too."""
    bps: Mapping[str, str] = field(default_factory=dict)
    """BPS code of 2, 4, 7 or 10 digits -> Kemendagri code."""

    def today(self, code: str) -> str:
        """
        The code that holds today: 91.01 of before Papua was divided is 93.01.

        Of a kecamatan or village below an old code only the regency is told, for its other digits may have changed.
        """
        old = self.regions.get(code[:5])
        return old.successor if old is not None and old.successor else code

    def of_bps(self, code: str) -> str | None:
        """
        The Kemendagri code of a BPS code; None where nobody has said.

        BPS writes the same digits for other places (3174 is Jakarta Barat, 31.74 Jakarta Selatan): looked up, never
        rewritten. Of 7 or 10 digits without a row of their own the regency is told.
        """
        if not _BPS.fullmatch(code):
            return None
        return self.bps.get(code) or self.bps.get(code[:4])

    def below(self, parent: str) -> tuple[Region, ...]:
        """The regencies and cities of a province that hold today, in the order of their codes."""
        return tuple(one for one in self.regions.values() if one.code.startswith(f"{parent}.") and one.valid_to is None)


def places(own: Path | None = None) -> Places:
    """What we bring, and on top of it `own`/bps.csv (columns bps,kemendagri), where it is; raises Misconfigured."""
    brought = _brought()
    added = {} if own is None else _bps_of(own / _OWN)
    return brought if not added else Places(regions=brought.regions, bps={**brought.bps, **added})


@cache
def _brought() -> Places:
    with _TABLE.open(encoding="utf-8", newline="") as file:
        rows = [_region(row) for row in csv.DictReader(line for line in file if not line.startswith("#"))]
    return Places(regions={one.code: one for one in rows}, bps={one.bps: one.code for one in rows if one.bps})


def _region(row: Mapping[str, str]) -> Region:
    return Region(
        code=row["code"],
        name=row["name"],
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        successor=row["successor"],
        bps=row["bps"],
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


_CODE: Final = re.compile(r"[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?")


def _bps_of(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        raise _wrong(path.name, "bukan teks UTF-8 yang dapat dibaca", "it cannot be read as UTF-8 text") from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        bps, _, code = (one.strip() for one in line.replace(";", ",").partition(","))
        if not line.strip() or line.startswith("#") or (number == 1 and bps == "bps"):
            continue
        if not _BPS.fullmatch(bps) or not _CODE.fullmatch(code) or found.get(bps, code) != code:
            raise _wrong(f"{path.name}:{number}", *_NO_ROW)
        found[bps] = code
    return found


_NO_ROW: Final = (
    "tulis kode BPS, koma, lalu kode Kemendagri bertitik, masing-masing sekali",
    "write a BPS code, a comma and a Kemendagri code with dots, each once",
)


def _wrong(place: str, indonesian: str, english: str) -> Misconfigured:
    return Misconfigured(
        f"{place}: {english}.",
        hint="It lies in the folder 'regions' of SATUPINTU_HOME.",
        code="regions_file",
        indonesian=f"{place}: {indonesian}. Berkas ini ada di folder 'regions' pada SATUPINTU_HOME.",
    )
