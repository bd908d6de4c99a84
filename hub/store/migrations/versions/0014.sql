-- Manifests that somebody registered: every version, with who and when. The newest that is not waiting runs.
CREATE TABLE registrations (
    name text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    region text NOT NULL,
    act text NOT NULL CHECK (act IN ('registered', 'put_back', 'activated', 'deactivated')),
    -- shadow: collects and sends nothing, or, behind a version that was activated, only waits
    state text NOT NULL CHECK (state IN ('shadow', 'active', 'disabled')),
    body text NOT NULL,                           -- the whole manifest; secrets are references
    sha256 text NOT NULL,                         -- hex, of its bytes
    from_version integer,                         -- the version that it was made of
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    because text,
    PRIMARY KEY (name, version)
);
GRANT SELECT, INSERT ON registrations TO satupintu_worker;
GRANT SELECT ON registrations TO satupintu_reader;

-- As in 0010: a transaction sees what its sight covers.
ALTER TABLE registrations ENABLE ROW LEVEL SECURITY;
ALTER TABLE registrations FORCE ROW LEVEL SECURITY;
CREATE POLICY sight ON registrations USING ((SELECT current_setting('satupintu.scope', true)) = '*'
    OR region = (SELECT current_setting('satupintu.scope', true))
    OR starts_with(region, (SELECT current_setting('satupintu.scope', true)) || '.'));
CREATE POLICY nation ON registrations TO satupintu_nation USING (true);
