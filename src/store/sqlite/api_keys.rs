//! API keys on SQLite.

use std::time::Duration;

use sqlx::Sqlite;

use super::SqliteStore;
use crate::store::api_key_store::LONGEST_LIST;
use crate::store::sql::api_keys::{
    API_KEYS_OF, ApiKeyRow, COUNT_API_KEYS, DELETE_EXPIRED_API_KEYS, FIND_API_KEY, INSERT_API_KEY,
    OwnedApiKeyRow, REVOKE_API_KEY, REVOKE_API_KEYS_OF, TOUCH_API_KEY, api_keys, owned_api_key,
};
use crate::store::sql::seconds;
use crate::store::{ApiKeyOwner, ApiKeyStore, StoreError, StoredApiKey};

impl ApiKeyStore for SqliteStore {
    async fn insert_api_key(&self, key: &StoredApiKey, most: usize) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        let held: i64 = sqlx::query_scalar(COUNT_API_KEYS)
            .bind(&key.user_id)
            .fetch_one(&mut *write.transaction)
            .await?;
        if usize::try_from(held).is_ok_and(|held| held >= most) {
            return Ok(false);
        }
        sqlx::query(INSERT_API_KEY)
            .bind(&key.id)
            .bind(&key.user_id)
            .bind(&key.name)
            .bind(&key.prefix)
            .bind(key.scopes.join(" "))
            .bind(&key.rate)
            .bind(key.hash.as_slice())
            .bind(seconds(key.created_at))
            .bind(seconds(key.expires_at))
            .bind(key.last_used_at.map(seconds))
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await?;
        Ok(true)
    }

    async fn find_api_key(
        &self,
        id: &str,
    ) -> Result<Option<(StoredApiKey, ApiKeyOwner)>, StoreError> {
        let row = sqlx::query_as::<Sqlite, OwnedApiKeyRow<String>>(FIND_API_KEY)
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let (key, is_active, scopes) = owned_api_key(row)?;
        let scopes: Vec<String> = serde_json::from_str(&scopes).map_err(StoreError::new)?;
        Ok(Some((key, ApiKeyOwner::new(is_active, scopes))))
    }

    async fn api_keys_of(&self, user_id: &str) -> Result<Vec<StoredApiKey>, StoreError> {
        let rows = sqlx::query_as::<Sqlite, ApiKeyRow>(API_KEYS_OF)
            .bind(user_id)
            .bind(LONGEST_LIST as i64)
            .fetch_all(&self.pool)
            .await?;
        api_keys(rows)
    }

    async fn revoke_api_key(&self, user_id: &str, id: &str) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        let revoked = sqlx::query(REVOKE_API_KEY)
            .bind(id)
            .bind(user_id)
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await?;
        Ok(revoked.rows_affected() == 1)
    }

    async fn revoke_api_keys_of(&self, user_id: &str) -> Result<Vec<String>, StoreError> {
        let mut write = self.write().await?;
        let revoked = sqlx::query_scalar(REVOKE_API_KEYS_OF)
            .bind(user_id)
            .fetch_all(&mut *write.transaction)
            .await?;
        write.commit().await?;
        Ok(revoked)
    }

    async fn delete_expired_api_keys(&self, time: Duration) -> Result<u64, StoreError> {
        let mut write = self.write().await?;
        let deleted = sqlx::query(DELETE_EXPIRED_API_KEYS)
            .bind(seconds(time))
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await?;
        Ok(deleted.rows_affected())
    }

    async fn touch_api_key(&self, id: &str, now: Duration) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        sqlx::query(TOUCH_API_KEY)
            .bind(id)
            .bind(seconds(now))
            .execute(&mut *write.transaction)
            .await?;
        write.commit().await
    }
}
