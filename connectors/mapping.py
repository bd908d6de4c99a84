"""Compiles the `fields` of a manifest into closures chosen once, so that an item costs what its values cost and no more.

Nothing in a manifest becomes code: names select entries of the tables below, paths select values, all else is data.
"""

from __future__ import annotations

import re
from collections import abc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from connectors import links, paths, regions, values
from connectors.paths import Failed, Getter
from connectors.region_names import Ambiguous, Unknown, code_of
from connectors.values import Convert, Dropped, Setting, Wrong

if TYPE_CHECKING:
    from connectors.manifest import Manifest


def _always(convert: Convert) -> Callable[[Setting], Convert]:
    return lambda setting: convert


CONVERSIONS: Final[abc.Mapping[str, Callable[[Setting], Convert]]] = {
    "source_url": links.address,
    "submitted_at": values.moment,
    "incident_date": values.day,
    "region_code": _always(values.code),
    "latitude": _always(values.coordinate(0)),
    "longitude": _always(values.coordinate(1)),
    "reporter.phone_e164": values.uncut_phone,
    "reporter.email": _always(values.email),
    "reporter.national_id": _always(values.national_id),
    "is_supervisory": _always(values.flag),
    "is_whistle_blowing": _always(values.flag),
    "is_anonymous": _always(values.flag),
    "is_confidential": _always(values.flag),
    "attachments": links.attachments,
    "sp4n_id": _always(values.mark),
    "re_report_of": _always(values.mark),
}
"""Canonical field -> how its value is read; every other field is text, `extra.*` is kept as it is."""

_LATITUDES: Final = (-11.5, 6.5)
_LONGITUDES: Final = (94.5, 141.5)
_DOTTED: Final = re.compile(r"\d{2}(\.\d{2}){1,2}(\.\d{4})?")
_KEMENDAGRI: Final = "kemendagri"


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


class _Unmapped(ValueError):
    """The foreign code is not in the map."""


Timed = Callable[[datetime | None], Getter]
Field = tuple[str, str, str, Getter]
"""Canonical name, its group ("" for none) and its name in there, and the reader of its value, which raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A compiled manifest; build it with `compile` and use it for every item."""

    fields: tuple[Field, ...]
    timed: tuple[tuple[str, str, str, Timed], ...]
    """Fields whose dates are counted back from when the item was received, such as "2 jam yang lalu"."""
    only: Getter | None
    status: Callable[[str], Any] | None
    """A channel's own status in the hub's words; it raises KeyError. None where the manifest maps no statuses."""
    places: regions.Places | None
    """None where the manifest names no region of its items."""
    by_name: bool = False
    """Regions are looked up by name, so their codes are Kemendagri's, also those of two digits."""

    def apply(self, payload: Any, now: datetime | None = None) -> Mapped:
        """Read one item; `now` is when it was received, without it no relative date can be read."""
        found: dict[str, Any] = {}
        failed: list[tuple[str, Flaw]] = []
        fields = self.fields
        if self.timed:
            fields = (*fields, *((name, group, rest, made(now)) for name, group, rest, made in self.timed))
        for name, group, rest, read in fields:
            try:
                value = read(payload)
            except (Wrong, Failed, Dropped, _Unmapped) as error:
                failed.append(_failure(name, error))
                continue
            if value is None:
                continue
            if group:
                found.setdefault(group, {})[rest] = value
            else:
                found[rest] = value
        if "submitted_at" in found:
            found["submitted_at"], found["submitted_precision"] = found["submitted_at"]
        failed += _settled(found)
        if self.places is not None and "region_code" in found:
            failed += _placed(found, self.places, _KEMENDAGRI if self.by_name else None)
        return _told(found, failed) if failed else Mapped(values=found)

    def wanted(self, payload: Any) -> bool:
        """False where the manifest's `only` says that this item is no complaint; a failing expression rejects nobody."""
        if self.only is None:
            return True
        try:
            return paths.truthy(self.only(payload))
        except Failed:
            return True


