"""A registry of another kind takes complaints, answers our questions, and its news come back, with one YAML more."""

from __future__ import annotations

from hub import steps
from sandbox import reference, running
from sandbox.reference import AUTH, ReferenceState
from tests.scenario.conftest import Portals, Site, _secret


def test_the_whole_way_to_another_registry(empty_site: Site, add_portal: Portals) -> None:
    """A lost answer is found by our reference, sent once, and what the registry says reaches the portal."""
    site = empty_site
    with running.reference(ReferenceState(now=site.clock)) as there:
        (site.home / "registries" / "rujukan.yaml").write_text(reference.settings(there.url))
        _secret(site.home, "RUJUKAN_AUTH", AUTH)
        portal = add_portal(
            [{"id": 1, "judul": "Lampu", "isi": "Lampu jalan mati", **_REST}],
            forward={"registry": "rujukan"},
        )
        there.state.switches.set("drop_response_after_commit", 1)
        with site.hub() as hub:
            steps.pull(hub, "jatim-portal")
            steps.accept(hub)
            steps.forward(hub)
            site.clock.sleep(600)
            steps.forward(hub)
            ((number, report),) = there.state.reports.items()
            there.state.happened(number, "status", status="done", by="agency", text="Lampu sudah menyala.")
            site.clock.sleep(86_400)
            steps.follow(hub)
            tally = steps.watch(hub)
        assert [one["state"] for one in site.export("deliveries")] == ["confirmed"]
        assert tally.failed == 0 and not [word for word in tally.words if word.startswith("registry_")]
        assert f"[Ref {report.sent['reference']}]" in report.sent["text"]
        last = portal.state.answers[-1]
        assert (last["ref"], last["status"]) == (1, "selesai") and "Lampu sudah menyala." in last["catatan"]


_REST = {
    "kategori": "PJU",
    "status": "diterima",
    "dibuat_pada": "30-11-2026 08:00",
    "updated_at": "2026-11-30T08:00:00",
}
