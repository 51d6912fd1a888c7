-- What throttles count: a text of theirs, by the SHA-256 of whom it is about. Times are whole
-- seconds since the Unix epoch.

CREATE TABLE tower_bearer_throttles (
    key_hash   BLOB    NOT NULL PRIMARY KEY CHECK (length(key_hash) = 32),
    state      TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tower_bearer_throttles_by_expiry ON tower_bearer_throttles (expires_at);
