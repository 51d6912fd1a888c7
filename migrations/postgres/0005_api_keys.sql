-- API keys, which go with their owner. Scopes are parted by spaces, which none has inside.

CREATE TABLE tower_bearer_api_keys (
    id           TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    user_id      TEXT   COLLATE "C" NOT NULL
                 REFERENCES tower_bearer_users (id) ON DELETE CASCADE,
    name         TEXT   NOT NULL,
    prefix       TEXT   NOT NULL,
    scope        TEXT   NOT NULL,
    rate         TEXT,
    hash         BYTEA  NOT NULL CHECK (octet_length(hash) = 32),
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT
);

CREATE INDEX tower_bearer_api_keys_by_user ON tower_bearer_api_keys (user_id, created_at);
