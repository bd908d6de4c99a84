"""What reporters sent to complete complaints that wait in quarantine, and the messages that asked them to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from connectors.base import Attachment
from hub.completing import Completion
from hub.privacy import DataKey, Vault
from hub.store import attachments
from hub.store.items import Stored
from hub.store.work import Work

ASKS = 2
"""Messages about one complaint at most."""
OPEN = 3
"""Messages to one reporter within a day: two machines must not go on answering each other."""


def add(
    work: Work, vault: Vault, complaint: UUID, item: Stored, one: Completion, *, said: datetime, now: datetime
) -> None:
    """Keep a completion, said then, under the key of the item that brought it; `accept` then tries its complaint again."""
    files = [dict(file) for file in one.attachments]
    content = orjson.dumps({"at": said.timestamp(), "text": _plain(one.text), "attachments": files})
    work.run(
        """
        INSERT INTO completions (complaint, item_id, key_id, text_enc, made_at)
        VALUES (:complaint, :item, :key, :text, :now) ON CONFLICT DO NOTHING
        """,
        complaint=complaint,
        item=item.id,
        key=item.key.id,
        text=vault.seal(item.key, "completion", content)[0],
        now=now,
    )
    # as after a new manifest
    work.run(
        "UPDATE quarantine SET manifest_sha256 = '' WHERE complaint = :complaint AND left_at IS NULL",
        complaint=complaint,
    )


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def of(work: Work, vault: Vault, complaints: Collection[UUID]) -> dict[UUID, list[Completion]]:
    """The completions of these complaints in the order in which they were said; of an edited item the latest text."""
    found: dict[UUID, dict[UUID, tuple[float, Completion]]] = {}
    for row in work.rows(_OF, ids=list(complaints)) if complaints else []:
        key = vault.unwrap(row.key_id, bytes(row.wrapped))
        said = orjson.loads(vault.open(key, "completion", bytes(row.text_enc)))
        one = Completion(text=said["text"], attachments=said["attachments"])
        found.setdefault(row.complaint, {})[row.brought_by] = (said["at"], one)
    return {
        complaint: [one for _, one in sorted(by_item.values(), key=lambda told: told[0])]
        for complaint, by_item in found.items()
    }


_OF = """
SELECT p.complaint, p.key_id, p.text_enc, k.wrapped, i.complaint AS brought_by
FROM completions p JOIN data_keys k ON k.id = p.key_id JOIN items i ON i.id = p.item_id
WHERE p.complaint = ANY(:ids) ORDER BY p.item_id
"""


def take_files(work: Work, vault: Vault, region: str, completed: Sequence[Stored]) -> None:
    """Give these items, the complete ones, the files that came with their completions, under their own keys; once."""
    rows = work.rows(_FILES, ids=[item.complaint for item in completed])
    batch = [
        (item.key, item.complaint, item.id, [_file(vault, row) for row in rows if row.to_complaint == item.complaint])
        for item in completed
    ]
    attachments.save_all(work, vault, region, batch, first=LATER)


LATER = 1001
"""Number of the first file that came with a completion; a mail has a hundred parts at most."""
# what has an address is fetched again, because the complaint names it
_FILES = """
SELECT p.complaint AS to_complaint, a.name_enc, a.media_type, a.content_enc, a.key_id, k.wrapped
FROM completions p JOIN attachments a ON a.item_id = p.item_id JOIN data_keys k ON k.id = a.key_id
WHERE p.complaint = ANY(:ids) AND a.state = 'held' AND a.url_enc IS NULL ORDER BY p.item_id, a.number
"""


def _file(vault: Vault, row: Any) -> Attachment:
    key = vault.unwrap(row.key_id, bytes(row.wrapped))
    name = vault.open(key, "file name", bytes(row.name_enc)).decode("utf-8", "replace")
    content = vault.open(key, "file", bytes(row.content_enc))
    return Attachment(name=name, media_type=row.media_type, content=content)


# asking ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One message on its way to a reporter."""

    item: int
    complaint: UUID
    number: int
    """The how manieth it is about this complaint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """An item in quarantine whose reporter could complete it."""

    item: Stored
    known_by: Mapping[str, bytes]
    """Keyed hashes of its reporter."""
    hidden: bool
    """He is anonymous, or what he says is confidential: nothing is told in public."""


def ask(work: Work, rows: Sequence[Bare], region: str, connector: UUID, now: datetime) -> list[Asked]:
    """
    Note of these quarantined items that their reporters are asked; returns which are to be.

    Asked is once, and once more after a completion that was not enough; not who was asked often enough today.
    """
    tokens = [(one.item.complaint, what, token) for one in rows for what, token in one.known_by.items()]
    if tokens:
        work.tuples(_TOKENS, (region, *map(list, zip(*tokens, strict=True))))
    wanted = _bearable(rows, _today(work, {token for _, _, token in tokens}, now))
    found = work.rows(
        _ASK,
        items=[one.item.id for one in wanted],
        hidden=[one.hidden for one in wanted],
        connector=connector,
        now=now,
        most=ASKS,
    )
    return [Asked(item=row.item_id, complaint=row.complaint, number=row.number) for row in found]


_TOKENS = """
INSERT INTO reporter_tokens (region, complaint, what, token)
SELECT %b::text, u.* FROM unnest(%b::uuid[], %b::text[], %b::bytea[]) AS u ON CONFLICT DO NOTHING
"""

# complaints.item_id is the mail or post that the message answers.
_ASK = """
WITH before AS (
    SELECT q.item_id, q.complaint, (SELECT coalesce(sum(o.asks), 0) FROM quarantine o WHERE o.complaint = q.complaint) AS asks,
           (SELECT max(o.asked_at) FROM quarantine o WHERE o.complaint = q.complaint) AS asked_at
    FROM quarantine q WHERE q.item_id = ANY(CAST(:items AS bigint[])) AND q.connector = :connector AND q.left_at IS NULL
), asked AS (
    UPDATE quarantine q SET asked_at = :now, asks = q.asks + 1 FROM before b
    WHERE q.item_id = b.item_id AND b.asks < :most AND (b.asks = 0 OR EXISTS (
        SELECT FROM completions p WHERE p.complaint = b.complaint AND p.made_at > b.asked_at))
    RETURNING q.item_id, q.complaint, b.asks + 1 AS number
), row_of AS (
    UPDATE complaints c SET item_id = a.item_id, is_anonymous = h.hidden, is_confidential = h.hidden
    FROM asked a JOIN unnest(CAST(:items AS bigint[]), CAST(:hidden AS boolean[])) AS h(item_id, hidden) USING (item_id)
    WHERE c.id = a.complaint AND c.state = 'quarantined'
)
SELECT item_id, complaint, number FROM asked ORDER BY item_id
"""


def _today(work: Work, tokens: Collection[bytes], now: datetime) -> Counter[bytes]:
    """How often these reporters have been asked within a day."""
    rows = work.rows(
        """
        SELECT t.token, count(*) AS times FROM reporter_tokens t JOIN quarantine q ON q.complaint = t.complaint
        WHERE t.token = ANY(CAST(:tokens AS bytea[])) AND q.asked_at > :since GROUP BY t.token
        """,
        tokens=list(tokens),
        since=now - timedelta(days=1),
    )
    return Counter({bytes(row.token): row.times for row in rows})


def _bearable(rows: Sequence[Bare], today: Counter[bytes]) -> list[Bare]:
    """Those after which nobody has been asked too often."""
    wanted = []
    for one in rows:
        if all(today[token] < OPEN for token in one.known_by.values()):
            wanted.append(one)
            today.update(one.known_by.values())
    return wanted


def tell(
    work: Work, one: Asked, *, connector: UUID, region: str, key: DataKey, text: bytes, digest: bytes, now: datetime
) -> int | None:
    """The event that says what is missing, its words sealed as those of all events; None where it was there."""
    number: int | None = work.value(
        """
        INSERT INTO events (complaint, connector, region, source, what, by_whom, at, seen_at, key_id, text_enc, digest)
        VALUES (:complaint, :connector, :region, 'hub', 'incomplete', 'system', :now, :now, :key, :text, :digest)
        ON CONFLICT (complaint, digest) DO NOTHING RETURNING id
        """,
        complaint=one.complaint,
        connector=connector,
        region=region,
        now=now,
        key=key.id,
        text=text,
        digest=digest,
    )
    return number


def overdue(work: Work, now: datetime, days: int = 10) -> Sequence[Any]:
    """By connector, how many complaints have waited for their reporters longer than they were given: name, complaints."""
    return work.rows(
        """
        SELECT n.name, count(DISTINCT q.complaint) AS complaints FROM quarantine q JOIN connectors n ON n.id = q.connector
        WHERE q.left_at IS NULL AND q.asked_at <= :since GROUP BY n.name ORDER BY n.name
        """,
        since=now - timedelta(days=days),
    )
