//! Statements and rows of API keys.

use crate::store::sql::time;
use crate::store::{StoreError, StoredApiKey};

/// Those of [`ApiKeyRow`].
macro_rules! columns {
    () => {
        "k.id, k.user_id, k.name, k.prefix, k.scope, k.rate, k.hash, k.created_at, k.expires_at, \
         k.last_used_at"
    };
}

pub(in crate::store) const INSERT_API_KEY: &str = "INSERT INTO tower_bearer_api_keys \
     (id, user_id, name, prefix, scope, rate, hash, created_at, expires_at, last_used_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

pub(in crate::store) const COUNT_API_KEYS: &str =
    "SELECT count(*) FROM tower_bearer_api_keys WHERE user_id = $1";

pub(in crate::store) const FIND_API_KEY: &str = concat!(
    "SELECT ",
    columns!(),
    ", u.is_active, u.scopes FROM tower_bearer_api_keys k \
     JOIN tower_bearer_users u ON u.id = k.user_id WHERE k.id = $1"
);

pub(in crate::store) const API_KEYS_OF: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM tower_bearer_api_keys k WHERE k.user_id = $1 ORDER BY k.created_at DESC, k.id LIMIT $2"
);

pub(in crate::store) const REVOKE_API_KEY: &str =
    "DELETE FROM tower_bearer_api_keys WHERE id = $1 AND user_id = $2";

pub(in crate::store) const REVOKE_API_KEYS_OF: &str =
    "DELETE FROM tower_bearer_api_keys WHERE user_id = $1 RETURNING id";

/// Few, as a user has few: no index is kept for it.
pub(in crate::store) const DELETE_EXPIRED_API_KEYS: &str =
    "DELETE FROM tower_bearer_api_keys WHERE expires_at <= $1";

pub(in crate::store) const TOUCH_API_KEY: &str = "UPDATE tower_bearer_api_keys \
     SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";

/// The columns of a key, in their order. Scopes are parted by spaces, which none has inside.
pub(in crate::store) type ApiKeyRow =
    (String, String, String, String, String, Option<String>, Vec<u8>, i64, i64, Option<i64>);

/// The columns that [`FIND_API_KEY`] selects: those of a key, whether its owner is active, and the
/// scopes of that, which each database keeps in a way of its own.
pub(in crate::store) type OwnedApiKeyRow<S> = (
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    Vec<u8>,
    i64,
    i64,
    Option<i64>,
    bool,
    S,
);

pub(in crate::store) fn api_key(row: ApiKeyRow) -> Result<StoredApiKey, StoreError> {
    let (id, user, name, prefix, scope, rate, hash, created, expires, used) = row;
    let hash =
        hash.try_into().map_err(|_| StoreError::new("a stored hash does not have 32 bytes"))?;
    let mut key = StoredApiKey::new(id, user, name, prefix, hash, time(created), time(expires));
    key.scopes = scope.split_ascii_whitespace().map(str::to_owned).collect();
    key.rate = rate;
    key.last_used_at = used.map(time);
    Ok(key)
}

pub(in crate::store) fn api_keys(rows: Vec<ApiKeyRow>) -> Result<Vec<StoredApiKey>, StoreError> {
    rows.into_iter().map(api_key).collect()
}

/// The key, whether its owner is active, and the owner's scopes.
pub(in crate::store) fn owned_api_key<S>(
    row: OwnedApiKeyRow<S>,
) -> Result<(StoredApiKey, bool, S), StoreError> {
    let (id, user, name, prefix, scope, rate, hash, created, expires, used, is_active, scopes) =
        row;
    let key = (id, user, name, prefix, scope, rate, hash, created, expires, used);
    Ok((api_key(key)?, is_active, scopes))
}
