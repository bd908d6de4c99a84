"""Why a pair got its probability, in words that a citizen's officer can follow and contradict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dedup.model import Model
from dedup.places import Street, lonely
from dedup.quotable import STREET_WORDS

if TYPE_CHECKING:
    from dedup.view import View

MOST: Final = 4
_EXACT: Final = 0.995
_SLIGHT: Final = 0.1  # log odds below which a reason is none
Found = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that spoke for (weight > 0) or against (< 0), in log odds.

    ``code`` is free of any word of the complaints and may be logged. ``id`` and ``en`` are for people who may see the
    complaints: they may name the streets that differ, and nothing else of the texts.
    """

    code: str
    weight: float
    id: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """Measurements that say one thing together, and which code says it; None where there is nothing to say."""

    names: tuple[str, ...]
    code: Callable[[Found], str | None]


PHRASES: Final[dict[str, tuple[int, str, str]]] = {
    "exact_text": (1, "teksnya sama persis", "the text is equal"),
    "near_text": (1, "teksnya hampir sama", "the text is nearly equal"),
    "contained_text": (1, "teks yang satu bagian dari yang lain", "one text is part of the other"),
    "short_text": (-1, "teksnya terlalu pendek", "the text is too short"),
    "unlike_text": (-1, "kata-katanya berbeda", "the words are others"),
    "little_in_common": (
        -1,
        "hanya sedikit kata yang sama, dan tidak ada tempat yang sama",
        "few words are the same, and no place is",
    ),
    "other_words": (-1, "kata penting berbeda", "a telling word of one is missing in the other"),
    "same_words": (1, "tidak ada kata penting yang berbeda", "no telling word differs"),
    "other_street": (-1, "nama jalan berbeda", "the street is another"),
    "other_street_number": (-1, "nomor jalan atau gang berbeda", "the street's own number is another"),
    "same_street": (1, "nama jalan sama", "the street is the same"),
    "other_number": (
        -1,
        "angka atau huruf berbeda di tempat yang sama",
        "another number or letter stands at one place",
    ),
    "other_house": (-1, "nomor rumah berbeda", "the house number is another"),
    "same_house": (1, "nomor rumah sama", "the house number is the same"),
    "other_unit": (-1, "RT/RW berbeda", "the neighbourhood unit (RT/RW) is another"),
    "same_unit": (1, "RT/RW sama", "the neighbourhood unit (RT/RW) is the same"),
    "other_area": (-1, "kelurahan atau kecamatan berbeda", "the village or district is another"),
    "same_area": (1, "kelurahan sama", "the village is the same"),
    "other_named": (-1, "sekolah, pasar, desa, atau blok berbeda", "the school, market, village or block is another"),
    "same_named": (1, "sekolah, pasar, desa, atau simpang sama", "the school, market, village or crossing is the same"),
    "other_place": (-1, "lokasi berbeda", "the place is another"),
    "same_place": (1, "lokasi sama", "the place is the same"),
    "far": (-1, "jaraknya lebih dari 1 km", "more than 1 km apart"),
    "other_town": (-1, "kota atau kabupatennya berbeda", "the town or regency is another"),
    "apart": (-1, "teks pendek, jaraknya lebih dari 300 m", "short texts, more than 300 m apart"),
    "near": (1, "jaraknya kurang dari 350 m", "less than 350 m apart"),
    "long_after": (-1, "selisih waktu lebih dari seminggu", "more than a week apart"),
    "soon_after": (1, "waktunya berdekatan", "within a week"),
    "other_topic": (-1, "masalahnya berbeda", "the problem is another"),
    "same_topic": (1, "masalahnya sama", "the problem is the same"),
    "same_topic_here": (1, "masalah yang sama di tempat yang sama", "the same problem at the same place"),
    "other_reporter": (-1, "pelapornya berbeda", "the reporter is another"),
    "same_reporter": (1, "pelapornya sama", "the reporter is the same"),
    "same_ticket": (1, "menyebut nomor laporan yang sama", "both quote the same number"),
}
"""Code -> which way it speaks, and how it is said in Indonesian and English."""


def phrases(code: str) -> tuple[str, str]:
    """How a code is said, in Indonesian and English. KeyError for an unknown code."""
    _, indonesian, english = PHRASES[code]
    return indonesian, english


def reasons(model: Model, found: Found, one: View, other: View) -> tuple[Reason, ...]:
    """At most four, the strongest first; the words themselves are always among what is considered."""
    told = sorted(_told(model, found), key=lambda said: (-abs(said[1]), said[0]))[:MOST]
    return tuple(_reason(code, weight, one, other) for code, weight in told)


def unread(model: Model, share: float) -> tuple[Reason, ...]:
    """Why a pair was not measured: only so much (0..1) of what the shorter text tells stands in both, and no place."""
    return (_said("little_in_common", round(model.told({"contained": share}, "contained"), 2)),)


def _told(model: Model, found: Found) -> Iterator[tuple[str, float]]:
    for ground in _GROUNDS:
        code = ground.code(found)
        if code is not None:
            weight = sum(model.told(found, name) for name in ground.names)
            if weight * PHRASES[code][0] > _SLIGHT:
                yield code, round(weight, 2)


