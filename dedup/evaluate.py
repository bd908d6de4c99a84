"""Groups a file of labelled complaints as the hub would, so that anybody can measure the rules before trusting them."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from dedup.groups import Link, heads
from dedup.judge import Doc, document, judge
from dedup.keys import keys
from dedup.rules import RULES, Rules


def clusters(records: Iterable[Mapping[str, Any]], rules: Rules = RULES) -> Iterator[tuple[str, str]]:
    """(id, cluster id) of every record, oldest first; a cluster is named after its oldest record.

    A record has id, text and time (ISO, local), and may have place, reporter and region. KeyError or ValueError names
    what is missing or unreadable. Memory grows with the records, time with records times ``rules.candidates``.
    """
    docs = sorted((_document(record) for record in records), key=lambda doc: (doc.day, doc.id))
    found = heads(_links(docs, rules))
    for doc in docs:
        yield doc.id, found.get(doc.id, doc.id)


def _document(record: Mapping[str, Any]) -> Doc:
    day = date.fromisoformat(str(record["time"])[:10]).toordinal() - date(1970, 1, 1).toordinal()
    reporter = str(record.get("reporter") or "")
    return document(
        id=str(record["id"]),
        text=str(record["text"]),
        day=day,
        region=str(record.get("region") or ""),
        place=str(record.get("place") or ""),
        reporter=[reporter] if reporter else [],
    )


def _links(docs: Iterable[Doc], rules: Rules) -> Iterator[Link]:
    """A link for each record that says the same as an earlier one."""
    holders: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=rules.cap))
    seen: list[Doc] = []
    born: dict[str, int] = {}
    for number, doc in enumerate(docs):
        found = keys(doc)
        verdict = judge(doc, _candidates(doc, found, holders, seen, rules), rules)
        if verdict.answer == "same" and verdict.of is not None:
            yield Link(case=verdict.of, case_born=born[verdict.of], other=doc.id, other_born=number)
        born[doc.id] = number
        seen.append(doc)
        for key in found:
            holders[key].append(number)


def _candidates(
    doc: Doc, found: frozenset[str], holders: Mapping[str, deque[int]], seen: list[Doc], rules: Rules
) -> list[Doc]:
    """The earlier records that share most keys; the exact key alone is enough."""
    counts: Counter[int] = Counter()
    for key in found:
        for number in holders.get(key, ()):
            if doc.day - seen[number].day <= rules.days:
                counts[number] += rules.shared if key.startswith("x:") else 1
    likely = sorted(counts, key=lambda number: (-counts[number], -number))[: rules.candidates]
    return [seen[number] for number in likely if counts[number] >= rules.shared]
