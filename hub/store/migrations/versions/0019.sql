-- By the head of a case its members are found without reading every case, and by a case its complaint.

-- Few cases have joined another, so this costs accept nothing: the head of all others is their own id.
CREATE INDEX ON cases (head) WHERE head <> id;
CREATE INDEX ON complaints (case_id) WHERE case_id IS NOT NULL;

-- The cases of one head: itself, and what has joined it. Written so, each half is one look into an index.
CREATE FUNCTION members(head uuid) RETURNS TABLE (id uuid, number bigint) LANGUAGE sql STABLE ROWS 2 AS $$
    SELECT c.id, c.number FROM cases c WHERE c.id = members.head
    UNION ALL SELECT c.id, c.number FROM cases c WHERE c.head = members.head AND c.head <> c.id
$$;
REVOKE EXECUTE ON FUNCTION members FROM PUBLIC;
GRANT EXECUTE ON FUNCTION members TO satupintu_worker, satupintu_reader;
