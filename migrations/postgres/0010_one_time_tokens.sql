-- Tokens that are mailed and used once, as hashes. No foreign key to the users, who may live in a
-- table of the application's own. Times are whole seconds since the Unix epoch.

CREATE TABLE tower_bearer_one_time_tokens (
    hash       BYTEA  NOT NULL PRIMARY KEY CHECK (octet_length(hash) = 32),
    user_id    TEXT   COLLATE "C" NOT NULL,
    purpose    TEXT   COLLATE "C" NOT NULL,
    payload    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX tower_bearer_one_time_tokens_by_user
    ON tower_bearer_one_time_tokens (user_id, purpose, created_at);
CREATE INDEX tower_bearer_one_time_tokens_by_expiry ON tower_bearer_one_time_tokens (expires_at);

-- Those that stand in the schema of the users, whatever the search path of whoever deletes one.
CREATE FUNCTION tower_bearer_delete_one_time_tokens_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DELETE FROM %I.tower_bearer_one_time_tokens WHERE user_id = $1',
        TG_TABLE_SCHEMA) USING OLD.id;
    RETURN NULL;
END
$$;

CREATE TRIGGER tower_bearer_users_delete_one_time_tokens AFTER DELETE ON tower_bearer_users
    FOR EACH ROW EXECUTE FUNCTION tower_bearer_delete_one_time_tokens_of_user();
