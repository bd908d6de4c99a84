"""The code of a regency or city from its name, inside a province that is known; of two that fit neither is taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from connectors.regions import Places, Region

_SEAT: Final = r"(?:pemerintah(?:an)?\s+)?(?:daerah\s+)?"
_REGENCY: Final = re.compile(rf"^{_SEAT}(?:pemkab|pemdakab|kabupaten|kab)\b[\s.]*(?:(?:administrasi|adm)\b[\s.]*)?")
_CITY: Final = re.compile(
    rf"^{_SEAT}(?:pemkot|kotamadya|kotamdya|kodya|kotif|kota|kt)\b[\s.]*(?:(?:administrasi|adm)\b[\s.]*)?"
)
_PROVINCE: Final = re.compile(rf"^{_SEAT}(?:pemprov|provinsi|propinsi|prov|prop)\b[\s.]*")
_ENGLISH: Final = re.compile(r"(?<!\s)\s+(city|regency|municipality|province)$")
_ISLANDS: Final = re.compile(r"\bkep\b\.?")
_KINDS: Final = {"city": "Kota", "municipality": "Kota", "regency": "Kabupaten", "province": "Provinsi"}
_OTHER: Final = {
    "50kota": "limapuluhkota",
    "fakfak": "fakfak",
    "kukar": "kutaikartanegara",
    "kutim": "kutaitimur",
    "kubar": "kutaibarat",
    "mahulu": "mahakamulu",
    "muba": "musibanyuasin",
    "oki": "ogankomeringilir",
    "oku": "ogankomeringulu",
    "pali": "penukalabablematangilir",
    "pangkep": "pangkajenedankepulauan",
    "pangkajenekepulauan": "pangkajenedankepulauan",
    "sidrap": "sidenrengrappang",
    "polman": "polewalimandar",
    "batola": "baritokuala",
    "siantar": "pematangsiantar",
    "solo": "surakarta",
    "jogja": "yogyakarta",
    "sitaro": "kepulauansiautagulandangbiaro",
    "dkijakarta": "daerahkhususibukotajakarta",
    "dkjakarta": "daerahkhususibukotajakarta",
    "daerahkhususjakarta": "daerahkhususibukotajakarta",
    "diyogyakarta": "daerahistimewayogyakarta",
    "diy": "daerahistimewayogyakarta",
    "bangkabelitung": "kepulauanbangkabelitung",
    "ntb": "nusatenggarabarat",
    "ntt": "nusatenggaratimur",
}
"""How offices and newspapers call a region -> its name; like all names it is found only inside its province."""
_LONGEST: Final = 100


class Unknown(ValueError):
    """No region of the province has this name."""


class Ambiguous(ValueError):
    """Several regions have this name; `codes` are theirs, and which one is meant only the channel knows."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        self.codes = codes
        super().__init__("ambiguous")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    kind: str
    """Kabupaten, Kota, Provinsi or "" where it is not told."""
    bare: str


def code_of(written: str, within: str, places: Places) -> str:
    """
    The code of a region that is called so inside `within`, a province or a regency; never beyond it.

    "Kab. Blitar" and "Kota Blitar" are told apart, "Blitar" alone raises Ambiguous, any other name Unknown.
    """
    folded = " ".join(written.replace("_", " ").split()).casefold()
    if not folded or len(folded) > _LONGEST:
        raise Unknown
    province = within[:2]
    known = [one for one in (*_alone(places, province), *places.below(province)) if _inside(one.code, within)]
    for name in _readings(folded):
        fits = tuple(one.code for one in known if _fits(one, name))
        if len(fits) > 1:
            raise Ambiguous(fits)
        if fits:
            return fits[0]
    raise Unknown


def codes_of(written: str, places: Places) -> tuple[str, ...]:
    """The codes of all regions of today that are called so, with where they are what; () where none is."""
    folded = " ".join(written.replace("_", " ").split()).casefold()
    if not folded or len(folded) > _LONGEST:
        return ()
    known = [one for one in places.regions.values() if one.valid_to is None]
    for name in _readings(folded):
        if found := tuple(f'"{one.code}" ({one.name})' for one in known if _fits(one, name)):
            return found
    return ()


def _inside(code: str, within: str) -> bool:
    return code == within or code.startswith(f"{within}.")


def _alone(places: Places, province: str) -> tuple[Region, ...]:
    found = places.regions.get(province)
    return () if found is None else (found,)


def _fits(region: Region, name: _Name) -> bool:
    kind, bare = _parts(region.name)
    return bare == name.bare and name.kind in ("", kind)


def _readings(folded: str) -> Iterator[_Name]:
    """What the words may mean, the likeliest first: "Kota Baru" is a city called Baru, else the regency Kotabaru."""
    if found := _ENGLISH.search(folded):
        yield _Name(kind=_KINDS[found[1]], bare=_bare(folded[: found.start()]))
    for form, kind in ((_REGENCY, "Kabupaten"), (_CITY, "Kota"), (_PROVINCE, "Provinsi")):
        if found := form.match(folded):
            yield _Name(kind=kind, bare=_bare(folded[found.end() :]))
    yield _Name(kind="", bare=_bare(folded))


def _bare(words: str) -> str:
    """Letters and digits only, so that Toli-Toli, Toli Toli and Tolitoli are one name."""
    squeezed = re.sub(r"[^0-9a-z]+", "", _ISLANDS.sub("kepulauan", words))
    return _OTHER.get(squeezed, squeezed)


@lru_cache(maxsize=1024)
def _parts(name: str) -> tuple[str, str]:
    kind, _, rest = name.partition(" ")
    if kind not in ("Kabupaten", "Kota"):
        return "Provinsi", _bare(name.casefold())
    return kind, _bare(rest.casefold().removeprefix("administrasi "))
