-- What channels push to us, kept before they are told that we have it, until a pull has made items of it.
CREATE TABLE inboxes (
    connector uuid PRIMARY KEY REFERENCES connectors (id),
    region text NOT NULL,
    last bigint NOT NULL,                         -- whoever adds a push holds this row: places are seen in their order
    refused bigint NOT NULL DEFAULT 0,            -- pushes without a right signature; nothing of them is kept
    refused_at timestamptz,
    refused_code text
);
CREATE TABLE pushes (
    connector uuid NOT NULL REFERENCES connectors (id),
    number bigint NOT NULL,
    id uuid NOT NULL,                             -- given when it came: what the spool holds is added once
    region text NOT NULL,
    received_at timestamptz NOT NULL,
    key_id uuid NOT NULL,
    content_enc bytea NOT NULL,                   -- headers, query and body
    PRIMARY KEY (connector, number),
    UNIQUE (connector, id)
);
GRANT SELECT, INSERT, UPDATE ON inboxes TO satupintu_worker;
GRANT SELECT, INSERT, DELETE ON pushes TO satupintu_worker;
GRANT SELECT ON inboxes TO satupintu_reader;

-- Nobody has read whom a push accuses: it is the hub's alone, like an item before accept (0013).
DO $policies$
DECLARE
    scope constant text := $$(SELECT current_setting('satupintu.scope', true))$$;
    own constant text := format('(%1$s = ''*'' OR region = %1$s OR starts_with(region, %1$s || ''.''))', scope);
    hub constant text := $$(SELECT coalesce(current_setting('satupintu.unread', true), '') = 'on'
        OR current_setting('satupintu.scope', true) = '*' AND coalesce(current_setting('satupintu.institution', true), '') = '')$$;
BEGIN
    EXECUTE 'ALTER TABLE inboxes ENABLE ROW LEVEL SECURITY';
    EXECUTE 'ALTER TABLE inboxes FORCE ROW LEVEL SECURITY';
    EXECUTE format('CREATE POLICY sight ON inboxes USING (%s)', own);
    EXECUTE 'CREATE POLICY nation ON inboxes TO satupintu_nation USING (true)';
    EXECUTE 'ALTER TABLE pushes ENABLE ROW LEVEL SECURITY';
    EXECUTE 'ALTER TABLE pushes FORCE ROW LEVEL SECURITY';
    EXECUTE format('CREATE POLICY sight ON pushes USING (%s AND %s)', own, hub);
    EXECUTE 'CREATE POLICY nation ON pushes TO satupintu_nation USING (true)';
END $policies$;
