-- Why a complaint is confidential, whom it accuses, and from whom it is hidden.

-- Codes only: no word that somebody typed is in these columns, so they are not encrypted (hub/discretion/).
ALTER TABLE complaints ADD COLUMN is_whistle_blowing boolean;
ALTER TABLE complaints ADD COLUMN confidential_because text[];
-- named: an institution that we can read; doubtful: perhaps a person; confirmed and cleared: the Inspektorat has decided
ALTER TABLE complaints ADD COLUMN accused text CHECK (accused IN ('named', 'doubtful', 'confirmed', 'cleared'));
-- region codes whose hub people, and institution codes whose people, must not see it; null: nobody
ALTER TABLE complaints ADD COLUMN hidden_from text[];

CREATE INDEX ON complaints (region, first_stored_at) WHERE accused IS NOT NULL;
CREATE INDEX ON complaints (id) WHERE hidden_from IS NOT NULL;
