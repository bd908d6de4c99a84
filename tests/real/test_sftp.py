"""The kind `files` against OpenSSH: only the server whose key was written down, only files, each row once."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Context, Item, Position, Window
from connectors.errors import Misconfigured, Refused
from connectors.kinds.files import Files
from connectors.net import NotReached, dialler
from connectors.reading import Batch, Outcome, read
from tests.channels.fakes import desk
from tests.real.sshd import Sshd, program, sshd

NOW = datetime(2026, 12, 1, tzinfo=UTC)
OLD = NOW.timestamp() - 3600
pytestmark = [pytest.mark.sftp, pytest.mark.skipif(program() is None, reason="there is no sshd here")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """One server for all tests."""
    with sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the region puts there."""
    made = tmp_path / "keluar"
    made.mkdir()
    return made


def run(server: Sshd, folder: Path, after: Position | None = None, **more: Any) -> tuple[list[Item], Outcome]:
    secrets = {"${secret:KUNCI}": server.key, "${secret:SANDI}": "sandi-rahasia-88"}
    ctx = Context(
        http=None,  # type: ignore[arg-type]
        dial=dialler([ipaddress.ip_network("127.0.0.0/8")]),
        secret=lambda text, host: secrets.get(text, text),
        clock=lambda: NOW,
    )
    account = {"host": "127.0.0.1", "port": server.port, "user": server.user, "key": "${secret:KUNCI}",
               "host_key": server.host_key, "folder": str(folder)} | more  # fmt: skip
    account = {key: value for key, value in account.items() if value is not None}
    one = Files(columns=desk.COLUMNS, dates={"waktu": "%d/%m/%Y %H:%M:%S"}, sftp=account)
    items: list[Item] = []
    for step in read(one, ctx, Window(since=None, until=NOW, after=after or {})):
        if isinstance(step, Outcome):
            return items, step
        items.extend(step.items if isinstance(step, Batch) else ())
    raise AssertionError


def test_files_are_read_once_over_sftp(server: Sshd, folder: Path) -> None:
    """CSV and XLSX, overlapping ones too; what was read is not read again, what is being written waits."""
    desk.put(folder, "a.csv", desk.text([desk.row(n) for n in range(700)]).encode(), OLD)
    desk.put(folder, "b.xlsx", desk.book([desk.row(n) for n in range(600, 900)]), OLD + 1)
    desk.put(folder, "c.csv.part", b"x", OLD)
    items, outcome = run(server, folder)
    assert (len({one.ref for one in items}), len(items), outcome.closed) == (900, 900, True)
    assert run(server, folder, outcome.mark)[0] == []
    desk.put(folder, "c.csv", desk.text([desk.row(1000)]).encode(), OLD + 2)
    assert len(run(server, folder, outcome.mark)[0]) == 1


def test_links_and_pipes_are_no_files(server: Sshd, folder: Path, tmp_path: Path) -> None:
    """Nobody makes us read what lies elsewhere on that server."""
    other = desk.put(tmp_path / "lain", "x.csv", desk.text([desk.row(1)]).encode(), OLD)
    (folder / "x.csv").symlink_to(other)
    os.mkfifo(folder / "y.csv")
    items, outcome = run(server, folder)
    assert (items, outcome.closed) == ([], True)


def test_another_host_key_is_never_believed(server: Sshd, folder: Path) -> None:
    """A server with another key than the pinned one is refused before user, password or key are shown to it."""
    kind, text, *_ = server.host_key.split()
    other = f"{kind} {text[:-6]}{'AAAAAA' if not text.endswith('AAAAAA') else 'BBBBBB'}"
    _, outcome = run(server, folder, host_key=other)
    assert isinstance(outcome.error, Refused)
    assert outcome.code == "host_key"
    assert outcome.error.indonesian
    _, outcome = run(server, folder, host_key="ssh-rsa " + "A" * 60)
    assert outcome.code == "host_key"


def test_what_is_wrong_is_told_by_whose_turn_it_is(server: Sshd, folder: Path) -> None:
    """A wrong password, a folder that is not there, a key that is none: each has its word, and no secret stands in it."""
    _, login = run(server, folder, key=None, password="${secret:SANDI}")
    _, gone = run(server, folder / "tidak-ada")
    _, bad = run(server, folder, key="bukan kunci")
    assert [one.code for one in (login, gone, bad)] == ["login", "no_folder", "bad_key"]
    assert isinstance(login.error, Refused)
    assert isinstance(gone.error, Misconfigured)
    assert "rahasia" not in repr(login.error)


def test_a_port_that_speaks_no_ssh(server: Sshd, folder: Path) -> None:
    """A wrong port is said to be one: nothing was read, nothing lost."""
    _, outcome = run(server, folder, port=1)
    assert isinstance(outcome.error, NotReached)
    assert not outcome.closed
