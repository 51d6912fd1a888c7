//! Revoked access tokens on Redis, which forgets them by itself.

use std::sync::LazyLock;
use std::time::Duration;

use redis::Script;

use super::sessions::milliseconds;
use super::{RedisStore, script};
use crate::Token;
use crate::store::revocation_store::{issued_at, seconds};
use crate::store::{RevocationStore, StoreError};
use crate::subject::Revocations;

static IS_REVOKED: LazyLock<Script> = script!("is_revoked.lua");
static REVOKE_TOKEN: LazyLock<Script> = script!("revoke_token.lua");
static REVOKE_TOKENS_BEFORE: LazyLock<Script> = script!("revoke_tokens_before.lua");

impl Revocations for RedisStore {
    type Error = StoreError;

    async fn is_revoked(&self, token: &Token) -> Result<bool, StoreError> {
        let mut call = self.call(&IS_REVOKED);
        for name in [token.id(), token.session_id(), token.subject()] {
            call.arg(name.map(|name| format!("={name}")).unwrap_or_default());
        }
        call.arg(issued_at(token));
        Ok(call.invoke_async(&mut self.connection.clone()).await?)
    }
}

impl RevocationStore for RedisStore {
    async fn revoke_token(
        &self,
        id: &str,
        until: Duration,
        now: Duration,
    ) -> Result<(), StoreError> {
        self.call(&REVOKE_TOKEN)
            .arg(id)
            .arg(milliseconds(until.saturating_sub(now)))
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(StoreError::from)
    }

    async fn revoke_tokens_before(
        &self,
        subject: &str,
        not_before: Duration,
        until: Duration,
        now: Duration,
    ) -> Result<(), StoreError> {
        self.call(&REVOKE_TOKENS_BEFORE)
            .arg(subject)
            .arg(seconds(not_before))
            .arg(milliseconds(until.saturating_sub(now)))
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(StoreError::from)
    }
}
