"""The measurements of a pair that the model weighs: each has a name that a person can argue about."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, hypot, log1p, radians
from typing import TYPE_CHECKING, Final

from dedup import places
from dedup.likeness import Likeness, likeness
from dedup.places import slip
from dedup.words import rarity, sound

if TYPE_CHECKING:
    from dedup.doc import Doc
    from dedup.view import View

MORE: Final = (
    "contained", "covered", "shared", "matter", "pairs", "cosine", "token_set", "slips", "length", "street_same",
    "unlike_spot_topic", "house_same", "rt_same", "rw_same", "kelurahan_same", "named_same", "near", "place_same",
    "place_in_text", "topic_same", "reporter_alike", "alike_here", "unlike_here_topic", "ticket_same",
)  # fmt: skip
"""What may only speak for one matter."""
LESS: Final = (
    "lone", "lone_both", "replaced", "few_words", "scarce", "street_other", "street_swapped", "street_number",
    "house_other", "rt_other", "rw_other", "named_other", "kelurahan_other", "kecamatan_other", "far", "place_other",
    "topic_other", "topic_none", "kin_other", "reporter_other", "over_week", "over_month", "number_replaced",
    "alike_number_replaced", "alike_replaced", "alike_lone_both", "alike_house_other", "named_none",
    "alike_named_none", "elsewhere", "town_other", "scarce_apart",
    "alike_street_other", "alike_street_number", "alike_far", "alike_kelurahan_other", "alike_place_other",
    "unlike_over_week", "unlike_here_other_topic", "unlike_proofs",
)  # fmt: skip
"""What may only speak against it; "alike_" is how much of one text the other holds, "unlike_" how little."""
NAMES: Final = (*MORE, *LESS)

_RARE: Final = 8.0  # nats: a measure of words is about 1 for a word that nobody else used
_KM_A_DEGREE: Final = 111.2
_APART_KM, NEAR_KM, _FAR_KM = 0.3, 0.35, 1.0
_ELSEWHERE_KM: Final = 60.0
"""Further than people work from where they live: another town has a street of that name. In the labelled set no repeat is
further than 0.3."""
_TOWN: Final = len("35.78")
_FEW: Final = 6
_TELLS_MUCH: Final = 60.0  # nats that two texts share
_SAYS_ENOUGH: Final = 12.0  # nats: two or three rare words
_WEEK, _MONTH = 7, 30
_WHOLE: Final = 5  # letters
_VOWELS: Final = frozenset("aeiou0123456789")
_ONE_NAME: Final = 0.5
_KIN: Final = frozenset(
    map(sound, ("ibu", "ayah", "anak", "suami", "istri", "nenek", "kakek", "adik", "kakak", "mertua"))
)
_TELLS: Final = 5.0  # nats of a name


def features(one: View, other: View) -> dict[str, float]:
    """Every name of `NAMES`, in either order of the two the same; about 130 microseconds."""
    words = likeness(one, other)
    found = _of_words(words, one, other) | _of_place(one, other) | _of_rest(one.doc, other.doc, one, other)
    return found | _together(found, words.contained, _spot(one, other))


def _of_words(words: Likeness, one: View, other: View) -> dict[str, float]:
    return {
        "contained": words.contained,
        "covered": words.covered,
        "matter": words.matter,
        "shared": min(words.shared / _TELLS_MUCH, 1.0),
        "pairs": words.pairs,
        "cosine": words.cosine,
        "token_set": words.token_set,
        "slips": min(words.slips * 5, 1.0),
        "length": min(log1p(min(one.mass, other.mass)), 6.0) / 6,
        "lone": words.lone / _RARE,
        "lone_both": words.lone_both / _RARE,
        "replaced": words.replaced / _RARE,
        "number_replaced": float(words.numbers),
        "scarce": max(0.0, 1 - min(one.mass, other.mass) / _SAYS_ENOUGH),
        "few_words": float(min(len(one.words), len(other.words)) < _FEW),
    }


def _of_place(one: View, other: View) -> dict[str, float]:
    street = places.best(one.streets, other.streets)
    other_side = _other_side(one, other)
    same_place, place_in_text = _place(one, other)
    ours, theirs = one.doc, other.doc
    km = distance(ours, theirs)
    return {
        "street_same": 0.0 if other_side else max(street or 0.0, 0.0),
        "street_other": float(street == places.OTHER),
        "street_number": float(street == places.OTHER_NUMBER),
        "street_swapped": float(
            street is not None and street > places.OTHER and places.swapped(one.streets, other.streets)
        ),
        "alike_named_none": float(_named_apart(one, other)),
        "scarce_apart": float(km is not None and km > _APART_KM),
        "elsewhere": float(km is not None and km > _ELSEWHERE_KM and not _one_hand(one, other)),
        "town_other": float(_towns_differ(ours.region, theirs.region)),
        **_matched("house", one.houses, other.houses),
        **_matched("rt", one.rt, other.rt),
        **_matched("rw", one.rw, other.rw),
        "named_same": float(_named_same(one, other)),
        "named_other": float(other_side or _named_other(one, other)),
        "named_none": float(_addressed(one) and _addressed(other) and not _one_address(street, same_place, one, other)),
        "kelurahan_same": float(bool(ours.kelurahan) and ours.kelurahan == theirs.kelurahan),
        "kelurahan_other": float(_differ(ours.kelurahan, theirs.kelurahan)),
        "kecamatan_other": float(_differ(ours.kecamatan, theirs.kecamatan)),
        "near": float(km is not None and km <= NEAR_KM),
        "far": float(km is not None and _is_far(km, street, same_place, one, other)),
        "place_same": same_place or 0.0,
        "place_other": 0.0 if same_place is None else 1 - same_place,
        "place_in_text": place_in_text,
    }


def _spot(one: View, other: View) -> float:
    """The rarest word that names a place in one and stands in the other."""
    held = [one.weight.get(said) or other.weight[said] for said in one.spots if said in other.weight]
    held += [other.weight.get(said) or one.weight[said] for said in other.spots if said in one.weight]
    return max(held, default=0.0) / _RARE


def _addressed(one: View) -> bool:
    return bool(one.streets or one.named or one.rt or one.rw)


def _one_address(street: float | None, same_place: float | None, one: View, other: View) -> bool:
    """Anything of the two addresses is equal."""
    return bool((street or 0.0) > 0 or (same_place or 0.0) > 0 or one.rt & other.rt or one.rw & other.rw) or _said_same(
        None, None, one, other, reporter=False
    )


def _is_far(km: float, street: float | None, same_place: float | None, one: View, other: View) -> bool:
    return km > _FAR_KM and (km > _ELSEWHERE_KM or not _said_same(street, same_place, one, other))


def _one_hand(one: View, other: View) -> bool:
    """The same reporter, or the same ticket: what is said of the place may be wrong, and it is one matter all the same."""
    return bool(one.doc.reporter & other.doc.reporter or one.tickets & other.tickets)


def _towns_differ(ours: str, theirs: str) -> bool:
    """Two known towns or regencies; of a province alone nobody knows which."""
    return min(len(ours), len(theirs)) >= _TOWN and ours[:_TOWN] != theirs[:_TOWN]


def other_area(ours: Doc, theirs: Doc) -> bool:
    """Two villages, districts, towns or regencies that are both known."""
    return (
        _differ(ours.kelurahan, theirs.kelurahan)
        or _differ(ours.kecamatan, theirs.kecamatan)
        or _towns_differ(ours.region, theirs.region)
    )


def _said_same(
    street: float | None, same_place: float | None, one: View, other: View, *, reporter: bool = True
) -> bool:
    """What both say of the place outranks where a telephone was: many write from home, or from the office."""
    ours, theirs = one.doc, other.doc
    return (
        (street or 0.0) >= places.LONGER
        or (same_place or 0.0) > _ONE_NAME
        or bool(one.houses & other.houses or one.tickets & other.tickets)
        or (bool(ours.kelurahan) and ours.kelurahan == theirs.kelurahan)
        or _named_same(one, other)
        or (reporter and bool(ours.reporter & theirs.reporter))
    )


def _of_rest(ours: Doc, theirs: Doc, one: View, other: View) -> dict[str, float]:
    days = abs(ours.day - theirs.day)
    topic = _topic(one.topics, other.topics)
    return {
        "topic_same": topic,
        "topic_other": 1 - topic if one.topics and other.topics else 0.0,
        "topic_none": float(bool(one.topics and other.topics) and not topic),
        "kin_other": float((one.weight.keys() & _KIN) != (other.weight.keys() & _KIN)),
        "reporter_alike": float(bool(ours.reporter & theirs.reporter)),
        "reporter_other": float(bool(ours.reporter and theirs.reporter and not ours.reporter & theirs.reporter)),
        "over_week": float(days > _WEEK),
        "over_month": float(days > _MONTH),
        "ticket_same": float(bool(one.tickets & other.tickets)),
    }


def _together(found: Mapping[str, float], contained: float, spot: float) -> dict[str, float]:
    """Products: the same words weigh against a conflict otherwise than other words do."""
    here = max(
        found["street_same"],
        found["place_same"],
        0.8 * found["near"],
        0.8 * found["named_same"],
        0.5 * found["kelurahan_same"],
    )
    proofs = sum(found[name] for name in ("near", "house_same", "rt_same", "kelurahan_same"))
    proofs += (found["street_same"] > places.LONGER) + (found["place_same"] > places.UNNUMBERED)
    unlike = 1 - contained
    return {
        "alike_street_other": contained * found["street_other"],
        "alike_street_number": contained * found["street_number"],
        "alike_replaced": contained**2 * found["replaced"],
        "alike_lone_both": contained**2 * found["lone_both"],
        "alike_number_replaced": contained**2 * found["number_replaced"],
        "alike_house_other": contained**2 * found["house_other"],
        "alike_far": contained * found["far"],
        "alike_kelurahan_other": contained * found["kelurahan_other"],
        "alike_place_other": contained * found["place_other"],
        "alike_here": contained * max(found["street_same"], found["place_same"], found["near"]),
        "reporter_alike": contained * found["reporter_alike"],
        "unlike_over_week": unlike * found["over_week"],
        "unlike_here_topic": unlike * here * found["topic_same"],
        "scarce_apart": found["scarce_apart"] * float(found["scarce"] > 0),
        "unlike_spot_topic": unlike * spot * found["topic_same"],
        "alike_named_none": contained**2 * found["alike_named_none"],
        "unlike_here_other_topic": unlike * here * found["topic_other"],
        "unlike_proofs": unlike * min(proofs, 4.0) / 4,
    }


def _matched(name: str, ours: frozenset[str], theirs: frozenset[str]) -> dict[str, float]:
    both = bool(ours and theirs)
    same = both and bool(ours & theirs)
    return {f"{name}_same": float(same), f"{name}_other": float(both and not same)}


def _differ(ours: str, theirs: str) -> bool:
    return bool(ours and theirs) and ours != theirs


def _named_other(one: View, two: View) -> bool:
    """Both name a village, a school or the like of one kind, and none of one is any of the other's, or stands in its text."""
    ours, theirs = one.named, two.named
    for kind in ({kind for kind, _ in ours} & {kind for kind, _ in theirs}) - places.BESIDE:
        mine = [name for of, name in ours if of == kind]
        yours = [name for of, name in theirs if of == kind]
        if any(_stands(name, two) for name in mine) or any(_stands(name, one) for name in yours):
            continue
        if not any(name == other or slip(name, other) > _ONE_NAME for name in mine for other in yours):
            return True
    return False


