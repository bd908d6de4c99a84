"""kill -9 of a pull at any moment: what was read stays read, the next pull goes on behind it, and the end is the truth."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.channels.fakes.web import Web, serve
from tests.conftest import Database
from tests.faults.dying import PAGE, Fatal, Listing, Stove, warm
from tests.scenario.conftest import Site

BATCH_PAGES = 20
IN_FLIGHT = 5
"""Pages on their way when a process dies: four asked ahead, and the one that is being read."""


@pytest.fixture(scope="module")
def stove() -> Iterator[Stove]:
    """One warm process for all."""
    with warm() as made:
        yield made


@dataclass(slots=True, kw_only=True)
class Scene:
    """A site, one listing after another, and the dice."""

    site: Site
    stove: Stove
    folder: Path
    style: str
    dice: random.Random
    rows: int
    total: bool = True
    changing: bool = False
    rounds: int = 0
    kills: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    quiet: int = 0
    """Pages of a reading that nobody kills."""
    again: int = 0
    """Pages read beside them, in all rounds."""

    def run(self, times: int) -> None:
        """Rounds until so many processes were killed; one more before them is left alone, to compare with."""
        if not self.changing:
            self.round(0)
        while self.kills < times:
            assert self.rounds < 20 + times, "too many kills fell outside the work"
            self.round(min(times - self.kills, 16))

    def round(self, most: int) -> None:
        """One listing: pulls that are killed at up to `most` moments, then pulls that are not until one ends with 0."""
        self.rounds += 1
        listing = self.listing()
        with serve(listing.answer) as web:
            name = self.register(web)
            killed = self.killed(listing, name, most)
            self.quiet = self.quiet or listing.served
        self.kills += killed
        self.holds(listing, name, killed)

    def listing(self) -> Listing:
        """Rows of two years, a few a day, the last of them two hours ago."""
        made = Listing(style=self.style, total=self.total, newest_first=self.changing and self.rounds % 2 == 0)
        begin = datetime.now(UTC) - timedelta(hours=2)
        for number in range(self.rows):
            made.put(number, begin - timedelta(hours=3) * (self.rows - number), f"Jalan berlubang {number}")
        return made

    def register(self, web: Web) -> str:
        """The manifest of this listing; returns its name."""
        name = f"portal-{self.rounds}"
        page: dict[str, Any] = {"style": self.style, "size": PAGE}
        if self.style != "link":
            page["param"] = "at"
        if self.style == "cursor":
            page["next"] = "next"
        given = {
            "url": f"{web.url}/aduan",
            "items": "data",
            "ref": "id",
            "page": page,
            "changed": {"path": "updated_at", "format": "iso"},
            "since": {"param": "since", "format": "iso", "zone": "UTC"},
            **({"total": "total"} if self.total else {}),
        }
        manifest = {
            "version": 1,
            "name": name,
            "owner": "Dinas Kominfo Uji",
            "region": "35",
            "channel": "portal_uji",
            "kind": "rest",
            "with": given,
            "fields": {"body": "isi", "is_confidential": {"const": False}},
            "schedule": "*/15 * * * *",
        }
        (self.site.home / "manifests" / f"{name}.yaml").write_text(yaml.safe_dump(manifest))
        return name

    def killed(self, listing: Listing, name: str, most: int) -> int:
        """How many pulls were killed before one came to its end."""
        killed = tries = 0
        while True:
            log = self.folder / f"{name}.log"
            code = self.pulled(listing, name, log, deadly=killed < most)
            tries += 1
            assert code in ((0, -9, 3) if self.changing else (0, -9)), (code, log.read_text())
            if code == 0:
                return killed
            assert tries <= most + 4, log.read_text()
            killed += code == -9
            if self.changing and code == -9:
                self.change(listing)

    def pulled(self, listing: Listing, name: str, log: Path, *, deadly: bool) -> int:
        """One pull; how it ended."""
        with self.stove.pull(self.site.env, name, log) as process:
            fatal = listing.fatal = self.fatal(process, listing.served) if deadly else None
            if fatal:
                fatal.begin()
            code = self.stove.code()
            listing.fatal = None
            if fatal:
                fatal.end()
        return code

    def fatal(self, process: int, served: int) -> Fatal:
        """Any moment: from the start of the process to behind its last page, most often in the middle."""
        where = self.dice.choices(["start", "pages", "end"], [1, 8, 2])[0]
        self.moments[where] += 1
        if where == "start":
            return Fatal(process=process, delay=self.dice.uniform(0, 0.15))
        if where == "end":
            return Fatal(process=process, ends=self.dice.randint(1, 3), delay=self.dice.uniform(0, 0.08))
        left = max(4, min(40, (self.quiet or 2 * self.rows // PAGE) - served))
        return Fatal(process=process, after=self.dice.randint(1, left), delay=self.dice.uniform(0, 0.05))

    def change(self, listing: Listing) -> None:
        """What officers and citizens do while nobody reads: rows come, are touched and go."""
        now = datetime.now(UTC)
        for number in self.dice.sample(sorted(listing.rows), 20):
            listing.put(number, now, f"Sudah diperiksa {self.dice.random()}")
        for number in range(max(listing.rows) + 1, max(listing.rows) + 1 + self.dice.randint(0, 150)):
            listing.put(number, now, f"Lampu mati {number}")
        for number in self.dice.sample(sorted(listing.rows), 7):
            del listing.rows[number]

    # what has to hold ------------------------------------------------------------------------------------------------

    def holds(self, listing: Listing, name: str, killed: int) -> None:
        """The store has the truth, each version once; nothing is owed; little was read twice."""
        stored = self.site.export("items", name)
        newest = {line["ref"]: line["payload"] for line in sorted(stored, key=lambda line: line["version"])}
        assert {ref: newest.get(ref) for ref in listing.rows} == listing.rows
        if not self.changing:
            assert len(stored) == len(listing.rows)
            again = listing.served - self.quiet
            assert again <= killed * (BATCH_PAGES + IN_FLIGHT) + FOLLOWER, (again, self.quiet, killed)
            self.again += again
        assert len({(line["ref"], json.dumps(line["payload"])) for line in stored}) == len(stored)
        with self.site.database.connect(superuser=True) as connection:
            owed = connection.execute("SELECT count(*) FROM intervals WHERE closed_at IS NULL").fetchone()
            left = connection.execute("SELECT count(*) FROM pages").fetchone()
        assert (owed, left) == ((0,), (0,))

    def proven(self) -> None:
        """The log is whole, and tells of as many versions as are stored."""
        log = str(self.folder / "log")
        for verb in (["seal"], ["audit", "export", log], ["audit", "verify", log, "--key", f"{log}/log.vkey"]):
            said = self.site.command(*verb)
            assert said.code == 0, said.out + said.err
        assert "INTACT" in said.out
        with self.site.database.connect(superuser=True) as connection:
            told = connection.execute(
                "SELECT sum((convert_from(body, 'UTF8')::jsonb ->> 'count')::int), (SELECT count(*) FROM items) "
                "FROM entries WHERE act = 'pulled' AND convert_from(body, 'UTF8')::jsonb ->> 'code' = 'stored'"
            ).fetchone()
        assert told and told[0] == told[1]


FOLLOWER = 12
"""Pages of the reading of what has changed since, which follows one that was taken up: two passes of a few rows."""


@pytest.fixture
def scene(home: Path, database: Database, stove: Stove, tmp_path: Path) -> Scene:
    """A site without any connector."""
    for folder in ("manifests", "registries"):
        (home / folder).mkdir()
    site = Site(home=home, database=database)
    return Scene(site=site, stove=stove, folder=tmp_path, style="number", dice=random.Random(), rows=2000)


def tell(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """What it cost, for the one who runs the campaign."""
    with capsys.disabled():
        said = f"{scene.kills} kills in {scene.rounds} readings of {scene.rows} rows; armed at {dict(scene.moments)}"
        print(f"\n{scene.style}: {said}; {scene.again} pages read again")


def campaign(*values: Any) -> Any:
    return pytest.param(*values, marks=pytest.mark.campaign)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("style", "total", "times"),
    [
        ("number", True, 3),
        ("cursor", True, 3),
        ("link", False, 3),
        campaign("number", True, 40),
        campaign("number", False, 20),
        campaign("cursor", True, 30),
        campaign("cursor", False, 30),
        campaign("link", True, 20),
        campaign("link", False, 30),
        campaign("offset", True, 30),
    ],
)
def test_a_killed_pull_goes_on_where_it_was(
    scene: Scene, style: str, total: bool, times: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Power fails at any moment of a pull, again and again: in the end the store equals the portal, each complaint once,
    nothing is owed, the log proves it, and a failure cost one batch and the pages on their way.
    """
    scene.style, scene.total, scene.rows = style, total, 6000 if times > 3 else 2000
    scene.dice.seed(f"{style} {total} {times}")
    scene.run(times)
    scene.proven()
    tell(scene, capsys)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("style", "times"),
    [("number", 3), campaign("number", 25), campaign("cursor", 25), campaign("link", 25), campaign("offset", 25)],
)
def test_a_list_that_changes_between_failures_is_read_to_the_truth(
    scene: Scene, style: str, times: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Rows come, are touched and go between the failures: a pull that ends with 0 has every row that is still there, in
    its newest form, whatever page it went on from.
    """
    scene.style, scene.changing = style, True
    scene.rows = 6000 if times > 3 else 2000
    scene.dice.seed(f"changing {style} {times}")
    scene.run(times)
    scene.proven()
    tell(scene, capsys)
