"""Which place of an item is which field of ours: by its name, by what stands above it, and by what its values look like."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.drafting import looks, names, words_of_values
from connectors.drafting.leaves import Leaf

UNSURE: Final = 70
"""Percent below which a line is to be looked at by a person."""
_LEAST: Final = 40
_STAFF: Final = frozenset({"petugas", "tanggapan", "instansi", "diubah", "selesai", "terhapus", "batas"})
_PERSON: Final = "pelapor"
_PROFILE: Final = "foto_profil"
"""A picture by itself; what lies in a profile is its owner's."""
_TABOO: Final = frozenset({"kelamin", "sandi", "foto_profil", "ip", "dukungan"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One place for one field."""

    field: str
    leaf: Leaf
    sure: int
    """Percent."""
    because: str
    """name | values | both"""


def guesses(found: Sequence[Leaf]) -> dict[str, Guess]:
    """The likeliest place of every field that has one; no place serves two fields."""
    made = sorted(
        (one for leaf in found for one in _of(leaf, len(found))),
        key=lambda one: (-one.sure, len(one.leaf.keys), found.index(one.leaf)),
    )
    taken: set[tuple[str, ...]] = set()
    best: dict[str, Guess] = {}
    for one in made:
        if one.sure >= _LEAST and one.field not in best and one.leaf.keys not in taken:
            best[one.field] = one
            taken.add(one.leaf.keys)
    return best


def _of(leaf: Leaf, count: int) -> Iterator[Guess]:
    told = set(leaf.own) | leaf.above
    if set(leaf.own) & _TABOO or leaf.above & _TABOO - {_PROFILE}:
        return
    by_name: dict[str, int] = {}
    for field, sure, phrase in names.phrases():
        if (points := _named(leaf, field, sure, phrase)) > by_name.get(field, 0):
            by_name[field] = points
    for field, points in by_name.items():
        look = _LOOKS[field](leaf) if field in _LOOKS else 0
        yield Guess(field=field, leaf=leaf, sure=max(0, min(99, points + look)), because="both" if look > 0 else "name")
    for field, fits, sure in _BY_VALUE:
        if field not in by_name and leaf.values and not leaf.many and looks.share(leaf.values, fits) >= 0.9:
            yield Guess(field=field, leaf=leaf, sure=sure - (25 if told & _STAFF else 0), because="values")


def _named(leaf: Leaf, field: str, sure: int, phrase: frozenset[str]) -> int:
    """How surely a name tells a field: what it says besides costs, and so does whose name it is."""
    own, above = set(leaf.own), {_PERSON if word == _PROFILE else word for word in leaf.above}
    points = _points(leaf, field, sure, phrase, own, above)
    if field in _CHOICES and own and own <= _LABELS and above:  # {"status": {"description": "Diterima"}}
        return max(points, _points(leaf, field, sure - 2, phrase, above, set()))
    if own == {"label"} and above:  # {"title": {"rendered": "Jalan rusak"}}
        return max(points, _points(leaf, field, sure - 2, phrase, above, set()))
    return points


def _points(leaf: Leaf, field: str, sure: int, phrase: frozenset[str], own: set[str], above: set[str]) -> int:
    if not phrase <= own | above or not (phrase & own or _bare(leaf, phrase)):
        return 0
    points = (
        sure - 14 * len(own - phrase - _MEANT.get(field, frozenset())) - 5 * len(above - phrase - _WRAPS - {_PERSON})
    )
    person = _PERSON in own | above and _PERSON not in phrase
    if person and not field.startswith("reporter.") and field not in ("is_anonymous", "is_confidential"):
        points -= 60
    if person and field.startswith("reporter."):
        points += 14 if _PERSON in own else 0
        points += 4
    if field == "reporter.name" and own & _ASIDE:
        points -= 50
    if field == "target_institution" and "id" in own:
        points -= 40
    if field == "category_code" and "keluhan" in phrase and own & _NUMBERED:  # kd_keluhan is the complaint's own
        points -= 60
    if field in ("title", "body") and above & _ASIDE:
        points -= 40
    if (own | above) & _STAFF - phrase:
        points -= 45
    if field == "reporter.name" and above - {_PERSON} - _WRAPS and not person:
        points -= 40
    if leaf.many and field not in ("attachments", "replies"):
        points -= 60 if field == "source_url" else 30
    if len(phrase & above) and own <= phrase:
        points += 2
    return points


def _bare(leaf: Leaf, phrase: frozenset[str]) -> bool:
    """{"kategori": {"value": "Jalan"}}: the name itself says nothing and the one above it all."""
    return not leaf.own and bool(phrase & leaf.above)


_CHOICES: Final = frozenset({"category_code", "source_status", "target_institution", "kind", "region_name"})
_NUMBERED: Final = frozenset({"id", "kode", "nomor", "tanggal", "waktu"})
_LABELS: Final = frozenset({"nama", "judul", "label", "uraian", "isi", "keterangan"})
_ASIDE: Final = frozenset({"status", "kategori", "jenis", "instansi", "layanan", "lampiran", "lokasi", "kabupaten"})
_WRAPS: Final = frozenset({"keluhan", "detail", "isi"})
_MEANT: Final[Mapping[str, frozenset[str]]] = {
    "submitted_at": frozenset({"tanggal", "waktu", "dibuat"}),
    "changed": frozenset({"tanggal", "waktu"}),
    "incident_date": frozenset({"tanggal", "waktu"}),
    "location_text": frozenset({"kejadian", "detail"}),
    "attachments": frozenset({"kejadian", "url", "detail"}),
    "body": frozenset({"kejadian"}),
    "ref": frozenset({"nomor"}),
    "reporter.phone_e164": frozenset({"nomor"}),
    "reporter.national_id": frozenset({"nomor"}),
}
"""Words that may stand beside the phrase for nothing."""


# what values say -----------------------------------------------------------------------------------------------------


def _date(leaf: Leaf) -> int:
    if leaf.column:
        return (
            3
            if leaf.column.startswith(("date", "time"))
            else -5
            if "char" in leaf.column or "int" in leaf.column
            else -90
        )
    if not leaf.values:
        return 0
    return 3 if looks.dated(leaf.values) else -90


def _like(fits: Callable[[str], bool], least: float = 0.6) -> Callable[[Leaf], int]:
    def points(leaf: Leaf) -> int:
        if leaf.column or not leaf.values:
            return 0
        return 4 if looks.share(leaf.values, fits) >= least else -60

    return points


def _flag(leaf: Leaf) -> int:
    return (
        3
        if leaf.values and all(looks.is_flag(one) or len(str(one)) <= 12 for one in leaf.values[:60])
        else -60
        if leaf.values
        else 0
    )


def _body(leaf: Leaf) -> int:
    if leaf.column:
        return 4 if "text" in leaf.column else -6
    if not leaf.values:
        return 0
    if not all(isinstance(one, str) for one in leaf.values):
        return -90
    long = looks.length(leaf.values)
    return 4 if long >= 40 else -30 if long < 8 else -8 if long < 12 else 0


def _short(leaf: Leaf) -> int:
    if leaf.column:
        return -20 if leaf.column.startswith("date") else 0
    if looks.dated(leaf.values) is not None and not all(isinstance(one, int) for one in leaf.values):
        return -60
    if any(isinstance(one, dict | list) for one in leaf.values):
        return -90
    return -35 if looks.length(leaf.values) > 60 else 2 if leaf.values else 0


def _choice(leaf: Leaf) -> int:
    """A word is better than its number."""
    return _short(leaf) - (14 if leaf.values and looks.share(leaf.values, str.isdecimal) > 0.9 else 0)


def _status(leaf: Leaf) -> int:
    """A word that says where a complaint stands is better than one that says where a page of the web does."""
    if not leaf.values or words_of_values.statuses(leaf.values).known:
        return _choice(leaf)
    return _choice(leaf) - (8 if looks.share(leaf.values, str.isdecimal) > 0.9 else 28)


def _category(leaf: Leaf) -> int:
    known = words_of_values.categories(leaf.values)
    return _choice(leaf) + (3 if known.known else -25 if leaf.values else -10)


def _name(leaf: Leaf) -> int:
    if any(not isinstance(one, str) for one in leaf.values):
        return -60
    if leaf.values and looks.share(leaf.values, lambda text: any(sign.isalpha() for sign in text)) < 0.5:
        return -90
    if looks.share(leaf.values, looks.is_key) > 0.8:
        return -90
    if looks.share(leaf.values, looks.is_handle) > 0.8:
        return -12
    return -30 if looks.length(leaf.values) > 60 or looks.share(leaf.values, looks.is_url) > 0.5 else 0


def _handle(leaf: Leaf) -> int:
    told = leaf.values and looks.share(leaf.values, looks.is_handle) > 0.8
    return 2 if told else -60 if leaf.values else -10


def _ref(leaf: Leaf) -> int:
    if any(isinstance(one, dict | list | bool | float) for one in leaf.values):
        return -90
    if len(set(map(str, leaf.values))) < len(leaf.values):
        return -50
    if looks.share(leaf.values, lambda text: looks.is_phone(text) or looks.is_nik(text)) > 0.8:
        return -60
    return 2 if len(leaf.keys) == 1 else -15


def _file(leaf: Leaf) -> int:
    if any(isinstance(one, bool | int | float) for one in leaf.values):
        return -90
    told = [inner for one in leaf.values for inner in (one if isinstance(one, list) else [one])]
    if told and all(isinstance(one, dict) for one in told):
        return -90
    like = looks.share(told, looks.is_file)
    return 4 if like >= 0.6 else -60 if told and like < 0.3 else 0


def _texts(leaf: Leaf) -> int:
    return -90 if any(isinstance(one, dict | list) for one in leaf.values) else 0


def _kind(leaf: Leaf) -> int:
    return 0 if words_of_values.kinds(leaf.values).known else -90


def _title(leaf: Leaf) -> int:
    return _texts(leaf) - (10 if looks.length(leaf.values) > 200 else 0)


def _place(leaf: Leaf) -> int:
    if any(isinstance(one, dict | list | int | float) for one in leaf.values):
        return -90
    return -40 if looks.share(leaf.values, looks.is_pair) > 0.6 or looks.share(leaf.values, looks.is_url) > 0.6 else 0


def _names_only(leaf: Leaf) -> int:
    return _short(leaf) if not any(str(one).replace(".", "").isdecimal() for one in leaf.values) else -70


_LOOKS: Final[Mapping[str, Callable[[Leaf], int]]] = {
    "ref": _ref,
    "body": _body,
    "title": _title,
    "submitted_at": _date,
    "changed": _date,
    "incident_date": _date,
    "category_code": _category,
    "kind": _kind,
    "source_status": _status,
    "region_code": _like(looks.is_region, 0.8),
    "region_name": _names_only,
    "location_text": _place,
    "latitude": _like(looks.is_latitude),
    "longitude": _like(looks.is_longitude),
    "pair": _like(looks.is_pair),
    "target_institution": _names_only,
    "reported_party": _texts,
    "reporter.name": _name,
    "reporter.phone_e164": _like(looks.is_phone),
    "reporter.email": _like(looks.is_email),
    "reporter.national_id": _like(looks.is_nik),
    "reporter.handle": _handle,
    "is_anonymous": _flag,
    "is_confidential": _flag,
    "is_public": _flag,
    "attachments": _file,
    "source_url": _like(looks.is_url),
    "sp4n_id": _texts,
}
_BY_VALUE: Final = (
    ("reporter.email", looks.is_email, 60),
    ("reporter.national_id", looks.is_nik, 60),
    ("reporter.phone_e164", looks.is_phone, 50),
)
"""What may be told without a name."""


def longest_text(found: Sequence[Leaf], taken: set[tuple[str, ...]]) -> Leaf | None:
    """The place with the longest texts that no field has: where nothing is called a complaint, that may be it."""
    free = [one for one in found if one.keys not in taken and not one.many and looks.length(one.values) >= 25]
    return max(free, key=lambda one: looks.length(one.values), default=None)


def any_date(found: Sequence[Leaf], taken: set[tuple[str, ...]]) -> Leaf | None:
    """The first place with dates that no field has."""
    for one in found:
        if one.keys not in taken and not one.many and one.values and not (set(one.own) | one.above) & _STAFF:
            form: Any = looks.dated(one.values)
            if form is not None and form.format not in ("unix", "excel"):
                return one
    return None
