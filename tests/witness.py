"""
A witness inside PostgreSQL: a state that changes without the entry that tells of it makes its transaction fail.

`RULES` says which acts may tell of which word; tables that it does not name stand in `NO_STATES`, with the reason. It is
installed by `install` into a database of tests; only what the hub's own login changes is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import psycopg

from hub.store.server import HUB_LOGIN

ANY = "*"
VERDICTS = "accepted held quarantined rejected completed"
SENT = "forwarded unknown refused postponed attempted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One word of a row, and the acts of which one must stand in the transaction that writes it."""

    table: str
    word: str
    """SQL over `{row}`."""
    acts: Mapping[str, str]
    """Word -> acts, separated by blanks; ANY: every other word. Nothing: no entry is needed."""
    of: str = ""
    """Column of the complaint that the entry must name; empty: the entry is of a batch, a case or a registry."""
    name: str = "state"
    gone: str | None = None
    """Acts that tell of a row's deletion; None: no role of the hub may delete it."""


def _set(column: str, yes: str, no: str) -> str:
    return f"CASE WHEN {{row}}.{column} IS NULL THEN '{no}' ELSE '{yes}' END"


RULES = (
    Rule(
        table="connectors",
        name="mode",
        word="{row}.mode",
        acts={ANY: "connector_seen manifest_seen", "retired": "connector_seen manifest_seen"},
    ),
    Rule(table="connectors", name="manifest", word="{row}.manifest_sha256", acts={ANY: "connector_seen manifest_seen"}),
    Rule(table="connectors", name="since", word="{row}.forward_from::text", acts={ANY: "connector_seen manifest_seen"}),
    Rule(
        table="connectors",
        name="first_batch",
        word="{row}.first_batch",
        acts={"open": "connector_seen", "held": "first_batch", "passed": "first_batch"},
    ),
    Rule(table="manifests", name="row", word="'seen'", acts={"seen": "connector_seen manifest_seen"}),
    Rule(table="contact_mails", word="{row}.state", acts={ANY: "contact_mailed"}),
    Rule(
        table="registrations",
        word="{row}.state",
        acts={"shadow": "registered", "active": "registered activated", "disabled": "deactivated"},
    ),
    Rule(
        table="registrations",
        name="act",
        word="{row}.act",
        acts={
            "registered": "registered",
            "put_back": "registered",
            "activated": "activated",
            "deactivated": "deactivated",
        },
    ),
    Rule(table="bound_secrets", name="row", word="'bound'", acts={"bound": "secret_bound"}),
    Rule(
        table="intervals",
        word="CASE WHEN {row}.closed_at IS NULL THEN 'open' WHEN {row}.proof IS NOT NULL THEN 'proven' ELSE 'closed' END",
        # what is asked for is no state of anything yet; that it was, and what came, `pulled` tells
        acts={"open": "", "proven": "pulled", "closed": "pulled closed"},
    ),
    Rule(table="items", name="row", word="'kept'", acts={"kept": "pulled"}),
    Rule(
        table="refs",
        word=_set("vanished_at", "vanished", "there"),
        acts={"there": f"pulled {VERDICTS}", "vanished": "pulled"},
    ),
    Rule(
        table="complaints",
        word="{row}.state",
        of="id",
        acts={
            "waiting": "erased",
            "accepted": "accepted released",
            "withheld_repeat": "accepted released",
            "held": "held",
            "quarantined": "quarantined",
            "rejected": "rejected completed erased",
        },
    ),
    Rule(
        table="complaints",
        name="status",
        word="coalesce({row}.hub_status, '-')",
        of="id",
        acts={ANY: f"{VERDICTS} erased"},
    ),
    Rule(
        table="complaints",
        name="behind",
        word=_set("behind", "behind", "in front"),
        of="id",
        acts={"behind": f"{VERDICTS} released", "in front": f"{VERDICTS} released erased"},
    ),
    Rule(
        table="complaints",
        name="instead",
        word=_set("in_place_of", "instead", "itself"),
        of="id",
        acts={"instead": "released", "itself": f"{VERDICTS} erased"},
    ),
    Rule(
        table="complaints",
        name="accused",
        word="coalesce({row}.accused, 'nobody')",
        of="id",
        acts={
            "nobody": "",
            "named": f"{VERDICTS} inspected",
            "doubtful": f"{VERDICTS} inspected",
            "confirmed": "inspected",
            "cleared": "inspected",
        },
    ),
    Rule(
        table="links",
        word=_set("undoes", "undone", "linked"),
        of="complaint",
        acts={"linked": "linked", "undone": "unlinked"},
    ),
    Rule(
        table="labels",
        word="{row}.verdict",
        # of a pair, whose entry names either
        acts={"same": "linked", "apart": "unlinked split", "withdrawn": "unlinked linked"},
    ),
    Rule(
        table="quarantine",
        word="CASE WHEN {row}.left_at IS NOT NULL THEN 'left' WHEN {row}.asked_at IS NULL THEN 'waiting' ELSE 'asked' END",
        acts={"waiting": "quarantined", "asked": "asked", "left": f"{VERDICTS} erased"},
    ),
    Rule(
        table="attachments",
        word="{row}.state",
        acts={
            "pending": "pulled accepted",
            "held": "pulled accepted fetched",
            "failed": f"pulled accepted fetched erased {SENT} follow_up_attempted followed_up",
        },
    ),
    Rule(
        table="registries",
        name="pause",
        word=_set("paused_at", "paused", "going"),
        acts={"paused": "paused", "going": f"resumed masters_read released {VERDICTS}"},
    ),
    Rule(
        table="registries",
        name="breaker",
        word=_set("opened_at", "open", "closed"),
        acts={"open": "breaker_opened", "closed": f"breaker_closed masters_read released {VERDICTS}"},
    ),
    Rule(table="registries", name="tables", word="{row}.sha256", acts={ANY: f"masters_read released {VERDICTS}"}),
    Rule(
        table="deliveries",
        word="{row}.state",
        of="complaint",
        acts={
            "queued": "accepted released redriven resolved forwarded postponed",
            "files_uploaded": "forwarded",
            "created": "forwarded resolved redriven",
            "routed": "forwarded",
            "confirmed": "forwarded resolved erased",
            "unknown": "unknown",
            "refused": "refused resolved erased",
            "needs_human": "postponed unknown resolved refused",
        },
    ),
    Rule(
        table="deliveries",
        name="number",
        word="coalesce({row}.registry_id, '-')",
        of="complaint",
        acts={"-": f"accepted released {SENT}", ANY: "forwarded resolved"},
    ),
    Rule(
        table="deliveries",
        name="decided",
        word="coalesce({row}.resolved_by, '-')",
        of="complaint",
        acts={"-": "accepted released redriven", ANY: "resolved"},
    ),
    Rule(
        table="deliveries",
        name="receipt",
        word=_set("receipted_at", "told", "untold"),
        of="complaint",
        acts={"untold": "accepted released", "told": "followed"},
    ),
    Rule(
        table="attempts",
        word="{row}.step || ' ' || CASE WHEN {row}.ended_at IS NULL THEN 'begun' ELSE coalesce({row}.outcome, '') END",
        acts={
            **{f"{step} begun": "attempted" for step in ("files", "create", "route")},
            ANY: SENT,
        },
    ),
    Rule(
        table="events",
        word="{row}.source || ' ' || {row}.what",
        acts={
            **{f"registry {what}": "followed" for what in ("status", "disposition", "follow_up")},
            "channel follow_up": VERDICTS,
            "hub receipt": "followed",
            "hub incomplete": "asked",
        },
    ),
    Rule(
        table="replies",
        word="{row}.state",
        acts={
            "queued": "followed asked redriven resolved",
            "sent": "replied exported resolved",
            "unknown": "replied",
            "refused": "replied rejected",
            "no_door": "followed asked replied resolved erased",
        },
    ),
    Rule(
        table="follow_ups",
        word="{row}.state",
        # one that joined another complaint is told of by its own entry, which names the other
        acts={
            "queued": f"{VERDICTS} followed_up redriven resolved fetched",
            "sent": "followed_up resolved",
            "unknown": "followed_up",
            "refused": f"followed_up resolved erased {VERDICTS}",
            "needs_human": "followed_up resolved",
        },
    ),
    Rule(table="masters", name="row", word="'known'", acts={"known": "masters_read"}),
    Rule(table="mappings", name="row", word="'loaded'", acts={"loaded": "masters_read"}),
    Rule(table="institutions", name="row", word="{row}.kind", acts={ANY: "masters_read"}),
    Rule(
        table="differences",
        word=_set("closed_at", "closed", "open"),
        acts={"open": "reconciled", "closed": "reconciled resolved"},
    ),
    Rule(table="completions", name="row", word="'kept'", acts={"kept": "completed"}),
    Rule(
        table="holds",
        word=_set("ended_at", "ended", "standing"),
        acts={"standing": "hold_added", "ended": "hold_ended"},
    ),
    Rule(
        table="erasures",
        word="CASE WHEN {row}.lifted_at IS NULL THEN {row}.code ELSE 'lifted' END",
        of="complaint",
        acts={"request": "erased", "retention": "erased", "lifted": "readmitted"},
    ),
    Rule(table="retention", word="coalesce({row}.days::text, 'for ever')", acts={ANY: "retention_set"}),
    Rule(
        table="users",
        name="role",
        word="{row}.role || ' ' || {row}.region || ' ' || coalesce({row}.institution, '-')",
        acts={ANY: "user_added user_changed"},
    ),
    Rule(
        table="users",
        word=_set("disabled_at", "disabled", "active"),
        acts={"active": "user_added", "disabled": "user_changed"},
    ),
    Rule(
        table="users",
        name="password",
        word="coalesce({row}.password, '-')",
        acts={"-": "user_added", ANY: "password_set"},
    ),
    Rule(
        table="tokens",
        word=_set("revoked_at", "revoked", "issued"),
        acts={"issued": "token_issued", "revoked": "token_revoked user_changed"},
    ),
    Rule(table="pushes", name="row", word="'kept'", acts={"kept": "received"}, gone="pulled erased"),
    Rule(table="data_keys", name="row", word="'kept'", acts={"kept": ""}, gone="pulled erased"),
)

