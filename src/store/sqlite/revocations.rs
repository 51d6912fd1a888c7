//! Revoked access tokens on SQLite.

use std::time::Duration;

use super::{SqliteStore, Write};
use crate::Token;
use crate::store::revocation_store::issued_at;
use crate::store::sql::revocations::{
    DELETE_EXPIRED, IS_REVOKED, REVOKE_TOKEN, REVOKE_TOKENS_BEFORE,
};
use crate::store::sql::seconds;
use crate::store::{RevocationStore, StoreError};
use crate::subject::Revocations;

impl Revocations for SqliteStore {
    type Error = StoreError;

    async fn is_revoked(&self, token: &Token) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar(IS_REVOKED)
            .bind(token.id())
            .bind(token.session_id())
            .bind(token.subject())
            .bind(issued_at(token))
            .fetch_one(&self.pool)
            .await?)
    }
}

impl RevocationStore for SqliteStore {
    async fn revoke_token(
        &self,
        id: &str,
        until: Duration,
        _now: Duration,
    ) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        sqlx::query(REVOKE_TOKEN)
            .bind(id)
            .bind(seconds(until))
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await
    }

    async fn revoke_tokens_before(
        &self,
        subject: &str,
        not_before: Duration,
        until: Duration,
        _now: Duration,
    ) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        sqlx::query(REVOKE_TOKENS_BEFORE)
            .bind(subject)
            .bind(seconds(not_before))
            .bind(seconds(until))
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await
    }
}

impl Write<'_> {
    pub(super) async fn delete_expired_revocations(
        &mut self,
        now: Duration,
    ) -> Result<(), StoreError> {
        for delete in DELETE_EXPIRED {
            sqlx::query(delete).bind(seconds(now)).execute(&mut *self.transaction).await?;
        }
        Ok(())
    }
}
