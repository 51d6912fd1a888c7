//! What throttles count, on SQLite.

use std::time::Duration;

use super::SqliteStore;
use crate::store::sql::{
    DELETE_THROTTLE, FIND_THROTTLE, INSERT_THROTTLE, UPDATE_THROTTLE, seconds,
};
use crate::store::{StoreError, ThrottleState, ThrottleStore};

impl ThrottleStore for SqliteStore {
    async fn find_throttle(&self, key: &[u8; 32]) -> Result<Option<String>, StoreError> {
        let found = sqlx::query_scalar(FIND_THROTTLE).bind(key.as_slice());
        Ok(found.fetch_optional(&self.pool).await?)
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
        let mut write = self.write().await?;
        let done = statement.execute(&mut *write.transaction).await?;
        write.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    async fn delete_expired_throttles(&self, now: Duration) -> Result<u64, StoreError> {
        let mut write = self.write().await?;
        let deleted = sqlx::query("DELETE FROM tower_bearer_throttles WHERE expires_at <= ?")
            .bind(seconds(now))
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await?;
        Ok(deleted.rows_affected())
    }
}
