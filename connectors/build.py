"""From a manifest to a channel that can be read: the keys of `with` become the fields of the kind's class."""

from __future__ import annotations

import dataclasses
import keyword
from collections.abc import Mapping
from typing import Any, Final

from connectors.errors import Misconfigured
from connectors.known import known
from connectors.manifest import Manifest
from connectors.manifest_words import wrong

_OF_THE_HUB: Final = ("look_back", "sweep", "ignore", "created")
"""Keys of `with` that the hub itself reads; a kind that does not know them need not declare them."""
_REPLY: Final = ("reply", "reply_by")
"""Where a kind wants the manifest's `reply`; one that has a method `reply` calls its field `reply_by`."""


def channel(manifest: Manifest) -> Any:
    """
    The kind of this manifest with its options; what it can do is told by connectors.base.Lists and Replies.

    A field `reply` or `reply_by`, `zone`, `created` is filled from the manifest where `with` leaves it out.
    Raises Misconfigured for a kind or an option that does not exist, or a required one that is missing.
    """
    cls = known(manifest.kind)
    fields = {field.name: field for field in dataclasses.fields(cls) if field.init}
    written = {_name(key): value for key, value in manifest.options.items()}
    for name in _OF_THE_HUB:
        if name not in fields:
            written.pop(name, None)
    if strange := sorted(written.keys() - fields.keys()):
        raise _wrong(manifest, "option_unknown", strange[0], known=", ".join(sorted(fields)))
    values = {name: value for name, value in _beside(manifest).items() if name in fields and value is not None}
    values |= written
    if missing := [name for name, field in fields.items() if name not in values and _required(field)]:
        raise _wrong(manifest, "option_missing", missing[0])
    try:
        return cls(**values)
    except Misconfigured as error:  # a kind does not know the name of the file
        raise _in_file(manifest, error) from None


def _beside(manifest: Manifest) -> Mapping[str, Any]:
    return {
        **dict.fromkeys(_REPLY, manifest.reply),
        "zone": manifest.zone,
        "created": _path(manifest.fields.get("submitted_at")),
    }


def _path(field: Any) -> str | None:
    """Where a field is read from; None where it is no single place."""
    path = field.get("path") if isinstance(field, Mapping) else field
    return path if isinstance(path, str) else None


def _name(key: str) -> str:
    """A key as Python can call it: `page-size` is page_size, `from` is from_."""
    name = key.replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) else name


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _wrong(manifest: Manifest, rule: str, option: str, **values: str) -> Misconfigured:
    given = {"option": f"with.{option}", "kind": manifest.kind, **values}
    return wrong(manifest.path.name, rule, code="unknown_option", **given)


def _in_file(manifest: Manifest, error: Misconfigured) -> Misconfigured:
    where = f"{manifest.path.name}: with."
    indonesian = f"{where}{error.indonesian}" if error.indonesian else ""
    return Misconfigured(f"{where}{error.what}", hint=error.hint, code=error.code, indonesian=indonesian)