NO_STATES = {
    "alembic_version": "which tables there are",
    "hub": "made with its keys before anything can be written",
    "leases": "who works now; what he does has entries of its own",
    "pages": "evidence of an interval that is still open",
    "inboxes": "counts places, and pushes that nobody kept",
    "cases": "follows from links: its head is computed",
    "dedup_keys": "computed from the text",
    "reporter_tokens": "computed from the complaint",
    "reviews": "questions to people, computed; what they answer has entries",
    "rebuilds": "how far a computation has come; the links that it makes have entries",
    "parked": "numbers that nobody has yet; what they mean is told when one gets them",
    "officers": "nothing writes it yet",
    "entries": "the log itself",
    "leaves": "the log itself",
    "checkpoints": "the log itself",
    "sealing": "the log itself",
    "log_words": "computed from the log",
    "log_index": "computed from the log",
}
"""Tables in which no state of a complaint, a channel or a person's rights stands."""

NO_STATE_COLUMNS = {
    ("complaints", "accused"): "watched by a rule of its own: most complaints accuse nobody",
    ("attempts", "step"): "part of the word of its table",
    ("erasures", "code"): "part of the word of its table",
    ("events", "by_whom"): "who moved it; stands on a row that is only added",
    ("events", "source"): "part of the word of its table",
    ("events", "what"): "part of the word of its table",
    ("follow_ups", "by_whom"): "what it is, from the beginning",
    ("follow_ups", "what"): "what it is, from the beginning",
    ("institutions", "kind"): "part of the word of its table",
    ("intervals", "what"): "what it is, from the beginning",
    ("log_words", "what"): "computed from the log",
    ("rebuilds", "step"): "how far a computation has come",
    ("users", "role"): "part of the word of its table",
    ("reporter_tokens", "what"): "what it is, from the beginning",
}
"""Columns with fixed words that are no state by themselves."""


