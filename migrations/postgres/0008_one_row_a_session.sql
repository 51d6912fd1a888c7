-- A session and its refresh token are one row, which a rotation changes in place. What proves a token
-- that was rotated away to be one of the session's is in the token and its hash here, so used ones
-- need no rows. Tokens of the old form have no such part: whoever is logged in logs in again.

DROP TABLE tower_bearer_refresh_tokens;
DELETE FROM tower_bearer_sessions;

ALTER TABLE tower_bearer_sessions
    ADD COLUMN last_used_at     BIGINT NOT NULL,
    ADD COLUMN family_hash      BYTEA  NOT NULL CHECK (octet_length(family_hash) = 32),
    ADD COLUMN secret_hash      BYTEA  NOT NULL CHECK (octet_length(secret_hash) = 32),
    ADD COLUMN salt             BYTEA  CHECK (octet_length(salt) = 32),
    -- Never after expires_at, so that one index finds what is over.
    ADD COLUMN token_expires_at BIGINT NOT NULL;

DROP INDEX tower_bearer_sessions_by_expiry;
CREATE INDEX tower_bearer_sessions_by_expiry ON tower_bearer_sessions (token_expires_at);

-- Without an idle timeout a rotation changes no column of an index, and room in each page lets the new
-- version of a row stay beside the old one, so that no index is written.
ALTER TABLE tower_bearer_sessions SET (fillfactor = 80);
