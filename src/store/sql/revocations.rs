//! Statements about revoked access tokens, which both databases know.

/// The ID of a token, its session, its subject and when it was issued.
pub(in crate::store) const IS_REVOKED: &str = "SELECT \
     EXISTS (SELECT 1 FROM tower_bearer_revoked_tokens WHERE id = $1) \
     OR (CAST($2 AS TEXT) IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM tower_bearer_sessions WHERE id = $2)) \
     OR EXISTS (SELECT 1 FROM tower_bearer_not_before WHERE subject = $3 AND not_before > $4)";

pub(in crate::store) const REVOKE_TOKEN: &str = "\
     INSERT INTO tower_bearer_revoked_tokens AS old (id, expires_at) VALUES ($1, $2) \
     ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at \
     WHERE excluded.expires_at > old.expires_at";

pub(in crate::store) const REVOKE_TOKENS_BEFORE: &str = "\
     INSERT INTO tower_bearer_not_before AS old (subject, not_before, expires_at) \
     VALUES ($1, $2, $3) ON CONFLICT (subject) DO UPDATE SET \
     not_before = CASE WHEN excluded.not_before > old.not_before \
         THEN excluded.not_before ELSE old.not_before END, \
     expires_at = CASE WHEN excluded.expires_at > old.expires_at \
         THEN excluded.expires_at ELSE old.expires_at END";

/// One after the other.
pub(in crate::store) const DELETE_EXPIRED: [&str; 2] = [
    "DELETE FROM tower_bearer_revoked_tokens WHERE expires_at <= $1",
    "DELETE FROM tower_bearer_not_before WHERE expires_at <= $1",
];
