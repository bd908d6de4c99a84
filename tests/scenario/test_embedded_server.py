"""A small site as it really starts: an empty home, no database named anywhere, one command."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

import pytest

from hub.store.postmaster import running
from sandbox.portal import generate
from tests.scenario import commands
from tests.scenario.conftest import Portals, Site


@pytest.mark.slow
def test_one_command_on_an_empty_home_carries_everything(
    empty_site: Site, add_portal: Portals, short_folder: Path
) -> None:
    """
    `satupintu sync --all` brings its own PostgreSQL, keys and tables; a second process at the same moment shares the
    server; run again, nothing is new; the log verifies; when the last process has ended no server is left behind.
    """
    add_portal(generate(new=40))
    home = short_folder / uuid4().hex[:8]
    (empty_site.home / "secrets").rename(_made(home) / "secrets")
    own = empty_site.env | {"SATUPINTU_HOME": str(home)}
    own = {name: value for name, value in own.items() if not name.endswith(("DATABASE_URL", "MIGRATION_URL"))}

    with commands.started(own, "sync", "--all") as first, commands.started(own, "status") as beside:
        said = [commands.finished(first), commands.finished(beside)]
    assert [one.code for one in said] == [0, 0], said
    assert "forward: 40 done" in said[0].out and len(empty_site.registered()) == 40

    again = commands.finished(commands.start(own, "sync", "--all"))
    assert again.code == 0 and "forward: 0 done" in again.out and len(empty_site.registered()) == 40
    log = short_folder / f"log-{home.name}"
    assert commands.finished(commands.start(own, "audit", "export", str(log))).code == 0
    verify = ("audit", "verify", str(log), "--key", str(log / "log.vkey"))
    verified = commands.finished(commands.start({"PATH": os.defpath}, *verify))
    assert verified.code == 0 and "INTACT" in verified.out
    assert running(home / "postgres") is None


def _made(home: Path) -> Path:
    home.mkdir(mode=0o711)
    return home
