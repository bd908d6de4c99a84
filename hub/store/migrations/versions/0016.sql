-- What a region sees of the foreign members of its cases: region, institution, day and verdict, and nothing else.

-- A foreign member is one that the caller's own policies do not show, of a case in which they show him one. What accuses
-- anybody is left out. The owner looks at all complaints for it, and the sight is put back before anything else is read.
CREATE FUNCTION foreign_members() RETURNS TABLE (head uuid, region text, institution text, day date, verdict text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
#variable_conflict use_column
DECLARE
    scope constant text := coalesce(current_setting('satupintu.scope', true), '');
    institution constant text := coalesce(current_setting('satupintu.institution', true), '');
    inspects constant text := coalesce(current_setting('satupintu.inspects', true), '');
    names constant text[] := string_to_array(institution, ',')
        || CASE WHEN inspects = 'on' THEN ARRAY[]::text[] ELSE ARRAY[scope] END;
BEGIN
    IF scope IN ('', '*') THEN
        RETURN;
    END IF;
    PERFORM set_config('satupintu.scope', '*', true), set_config('satupintu.institution', '', true),
        set_config('satupintu.inspects', 'on', true);
    RETURN QUERY
        WITH seen AS (
            SELECT DISTINCT s.head FROM complaints c JOIN cases s ON s.id = c.case_id
            WHERE (c.region = scope OR starts_with(c.region, scope || '.'))
              AND (c.hidden_from IS NULL OR NOT c.hidden_from && names)
        )
        SELECT s.head, c.region, k.owner, (coalesce(c.submitted_at, c.first_stored_at) AT TIME ZONE 'Asia/Jakarta')::date,
               CASE WHEN EXISTS (SELECT FROM standing l WHERE l.model = 'person' AND c.id IN (l.complaint, l.other))
                    THEN 'same, by a person' ELSE 'same' END
        FROM seen JOIN cases s ON s.head = seen.head JOIN complaints c ON c.case_id = s.id
        JOIN connectors k ON k.id = c.connector
        WHERE c.region <> scope AND NOT starts_with(c.region, scope || '.') AND c.hidden_from IS NULL
        ORDER BY s.number;
    PERFORM set_config('satupintu.scope', scope, true), set_config('satupintu.institution', institution, true),
        set_config('satupintu.inspects', inspects, true);
END $$;
REVOKE EXECUTE ON FUNCTION foreign_members FROM PUBLIC;
GRANT EXECUTE ON FUNCTION foreign_members TO satupintu_worker, satupintu_reader;

-- So the number of a foreign complaint, and why it was taken for the same matter, need not be seen any more.
DO $policies$
DECLARE
    hub constant text := $$(SELECT current_setting('satupintu.scope', true)) = '*'$$;
    accused constant text := $$(SELECT accusing(current_setting('satupintu.scope', true),
        current_setting('satupintu.institution', true), current_setting('satupintu.inspects', true)))::uuid[]$$;
    seen_both constant text := '(%1$s OR EXISTS (SELECT FROM complaints c WHERE c.id = %2$s.complaint)
        AND EXISTS (SELECT FROM complaints c WHERE c.id = %2$s.other))
        AND %2$s.complaint <> ALL (%3$s) AND (%2$s.other IS NULL OR %2$s.other <> ALL (%3$s))';
    own constant text := '(%1$s OR (region = (SELECT current_setting(''satupintu.scope'', true))
        OR starts_with(region, (SELECT current_setting(''satupintu.scope'', true)) || ''.''))
        AND (other IS NULL OR EXISTS (SELECT FROM complaints c WHERE c.id = reviews.other)))
        AND (complaint IS NULL OR complaint <> ALL (%2$s)) AND (other IS NULL OR other <> ALL (%2$s))';
BEGIN
    EXECUTE 'ALTER POLICY sight ON links USING (' || format(seen_both, hub, 'links', accused) || ')';
    EXECUTE 'ALTER POLICY sight ON labels USING (' || format(seen_both, hub, 'labels', accused) || ')';
    EXECUTE 'ALTER POLICY sight ON reviews USING (' || format(own, hub, accused) || ')';
END $policies$;
