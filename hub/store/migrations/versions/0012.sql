-- When a registry answers a thousand complaints in one breath, a thousand answers are due at one moment. Taking the first
-- of them sorted them all, each time: two thousand answers cost half a minute of the server, ten thousand twelve.
DROP INDEX replies_due_at_idx;
CREATE INDEX replies_due_at_id_idx ON replies (due_at, id) WHERE state = 'queued';
