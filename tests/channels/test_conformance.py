"""The conformance kit: every listing kind keeps its promises on channels that misbehave, and the kit notices where not."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from connectors.manifest import Manifest, load
from hub.conform import command
from hub.conform.command import conform
from hub.conform.kits import fitting
from hub.conform.playing import MOST, Result, play
from hub.conform.stand import Stand, stand
from hub.conform.telling import broken, row
from hub.settings import Settings
from hub.store.server import Embedded
from sandbox import hostile_pages, hostile_tokens
from sandbox.hostile_manifests import PAGES, rest
from sandbox.hostile_manifests import every as every_manifest
from sandbox.hostile_play import LOUD, WHOLE, Play, Scenario
from tests.conftest import fresh_database
from tests.scenario import commands


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Manifest]:
    """One manifest for each way of paging, one for X and one for a mailbox."""
    files = every_manifest(tmp_path_factory.mktemp("manifests"))
    return {name: load(file) for name, file in files.items()}


@pytest.fixture(scope="module")
def made(cluster: Embedded, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A hub for all scenarios; each has a connector of its own."""
    home = tmp_path_factory.mktemp("home")
    with ExitStack() as stack:
        database = stack.enter_context(fresh_database(cluster, template))
        settings = Settings(
            home=home,
            database_url=database.hub_url,
            migration_url=database.superuser_url,
            manifests=home / "manifests",
            registries=home / "registries",
            allow_networks=(ip_network("127.0.0.0/8"),),
        )
        yield stack.enter_context(stand(settings, "t"))


def shaped() -> dict[str, list[Scenario]]:
    """The scenarios of each channel."""
    with TemporaryDirectory() as folder:
        return {name: fitting(load(file)) for name, file in every_manifest(Path(folder)).items()}


def every() -> list[tuple[str, Scenario]]:
    """Each scenario on each channel that it fits."""
    return [(channel, one) for channel, scenarios in shaped().items() for one in scenarios]


def chosen() -> list[tuple[str, Scenario]]:
    """
    Each scenario at least once, in a tenth of the time.

    Pages that move are played by number and in one more way, tokens and links in each. How an answer fails or a row
    looks has little to do with paging, so those take turns.
    """
    places: dict[str, list[str]] = {}
    for channel, one in every():
        places.setdefault(one.slug, []).append(channel)
    turns = {slug: channels[turn % len(channels)] for turn, (slug, channels) in enumerate(places.items())}
    pages = {one.slug for one in hostile_pages.SCENARIOS}
    always = {one.slug for one in hostile_tokens.SCENARIOS}
    return [
        (channel, one)
        for channel, one in every()
        if channel == turns[one.slug] or one.slug in always or (channel == "number" and one.slug in pages)
    ]


def named(cases: list[tuple[str, Scenario]]) -> list[Any]:
    """The cases with names that tell channel and scenario."""
    return [pytest.param(channel, one, id=f"{channel}-{one.slug}") for channel, one in cases]


def keeps_its_promise(result: Result) -> None:
    """The outcome, shown cell by cell where it is not as promised."""
    assert result.held, (row(result), result.said)


@pytest.mark.slow
@pytest.mark.parametrize(("channel", "scenario"), named(chosen()))
def test_a_channel_that_misbehaves_costs_no_complaint(
    channel: str, scenario: Scenario, made: Stand, manifests: dict[str, Manifest]
) -> None:
    """Nothing lost, stale or twice; an incomplete pull says so, and the first after the fault owes nothing."""
    keeps_its_promise(play(made, manifests[channel], scenario))


@pytest.mark.campaign
@pytest.mark.parametrize(("channel", "scenario"), named(every()))
def test_no_way_of_paging_costs_a_complaint(
    channel: str, scenario: Scenario, made: Stand, manifests: dict[str, Manifest]
) -> None:
    """The same for every scenario in every way of paging."""
    keeps_its_promise(play(made, manifests[channel], scenario))


# the kit itself ------------------------------------------------------------------------------------------------------


def played(made: Stand, file: Path, slug: str) -> Result:
    """One scenario of the manifest in a file."""
    manifest = load(file)
    return play(made, manifest, next(one for one in fitting(manifest) if one.slug == slug))


def test_a_silent_loss_is_noticed_and_explained(made: Stand, tmp_path: Path) -> None:
    """Without a total a list that breaks off cannot be told from one that ends: the kit says so in both languages."""
    file = rest(tmp_path, total=None)
    result = played(made, file, "empty-page-for-a-whole-pull")
    assert result.lost > 0
    assert {"lost", "silent", "not_loud"} <= set(result.wrong)
    indonesian, english = next(broken(result, load(file)))
    assert indonesian.startswith("Janji 1 (tidak ada yang hilang")
    assert "tanpa `total`" in indonesian
    assert english.startswith("Promise 1 (nothing is lost")
    assert "no `total`" in english


def test_a_complaint_stored_twice_is_noticed_and_explained(made: Stand, tmp_path: Path) -> None:
    """A manifest that takes the date of an edit for the date of creation makes a complaint of each edit."""
    file = rest(tmp_path, fields={"submitted_at": {"path": "diubah", "format": "iso"}})
    result = played(made, file, "edited-again-and-again")
    assert result.wrong == ("doubled",)
    assert [said for _, said in broken(result, load(file)) if "Promise 2" in said and "same place" in said]


