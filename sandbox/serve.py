"""`python -m sandbox.serve --folder DIR`: all counterparts in one process, until it is told to end or its parent dies."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox import running
from sandbox.portal import PortalState
from sandbox.registry_state import RegistryState

_LOOK = 0.5  # seconds between two looks at the parent process


def main(arguments: list[str] | None = None) -> int:
    """Start everything, write DIR/sandbox.json, wait for SIGTERM, SIGINT or the parent's end."""
    given = _options().parse_args(arguments)
    given.folder.mkdir(parents=True, exist_ok=True)
    (given.folder / "sandbox.json").unlink(missing_ok=True)  # of one that was killed
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with ExitStack() as stack:
        addresses = start(stack, given.folder, _clock(given.now))
        _write(given.folder / "sandbox.json", {"pid": os.getpid(), **addresses})
        sys.stdout.write("ready\n")  # for a caller that waits on a pipe instead of looking for the file
        sys.stdout.flush()
        _wait(over, given.with_parent)
    (given.folder / "sandbox.json").unlink(missing_ok=True)
    return 0


def start(stack: ExitStack, folder: Path, now: Callable[[], datetime]) -> dict[str, Any]:
    """Start all counterparts on free loopback ports; they end with the stack.

    Returns:
        Addresses, user names and test secrets: {portal, x, registry, imap, smtp}.
    """
    registry = stack.enter_context(running.registry(RegistryState(now=now)))
    portal = stack.enter_context(running.portal(PortalState(now=now)))
    x = stack.enter_context(running.x())
    box = stack.enter_context(running.mailbox(folder=folder))
    account = {"host": box.host, "user": box.user, "password": box.password}
    return {
        "registry": {"url": registry.url, "auth": registry.state.auth, "token": registry.state.token},
        "portal": {"url": portal.url, "token": portal.state.token},
        "x": {"url": x.url, "token": x.state.token, "user_id": x.state.user_id},
        "imap": {**account, "port": box.port},
        "smtp": {**account, "port": box.smtp_port, "from": box.address, "outbox": str(box.outbox)},
    }


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.serve", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where mail, outbox and sandbox.json go")
    parser.add_argument("--now", type=datetime.fromisoformat, help="a fixed time with offset instead of the real one")
    parser.add_argument("--with-parent", type=int, metavar="PID", help="end as soon as this process is gone")
    return parser


def _clock(fixed: datetime | None) -> Callable[[], datetime]:
    return (lambda: datetime.now(UTC)) if fixed is None else (lambda: fixed)


def _wait(over: threading.Event, parent: int | None) -> None:
    """Until a signal comes; with a parent, also until that process no longer exists."""
    while not over.wait(None if parent is None else _LOOK):
        if parent is not None and not _alive(parent):
            return


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _zombie(pid)


def _zombie(pid: int) -> bool:
    """A dead process that nobody has waited for still answers signal 0."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False


def _write(path: Path, content: dict[str, Any]) -> None:
    """The file appears whole, so that whoever waits for it may read it at once; it holds test secrets only."""
    spare = path.with_suffix(".tmp")
    spare.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    spare.chmod(0o600)
    spare.rename(path)


if __name__ == "__main__":
    sys.exit(main())
