"""Steps of deliveries on record, many at once: who holds which, each attempt before its call, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hub.audit.entry import Detail, Entry
from hub.model import Receipt
from hub.store.deliveries import LEASE, Delivery, Result, entry
from hub.store.parcels import Content
from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A call that is about to be made."""

    delivery: Delivery
    step: str
    """files | create | route"""
    institution: str | None
    sent_hmac: bytes | None = None
    """Keyed hash of the text about to be sent."""
    flags: Sequence[str] = ()
    """What somebody should know about how it is sent; joins deliveries.unmapped."""
    attempt: int | None = None
    """On record already: its call was not made in time and is made now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What came of a step; `attempt` is None where nothing was called, or only asked."""

    delivery: Delivery
    attempt: int | None
    result: Result


# taking ------------------------------------------------------------------------------------------------------------

_HELD = """
held AS (
    UPDATE deliveries d SET holder = %b::text, token = nextval('fence'), until = %b::timestamptz
    FROM due WHERE d.id = due.id RETURNING d.*
)
"""
_FIELDS = tuple(one.name for one in fields(Delivery))
_DELIVERY = ", ".join(f"h.{name}" for name in _FIELDS)
_CLAIM = f"""
WITH due AS (
    SELECT d.id FROM deliveries d
    WHERE d.registry = %b::text AND d.state IN ('queued', 'files_uploaded', 'created') AND d.due_at <= %b::timestamptz
      AND (d.until IS NULL OR d.until <= %b::timestamptz)
      AND (%b::bool OR d.connector IN (SELECT k.id FROM connectors k WHERE k.name = ANY(%b::text[])))
      AND (SELECT a.id FROM attempts a WHERE a.delivery = d.id AND a.step = 'create' AND a.ended_at IS NULL LIMIT 1) IS NULL
    ORDER BY d.due_at, d.id LIMIT %b::int FOR UPDATE SKIP LOCKED
), {_HELD}
SELECT {_DELIVERY}, c.item_id, c.key_id, c.canonical_enc, k.wrapped,
       EXISTS (SELECT FROM attachments f WHERE f.complaint = h.complaint)
FROM held h LEFT JOIN complaints c ON c.id = h.complaint LEFT JOIN data_keys k ON k.id = c.key_id ORDER BY h.due_at, h.id
"""


def claim(
    work: Work, registry: str, *, names: Sequence[str], holder: str, now: datetime, count: int
) -> list[tuple[Delivery, Content]]:
    """
    The deliveries that have been due longest, now in our hands, and what they carry; `names` limits to connectors.

    Whoever asks has locked the registry's gate and seen that it is open.
    """
    with work.in_order():
        rows = work.tuples(_CLAIM, (registry, now, now, not names, list(names), count, holder, now + LEASE))
    return [(Delivery(**dict(zip(_FIELDS, row, strict=False))), Content(*row[-5:])) for row in rows]


_DOUBTS = f"""
WITH due AS (
    SELECT d.id FROM deliveries d
    WHERE d.registry = %b::text AND d.state = 'unknown' AND d.due_at <= %b::timestamptz
      AND (d.holder IS NULL OR d.until <= %b::timestamptz)
      AND (%b::bool OR d.connector IN (SELECT k.id FROM connectors k WHERE k.name = ANY(%b::text[])))
      AND NOT EXISTS (SELECT FROM attempts a WHERE a.delivery = d.id AND a.step = 'create'
                        AND (a.ended_at IS NULL OR a.ended_at > %b::timestamptz))
    ORDER BY d.due_at, d.id LIMIT %b::int FOR UPDATE SKIP LOCKED
), {_HELD}
SELECT {_DELIVERY},
       (SELECT min(a.started_at) FROM attempts a WHERE a.delivery = h.id AND a.step = 'create') AS began
FROM held h ORDER BY h.due_at, h.id
"""


def claim_doubts(
    work: Work, registry: str, *, names: Sequence[str], holder: str, now: datetime, wait: timedelta, count: int
) -> list[tuple[Delivery, datetime]]:
    """
    Deliveries whose create ended unknown at least `wait` ago, in our hands to be looked up, and when the first began.

    `wait` is longer than the registry's slowest commit: what is not there by then will not come, unless the process that
    sends it still stands (a holder without a lease): nothing is asked until it is gone.
    """
    params = (registry, now, now, not names, list(names), now - wait, count, holder, now + LEASE)
    rows = work.tuples(_DOUBTS, params)
    return [(Delivery(**dict(zip(_FIELDS, row, strict=False))), row[-1] or now) for row in rows]


