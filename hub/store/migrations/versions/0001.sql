-- Every row that a region owns carries its region. Texts, names, refs and files are ciphertext under the data key of one
-- item version; what must be found again is a keyed hash. Times are timestamptz.

CREATE TABLE hub (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    id uuid NOT NULL,
    hub_key text NOT NULL,                        -- which hub key wraps the data keys: another one opens nothing
    created_at timestamptz NOT NULL
);

-- connectors --------------------------------------------------------------------------------------------------------

CREATE TABLE connectors (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    region text NOT NULL,
    kind text NOT NULL,
    channel text NOT NULL,
    owner text NOT NULL,
    identity_hmac bytea NOT NULL UNIQUE,          -- kind, url, items and account: one channel is registered once
    mode text NOT NULL DEFAULT 'active' CHECK (mode IN ('active', 'shadow', 'retired')),
    forward_from timestamptz NOT NULL,            -- older complaints are held
    first_batch text NOT NULL DEFAULT 'open' CHECK (first_batch IN ('open', 'held', 'passed')),
    manifest_sha256 text NOT NULL,
    first_seen_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);

CREATE TABLE manifests (
    connector uuid NOT NULL REFERENCES connectors,
    sha256 text NOT NULL,
    body text NOT NULL,
    region text NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (connector, sha256)
);

CREATE SEQUENCE fence;                            -- fencing numbers of leases only ever rise

CREATE TABLE leases (
    connector uuid NOT NULL REFERENCES connectors,
    verb text NOT NULL,
    holder text NOT NULL,
    token bigint NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (connector, verb)
);

CREATE TABLE bound_secrets (
    name text NOT NULL,
    connector uuid NOT NULL REFERENCES connectors,
    host text NOT NULL,
    bound_at timestamptz NOT NULL,
    bound_by text NOT NULL,
    PRIMARY KEY (name, connector, host)
);

-- keys and items ----------------------------------------------------------------------------------------------------

CREATE TABLE data_keys (                          -- erasing a person = deleting these rows
    id uuid PRIMARY KEY,
    region text NOT NULL,
    hub_key text NOT NULL,                        -- which hub key wraps it
    wrapped bytea NOT NULL
);

CREATE TABLE intervals (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connector uuid NOT NULL REFERENCES connectors,
    region text NOT NULL,
    what text NOT NULL CHECK (what IN ('new', 'sweep', 'backfill')),
    from_at timestamptz,                          -- null: from the beginning
    to_at timestamptz NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    passes integer NOT NULL DEFAULT 0,
    pages integer NOT NULL DEFAULT 0,
    items integer NOT NULL DEFAULT 0,
    new_items integer NOT NULL DEFAULT 0,
    total bigint,                                 -- the portal's own count
    first_ref bytea,                              -- keyed hashes; the refs themselves stand encrypted on their items
    last_ref bytea,
    mark jsonb NOT NULL DEFAULT '{}',             -- the kind's own mark after a complete pass
    proof text,                                   -- why it counts as complete
    owed text,                                    -- what is missing
    code text,
    closed_by text,
    because text,
    covered_by bigint REFERENCES intervals        -- closed because a wider one was proven
);
CREATE INDEX ON intervals (connector, id);
CREATE INDEX ON intervals (connector) WHERE closed_at IS NULL;

CREATE TABLE items (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connector uuid NOT NULL REFERENCES connectors,
    region text NOT NULL,
    ref_hmac bytea NOT NULL,
    version integer NOT NULL,
    complaint uuid NOT NULL,
    content_hmac bytea NOT NULL,
    key_id uuid NOT NULL,
    ref_enc bytea NOT NULL,
    raw_enc bytea NOT NULL,                       -- the bytes as received
    payload_enc bytea,                            -- what was read from them, where the bytes are no JSON
    media text NOT NULL,
    trouble text,
    commitment text NOT NULL,
    interval_id bigint NOT NULL REFERENCES intervals,
    manifest_sha256 text NOT NULL,
    received_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'accepted', 'quarantined', 'rejected')),
    UNIQUE (connector, ref_hmac, version)
);
CREATE INDEX ON items (connector, id) WHERE state = 'pending';
CREATE INDEX ON items (complaint);

CREATE TABLE refs (                               -- the head of each ref and incarnation: its latest version
    connector uuid NOT NULL REFERENCES connectors,
    ref_hmac bytea NOT NULL,
    incarnation integer NOT NULL,
    region text NOT NULL,
    version integer NOT NULL,
    content_hmac bytea NOT NULL,
    created_hmac bytea,
    complaint uuid NOT NULL,
    vanished_at timestamptz,
    PRIMARY KEY (connector, ref_hmac, incarnation)
);

