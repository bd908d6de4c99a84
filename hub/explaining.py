"""Why two stored complaints count as one matter or as two: what the model weighs, and what people and models said before."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from dedup.judge import explained
from hub.again import described, rules_for
from hub.audit.entry import Entry
from hub.cases import NoSuchCase
from hub.spine import Hub
from hub.store import case_lists, cases, labels
from hub.store.log import append


def explain(hub: Hub, one: UUID, other: UUID) -> Iterator[str]:
    """
    Probability, reasons in Indonesian and English, every measurement, links and people's words. Raises NoSuchCase.

    No name, address or number of a person is among them; a reason may name two streets, so the look leaves an entry.
    """
    with hub.store.begin() as work:
        found = {again.complaint: again for again in described(work, hub.vault, (one, other))}
        for asked in (one, other):
            if asked not in found:
                raise NoSuchCase(_NO_TEXT.format(asked))
        heads = cases.of(work, (one, other))
        standing = case_lists.between(work, one, other)
        said = labels.standing(work, [one]).get(frozenset((one, other)))
        append(work, _entry(hub, one, other))
    younger = max(found.values(), key=lambda again: again.number or 0)  # it was compared with the other when it came
    rules = rules_for(hub.manifests.good, younger)
    yield from explained(found[one].described.doc, found[other].described.doc, rules)
    yield ""
    yield "satu perkara / one case" if heads[one] == heads[other] else "dua perkara / two cases"
    for row in standing:
        who = "petugas / a person" if row.model == cases.PERSON else f"model {row.model}"
        yield f"tautan / link {row.id}: {who}"
    if said:
        yield f"kata petugas / a person's word: {_SAID[said]}"


def _entry(hub: Hub, one: UUID, other: UUID) -> Entry:
    return Entry(
        act="exported",
        at=hub.clock(),
        actor=hub.actor,
        complaint=str(one),
        code="explained",
        count=2,
        detail={"masked": False, "other": str(other)},
    )


_NO_TEXT = (
    "Tidak ada aduan {0} yang teksnya dapat dibaca (belum diterima, atau sudah dihapus). / "
    "There is no complaint {0} with a text that can be read (not accepted yet, or erased)."
)
_SAID = {"same": "satu perkara / one matter", "apart": "dua perkara / two matters"}