def _stands(name: str, other: View) -> bool:
    """It is written there, maybe with a blank more; an abbreviation is too little to miss."""
    return (
        name in other.words
        or (len(name) >= _WHOLE and name in other.joined)
        or (len(name) > 1 and not _VOWELS & set(name))
    )


def _other_side(one: View, two: View) -> bool:
    """Both say which of the places of one name, and it is another: Tanjung Raya, Tanjung Baru."""
    shared = one.sides.keys() & two.sides.keys()
    return any(one.sides[name] != two.sides[name] for name in shared)


def _named_apart(one: View, two: View) -> bool:
    """Each names a school, market, mall or the like, and nothing that either names stands in the other."""
    ours, theirs = _telling(one), _telling(two)
    if not ours or not theirs or ours & two.weight.keys() or theirs & one.weight.keys():
        return False
    return not any(slip(name, other) > _ONE_NAME for name in ours for other in theirs)


def _telling(one: View) -> set[str]:
    return {sound(name) for kind, name in one.named if kind not in places.PARTS}


def _named_same(one: View, two: View) -> bool:
    """Both name one school, market, village or crossing; the other may leave out what it is."""
    return _names(one.named, two) or _names(two.named, one) or any(
        kind == of and kind not in places.PARTS and slip(name, other) > _ONE_NAME
        for kind, name in one.named
        for of, other in two.named
    )  # fmt: skip