def _reason(code: str, weight: float, one: View, other: View) -> Reason:
    return _said(code, weight, _quoted(one, other) if code == "other_street" else "")


def _said(code: str, weight: float, streets: str = "") -> Reason:
    indonesian, english = phrases(code)
    return Reason(code=code, weight=weight, id=indonesian + streets, en=english + streets)


def _quoted(one: View, other: View) -> str:
    """How the first street of each that the other lacks begins; lanes, estates and what may be a person stay unnamed."""
    ours = _quotable(lonely(one.streets, other.streets))
    theirs = _quotable(lonely(other.streets, one.streets))
    return f": {ours[0]} / {theirs[0]}" if ours and theirs and ours[0] != theirs[0] else ""


def _quotable(streets: list[Street]) -> list[str]:
    """The first word of each name that is on the list: behind "jalan" may stand whoever blocked it."""
    return [one.name[0].title() for one in streets if one.quotable and one.name[0] in STREET_WORDS]


def _text(found: Found) -> str:
    if found["scarce"] > 0.25:
        return "short_text"
    if found["covered"] >= _EXACT:
        return "exact_text"
    if found["contained"] < 0.6:
        return "unlike_text"
    return "near_text" if found["covered"] >= 0.6 else "contained_text"


def _first(*codes: tuple[str, str]) -> Callable[[Found], str | None]:
    """The code of the first measurement that is there."""
    return lambda found: next((code for name, code in codes if found[name] > 0), None)


_GROUNDS: Final = (
    _Ground(
        names=(
            "contained",
            "covered",
            "shared",
            "matter",
            "pairs",
            "cosine",
            "token_set",
            "slips",
            "length",
            "few_words",
            "scarce",
        ),
        code=_text,
    ),
    _Ground(
        names=("lone", "lone_both", "kin_other", "replaced", "alike_lone_both", "alike_replaced"),
        code=lambda found: "other_words" if found["lone_both"] > 0.25 else "same_words",
    ),
    _Ground(
        names=(
            "street_same",
            "street_other",
            "street_swapped",
            "street_number",
            "alike_street_other",
            "alike_street_number",
        ),
        code=_first(
            ("street_other", "other_street"),
            ("street_swapped", "other_street"),
            ("street_number", "other_street_number"),
            ("street_same", "same_street"),
        ),
    ),
    _Ground(
        names=("house_same", "house_other", "alike_house_other"),
        code=_first(("house_other", "other_house"), ("house_same", "same_house")),
    ),
    _Ground(
        names=("rt_same", "rw_same", "rt_other", "rw_other"),
        code=_first(
            ("rt_other", "other_unit"), ("rw_other", "other_unit"), ("rt_same", "same_unit"), ("rw_same", "same_unit")
        ),
    ),
    _Ground(
        names=("kelurahan_same", "kelurahan_other", "kecamatan_other", "alike_kelurahan_other"),
        code=_first(
            ("kelurahan_other", "other_area"), ("kecamatan_other", "other_area"), ("kelurahan_same", "same_area")
        ),
    ),
    _Ground(
        names=("named_same", "named_other", "named_none", "alike_named_none"),
        code=_first(("named_other", "other_named"), ("alike_named_none", "other_named"), ("named_same", "same_named")),
    ),
    _Ground(
        names=("place_same", "place_other", "alike_place_other", "place_in_text", "alike_here", "unlike_proofs"),
        code=lambda found: (
            "other_place"
            if found["place_other"] > 0.5
            else _first(("place_same", "same_place"), ("place_in_text", "same_place"))(found)
        ),
    ),
    _Ground(
        names=("near", "far", "alike_far", "scarce_apart"),
        code=_first(("far", "far"), ("scarce_apart", "apart"), ("near", "near")),
    ),
    _Ground(names=("elsewhere", "town_other"), code=_first(("town_other", "other_town"), ("elsewhere", "other_town"))),
    _Ground(
        names=("over_week", "over_month", "unlike_over_week"),
        code=lambda found: "long_after" if found["over_week"] else "soon_after",
    ),
    _Ground(
        names=(
            "topic_same",
            "topic_other",
            "topic_none",
            "unlike_here_topic",
            "unlike_spot_topic",
            "unlike_here_other_topic",
        ),
        code=lambda found: (
            "same_topic_here"
            if max(found["unlike_here_topic"], found["unlike_spot_topic"]) > 0.1
            else "other_topic"
            if found["topic_other"] > 0.5
            else _first(("topic_same", "same_topic"))(found)
        ),
    ),
    _Ground(
        names=("reporter_alike", "reporter_other"),
        code=_first(("reporter_other", "other_reporter"), ("reporter_alike", "same_reporter")),
    ),
    _Ground(names=("number_replaced", "alike_number_replaced"), code=_first(("number_replaced", "other_number"))),
    _Ground(names=("ticket_same",), code=_first(("ticket_same", "same_ticket"))),
)
