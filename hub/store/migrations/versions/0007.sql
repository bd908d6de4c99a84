-- Deduplication against the whole history, and what people say about cases.

-- keys --------------------------------------------------------------------------------------------------------------

-- Keys of before were made by other rules; `satupintu dedup rebuild` makes those of stored complaints anew.
DROP TABLE dedup_keys;

-- Day and number within the day in one integer (hub/store/candidates.py), so that "the newest of these days" is a range.
ALTER TABLE complaints ADD COLUMN dedup_n integer;
CREATE UNIQUE INDEX ON complaints (dedup_n) WHERE dedup_n IS NOT NULL;

-- 32-bit keyed hashes, several a row: the last two bits of a key say in which column it stands, so that a look-up reads
-- one index, and a row's own cost is shared. One key a row would take 1,050 bytes a complaint instead of 740.
CREATE TABLE dedup_keys (
    n integer NOT NULL,
    k0 integer,
    k1 integer,
    k2 integer,
    k3 integer
);
CREATE INDEX ON dedup_keys (k0, n) WHERE k0 IS NOT NULL;
CREATE INDEX ON dedup_keys (k1, n) WHERE k1 IS NOT NULL;
CREATE INDEX ON dedup_keys (k2, n) WHERE k2 IS NOT NULL;
CREATE INDEX ON dedup_keys (k3, n) WHERE k3 IS NOT NULL;
-- to delete: the rows of one complaint lie side by side, so a few bytes a hundred pages are enough
CREATE INDEX ON dedup_keys USING brin (n int4_minmax_multi_ops) WITH (pages_per_range = 32, autosummarize = on);
GRANT SELECT, INSERT, DELETE ON dedup_keys TO satupintu_worker;

-- what people say ---------------------------------------------------------------------------------------------------

-- Events as well: the newest of a pair counts. The model is never asked again about a pair that stands here.
CREATE TABLE labels (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    complaint uuid NOT NULL REFERENCES complaints,
    other uuid NOT NULL REFERENCES complaints,
    verdict text NOT NULL CHECK (verdict IN ('same', 'apart', 'withdrawn')),
    said_by text NOT NULL,
    said_at timestamptz NOT NULL,
    CHECK (complaint <> other)
);
CREATE INDEX ON labels (least(complaint, other), greatest(complaint, other), id);
CREATE INDEX ON labels (complaint);
CREATE INDEX ON labels (other);
CREATE TRIGGER only_insert BEFORE UPDATE OR DELETE OR TRUNCATE ON labels FOR EACH STATEMENT EXECUTE FUNCTION refuse();

CREATE VIEW said AS
SELECT * FROM (
    SELECT DISTINCT ON (least(complaint, other), greatest(complaint, other)) * FROM labels
    ORDER BY least(complaint, other), greatest(complaint, other), id DESC) newest
WHERE verdict <> 'withdrawn';

-- a link that stands: nobody has undone it
CREATE VIEW standing AS
SELECT * FROM links l WHERE l.undoes IS NULL AND NOT EXISTS (SELECT FROM links u WHERE u.undoes = l.id);

CREATE INDEX ON reviews (what, id) WHERE closed_at IS NULL;

GRANT SELECT, INSERT ON labels TO satupintu_worker;
GRANT SELECT ON said, standing TO satupintu_worker, satupintu_reader;
GRANT SELECT ON labels TO satupintu_reader;

-- judging again -----------------------------------------------------------------------------------------------------

-- How far each shard of `dedup rebuild` has come, so that one that was interrupted goes on.
CREATE TABLE rebuilds (
    model text NOT NULL,
    since integer NOT NULL,                       -- first number (dedup_n)
    step text NOT NULL CHECK (step IN ('features', 'report', 'apply')),
    shard integer NOT NULL,
    of integer NOT NULL,
    come_to integer NOT NULL,                     -- last number that is done
    counts jsonb NOT NULL DEFAULT '{}',
    begun_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (model, since, step, shard, of)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON rebuilds TO satupintu_worker;
