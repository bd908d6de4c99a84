-- The daily mail to the contact of connectors: one a contact, region and day, whatever becomes of it.
CREATE TABLE contact_mails (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    region text NOT NULL,
    contact bytea NOT NULL,                       -- keyed hash of the address
    day date NOT NULL,
    state text NOT NULL CHECK (state IN ('attempted', 'sent', 'queued', 'unknown', 'refused')),
    code text,
    tries integer NOT NULL CHECK (tries > 0),
    tried_at timestamptz NOT NULL,
    UNIQUE (region, contact, day)
);
GRANT SELECT, INSERT, UPDATE ON contact_mails TO satupintu_worker;
GRANT SELECT ON contact_mails TO satupintu_reader;

-- As in 0010: a transaction sees what its sight covers.
ALTER TABLE contact_mails ENABLE ROW LEVEL SECURITY;
ALTER TABLE contact_mails FORCE ROW LEVEL SECURITY;
CREATE POLICY sight ON contact_mails USING ((SELECT current_setting('satupintu.scope', true)) = '*'
    OR region = (SELECT current_setting('satupintu.scope', true))
    OR starts_with(region, (SELECT current_setting('satupintu.scope', true)) || '.'));
CREATE POLICY nation ON contact_mails TO satupintu_nation USING (true);
