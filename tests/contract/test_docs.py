"""Pages are code: what they name exists, what they show works, and what is made from the code is up to date."""

from __future__ import annotations

import importlib.util
import json
import re
import stat
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from connectors.build import channel
from connectors.known import names
from connectors.manifest import load
from hub.evidence.catalogue import CATALOGUE
from hub.settings import NAMES, PREFIX
from schemas.words import ACTS, OUTCOMES
from tests.conftest import Database

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "registries/README.md", ROOT / "connectors/manifests/README.md"]
)
KINDS = ("rest", "imap", "x")
PACKAGES = ("connectors", "schemas", "hub")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, language: str = "") -> list[str]:
    """Fenced blocks of one language; also those that are indented below a list."""
    found = re.findall(r"^( *)```(\w*)\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL)
    return [body for _, name, body in found if name == language]


def shown(text: str) -> str:
    """All that a page shows as code: blocks and words between backticks."""
    plain = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks(text), *re.findall(r"`([^`\n]+)`", plain)])


def first_column(section: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)


def below(text: str, heading: str) -> str:
    """What stands below the first heading with these words, up to the next one."""
    return re.split(r"^#+ ", text.split(heading, 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def commands(generate: ModuleType) -> dict[str, Any]:
    return dict(generate.every_command())


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):(?!=)", page("Makefile"), re.MULTILINE))


# README and the build ------------------------------------------------------------------------------------------------


def test_the_readme_starts_with_two_commands_that_exist() -> None:
    """Whoever types what the README shows first gets the demo and the tests, and a build server runs the same."""
    typed = [block.strip() for block in blocks(page("README.md")) if block.startswith("make")]
    assert typed == ["make demo", "make test"]
    run = [line.split(" 2>")[0] for line in page(".ci/run").splitlines() if line.startswith("make ")]
    assert run == typed
    assert {one.split()[1] for one in typed} <= targets()
    assert (ROOT / ".ci/run").stat().st_mode & stat.S_IXUSR


def test_the_readme_shows_what_the_demo_prints() -> None:
    """The output in the README has the demo's own labels and the figures of the sandbox's truth."""
    block = next(one for one in blocks(page("README.md")) if one.startswith("Starting"))
    demo, truth = page("sandbox/demo.py"), json.loads(page("sandbox/truth.json"))
    labels = re.findall(r"^([A-Z][A-Za-z ]+:) ", block, re.MULTILINE)
    assert labels
    assert [label for label in labels if label not in demo] == []
    assert "Everything agrees with the sandbox's truth." in block
    assert re.search(rf"registry reports: +{truth['registry_complaints']} ", block)
    assert re.search(rf"two or more complaints: +{truth['cases_with_two_or_more']}$", block, re.MULTILINE)


def test_the_readme_shows_a_table_that_adds_up() -> None:
    """The seven words of each connector in the README's output sum up to what was pulled, as the truth has it."""
    truth = json.loads(page("sandbox/truth.json"))["connectors"]
    rows = re.findall(r"^│ ([a-z-]+) +│(.*)│$", page("README.md"), re.MULTILINE)
    assert {name for name, _ in rows} == set(truth)
    for name, cells in rows:
        items, stored, *words = (int(cell) for cell in cells.split("│"))
        assert items == stored == sum(words) == truth[name]["items"], name
        assert words[3:6] == [truth[name][word] for word in ("held", "quarantined", "rejected")], name


def test_every_make_target_that_a_page_names_exists() -> None:
    """No page tells anybody to type a make command that is not there."""
    named = {
        (path.name, target) for path in PAGES for target in re.findall(r"\bmake ([a-z-]+)", shown(path.read_text()))
    }
    assert [one for one in named if one[1] not in targets()] == []


# commands --------------------------------------------------------------------------------------------------------------


def test_generated_pages_are_up_to_date(generate: ModuleType) -> None:
    """The pages of commands and licences and the table of settings say what the code says today."""
    stale = [path.name for path, text in generate.pages().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run: .venv/bin/python docs/generate.py"


def test_every_command_has_help_and_a_section(commands: dict[str, Any]) -> None:
    """A command that nobody explains cannot be shipped."""
    sections = re.findall(r"^## (.+)$", page("docs/commands.md"), re.MULTILINE)
    assert sections == list(commands)
    assert [path for path, command in commands.items() if not (command.help or "").strip()] == []


def test_every_command_that_a_page_shows_can_be_typed(commands: dict[str, Any]) -> None:
    """Each `satupintu …` in any page is a real command with real options."""
    typed = [(path.name, line) for path in PAGES for line in _typed(path.read_text())]
    assert len(typed) > 20
    assert [one for one in typed if not _can_be_typed(one[1], commands)] == []


def _typed(text: str) -> list[str]:
    return re.findall(r"(?:^|[\s/])(satupintu [a-z].*)$", shown(text), re.MULTILINE)


def _can_be_typed(line: str, commands: dict[str, Any]) -> bool:
    words = line.removeprefix("satupintu ").split()
    path = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in commands), None)
    if path is None:
        return words[0] in {name.split()[0] for name in commands} and len(words) == 1
    known = {option for one in commands[path].params for option in one.opts} | {"--help"}
    asked = set(re.findall(r"(?<!\S)\[?(--[a-z-]+)", line))
    return asked <= known


