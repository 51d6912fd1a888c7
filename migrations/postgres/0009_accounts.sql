-- What a user may change: an address that waits for its confirmation, which is not unique before
-- that, and the application's own fields as JSON. Nobody has confirmed the addresses that exist.

ALTER TABLE tower_bearer_users
    ADD COLUMN email_verified BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN pending_email  TEXT,
    ADD COLUMN profile        JSONB   NOT NULL DEFAULT 'null';
