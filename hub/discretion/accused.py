"""Who is accused, read from a few typed words: which hub people must not see the complaint, when in doubt all of the region."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from connectors.regions import upwards
from hub.discretion.wordlists import Wordlists, plain

_TABLE: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("institutions.toml").read_text(encoding="utf-8"))
_LISTS: Final = Wordlists(
    {
        **{f"code.{code}": names for code, names in _TABLE["code"].items()},
        **{f"government.{level}": names for level, names in _TABLE["government"].items()},
        **{f"level.{level}": names for level, names in _TABLE["level"].items()},
        "unclear": _TABLE["unclear"],
    }
)
CODES: Final = tuple(_TABLE["code"])
"""The vocabulary of institution codes; what is stored holds nothing that somebody typed."""
_NOBODY: Final = frozenset(_TABLE["nobody"])
_LETTERS: Final = re.compile(r"[a-z0-9]+")
_PLACE: Final = re.compile(r"\b(?:kota|kab(?:upaten)?|prov(?:insi)?|propinsi)\b[^a-z0-9]+([a-z0-9 .]+)")

NAMED, DOUBTFUL = "named", "doubtful"
CONFIRMED, CLEARED = "confirmed", "cleared"
DECIDED: Final = (CONFIRMED, CLEARED)
"""What a person of the Inspektorat says of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accused:
    """What is stored about an accusation; it holds codes only."""

    word: str
    """named: an institution that we know how to read; doubtful: perhaps a person, perhaps anybody; or one of DECIDED."""
    hidden_from: tuple[str, ...]
    """Region codes whose hub people, and institution codes whose people, must not see it; sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What a name says."""

    codes: frozenset[str]
    government: frozenset[str]
    """regency | province | any: the region's government as a whole."""
    level: str | None
    """regency | province, where the name says one and only one."""
    place: frozenset[str]
    """Words behind Kota, Kabupaten or Provinsi."""
    unclear: bool


def names_somebody(party: str | None) -> bool:
    """Whether anybody is accused; "-", "tidak tahu" and the like are nobody."""
    if not party:
        return False
    words = _LETTERS.findall(plain(party))
    if not words:
        return any(one.isalnum() for one in party)
    return " ".join(words) not in _NOBODY


def institution_codes(name: str) -> tuple[str, ...]:
    """The codes by which an institution is known, sorted: two that share one are the same to us; () for a foreign name."""
    return tuple(sorted(_read(name).codes))


def accused(party: str | None, region: str, owners: Mapping[str, Iterable[str]]) -> Accused | None:
    """
    From whom a complaint is hidden; None where nobody is accused.

    `region` is the connector's Kemendagri code, `owners` the institutions that run the hub's channels, by region code:
    those of this region and of the ones above it count.
    """
    if not party or not names_somebody(party):
        return None
    read = _read(party)
    sure = bool(read.codes or read.government) and not read.unclear
    regions = [code for code in upwards(region) if not sure or _is_meant(read, code, owners.get(code, ()))]
    return Accused(word=NAMED if sure else DOUBTFUL, hidden_from=tuple(sorted({*read.codes, *regions})))


def standing(was: Accused | None, now: Accused | None, *, unchanged: bool) -> Accused | None:
    """
    What holds after a later version: nothing that a channel sends later uncovers what was hidden, a person does.

    `unchanged`: the later version accuses the same party in the same words, so what a person decided about it stays.
    """
    if was is None or now is None:
        return was or now
    if unchanged and was.word in DECIDED:
        return was
    return Accused(word=now.word, hidden_from=tuple(sorted({*was.hidden_from, *now.hidden_from})))


def carried(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Mapping[str, Any]:
    """The later version of a complaint with the accusation that an earlier one made: a channel cannot take it back."""
    if before is None:
        return after
    kept: dict[str, Any] = {name: True for name in ("is_supervisory", "is_whistle_blowing") if before.get(name)}
    if names_somebody(before.get("reported_party")) and not names_somebody(after.get("reported_party")):
        kept["reported_party"] = before["reported_party"]
    return {**after, **kept, "is_confidential": True} if kept else after


def same(party: str | None, institution: str | None) -> bool:
    """Whether an institution may be the accused one; in doubt, yes. False where one of the two is not told."""
    if not institution or not party or not names_somebody(party):
        return False
    left, right = _read(party), _read(institution)
    if left.unclear or not (left.codes or left.government) or not (right.codes or right.government):
        return True
    if _elsewhere(left, right):
        return False
    # a region's own account is kept by its coordinator, who may be anybody of its institutions
    return bool(left.codes & right.codes or left.government or right.government)


def _is_meant(read: _Read, code: str, owners: Iterable[str]) -> bool:
    """Whether the hub people of this region are the accused's: its government, or the institution that runs the channel."""
    level = "regency" if "." in code else "province"
    if read.government & {level, "any"}:
        return True
    if read.level not in (None, level):
        return False
    return any(
        not (own := _read(name)).codes or (own.codes & read.codes and not _elsewhere(read, own)) for name in owners
    )


def _elsewhere(one: _Read, other: _Read) -> bool:
    """Two places that are named, and are not the same."""
    return bool(one.place and other.place and not one.place & other.place)


@lru_cache(maxsize=4096)
def _read(name: str) -> _Read:
    found, words = _LISTS.found(name), plain(name)
    levels = {level for level in ("regency", "province") if f"level.{level}" in found}
    place = _PLACE.search(words)
    return _Read(
        codes=frozenset(_ends(found, "code.")),
        government=frozenset(_ends(found, "government.")),
        level=levels.pop() if len(levels) == 1 else None,
        place=frozenset(_LETTERS.findall(place[1])) if place else frozenset(),
        unclear="unclear" in found,
    )


def _ends(found: Iterable[str], beginning: str) -> Iterator[str]:
    return (one.removeprefix(beginning) for one in found if one.startswith(beginning))
