-- What a list of sessions shows: the device, and the last use, which is the birth of the session's
-- unused token.

ALTER TABLE tower_bearer_sessions ADD COLUMN device TEXT;

ALTER TABLE tower_bearer_refresh_tokens ADD COLUMN issued_at INTEGER NOT NULL DEFAULT 0;

-- When the tokens that exist were issued was not kept: not before their session began.
UPDATE tower_bearer_refresh_tokens SET issued_at =
    (SELECT created_at FROM tower_bearer_sessions s WHERE s.id = session_id);
