"""What a region says in its own app arrives at the registry once, and what we wrote into the app never goes back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hub import steps
from hub.releasing import release
from hub.spine import Hub
from sandbox.portal import SHOWN, generate
from tests.scenario.conftest import Portals, Site

NAME = "jatim-portal"
FAULTS: list[tuple[str, Any]] = [
    ("drop_response_after_commit", {"times": 3, "on": ["followup_add"]}),
    ("500_once", {"times": 3, "on": ["followup_add"]}),
    ("500_after_commit", {"times": 2, "on": ["followup_add"]}),
    ("429_with_retry_after", {"times": 2, "on": ["followup_add"], "seconds": 30}),
    ("html_error_page_200", {"times": 2, "on": ["followup_add"]}),
    ("expired_token_401", {"times": 2, "on": ["followup_add"]}),
]


class Killed(BaseException):
    """The process is gone."""


@contextmanager
def town(site: Site, add_portal: Portals, count: int) -> Iterator[tuple[Hub, Any]]:
    """A hub that has forwarded `count` complaints of a portal whose clock is the hub's."""
    portal = add_portal(generate(new=count, seed=7))
    portal.state.now = site.clock
    with site.hub() as hub:
        steps.sync(hub)
        assert len(site.registered()) == count
        site.clock.sleep(60)
        yield hub, portal


def day(hub: Hub, site: Site, *, hours: float = 1) -> None:
    """Time passes, and all six verbs run."""
    site.clock.sleep(hours * 3600)
    steps.sync(hub)


def heard(site: Site) -> Counter[str]:
    """What the registry holds as follow-ups of ours: the answers' own words, each as often as it is there."""
    texts = [row["content"] for filed in site.registered() for row in filed["followups"]]
    return Counter(found[0] for text in texts if (found := re.search(r"Jawaban \d+ atas GEN-\d+", text)))


def said(portal: Any, count: int) -> list[str]:
    """One more answer to each of the first records, by an officer."""
    words = []
    for row in portal.state.records[:count]:
        words.append(f"Jawaban {len(row['tanggapan'])} atas {row['id']}")
        portal.state.say(row["id"], words[-1], status="proses")
    return words


