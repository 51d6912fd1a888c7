-- Tokens that are mailed and used once, as hashes. No foreign key to the users, who may live in a
-- table of the application's own. Times are whole seconds since the Unix epoch.

CREATE TABLE tower_bearer_one_time_tokens (
    hash       BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    user_id    TEXT    NOT NULL,
    purpose    TEXT    NOT NULL,
    payload    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tower_bearer_one_time_tokens_by_user
    ON tower_bearer_one_time_tokens (user_id, purpose, created_at);
CREATE INDEX tower_bearer_one_time_tokens_by_expiry ON tower_bearer_one_time_tokens (expires_at);

CREATE TRIGGER tower_bearer_users_delete_one_time_tokens AFTER DELETE ON tower_bearer_users
BEGIN
    DELETE FROM tower_bearer_one_time_tokens WHERE user_id = OLD.id;
END;
