"""Compiles the `fields` of a manifest into one function from a foreign item to canonical values."""

from __future__ import annotations

import re
from collections import abc
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from connectors import paths, values
from connectors.paths import Failed, Getter
from connectors.values import Dropped, Setting, Wrong

if TYPE_CHECKING:
    from connectors.manifest import Manifest

Convert = Callable[[Any, Setting], Any]

CONVERSIONS: Final[abc.Mapping[str, Convert]] = {
    "source_url": values.address,
    "submitted_at": values.moment,
    "incident_date": values.day,
    "region_code": values.code,
    "latitude": values.coordinate(0),
    "longitude": values.coordinate(1),
    "reporter.phone_e164": values.phone,
    "reporter.email": values.email,
    "reporter.national_id": values.national_id,
    "is_supervisory": values.flag,
    "is_anonymous": values.flag,
    "is_confidential": values.flag,
    "attachments": values.attachments,
    "sp4n_id": values.mark,
    "re_report_of": values.mark,
}
"""Canonical field -> how its value is read; every other field is text, `extra.*` is kept as it is."""

_LATITUDES: Final = (-11.5, 6.5)
_LONGITUDES: Final = (94.5, 141.5)
_DOTTED: Final = re.compile(r"\d{2}(\.\d{2}){1,2}(\.\d{4})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What is wrong with one field, in codes; the value is never quoted."""

    path: str
    rule: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """The canonical values of one item, nested as in the complaint schema, and what could not be read."""

    values: dict[str, Any]
    problems: tuple[Flaw, ...] = ()
    """These keep the item from being a complaint."""
    notes: tuple[Flaw, ...] = ()
    """These values were left out; the complaint goes on without them."""
    unmapped: tuple[str, ...] = ()
    """Fields whose foreign code is not in the map: work items, never a default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """One canonical field: where it stands and how it is read."""

    name: str
    get: Getter
    setting: Setting
    convert: Convert
    translate: Callable[[str], Any] | None
    codes: frozenset[str] | None
    join: str | None


class _Unmapped(ValueError):
    """The foreign code is not in the map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A compiled manifest; build it with `compile` and use it for every item."""

    fields: tuple[_Field, ...]
    only: Getter | None

    def apply(self, payload: Any, now: datetime | None = None) -> Mapped:
        """Read one item. `now` is when it was received; only the date format `relative` needs it."""
        found: dict[str, Any] = {}
        problems: list[Flaw] = []
        notes: list[Flaw] = []
        unmapped: list[str] = []
        for field in self.fields:
            try:
                value = _read(field, payload, now)
            except Wrong as error:
                problems.append(Flaw(path=field.name, rule=error.rule, detail=error.detail))
            except Failed:
                problems.append(Flaw(path=field.name, rule="expression_failed"))
            except Dropped as error:
                notes.append(Flaw(path=field.name, rule=error.rule, detail=error.detail))
            except _Unmapped:
                unmapped.append(field.name)
            else:
                if value is not None:
                    _put(found, field.name, value)
        _settle_place(found, problems, notes)
        return Mapped(values=found, problems=tuple(problems), notes=tuple(notes), unmapped=tuple(unmapped))

    def wanted(self, payload: Any) -> bool:
        """False where the manifest's `only` says that this item is no complaint; a failing expression rejects nobody."""
        if self.only is None:
            return True
        try:
            return paths.truthy(self.only(payload))
        except Failed:
            return True


def compile(manifest: Manifest) -> Mapping:  # noqa: A001  # as re.compile
    """Make the mapping of a manifest that `connectors.manifest.load` has checked. Raises paths.BadPath for others."""
    url = manifest.options.get("url")
    base = Setting(zone=manifest.zone, base=url if isinstance(url, str) else None)
    return Mapping(
        fields=tuple(_field(name, spec, base) for name, spec in manifest.fields.items()),
        only=paths.getter(manifest.only) if manifest.only else None,
    )


def lookup(table: abc.Mapping[str, Any]) -> Callable[[str], Any]:
    """A reader of a foreign code table: the code as written first, then regardless of case and space where that is clear.

    The reader raises KeyError for an unknown code.
    """
    folded: dict[str, list[Any]] = {}
    for key, value in table.items():
        folded.setdefault(_fold(key), []).append(value)
    clear = {key: found[0] for key, found in folded.items() if len(found) == 1}
    return lambda code: table[code] if code in table else clear[_fold(code)]


def _fold(code: str) -> str:
    return " ".join(code.split()).casefold()


def _field(name: str, spec: Any, base: Setting) -> _Field:
    if isinstance(spec, str):
        spec = {"path": spec}
    constant = spec.get("const")
    table = spec.get("map")
    return _Field(
        name=name,
        get=(lambda payload: constant) if "const" in spec else paths.getter(spec["path"]),
        setting=replace(base, format=spec.get("format"), zone=spec.get("zone") or base.zone),
        convert=_keep if name.startswith("extra.") else CONVERSIONS.get(name, values.text),
        translate=lookup(table) if table is not None else None,
        codes=_codes(name),
        join=spec.get("join"),
    )


def _keep(value: Any, setting: Setting) -> Any:
    return values.clean(value)


def _codes(name: str) -> frozenset[str] | None:
    """The words that a coded field may hold where no map is given."""
    from schemas import words

    return {"kind": frozenset(words.KINDS), "category_code": frozenset(words.CATEGORIES)}.get(name)


def _read(field: _Field, payload: Any, now: datetime | None) -> Any:
    value = field.get(payload)
    if field.join is not None and isinstance(value, list):
        value = field.join.join(values.text(one) for one in value if not values.blank(one))
    if values.blank(value):
        return None
    if field.translate is not None:
        value = _translated(field.translate, value)
        if values.blank(value):
            return None
    if field.codes is not None and value not in field.codes:
        raise _Unmapped
    if field.setting.format == "relative":
        return field.convert(value, replace(field.setting, now=now))
    return field.convert(value, field.setting)


def _translated(translate: Callable[[str], Any], value: Any) -> Any:
    try:
        return translate(values.text(value))
    except KeyError:
        raise _Unmapped from None


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    group, _, rest = name.rpartition(".")
    target = found.setdefault(group, {}) if group else found
    if name == "submitted_at":
        value, found["submitted_precision"] = value
    target[rest] = value


def _settle_place(found: dict[str, Any], problems: list[Flaw], notes: list[Flaw]) -> None:
    """0,0 and half a pair are no place; a swapped pair is told, for moving it silently would hide a broken channel."""
    if _DOTTED.fullmatch(found.get("region_code") or ""):
        found.setdefault("code_system", "kemendagri")  # only Kemendagri writes dots; bare digits are never guessed
    latitude, longitude = found.get("latitude"), found.get("longitude")
    if latitude is None and longitude is None:
        return
    swapped = False
    if latitude is not None and longitude is not None:
        if _inside(latitude, longitude):
            return
        if swapped := _inside(longitude, latitude):
            problems.append(Flaw(path="latitude", rule="swapped_coordinates"))
    if (latitude or longitude) and not swapped:
        notes.append(Flaw(path="latitude", rule="coordinates_left_out"))
    found.pop("latitude", None)
    found.pop("longitude", None)


def _inside(latitude: float, longitude: float) -> bool:
    return _LATITUDES[0] <= latitude <= _LATITUDES[1] and _LONGITUDES[0] <= longitude <= _LONGITUDES[1]
