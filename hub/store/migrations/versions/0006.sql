-- What auditors search, what nobody may erase, and how long things are kept.

-- search ------------------------------------------------------------------------------------------------------------

-- Written by the sealer from the sealed bytes, so that the verbs pay nothing for it. Words are numbered: a row is so narrow
-- that even a question without a fitting index reads a million of them in a tenth of a second.
CREATE TABLE log_words (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what text NOT NULL CHECK (what IN ('act', 'actor', 'connector', 'region', 'code')),
    word text NOT NULL,
    UNIQUE (what, word)
);
CREATE TABLE log_index (
    leaf bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    complaint uuid,
    act integer NOT NULL,
    actor integer NOT NULL,
    connector integer,
    region integer,
    code integer
);
CREATE INDEX ON log_index (at);
CREATE INDEX ON log_index (complaint) WHERE complaint IS NOT NULL;
CREATE INDEX ON log_index (act, leaf);
CREATE INDEX ON log_index (actor, leaf);
CREATE INDEX ON log_index (connector, leaf);
CREATE INDEX ON log_index (region, leaf);
CREATE INDEX ON log_index (code, leaf);
GRANT SELECT, INSERT ON log_words, log_index TO satupintu_sealer;
GRANT SELECT ON log_words, log_index TO satupintu_worker, satupintu_reader;


-- holds and retention -----------------------------------------------------------------------------------------------

-- What nobody may erase: the complaints of a case, or one complaint.
CREATE TABLE holds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id uuid REFERENCES cases,                -- also what is linked to it later; null: a hold of complaints only
    complaints uuid[] NOT NULL,                   -- as it stood when the hold was made: unlinking frees nothing
    owner text NOT NULL,
    because text NOT NULL,
    until date NOT NULL,                          -- the last day, in Asia/Jakarta
    made_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text
);
CREATE INDEX ON holds (until) WHERE ended_at IS NULL;

-- Complaints whose data keys are gone: what their channel shows of them again is kept out until somebody lets it in.
CREATE TABLE erasures (
    complaint uuid PRIMARY KEY,
    connector uuid NOT NULL REFERENCES connectors,
    region text NOT NULL,
    code text NOT NULL CHECK (code IN ('request', 'retention')),
    erased_at timestamptz NOT NULL,
    erased_by text NOT NULL,
    kept_out integer NOT NULL DEFAULT 0,          -- how often a changed version was shown and not stored
    lifted_at timestamptz,
    lifted_by text
);

-- How long each class of data is kept; null: for ever. Nothing is erased unless somebody runs it.
CREATE TABLE retention (
    class text PRIMARY KEY,
    days integer CHECK (days >= 30),
    set_at timestamptz,
    set_by text
);
INSERT INTO retention (class, days) VALUES
    ('not_a_complaint', 730), ('quarantined', 1825), ('rejected', 1825), ('closed', 3650), ('files', 1825),
    ('messages', 1825);

CREATE INDEX ON replies (door);                   -- what went through the door of an erased complaint

-- A data key that was deleted leaves its page with the next round of autovacuum; nothing else deletes from this table.
ALTER TABLE data_keys SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);

GRANT SELECT, INSERT, UPDATE ON holds, erasures, retention TO satupintu_worker;
GRANT SELECT ON holds, erasures, retention TO satupintu_reader;

-- sealing -----------------------------------------------------------------------------------------------------------

-- Up to which number every entry has its place, so that the sealer need not look at all of them each time.
ALTER TABLE sealing
    ADD COLUMN settled bigint NOT NULL DEFAULT 0,
    ADD COLUMN seen bigint,
    ADD COLUMN writers text[];
