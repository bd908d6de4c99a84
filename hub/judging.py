"""Between accept and dedup: keyed words and reporters go in, a verdict about links and repeats comes out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import re2
from rapidfuzz.fuzz import partial_ratio

from connectors.manifest import Manifest
from dedup.judge import RULES, Doc, Reason, Rules, document, pack, pairs, version
from dedup.keys import Key, keys, probes
from dedup.text import normalise
from hub.audit.entry import Detail
from hub.grouping import Against, Groups, Joined
from hub.normalise import registry_numbers
from hub.privacy import Vault
from hub.store import accusations, candidates, cases, complaints, labels
from hub.store.candidates import Candidate, Limits, Wanted, Weighed
from hub.store.cases import NewLink
from hub.store.work import Work

Document = Mapping[str, Any]
"""A complaint as its schema has it."""
JAKARTA = ZoneInfo("Asia/Jakarta")
EPOCH = date(1970, 1, 1)
KECAMATAN, KELURAHAN = 3, 4
"""Parts of a Kemendagri code."""
SHORT = 5
"""Words; a shorter body says what it means only together with its title."""
KNOWN_BY = {"phone": "phone_e164", "email": "email", "national_id": "national_id", "handle": "handle"}
"""Keyed hash of a reporter -> the field that it is of."""
NONE_MADE: Mapping[int, Sequence[int]] = MappingProxyType({})
ECHO = 90
"""Likeness (0 to 100) from which a text that carries our marker is the text that we sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A complaint as dedup sees it, and the same as bytes to be kept."""

    doc: Doc
    features: bytes


def rules_of(manifest: Manifest, base: Rules = RULES) -> Rules:
    """The rules that hold for a connector's complaints: those of the leaf, and what its region set otherwise."""
    own = {name: value for name, value in asdict(manifest.dedup).items() if value is not None}
    rules = replace(base, **own)
    return replace(rules, review=min(rules.review, rules.same))


def reporter_tokens(vault: Vault, document: Document) -> dict[str, bytes]:
    """Keyed hashes of what the reporter is known by; a missing reporter equals nobody."""
    reporter = document.get("reporter") or {}
    tokens = {}
    for what, name in KNOWN_BY.items():
        if value := reporter.get(name, "").strip().lower():
            scope = f"{document['channel']}:" if what == "handle" else ""
            tokens[what] = vault.mac("reporter", f"{what}:{scope}{value}".encode())
    return tokens


