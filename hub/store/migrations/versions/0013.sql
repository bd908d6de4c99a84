-- What nobody has read yet: whether an item accuses somebody is known when accept has come to it. Until then it is the hub's
-- alone, its head, its files and its key with it; the key of what is hidden is hidden as well.

-- Whose text a key opens; null: the positions of an interval. By it the policy finds what the text's own policy says.
ALTER TABLE data_keys ADD COLUMN complaint uuid;
UPDATE data_keys k SET complaint = i.complaint FROM items i WHERE i.key_id = k.id;
GRANT UPDATE (complaint) ON data_keys TO satupintu_worker; -- an id that was used again: later versions are another complaint

DO $policies$
DECLARE
    scope constant text := $$(SELECT current_setting('satupintu.scope', true))$$;
    accused constant text := $$(SELECT accusing(current_setting('satupintu.scope', true),
        current_setting('satupintu.institution', true), current_setting('satupintu.inspects', true)))::uuid[]$$;
    own constant text := format('(%1$s = ''*'' OR region = %1$s OR starts_with(region, %1$s || ''.''))', scope);
    -- the hub at work, or somebody of the nation and of no institution: nobody whom an item might accuse
    hub constant text := $$(SELECT coalesce(current_setting('satupintu.unread', true), '') = 'on'
        OR current_setting('satupintu.scope', true) = '*' AND coalesce(current_setting('satupintu.institution', true), '') = '')$$;
    unaccused constant text := '(%1$s IS NULL OR %1$s <> ALL (' || accused || '))';
    rule record;
BEGIN
    FOR rule IN
        SELECT 'items' AS name, 'items.id <= (SELECT k.accepted_to FROM connectors k WHERE k.id = items.connector)' AS read
        UNION ALL SELECT 'refs', 'EXISTS (SELECT FROM complaints c WHERE c.id = refs.complaint)'
        UNION ALL SELECT 'attachments', 'EXISTS (SELECT FROM items i WHERE i.id = attachments.item_id)'
        UNION ALL SELECT 'data_keys',
            'data_keys.complaint IS NULL OR EXISTS (SELECT FROM complaints c WHERE c.id = data_keys.complaint)'
    LOOP
        EXECUTE format('ALTER POLICY sight ON %I USING (%s AND %s AND (%s OR %s))', rule.name, own,
            format(unaccused, rule.name || '.complaint'), hub, rule.read);
    END LOOP;
END $policies$;