def _promised(act: Any) -> Scenario:
    return Scenario(slug="own", promise="", act=act, wants=frozenset(), needs=frozenset(), patience=20.0)


def test_what_is_owed_for_ever_is_noticed(made: Stand, manifests: dict[str, Manifest]) -> None:
    """A fault that is called past and is not leaves the interval owed, and the kit says that it is."""

    def never_mended(play: Play) -> Iterator[str]:
        play.portal.total = lambda count: count + 1
        yield LOUD

    result = play(made, manifests["number"], _promised(never_mended))
    assert result.wrong == ("still_owed",)
    assert all("49" in said and "48" in said for said in result.said)


def test_an_old_version_is_noticed(made: Stand, manifests: dict[str, Manifest]) -> None:
    """An edit behind the reader's back that no stamp tells of is stale until the sweep, and the kit counts it."""

    def unseen(play: Play) -> Iterator[str]:
        yield WHOLE
        play.portal.touch(play.portal.rows[3], stamped=False)
        yield WHOLE

    result = play(made, manifests["number"], _promised(unseen))
    assert (result.lost, result.stale, result.silent) == (0, 1, 2)


def test_too_many_requests_are_noticed(made: Stand, manifests: dict[str, Manifest]) -> None:
    """A portal that is asked for more than three times what a quiet one is asked for is told."""

    def costly(play: Play) -> Iterator[str]:
        for _ in range(3):
            play.portal.requests += 200
            yield WHOLE

    assert play(made, manifests["number"], _promised(costly)).wrong == ("requests",)


# the command ---------------------------------------------------------------------------------------------------------


def test_the_command_tries_a_manifest_and_touches_nothing_else(tmp_path: Path) -> None:
    """`conform` answers 0 with a table, from a database of its own: the user's folder stays empty, his secrets unread."""
    home = tmp_path / "home"
    file = rest(tmp_path, "cursor")
    asked = ("conform", str(file), "--only", "quiet", "--only", "html-instead-of-a-page")
    said = commands.here({"SATUPINTU_HOME": str(home)}, *asked)
    assert said.code == 0, said.err
    assert "2 of 2 scenarios as promised" in said.out
    assert "html-instead-of-a-page" in said.out
    assert not home.exists()


def test_the_command_says_which_promise_is_broken(made: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest that cannot keep a promise ends with 1 and one sentence in each language."""
    monkeypatch.setattr(command, "own_settings", lambda: nullcontext(made.hub.settings))
    file = rest(tmp_path, total=None, sweep=None)
    said = commands.here({}, "conform", str(file), "--only", "empty-page-for-a-whole-pull")
    assert said.code == 1
    assert "INGKAR  Janji 1" in said.out
    assert "BROKEN  Promise 1" in said.out
    assert "Without with.sweep" in said.out


@pytest.mark.parametrize(
    ("changed", "only", "sentence"),
    [
        ({"ref": "[0].id"}, (), "with.ref: '[0].id' is no plain path"),
        ({"total": "data.total"}, (), "with.total: 'data.total' is no plain path"),
        ({"items": "@"}, (), "with.total"),
        ({}, ("--only", "hari-kiamat"), "There is no scenario 'hari-kiamat'"),
        ({"look_back": "lama"}, (), "look_back"),
    ],
)
def test_a_manifest_that_cannot_be_tried_is_said_so(
    changed: dict[str, Any], only: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    """A path that no portal can be made from, an unknown scenario or a broken manifest ends with 2 and a sentence."""
    said = commands.here({}, "conform", str(rest(tmp_path, **changed)), *only)
    assert said.code == 2
    assert sentence in said.err


def test_a_missing_file_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name mistyped is told, and no database is started for it."""
    assert conform(tmp_path / "tidak-ada.yaml") == 2
    assert "tidak-ada.yaml" in capsys.readouterr().err


def test_there_are_scenarios_enough(manifests: dict[str, Manifest]) -> None:
    """At least forty ways to misbehave for each way of paging, each with a sentence that promises something."""
    for page in PAGES:
        scenarios = fitting(manifests[page])
        assert len(scenarios) >= 40
        assert len({one.slug for one in scenarios}) == len(scenarios)
        assert all(one.promise.endswith(".") and len(one.promise) > 10 for one in scenarios)


def test_the_table_of_outcomes_is_of_these_scenarios() -> None:
    """The figures that engineers read are of every scenario on every channel, and show no promise broken."""
    with (Path(__file__).parents[2] / "docs" / "conformance.csv").open(encoding="utf-8") as file:
        measured = list(csv.DictReader(file))
    assert [(run["channel"], run["scenario"]) for run in measured] == [(name, one.slug) for name, one in every()]
    assert {run[bad] for run in measured for bad in ("lost", "stale", "doubled", "silent")} == {"0"}
    assert max(int(run["requests"]) / int(run["quiet"]) for run in measured) <= MOST
