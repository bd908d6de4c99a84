"""Why two stored complaints count as one matter or as two: what the model weighs, and what people and models said before."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from dedup.judge import RULES, pairs, version
from hub.again import described
from hub.cases import NoSuchCase
from hub.spine import Hub
from hub.store import case_lists, cases, labels


def explain(hub: Hub, one: UUID, other: UUID) -> Iterator[str]:
    """Sentences in Indonesian and English; no text, name or number of a person is among them. Raises NoSuchCase."""
    with hub.store.begin() as work:
        found = {again.complaint: again for again in described(work, hub.vault, (one, other))}
        for asked in (one, other):
            if asked not in found:
                raise NoSuchCase(f"There is no complaint {asked} with a text that can be read.")
        heads = cases.of(work, (one, other))
        standing = case_lists.between(work, one, other)
        said = labels.standing(work, [one]).get(frozenset((one, other)))
    [pair] = pairs(found[one].described.doc, [found[other].described.doc], RULES)
    yield f"model {version()}: {pair.probability:.3f}  {_word(pair.probability)}"
    yield from (f"  {reason.weight:+.2f}  {reason.code}: {reason.id} / {reason.en}" for reason in pair.reasons)
    if pair.same_reporter:
        yield "  pelapor sama / the same reporter"
    yield "  satu perkara / one case" if heads[one] == heads[other] else "  dua perkara / two cases"
    for row in standing:
        who = "petugas / a person" if row.model == cases.PERSON else f"model {row.model}"
        yield f"  tautan / link {row.id}: {who}"
    if said:
        yield f"  kata petugas / a person's word: {_SAID[said]}"


_SAID = {"same": "satu perkara / one matter", "apart": "dua perkara / two matters"}


def _word(probability: float) -> str:
    if probability >= RULES.same:
        return "ditautkan / linked"
    return "perlu dilihat petugas / a person should look" if probability >= RULES.review else "baru / new"
