-- What pull writes, at the lowest cost a row.

-- The stamp that the portal gave the latest version: an older one that comes later is an old copy, or the portal went back.
ALTER TABLE refs ADD COLUMN stamp timestamptz;

-- A new version changes no indexed column of its head: with some room left on the page the indexes are not touched.
ALTER TABLE refs SET (fillfactor = 90);

-- The run that writes a head holds the lease of its connector, and no role of the hub can delete a connector.
ALTER TABLE refs DROP CONSTRAINT refs_connector_fkey;

-- Ciphertext never compresses, so it is not tried; a row of ordinary length stays in one piece.
ALTER TABLE items ALTER COLUMN raw_enc SET STORAGE EXTERNAL, ALTER COLUMN payload_enc SET STORAGE EXTERNAL;
ALTER TABLE items SET (toast_tuple_target = 8160);