def let_go(work: Work, held: Iterable[Delivery]) -> None:
    """Give deliveries back as they stand; nothing was tried."""
    if rows := [(one.id, one.token) for one in held]:
        work.unnest(
            """
            UPDATE deliveries d SET holder = NULL, token = NULL, until = NULL
            FROM unnest(%b::bigint[], %b::bigint[]) AS u(id, token) WHERE d.id = u.id AND d.token = u.token
            """,
            *zip(*rows, strict=True),
        )


# before a call -----------------------------------------------------------------------------------------------------

_OPEN = """
WITH u AS (
    SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::bytea[], %b::text[], %b::bool[])
                  WITH ORDINALITY AS u(id, token, step, institution, hmac, flags, again, n)
), ours AS (
    UPDATE deliveries d SET until = %b::timestamptz, registry_sha256 = %b::text,
           attempts = d.attempts + (u.step = 'create' AND NOT u.again)::int,
           institution = CASE WHEN u.step = 'files' THEN d.institution ELSE u.institution END,
           sent_hmac = coalesce(u.hmac, d.sent_hmac),
           unmapped = CASE WHEN u.flags IS NULL THEN d.unmapped ELSE
               ARRAY(SELECT DISTINCT f FROM unnest(d.unmapped || string_to_array(u.flags, ',')) AS f ORDER BY f) END
    FROM u WHERE d.id = u.id AND d.token = u.token AND d.state IN ('queued', 'files_uploaded', 'created')
    RETURNING d.id, d.region, d.token
), left_open AS (
    UPDATE attempts a SET ended_at = %b::timestamptz, outcome = 'interrupted'
    FROM ours JOIN u ON u.id = ours.id WHERE a.delivery = ours.id AND a.ended_at IS NULL AND NOT u.again
), made AS (
    INSERT INTO attempts (delivery, region, step, token, started_at)
    SELECT ours.id, ours.region, u.step, ours.token, %b::timestamptz FROM ours JOIN u ON u.id = ours.id
    WHERE NOT u.again ORDER BY u.n
    RETURNING id, delivery
)
SELECT ours.id, made.id FROM ours LEFT JOIN made ON made.delivery = ours.id
"""


def open_all(
    work: Work, openings: Sequence[Opening], *, now: datetime, actor: str, registry_sha256: str
) -> tuple[dict[int, int], list[Entry]]:
    """
    Write down calls that are about to be made; commit before they are.

    Returns the attempt of each delivery that is still ours, by its number, and the entries that belong to them.
    What a dead holder left open of files and routes is ended; a create left open never comes so far.
    """
    if not openings:
        return {}, []
    columns = zip(
        *[
            (
                one.delivery.id,
                one.delivery.token,
                one.step,
                one.institution,
                one.sent_hmac,
                ",".join(one.flags) or None,
                one.attempt is not None,
            )
            for one in openings
        ],
        strict=True,
    )
    rows = work.tuples(_OPEN, (*map(list, columns), now + LEASE, registry_sha256, now, now))
    made = dict(rows)
    numbers = {one.delivery.id: made[one.delivery.id] or one.attempt for one in openings if one.delivery.id in made}
    told = [
        entry(
            "attempted",
            one.delivery,
            one.delivery.registry,
            now,
            actor,
            detail={
                "step": one.step,
                "attempt": numbers[one.delivery.id],
                "sent": one.sent_hmac.hex() if one.sent_hmac is not None else None,
            },
        )
        for one in openings
        if made.get(one.delivery.id)
    ]
    return {one: number for one, number in numbers.items() if number is not None}, told


# after it ----------------------------------------------------------------------------------------------------------

_FINISH = """
UPDATE deliveries d SET state = u.state, registry_id = coalesce(u.registry_id, d.registry_id), code = u.code,
       http = u.http, tries = u.tries, due_at = coalesce(u.due, d.due_at),
       next_check_at = coalesce(u.next_check, d.next_check_at),
       queued_at = CASE WHEN u.anew THEN %b::timestamptz ELSE d.queued_at END,
       looked_at = CASE WHEN u.looked THEN %b::timestamptz ELSE d.looked_at END,
       holder = CASE WHEN u.keep THEN d.holder END, token = CASE WHEN u.keep THEN d.token END,
       until = CASE WHEN u.keep THEN %b::timestamptz END
FROM unnest(%b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::int[], %b::int[], %b::timestamptz[],
            %b::timestamptz[], %b::bool[], %b::bool[], %b::bool[])
     AS u(id, token, state, registry_id, code, http, tries, due, next_check, keep, anew, looked)
WHERE d.id = u.id AND d.token = u.token
RETURNING d.id
"""
_END = """
UPDATE attempts a SET ended_at = %b::timestamptz, outcome = u.outcome, code = u.code, http = u.http
FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::int[]) AS u(id, outcome, code, http) WHERE a.id = u.id
"""


