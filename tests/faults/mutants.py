"""Is the matrix worth its name? Four guarantees are taken away, one at a time, and each time it has to turn red.

`python -m tests.faults.mutants` prints a table and ends with 1 where a mutant lives, or where the healthy hub is red.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
WHAT = {
    "lease": "a delivery in another's hands is taken all the same",
    "attempt": "the attempt is not on record before the call",
    "entry": "the entry goes into a transaction of its own",
    "body": "2xx with HTML counts as done",
}
QUICK = (
    "http-forward-html_200-0", "http-forward-closed_after_commit-0", "process-claim-sigstop_beyond_lease-0",
    "process-send-sigstop_beyond_lease-0", "process-answer-sigkill-1", "process-mark-sent_commit-sigkill-1",
    "process-mark-sent_commit-sigkill-3",
)  # fmt: skip
"""A part of the matrix that takes half a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """One run of the quick part."""

    red: list[str]
    green: bool
    seconds: float
    rules: list[str]


def run(mutant: str | None) -> Ended:
    """The quick part over the hub as it is, or over a mutant of it."""
    names = [
        f"tests/faults/test_matrix_{'network' if name.startswith('http') else 'inside'}.py::"
        f"test_{'a_line' if name.startswith('http') else 'the_inside'}_fails[{name}]"
        for name in QUICK
    ]
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", "-m", "", *names],
        cwd=ROOT,
        env={**os.environ, **({"MUTANT": mutant} if mutant else {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    red = [line.split("[")[1].split("]")[0] for line in done.stdout.splitlines() if line.startswith("FAILED")]
    rules = sorted({rule for rule in (f"O{n}" for n in range(1, 10)) if f"'{rule}: " in done.stdout})
    if done.returncode not in (0, 1) or (done.returncode and not red):
        print(done.stdout[-3000:], done.stderr[-2000:], file=sys.stderr)
        raise SystemExit(f"{mutant or 'the healthy hub'}: the cells did not run")
    return Ended(red=red, green=not red, seconds=time.monotonic() - began, rules=rules)


def main() -> int:
    """The table; 0 where the healthy hub is green and all four mutants are red."""
    healthy = run(None)
    print(f"{'healthy':10} {'green' if healthy.green else 'RED'} {healthy.seconds:6.0f} s  {', '.join(healthy.red)}")
    caught = 0
    for name, what in WHAT.items():
        ended = run(name)
        caught += not ended.green
        found = f"red in {len(ended.red)} of {len(QUICK)} cells, {', '.join(ended.rules) or 'before any rule'}"
        print(f"{name:10} {'GREEN' if ended.green else found} {ended.seconds:6.0f} s  ({what})")
    print(f"{caught} of {len(WHAT)} mutants caught")
    return 0 if healthy.green and caught == len(WHAT) else 1


if __name__ == "__main__":
    sys.exit(main())