-- complaints, cases -------------------------------------------------------------------------------------------------

CREATE TABLE cases (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,   -- order of making: the oldest case is the head
    head uuid NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE INDEX ON cases (head);

CREATE TABLE complaints (                         -- one row a (connector, ref, incarnation), from the moment it is stored
    id uuid PRIMARY KEY,
    connector uuid NOT NULL REFERENCES connectors,
    region text NOT NULL,
    ref_hmac bytea NOT NULL,
    incarnation integer NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN
        ('waiting', 'accepted', 'withheld_repeat', 'held', 'quarantined', 'rejected')),
    reason text,
    first_stored_at timestamptz NOT NULL,
    accepted_at timestamptz,
    submitted_at timestamptz,
    channel text NOT NULL,
    kind text,
    category_code text,
    region_code text,
    code_system text,
    is_supervisory boolean,
    is_anonymous boolean,
    is_confidential boolean,
    unmapped text[] NOT NULL DEFAULT '{}',
    hub_status text,
    re_report_of uuid,
    behind uuid,                                  -- a withheld repeat waits behind this complaint
    case_id uuid REFERENCES cases,                -- its own case; the current head is cases.head
    item_id bigint REFERENCES items,              -- the version that the canonical text was made from
    key_id uuid,
    canonical_enc bytea,
    features_enc bytea,
    manifest_sha256 text,
    UNIQUE (connector, ref_hmac, incarnation)
);
CREATE INDEX ON complaints (connector, state);
CREATE INDEX ON complaints (case_id);
CREATE INDEX ON complaints (behind) WHERE behind IS NOT NULL;
ALTER TABLE items ADD FOREIGN KEY (complaint) REFERENCES complaints DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE links (                              -- events: a link and its undoing are two rows
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    complaint uuid NOT NULL REFERENCES complaints,
    other uuid NOT NULL REFERENCES complaints,
    case_a uuid NOT NULL REFERENCES cases,
    case_b uuid NOT NULL REFERENCES cases,
    answer text NOT NULL,
    probability real NOT NULL,
    reasons jsonb NOT NULL,
    model text NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    undoes bigint REFERENCES links
);
CREATE INDEX ON links (complaint);
CREATE INDEX ON links (other);
CREATE UNIQUE INDEX ON links (undoes);

CREATE TABLE dedup_keys (
    key bigint NOT NULL,
    day integer NOT NULL,
    complaint uuid NOT NULL REFERENCES complaints,
    PRIMARY KEY (key, day, complaint)
);
CREATE INDEX ON dedup_keys (complaint);

CREATE TABLE reporter_tokens (
    complaint uuid NOT NULL REFERENCES complaints,
    what text NOT NULL CHECK (what IN ('phone', 'email', 'national_id', 'handle')),
    token bytea NOT NULL,
    region text NOT NULL,
    PRIMARY KEY (complaint, what)
);
CREATE INDEX ON reporter_tokens (token);

CREATE TABLE reviews (                            -- what a person should look at; none of it delays a complaint
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    region text NOT NULL,
    what text NOT NULL,
    complaint uuid REFERENCES complaints,
    other uuid REFERENCES complaints,
    code text,
    detail jsonb NOT NULL DEFAULT '{}',
    made_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by text,
    UNIQUE NULLS NOT DISTINCT (what, complaint, other, code)
);

CREATE TABLE quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connector uuid NOT NULL REFERENCES connectors,
    region text NOT NULL,
    complaint uuid NOT NULL REFERENCES complaints,
    item_id bigint NOT NULL UNIQUE REFERENCES items,
    reasons jsonb NOT NULL,                       -- [{path, rule, id, en}], values never
    manifest_sha256 text NOT NULL,
    made_at timestamptz NOT NULL,
    left_at timestamptz
);

CREATE TABLE attachments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    region text NOT NULL,
    complaint uuid NOT NULL REFERENCES complaints,
    item_id bigint NOT NULL REFERENCES items,
    key_id uuid NOT NULL,
    number integer NOT NULL,
    name_enc bytea NOT NULL,
    url_enc bytea,
    media_type text NOT NULL,
    size bigint,
    content_hmac bytea,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'held', 'failed')),
    reason text,
    content_enc bytea,
    registry_file text,
    UNIQUE (item_id, number)
);
CREATE INDEX ON attachments (complaint);

-- on the way to the registry ----------------------------------------------------------------------------------------

