"""The audit log at a million entries: verifying beside hashlib doing the same hashes, proofs, sealing, and foreign eyes.

Run: make bench-audit ARGS="--entries 1000000". Ratios are of one run: the loops of hashlib and the verifier take turns, and
the best round of each counts. Sealing is `satupintu seal` as a process, CPU of client and database together.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench import envs, foreign, ours
from bench.measure import Server, measure
from hub.audit import checkpoint, merkle, proofs, tiles, verify
from hub.store.server import Embedded

ORIGIN = "satupintu/bench"
ROUNDS = 5
RATIO, RATIO_GOAL, PROOFS, PROOFS_GOAL, SEALING, GROWTH = 0.8, 0.87, 2_000, 20_000, 15.0, 1.05
"""What was promised: ratio to hashlib, proofs a second, CPU seconds for 100,000 waiting entries, exponent."""


def entry(number: int) -> bytes:
    """One entry of 343 bytes, the size that the log has."""
    return b'{"act":"accepted","complaint":"%032x","count":%09d,"detail":"%s"}' % (number, number, b"0" * 247)


@dataclass(slots=True, kw_only=True)
class Log:
    """A published log of so many entries."""

    folder: Path
    size: int
    vkey: str

    @classmethod
    def made(cls, folder: Path, size: int) -> Log:
        """Write it with our own writer, and say what that took."""
        key = checkpoint.new_key()
        entries = [entry(number) for number in range(size)]
        hashes = [merkle.leaf_hash(one) for one in entries]
        note = checkpoint.sign(ORIGIN, size, merkle.root(hashes), key)
        began = time.process_time()
        tiles.publish(
            folder,
            before=0,
            size=size,
            entries=lambda first, end: entries[first:end],
            leaf_hashes=lambda first, end: hashes[first:end],
            note=note,
        )
        print(f"{size} entries written: {size / (time.process_time() - began):,.0f}/s", file=sys.stderr)
        return cls(folder=folder, size=size, vkey=checkpoint.vkey(ORIGIN, checkpoint.public(key)))

    def verified(self) -> float:
        """CPU seconds of one verification."""
        began = time.process_time()
        report = verify.verify(self.folder, self.vkey)
        took = time.process_time() - began
        if not report.ok or report.entries != self.size:
            sys.exit(f"The verifier does not accept the log: {report.problems[:3]}")
        return took


def hashed(entries: Sequence[bytes]) -> float:
    """CPU seconds of the same hashes and nothing else: one leaf hash an entry, and the nodes over them."""
    began = time.process_time()
    level = [hashlib.sha256(b"\x00" + one).digest() for one in entries]
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = [
            hashlib.sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)
        ] + odd
    return time.process_time() - began


def verifying(log: Log) -> float:
    """Print the ratio; returns the verifier's CPU seconds."""
    entries = [entry(number) for number in range(log.size)]
    rounds = [(hashed(entries), log.verified()) for _ in range(ROUNDS)]
    limit, ours_ = (min(one[side] for one in rounds) for side in (0, 1))
    said = f"best {limit / ours_:.2f}, median {sorted(a / b for a, b in rounds)[ROUNDS // 2]:.2f}"
    print(
        f"{log.size:>9} entries: hashlib {limit:.2f} s, verifier {ours_:.2f} s ({log.size / ours_:,.0f}/s), ratio {said}"
    )
    print(f"          wanted {RATIO}, goal {RATIO_GOAL}{'' if limit / ours_ >= RATIO else '   BELOW THE FLOOR'}")
    return ours_


def proving(log: Log) -> None:
    """Print proofs a second: made with nothing kept, made again, and checked."""
    dice, tree = random.Random(1), proofs.of_folder(log.folder, log.size)
    chosen = [dice.randrange(log.size) for _ in range(20_000)]
    made: list[list[bytes]] = []
    root, leaf = tree.root(), {one: merkle.leaf_hash(entry(one)) for one in chosen}

    def rate(what: str, call: Callable[[], object], floor: bool = True) -> None:
        began = time.process_time()
        call()
        speed = len(chosen) / (time.process_time() - began)
        said = "" if not floor or speed >= PROOFS else "   BELOW THE FLOOR"
        print(f"{what:<44}{speed:>12,.0f}/s{said}")

    print(f"\nproofs at {log.size} entries, {len(chosen)} at random; wanted {PROOFS:,}/s, goal {PROOFS_GOAL:,}/s")
    rate("inclusion, tiles read for the first time", lambda: made.extend(tree.inclusion(one) for one in chosen))
    rate("inclusion, tiles kept", lambda: [tree.inclusion(one) for one in chosen])
    rate("consistency", lambda: [tree.consistency(one + 1) for one in chosen])
    if not all(
        merkle.verify_inclusion(one, log.size, leaf[one], proof, root) for one, proof in zip(chosen, made, strict=True)
    ):
        sys.exit("A proof does not hold.")


def sealing(server: Server, folder: Path, waiting: int, before: int) -> float:
    """CPU seconds of `satupintu seal` over so many waiting entries, after `before` that are sealed."""
    server.fresh("ours")
    env = ours.site(folder / f"home-{waiting}-{before}", server, "ours")
    command = [sys.executable, "-m", "hub.cli", "seal"]
    measure(server, command, env, 0)
    for count in (before, waiting):
        if count:
            with server.connect("ours") as connection:
                connection.execute(_FILL, (count,))
                connection.execute("ANALYZE")
            made = measure(server, command, env, count)
    print(
        f"{waiting:>9} waiting after {before}: {made.cpu:.1f} CPU-s (client {made.client:.1f}, server {made.server:.1f})"
        f"{'' if waiting != 100_000 or made.cpu <= SEALING else '   ABOVE THE CEILING'}"
    )
    server.drop("ours")
    return made.cpu


_FILL = """
INSERT INTO entries (at, act, region, complaint, body)
SELECT now(), 'accepted', '35', u.id, convert_to('{"act":"accepted","actor":"hub@host","at":"2026-12-01T03:00:00.000Z",'
    || '"code":"new","complaint":"' || u.id || '","connector":"00000000-0000-4000-8000-000000000001","detail":{"model":"'
    || repeat('0', 90) || '","verdict":"new"},"region":"35","v":1}', 'UTF8')
FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, %s)) AS u
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--entries", type=int, default=1_000_000)
    options.add_argument("--sealing", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--foreign", action="store_true", help="ask Go, pymerkle and sigstore (installed apart)")
    options.add_argument("--envs", type=Path, default=envs.FOLDER, help="where they are installed")
    given = options.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server ends with us
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sp-")))
        folder.chmod(0o711)
        small = Log.made(folder / "small", given.entries // 10)
        large = Log.made(folder / "large", given.entries)
        took = [verifying(one) for one in (small, large)]
        print(f"exponent {math.log(took[1] / took[0], 10):.3f}, wanted {GROWTH}")
        proving(large)
        if given.foreign:
            foreign.look(large.folder, large.size, large.vkey, given.envs)
        if given.sealing:
            server = Server(stack.enter_context(Embedded(folder / "home")))
            print("\nsealing, CPU of client and database; the ceiling is 15 CPU-s for 100,000")
            costs = [(count, sealing(server, folder, count, 0)) for count in given.sealing]
            for (few, less), (many, more) in pairwise(costs):
                print(f"exponent {few} -> {many}: {math.log(more / less, many / few):.3f}")
            sealing(server, folder, 100, max(given.sealing))


if __name__ == "__main__":
    main()
