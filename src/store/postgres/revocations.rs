//! Revoked access tokens on PostgreSQL.

use std::time::Duration;

use super::{PostgresStore, is_storable, within};
use crate::Token;
use crate::store::revocation_store::issued_at;
use crate::store::sql::revocations::{
    DELETE_EXPIRED, IS_REVOKED, REVOKE_TOKEN, REVOKE_TOKENS_BEFORE,
};
use crate::store::sql::seconds;
use crate::store::{RevocationStore, StoreError};
use crate::subject::Revocations;

impl Revocations for PostgresStore {
    type Error = StoreError;

    async fn is_revoked(&self, token: &Token) -> Result<bool, StoreError> {
        // No session has such an ID, so that of the token is none that lives.
        if token.session_id().is_some_and(|id| !is_storable(id)) {
            return Ok(true);
        }
        let row: Option<(bool,)> = self
            .read(|| {
                sqlx::query_as(IS_REVOKED)
                    .bind(token.id().filter(|id| is_storable(id)))
                    .bind(token.session_id())
                    .bind(token.subject().filter(|subject| is_storable(subject)))
                    .bind(issued_at(token))
            })
            .await?;
        // It answers with one row.
        Ok(row.is_none_or(|(is_revoked,)| is_revoked))
    }
}

impl RevocationStore for PostgresStore {
    async fn revoke_token(
        &self,
        id: &str,
        until: Duration,
        _now: Duration,
    ) -> Result<(), StoreError> {
        let insert = sqlx::query(REVOKE_TOKEN).bind(id).bind(seconds(until)).execute(&self.pool);
        within(async { Ok(insert.await.map(drop)?) }).await
    }

    async fn revoke_tokens_before(
        &self,
        subject: &str,
        not_before: Duration,
        until: Duration,
        _now: Duration,
    ) -> Result<(), StoreError> {
        let insert = sqlx::query(REVOKE_TOKENS_BEFORE)
            .bind(subject)
            .bind(seconds(not_before))
            .bind(seconds(until))
            .execute(&self.pool);
        within(async { Ok(insert.await.map(drop)?) }).await
    }
}

impl PostgresStore {
    pub(super) async fn delete_expired_revocations(&self, now: Duration) -> Result<(), StoreError> {
        for delete in DELETE_EXPIRED {
            let delete = sqlx::query(delete).bind(seconds(now)).execute(&self.pool);
            within(async { Ok::<_, StoreError>(delete.await.map(drop)?) }).await?;
        }
        Ok(())
    }
}
