"""What the commands of a region's people say about other regions, and about what accuses them: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import users
from hub.access import TABLE, Allowed, Who, may
from hub.settings import Settings
from hub.store.server import Embedded
from hub.wire import open_hub
from tests.conftest import Database, fresh_database
from tests.regions import ACCUSING, NEIGHBOUR, OURS, Marked, fill
from tests.scenario.commands import Said, here

BY = ("--by", "siti-auditor")
ARGUMENTS = {
    "contacts mail": ["--dry-run"],
    "registry pause": ["sp4n", "--by", "x", "--because", "x"],
    "registry resume": ["sp4n", "--by", "x"],
    "registry show": ["sp4n"],
    "erase": ["--complaint", str(OURS.uuid("complaint")), "--by", "x", "--because", "x"],
    "retention run": ["--by", "x"],
    "users disable": ["siti-it", "--by", "x"],
    "tokens issue": ["siti-it", "--by", "x"],
    "hold end": ["104", "--by", "x", "--because", "x"],
    "accused show": [str(OURS.uuid("complaint")), "--by", "x", "--because", "x"],
}
"""Words without which a command would tell its usage before it asks who runs it."""
EMPTY = "94.71"
"""A region without any row: what its people see would be somebody else's."""


def lines(whose: Marked, out: Path) -> dict[str, list[list[str]]]:
    """Every command that a region's people may run, asking for what belongs to that region."""
    own = str(whose.uuid("complaint"))
    why = ["--because", "pemeriksaan"]
    (out / "a.csv").write_text("id,isi\n1,lampu mati\n")
    plain = {
        verb: [verb.split()]
        for verb in ("status", "deliveries", "cases", "accused", "answers list", "hold list", "retention show")
    }
    return plain | {
        "status": [["status"], ["status", whose.word], ["status", "--json"]],
        "cases": [["cases"], ["cases", "--needs-review"], ["cases", "--region", whose.region]],
        "cases show": [["cases", "show", str(whose.uuid("case"))]],
        "release": [["release", own, *BY, *why], ["release", whose.word, *BY, *why]],
        "redrive": [["redrive", own, *BY, *why], ["redrive", "--state", "refused", *BY, *why]],
        "resolve": [["resolve", own, "--absent", *BY], ["resolve", str(whose.number), "--registry-id", "7", *BY]],
        "cases link": [["cases", "link", own, str(whose.uuid("second")), *BY, *why]],
        "cases unlink": [
            ["cases", "unlink", own, str(whose.uuid("second")), *BY, *why],
            ["cases", "unlink", str(whose.number), *BY, *why],
        ],
        "cases split": [["cases", "split", str(whose.uuid("case")), own, *BY, *why]],
        "accused show": [["accused", "show", own, *BY, *why]],
        "accused confirm": [["accused", "confirm", own, *BY, *why]],
        "accused clear": [["accused", "clear", own, *BY, *why]],
        "export": [["export", what, "--masked"] for what in ("complaints", "deliveries", "cases", "labels")]
        + [
            ["export", "complaints", whose.word, "--reason", "pemeriksaan"],
            ["export", "items", "--reason", "pemeriksaan"],
        ],
        "export answers": [["export", "answers", whose.word, "--csv", str(out / f"{whose.region}.csv")]],
        "audit log": [
            ["audit", "log"],
            ["audit", "log", "--complaint", own],
            ["audit", "log", "--region", whose.region],
        ],
        "audit sample": [["audit", "sample", "--n", "50", "--seed", "1"]],
        "upload": [["upload", whose.word, str(out / "a.csv")]],
        "pull": [["pull", whose.word], ["pull", "--all"]],
        "history": [["history", whose.word], ["history", whose.word, "--show", "1"]],
        "register": [["register", whose.word, "--back-to", "1"]],
        "activate": [["activate", whose.word]],
        "deactivate": [["deactivate", whose.word, "--because", "pemeriksaan"]],
        "check": [["check", whose.word, "--offline"], ["check", whose.word]],
        "preview": [["preview", whose.word]],
        "accept": [["accept", whose.word], ["accept"]],
        "close": [["close", whose.word, str(whose.number), *BY, *why]],
        "answers settle": [["answers", "settle", own, *BY, *why, "--sent"]],
        "hold add": [["hold", "add", "--complaint", own, "--owner", "BPK", "--until", "2030-01-01", *why]],
        "hold end": [["hold", "end", str(whose.number), *BY, *why]],
    }


