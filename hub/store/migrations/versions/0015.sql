-- By which rules of who may see what the stored complaints were judged again, and how far that has come.
ALTER TABLE hub ADD COLUMN flags_version text, ADD COLUMN flags_to uuid;
GRANT UPDATE (flags_version, flags_to) ON hub TO satupintu_worker;