CREATE TABLE registries (
    name text PRIMARY KEY,
    sha256 text NOT NULL,
    paused_at timestamptz,
    paused_by text,
    because text,
    unknown_streak integer NOT NULL DEFAULT 0,
    opened_at timestamptz,                        -- the breaker is open since
    probe_at timestamptz,
    probes integer NOT NULL DEFAULT 0,
    next_slot_at timestamptz,                     -- the rate budget that all workers share
    seen_at timestamptz NOT NULL
);

CREATE TABLE deliveries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    complaint uuid NOT NULL REFERENCES complaints,
    registry text NOT NULL REFERENCES registries,
    connector uuid NOT NULL REFERENCES connectors,
    region text NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN
        ('queued', 'files_uploaded', 'created', 'routed', 'confirmed', 'unknown', 'refused', 'needs_human')),
    registry_id text,
    institution text,                             -- the registry's id of the target, as sent
    attempts integer NOT NULL DEFAULT 0,          -- create attempts, counted before the call
    tries integer NOT NULL DEFAULT 0,             -- failures in a row, for the back-off
    due_at timestamptz NOT NULL,
    queued_at timestamptz NOT NULL,
    code text,
    http integer,
    unmapped text[] NOT NULL DEFAULT '{}',
    holder text,
    token bigint,
    until timestamptz,
    manifest_sha256 text NOT NULL,
    registry_sha256 text,
    sent_hmac bytea,                              -- keyed hash of the text as sent
    next_check_at timestamptz,
    checked_at timestamptz,
    last_status text,
    resolved_by text,
    UNIQUE (complaint, registry)
);
CREATE INDEX ON deliveries (registry, due_at) WHERE state IN ('queued', 'files_uploaded', 'created');
CREATE INDEX ON deliveries (next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX ON deliveries (registry, registry_id);
CREATE INDEX ON deliveries (sent_hmac);

CREATE TABLE attempts (                           -- committed before the call; the end after it
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery bigint NOT NULL REFERENCES deliveries,
    region text NOT NULL,
    step text NOT NULL CHECK (step IN ('files', 'create', 'route')),
    token bigint NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text,
    code text,
    http integer
);
CREATE INDEX ON attempts (delivery);

-- and back ----------------------------------------------------------------------------------------------------------

CREATE TABLE events (                             -- never overwritten: later figures are computed from these
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    complaint uuid NOT NULL REFERENCES complaints,
    connector uuid NOT NULL REFERENCES connectors,
    region text NOT NULL,
    source text NOT NULL CHECK (source IN ('registry', 'channel')),
    what text NOT NULL CHECK (what IN ('status', 'disposition', 'follow_up')),
    status text,                                  -- the hub's word, 'unknown' where no table knows the name
    foreign_name text,                            -- the registry's own word for the status
    foreign_id text,
    from_institution text,
    to_institution text,
    by_whom text CHECK (by_whom IN ('system', 'admin', 'agency', 'reporter')),
    at timestamptz,
    stamp text,                                   -- as received
    seen_at timestamptz NOT NULL,
    key_id uuid,
    text_enc bytea,
    digest bytea NOT NULL,                        -- keyed hash of what makes it the same event
    UNIQUE (complaint, digest)
);

CREATE TABLE replies (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    complaint uuid NOT NULL REFERENCES complaints,
    event_id bigint NOT NULL REFERENCES events,
    connector uuid NOT NULL REFERENCES connectors,
    door uuid NOT NULL REFERENCES complaints,     -- the complaint through whose door it goes
    region text NOT NULL,
    status text,                                  -- where the complaint stood when it was answered: what the reporter reads
    message_id text,                              -- of the mail that carries it: what answers that mail joins the complaint
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'unknown', 'refused', 'no_door')),
    attempts integer NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    code text,
    holder text,
    token bigint,
    until timestamptz,
    sent_at timestamptz,
    UNIQUE (event_id, door)
);
CREATE INDEX ON replies (due_at) WHERE state = 'queued';
CREATE INDEX ON replies (complaint);
CREATE INDEX ON replies (message_id);

-- institutions ------------------------------------------------------------------------------------------------------

CREATE TABLE institutions (
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ministry', 'agency', 'province', 'regency', 'city', 'opd', 'kecamatan', 'bumn',
        'bumd', 'private_public_task')),
    parent text,
    region text,
    registry text,
    registry_ids text[] NOT NULL DEFAULT '{}',
    registry_sha256 text,
    valid_from date NOT NULL,
    valid_to date,
    last_seen_at timestamptz,
    PRIMARY KEY (code, valid_from)
);

