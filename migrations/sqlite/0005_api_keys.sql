-- API keys, which go with their owner. Scopes are parted by spaces, which none has inside.

CREATE TABLE tower_bearer_api_keys (
    id           TEXT    NOT NULL PRIMARY KEY,
    user_id      TEXT    NOT NULL REFERENCES tower_bearer_users (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL,
    prefix       TEXT    NOT NULL,
    scope        TEXT    NOT NULL,
    rate         TEXT,
    hash         BLOB    NOT NULL CHECK (length(hash) = 32),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;

CREATE INDEX tower_bearer_api_keys_by_user ON tower_bearer_api_keys (user_id, created_at);
