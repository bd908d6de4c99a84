-- Who may use the hub, by which token, and whose each case is.

-- '*' is the nation, else a Kemendagri code; somebody of '63' sees '63' and '63.04'.
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9._-]{1,59}$'),
    role text NOT NULL CHECK (role IN ('engineer', 'it', 'coordinator', 'auditor', 'administrator')),
    region text NOT NULL CHECK (region = '*' OR region ~ '^[0-9]{2}([.][0-9]{2}([.][0-9]{2}([.][0-9]{4})?)?)?$'),
    institution text,                             -- code of the institution that somebody works for
    password text,                                -- argon2id, with its salt and costs; null: tokens only
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    disabled_at timestamptz
);

CREATE TABLE tokens (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users,
    region text NOT NULL,                         -- of the owner
    sha256 bytea NOT NULL UNIQUE,                 -- of 32 random bytes, so that a plain hash is enough
    issued_at timestamptz NOT NULL,
    issued_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX ON tokens (owner);

GRANT SELECT, INSERT, UPDATE ON users, tokens TO satupintu_worker;

-- A case is born in the region of its first complaint, whoever is linked to it later.
ALTER TABLE cases ADD COLUMN region text;
UPDATE cases SET region = c.region FROM complaints c WHERE c.case_id = cases.id;