def compile(manifest: Manifest, own_regions: Path | None = None) -> Mapping:  # noqa: A001  # as re.compile
    """
    Make the mapping of a manifest that `connectors.manifest.load` has checked. Raises paths.BadPath for others.

    `own_regions` is the operator's folder of codes (connectors.regions.places, which raises Misconfigured).
    """
    url = manifest.options.get("url")
    base = url if isinstance(url, str) else None
    specs = {name: {"path": spec} if isinstance(spec, str) else spec for name, spec in manifest.fields.items()}
    places = regions.places(own_regions) if "region_code" in specs else None
    if places is not None and specs["region_code"].get("names"):
        specs["region_code"] = _by_name(specs["region_code"], manifest, places)
    timed = {name for name, spec in specs.items() if spec.get("format") == "relative"}
    return Mapping(
        fields=tuple(_field(name, spec, manifest.zone, base) for name, spec in specs.items() if name not in timed),
        timed=tuple(_timed(name, specs[name], manifest.zone) for name in specs if name in timed),
        only=paths.getter(manifest.only) if manifest.only else None,
        status=lookup(manifest.statuses) if manifest.statuses else None,
        places=places,
        by_name="look_up" in specs.get("region_code", ()),
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


def _field(name: str, spec: abc.Mapping[str, Any], zone: str, base: str | None) -> Field:
    group, _, rest = name.rpartition(".")
    return name, group, rest, _reader(name, spec, zone, base)


def _timed(name: str, spec: abc.Mapping[str, Any], zone: str) -> tuple[str, str, str, Timed]:
    group, _, rest = name.rpartition(".")
    read = _taken(spec)

    def made(now: datetime | None) -> Getter:
        setting = Setting(format="relative", zone=spec.get("zone") or zone, now=now)
        return _converted(read, CONVERSIONS[name](setting))

    return name, group, rest, made


def _by_name(spec: abc.Mapping[str, Any], manifest: Manifest, places: regions.Places) -> abc.Mapping[str, Any]:
    """The field with its way from name to code; its map tells what a name means that nobody else knows."""
    within = spec.get("within") or regions.province(manifest.region)
    return {"path": spec["path"], "look_up": _named(within, lookup(spec.get("map", {})), places)}


def _named(within: str, own: Callable[[str], Any], places: regions.Places) -> Convert:
    """From the name of a region to its code; a code that stands there already is left."""

    def convert(value: Any) -> str:
        written = values.code(value)
        if _DOTTED.fullmatch(written):
            return written
        with suppress(KeyError):
            return str(own(written))
        try:
            return code_of(written, within, places)
        except Ambiguous as error:
            raise Wrong("ambiguous_region", " ".join(error.codes)) from None
        except Unknown:
            raise _Unmapped from None

    return convert


def _reader(name: str, spec: abc.Mapping[str, Any], zone: str, base: str | None) -> Getter:
    """One closure a step: take, join, translate, check the code, convert; a step that is not asked for is not there."""
    read = _taken(spec)
    if "look_up" in spec:
        return _converted(read, spec["look_up"])
    if (codes := _codes(name)) is not None:
        return _coded(read, codes)
    if name.startswith("extra."):
        return _converted(read, values.clean)
    if name not in CONVERSIONS:
        return _text(read)
    setting = Setting(format=spec.get("format"), zone=spec.get("zone") or zone, base=base, longest=spec.get("longest"))
    return _converted(read, CONVERSIONS[name](setting))


def _taken(spec: abc.Mapping[str, Any]) -> Getter:
    read = _constant(spec["const"]) if "const" in spec else paths.getter(spec["path"])
    if "join" in spec:
        read = _joined(read, spec["join"])
    return _translated(read, lookup(spec["map"])) if "map" in spec else read


def _codes(name: str) -> frozenset[str] | None:
    """The words that a coded field may hold where no map is given."""
    from schemas import words

    return {"kind": frozenset(words.KINDS), "category_code": frozenset(words.CATEGORIES)}.get(name)


def _constant(value: Any) -> Getter:
    return lambda payload: value


def _text(get: Getter) -> Getter:
    def read(payload: Any) -> str | None:
        value = get(payload)
        if type(value) is str:
            if not value or value.isspace():
                return None
            return value if value.isascii() else values.sound(value)
        return None if values.blank(value) else values.text(value)

    return read


def _converted(get: Getter, convert: Convert) -> Getter:
    def read(payload: Any) -> Any:
        value = get(payload)
        return None if value is None or values.blank(value) else convert(value)

    return read


def _joined(get: Getter, separator: str) -> Getter:
    def read(payload: Any) -> Any:
        value = get(payload)
        if not isinstance(value, list):
            return value
        return separator.join(values.text(one) for one in value if not values.blank(one))

    return read


def _translated(get: Getter, translate: Callable[[str], Any]) -> Getter:
    def read(payload: Any) -> Any:
        value = get(payload)
        if values.blank(value):
            return None
        try:
            return translate(values.text(value))
        except KeyError:
            raise _Unmapped from None

    return read


def _coded(get: Getter, codes: frozenset[str]) -> Getter:
    def read(payload: Any) -> Any:
        value = get(payload)
        if values.blank(value):
            return None
        if not isinstance(value, str) or value not in codes:
            raise _Unmapped
        return value

    return read


# what was not usable -------------------------------------------------------------------------------------------------


def _told(found: dict[str, Any], failed: abc.Sequence[tuple[str, Flaw]]) -> Mapped:
    return Mapped(
        values=found,
        problems=tuple(flaw for what, flaw in failed if what == "problem"),
        notes=tuple(flaw for what, flaw in failed if what == "note"),
        unmapped=tuple(flaw.path for what, flaw in failed if what == "unmapped"),
    )


def _failure(name: str, error: ValueError) -> tuple[str, Flaw]:
    """What a failed field means for the item; the error itself is let go, for it holds the item."""
    if isinstance(error, _Unmapped):
        return "unmapped", Flaw(path=name, rule="unmapped")
    if isinstance(error, Wrong | Dropped):
        what = "problem" if isinstance(error, Wrong) else "note"
        return what, Flaw(path=name, rule=error.rule, detail=error.detail)
    return "problem", Flaw(path=name, rule="expression_failed")


def _settled(found: dict[str, Any]) -> abc.Sequence[tuple[str, Flaw]]:
    """0,0 and half a pair are no place; a swapped pair is told, for moving it silently would hide a broken channel."""
    region = found.get("region_code")
    if region and "code_system" not in found and _DOTTED.fullmatch(region):
        found["code_system"] = _KEMENDAGRI  # only Kemendagri writes dots; bare digits are never guessed
    if "latitude" not in found and "longitude" not in found:
        return ()
    latitude, longitude = found.get("latitude"), found.get("longitude")
    swapped = False
    if latitude is not None and longitude is not None:
        if _inside(latitude, longitude):
            return ()
        swapped = _inside(longitude, latitude)
    found.pop("latitude", None)
    found.pop("longitude", None)
    if swapped:
        return (("problem", Flaw(path="latitude", rule="swapped_coordinates")),)
    return (("note", Flaw(path="latitude", rule="coordinates_left_out")),) if latitude or longitude else ()


def _placed(found: dict[str, Any], places: regions.Places, system: str | None) -> abc.Sequence[tuple[str, Flaw]]:
    """The region in the codes of Kemendagri that hold today; one that nobody knows is listed as unmapped and stays."""
    code, system = found["region_code"], found.get("code_system", system)
    if system == "bps":
        code = places.of_bps(code)
    elif system != _KEMENDAGRI:
        return ()
    if code is None or code[:5] not in places.regions:
        return (("unmapped", Flaw(path="region_code", rule="unmapped")),)
    found["region_code"], found["code_system"] = places.today(code), _KEMENDAGRI
    return ()


def _inside(latitude: float, longitude: float) -> bool:
    return _LATITUDES[0] <= latitude <= _LATITUDES[1] and _LONGITUDES[0] <= longitude <= _LONGITUDES[1]
