//! What throttles count, on PostgreSQL.

use std::time::Duration;

use super::{PostgresStore, within};
use crate::store::sql::{
    DELETE_THROTTLE, FIND_THROTTLE, INSERT_THROTTLE, UPDATE_THROTTLE, seconds,
};
use crate::store::{StoreError, ThrottleState, ThrottleStore};

impl ThrottleStore for PostgresStore {
    async fn find_throttle(&self, key: &[u8; 32]) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> =
            self.read(|| sqlx::query_as(FIND_THROTTLE).bind(key.as_slice())).await?;
        Ok(row.map(|(state,)| state))
    }

    async fn replace_throttle(
        &self,
        key: &[u8; 32],
        old: Option<&str>,
        new: Option<&ThrottleState>,
    ) -> Result<bool, StoreError> {
        let statement = match (old, new) {
            (None, None) => return Ok(self.find_throttle(key).await?.is_none()),
            (None, Some(new)) => sqlx::query(INSERT_THROTTLE)
                .bind(key.as_slice())
                .bind(&new.text)
                .bind(seconds(new.expires_at)),
            (Some(old), None) => sqlx::query(DELETE_THROTTLE).bind(key.as_slice()).bind(old),
            (Some(old), Some(new)) => sqlx::query(UPDATE_THROTTLE)
                .bind(key.as_slice())
                .bind(old)
                .bind(&new.text)
                .bind(seconds(new.expires_at)),
        };
        // One statement each: a second one waits for the first, and then finds another text.
        within(async { Ok(statement.execute(&self.pool).await?.rows_affected() == 1) }).await
    }

    async fn delete_expired_throttles(&self, now: Duration) -> Result<u64, StoreError> {
        self.delete_in_batches(
            "DELETE FROM tower_bearer_throttles WHERE key_hash IN ( \
                 SELECT key_hash FROM tower_bearer_throttles WHERE expires_at <= $1 \
                 LIMIT $2 FOR UPDATE SKIP LOCKED)",
            now,
        )
        .await
    }
}
