-- Back and forth: follow-ups to the registry, messages of our own to reporters, completions, masters and mappings.

-- What goes to the registry after the complaint itself: one row each, sent in the order of `number`, a saga like deliveries.
CREATE TABLE follow_ups (
    id uuid PRIMARY KEY,                          -- UUIDv5(complaint, digest): the marker in its text
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    complaint uuid NOT NULL REFERENCES complaints,
    registry text NOT NULL REFERENCES registries,
    connector uuid NOT NULL REFERENCES connectors,
    region text NOT NULL,
    what text NOT NULL CHECK (what IN ('answer', 'status', 'update', 'reply', 'file')),
    status text,                                  -- the hub's word, where a region's app says where the complaint stands
    by_whom text CHECK (by_whom IN ('agency', 'reporter')),
    at timestamptz,                               -- when it was said
    digest bytea NOT NULL,                        -- keyed hash of what makes it the same
    item_id bigint,                               -- the version that brought it
    key_id uuid,
    text_enc bytea,
    files bigint[] NOT NULL DEFAULT '{}',         -- attachments that go with it
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'unknown', 'refused', 'needs_human')),
    registry_number text,                         -- its own id at the registry, where it tells one
    attempts integer NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    queued_at timestamptz NOT NULL,
    code text,
    http integer,
    holder text,
    token bigint,
    until timestamptz,
    started_at timestamptz,                       -- an attempt is open since: its outcome is not known
    first_try_at timestamptz,
    sent_at timestamptz,
    sent_hmac bytea,                              -- keyed hash of the text as sent
    sent_enc bytea,                               -- the text as sent, under key_id: known again where it comes back cut
    sent_letters integer,                         -- its letters and digits: what comes back longer holds other words too
    resolved_by text,
    UNIQUE (complaint, registry, digest)
);
CREATE INDEX ON follow_ups (registry, due_at) WHERE state IN ('queued', 'unknown');
CREATE INDEX ON follow_ups (sent_hmac);
CREATE INDEX ON follow_ups (registry, sent_at) WHERE state = 'sent';

-- Deliveries: whether the reporter has his receipt, and what became of an unknown outcome.
ALTER TABLE deliveries ADD COLUMN receipted_at timestamptz, ADD COLUMN looked_at timestamptz,
    ADD COLUMN redriven_at timestamptz, ADD COLUMN redriven_by text,
    ADD COLUMN compared_at timestamptz;           -- last compared with what the registry reports
UPDATE deliveries SET receipted_at = checked_at WHERE checked_at IS NOT NULL;
CREATE INDEX ON deliveries (id) WHERE registry_id IS NOT NULL AND receipted_at IS NULL;
CREATE INDEX ON deliveries (registry, due_at) WHERE state = 'unknown';
DROP INDEX deliveries_registry_due_at_idx;        -- what was queued at one moment is claimed in its order as well
CREATE INDEX ON deliveries (registry, due_at, id) WHERE state IN ('queued', 'files_uploaded', 'created');

-- A repeat that was sent in place of a complaint that will never arrive: that one may not be sent again behind its back.
ALTER TABLE complaints ADD COLUMN in_place_of uuid;
CREATE INDEX ON complaints (in_place_of) WHERE in_place_of IS NOT NULL;

-- Registries: what has been learnt about each.
ALTER TABLE registries ADD COLUMN follow_ups_listed_at timestamptz,   -- one of our own was seen in its list
    ADD COLUMN masters_at timestamptz, ADD COLUMN reconciled_at timestamptz, ADD COLUMN feed text;

-- The registry's own lists: rows are only added and seen again, never removed.
CREATE TABLE masters (
    registry text NOT NULL REFERENCES registries,
    what text NOT NULL,
    foreign_id text NOT NULL,
    name text NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    PRIMARY KEY (registry, what, foreign_id)
);

-- The tables of registries/<name>.yaml, a version each: which number a word had when something was sent.
CREATE TABLE mappings (
    registry text NOT NULL REFERENCES registries,
    sha256 text NOT NULL,
    what text NOT NULL,
    code text NOT NULL,
    foreign_id text NOT NULL,
    loaded_at timestamptz NOT NULL,
    PRIMARY KEY (registry, sha256, what, code)
);

-- One code may stand for an institution in several registries.
ALTER TABLE institutions DROP CONSTRAINT institutions_pkey;
ALTER TABLE institutions ADD UNIQUE NULLS NOT DISTINCT (registry, code, valid_from);

-- News about a number that no delivery has yet: joined when one gets it.
CREATE TABLE parked (
    registry text NOT NULL REFERENCES registries,
    registry_id text NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (registry, registry_id)
);

-- What the nightly comparison found; closed when it is found no more.
CREATE TABLE differences (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registry text NOT NULL REFERENCES registries,
    what text NOT NULL,
    complaint uuid,
    registry_id text,
    found_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    closed_at timestamptz,
    UNIQUE NULLS NOT DISTINCT (registry, what, complaint, registry_id)
);

-- Messages of our own to reporters are told of by events as well.
ALTER TABLE events DROP CONSTRAINT events_source_check, DROP CONSTRAINT events_what_check;
ALTER TABLE events ADD CONSTRAINT events_source_check CHECK (source IN ('registry', 'channel', 'hub')),
    ADD CONSTRAINT events_what_check CHECK (what IN ('status', 'disposition', 'follow_up', 'receipt', 'incomplete'));
ALTER TABLE replies ADD COLUMN message uuid,      -- answers that left in one message
    ADD COLUMN key_id uuid,                       -- data key of the door's item
    ADD COLUMN text_enc bytea,                    -- the text as sent, on the first row of a message: every attempt says the same
    ADD COLUMN text_hmac bytea,                   -- its keyed hash: known again when it comes back
    ADD COLUMN word text,                         -- the door's own status word that we put there: it comes back as an echo
    ADD COLUMN word_at timestamptz,
    ADD COLUMN foreign_id text,                   -- the door's own id of the message: what answers that joins the complaint
    ADD COLUMN resolved_by text;
UPDATE replies SET state = 'unknown', code = 'lease_expired', holder = NULL, until = NULL
WHERE state = 'queued' AND holder IS NOT NULL;  -- an earlier version held them and told nobody what it sent
CREATE INDEX ON complaints (accepted_at) WHERE state = 'withheld_repeat';
CREATE INDEX ON replies (message) WHERE message IS NOT NULL;
CREATE INDEX ON replies (door, id) WHERE state = 'queued';
CREATE INDEX ON replies (connector, code) WHERE state = 'no_door';
CREATE INDEX ON replies (foreign_id) WHERE foreign_id IS NOT NULL;
CREATE INDEX ON replies (door, text_hmac) WHERE text_hmac IS NOT NULL;

-- What a reporter sent to complete a complaint that waits in quarantine.
ALTER TABLE quarantine ADD COLUMN asked_at timestamptz, ADD COLUMN asks integer NOT NULL DEFAULT 0;
CREATE INDEX ON quarantine (id) WHERE asked_at IS NULL AND left_at IS NULL;
CREATE TABLE completions (
    complaint uuid NOT NULL REFERENCES complaints,
    item_id bigint NOT NULL PRIMARY KEY,
    key_id uuid NOT NULL,
    text_enc bytea NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE INDEX ON completions (complaint);

GRANT SELECT, INSERT, UPDATE ON follow_ups, masters, mappings, differences TO satupintu_worker;
GRANT SELECT, INSERT, DELETE ON parked TO satupintu_worker;
GRANT SELECT, INSERT ON completions TO satupintu_worker;
GRANT SELECT ON follow_ups, masters, mappings, differences TO satupintu_reader;