CREATE TABLE officers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    institution text NOT NULL,
    region text NOT NULL,
    role text NOT NULL,
    name_enc bytea,
    key_id uuid,
    sk_number text,
    sk_date date,
    valid_from date NOT NULL,
    valid_to date
);

-- the audit log -----------------------------------------------------------------------------------------------------

CREATE TABLE entries (                            -- INSERT only; which leaf an entry is stands in its own table
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    act text NOT NULL,
    connector uuid,
    region text,
    complaint uuid,
    body bytea NOT NULL
);
CREATE INDEX ON entries (complaint);

CREATE TABLE leaves (
    entry bigint PRIMARY KEY REFERENCES entries,
    leaf_index bigint NOT NULL UNIQUE,
    hash bytea NOT NULL
);

CREATE TABLE checkpoints (
    size bigint PRIMARY KEY,
    root bytea NOT NULL,
    edge bytea NOT NULL,                          -- the right edge of the tree, 32 bytes a hash
    note text NOT NULL,
    at timestamptz NOT NULL,
    published_at timestamptz
);

CREATE TABLE sealing (                            -- the last try of the sealer: forwarding stops when it keeps failing
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    tried_at timestamptz NOT NULL,
    failed_at timestamptz,
    code text
);

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are never changed or deleted', TG_TABLE_NAME;
END $$;
CREATE TRIGGER only_insert BEFORE UPDATE OR DELETE OR TRUNCATE ON entries FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE TRIGGER only_insert BEFORE UPDATE OR DELETE OR TRUNCATE ON leaves FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE TRIGGER only_insert BEFORE UPDATE OR DELETE OR TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse();

-- promise 1: every complaint is exactly one of seven words ------------------------------------------------------------

CREATE VIEW outcomes AS
SELECT c.id AS complaint,
       c.connector,
       k.name,
       c.region,
       (c.first_stored_at AT TIME ZONE 'Asia/Jakarta')::date AS day,
       CASE
           WHEN c.state <> 'accepted' THEN c.state
           WHEN d.state IN ('created', 'routed', 'confirmed') THEN 'forwarded'
           WHEN d.state = 'refused' THEN 'rejected'
           WHEN d.state IN ('queued', 'files_uploaded', 'unknown', 'needs_human') THEN 'on_the_way'
       END AS word,
       coalesce(CASE WHEN c.state = 'accepted' THEN d.state END, c.reason) AS detail
FROM complaints c
JOIN connectors k ON k.id = c.connector
LEFT JOIN deliveries d ON d.complaint = c.id;

CREATE VIEW conservation AS
SELECT name AS connector, region, day, count(*) AS stored,
       count(*) FILTER (WHERE word = 'waiting') AS waiting,
       count(*) FILTER (WHERE word = 'forwarded') AS forwarded,
       count(*) FILTER (WHERE word = 'withheld_repeat') AS withheld_repeat,
       count(*) FILTER (WHERE word = 'held') AS held,
       count(*) FILTER (WHERE word = 'quarantined') AS quarantined,
       count(*) FILTER (WHERE word = 'rejected') AS rejected,
       count(*) FILTER (WHERE word = 'on_the_way') AS on_the_way,
       count(*) FILTER (WHERE word IS NULL) AS lost
FROM outcomes GROUP BY name, region, day;

-- who may do what -----------------------------------------------------------------------------------------------------

GRANT USAGE ON SCHEMA public TO satupintu_worker, satupintu_sealer, satupintu_reader;

GRANT SELECT, INSERT, UPDATE ON connectors, leases, intervals, items, refs, cases, complaints, reviews,
    quarantine, attachments, registries, deliveries, attempts, replies, institutions, officers TO satupintu_worker;
GRANT SELECT, INSERT ON hub, manifests, bound_secrets, data_keys, links, reporter_tokens, dedup_keys, events, entries
    TO satupintu_worker;
GRANT DELETE ON data_keys, dedup_keys, reporter_tokens, leases, bound_secrets TO satupintu_worker;
GRANT SELECT ON outcomes, conservation, leaves, checkpoints, sealing TO satupintu_worker;
GRANT USAGE ON SEQUENCE fence TO satupintu_worker;

GRANT SELECT, INSERT ON entries, leaves TO satupintu_sealer;
GRANT SELECT ON hub, leaves TO satupintu_sealer;
GRANT SELECT, INSERT, UPDATE ON checkpoints, sealing TO satupintu_sealer;

GRANT SELECT ON connectors, intervals, cases, complaints, links, reviews, quarantine, registries, deliveries, attempts,
    events, replies, institutions, entries, leaves, checkpoints, outcomes, conservation TO satupintu_reader;
