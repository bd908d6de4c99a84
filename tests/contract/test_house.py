"""The house keeps its own rules: boundaries, sizes, words, and nothing in the tree that must not be in it."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("connectors", "schemas", "dedup", "hub", "sandbox")
OTHER_CODE = ("dags", "bench", "docs")
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
NO_NAMES = re.compile(r"Manager|Service|Handler|Util|Helper|Abstract")


def code() -> list[Path]:
    """Every Python file of ours that is not a test."""
    return sorted(path for folder in (*PACKAGES, *OTHER_CODE) for path in (ROOT / folder).rglob("*.py"))


def suite() -> list[Path]:
    return sorted((ROOT / "tests").rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 11))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


# boundaries ------------------------------------------------------------------------------------------------------------


def contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert program, "lint-imports is not installed beside this Python"
    return subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def test_the_import_contracts_are_kept() -> None:
    """Leaves know nothing of the hub, kinds nothing of each other, and the spine has one direction."""
    said = contracts(ROOT)
    assert said.returncode == 0, said.stdout[-3000:]


def test_a_broken_contract_is_found(tmp_path: Path) -> None:
    """One import in the wrong direction fails, and the line is named: the contracts are not asleep."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "dedup" / "text.py").open("a") as file:
        file.write("\nimport hub.model\n")
    said = contracts(tmp_path)
    assert said.returncode == 1
    assert "dedup.text -> hub.model" in said.stdout


def test_every_module_of_the_spine_has_a_place_in_the_contracts() -> None:
    """A new module of the hub cannot escape the rules by not being named in them."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in listed if one["type"] == "layers")
    placed = {name for layer in layers for name in layer.split(" | ")}
    modules = {path.stem for path in (ROOT / "hub").glob("*.py")} | {
        path.parent.name for path in (ROOT / "hub").glob("*/__init__.py")
    }
    assert {f"hub.{name}" for name in modules - {"__init__"}} == placed


def test_no_other_distribution_ships_our_import_names() -> None:
    """Our top-level names are common words: the day another package brings one of them, imports could be its."""
    owners = metadata.packages_distributions()
    assert {name: set(owners.get(name, [])) - {"satupintu"} for name in PACKAGES} == {name: set() for name in PACKAGES}


# sizes and words -------------------------------------------------------------------------------------------------------


def test_no_file_is_too_long_to_be_read() -> None:
    """A reader holds a file in mind: 400 lines at most."""
    long = {named(path): len(path.read_text().splitlines()) for path in code()}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FILE} == {}


def test_no_file_of_tests_is_too_long_to_be_read() -> None:
    """The same holds for tests; those that are longer still are named here, and the list only grows shorter."""
    long = {named(path) for path in suite() if len(path.read_text().splitlines()) > LONGEST_FILE}
    assert long == {"tests/real/test_mariadb.py", "tests/unit/hub/test_lapor_v3.py", "tests/witness.py"}


def test_no_function_is_too_long_to_be_read() -> None:
    """A function fits on a screen: 60 lines at most."""
    found = {
        f"{named(path)}:{one.name}": (one.end_lineno or 0) - one.lineno + 1
        for path in code()
        for one in functions(path)
    }
    assert {name: lines for name, lines in found.items() if lines > LONGEST_FUNCTION} == {}


def test_every_file_says_why_it_exists() -> None:
    """The first thing in a module is a sentence, not an import."""
    silent = [named(path) for path in code() if tree(path).body and not ast.get_docstring(tree(path))]
    assert silent == []


def test_no_name_hides_what_a_thing_is() -> None:
    """No class is a Manager, Service, Handler, Util, Helper or Abstract something."""
    classes = [node for path in code() for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)]
    assert [one.name for one in classes if NO_NAMES.search(one.name)] == []


def test_every_test_promises_something() -> None:
    """Each test has a docstring, so that a failure says what is broken for whom."""
    silent = [
        f"{named(path)}:{one.name}"
        for path in suite()
        for one in functions(path)
        if one.name.startswith("test_") and not ast.get_docstring(one)
    ]
    assert silent == []


def test_all_code_is_readable_for_the_oldest_python() -> None:
    """Nothing is written in a grammar newer than Python 3.11."""
    for path in [*code(), *suite()]:
        tree(path)


# what must not be in the tree --------------------------------------------------------------------------------------------

_REGISTRIES = (
    "("
    + "|".join(a + b for a, b in (("py", "pi"), ("python", "hosted"), ("npm", "js"), ("ana", "conda")))
    + r")\.(org|com)"
)
FORBIDDEN = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE " + r"KEY-----|PRIVATE\+" + r"KEY\+",
    "a token": r"\b(ghp_|github_pat_|glpat-|xox[bap]-|AKIA|hf_|sk-)[A-Za-z0-9_-]{16,}|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.",
    "a path of one machine": r"(?<![\w.:}/])/(root|home|work|Users)/\w",
    "a host of a package registry": _REGISTRIES,
    "a mark of an unfinished merge": r"^(<{7}|>{7}) ",
}


def committed() -> list[Path]:
    """What would be cloned; without git, everything that is not made by a tool."""
    said = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode == 0:
        return [ROOT / name for name in said.stdout.split("\0") if name and (ROOT / name).is_file()]
    folders = (*PACKAGES, *OTHER_CODE, "tests", "registries", ".ci")
    return [path for name in folders for path in (ROOT / name).rglob("*") if path.is_file()] + [
        path for path in ROOT.iterdir() if path.is_file()
    ]


@pytest.mark.parametrize(("what", "pattern"), FORBIDDEN.items())
def test_the_tree_holds_nothing_that_must_not_be_in_it(what: str, pattern: str) -> None:
    """No secret, no path of somebody's machine and no registry's host is cloned by anybody."""
    wanted = re.compile(pattern, re.MULTILINE)
    found = [named(path) for path in committed() if (text := _text(path)) and wanted.search(text)]
    assert found == [], what


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if "__pycache__" not in path.parts else ""
    except UnicodeDecodeError:
        return ""


def test_lock_files_name_no_place() -> None:
    """Whoever installs decides from where: locks hold versions and hashes, no addresses, and every line has its hash."""
    locks = sorted(ROOT.glob("*.lock"))
    assert locks
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text, lock.name
        assert "-index" not in text, lock.name
        pinned = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
        assert all("--hash=sha256:" in one for one in pinned), lock.name