def doc_of(complaint: Document, tokens: Iterable[bytes], region: str, at: datetime) -> Described:
    """The complaint as dedup judges it; `tokens` are the keyed hashes of its reporter."""
    body = complaint["body"]
    code = complaint.get("region_code") or "" if complaint.get("code_system") == "kemendagri" else ""
    parts = code.split(".")
    doc = document(
        id=complaint["id"],
        text=body,
        place=complaint.get("location_text") or "",
        day=(at.astimezone(JAKARTA).date() - EPOCH).days,
        region=code or region,
        kecamatan=".".join(parts[:3]) if len(parts) >= KECAMATAN else "",
        kelurahan=code if len(parts) == KELURAHAN else "",
        reporter=[token.hex() for token in tokens],
        lat=complaint.get("latitude"),
        lon=complaint.get("longitude"),
    )
    if len(doc.text.split()) < SHORT:
        doc = replace(doc, text=normalise(f"{complaint.get('title') or ''} {body}"))
    return Described(doc=doc, features=pack(replace(doc, id="", reporter=frozenset())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A complaint that wants a verdict."""

    complaint: UUID
    number: int
    doc: Doc
    case: UUID
    """Its own."""
    may_wait: bool
    """It is no re-report, so it may wait behind its reporter's own complaint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdict about the matter, and the reporter's own complaint that a repeat would wait behind."""

    answer: str
    """same | review | new"""
    of: UUID | None
    """The likeliest other one, None where there is none that anybody would ask about."""
    probability: float
    reasons: tuple[Reason, ...]
    model: str
    leader: UUID | None
    joined: Joined
    nearest: UUID | None = None
    """The likeliest other one of a new complaint, which nobody would ask about; the reasons say why not."""

    @property
    def detail(self) -> dict[str, Detail]:
        """What an entry says of it: codes, weights (log odds) and numbers, nothing that anybody wrote."""
        found: dict[str, Detail] = {"verdict": self.answer, "model": self.model}
        if self.of:
            found["of"] = str(self.of)
        elif self.nearest:
            found["nearest"] = str(self.nearest)
        if self.of or self.nearest:
            found["per_mille"] = round(self.probability * 1000)
            found["reasons"] = [f"{reason.code} {reason.weight:+.2f}" for reason in self.reasons]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Which complaints may be about the same matters, and how their cases stand."""

    candidates: Mapping[UUID, Sequence[Candidate]]
    groups: Groups
    keys: Mapping[int, Sequence[int]]
    """Of those that asked, by number: what they are filed under."""


def numbers_for(work: Work, described: Sequence[tuple[UUID, Described]]) -> dict[UUID, int]:
    """The numbers under which these complaints are found; whoever stores them holds the lock of the verdicts."""
    return candidates.numbered(work, [(complaint, one.doc.day) for complaint, one in described])


def file(
    work: Work,
    vault: Vault,
    docs: Sequence[tuple[int, Doc]],
    *,
    again: Collection[int] = (),
    made: Mapping[int, Sequence[int]] = NONE_MADE,
) -> None:
    """Let others find these complaints (number, doc), after they have been looked for themselves.

    `again`: numbers of those that were filed before; `made`: the keys of those whose keys are known.
    """
    candidates.forget(work, sorted(again))
    candidates.file(
        work, [(number, made.get(number) or [key for key, _ in keys_of(vault, doc)]) for number, doc in docs]
    )


def found_for(work: Work, vault: Vault, asked: Sequence[Asked], rules: Rules = RULES, *, filed: bool = False) -> Found:
    """Earlier complaints that may be about the same matters, in the transaction that holds the lock of the verdicts.

    Each of a batch that is not filed yet also finds those before it; see hub.store.candidates.near.
    """
    own = {one.number: keys_of(vault, one.doc) for one in asked}
    wanted = [
        Wanted(number=one.number, day=one.doc.day, keys=[*own[one.number], *_around(vault, one.doc)]) for one in asked
    ]
    near = candidates.near(work, wanted, _limits(rules), filed=filed)
    beside = {one.number: Candidate(id=one.complaint, doc=one.doc, leads=False, case=one.case) for one in asked}
    known = candidates.known(work, vault, {n for one in near for n in one} - beside.keys()) | beside
    heads = {one.case for one in known.values()}
    # a link tells whoever sees one end that the other one is there
    hidden = accusations.hidden(work, [one.id for one in known.values()])
    together = {one.complaint: candidates.together(known, found) for one, found in zip(asked, near, strict=True)}
    return Found(
        candidates={
            one: [other for other in found if hidden.get(one) == hidden.get(other.id)]
            for one, found in together.items()
        },
        groups=Groups(apart=labels.apart(work, heads)),
        keys={number: [key for key, _ in found] for number, found in own.items()},
    )


def keys_of(vault: Vault, doc: Doc) -> list[Weighed]:
    """The keys of a complaint as keyed 32-bit hashes, with their weights."""
    return _hashed(vault, doc, keys(doc))


def _around(vault: Vault, doc: Doc) -> list[Weighed]:
    """What is looked up beside its keys, and never filed: the cells round its own."""
    return _hashed(vault, doc, probes(doc))


def _hashed(vault: Vault, doc: Doc, found: Iterable[Key]) -> list[Weighed]:
    """Of another province none is equal: no verdict there is other than new, and the newest of a key are of one's own."""
    where = doc.region[:2] if RULES.province else ""
    own: dict[int, int] = {}
    for key in found:
        hashed = vault.token64("dedup", f"{where}:{key.text}") >> 32
        own[hashed] = max(own.get(hashed, 0), round(key.weight * 1000))
    return list(own.items())


def _limits(rules: Rules) -> Limits:
    return Limits(days=rules.days, cap=rules.cap, least=round(rules.least * 1000), most=rules.candidates)


def against(doc: Doc, others: Sequence[Candidate], rules: Rules = RULES) -> list[Against]:
    """A complaint beside each of its candidates."""
    compared = pairs(doc, [other.doc for other in others], rules, reasons_from=rules.review, nearest=True, skim=True)
    return [Against(other=other, pair=pair) for other, pair in zip(others, compared, strict=True)]


def judged(one: Asked, found: Found, leading: Collection[UUID] = (), rules: Rules = RULES) -> Judged:
    """The verdict about one complaint; `leading` are those that this transaction has put on their way."""
    compared = against(one.doc, found.candidates[one.complaint], rules)
    leader = _leader(compared, leading, rules) if one.may_wait else None
    joined = found.groups.place(one.case, compared, rules)
    answer = "same" if joined.links else "review" if joined.questions else "new"
    best = next(iter(joined.links + joined.questions), None)
    likeliest = best or max(
        (one for one in compared if one.pair.reasons), key=lambda one: one.pair.probability, default=None
    )
    return Judged(
        answer=answer,
        of=best.other.id if best else None,
        nearest=None if best or likeliest is None else likeliest.other.id,
        probability=likeliest.pair.probability if likeliest else 0.0,
        reasons=likeliest.pair.reasons if likeliest else (),
        model=version(rules),
        leader=leader,
        joined=joined,
    )


def _leader(found: Sequence[Against], leading: Collection[UUID], rules: Rules) -> UUID | None:
    """
    The reporter's own complaint about the same matter that is forwarded or on its way.

    It takes more than a link: a link costs nobody anything, and what waits is not sent.
    """
    own = [one for one in found if one.pair.same_reporter and one.pair.probability >= rules.merge]
    own = [one for one in own if one.other.leads or one.other.id in leading]
    return (
        min(own, key=lambda one: (-one.pair.probability, one.other.doc.day, one.other.doc.id)).other.id if own else None
    )


def is_re_report(complaint: Document) -> bool:
    """The reporter says that he complains again, or quotes a registry number: never withheld as a repeat."""
    body = complaint["body"]
    return bool(complaint.get("re_report_of") or registry_numbers(body) or AGAIN.search(body))


AGAIN = re2.compile(r"(?i)\b(lapor(an)? ulang|melapor(kan)? (kembali|lagi)|belum (juga )?ditanggapi)\b")


def echo(work: Work, vault: Vault, ref: UUID, body: str) -> bool:
    """True where `body` carries the text of our own complaint `ref`: it went out and has come back."""
    row = work.one("SELECT EXISTS (SELECT FROM deliveries WHERE complaint = :id) AS sent", id=ref)
    document = complaints.known(work, vault, {ref})[ref].document if row and row.sent else None
    return document is not None and partial_ratio(normalise(document["body"]), normalise(body)) >= ECHO


def link(work: Work, region: str, found: Sequence[tuple[UUID, Judged]], by: str, now: datetime) -> None:
    """Write the links of these complaints, and the questions about them; neither delays a complaint."""
    links = [as_link(number, pair, one.model) for number, one in found for pair in one.joined.links]
    cases.link(work, links, by=by, now=now)
    questions = [as_link(number, pair, one.model) for number, one in found for pair in one.joined.questions]
    cases.ask(work, region, questions, now)


def as_link(complaint: UUID, against: Against, model: str) -> NewLink:
    """A pair as it is stored."""
    return NewLink(
        complaint=complaint,
        other=against.other.id,
        probability=against.pair.probability,
        # codes only: a phrase may quote a street, and this column is no ciphertext
        reasons=[(reason.code, round(reason.weight, 2)) for reason in against.pair.reasons],
        model=model,
    )
