//! What the stores on SQL databases share: statements, rows, faults, and how tables come to be.

mod error;
pub(super) mod migrations;

use std::time::Duration;

use crate::store::{Session, StoreError, StoredToken};

/// The parameters are numbered with `$`, which both databases know.
pub(super) const INSERT_SESSION: &str = "INSERT INTO tower_bearer_sessions \
     (id, user_id, client_id, scope, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";

pub(super) const INSERT_TOKEN: &str = "INSERT INTO tower_bearer_refresh_tokens \
     (selector, session_id, secret_hash, expires_at, used) VALUES ($1, $2, $3, $4, $5)";

pub(super) const FIND_TOKEN: &str = "SELECT t.secret_hash, t.expires_at, t.used, \
     s.id, s.user_id, s.client_id, s.scope, s.created_at, s.expires_at \
     FROM tower_bearer_refresh_tokens t \
     JOIN tower_bearer_sessions s ON s.id = t.session_id WHERE t.selector = $1";

/// The columns that [`FIND_TOKEN`] selects, in their order.
pub(super) type TokenRow = (Vec<u8>, i64, bool, String, String, String, String, i64, i64);

pub(super) fn token_and_session(
    selector: &str,
    row: TokenRow,
) -> Result<(StoredToken, Session), StoreError> {
    let (secret_hash, token_expires_at, used, id, user_id, client_id, scope, created, expires) =
        row;
    let secret_hash = secret_hash
        .try_into()
        .map_err(|_| StoreError::new("a stored hash does not have 32 bytes"))?;
    let mut token = StoredToken::new(selector, id.as_str(), secret_hash, time(token_expires_at));
    token.used = used;
    let session = Session::new(id, user_id, client_id, scope, time(created), time(expires));
    Ok((token, session))
}

pub(super) fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// A time before 1970, which nothing here writes, reads as zero: long expired.
pub(super) fn time(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}
