"""A manifest from a sample: what a channel's answer lets one see, each line with its confidence, nothing made up.

Words of fields and of choices are written into the draft; what citizens wrote never is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from connectors import regions
from connectors.drafting import looks, nameless, payloads, samples, words_of_values
from connectors.drafting.guesses import Guess, any_date, guesses, longest_text
from connectors.drafting.leaves import Leaf
from connectors.drafting.options import options
from connectors.drafting.paging import replies
from connectors.drafting.stamping import day_first, stamp
from connectors.drafting.writing import CHECK, Line, doubtful, text

_CHANNELS: Final = {
    "imap": "email",
    "x": "x",
    "files": "desk",
    "sheet": "form",
    "whatsapp": "whatsapp",
    "telegram": "telegram",
    "meta": "meta",
}
_PLACES: Final = ("kelurahan", "kecamatan")
_ORDER: Final = (
    "title", "body", "submitted_at", "incident_date", "kind", "category_code", "region_code", "location_text", "latitude",
    "longitude",
    "target_institution", "reported_party", "reporter.name", "reporter.phone_e164", "reporter.email", "reporter.national_id",
    "reporter.handle", "is_anonymous", "is_confidential", "attachments", "source_url", "source_status", "sp4n_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What whoever registers the channel says about it; "" where he has not."""

    name: str
    owner: str = ""
    region: str = ""
    contact: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A manifest to be looked at."""

    text: str
    chosen: Mapping[str, str]
    """Field, or key of `with`, -> the path or word that was chosen."""
    check: int
    """How many lines a person has to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the sample holds."""

    sample: samples.Sample
    leaves: list[Leaf]
    guesses: Mapping[str, Guess]
    day_first: bool | None = None
    """Of its dates in digits, where others of the same channel tell."""


def draft(kind: str, sample: bytes, about: About) -> Draft:
    """A manifest of this kind from a sample; raises Misconfigured where the sample or the kind cannot be used."""
    if kind in payloads.FIXED:
        return _made(kind, about, Found(sample=samples.Sample(form="mail"), leaves=[], guesses={}), _fixed(kind))
    found = look(kind, payloads.sample_of(kind, sample))
    return _made(kind, about, found, tuple(_fields(kind, found, about)))


def _made(kind: str, about: About, found: Found, fields: tuple[Line, ...]) -> Draft:
    statuses = tuple(_statuses(found))
    said = replies(found.leaves)
    settings = options(kind, found.sample, found.guesses, about.url, found.day_first)
    body = (
        *_head(kind, about),
        Line(key="with", below=settings),
        *_only(found),
        Line(key="fields", below=fields),
        *((Line(key="statuses", below=statuses),) if any(not one.remark for one in statuses) else ()),
        *((Line(key="replies", value=said, sure=75, why="name"),) if said else ()),
        Line(key="schedule", value="*/15 * * * *"),
        Line(
            key="expect",
            value={"silent_after": "7d"},
            check=True,
            why="kapan kanal ini dianggap diam / when it counts as silent",
        ),
        Line(key="shadow", value=True, why="tidak ada yang dikirim dulu / nothing is sent yet"),
    )
    count = doubtful(body)
    return Draft(text=_opening(about, count) + text(body), chosen=dict(_chosen(fields, settings)), check=count)


def _fixed(kind: str) -> tuple[Line, ...]:
    lines = [Line(key=key, value=value) for key, value in payloads.FIXED[kind].items()]
    return (*lines, _confidential())


def look(kind: str, sample: samples.Sample) -> Found:
    """The places of a sample and what they are likely to be."""
    there = payloads.places(kind, sample)
    made = dict(guesses(there))
    taken = {one.leaf.keys for one in made.values()}
    if "body" not in made and (text_ := longest_text(there, taken)):
        made["body"] = Guess(field="body", leaf=text_, sure=45, because="values")
        taken.add(text_.keys)
    if "submitted_at" not in made and (date := any_date(there, taken)):
        made["submitted_at"] = Guess(field="submitted_at", leaf=date, sure=45, because="values")
    return Found(sample=sample, leaves=there, guesses=nameless.guessed(there, made), day_first=day_first(there))


def _chosen(fields: tuple[Line, ...], settings: tuple[Line, ...]) -> Iterator[tuple[str, str]]:
    for one in (*settings, *fields):
        if one.remark or one.key == "headers":
            continue
        value = one.value if not one.below else {inner.key: inner.value for inner in one.below}
        if isinstance(value, Mapping) and "const" in value:
            continue
        yield one.key, str(value.get("path", value.get("style", "")) if isinstance(value, Mapping) else value)
        if isinstance(value, Mapping) and "format" in value:
            yield f"{one.key}.format", str(value["format"])


# its parts -----------------------------------------------------------------------------------------------------------


def _opening(about: About, count: int) -> str:
    return (
        f"# Rancangan dari sebuah contoh. Lihat {count} baris bertanda {CHECK}, lalu: satupintu check, preview, register.\n"
        f"# A draft from a sample. Look at the {count} lines marked {CHECK}, then: satupintu check, preview, register.\n"
    )


def _head(kind: str, about: About) -> Iterator[Line]:
    yield Line(key="version", value=1)
    yield Line(key="name", value=about.name)
    yield Line(key="owner", value=about.owner or "GANTI: nama dinas pemilik kanal", check=not about.owner)
    if about.contact:
        yield Line(key="contact", value={"email": about.contact})
    else:
        yield Line(
            key="contact", value={"email": "ganti@contoh.go.id"}, check=True, why="siapa yang dihubungi / whom to ask"
        )
    yield Line(
        key="region",
        value=about.region or "00",
        check=not about.region,
        why="" if about.region else "kode Kemendagri / its code",
    )
    yield Line(key="channel", value=_CHANNELS.get(kind, "portal"))
    yield Line(key="kind", value=kind)


def _only(found: Found) -> Iterator[Line]:
    for one in found.leaves:
        if one.own[:1] == ("terhapus",) and len(one.keys) == 1:
            flag = bool(one.values) and all(looks.is_flag(value) for value in one.values)
            wanted = f"!{one.path} || {one.path} == `0`" if flag else f"!{one.path}"
            yield Line(
                key="only", value=wanted, remark=True, check=True, why="tanpa yang dihapus / without deleted ones"
            )
            return


def _fields(kind: str, found: Found, about: About) -> Iterator[Line]:
    made = {line.key: line for line in _plain(found, about)}
    if kind in payloads.TABLES:
        made |= {key: _told_as_iso(made[key]) for key in ("submitted_at", "incident_date") if key in made}
    made |= {line.key: line for line in _points(found) if line.key not in made}
    if "body" not in made:
        made["body"] = Line(
            key="body", value="GANTI_LETAK_ISI", check=True, why="isi aduan tidak ditemukan / no text was found"
        )
    if "is_confidential" not in made:
        made["is_confidential"] = _confidential()
    for key in _ORDER:
        if key in made:
            yield made[key]


def _confidential() -> Line:
    why = "tidak ada penanda rahasia; const: false bila kanal ini terbuka / no flag; false where the channel is public"
    return Line(key="is_confidential", value={"const": True}, check=True, why=why)


def _told_as_iso(line: Line) -> Line:
    """Tables are read with the form of their dates, and hand on ISO where it is known."""
    if not isinstance(line.value, Mapping):
        return line
    return replace(line, value={**line.value, "format": "iso"})


def _plain(found: Found, about: About) -> Iterator[Line]:
    for field, guess in found.guesses.items():
        if field in _MADE:
            if (line := _MADE[field](found, guess, about)) is not None:
                yield line
        elif field in _ORDER:
            yield Line(key=field, value=guess.leaf.path, sure=guess.sure, why=guess.because)


def _date(found: Found, guess: Guess, about: About) -> Line:
    form, doubt = stamp(guess.leaf, found.day_first)
    value = {"path": guess.leaf.path, "format": form} if form else guess.leaf.path
    why = doubt or guess.because
    return Line(key=guess.field, value=value, sure=guess.sure, why=why, check=bool(doubt))


def _category(found: Found, guess: Guess, about: About) -> Line:
    seen = words_of_values.categories(guess.leaf.values)
    below: list[Line] = [Line(key="path", value=guess.leaf.path)]
    if seen.known:
        below.append(Line(key="map", below=tuple(_words(seen))))
    below += _open(seen)
    return Line(key="category_code", sure=guess.sure, why=guess.because, check=not seen.known, below=tuple(below))


def _words(seen: words_of_values.Words) -> Iterator[Line]:
    for word, ours in seen.known.items():
        yield Line(key=word, value=ours, check=word in seen.unsure)


def _open(seen: words_of_values.Words) -> Iterator[Line]:
    for word in seen.open:
        yield Line(key=word, value="...", remark=True, check=True, why="belum dipetakan / not mapped")


def _kind(found: Found, guess: Guess, about: About) -> Line | None:
    seen = words_of_values.kinds(guess.leaf.values)
    if not seen.known:
        return None
    return Line(
        key="kind", value={"path": guess.leaf.path, "map": dict(seen.known)}, sure=guess.sure, why=guess.because
    )


def _region(found: Found, guess: Guess, about: About) -> Line | None:
    if guess.field == "region_name":
        if "region_code" in found.guesses or not about.region:
            return None
        value: Mapping[str, Any] = {"path": guess.leaf.path, "names": True, "within": regions.province(about.region)}
        return Line(key="region_code", value=value, sure=guess.sure, why=guess.because)
    return Line(key="region_code", value=guess.leaf.path, sure=guess.sure, why=guess.because)


def _location(found: Found, guess: Guess, about: About) -> Line:
    used = {one.leaf.keys for one in found.guesses.values()}
    parts = [
        guess.leaf,
        *(one for word in _PLACES for one in found.leaves if _is_place(one, word) and one.keys not in used),
    ]
    if len(parts) == 1:
        return Line(key="location_text", value=guess.leaf.path, sure=guess.sure, why=guess.because)
    joined = "[" + ", ".join(dict.fromkeys(one.path for one in parts)) + "]"
    return Line(key="location_text", value={"path": joined, "join": ", "}, sure=guess.sure, why=guess.because)


def _is_place(one: Leaf, word: str) -> bool:
    told = set(one.own) | one.above
    texts = all(isinstance(value, str) and not value.isdecimal() for value in one.values)
    return told <= {word, "nama", "lokasi"} and word in told and "id" not in told and texts and not one.many


def _flag(found: Found, guess: Guess, about: About) -> Line | None:
    inverted = guess.field == "is_public"
    if inverted and "is_confidential" in found.guesses:
        return None
    key = "is_confidential" if inverted else guess.field
    seen = words_of_values.flags(guess.leaf.values, inverted=inverted)
    if seen:
        return Line(key=key, value={"path": guess.leaf.path, "map": dict(seen)}, sure=guess.sure, why=guess.because)
    why = "" if seen is not None else "tulis map: kata mana berarti ya / write a map: which word means yes"
    return Line(key=key, value=guess.leaf.path, sure=guess.sure, why=why or guess.because, check=seen is None)


_MADE: Final = {
    "submitted_at": _date,
    "incident_date": _date,
    "category_code": _category,
    "kind": _kind,
    "region_code": _region,
    "region_name": _region,
    "location_text": _location,
    "is_anonymous": _flag,
    "is_confidential": _flag,
    "is_public": _flag,
}


def _points(found: Found) -> Iterator[Line]:
    """Degrees that stand in one text, or in a list as GeoJSON has them, the longitude first."""
    if pair := found.guesses.get("pair"):
        for key in ("latitude", "longitude"):
            yield Line(key=key, value=pair.leaf.path, sure=pair.sure, why=pair.because)
    for one in found.leaves:
        if one.listed and "koordinat" in one.own and one.values and all(_is_point(value) for value in one.values):
            names = (
                ("longitude", "latitude") if looks.is_longitude(str(one.values[0][0])) else ("latitude", "longitude")
            )
            for at, key in enumerate(names):
                yield Line(key=key, value=f"{one.path}[{at}]", sure=90, why="both")
            return


def _is_point(value: Any) -> bool:
    return isinstance(value, list) and len(value) >= 2 and all(isinstance(one, int | float) for one in value[:2])


def _statuses(found: Found) -> Iterator[Line]:
    guess = found.guesses.get("source_status")
    if guess is None:
        return
    if guess.leaf.column.startswith("enum"):
        seen = words_of_values.statuses(
            [one.strip("' \"") for one in guess.leaf.column.partition("(")[2].rstrip(")").split(",")]
        )
    else:
        seen = words_of_values.statuses(guess.leaf.values)
    yield from _words(seen)
    yield from _open(seen)