def install(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Put the witness into a migrated database, as its superuser."""
    for statement in _statements():
        connection.execute(statement.encode())


def _statements() -> Iterator[str]:
    yield "CREATE SCHEMA witness"
    yield "GRANT USAGE ON SCHEMA witness TO PUBLIC"
    # What the transaction has told so far: ` act/complaint act/complaint `.
    yield """
        CREATE FUNCTION witness.heard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM set_config('witness.told', coalesce(current_setting('witness.told', true), '')
            || coalesce((SELECT string_agg(DISTINCT ' ' || act || '/' || coalesce(complaint::text, ''), '') FROM told), '')
            || ' ', true);
        RETURN NULL; END $$"""
    yield """
        CREATE TRIGGER witness AFTER INSERT ON entries REFERENCING NEW TABLE AS told
        FOR EACH STATEMENT EXECUTE FUNCTION witness.heard()"""
    for rule in RULES:
        yield from _rule(rule)


def _rule(rule: Rule) -> Iterator[str]:
    new, old = (rule.word.replace("{row}", row) for row in ("NEW", "OLD"))
    name = f"{rule.table}_{rule.name}"
    yield _judge(rule, name, new, "NEW", [f"WHEN word = '{word}' THEN '{acts}'" for word, acts in _cases(rule)])
    timing = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
    yield f"CREATE CONSTRAINT TRIGGER {name}_made AFTER INSERT ON {rule.table} {timing} EXECUTE FUNCTION witness.{name}()"
    yield (
        f"CREATE CONSTRAINT TRIGGER {name}_changed AFTER UPDATE ON {rule.table} {timing} "
        f"WHEN (({new}) IS DISTINCT FROM ({old})) EXECUTE FUNCTION witness.{name}()"
    )
    if rule.gone is not None:
        yield _judge(rule, f"{name}_gone", "'gone'", "OLD", [f"WHEN true THEN '{rule.gone}'"])
        yield (
            f"CREATE CONSTRAINT TRIGGER {name}_gone AFTER DELETE ON {rule.table} {timing} "
            f"EXECUTE FUNCTION witness.{name}_gone()"
        )


def _cases(rule: Rule) -> list[tuple[str, str]]:
    return [(word, acts) for word, acts in rule.acts.items() if word != ANY]


def _judge(rule: Rule, name: str, word: str, row: str, cases: list[str]) -> str:
    """A function that fails unless one of the acts was told of, in this transaction, of this complaint."""
    whose = f"{row}.{rule.of}::text" if rule.of else "NULL"
    return f"""
        CREATE FUNCTION witness.{name}() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            word text := {word};
            told text := coalesce(current_setting('witness.told', true), '');
            acts text := CASE {" ".join([*cases, "WHEN false THEN ''"])} ELSE {_otherwise(rule)} END;
        BEGIN
            IF session_user <> '{HUB_LOGIN}' OR acts = '' OR EXISTS (
                SELECT FROM unnest(string_to_array(acts, ' ')) AS act
                WHERE position(' ' || act || '/' || coalesce({whose} || ' ', '') IN told) > 0)
            THEN RETURN NULL; END IF;
            RAISE EXCEPTION '% became % without an entry (one of: %); told was:%',
                '{rule.table}.{rule.name}', word, coalesce(acts, 'this word is unknown'),
                coalesce(nullif(regexp_replace(told, '/[^ ]*', '', 'g'), ''), ' nothing');
        END $$"""


def _otherwise(rule: Rule) -> str:
    return f"'{rule.acts[ANY]}'" if ANY in rule.acts else "NULL"
