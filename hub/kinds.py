"""What each kind of channel says about itself, as a page for people: what to have ready, its keys, and what it can do."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import schemas
from connectors import described
from connectors.errors import Misconfigured
from connectors.known import known, names

_WORDS = "#/$defs/"
_DOORS = {
    "files": ("berkas CSV atau Excel dari folder, SFTP atau surel", "CSV or Excel files of a folder, SFTP or mail"),
    "imap": ("kotak surel pengaduan", "a mailbox for complaints"),
    "meta": ("halaman Facebook atau akun Instagram", "a Facebook page or an Instagram account"),
    "open311": ("portal Open311 (GeoReport v2)", "an Open311 portal (GeoReport v2)"),
    "rest": ("portal dengan API JSON", "a portal with a JSON API"),
    "sheet": ("Google Sheet yang diterbitkan sebagai CSV", "a Google Sheet published as CSV"),
    "sql": ("basis data portal (MySQL, MariaDB, PostgreSQL)", "a portal's database (MySQL, MariaDB, PostgreSQL)"),
    "telegram": ("bot Telegram", "a Telegram bot"),
    "webhook": (
        "gerbang yang mengirim sendiri (Fonnte, Wablas, Jotform)",
        "a gateway that pushes (Fonnte, Wablas, Jotform)",
    ),
    "whatsapp": ("nomor WhatsApp (Cloud API)", "a WhatsApp number (Cloud API)"),
    "x": ("akun X", "an account on X"),
}
"""What each kind is for, in the words of people who have such a thing; a kind of somebody's own tells it in its class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of `with` or `reply`."""

    name: str
    required: bool
    form: str
    """Its type, or the word of the manifest's schema that it is."""
    unless_said: str
    """What it is where nobody says; "" for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One kind."""

    name: str
    about: tuple[str, str]
    """What it is for, in Indonesian and English."""
    abilities: Sequence[tuple[str, str]]
    needs: Mapping[str, Sequence[str]]
    """`id` and `en` -> lines."""
    options: Sequence[Key]
    reply: Sequence[Key]


def pages() -> list[Page]:
    """Every kind that there is, by name."""
    return [page(name) for name in sorted(names())]


def page(name: str) -> Page:
    """One kind; raises Misconfigured where there is none of that name."""
    cls = known(name)
    options, reply = _schemas(name, cls)
    return Page(
        name=name,
        about=_DOORS.get(name) or ((cls.__doc__ or name).strip().partition("\n")[0],) * 2,
        abilities=list(_abilities(cls, reply)),
        needs=getattr(cls, "NEEDS", {"id": (), "en": ()}),
        options=list(_keys(options, cls)),
        reply=list(_keys(reply, None)) if reply else (),
    )


def _schemas(name: str, cls: type[Any]) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    if name in described.IN_THE_SCHEMA:
        words = schemas.load("manifest")["$defs"]
        return words[f"with_{name}"], words[f"reply_{name}"]
    return getattr(cls, "OPTIONS", {}), getattr(cls, "REPLY", None)


def _abilities(cls: type[Any], reply: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    if hasattr(cls, "judge"):
        yield "menerima kiriman", "is sent what is new"
    else:
        yield "membaca", "reads"
    if reply is not None and hasattr(cls, "reply"):
        yield "menjawab pelapor", "answers reporters"


def _keys(schema: Mapping[str, Any], cls: type[Any] | None) -> Iterator[Key]:
    defaults = {one.name: one for one in dataclasses.fields(cls)} if cls and dataclasses.is_dataclass(cls) else {}
    needed = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        field = defaults.get(name.replace("-", "_"))
        yield Key(name=name, required=name in needed, form=_form(part), unless_said=_default(field))


def _form(part: Any) -> str:
    if not isinstance(part, Mapping):
        return ""
    if "$ref" in part:
        return str(part["$ref"]).rpartition(_WORDS)[2]
    if "enum" in part:
        return " | ".join(map(str, part["enum"]))
    if "const" in part:
        return str(part["const"])
    several = [*part.get("anyOf", ()), *part.get("oneOf", ())]
    if several:
        return " | ".join(dict.fromkeys(filter(None, map(_form, several))))
    kind = part.get("type", "")
    return " | ".join(kind) if isinstance(kind, list) else str(kind)


def _default(field: Any) -> str:
    if field is None or field.default is dataclasses.MISSING or field.default in (None, "", ()):
        return ""
    return str(field.default)


# as text -----------------------------------------------------------------------------------------------------------


def listed() -> Iterator[str]:
    """Two lines a kind; one whose file is broken says so and hides no other."""
    for name in sorted(names()):
        try:
            one = page(name)
        except Misconfigured as error:
            yield f"{name:<10} {error.indonesian}\n{'':<10} {error}"
            continue
        own, other = (f"{one.about[n]}: {', '.join(pair[n] for pair in one.abilities)}" for n in (0, 1))
        yield f"{one.name:<10} {own}\n{'':<10} {other}"


def told(one: Page) -> Iterator[str]:
    """One kind on a terminal, Indonesian first."""
    own, other = (f"{one.about[n]}: {', '.join(pair[n] for pair in one.abilities)}" for n in (0, 1))
    yield f"{one.name}: {own}\n{'':<{len(one.name)}}  {other}"
    for head, lines in (("Siapkan", one.needs.get("id", ())), ("Have ready", one.needs.get("en", ()))):
        if lines:
            yield f"\n{head}:"
            yield from (f"  {number}. {line}" for number, line in enumerate(lines, start=1))
    for name, keys in (("with", one.options), ("reply", one.reply)):
        if keys:
            yield f"\n{name}:"
            yield from (f"  {_line(key)}" for key in keys)
    yield f"\nBerikutnya / next: satupintu new {one.name} --from CONTOH"


def _line(key: Key) -> str:
    must = "wajib / required" if key.required else key.unless_said and f"bila kosong / unless said: {key.unless_said}"
    return f"{key.name:<16} {key.form:<28} {must}".rstrip()


def markdown(one: Page) -> str:
    """The tables of one kind for its page in docs/kinds."""
    lines = []
    for language, head in (("id", "Siapkan"), ("en", "Have ready")):
        lines += [f"{head}:", "", *(f"- {line}" for line in one.needs.get(language, ())), ""]
    for name, keys in (("with", one.options), ("reply", one.reply)):
        if keys:
            lines += [
                f"| `{name}` | bentuk / form | wajib / required | bila kosong / unless said |",
                "| --- | --- | --- | --- |",
            ]
            lines += [_row(key) for key in keys]
            lines.append("")
    return "\n".join(lines)


def _row(key: Key) -> str:
    form = key.form.replace("|", "\\|")
    return f"| `{key.name}` | {form} | {'ya / yes' if key.required else ''} | {key.unless_said and f'`{key.unless_said}`'} |"
