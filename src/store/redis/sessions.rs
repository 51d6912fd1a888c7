//! Sessions on Redis.
//!
//! Redis runs one script at a time and nothing else meanwhile: a script is the transaction.

use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;

use super::{RedisStore, script};
use crate::store::{RefreshStore, Rotation, Session, StoreError, StoredToken, by_last_use};

static INSERT_SESSION: LazyLock<Script> = script!("insert_session.lua");
static FIND_TOKEN: LazyLock<Script> = script!("find_token.lua");
static ROTATE_TOKEN: LazyLock<Script> = script!("rotate_token.lua");
static END_SESSION: LazyLock<Script> = script!("end_session.lua");
static SESSIONS_OF: LazyLock<Script> = script!("sessions_of.lua");
static END_SESSIONS_OF: LazyLock<Script> = script!("end_sessions_of.lua");

/// Redis counts milliseconds in 64 bits; what lasts this long is as good as endless.
const ENDLESS: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl RefreshStore for RedisStore {
    async fn insert_session(
        &self,
        session: &Session,
        token: &StoredToken,
    ) -> Result<(), StoreError> {
        self.call(&INSERT_SESSION)
            .arg(&session.id)
            .arg(&session.user_id)
            .arg(&token.selector)
            .arg(milliseconds(session.expires_at.saturating_sub(session.created_at)))
            .arg(&[("user_id", &session.user_id), ("client_id", &session.client_id)])
            .arg(&[("scope", session.scope.as_str())])
            .arg(&[("device", session.device.as_deref().unwrap_or_default())])
            .arg(&[
                ("created_at", session.created_at.as_secs()),
                ("expires_at", session.expires_at.as_secs()),
            ])
            .arg(format!("token:{}", token.selector))
            .arg(written(token))
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(StoreError::from)
    }

    async fn find_token(
        &self,
        selector: &str,
    ) -> Result<Option<(StoredToken, Session)>, StoreError> {
        let row: Option<Row> =
            self.call(&FIND_TOKEN).arg(selector).invoke_async(&mut self.connection.clone()).await?;
        row.map(|row| token_and_session(selector, row)).transpose()
    }

    async fn rotate_token(
        &self,
        selector: &str,
        successor: &StoredToken,
    ) -> Result<Rotation, StoreError> {
        let rotation: u8 = self
            .call(&ROTATE_TOKEN)
            .arg(selector)
            .arg(&successor.selector)
            .arg(written(successor))
            .invoke_async(&mut self.connection.clone())
            .await?;
        match rotation {
            0 => Ok(Rotation::Unknown),
            1 => Ok(Rotation::Rotated),
            _ => Ok(Rotation::Reused),
        }
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        let mut call = self.call(&END_SESSION);
        Ok(call.arg(id).invoke_async(&mut self.connection.clone()).await?)
    }

    async fn sessions_of(&self, user_id: &str, now: Duration) -> Result<Vec<Session>, StoreError> {
        let rows: Vec<Row> =
            self.call(&SESSIONS_OF).arg(user_id).invoke_async(&mut self.connection.clone()).await?;
        let mut sessions = Vec::with_capacity(rows.len());
        for row in rows {
            let (token, session) = token_and_session("", row)?;
            if token.expires_at > now && session.expires_at > now {
                sessions.push(session);
            }
        }
        sessions.sort_by(by_last_use);
        Ok(sessions)
    }

    async fn end_sessions_of(
        &self,
        user_id: &str,
        except: Option<&str>,
    ) -> Result<Vec<String>, StoreError> {
        let mut call = self.call(&END_SESSIONS_OF);
        let call = call.arg(user_id).arg(except.unwrap_or_default());
        Ok(call.invoke_async(&mut self.connection.clone()).await?)
    }

    /// Nothing: Redis forgets sessions by itself.
    async fn delete_expired_sessions(&self, _now: Duration) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// How long a key lasts: the clock of the server need not be that of the service. At least a
/// second: at zero one key would be gone before the other is there.
pub(super) fn milliseconds(lifetime: Duration) -> i64 {
    match i64::try_from(lifetime.as_millis()) {
        Ok(milliseconds) if lifetime < ENDLESS => milliseconds.max(1000),
        _ => -1,
    }
}

/// ID, token, user, client, scope, device, beginning, end, as the scripts answer.
type Row = (String, Vec<u8>, String, String, String, String, u64, u64);

fn token_and_session(selector: &str, row: Row) -> Result<(StoredToken, Session), StoreError> {
    let (id, token, user_id, client_id, scope, device, created, expires) = row;
    let token = read(selector, &id, &token)
        .ok_or_else(|| StoreError::new("a stored token is not written as tokens are"))?;
    let (created, expires) = (Duration::from_secs(created), Duration::from_secs(expires));
    let mut session = Session::new(id, user_id, client_id, scope, created, expires);
    session.device = (!device.is_empty()).then_some(device);
    session.last_used_at = token.issued_at;
    Ok((token, session))
}

/// A token as a field of its session: `0`, or `1` once it is used, the seconds of its birth and of
/// its end, with a colon after each, and the hash. The scripts read the first byte.
fn written(token: &StoredToken) -> Vec<u8> {
    let (used, issued, expires) =
        (u8::from(token.used), token.issued_at.as_secs(), token.expires_at.as_secs());
    let mut written = format!("{used}{issued}:{expires}:").into_bytes();
    written.extend_from_slice(&token.secret_hash);
    written
}

fn read(selector: &str, session_id: &str, written: &[u8]) -> Option<StoredToken> {
    let (used, rest) = written.split_first()?;
    let mut parts = rest.splitn(3, |byte| *byte == b':');
    let mut seconds = || std::str::from_utf8(parts.next()?).ok()?.parse().ok();
    let (issued, expires) = (seconds()?, seconds()?);
    let secret_hash = parts.next()?.try_into().ok()?;
    let (issued, expires) = (Duration::from_secs(issued), Duration::from_secs(expires));
    let mut token = StoredToken::new(selector, session_id, secret_hash, issued, expires);
    token.used = *used == b'1';
    Some(token)
}
