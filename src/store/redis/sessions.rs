//! Sessions on Redis.
//!
//! Redis runs one script at a time and nothing else meanwhile: a script is the transaction.

use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;

use super::RedisStore;
use crate::store::{RefreshStore, Rotation, Session, StoreError, StoredToken};

static INSERT_SESSION: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("insert_session.lua")));
static FIND_TOKEN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("find_token.lua")));
static ROTATE_TOKEN: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("rotate_token.lua")));
static END_SESSION: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("end_session.lua")));

/// Redis counts milliseconds in 64 bits; what lasts this long is as good as endless.
const ENDLESS: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl RefreshStore for RedisStore {
    async fn insert_session(
        &self,
        session: &Session,
        token: &StoredToken,
    ) -> Result<(), StoreError> {
        // By how long it lasts: the clock of the server need not be that of the service. At least a
        // second: at zero one key would be gone before the other is there.
        let lifetime = session.expires_at.saturating_sub(session.created_at);
        let seconds = (lifetime < ENDLESS).then(|| lifetime.as_secs().max(1).to_string());
        INSERT_SESSION
            .key(self.session_key(&session.id))
            .key(self.token_key(&token.selector))
            .arg(&session.id)
            .arg(seconds.unwrap_or_default())
            .arg(&[("user_id", &session.user_id), ("client_id", &session.client_id)])
            .arg(&[("scope", &session.scope)])
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
        let row: Option<Row> = FIND_TOKEN
            .key(self.token_key(selector))
            .arg(self.session_key(""))
            .arg(selector)
            .invoke_async(&mut self.connection.clone())
            .await?;
        let Some((id, token, user_id, client_id, scope, created, expires)) = row else {
            return Ok(None);
        };
        let token = read(selector, &id, &token)
            .ok_or_else(|| StoreError::new("a stored token is not written as tokens are"))?;
        let (created, expires) = (Duration::from_secs(created), Duration::from_secs(expires));
        Ok(Some((token, Session::new(id, user_id, client_id, scope, created, expires))))
    }

    async fn rotate_token(
        &self,
        selector: &str,
        successor: &StoredToken,
    ) -> Result<Rotation, StoreError> {
        let rotation: u8 = ROTATE_TOKEN
            .key(self.token_key(selector))
            .key(self.token_key(&successor.selector))
            .arg(self.session_key(""))
            .arg(self.token_key(""))
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
        Ok(END_SESSION
            .key(self.session_key(id))
            .arg(self.token_key(""))
            .invoke_async(&mut self.connection.clone())
            .await?)
    }

    /// Nothing: Redis forgets sessions by itself.
    async fn delete_expired_sessions(&self, _now: Duration) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// ID, token, user, client, scope, beginning, end, as `find_token.lua` answers.
type Row = (String, Vec<u8>, String, String, String, u64, u64);

/// A token as a field of its session: `0`, or `1` once it is used, the end of its life in seconds, a
/// colon, and the hash. The scripts read the first byte.
fn written(token: &StoredToken) -> Vec<u8> {
    let used = u8::from(token.used);
    let mut written = format!("{used}{}:", token.expires_at.as_secs()).into_bytes();
    written.extend_from_slice(&token.secret_hash);
    written
}

fn read(selector: &str, session_id: &str, written: &[u8]) -> Option<StoredToken> {
    let (used, rest) = written.split_first()?;
    let colon = rest.iter().position(|byte| *byte == b':')?;
    let expires_at = std::str::from_utf8(&rest[..colon]).ok()?.parse().ok()?;
    let secret_hash = rest[colon + 1..].try_into().ok()?;
    let expires_at = Duration::from_secs(expires_at);
    let mut token = StoredToken::new(selector, session_id, secret_hash, expires_at);
    token.used = *used == b'1';
    Some(token)
}
