-- Times are whole seconds since the Unix epoch. Keys are the normalised names, made unique here
-- because only the database sees every writer.

CREATE TABLE tower_bearer_users (
    id            TEXT    NOT NULL PRIMARY KEY,
    username      TEXT    NOT NULL,
    username_key  TEXT    NOT NULL UNIQUE,
    email         TEXT,
    email_key     TEXT    UNIQUE,
    name          TEXT,
    password_hash TEXT    NOT NULL,
    is_active     INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    -- JSON arrays of text: a role may hold any character, and a user is read as one row.
    roles         TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(roles)),
    scopes        TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(scopes)),
    created_at    INTEGER NOT NULL
) STRICT;

-- No foreign key to the users, who may live in a table of the application's own.
CREATE TABLE tower_bearer_sessions (
    id         TEXT    NOT NULL PRIMARY KEY,
    user_id    TEXT    NOT NULL,
    client_id  TEXT    NOT NULL,
    scope      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX tower_bearer_sessions_by_user ON tower_bearer_sessions (user_id);
CREATE INDEX tower_bearer_sessions_by_expiry ON tower_bearer_sessions (expires_at);

CREATE TABLE tower_bearer_refresh_tokens (
    selector    TEXT    NOT NULL PRIMARY KEY,
    session_id  TEXT    NOT NULL REFERENCES tower_bearer_sessions (id) ON DELETE CASCADE,
    secret_hash BLOB    NOT NULL CHECK (length(secret_hash) = 32),
    expires_at  INTEGER NOT NULL,
    used        INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1))
) STRICT;

CREATE INDEX tower_bearer_refresh_tokens_by_session ON tower_bearer_refresh_tokens (session_id);
-- A session never has two tokens that can be used.
CREATE UNIQUE INDEX tower_bearer_refresh_tokens_unused
    ON tower_bearer_refresh_tokens (session_id) WHERE used = 0;

CREATE TRIGGER tower_bearer_users_end_sessions AFTER DELETE ON tower_bearer_users
BEGIN
    DELETE FROM tower_bearer_sessions WHERE user_id = OLD.id;
END;
