//! One-time tokens on PostgreSQL.

use std::time::Duration;

use sqlx::Postgres;

use super::{PostgresStore, is_storable, within};
use crate::store::sql::one_time::{
    DELETE_OLDEST, DELETE_ONE_TIME_TOKENS_OF, FIND_ONE_TIME_TOKEN, INSERT_ONE_TIME_TOKEN,
    OneTimeRow, TAKE_ONE_TIME_TOKEN, one_time_token, others,
};
use crate::store::sql::seconds;
use crate::store::{OneTimeTokenStore, StoreError, StoredOneTimeToken};

impl OneTimeTokenStore for PostgresStore {
    async fn insert_one_time_token(
        &self,
        token: &StoredOneTimeToken,
        most: usize,
    ) -> Result<(), StoreError> {
        within(async {
            let mut transaction = self.begin().await?;
            // Whoever makes tokens for one user takes turns, so that each sees those of the others.
            // Two users of one hash wait for each other now and then, and nothing else.
            sqlx::query(
                "SELECT pg_advisory_xact_lock(hashtext('tower_bearer_one_time'), hashtext($1))",
            )
            .bind(&token.user_id)
            .execute(&mut *transaction)
            .await?;
            sqlx::query(DELETE_OLDEST)
                .bind(&token.user_id)
                .bind(&token.purpose)
                .bind(others(most))
                .execute(&mut *transaction)
                .await?;
            sqlx::query(INSERT_ONE_TIME_TOKEN)
                .bind(token.hash.as_slice())
                .bind(&token.user_id)
                .bind(&token.purpose)
                .bind(&token.payload)
                .bind(seconds(token.created_at))
                .bind(seconds(token.expires_at))
                .execute(&mut *transaction)
                .await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn find_one_time_token(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<StoredOneTimeToken>, StoreError> {
        let row: Option<OneTimeRow> =
            self.read(|| sqlx::query_as(FIND_ONE_TIME_TOKEN).bind(hash.as_slice())).await?;
        Ok(row.map(|row| one_time_token(hash, row)))
    }

    async fn take_one_time_token(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<StoredOneTimeToken>, StoreError> {
        // One statement: a second one waits for the first, and then finds nothing.
        let row = sqlx::query_as::<Postgres, OneTimeRow>(TAKE_ONE_TIME_TOKEN)
            .bind(hash.as_slice())
            .fetch_optional(&self.pool);
        within(async { Ok(row.await?.map(|row| one_time_token(hash, row))) }).await
    }

    async fn delete_one_time_tokens_of(
        &self,
        user_id: &str,
        purpose: &str,
    ) -> Result<u64, StoreError> {
        if !is_storable(user_id) || !is_storable(purpose) {
            return Ok(0);
        }
        let deleted =
            sqlx::query(DELETE_ONE_TIME_TOKENS_OF).bind(user_id).bind(purpose).execute(&self.pool);
        within(async { Ok(deleted.await?.rows_affected()) }).await
    }

    async fn delete_expired_one_time_tokens(&self, now: Duration) -> Result<u64, StoreError> {
        self.delete_in_batches(
            "DELETE FROM tower_bearer_one_time_tokens WHERE hash IN ( \
                 SELECT hash FROM tower_bearer_one_time_tokens WHERE expires_at <= $1 \
                 LIMIT $2 FOR UPDATE SKIP LOCKED)",
            now,
        )
        .await
    }
}
