//! Statements and rows of one-time tokens.

use crate::store::StoredOneTimeToken;
use crate::store::sql::time;

/// How many stay beside a new one.
pub(in crate::store) fn others(most: usize) -> i64 {
    i64::try_from(most.max(1) - 1).unwrap_or(i64::MAX)
}

/// The user, the purpose, and how many stay.
pub(in crate::store) const DELETE_OLDEST: &str = "DELETE FROM tower_bearer_one_time_tokens \
     WHERE user_id = $1 AND purpose = $2 AND hash NOT IN ( \
         SELECT hash FROM tower_bearer_one_time_tokens WHERE user_id = $1 AND purpose = $2 \
         ORDER BY created_at DESC, hash LIMIT $3)";

pub(in crate::store) const INSERT_ONE_TIME_TOKEN: &str = "INSERT INTO tower_bearer_one_time_tokens \
     (hash, user_id, purpose, payload, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";

pub(in crate::store) const FIND_ONE_TIME_TOKEN: &str = "SELECT user_id, purpose, payload, created_at, expires_at \
     FROM tower_bearer_one_time_tokens WHERE hash = $1";

pub(in crate::store) const TAKE_ONE_TIME_TOKEN: &str = "DELETE FROM tower_bearer_one_time_tokens WHERE hash = $1 \
     RETURNING user_id, purpose, payload, created_at, expires_at";

pub(in crate::store) const DELETE_ONE_TIME_TOKENS_OF: &str =
    "DELETE FROM tower_bearer_one_time_tokens WHERE user_id = $1 AND purpose = $2";

/// The columns that are selected and returned, in their order.
pub(in crate::store) type OneTimeRow = (String, String, String, i64, i64);

pub(in crate::store) fn one_time_token(hash: &[u8; 32], row: OneTimeRow) -> StoredOneTimeToken {
    let (user_id, purpose, payload, created, expires) = row;
    StoredOneTimeToken::new(*hash, user_id, purpose, payload, time(created), time(expires))
}
