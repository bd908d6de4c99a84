"""A manifest's text with a few of its keys changed and everything else, comments included, as its author wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from connectors import yaml_file
from connectors.errors import Misconfigured

_KEY = re.compile(r"""^(?P<quote>["']?)(?P<name>[A-Za-z_][\w-]*)(?P=quote)\s*:""")


def amended(text: str, changes: Mapping[str, Any]) -> str:
    """
    The YAML text with these keys of its top level set, or taken out where the value is None.

    Where that cannot be done line by line (a file that is one `{…}`), the whole is written anew, without its comments.
    Raises Misconfigured for a text that is no YAML.
    """
    wanted = {key: value for key, value in {**_value(text), **changes}.items() if value is not None}
    for made in (_by_line(text, changes), yaml.safe_dump(wanted, allow_unicode=True, sort_keys=False, width=120)):
        try:
            if _value(made) == wanted:
                return made
        except Misconfigured:
            continue
    raise AssertionError("what YAML has read it can write")


def _value(text: str) -> dict[str, Any]:
    return yaml_file.parsed(Path("manifest.yaml"), text.encode()).value


def _by_line(text: str, changes: Mapping[str, Any]) -> str:
    lines = "".join(_kept(text, changes))
    end = "" if not lines or lines.endswith("\n") else "\n"
    said = (f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in changes.items() if value is not None)
    return lines + end + "".join(said)


def _kept(text: str, changes: Mapping[str, Any]) -> Iterator[str]:
    """The lines that belong to other keys; a comment at the margin belongs to what follows it."""
    dropping = False
    for line in text.splitlines(keepends=True):
        if found := _KEY.match(line):
            dropping = found["name"] in changes
        elif dropping and line[:1] == "#":
            dropping = False
        if not dropping:
            yield line
