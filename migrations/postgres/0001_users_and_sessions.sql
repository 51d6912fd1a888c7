-- Times are whole seconds since the Unix epoch, as the other stores keep them. Keys are the
-- normalised names, made unique here because only the database sees every writer; collation "C"
-- compares bytes, whatever the locale of the server and its next update.

CREATE TABLE tower_bearer_users (
    id            TEXT    COLLATE "C" NOT NULL PRIMARY KEY,
    username      TEXT    NOT NULL,
    username_key  TEXT    COLLATE "C" NOT NULL CONSTRAINT tower_bearer_users_username UNIQUE,
    email         TEXT,
    email_key     TEXT    COLLATE "C" CONSTRAINT tower_bearer_users_email UNIQUE,
    name          TEXT,
    password_hash TEXT    NOT NULL,
    is_active     BOOLEAN NOT NULL DEFAULT TRUE,
    roles         TEXT[]  NOT NULL DEFAULT '{}',
    scopes        TEXT[]  NOT NULL DEFAULT '{}',
    created_at    BIGINT  NOT NULL
);

-- No foreign key to the users, who may live in a table of the application's own.
CREATE TABLE tower_bearer_sessions (
    id         TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    user_id    TEXT   COLLATE "C" NOT NULL,
    client_id  TEXT   NOT NULL,
    scope      TEXT   NOT NULL,
    device     TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX tower_bearer_sessions_by_user ON tower_bearer_sessions (user_id);
CREATE INDEX tower_bearer_sessions_by_expiry ON tower_bearer_sessions (expires_at);

CREATE TABLE tower_bearer_refresh_tokens (
    selector    TEXT    COLLATE "C" NOT NULL PRIMARY KEY,
    session_id  TEXT    COLLATE "C" NOT NULL
                REFERENCES tower_bearer_sessions (id) ON DELETE CASCADE,
    secret_hash BYTEA   NOT NULL CHECK (octet_length(secret_hash) = 32),
    issued_at   BIGINT  NOT NULL,
    expires_at  BIGINT  NOT NULL,
    used        BOOLEAN NOT NULL DEFAULT FALSE
);

CREATE INDEX tower_bearer_refresh_tokens_by_session ON tower_bearer_refresh_tokens (session_id);
-- A session never has two tokens that can be used.
CREATE UNIQUE INDEX tower_bearer_refresh_tokens_unused
    ON tower_bearer_refresh_tokens (session_id) WHERE NOT used;

-- Ends the sessions that stand in the schema of the users, whatever the search path of whoever
-- deletes one. Locks them by ID, as all do that end several at once.
CREATE FUNCTION tower_bearer_end_sessions_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'DELETE FROM %1$I.tower_bearer_sessions WHERE id IN (SELECT id
             FROM %1$I.tower_bearer_sessions WHERE user_id = $1 ORDER BY id FOR UPDATE)',
        TG_TABLE_SCHEMA) USING OLD.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER tower_bearer_users_end_sessions AFTER DELETE ON tower_bearer_users
    FOR EACH ROW EXECUTE FUNCTION tower_bearer_end_sessions_of_user();
