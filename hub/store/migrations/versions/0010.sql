-- Row-level security: a transaction sees what its sight covers, whatever its WHERE says, and without a sight nothing.
--
-- hub/store/work.py states the sight: `satupintu.scope` is '63.04' (itself and below), '63' (a province and its regencies)
-- or '*' (the nation); `satupintu.institution` and `satupintu.inspects` say for whom. The hub's own processes, which serve
-- all regions and find duplicates across them, take the role satupintu_nation: for it the policies are constants, so that
-- no plan changes. The policies hold for the owner as well; migrations
-- run with the scope '*'.

-- The complaints that accuse those who look: they see nothing of these. Whoever runs the hub for a scope is meant by the
-- code of that region, but for its Inspektorat; everybody by the codes of his institution. The owner looks at all complaints
-- for it, and the sight is put back before anything else is read.
CREATE FUNCTION accusing(scope text, institutions text, inspects text) RETURNS uuid[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    names text[] := string_to_array(coalesce(institutions, ''), ',')
        || CASE WHEN inspects = 'on' THEN ARRAY[]::text[] ELSE ARRAY[scope] END;
    found uuid[];
BEGIN
    IF coalesce(scope, '') = '' OR cardinality(names) = 0 THEN
        RETURN '{}';
    END IF;
    PERFORM set_config('satupintu.scope', '*', true), set_config('satupintu.institution', '', true),
        set_config('satupintu.inspects', 'on', true);
    SELECT array_agg(id) INTO found FROM complaints WHERE hidden_from IS NOT NULL AND hidden_from && names;
    PERFORM set_config('satupintu.scope', scope, true), set_config('satupintu.institution', institutions, true),
        set_config('satupintu.inspects', inspects, true);
    RETURN coalesce(found, '{}');
END $$;

-- Numbers of the region words of the log's index that lie within a sight. The owner looks at all words for it, and the scope
-- is put back before anything else is read.
CREATE FUNCTION region_words(sight text) RETURNS integer[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    found integer[];
BEGIN
    PERFORM set_config('satupintu.scope', '*', true);
    SELECT array_agg(id) INTO found FROM log_words
    WHERE what = 'region' AND (word = sight OR starts_with(word, sight || '.'));
    PERFORM set_config('satupintu.scope', sight, true);
    RETURN coalesce(found, '{}');
END $$;
REVOKE EXECUTE ON FUNCTION accusing, region_words FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accusing, region_words TO satupintu_worker, satupintu_sealer, satupintu_reader;

DO $policies$
DECLARE
    -- Sub-selects are worked out once a statement, not once a row.
    scope constant text := $$(SELECT current_setting('satupintu.scope', true))$$;
    accused constant text := $$(SELECT accusing(current_setting('satupintu.scope', true),
        current_setting('satupintu.institution', true), current_setting('satupintu.inspects', true)))::uuid[]$$;
    own constant text := format('(%1$s = ''*'' OR region = %1$s OR starts_with(region, %1$s || ''.''))', scope);
    -- %s: a column that names a complaint
    unaccused constant text := '(%1$s IS NULL OR %1$s <> ALL (' || accused || '))';
    of_own constant text := 'EXISTS (SELECT FROM complaints c WHERE c.id IN (%s))';
    nobody constant text := format('%s = ''*''', scope);
    rule record;
    names text[];
BEGIN
    FOR rule IN
        -- rows that carry their region
        SELECT name, own AS seen, NULL AS written FROM unnest(ARRAY['connectors', 'manifests', 'intervals', 'pages',
            'data_keys', 'officers', 'cases', 'users', 'tokens']) AS name
        UNION ALL
        SELECT name, own || ' AND ' || format(unaccused, name || '.' || of_complaint), NULL FROM (VALUES
            ('items', 'complaint'), ('refs', 'complaint'), ('complaints', 'id'), ('reporter_tokens', 'complaint'),
            ('quarantine', 'complaint'), ('attachments', 'complaint'), ('deliveries', 'complaint'), ('events', 'complaint'),
            ('follow_ups', 'complaint'), ('erasures', 'complaint')) AS t(name, of_complaint)
        UNION ALL
        SELECT name, own || ' AND ' || format(unaccused, name || '.complaint') || ' AND '
            || format(unaccused, name || '.' || other), NULL
        FROM (VALUES ('reviews', 'other'), ('replies', 'door')) AS t(name, other)
        UNION ALL
        SELECT 'attempts', own || format(' AND (cardinality(%s) = 0 OR EXISTS (SELECT FROM deliveries d '
            'WHERE d.id = attempts.delivery))', accused), NULL
        UNION ALL
        -- an entry of no region is the nation's; everybody may write one
        SELECT 'entries', own || ' AND ' || format(unaccused, 'entries.complaint'), 'region IS NULL OR ' || own
        UNION ALL
        -- rows that belong to whom their connector or their complaint belongs to
        SELECT name, format('(%s OR EXISTS (SELECT FROM connectors k WHERE k.id = %s.connector))', nobody, name), NULL
        FROM unnest(ARRAY['leases', 'bound_secrets']) AS name
        UNION ALL
        SELECT name, format('(%s OR ', nobody) || format(of_own, name || '.complaint') || ') AND '
            || format(unaccused, name || '.complaint'), NULL
        FROM unnest(ARRAY['completions', 'differences']) AS name
        UNION ALL
        -- of a foreign complaint a region sees that it is linked to one of its own, and why; of one that accuses it nothing
        SELECT name, format('(%s OR ', nobody) || format(of_own, name || '.complaint, ' || name || '.other') || ') AND '
            || format(unaccused, name || '.complaint') || ' AND ' || format(unaccused, name || '.other'), NULL
        FROM unnest(ARRAY['links', 'labels']) AS name
        UNION ALL
        SELECT 'holds', format('(%s OR EXISTS (SELECT FROM complaints c WHERE c.id = ANY (holds.complaints))) '
            'AND NOT (holds.complaints && %s)', nobody, accused), NULL
        UNION ALL
        -- what serves all regions at once and names none
        SELECT name, nobody, NULL FROM unnest(ARRAY['dedup_keys', 'rebuilds', 'parked']) AS name
        UNION ALL
        SELECT 'log_index', format('(%1$s = ''*'' OR region = ANY ((SELECT region_words(%1$s))::integer[])) AND ', scope)
            || format(unaccused, 'log_index.complaint'), NULL
        UNION ALL
        SELECT 'log_words', format($$(%1$s = '*' OR %1$s <> '' AND CASE what
            WHEN 'region' THEN word = %1$s OR starts_with(word, %1$s || '.')
            WHEN 'connector' THEN EXISTS (SELECT FROM connectors k WHERE k.id::text = word)
            WHEN 'actor' THEN EXISTS (SELECT FROM log_index i WHERE i.actor = log_words.id)
            ELSE true END)$$, scope), NULL
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', rule.name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', rule.name);
        IF rule.written IS NULL THEN
            EXECUTE format('CREATE POLICY sight ON %I USING (%s)', rule.name, rule.seen);
        ELSE
            EXECUTE format('CREATE POLICY sight ON %I FOR SELECT USING (%s)', rule.name, rule.seen);
            EXECUTE format('CREATE POLICY written ON %I FOR INSERT WITH CHECK (%s)', rule.name, rule.written);
        END IF;
        EXECUTE format('CREATE POLICY nation ON %I TO satupintu_nation USING (true)', rule.name);
    END LOOP;
END $policies$;

-- A view shows what its reader sees.
ALTER VIEW outcomes SET (security_invoker = on);
ALTER VIEW conservation SET (security_invoker = on);
ALTER VIEW said SET (security_invoker = on);
ALTER VIEW standing SET (security_invoker = on);
GRANT SELECT ON refs TO satupintu_reader;         -- keyed hashes and days, which outcomes counts
GRANT SELECT (id, region) ON connectors TO satupintu_sealer; -- which names of the log's index a sight covers
