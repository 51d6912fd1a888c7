-- What a user may change: an address that waits for its confirmation, which is not unique before
-- that, and the application's own fields as JSON. Nobody has confirmed the addresses that exist.

ALTER TABLE tower_bearer_users ADD COLUMN
    email_verified INTEGER NOT NULL DEFAULT 0 CHECK (email_verified IN (0, 1));

ALTER TABLE tower_bearer_users ADD COLUMN pending_email TEXT;

ALTER TABLE tower_bearer_users ADD COLUMN
    profile TEXT NOT NULL DEFAULT 'null' CHECK (json_valid(profile));
