-- A reading that was cut goes on behind its last page: an open interval keeps the evidence of its pages. The rows go when
-- the interval is closed.

ALTER TABLE intervals
    ADD COLUMN manifest_sha256 text,              -- another manifest asks for another listing
    ADD COLUMN after jsonb NOT NULL DEFAULT '{}', -- the mark that this window was asked with
    ADD COLUMN follows boolean NOT NULL DEFAULT false, -- read in the same pull, behind one that was taken up
    ADD COLUMN read_at timestamptz,               -- when its last page was stored
    ADD COLUMN key_id uuid;                       -- data key of the positions, which may hold tokens of the portal

CREATE TABLE pages (
    interval_id bigint NOT NULL REFERENCES intervals,
    region text NOT NULL,
    pass_ integer NOT NULL,
    number integer NOT NULL,
    items integer NOT NULL,
    total bigint,
    ends boolean NOT NULL,
    whole boolean NOT NULL,
    unchanged boolean NOT NULL,
    digest bytea NOT NULL,                        -- of the answer's bytes
    tag text,
    marks bytea,                                  -- 8 bytes of the keyed hash of each ref; null: as the page of that digest
    prints bytea,                                 -- 2 bytes of each item's content
    next_enc bytea,
    more boolean NOT NULL,                        -- the protocol said that another page follows
    uncounted boolean NOT NULL,                   -- the portal's total is not of what was asked for
    PRIMARY KEY (interval_id, pass_, number)
);

GRANT SELECT, INSERT, DELETE ON pages TO satupintu_worker;