@pytest.fixture(scope="module")
def house(cluster: Embedded, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Settings of a hub over rows of every region, and a token for each role of 63.04."""
    home = tmp_path_factory.mktemp("house")
    with fresh_database(cluster, template) as made:
        with made.connect(superuser=True) as connection:
            fill(connection)
        env = _env(home, made)
        with open_hub(Settings.read(env)) as hub:
            for role, region in (
                *((role, OURS.region) for role in ("it", "coordinator", "auditor")),
                ("auditor", EMPTY),
            ):
                name = f"siti-{role}" if region == OURS.region else "siti-elsewhere"
                users.add(hub, name, role=role, region=region, by="Rini")
                secret = name.encode().ljust(32)
                token, _ = users.issue(hub, name, days=1, by="Rini", random=lambda size, secret=secret: secret)
                env[name] = token
        yield env


def _env(home: Path, database: Database) -> dict[str, str]:
    for folder in ("manifests", "registries"):
        (home / folder).mkdir()
    return {
        "SATUPINTU_HOME": str(home),
        "SATUPINTU_DATABASE_URL": database.hub_url,
        "SATUPINTU_MIGRATION_URL": database.superuser_url,
        "SATUPINTU_MANIFESTS": str(home / "manifests"),
        "SATUPINTU_REGISTRIES": str(home / "registries"),
    }


def asked(house: dict[str, str], name: str, line: list[str]) -> Said:
    """What the command says to the bearer of that token."""
    env = {key: value for key, value in house.items() if key.startswith("SATUPINTU_")}
    return here(env | {"SATUPINTU_TOKEN": house[name]}, *[word.replace("siti-auditor", name) for word in line])


def allowed(role: str) -> set[str]:
    """The verbs of a region's people in that role."""
    return {verb for verb in TABLE if isinstance(may(Who(name="x", role=role, region=OURS.region), verb), Allowed)}


def test_every_command_of_a_region_is_asked(tmp_path: Path) -> None:
    """A command that a region's people may run stands in this matrix; administrators see users only."""
    everybody = {verb for role in ("engineer", "it", "coordinator", "auditor") for verb in allowed(role)}
    assert everybody == lines(OURS, tmp_path).keys()
    assert {verb.split()[0] for verb in allowed("administrator")} == {"users", "tokens"}


@pytest.mark.parametrize("role", ["it", "coordinator", "auditor"])
def test_no_command_says_anything_of_others(house: dict[str, str], tmp_path: Path, role: str) -> None:
    """Asked by name and id about a neighbour, and about what accuses them: nothing comes out that was not typed in."""
    leaks = []
    for whose in (NEIGHBOUR, ACCUSING):
        if whose is ACCUSING and role == "auditor":
            continue  # the Inspektorat: its own test
        for verb, asks in lines(whose, tmp_path).items():
            for line in asks if verb in allowed(role) else ():
                said = asked(house, f"siti-{role}", line)
                secret = [str(whose.uuid(what)) for what in ("complaint", "second")]
                secret += [] if whose is ACCUSING else [whose.word, str(whose.uuid("connector"))]
                leaks += [(verb, one) for one in secret if one in said.out + said.err and one not in line]
    assert leaks == []


def test_where_nothing_is_there_is_nothing_to_decrypt(house: dict[str, str], tmp_path: Path) -> None:
    """In a region without rows no command comes upon a row, not even to fail over it: the keys here open none."""
    for verb, asks in lines(OURS, tmp_path).items():
        for line in asks if verb in allowed("auditor") else ():
            said = asked(house, "siti-elsewhere", line)
            assert "Damaged" not in said.err and "fault of the hub" not in said.err, (line, said.err)
            assert [one for one in OURS.traces if one in said.out and one not in line] == [], line


def test_the_commands_do_say_something_of_their_own_region(house: dict[str, str], tmp_path: Path) -> None:
    """What hides others' rows does not hide one's own: the matrix above is not empty-handed."""
    own = [OURS.word, str(OURS.uuid("complaint"))]
    speak = {
        verb
        for verb, asks in lines(OURS, tmp_path).items()
        if verb in allowed("auditor")
        and any(word in asked(house, "siti-auditor", line).out for line in asks for word in own)
    }
    assert {"export", "hold list", "audit log", "status"} <= speak


def test_what_a_region_may_not_run_is_refused_in_both_languages(house: dict[str, str]) -> None:
    """A refusal is a sentence and an exit code, before anything is read or sent."""
    for role in ("it", "coordinator", "auditor"):
        refused = 0
        every = (
            TABLE.keys() - allowed(role) if role == "it" else {"forward", "audit rebuild", "users list", "reconcile"}
        )
        for verb in sorted(every):
            said = asked(house, f"siti-{role}", [*verb.split(), *ARGUMENTS.get(verb, [])])
            assert (said.code, said.out) == (2, ""), (role, verb, said)
            refused += "tidak boleh" in said.err and "may not" in said.err
            assert refused or "Usage" in said.err, (role, verb, said)
        assert refused >= (10 if role == "it" else 4), role


def test_personal_data_are_shown_for_a_reason_only(house: dict[str, str]) -> None:
    """An auditor who asks for unmasked complaints says why; masked ones need no reason."""
    said = asked(house, "siti-auditor", ["export", "complaints"])
    assert said.code == 2 and "--reason" in said.err and said.out == ""
    assert asked(house, "siti-auditor", ["export", "deliveries"]).code == 0
