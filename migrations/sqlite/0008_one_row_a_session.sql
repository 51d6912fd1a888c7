-- A session and its refresh token are one row, which a rotation changes in place. What proves a token
-- that was rotated away to be one of the session's is in the token and its hash here, so used ones
-- need no rows. Tokens of the old form have no such part: whoever is logged in logs in again.

DROP TABLE tower_bearer_refresh_tokens;
DROP TABLE tower_bearer_sessions;

-- No foreign key to the users, who may live in a table of the application's own.
CREATE TABLE tower_bearer_sessions (
    id               TEXT    NOT NULL PRIMARY KEY,
    user_id          TEXT    NOT NULL,
    client_id        TEXT    NOT NULL,
    scope            TEXT    NOT NULL,
    device           TEXT,
    created_at       INTEGER NOT NULL,
    last_used_at     INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    family_hash      BLOB    NOT NULL CHECK (length(family_hash) = 32),
    secret_hash      BLOB    NOT NULL CHECK (length(secret_hash) = 32),
    salt             BLOB    CHECK (length(salt) = 32),
    -- Never after expires_at, so that one index finds what is over.
    token_expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX tower_bearer_sessions_by_user ON tower_bearer_sessions (user_id);
CREATE INDEX tower_bearer_sessions_by_expiry ON tower_bearer_sessions (token_expires_at);
