//! What the stores on SQL databases share: statements, rows, faults, and how tables come to be.

pub(super) mod api_keys;
mod error;
pub(super) mod migrations;
pub(super) mod one_time;
pub(super) mod revocations;
pub(super) mod users;

use std::time::Duration;

use crate::store::revocation_store;
use crate::store::{Session, StoreError, StoredToken, by_last_use};

/// The parameters are numbered with `$`, which both databases know.
pub(super) const INSERT_SESSION: &str = "INSERT INTO tower_bearer_sessions \
     (id, user_id, client_id, scope, device, created_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub(super) const INSERT_TOKEN: &str = "INSERT INTO tower_bearer_refresh_tokens \
     (selector, session_id, secret_hash, issued_at, expires_at, used) \
     VALUES ($1, $2, $3, $4, $5, $6)";

pub(super) const FIND_TOKEN: &str = "SELECT t.secret_hash, t.issued_at, t.expires_at, t.used, \
     s.id, s.user_id, s.client_id, s.scope, s.device, s.created_at, s.expires_at \
     FROM tower_bearer_refresh_tokens t \
     JOIN tower_bearer_sessions s ON s.id = t.session_id WHERE t.selector = $1";

pub(super) const FIND_THROTTLE: &str =
    "SELECT state FROM tower_bearer_throttles WHERE key_hash = $1";

pub(super) const INSERT_THROTTLE: &str = "INSERT INTO tower_bearer_throttles \
     (key_hash, state, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

pub(super) const UPDATE_THROTTLE: &str = "UPDATE tower_bearer_throttles \
     SET state = $3, expires_at = $4 WHERE key_hash = $1 AND state = $2";

pub(super) const DELETE_THROTTLE: &str =
    "DELETE FROM tower_bearer_throttles WHERE key_hash = $1 AND state = $2";

/// With the condition for a token that is unused, as the index on those has it.
macro_rules! sessions_of {
    ($unused:literal) => {
        concat!(
            "SELECT s.id, s.user_id, s.client_id, s.scope, s.device, s.created_at, s.expires_at, \
             t.issued_at FROM tower_bearer_sessions s \
             JOIN tower_bearer_refresh_tokens t ON t.session_id = s.id AND ",
            $unused,
            " WHERE s.user_id = $1 AND s.expires_at > $2 AND t.expires_at > $2"
        )
    };
}
pub(super) use sessions_of;

/// The columns that [`FIND_TOKEN`] selects, in their order.
pub(super) type TokenRow =
    (Vec<u8>, i64, i64, bool, String, String, String, String, Option<String>, i64, i64);

/// The columns that [`sessions_of`] selects, in their order.
pub(super) type SessionRow = (String, String, String, String, Option<String>, i64, i64, i64);

pub(super) fn session(row: SessionRow) -> Session {
    let (id, user_id, client_id, scope, device, created, expires, last_used) = row;
    let mut session = Session::new(id, user_id, client_id, scope, time(created), time(expires));
    session.device = device;
    session.last_used_at = time(last_used);
    session
}

/// In their order, which is that of every store.
pub(super) fn sessions(rows: Vec<SessionRow>) -> Vec<Session> {
    let mut sessions: Vec<Session> = rows.into_iter().map(session).collect();
    sessions.sort_by(by_last_use);
    sessions
}

pub(super) fn token_and_session(
    selector: &str,
    row: TokenRow,
) -> Result<(StoredToken, Session), StoreError> {
    let (hash, issued, token_expires, used, id, user, client, scope, device, created, expires) =
        row;
    let session = session((id, user, client, scope, device, created, expires, issued));
    let hash =
        hash.try_into().map_err(|_| StoreError::new("a stored hash does not have 32 bytes"))?;
    let (issued, expires) = (time(issued), time(token_expires));
    let mut token = StoredToken::new(selector, session.id.as_str(), hash, issued, expires);
    token.used = used;
    Ok((token, session))
}

pub(super) use revocation_store::seconds;

/// A time before 1970, which nothing here writes, reads as zero: long expired.
pub(super) fn time(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}
