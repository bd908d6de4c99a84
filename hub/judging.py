"""Between accept and dedup: keyed words and reporters go in, a verdict about links and repeats comes out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import re2
from rapidfuzz.fuzz import partial_ratio

from dedup.judge import RULES, Doc, Rules, Verdict, document, judge, pack
from dedup.keys import keys
from dedup.text import normalise
from hub.normalise import registry_numbers
from hub.privacy import Vault
from hub.store import candidates, cases, complaints
from hub.store.candidates import Candidate
from hub.store.cases import NewLink
from hub.store.work import Work

Document = Mapping[str, Any]
"""A complaint as its schema has it."""
JAKARTA = ZoneInfo("Asia/Jakarta")
EPOCH = date(1970, 1, 1)
SHORT = 5
"""Words; a shorter body says what it means only together with its title."""
KNOWN_BY = {"phone": "phone_e164", "email": "email", "national_id": "national_id", "handle": "handle"}
"""Keyed hash of a reporter -> the field that it is of."""
ECHO = 90
"""Likeness (0 to 100) from which a text that carries our marker is the text that we sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdict about the matter, and the reporter's own complaint that a repeat would wait behind."""

    verdict: Verdict
    leader: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A complaint as dedup sees it, and the same as bytes to be kept."""

    doc: Doc
    features: bytes


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
    alone = len(normalise(body).split()) >= SHORT
    doc = document(
        id=complaint["id"],
        text=body if alone else f"{complaint.get('title') or ''} {body}",
        place=complaint.get("location_text") or "",
        day=(at.astimezone(JAKARTA).date() - EPOCH).days,
        region=region,
        reporter=[token.hex() for token in tokens],
    )
    return Described(doc=doc, features=pack(doc))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A complaint that wants a verdict."""

    number: UUID
    doc: Doc
    may_wait: bool
    """It is no re-report, so it may wait behind its reporter's own complaint."""
    fresh: bool = False
    """It has no keys in the store yet."""


def found_for(work: Work, vault: Vault, asked: Sequence[Asked], rules: Rules = RULES) -> dict[UUID, list[Candidate]]:
    """Earlier complaints that may be about the same matters, in the transaction that holds the lock of the verdicts.

    The keys of all go in before the look-up, so that a batch sees itself.
    """
    hashed = {one.number: [vault.token64("dedup", key) for key in sorted(keys(one.doc))] for one in asked}
    candidates.forget_keys(work, [one.number for one in asked if not one.fresh])
    candidates.keys(work, [(one.number, one.doc.day, hashed[one.number]) for one in asked])
    return candidates.candidates(
        work,
        vault,
        [(one.number, one.doc.day, one.doc.region[:2], hashed[one.number]) for one in asked],
        days=rules.days,
        cap=rules.cap,
        shared=rules.shared,
        most=rules.candidates,
    )


def judged(one: Asked, found: Sequence[Candidate], leading: Collection[UUID] = (), rules: Rules = RULES) -> Judged:
    """The verdict about one complaint; `leading` are those that this transaction has put on their way."""
    leader = _leader(one.doc, found, leading, rules) if one.may_wait else None
    return Judged(verdict=judge(one.doc, [other.doc for other in found], rules), leader=leader)


def _leader(doc: Doc, found: Sequence[Candidate], leading: Collection[UUID], rules: Rules) -> UUID | None:
    """The reporter's own complaint about the same matter that is forwarded or on its way."""
    own = [one for one in found if (one.leads or one.id in leading) and one.tokens & doc.reporter]
    if not own:
        return None
    verdict = judge(doc, [one.doc for one in own], rules)
    return UUID(verdict.of) if verdict.answer == "same" and verdict.same_reporter and verdict.of else None


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
    """Write the links of these complaints, or the questions about them; neither delays a complaint."""
    verdicts = [(number, UUID(one.verdict.of), one.verdict) for number, one in found if one.verdict.of]
    questions = [(number, other) for number, other, verdict in verdicts if verdict.answer == "review"]
    complaints.review_all(work, region, "same_matter", questions, now)
    same = [_new_link(number, other, verdict) for number, other, verdict in verdicts if verdict.answer == "same"]
    cases.link(work, same, by=by, now=now)


def _new_link(number: UUID, other: UUID, verdict: Verdict) -> NewLink:
    return NewLink(
        complaint=number,
        other=other,
        answer=verdict.answer,
        probability=verdict.probability,
        reasons=[{"code": r.code, "weight": r.weight, "id": r.id, "en": r.en} for r in verdict.reasons],
        model=verdict.model,
    )
