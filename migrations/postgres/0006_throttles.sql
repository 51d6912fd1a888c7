-- What throttles count: a text of theirs, by the SHA-256 of whom it is about. Times are whole
-- seconds since the Unix epoch.

CREATE TABLE tower_bearer_throttles (
    key_hash   BYTEA  NOT NULL PRIMARY KEY CHECK (octet_length(key_hash) = 32),
    state      TEXT   COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX tower_bearer_throttles_by_expiry ON tower_bearer_throttles (expires_at);