@pytest.mark.slow
def test_200_answers_arrive_once_each_whatever_fails(
    empty_site: Site, add_portal: Portals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost answers, errors, pages in HTML, refusals and a killed run: 200 follow-ups, in order, and none comes back."""
    with town(empty_site, add_portal, 50) as (hub, portal):
        words = []
        for turn in range(4):
            words += said(portal, 50)
            for name, value in FAULTS:
                empty_site.switch("registry", name, value)
            if turn == 2:
                _killed_run(hub, empty_site, monkeypatch)
            day(hub, empty_site)
        for _ in range(16):
            empty_site.clock.sleep(7200)
            steps.forward(hub)
        assert heard(empty_site) == Counter(words)
        for filed in empty_site.registered():
            mine = [found[1] for row in filed["followups"] if (found := re.search(r"Jawaban (\d+)", row["content"]))]
            assert mine == sorted(mine, key=int), filed["complaint_id"]
        _stays_quiet(hub, empty_site, portal)
        with hub.store.begin() as work:
            assert work.rows("SELECT what, state, count(*) FROM follow_ups GROUP BY 1, 2") == [("answer", "sent", 200)]


def test_what_is_taken_back_to_what_it_was_is_the_last_word(empty_site: Site, add_portal: Portals) -> None:
    """An officer's answer goes A, B, A, B, then a complaint's own text: the registry hears each of them, in that order."""
    with town(empty_site, add_portal, 1) as (hub, portal):
        row, words = portal.state.records[0], said(portal, 1)
        own = [row["isi"], f"{row['isi']} Mohon segera."]
        for text in (words[0], "Besok.", words[0], "Besok."):
            portal.state.correct(row["id"], text)
            day(hub, empty_site)
            day(hub, empty_site)
        for text in (own[1], own[0], own[1]):
            row["isi"] = text
            portal.state.correct(row["id"], "Besok.")
            day(hub, empty_site)
        told = [one["content"].split("\n\n") for one in empty_site.registered()[0]["followups"]]
        assert [part[1] for part in told[:4]] == [words[0], "Besok.", words[0], "Besok."]
        assert [any(own[1] in line for line in part) for part in told[4:]] == [True, False, True]


def _killed_run(hub: Hub, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pull and accept, then a forward that dies between the registry's word and our commit."""
    steps.pull(hub, NAME)
    steps.accept(hub)

    def dies(*_: Any, **rest: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("hub.relaying.relays.settle", dies)
        with pytest.raises(Killed):
            steps.forward(hub)
    site.clock.sleep(660)


def _stays_quiet(hub: Hub, site: Site, portal: Any) -> None:
    """A day on which nobody says anything: no follow-up at the registry, no answer at the portal."""
    before = len(portal.state.answers), sum(len(filed["followups"]) for filed in site.registered())
    day(hub, site, hours=30)
    assert before == (len(portal.state.answers), sum(len(filed["followups"]) for filed in site.registered()))


@pytest.mark.parametrize("shown", SHOWN)
def test_what_we_wrote_into_the_app_never_goes_back(empty_site: Site, add_portal: Portals, shown: str) -> None:
    """An app shows our answers among its own, as they were, escaped, wrapped or cut: none becomes a follow-up."""
    with town(empty_site, add_portal, 3) as (hub, portal):
        portal.state.shows = shown
        state = empty_site.counterparts["registry"].state
        for status in ("Dalam Proses", "Ditindaklanjuti", "Selesai"):
            for filed in list(state.complaints.values()):
                state.move(filed, status, f"<p>Sudah kami tangani: {status}, laporan {filed.complaint_id}.</p>")
            day(hub, empty_site)
        assert len(portal.state.answers) >= 9
        words = said(portal, 2)
        day(hub, empty_site)
        assert heard(empty_site) == Counter(words)
        with hub.store.begin() as work:
            assert work.value("SELECT count(*) FROM follow_ups") == 2
        _stays_quiet(hub, empty_site, portal)


def test_a_word_that_we_put_there_is_nobodys_status(empty_site: Site, add_portal: Portals) -> None:
    """An agency answers before the registry's status has a word at the app: what the app then shows is our own word."""
    with town(empty_site, add_portal, 2) as (hub, portal):
        state = empty_site.counterparts["registry"].state
        filed = next(iter(state.complaints.values()))
        state.add_followup(filed, "Kami sedang menjadwalkan peninjauan bersama dinas terkait.", [], to=4501)
        for _ in range(3):
            day(hub, empty_site)
        assert "proses" in {row["status"] for row in portal.state.records}
        with hub.store.begin() as work:
            assert work.rows("SELECT what, status FROM follow_ups") == []
        moved = next(row for row in portal.state.records if row["status"] == "proses")
        for own in ("selesai", "proses"):
            portal.state.say(moved["id"], "", status=own)
            day(hub, empty_site)
        with hub.store.begin() as work:
            told = work.rows("SELECT status FROM follow_ups WHERE state = 'sent' ORDER BY number")
        assert [row.status for row in told] == ["resolved", "in_progress"]


CHANGES: list[tuple[str, Callable[[dict[str, Any]], None], str | None]] = [
    (
        "in an editor",
        lambda row: row["tanggapan"].append({"id": 9, "isi": "<p>Sudah&nbsp;<b>selesai</b></p><p>1 &lt; 2</p>"}),
        "Sudah selesai\n1 < 2\n\n",
    ),
    (
        "text",
        lambda row: row.update(isi=row["isi"] + " Tambahan: sekarang lebih parah."),
        "Perubahan laporan oleh pelapor",
    ),
    ("status", lambda row: row.update(status="selesai"), "selesai ditangani"),
    ("counter", lambda row: row.update(dilihat=7), None),
    (
        "by him",
        lambda row: row["tanggapan"].append({"id": 9, "isi": "Mohon segera", "petugas": "Pelapor"}),
        "Tambahan dari pelapor",
    ),
    (
        "file",
        lambda row: row["tanggapan"].append({"id": 9, "isi": "Ini buktinya", "berkas": "bukti.jpg"}),
        "Lampiran: bukti.jpg",
    ),
]


@pytest.mark.parametrize(("what", "change", "expected"), CHANGES)
def test_what_changes_later_goes_as_a_follow_up(
    empty_site: Site, add_portal: Portals, what: str, change: Callable[[dict[str, Any]], None], expected: str | None
) -> None:
    """A changed text, a status, what the reporter adds: one follow-up, never a second complaint; a counter is nothing."""
    with town(empty_site, add_portal, 2) as (hub, portal):
        row = portal.state.records[0]
        change(row)
        row["updated_at"] = empty_site.clock().strftime("%Y-%m-%dT%H:%M:%S")
        for _ in range(3):
            day(hub, empty_site)
        texts = [one["content"] for filed in empty_site.registered() for one in filed["followups"]]
        assert len(empty_site.registered()) == 2
        assert len(texts) == (1 if expected else 0) and all(expected in text for text in texts if expected)


def test_old_answers_stay_where_they_are(empty_site: Site, add_portal: Portals) -> None:
    """What was said before the connector's time is not told to the registry; what is said from then on is."""
    records = generate(old=2, seed=3) + generate(new=1, seed=4, start=50)
    for number, at in ((0, "03-02-2025 08:00"), (1, None), (2, "20-11-2026 08:00")):
        records[number]["tanggapan"].append({"id": number, "isi": f"Jawaban {number} atas GEN-1", "tgl": at})
    portal = add_portal(records)
    portal.state.now = empty_site.clock
    with empty_site.hub() as hub:
        for _ in range(2):
            day(hub, empty_site)
        assert heard(empty_site) == Counter(["Jawaban 2 atas GEN-1"])
        with hub.store.begin() as work:
            held = [str(row.id) for row in work.rows("SELECT id FROM complaints WHERE state = 'held'")]
        release(hub, held, by="Ani", because="uji")
        portal.state.say(records[1]["id"], "Jawaban 3 atas GEN-2")
        for _ in range(2):
            day(hub, empty_site)
    assert heard(empty_site) == Counter(["Jawaban 2 atas GEN-1", "Jawaban 3 atas GEN-2"])
