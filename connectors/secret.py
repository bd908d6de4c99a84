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


def references(text: str) -> set[str]:
    """Names of the secrets that a text refers to; raises Misconfigured for a malformed or reserved one."""
    return {_name(*match.groups()) for match in _REFERENCE.finditer(text)}


def resolve(text: str, lookup: Callable[[str], str]) -> str:
    """The text with every `${secret:NAME}` replaced once by `lookup(NAME)`; values are not looked into again."""
    return _REFERENCE.sub(lambda match: lookup(_name(match[1], match[2])), text)


def redact(text: str, values: Iterable[str]) -> str:
    """The text without the given values, also where they stand URL-quoted, JSON-escaped or in base64."""
    forms = {form for value in values if value for form in _forms(value)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "***")
    return text


class Secrets:
    """The secrets of one hub as one connector may see them: `secrets(text, host)` resolves, or refuses."""

    def __init__(self, folder: Path | None, env: Mapping[str, str], allowed: Callable[[str, str], None]) -> None:
        """`allowed(name, host)` raises Misconfigured where this connector may not send this secret to this host."""
        self._folder, self._env, self._allowed = folder, env, allowed

    def __call__(self, text: str, host: str) -> str:
        """The text with its references resolved for `host`; raises Misconfigured."""
        return resolve(text, lambda name: self.value(name, host))

    def value(self, name: str, host: str) -> str:
        """One secret: the environment variable NAME, else the file NAME; the binding is asked before either is read."""
        self._allowed(_name(name, "}"), host)
        found = self._env.get(name) or self._from_file(name)
        if not found:
            raise Misconfigured(f"There is no secret {name}.", hint=_where(name, self._folder), code="no_secret")
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


def _forms(value: str) -> set[str]:
    data = value.encode("utf-8", "surrogatepass")
    encoded = {base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()}
    quoted = {quote(data, safe=""), quote(data), quote_plus(data)}
    return {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], *encoded, *quoted}
