"""`python -m hub.machine.guard HOME`: waits until whoever started it is gone, then ends what that one left behind."""

from __future__ import annotations

import sys
from pathlib import Path

from hub.machine.records import end, file_of, leftovers
from hub.store.problems import StoreProblem
from hub.store.server import Embedded


def main(home: Path) -> int:
    """Read standard input to its end; then end the sessions under HOME/run and a database server that nobody uses."""
    sys.stdin.buffer.read()
    left = leftovers(home)
    for record, _ in left:
        end(record)
        file_of(home, record.name).unlink(missing_ok=True)
    if left and (home / "postgres" / "postmaster.pid").exists():
        try:
            Embedded(home).start().close()  # the last one out stops the server
        except StoreProblem:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