# engineers -------------------------------------------------------------------------------------------------------------


def test_every_setting_has_a_line_for_engineers() -> None:
    """Each SATUPINTU_* variable is explained, and no page invents one."""
    table = below(page("docs/engineers.md"), "## Settings")
    assert first_column(table) == [PREFIX + name for name in NAMES]
    named = {name for path in PAGES for name in re.findall(r"SATUPINTU_([A-Z_]+[A-Z])\b", path.read_text())}
    assert named - {*NAMES, "REGISTRY"} == set()


def test_the_schedules_of_the_page_are_those_of_the_dags() -> None:
    """Engineers find in the page every fleet DAG that runs, and when."""
    found = dict(re.findall(r'fleet\(\s*"(\w+)",\s*"([^"]+)"', page("dags/fleet.py")))
    said = dict(
        re.findall(r"^\| `(\w+)` \| ([^|]+) \|", below(page("docs/engineers.md"), "## Schedules"), re.MULTILINE)
    )
    words = {
        "* * * * *": "every minute",
        "*/5 * * * *": "every 5 minutes",
        "*/15 * * * *": "every 15 minutes",
        "0 6 * * *": "06.00 Asia/Jakarta",
    }
    assert {name: words[cron] for name, cron in found.items()} == {
        name: when for name, when in said.items() if name != "sync__NAME"
    }


# regional IT -----------------------------------------------------------------------------------------------------------

EXAMPLES = [*blocks(page("docs/manifest.md"), "yaml"), *blocks(page("connectors/manifests/README.md"), "yaml")]


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_of_a_manifest_can_be_used(text: str, tmp_path: Path) -> None:
    """A region that copies an example and changes addresses and names has a manifest that the hub takes."""
    file = tmp_path / "contoh.yaml"
    file.write_text(text, encoding="utf-8")
    assert channel(load(file))


def test_there_is_an_example_for_each_kind() -> None:
    """Nobody has to guess how a mailbox or an X account is written."""
    assert {kind for kind in KINDS for text in EXAMPLES if f"\nkind: {kind}" in text} == set(KINDS)


def keys_of_the_schema() -> dict[str, set[str]]:
    schema = json.loads(page("schemas/manifest.schema.json"))
    inner = schema["$defs"]
    of_kind = {kind: set(inner[f"with_{kind}"]["properties"]) for kind in KINDS}
    shared = set.intersection(*of_kind.values())
    return {
        "### Umum": set(schema["properties"]),
        "### Penerusan": set(schema["properties"]["forward"]["properties"]),
        "### Portal": of_kind["rest"] - shared,
        "### Halaman": set(inner["page"]["properties"]),
        "### Surel": of_kind["imap"] - shared,
        "### X": of_kind["x"] - shared,
        "### Untuk semua": shared,
        "### Nama baku": {*inner["fields"]["properties"], "extra.NAMA"},
        "### Jawaban": {key for kind in KINDS for key in inner[f"reply_{kind}"]["properties"]},
    }


@pytest.mark.parametrize(("heading", "keys"), keys_of_the_schema().items())
def test_every_key_of_a_manifest_is_explained(heading: str, keys: set[str]) -> None:
    """Each key that the schema knows has its line, in both languages, and no line speaks of another."""
    section = below(page("docs/manifest.md"), heading)
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)
    assert sorted(key for key, _, _ in rows) == sorted(keys)
    assert all(indonesian.strip() and english.strip() for _, indonesian, english in rows)


