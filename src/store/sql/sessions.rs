//! Statements and rows of sessions.

use crate::store::sql::time;
use crate::store::{Session, StoreError, StoredToken, by_last_use};

/// Those of [`SessionRow`].
macro_rules! columns {
    () => {
        "id, user_id, client_id, scope, device, created_at, last_used_at, expires_at, \
         family_hash, secret_hash, salt, token_expires_at"
    };
}
pub(in crate::store) use columns;

pub(in crate::store) const FIND_SESSION: &str =
    concat!("SELECT ", columns!(), " FROM tower_bearer_sessions WHERE id = $1");

pub(in crate::store) const SESSIONS_OF: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM tower_bearer_sessions WHERE user_id = $1 AND expires_at > $2 AND token_expires_at > $2"
);

/// Of any number at once, one finds the old hash still there.
pub(in crate::store) const ROTATE_TOKEN: &str = "UPDATE tower_bearer_sessions \
     SET secret_hash = $3, salt = $4, token_expires_at = $5, last_used_at = $6 \
     WHERE id = $1 AND secret_hash = $2";

pub(in crate::store) const END_SESSION: &str = "DELETE FROM tower_bearer_sessions WHERE id = $1";

pub(in crate::store) const END_SESSION_OF: &str =
    "DELETE FROM tower_bearer_sessions WHERE user_id = $1 AND id = $2";

/// The columns of a session and its token, in their order.
pub(in crate::store) type SessionRow = (
    String,
    String,
    String,
    String,
    Option<String>,
    i64,
    i64,
    i64,
    Vec<u8>,
    Vec<u8>,
    Option<Vec<u8>>,
    i64,
);

pub(in crate::store) fn session_and_token(
    row: SessionRow,
) -> Result<(Session, StoredToken), StoreError> {
    let (id, user, client, scope, device, created, used, expires, family, secret, salt, until) =
        row;
    let mut session = Session::new(id, user, client, scope, time(created), time(expires));
    session.device = device;
    session.last_used_at = time(used);
    let mut token = StoredToken::new(hash(family)?, hash(secret)?, time(until));
    token.salt = salt.map(hash).transpose()?;
    Ok((session, token))
}

/// In their order, which is that of every store.
pub(in crate::store) fn sessions(rows: Vec<SessionRow>) -> Result<Vec<Session>, StoreError> {
    let sessions = rows.into_iter().map(|row| session_and_token(row).map(|(session, _)| session));
    let mut sessions = sessions.collect::<Result<Vec<Session>, StoreError>>()?;
    sessions.sort_by(by_last_use);
    Ok(sessions)
}

fn hash(bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::new("a stored hash does not have 32 bytes"))
}
