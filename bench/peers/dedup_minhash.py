"""rensa and datasketch: MinHash of 128 over runs of five characters, candidates from LSH. `… RECORDS PAIRS.csv rensa`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pairs

NUMBERS, BANDS, LEAST = 128, 32, 0.3
"""Hashes, bands of four rows (half of the pairs at a Jaccard of .42), and the similarity below which no pair is told."""


def datasketch() -> Iterator[tuple[str, str, float]]:
    """By MinHashLSH."""
    from datasketch import MinHash, MinHashLSH

    found = MinHashLSH(num_perm=NUMBERS, params=(BANDS, NUMBERS // BANDS))
    made = {}
    for record in pairs.records():
        one = MinHash(num_perm=NUMBERS)
        one.update_batch([part.encode() for part in pairs.shingles(pairs.plain(record["text"]))])
        for other in found.query(one):
            yield record["id"], other, one.jaccard(made[other])
        made[record["id"]] = one
        found.insert(record["id"], one)


def rensa() -> Iterator[tuple[str, str, float]]:
    """By RMinHashLSH."""
    from rensa import RMinHash, RMinHashLSH

    records = pairs.records()
    found = RMinHashLSH(threshold=LEAST, num_perm=NUMBERS, num_bands=BANDS)
    made = []
    for number, record in enumerate(records):
        one = RMinHash(num_perm=NUMBERS, seed=1)
        one.update(list(pairs.shingles(pairs.plain(record["text"]))))
        for other in found.query(one):
            yield record["id"], records[other]["id"], one.jaccard(made[other])
        made.append(one)
        found.insert(number, one)


if __name__ == "__main__":
    ways = {"rensa": rensa, "datasketch": datasketch}
    pairs.write(pair for pair in ways[sys.argv[3]]() if pair[2] >= LEAST)
