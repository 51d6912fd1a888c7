//! One-time tokens on Redis, which forgets them by itself.

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use redis::Script;

use super::sessions::milliseconds;
use super::{RedisStore, script};
use crate::store::{OneTimeTokenStore, StoreError, StoredOneTimeToken};

static INSERT_ONE_TIME_TOKEN: LazyLock<Script> = script!("insert_one_time_token.lua");
static FIND_ONE_TIME_TOKEN: LazyLock<Script> = script!("find_one_time_token.lua");
static TAKE_ONE_TIME_TOKEN: LazyLock<Script> = script!("take_one_time_token.lua");
static DELETE_ONE_TIME_TOKENS_OF: LazyLock<Script> = script!("delete_one_time_tokens_of.lua");

impl OneTimeTokenStore for RedisStore {
    async fn insert_one_time_token(
        &self,
        token: &StoredOneTimeToken,
        most: usize,
    ) -> Result<(), StoreError> {
        self.call(&INSERT_ONE_TIME_TOKEN)
            .arg(URL_SAFE_NO_PAD.encode(token.hash))
            .arg(&token.user_id)
            .arg(&token.purpose)
            .arg(most.max(1))
            .arg(milliseconds(token.expires_at.saturating_sub(token.created_at)))
            .arg(&[("user_id", &token.user_id), ("purpose", &token.purpose)])
            .arg(&[("payload", &token.payload)])
            .arg(&[
                ("created_at", token.created_at.as_secs()),
                ("expires_at", token.expires_at.as_secs()),
            ])
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(StoreError::from)
    }

    async fn find_one_time_token(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<StoredOneTimeToken>, StoreError> {
        self.one_time_token(&FIND_ONE_TIME_TOKEN, hash).await
    }

    async fn take_one_time_token(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<StoredOneTimeToken>, StoreError> {
        self.one_time_token(&TAKE_ONE_TIME_TOKEN, hash).await
    }

    async fn delete_one_time_tokens_of(
        &self,
        user_id: &str,
        purpose: &str,
    ) -> Result<u64, StoreError> {
        let mut call = self.call(&DELETE_ONE_TIME_TOKENS_OF);
        Ok(call.arg(user_id).arg(purpose).invoke_async(&mut self.connection.clone()).await?)
    }

    /// Nothing: Redis forgets them by itself.
    async fn delete_expired_one_time_tokens(&self, _now: Duration) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// The user, the purpose, the payload, beginning and end, as the scripts answer.
type Row = (String, String, String, u64, u64);

impl RedisStore {
    async fn one_time_token(
        &self,
        script: &'static Script,
        hash: &[u8; 32],
    ) -> Result<Option<StoredOneTimeToken>, StoreError> {
        let mut call = self.call(script);
        let row: Option<Row> = call
            .arg(URL_SAFE_NO_PAD.encode(hash))
            .invoke_async(&mut self.connection.clone())
            .await?;
        Ok(row.map(|(user_id, purpose, payload, created, expires)| {
            let (created, expires) = (Duration::from_secs(created), Duration::from_secs(expires));
            StoredOneTimeToken::new(*hash, user_id, purpose, payload, created, expires)
        }))
    }
}
