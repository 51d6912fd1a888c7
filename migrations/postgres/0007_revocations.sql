-- Access tokens that are taken back before they expire: one by its ID, or all of a subject that were
-- issued before a time. Those of an ended session need no row: their session has none. Times are
-- whole seconds since the Unix epoch; what has expired makes no difference and may be deleted.

CREATE TABLE tower_bearer_revoked_tokens (
    id         TEXT    COLLATE "C" NOT NULL PRIMARY KEY,
    expires_at BIGINT  NOT NULL
);

CREATE INDEX tower_bearer_revoked_tokens_by_expiry ON tower_bearer_revoked_tokens (expires_at);

CREATE TABLE tower_bearer_not_before (
    subject    TEXT    COLLATE "C" NOT NULL PRIMARY KEY,
    not_before BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL
);

CREATE INDEX tower_bearer_not_before_by_expiry ON tower_bearer_not_before (expires_at);
