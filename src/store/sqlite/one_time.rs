//! One-time tokens on SQLite.

use std::time::Duration;

use sqlx::Sqlite;

use super::SqliteStore;
use crate::store::sql::one_time::{
    DELETE_OLDEST, DELETE_ONE_TIME_TOKENS_OF, FIND_ONE_TIME_TOKEN, INSERT_ONE_TIME_TOKEN,
    OneTimeRow, TAKE_ONE_TIME_TOKEN, one_time_token, others,
};
use crate::store::sql::seconds;
use crate::store::{OneTimeTokenStore, StoreError, StoredOneTimeToken};

impl OneTimeTokenStore for SqliteStore {
    async fn insert_one_time_token(
        &self,
        token: &StoredOneTimeToken,
        most: usize,
    ) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        sqlx::query(DELETE_OLDEST)
            .bind(&token.user_id)
            .bind(&token.purpose)
            .bind(others(most))
            .execute(&mut *write.transaction)
            .await?;
        sqlx::query(INSERT_ONE_TIME_TOKEN)
            .bind(token.hash.as_slice())
            .bind(&token.user_id)
            .bind(&token.purpose)
            .bind(&token.payload)
            .bind(seconds(token.created_at))
            .bind(seconds(token.expires_at))
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await
    }

    async fn find_one_time_token(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<StoredOneTimeToken>, StoreError> {
        let row = sqlx::query_as::<Sqlite, OneTimeRow>(FIND_ONE_TIME_TOKEN)
            .bind(hash.as_slice())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| one_time_token(hash, row)))
    }

    async fn take_one_time_token(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<StoredOneTimeToken>, StoreError> {
        let mut write = self.write().await?;
        let row = sqlx::query_as::<Sqlite, OneTimeRow>(TAKE_ONE_TIME_TOKEN)
            .bind(hash.as_slice())
            .fetch_optional(&mut *write.transaction)
            .await?;
        write.commit().await?;
        Ok(row.map(|row| one_time_token(hash, row)))
    }

    async fn delete_one_time_tokens_of(
        &self,
        user_id: &str,
        purpose: &str,
    ) -> Result<u64, StoreError> {
        let mut write = self.write().await?;
        let deleted = sqlx::query(DELETE_ONE_TIME_TOKENS_OF)
            .bind(user_id)
            .bind(purpose)
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await?;
        Ok(deleted.rows_affected())
    }

    async fn delete_expired_one_time_tokens(&self, now: Duration) -> Result<u64, StoreError> {
        let mut write = self.write().await?;
        let deleted = sqlx::query("DELETE FROM tower_bearer_one_time_tokens WHERE expires_at <= ?")
            .bind(seconds(now))
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await?;
        Ok(deleted.rows_affected())
    }
}