def test_every_message_in_the_table_of_errors_is_really_said() -> None:
    """Somebody who looks up a message finds it as the hub writes it."""
    sources = "".join(path.read_text() for folder in PACKAGES for path in (ROOT / folder).rglob("*.py"))
    sources += page("schemas/manifest.schema.json")
    table = below(page("docs/manifest.md"), "## Kesalahan umum")
    messages = [
        one for row in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE) for one in re.findall("`([^`]+)`", row)
    ]
    unsaid = [one for one in messages if not re.search(re.sub("[0-9]+", "[{][^}]+[}]", re.escape(one)), sources)]
    assert len(messages) > 8
    assert unsaid == []


def test_the_five_minute_guide_names_commands_that_are_and_has_a_twin(commands: dict[str, Any]) -> None:
    """The six steps are those that a story runs, every line is a command that exists, and both languages say the same ones."""
    own, twin = page("docs/regional-it.md"), page("docs/regional-it.en.md")
    lines = [line for block in blocks(own, "") for line in block.splitlines() if line.startswith("satupintu ")]
    assert lines == [line for block in blocks(twin, "") for line in block.splitlines() if line.startswith("satupintu ")]
    known = {path.split()[0] for path in commands}
    told = re.findall(r"satupintu ([a-z]+)", own)
    assert set(told) <= known and [line.split()[1] for line in lines[2:8]] == [
        "new", "check", "preview", "register", "pull", "status",
    ]  # fmt: skip
    story = page("tests/scenario/test_newcomer.py")
    assert all(f'(("{verb}", ' in story for verb in ("new", "check", "preview", "register", "pull", "status"))


# auditors --------------------------------------------------------------------------------------------------------------


def test_the_query_for_auditors_runs(database: Database) -> None:
    """The SQL that auditors copy answers, and shows the seven words beside what is stored and lost."""
    query = blocks(page("docs/auditors.md"), "sql")[0]
    with database.connect(superuser=True) as connection:
        connection.execute("SET ROLE satupintu_reader")
        answer = connection.execute(query)
        assert answer.description
        columns = [column.name for column in answer.description]
    assert columns == ["connector", "stored", *OUTCOMES, "lost"]


def test_auditors_find_every_act_and_every_word() -> None:
    """No entry of the log holds an act that the auditors' page does not explain; the seven words are all there."""
    text = page("docs/auditors.md")
    assert sorted(first_column(below(text, "## Isi log"))) == sorted(["act", *ACTS])
    for act, meaning in CATALOGUE.items():
        assert meaning.indonesian and meaning.english, act
        assert [path for path in meaning.where if f'"{act}"' not in page(path)] == [], act
    assert first_column(below(text, "## Tidak ada yang hilang")) == list(OUTCOMES)
    assert re.findall(r"^\| ([a-z_]+) \|", below(page("docs/engineers.md"), "## Daily look"), re.MULTILINE) == [
        "word",
        *OUTCOMES,
    ]


# links -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path: Path) -> None:
    """A reader never clicks into nothing: files exist, and so do the headings that are pointed to."""
    links = re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not _resolves(path, link)] == []


def _resolves(path: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (path.parent / name).resolve() if name else path
    if not target.exists():
        return False
    return not anchor or anchor in {_anchor(one) for one in re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)}


def _anchor(heading: str) -> str:
    """As repository pages make it: small letters, spaces to hyphens, other signs gone."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_what_the_architecture_names_exists() -> None:
    """Every file and folder that ARCHITECTURE.md names in backticks is there."""
    named = set(re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", page("ARCHITECTURE.md")))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", sorted((DOCS / "adr").glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_fits_on_a_page(path: Path) -> None:
    """Records of decisions are numbered without gaps and short enough to be read."""
    numbers = [int(one.name[:4]) for one in sorted((DOCS / "adr").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(path.read_text().splitlines()) <= 60


@pytest.mark.parametrize("kind", sorted(names()))
def test_each_kind_has_a_page_with_a_whole_manifest(kind: str, tmp_path: Path) -> None:
    """Whoever registers a channel copies the page's manifest: it is valid as printed, and the page names keys and errors."""
    page = (DOCS / "kinds" / f"{kind}.md").read_text(encoding="utf-8")
    block = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert block
    path = tmp_path / "contoh.yaml"
    path.write_text(block[1], encoding="utf-8")
    manifest = load(path)
    assert manifest.kind == kind and channel(manifest)
    assert {"## Keys", "rror codes"} == {one for one in ("## Keys", "rror codes") if one in page}
