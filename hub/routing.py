"""Knows the registries, and where in one of them a complaint belongs; each registry's YAML is the mapping's only home."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import schemas
from connectors import yaml_file
from connectors.dates import duration
from connectors.errors import Misconfigured
from connectors.mapping import lookup
from connectors.regions import upwards
from hub.discretion.accused import institution_codes, names_somebody
from hub.model import Complaint

DEFAULT: Final = "sp4n"
"""The registry that SATUPINTU_REGISTRY_* speak of."""

_CODE: Final = re.compile(r"[a-z]+:[A-Za-z0-9._/-]{1,60}")

CLASSIFICATION: Final = 6
"""The classification that public clients of LAPOR! v3 send (guide/domain.md 2.3)."""

STATUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Belum Terverifikasi": "pending_verification",
        "Terverifikasi": "verified",
        "Menunggu Kelengkapan Informasi": "postponed",
        "Ditunda": "postponed",
        "Terdisposisi": "dispositioned",
        "Terdisposisi ke *": "dispositioned",
        "Dalam Proses": "in_progress",
        "Proses": "in_progress",
        "Ditindaklanjuti": "followed_up",
        "Ditindaklanjuti oleh Instansi": "followed_up",
        "Ditanggapi oleh Pelapor": "reporter_replied",
        "Selesai": "resolved",
        "Ditutup oleh Sistem": "closed",
        "Ditutup oleh Admin": "closed",
        "Ditutup oleh Pelapor": "closed",
        "Bukan Wewenang": "rejected_not_authority",
        "Diarsipkan oleh Sistem": "archived",
        "Diarsipkan oleh Admin": "archived",
        "Diarsipkan oleh Pelapor": "archived",
    }
)
"""Status names seen in real data (guide/domain.md 1.3) for a registry whose YAML gives none; `*` stands for any ending."""


def _table() -> Any:
    return field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many characters a registry takes; what is longer is never cut silently."""

    title: int = 100
    content: int | None = None
    """None: as many as there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryConfig:
    """One registry: its address, how careful to be with it, and its own numbers for our words."""

    name: str
    kind: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Values are ${secret:NAME} references, or literal where SATUPINTU_REGISTRY_AUTH and _TOKEN gave them."""
    ca_file: str | None = None
    """A certificate authority of its own, in the operator's folder; see connectors.trust."""
    lookup: str = "none"
    """none | by_reference | listing"""
    slowest_commit: timedelta = timedelta(seconds=90)
    rate: float = 20.0
    """Calls a second, of all workers together."""
    threads: int = 8
    """Calls in flight of one process; 1: none beside another."""
    connect_timeout: timedelta = timedelta(seconds=30)
    read_timeout: timedelta = timedelta(seconds=90)
    service_user: int | None = None
    channel_id: int | None = None
    institution_id: int | None = None
    """The hub's own institution there: who passes on what a reporter adds."""
    template_code: str | None = None
    """The registry's template for follow-ups, where it asks for one."""
    limits: Limits = Limits()
    institutions: Mapping[str, int] = _table()
    inspectorates: Mapping[str, int] = _table()
    """Where accusations go: by region, else `national`."""
    categories: Mapping[str, int] = _table()
    locations: Mapping[str, int] = _table()
    classifications: Mapping[str, int] = _table()
    statuses: Mapping[str, str] = field(default_factory=lambda: STATUSES)
    unmapped_category: int | str | None = None
    """An approved id, "wait", or None: sent without a category."""
    unmapped_location: str = "parent"
    """parent (else sent without a location) | wait"""
    attachments_form: str = "[1,2]"
    path: Path | None = None
    """None: nobody wrote a file, only SATUPINTU_REGISTRY_URL is set."""
    sha256: str
    """Hex, of the file's bytes."""

    @property
    def tables(self) -> dict[str, Mapping[str, int] | Mapping[str, str]]:
        """The mapping tables by name: our word -> its number; for statuses its word -> ours."""
        return {
            "institutions": self.institutions,
            "inspectorates": self.inspectorates,
            "categories": self.categories,
            "locations": self.locations,
            "classifications": self.classifications,
            "statuses": self.statuses,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Registries:
    """All registries of a folder: the good ones by name, the others with their reason."""

    good: Mapping[str, RegistryConfig]
    bad: Mapping[Path, Misconfigured]

    def chosen(self, name: str | None) -> RegistryConfig:
        """The registry of that name, or the only one where no name is given. Raises Misconfigured."""
        if name is None and len(self.good) == 1:
            return next(iter(self.good.values()))
        if name is not None and name in self.good:
            return self.good[name]
        known = ", ".join(self.good) or "none"
        what = (
            f"There is no registry '{name}'."
            if name
            else "The manifest names no registry and there is not exactly one."
        )
        raise Misconfigured(what, hint=f"Known are: {known}. Set forward.registry, or repair the file in registries/.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a complaint goes in a registry's own numbers; None is left out of what is sent."""

    institution_id: int | None
    location_id: int | None
    category_id: int | None
    classification_id: int
    waits: str | None = None
    """category | location: somebody must map it before the complaint may go."""
    flags: tuple[str, ...] = ()
    """
    unrouted, inspectorate, inspectorate_unmapped, institution_unmapped, location_unmapped, location_parent,
    category_unmapped, classification_unmapped
    """
    missing: tuple[str, ...] = field(default=(), compare=False)
    """The codes that have no number, such as category:ict; none that is not a plain code is named."""


def load_registries(
    folder: Path, *, url: str | None = None, auth: str | None = None, token: str | None = None
) -> Registries:
    """All registries/*.yaml; `url`, `auth` and `token` (SATUPINTU_REGISTRY_*) override those of the registry named sp4n.

    With a url and no file of that name, a registry with careful defaults and without mappings takes its place.
    """
    good: dict[str, RegistryConfig] = {}
    bad: dict[Path, Misconfigured] = {}
    for path in sorted(path for form in ("*.yaml", "*.yml") for path in folder.glob(form)):
        try:
            one = load(path)
        except Misconfigured as error:
            bad[path] = error
            continue
        first = good.setdefault(one.name, one)
        if first is not one:
            bad[path] = _twice(path, first)
    _override(good, bad, url, auth, token)
    return Registries(good=dict(sorted(good.items())), bad=bad)


def load(path: Path) -> RegistryConfig:
    """One registry from its file; raises Misconfigured whose sentence names file, place and remedy."""
    written = yaml_file.read(path)
    value = written.value
    for problem in schemas.problems("registry", value):
        raise Misconfigured(
            f"{path.name}: {problem.en}",
            hint="See registries/README.md.",
            indonesian=f"{path.name}: {problem.id} Lihat registries/README.md.",
        )
    timeouts, unmapped = value.get("timeouts", {}), value.get("when_unmapped", {})
    given = {name: value[name] for name in _AS_WRITTEN if name in value}
    return RegistryConfig(
        **given,
        slowest_commit=duration(value.get("slowest_commit", "90s")),
        connect_timeout=duration(timeouts.get("connect", "30s")),
        read_timeout=duration(timeouts.get("read", "90s")),
        unmapped_category=unmapped.get("category"),
        unmapped_location=unmapped.get("location", "parent"),
        limits=Limits(**value.get("limits", {})),
        path=path,
        sha256=written.sha256,
    )


_AS_WRITTEN: Final = (
    "name",
    "kind",
    "url",
    "headers",
    "ca_file",
    "lookup",
    "rate",
    "threads",
    "service_user",
    "channel_id",
    "institution_id",
    "template_code",
    "institutions",
    "inspectorates",
    "categories",
    "locations",
    "classifications",
    "statuses",
    "attachments_form",
)


def target(complaint: Complaint, connector_region: str, config: RegistryConfig) -> Target:
    """
    Where the complaint belongs: the item's own institution, else the one of its connector's region or a region above.

    One that accuses somebody goes to the Inspektorat, never to an institution that may be the accused.
    """
    flags: list[str] = []
    institution = _institution(complaint, connector_region, config, flags)
    location, location_waits = _location(complaint, connector_region, config, flags)
    category, category_waits = _category(complaint, config, flags)
    return Target(
        institution_id=institution,
        location_id=location,
        category_id=category,
        classification_id=_classification(complaint, config, flags),
        waits=category_waits or location_waits,
        flags=tuple(flags),
        missing=_missing(complaint, connector_region, flags),
    )


def _missing(complaint: Complaint, region: str, flags: Sequence[str]) -> tuple[str, ...]:
    codes = {
        "institution_unmapped": f"institution:{complaint.target_institution}",
        "inspectorate_unmapped": f"inspectorate:{region}",
        "category_unmapped": f"category:{complaint.category_code}" if complaint.category_code else "",
        "location_unmapped": f"location:{complaint.region_code or region}",
        "location_parent": f"location:{complaint.region_code or region}",
        "classification_unmapped": f"classification:{complaint.kind}",
    }
    return tuple(codes[flag] for flag in flags if _CODE.fullmatch(codes.get(flag, "")))


def hub_status(config: RegistryConfig, name: str) -> str | None:
    """The hub's word for the registry's status name; None where nobody has mapped it, which raises an alert."""
    try:
        return str(lookup(config.statuses)(name))
    except KeyError:
        return _by_beginning(config.statuses, " ".join(name.split()).casefold())


def _by_beginning(statuses: Mapping[str, str], name: str) -> str | None:
    starts = {key[:-1].casefold(): status for key, status in statuses.items() if key.endswith(" *")}
    longest = max((start for start in starts if name.startswith(start)), key=len, default=None)
    return None if longest is None else starts[longest]


def _twice(path: Path, first: RegistryConfig) -> Misconfigured:
    other = first.path.name if first.path else "another file"
    return Misconfigured(
        f"{path.name}: name: '{first.name}' is already the name of {other}.",
        hint="Keep one of the two.",
        indonesian=f"{path.name}: name: '{first.name}' sudah menjadi nama {other}. Simpan salah satu.",
    )


def _override(
    good: dict[str, RegistryConfig],
    bad: Mapping[Path, Misconfigured],
    url: str | None,
    auth: str | None,
    token: str | None,
) -> None:
    """A broken sp4n.yaml stays broken: its mappings are not silently replaced by none."""
    if url and DEFAULT not in good and not any(path.stem == DEFAULT for path in bad):
        mark = hashlib.sha256(json.dumps([DEFAULT, "defaults", 1]).encode()).hexdigest()
        numbers = {"complaint": CLASSIFICATION}
        good[DEFAULT] = RegistryConfig(name=DEFAULT, kind="lapor_v3", url=url, classifications=numbers, sha256=mark)
    if DEFAULT not in good:
        return
    mine = good[DEFAULT]
    first = [name for name in mine.headers if name.lower() == "auth"]  # generation 1 reads this one
    headers = mine.headers
    for name, value in (("Authorization", auth), *((name, auth) for name in first), ("token", token)):
        headers = _with(headers, name, value)
    good[DEFAULT] = replace(mine, url=url or mine.url, headers=headers)


def _with(headers: Mapping[str, str], name: str, value: str | None) -> Mapping[str, str]:
    if value is None:
        return headers
    return {**{key: one for key, one in headers.items() if key.lower() != name.lower()}, name: value}


def _inspectorate(complaint: Complaint, region: str, config: RegistryConfig, flags: list[str]) -> int | None:
    """Of the region, else of one above, else the national one; without any the registry's own admin disposes."""
    own = "inspektorat" in institution_codes(complaint.reported_party or "")
    # one who is himself accused never gets it: the one above him does
    codes = [*list(upwards(region))[1 if own else 0 :], "national"]
    found = next((config.inspectorates[code] for code in codes if code in config.inspectorates), None)
    flags += ["inspectorate"] if found is not None else ["inspectorate_unmapped", "unrouted"]
    return found


def _institution(complaint: Complaint, region: str, config: RegistryConfig, flags: list[str]) -> int | None:
    if names_somebody(complaint.reported_party):
        return _inspectorate(complaint, region, config, flags)
    if complaint.target_institution is not None:
        if complaint.target_institution in config.institutions:
            return config.institutions[complaint.target_institution]
        flags.append("institution_unmapped")
    found = next((config.institutions[code] for code in upwards(region) if code in config.institutions), None)
    if found is None:
        flags.append("unrouted")
    return found


def _location(
    complaint: Complaint, region: str, config: RegistryConfig, flags: list[str]
) -> tuple[int | None, str | None]:
    """The complaint's own place, else its connector's region; codes of other systems are never translated by digits."""
    code, system = complaint.region_code, complaint.code_system
    if code is not None and system == "lapor" and code.isdecimal():
        return int(code), None
    foreign = code is not None and system != "kemendagri"
    wanted = region if code is None or foreign else code
    if wanted in config.locations and not foreign:
        return config.locations[wanted], None
    if config.unmapped_location == "wait":
        flags.append("location_unmapped")
        return None, "location"
    above = next((config.locations[one] for one in upwards(wanted) if one in config.locations), None)
    flags.append("location_unmapped" if foreign or above is None else "location_parent")
    return above, None


def _category(complaint: Complaint, config: RegistryConfig, flags: list[str]) -> tuple[int | None, str | None]:
    if complaint.category_code is not None and complaint.category_code in config.categories:
        return config.categories[complaint.category_code], None
    flags.append("category_unmapped")
    if isinstance(config.unmapped_category, int):
        return config.unmapped_category, None
    return None, "category" if config.unmapped_category == "wait" else None


def _classification(complaint: Complaint, config: RegistryConfig, flags: list[str]) -> int:
    """An accusation has a number of its own; where the kind has none, that of a complaint is sent and flagged."""
    table = config.classifications
    own = {"whistle_blowing": complaint.is_whistle_blowing, "supervisory": complaint.is_supervisory}
    for name in own if complaint.kind == "complaint" else ():
        if own[name] and name in table:
            return table[name]
    if complaint.kind in table:
        return table[complaint.kind]
    flags.append("classification_unmapped")
    return table.get("complaint", CLASSIFICATION)
