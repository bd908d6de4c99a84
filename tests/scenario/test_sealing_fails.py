"""Sealing that fails: complaints still come in, nothing is sent that nobody could check, and mending it opens the way."""

from __future__ import annotations

import shutil

import pytest

from sandbox.portal import generate
from tests.scenario.conftest import Portals, Site


@pytest.mark.slow
def test_forwarding_stops_and_intake_goes_on(empty_site: Site, add_portal: Portals) -> None:
    """A log folder that cannot be written: after four hours `forward` stops, `pull` and `accept` go on; then all is sent."""
    add_portal(generate(new=3))
    log = empty_site.home / "log"
    shutil.rmtree(log, ignore_errors=True)
    log.write_text("no folder")
    assert empty_site.command("pull", "--all").code == 0
    assert empty_site.command("accept").code == 0
    assert empty_site.command("seal").code == 1
    with empty_site.database.connect(superuser=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE entries SET at = at - interval '4 hours 1 minute'")
    said = empty_site.command("forward")
    assert "satupintu seal" in said.out + said.err and empty_site.registered() == []
    assert empty_site.command("pull", "--all").code == 0 and empty_site.command("accept").code == 0
    log.unlink()
    assert empty_site.command("seal").code == 0
    assert empty_site.command("forward").code == 0
    assert len(empty_site.registered()) == 3
