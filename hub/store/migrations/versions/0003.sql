-- Pull writes items and refs only, accept alone makes complaints: a ref without one waits. Items are append-only, so how
-- far accept has come is a mark of the connector.

DROP VIEW conservation;
DROP VIEW outcomes;

-- how far accept has come ---------------------------------------------------------------------------------------------

-- Safe because every batch of a pull holds the lease row of its connector until it commits: items of one connector become
-- visible in the order of their ids, and nothing can appear below a mark that has been passed.
ALTER TABLE connectors ADD COLUMN accepted_to bigint NOT NULL DEFAULT 0;

-- What another manifest left in quarantine is found there, whatever the mark says.
UPDATE connectors SET accepted_to = coalesce(
    (SELECT min(i.id) - 1 FROM items i WHERE i.connector = connectors.id AND i.state = 'pending' AND NOT EXISTS (
        SELECT FROM quarantine q WHERE q.item_id = i.id AND q.left_at IS NULL)),
    (SELECT max(i.id) FROM items i WHERE i.connector = connectors.id),
    0);

-- items -----------------------------------------------------------------------------------------------------------------

-- A batch writes items, heads and keys in one transaction under the lease: nothing could name what is not there, so
-- foreign keys would only look three times a row.
ALTER TABLE items DROP CONSTRAINT items_connector_fkey, DROP CONSTRAINT items_interval_id_fkey,
    DROP CONSTRAINT items_complaint_fkey;
ALTER TABLE items DROP COLUMN state;              -- with its check and its partial index
DROP INDEX items_complaint_idx;                   -- versions of a complaint are found by their ref
CREATE INDEX ON items (connector, id);
REVOKE UPDATE ON items FROM satupintu_worker;
GRANT UPDATE (complaint) ON items TO satupintu_worker; -- an id that was used again: later versions are another complaint

-- refs and complaints ------------------------------------------------------------------------------------------------------

ALTER TABLE refs ADD COLUMN first_stored_at timestamptz NOT NULL DEFAULT now();
UPDATE refs SET first_stored_at = c.first_stored_at FROM complaints c WHERE c.id = refs.complaint;

ALTER TABLE attachments DROP CONSTRAINT attachments_complaint_fkey; -- files of a mail are stored before it is accepted
DELETE FROM complaints WHERE state = 'waiting';
ALTER TABLE complaints DROP CONSTRAINT complaints_connector_ref_hmac_incarnation_key; -- refs holds it
DROP INDEX complaints_connector_state_idx, complaints_case_id_idx;
CREATE INDEX ON complaints (connector, reason) WHERE state = 'held';

-- What accept writes for every complaint it writes in one transaction, and no role of the hub can delete what these name.
ALTER TABLE complaints DROP CONSTRAINT complaints_connector_fkey, DROP CONSTRAINT complaints_case_id_fkey,
    DROP CONSTRAINT complaints_item_id_fkey;
ALTER TABLE reporter_tokens DROP CONSTRAINT reporter_tokens_complaint_fkey;
ALTER TABLE dedup_keys DROP CONSTRAINT dedup_keys_complaint_fkey;
ALTER TABLE deliveries DROP CONSTRAINT deliveries_complaint_fkey, DROP CONSTRAINT deliveries_connector_fkey,
    DROP CONSTRAINT deliveries_registry_fkey;

-- Ciphertext never gets smaller: rows of up to a page stay whole and are not tried.
ALTER TABLE complaints ALTER COLUMN canonical_enc SET STORAGE EXTERNAL, ALTER COLUMN features_enc SET STORAGE EXTERNAL,
    SET (toast_tuple_target = 8160);

-- Nobody looks these up.
DROP INDEX cases_head_idx, entries_complaint_idx, deliveries_sent_hmac_idx, deliveries_registry_registry_id_idx;
CREATE INDEX ON deliveries (registry, registry_id) WHERE registry_id IS NOT NULL;
CREATE INDEX ON links (case_a);
CREATE INDEX ON links (case_b);

CREATE INDEX ON quarantine (connector) WHERE left_at IS NULL;
CREATE INDEX ON quarantine (complaint) WHERE left_at IS NULL;

-- promise 1: every complaint is exactly one of seven words ----------------------------------------------------------------

CREATE VIEW outcomes AS
SELECT r.complaint,
       r.connector,
       k.name,
       r.region,
       (r.first_stored_at AT TIME ZONE 'Asia/Jakarta')::date AS day,
       CASE
           WHEN c.id IS NULL THEN 'waiting'
           WHEN c.state <> 'accepted' THEN c.state
           WHEN d.state IN ('created', 'routed', 'confirmed') THEN 'forwarded'
           WHEN d.state = 'refused' THEN 'rejected'
           WHEN d.state IN ('queued', 'files_uploaded', 'unknown', 'needs_human') THEN 'on_the_way'
       END AS word,
       coalesce(CASE WHEN c.state = 'accepted' THEN d.state END, c.reason) AS detail,
       r.ref_hmac,
       r.incarnation
FROM refs r
JOIN connectors k ON k.id = r.connector
LEFT JOIN complaints c ON c.id = r.complaint
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

GRANT SELECT ON outcomes, conservation TO satupintu_worker, satupintu_reader;
