"""A portal behind a poor line, slow and cut every few seconds: everything arrives, once, and not from the start each time."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from hub import steps
from hub.model import Tally
from hub.status import states
from hub.wire import open_hub
from sandbox import portal
from sandbox.portal import PortalState, generate
from sandbox.running import serving
from sandbox.slow_link import SlowLink, slow_link
from tests.scenario.conftest import Portals, Site

NAME = "jatim-portal"
PAGE = 50
IN_FLIGHT = 5
"""Pages that may be on their way when the line breaks: four asked ahead, and the one that is being read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How poor it is."""

    rate: float
    """Bytes a second in each direction."""
    cut_every: float
    dark: float
    records: int
    """So many that reading them takes as long as the promise says."""


SQUEEZED = Line(rate=80_000, cut_every=2.0, dark=0.1, records=2000)
"""Ten times as fast and as often cut as the full form, for a few seconds."""
FULL = Line(rate=8_000, cut_every=20.0, dark=1.0, records=6000)
"""64 kbit/s, cut every 20 s, for about 5 minutes."""


def ninety_six_a_day(count: int) -> list[dict[str, Any]]:
    """Records of a busy region: one in a quarter of an hour, the last of them now."""
    now = datetime.now(ZoneInfo("Asia/Jakarta"))
    rows = generate(new=count)
    for number, row in enumerate(rows):
        row["updated_at"] = (now - timedelta(minutes=15 * (count - number))).strftime("%Y-%m-%dT%H:%M:%S")
    return rows


@contextmanager
def poor(site: Site, add_portal: Portals, line: Line) -> Iterator[tuple[PortalState, SlowLink]]:
    """The portal with gzip, and the line that the connector reaches it by."""
    state = add_portal(ninety_six_a_day(line.records)).state
    path = site.home / "manifests" / f"{NAME}.yaml"
    with (
        serving(GZipMiddleware(portal.app(state), minimum_size=500)) as url,
        slow_link(url, rate=line.rate, cut_every=line.cut_every, dark=line.dark) as link,
    ):
        manifest = yaml.safe_load(path.read_text())
        manifest["with"]["url"] = f"{link.url}/api/aduan"
        manifest["with"]["page"]["size"] = PAGE
        path.write_text(yaml.safe_dump(manifest))
        yield state, link


def until_nothing_is_owed(site: Site, link: SlowLink) -> list[Tally]:
    """Pull as the schedule would, until a pull is complete; the line's own pauses are waited for, and none else."""
    tallies: list[Tally] = []
    with open_hub(site.settings, sleep=lambda seconds: None, seed=1) as hub:
        while not tallies or tallies[-1].owed:
            assert len(tallies) < 200 and link.wait_for_light(60)
            tallies.append(steps.pull(hub, NAME))
        assert not states(hub, NAME)[0].owed
    return tallies


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", [pytest.param(SQUEEZED, id="squeezed"), pytest.param(FULL, id="full", marks=pytest.mark.campaign)]
)
def test_everything_arrives_once_over_a_poor_line(
    empty_site: Site, add_portal: Portals, line: Line, capsys: pytest.CaptureFixture[str]
) -> None:
    """64 kbit/s and a cut every 20 s: each complaint is stored once, and a cut costs no more than what was on its way.

    Two passes are the proof of a portal that pages by number; half a pass more is for what changed meanwhile.
    """
    with poor(empty_site, add_portal, line) as (state, link):
        tallies = until_nothing_is_owed(empty_site, link)
        pages, asked = line.records // PAGE + 1, state.calls["list"]
    stored = empty_site.export("items")
    assert sorted(row["ref"] for row in stored) == sorted(row["id"] for row in state.records)
    assert {row["version"] for row in stored} == {1}
    assert sum(tally.done for tally in tallies) == line.records
    assert link.cuts >= 2 and len(tallies) >= 2
    assert asked <= 2.5 * pages + IN_FLIGHT * link.cuts, (asked, pages, link.cuts)
    plain = 2 * len(json.dumps(state.records, ensure_ascii=False).encode())
    assert link.wire < plain / 2, "gzip was not used"
    with capsys.disabled():
        print(
            f"\n{line.records} records in {pages} pages, {len(tallies)} pulls, {link.cuts} cuts: {asked} requests, "
            f"{link.wire} bytes on the wire ({link.received} down, {link.sent} up) for {plain} bytes of JSON"
        )


@pytest.mark.slow
def test_a_photo_arrives_over_a_line_that_never_carries_it_in_one_go(
    empty_site: Site, add_portal: Portals, tmp_path: Path
) -> None:
    """Attachments hold no complaint up, come in pieces where the line breaks, and are the portal's byte for byte."""
    photo = random.Random(1).randbytes(150_000)
    (tmp_path / "foto.jpg").write_bytes(photo)
    app = Starlette(routes=[Mount("/", StaticFiles(directory=tmp_path))])
    with serving(app) as url, slow_link(url, rate=60_000, cut_every=1.5, dark=0.05) as link:
        rows = generate(new=2)
        rows[1]["lampiran"] = [{"name": "foto.jpg", "url": f"{link.url}/foto.jpg"}]
        add_portal(rows, fields={"attachments": "lampiran"})
        with open_hub(empty_site.settings, sleep=lambda seconds: link.wait_for_light(60) and None, seed=1) as hub:
            assert steps.pull(hub, NAME).done == 2
            assert steps.accept(hub, [NAME]).done == 2
            for _ in range(10):
                if (held := _files(empty_site)) == [("held", len(photo))]:
                    break
                steps.accept(hub, [NAME])
    assert held == [("held", len(photo))] and link.cuts >= 1


def _files(site: Site) -> list[tuple[Any, ...]]:
    with site.database.connect(superuser=True) as connection:
        return connection.execute("SELECT state, size FROM attachments").fetchall()
