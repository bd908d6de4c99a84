"""References to secrets: a manifest holds only `${secret:NAME}`, and the value goes to a bound host only."""

from __future__ import annotations

import base64
import json
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

from connectors.errors import Misconfigured

_REFERENCE = re.compile(r"\$\{secret:([^}]{0,200})(\}?)")
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
_OWN = "SATUPINTU_"
_BIGGEST = 64 * 1024
_SHORT = 6
"""Signs below which a piece of base64 or of hexadecimal digits stands in other words too."""


def references(text: str) -> set[str]:
    """Names of the secrets that a text refers to; raises Misconfigured for a malformed or reserved one."""
    return {_name(*match.groups()) for match in _REFERENCE.finditer(text)}


def resolve(text: str, lookup: Callable[[str], str]) -> str:
    """The text with every `${secret:NAME}` replaced once by `lookup(NAME)`; values are not looked into again."""
    return _REFERENCE.sub(lambda match: lookup(_name(match[1], match[2])), text)


def redact(text: str, values: Iterable[str]) -> str:
    """The text without the given values, also where they stand URL-quoted, JSON-escaped or in base64."""
    found = {form for value in values if value for form in forms(value)}
    for form in sorted(found, key=len, reverse=True):
        text = text.replace(form, "***")
    return text


class Secrets:
    """The secrets of one hub as one connector may see them: `secrets(text, host)` resolves, or refuses."""

    def __init__(
        self,
        folder: Path | None,
        env: Mapping[str, str],
        allowed: Callable[[str, str], None],
        *,
        beyond: Callable[[str], str | None] | None = None,
        note: Callable[[str], None] | None = None,
    ) -> None:
        """
        `allowed(name, host)` raises Misconfigured where this connector may not send this secret to this host.

        `beyond(name)`: a store of secrets that is asked last; `note(value)` hears of every value before it is given out.
        """
        self._folder, self._env, self._allowed, self._beyond, self._note = folder, env, allowed, beyond, note

    def __call__(self, text: str, host: str) -> str:
        """The text with its references resolved for `host`; raises Misconfigured."""
        return resolve(text, lambda name: self.value(name, host))

    def value(self, name: str, host: str) -> str:
        """One secret: the environment variable NAME, else the file NAME, else what is beyond; the binding is asked first."""
        self._allowed(_name(name, "}"), host)
        found = self._env.get(name) or self._from_file(name) or (self._beyond(name) if self._beyond else None)
        if not found:
            raise Misconfigured(f"There is no secret {name}.", hint=_where(name, self._folder), code="no_secret")
        if self._note:
            self._note(found)
        return found

    def _from_file(self, name: str) -> str | None:
        if self._folder is None:
            return None
        path = self._folder / name
        try:
            with path.open("rb") as file:
                mode = path.stat().st_mode
                data = file.read(_BIGGEST + 1)
        except FileNotFoundError:
            return None
        except OSError:
            raise Misconfigured(f"The file of secret {name} cannot be read.", code="secret_file") from None
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            hint = f"Run: chmod 600 on the file {name} in the hub's folder of secrets."
            raise Misconfigured(f"Others may read the file of secret {name}.", hint=hint, code="secret_file")
        return _text(name, data)


def _text(name: str, data: bytes) -> str:
    try:
        text = data.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        text = "\0"
    if len(data) > _BIGGEST or "\0" in text:
        raise Misconfigured(f"The file of secret {name} is no short UTF-8 text.", code="secret_file")
    return text


def _name(name: str, closed: str) -> str:
    if not closed or not _NAME.fullmatch(name):
        raise Misconfigured(
            "A reference to a secret is malformed.",
            hint="Write ${secret:NAME}, NAME in capitals, digits and _.",
            code="bad_secret_name",
        )
    if name.startswith(_OWN):
        raise Misconfigured(
            "The hub's own settings cannot be used as secrets.",
            hint="Give the secret a name of its own.",
            code="bad_secret_name",
        )
    return name


def _where(name: str, folder: Path | None) -> str:
    file = f" or write it to the file secrets/{name} in the hub's folder (mode 0600)" if folder else ""
    return f"Set the environment variable {name}{file}."


def forms(value: str) -> set[str]:
    """A secret as it may stand in a text: raw, URL-quoted, JSON-escaped, hexadecimal, and in base64 wherever it begins."""
    data = value.encode("utf-8", "surrogatepass")
    encoded = {base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()}
    quoted = {quote(data, safe=""), quote(data), quote_plus(data)}
    inner = {one for shift in range(3) for one in _inside(data, shift)}
    escaped = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    return {value, *escaped, *encoded, *quoted, *(one for one in (*inner, data.hex()) if len(one) >= _SHORT)}


def _inside(data: bytes, shift: int) -> set[str]:
    """Base64 of the value behind `shift` other bytes, as in `user:password`: the signs that only the value decides."""
    begin, end = (0, 2, 3)[shift], (shift + len(data)) * 8 // 6
    return {code(bytes(shift) + data).decode()[begin:end] for code in (base64.b64encode, base64.urlsafe_b64encode)}
