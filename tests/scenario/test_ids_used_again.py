"""Stories about portals whose ids are no identity: used twice, used again, or changed and changed back."""

from __future__ import annotations

from typing import Any

from hub import steps
from hub.oversight import figures
from hub.spine import Hub
from tests.scenario.conftest import Portals, Site

ANI = {
    "judul": "Jalan rusak",
    "isi": "Jalan Melati berlubang besar sekali di depan balai desa, sudah tiga motor jatuh minggu ini.",
    "alamat": "Jalan Melati, Desa Sukamakmur",
    "pelapor": {"nama": "Ani Contoh", "hp": "0812 0000 1111", "email": "ani@surat.example", "nik": None},
}
BUDI = {
    "judul": "Lampu mati",
    "isi": "Lampu jalan mati total sejak kemarin malam di gang lima, anak-anak takut pulang mengaji.",
    "alamat": "Gang Lima, Desa Karanganyar",
    "pelapor": {"nama": "Budi Contoh", "hp": "0813 0000 2222", "email": "budi@surat.example", "nik": None},
}
PLAIN = {"jenis": "PENGADUAN", "kategori": "JALAN", "anonim": "tidak", "rahasia": "tidak", "status": "diterima"}


def record(who: dict[str, Any], day: int, number: str = "A-5", **more: Any) -> dict[str, Any]:
    """One row of the portal."""
    stamp = {"dibuat_pada": f"{day:02}-11-2026 10:00", "updated_at": f"2026-11-{day:02}T10:00:00"}
    return {"id": number, **PLAIN, **who, **stamp, **more}


def synced(hub: Hub) -> int:
    """Sync once; how many complaints the registry holds is the portal's own matter."""
    steps.sync(hub, ["jatim-portal"])
    return int(figures(hub)["connectors"]["jatim-portal"]["stored"])


def test_two_rows_with_one_id_are_sent_once_each(empty_site: Site, add_portal: Portals) -> None:
    """A listing that shows one id twice, created at different times: both are sent, and no further sync adds anything."""
    add_portal([record(ANI, 10), record(BUDI, 11)])
    with empty_site.hub() as hub:
        assert [synced(hub) for _ in range(4)] == [2, 2, 2, 2]
    assert len(empty_site.registered()) == 2


def test_an_id_that_returns_to_its_first_owner_is_no_third_complaint(empty_site: Site, add_portal: Portals) -> None:
    """Only A is shown, then only B, then A again: two complaints, however often it turns."""
    portal = add_portal([record(ANI, 10)])
    with empty_site.hub() as hub:
        for turn in (ANI, BUDI, ANI, BUDI):
            portal.state.records[:] = [record(turn, 10 if turn is ANI else 11)]
            stored = synced(hub)
    assert stored == 2
    assert len(empty_site.registered()) == 2


def test_another_citizen_under_an_old_id_is_heard(empty_site: Site, add_portal: Portals) -> None:
    """No creation stamp tells them apart, but text, reporter and place all changed: the second citizen is sent as well."""
    portal = add_portal([record(ANI, 10)], **{"with": {"created": "tidak_ada"}})
    with empty_site.hub() as hub:
        assert synced(hub) == 1
        portal.state.records[:] = [record(BUDI, 10)]
        assert [synced(hub) for _ in range(3)] == [2, 2, 2]
        portal.state.records[:] = [record(BUDI, 10), record(ANI, 10)]
        assert [synced(hub) for _ in range(2)] == [2, 2]
    assert len(empty_site.registered()) == 2


def test_two_rows_with_one_id_and_no_stamp_do_not_grow(empty_site: Site, add_portal: Portals) -> None:
    """One listing shows an id twice and says not which is newer: both versions are kept, and no sync adds another."""
    same = {"created": "tidak_ada"}
    longer = {**ANI, "isi": ANI["isi"] + " Mohon segera ditambal."}
    add_portal([record(ANI, 10), record(longer, 10)], **{"with": {**same, "changed": {"path": "tidak_ada"}}})
    with empty_site.hub() as hub:
        for _ in range(4):
            assert synced(hub) == 1
        counts = figures(hub)["pulled"]["jatim-portal"]
    assert counts <= 3
    assert len(empty_site.registered()) == 1


def test_a_corrected_text_is_no_second_complaint(empty_site: Site, add_portal: Portals) -> None:
    """An officer rewrites the text of a complaint that was sent: the registry is not told of a second one."""
    portal = add_portal([record(ANI, 10)])
    with empty_site.hub() as hub:
        synced(hub)
        text = "Perbaikan jalan dimohon oleh warga."
        portal.state.records[:] = [record({**ANI, "isi": text}, 10, updated_at="2026-11-12T10:00:00")]
        assert synced(hub) == 1
    assert len(empty_site.registered()) == 1


def test_a_disabled_connector_does_nothing_by_itself(empty_site: Site, add_portal: Portals) -> None:
    """`disabled: true` keeps a connector out of every run of all."""
    add_portal([record(ANI, 10)], disabled=True)
    with empty_site.hub() as hub:
        steps.sync(hub)
        assert figures(hub)["connectors"] == {}
    assert empty_site.registered() == []