def finish_all(work: Work, endings: Sequence[Ending], *, now: datetime, actor: str) -> tuple[set[int], list[Entry]]:
    """
    Write what became of steps. Returns the numbers of the deliveries that were still ours, and the entries about them.

    Of the others nothing is written: their lease has passed on.
    """
    if not endings:
        return set(), []
    columns = map(list, zip(*[_ended(one) for one in endings], strict=True))
    rows = work.tuples(_FINISH, (now, now, now + LEASE, *columns))
    kept = {number for (number,) in rows}
    mine = [one for one in endings if one.delivery.id in kept]
    called = [(one.attempt, one.result.receipt) for one in mine if one.attempt is not None]
    if called:
        work.tuples(_END, (now, *map(list, zip(*[_outcome(*one) for one in called], strict=True))))
    return kept, [_told(one, now, actor) for one in mine]


def _ended(one: Ending) -> tuple[Any, ...]:
    result, receipt = one.result, one.result.receipt
    return (
        one.delivery.id,
        one.delivery.token,
        result.state,
        receipt.registry_id,
        receipt.code or None,
        receipt.http,
        result.tries,
        result.due_at,
        result.next_check_at,
        result.keep,
        result.anew,
        result.step == "look",
    )


def _outcome(attempt: int, receipt: Receipt) -> tuple[Any, ...]:
    return attempt, receipt.outcome, receipt.code or None, receipt.http


def _told(one: Ending, now: datetime, actor: str) -> Entry:
    result, receipt = one.result, one.result.receipt
    detail: dict[str, Detail] = {
        "step": result.step,
        "attempt": one.attempt,
        "state": result.state,
        "http": receipt.http,
    }
    return entry(
        result.act,
        one.delivery,
        one.delivery.registry,
        now,
        actor,
        code=receipt.code or None,
        registry_id=receipt.registry_id or one.delivery.registry_id,
        detail=detail,
    )


def first_tries(work: Work, deliveries: Sequence[int]) -> Mapping[int, datetime]:
    """When the step that each delivery has to repeat was first tried, since it was queued or put back by a person."""
    if not deliveries:
        return {}
    rows = work.tuples(
        """
        SELECT d.id, min(a.started_at) FROM deliveries d JOIN attempts a ON a.delivery = d.id
        WHERE d.id = ANY(%b::bigint[]) AND a.started_at >= greatest(d.queued_at, d.redriven_at)
          AND a.id > coalesce((SELECT max(b.id) FROM attempts b WHERE b.delivery = d.id AND b.outcome = 'done'), 0)
        GROUP BY d.id
        """,
        (list(deliveries),),
    )
    return dict(rows)


def holders_of(work: Work, registry: str, numbers: Sequence[str]) -> Mapping[str, UUID]:
    """Which complaint is which number at the registry already."""
    if not numbers:
        return {}
    rows = work.tuples(
        "SELECT registry_id, complaint FROM deliveries WHERE registry = %b::text AND registry_id = ANY(%b::text[])",
        (registry, list(numbers)),
    )
    return dict(rows)


# after a store that was away ---------------------------------------------------------------------------------------


def written(work: Work, results: Sequence[int]) -> set[int]:
    """Which of these attempts have their result already."""
    rows = work.tuples(
        """
        SELECT id FROM attempts WHERE id = ANY(%b::bigint[]) AND ended_at IS NOT NULL
          AND outcome <> 'interrupted' AND code IS DISTINCT FROM 'interrupted'
        """,
        (list(results),),
    )
    return {number for (number,) in rows}


def free(work: Work, registry: str, *, holder: str, but: Collection[int]) -> None:
    """
    Free what this holder has beyond the tokens of `but`: it was claimed in a transaction that seemed lost.

    Its calls were never made.
    """
    work.tuples(
        """
        WITH lost AS (
            UPDATE deliveries SET holder = NULL, token = NULL, until = NULL
            WHERE registry = %b::text AND holder = %b::text AND NOT token = ANY(%b::bigint[]) RETURNING id
        )
        UPDATE attempts a SET ended_at = a.started_at, outcome = 'retry', code = 'not_sent'
        FROM lost WHERE a.delivery = lost.id AND a.ended_at IS NULL
        """,
        (registry, holder, list(but)),
    )