def _names(named: frozenset[tuple[str, str]], other: View) -> bool:
    """A telling name of one stands in the other."""
    return any(
        kind not in places.PARTS
        and name in other.words
        and (rarity(sound(name)) > _TELLS or (kind, name) in other.named)
        for kind, name in named
    )


def _place(one: View, other: View) -> tuple[float | None, float]:
    """How alike the two place fields are (None: one is empty), and how much of either stands in the other's text."""
    same = max(_held(one.place, other.place), _held(other.place, one.place)) if one.place and other.place else None
    return same, max(_held(one.place, other.weight), _held(other.place, one.weight))


def _held(place: Mapping[str, float], by: Mapping[str, float]) -> float:
    whole = sum(place.values())
    return sum(weight for said, weight in place.items() if said in by) / whole if whole else 0.0


def distance(ours: Doc, theirs: Doc) -> float | None:
    """Kilometres between two complaints; None where one has no coordinates."""
    if ours.lat is None or ours.lon is None or theirs.lat is None or theirs.lon is None:
        return None
    north, east = (ours.lat - theirs.lat) * _KM_A_DEGREE, (ours.lon - theirs.lon) * _KM_A_DEGREE
    return hypot(north, east * cos(radians((ours.lat + theirs.lat) / 2)))


def _topic(ours: Mapping[str, float], theirs: Mapping[str, float]) -> float:
    """0..1: the cosine of what they speak of."""
    dot = sum(weight * theirs.get(topic, 0.0) for topic, weight in ours.items())
    lengths = sum(w * w for w in ours.values()) * sum(w * w for w in theirs.values())
    return float(dot / lengths**0.5) if dot else 0.0
