//! Sessions on Redis.
//!
//! Redis runs one script at a time and nothing else meanwhile: a script is the transaction.

use std::sync::LazyLock;
use std::time::Duration;

use redis::{Script, ScriptInvocation};

use super::{RedisStore, script};
use crate::store::{RefreshStore, Session, StoreError, StoredToken, by_last_use};

static INSERT_SESSION: LazyLock<Script> = script!("insert_session.lua");
static FIND_SESSION: LazyLock<Script> = script!("find_session.lua");
static ROTATE_TOKEN: LazyLock<Script> = script!("rotate_token.lua");
static END_SESSION: LazyLock<Script> = script!("end_session.lua");
static SESSIONS_OF: LazyLock<Script> = script!("sessions_of.lua");
static END_SESSIONS_OF: LazyLock<Script> = script!("end_sessions_of.lua");

/// How far the clocks of nodes may be apart, generously: what is over by one of them may be good by
/// another, and has to be found as long as it is.
const CLOCKS_APART: Duration = Duration::from_secs(300);

/// Redis counts milliseconds in 64 bits; what lasts this long is as good as endless.
const ENDLESS: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl RefreshStore for RedisStore {
    async fn insert_session(
        &self,
        session: &Session,
        token: &StoredToken,
        most: usize,
    ) -> Result<Vec<String>, StoreError> {
        let mut call = self.call(&INSERT_SESSION);
        call.arg(&session.id)
            .arg(&session.user_id)
            .arg(most.max(1))
            .arg(session.created_at.saturating_sub(CLOCKS_APART).as_secs())
            .arg(milliseconds(token.expires_at.saturating_sub(session.created_at)))
            .arg(token.expires_at.as_secs())
            .arg(&[("user_id", &session.user_id), ("client_id", &session.client_id)])
            .arg(&[("scope", session.scope.as_str())])
            .arg(&[("device", session.device.as_deref().unwrap_or_default())])
            .arg(&[
                ("created_at", session.created_at.as_secs()),
                ("expires_at", session.expires_at.as_secs()),
            ])
            .arg(&[("family_hash", token.family_hash.as_slice())]);
        changing(&mut call, token, session.last_used_at);
        Ok(call.invoke_async(&mut self.connection.clone()).await?)
    }

    async fn find_session(&self, id: &str) -> Result<Option<(Session, StoredToken)>, StoreError> {
        let mut call = self.call(&FIND_SESSION);
        let row: Option<Row> = call.arg(id).invoke_async(&mut self.connection.clone()).await?;
        row.map(session_and_token).transpose()
    }

    async fn rotate_token(
        &self,
        session_id: &str,
        old: &[u8; 32],
        new: &StoredToken,
        now: Duration,
    ) -> Result<bool, StoreError> {
        let mut call = self.call(&ROTATE_TOKEN);
        call.arg(session_id)
            .arg(old.as_slice())
            .arg(milliseconds(new.expires_at.saturating_sub(now)))
            .arg(new.expires_at.as_secs());
        changing(&mut call, new, now);
        Ok(call.invoke_async(&mut self.connection.clone()).await?)
    }

    async fn end_session(&self, id: &str) -> Result<bool, StoreError> {
        let mut call = self.call(&END_SESSION);
        Ok(call.arg(id).invoke_async(&mut self.connection.clone()).await?)
    }

    async fn end_session_of(&self, user_id: &str, id: &str) -> Result<bool, StoreError> {
        let mut call = self.call(&END_SESSION);
        Ok(call.arg(id).arg(user_id).invoke_async(&mut self.connection.clone()).await?)
    }

    async fn sessions_of(&self, user_id: &str, now: Duration) -> Result<Vec<Session>, StoreError> {
        let mut call = self.call(&SESSIONS_OF);
        let rows: Vec<Row> = call.arg(user_id).invoke_async(&mut self.connection.clone()).await?;
        let mut sessions = Vec::with_capacity(rows.len());
        for row in rows {
            let (session, token) = session_and_token(row)?;
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

/// The fields that every rotation writes.
fn changing(call: &mut ScriptInvocation<'_>, token: &StoredToken, last_used_at: Duration) {
    call.arg(&[
        ("secret_hash", token.secret_hash.as_slice()),
        ("salt", token.salt.as_ref().map_or(&[], <[u8; 32]>::as_slice)),
    ])
    .arg(&[
        ("last_used_at", last_used_at.as_secs()),
        ("token_expires_at", token.expires_at.as_secs()),
    ]);
}

/// As the scripts answer: ID, user, client, scope, device; beginning, last use and end; family, secret,
/// salt and end of the token.
type Row = (String, String, String, String, String, u64, u64, u64, Vec<u8>, Vec<u8>, Vec<u8>, u64);

fn session_and_token(row: Row) -> Result<(Session, StoredToken), StoreError> {
    let (id, user, client, scope, device, created, used, expires, family, secret, salt, until) =
        row;
    let time = Duration::from_secs;
    let mut session = Session::new(id, user, client, scope, time(created), time(expires));
    session.device = (!device.is_empty()).then_some(device);
    session.last_used_at = time(used);
    let mut token = StoredToken::new(hash(family)?, hash(secret)?, time(until));
    token.salt = (!salt.is_empty()).then(|| hash(salt)).transpose()?;
    Ok((session, token))
}

fn hash(bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::new("a stored hash does not have 32 bytes"))
}
