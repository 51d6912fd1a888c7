//! API keys on PostgreSQL.

use std::time::Duration;

use sqlx::Postgres;

use super::{PostgresStore, is_storable, within};
use crate::store::api_key_store::LONGEST_LIST;
use crate::store::sql::api_keys::{
    API_KEYS_OF, ApiKeyRow, COUNT_API_KEYS, DELETE_EXPIRED_API_KEYS, FIND_API_KEY, INSERT_API_KEY,
    OwnedApiKeyRow, REVOKE_API_KEY, REVOKE_API_KEYS_OF, TOUCH_API_KEY, api_keys, owned_api_key,
};
use crate::store::sql::seconds;
use crate::store::{ApiKeyOwner, ApiKeyStore, StoreError, StoredApiKey};

impl ApiKeyStore for PostgresStore {
    async fn insert_api_key(&self, key: &StoredApiKey, most: usize) -> Result<bool, StoreError> {
        within(async {
            let mut transaction = self.begin().await?;
            // Whoever makes keys for one owner takes turns, so that each counts those of the others.
            sqlx::query("SELECT 1 FROM tower_bearer_users WHERE id = $1 FOR NO KEY UPDATE")
                .bind(&key.user_id)
                .execute(&mut *transaction)
                .await?;
            let held: i64 = sqlx::query_scalar(COUNT_API_KEYS)
                .bind(&key.user_id)
                .fetch_one(&mut *transaction)
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
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(true)
        })
        .await
    }

    async fn find_api_key(
        &self,
        id: &str,
    ) -> Result<Option<(StoredApiKey, ApiKeyOwner)>, StoreError> {
        if !is_storable(id) {
            return Ok(None);
        }
        let row: Option<OwnedApiKeyRow<Vec<String>>> =
            self.read(|| sqlx::query_as(FIND_API_KEY).bind(id)).await?;
        let Some(row) = row else { return Ok(None) };
        let (key, is_active, scopes) = owned_api_key(row)?;
        Ok(Some((key, ApiKeyOwner::new(is_active, scopes))))
    }

    async fn api_keys_of(&self, user_id: &str) -> Result<Vec<StoredApiKey>, StoreError> {
        if !is_storable(user_id) {
            return Ok(Vec::new());
        }
        let rows = sqlx::query_as::<Postgres, ApiKeyRow>(API_KEYS_OF)
            .bind(user_id)
            .bind(LONGEST_LIST as i64)
            .fetch_all(&self.pool);
        within(async { api_keys(rows.await?) }).await
    }

    async fn revoke_api_key(&self, user_id: &str, id: &str) -> Result<bool, StoreError> {
        if !is_storable(user_id) || !is_storable(id) {
            return Ok(false);
        }
        let revoked = sqlx::query(REVOKE_API_KEY).bind(id).bind(user_id).execute(&self.pool);
        within(async { Ok(revoked.await?.rows_affected() == 1) }).await
    }

    async fn revoke_api_keys_of(&self, user_id: &str) -> Result<Vec<String>, StoreError> {
        if !is_storable(user_id) {
            return Ok(Vec::new());
        }
        let revoked = sqlx::query_scalar(REVOKE_API_KEYS_OF).bind(user_id).fetch_all(&self.pool);
        within(async { Ok(revoked.await?) }).await
    }

    async fn delete_expired_api_keys(&self, time: Duration) -> Result<u64, StoreError> {
        let deleted = sqlx::query(DELETE_EXPIRED_API_KEYS).bind(seconds(time)).execute(&self.pool);
        within(async { Ok(deleted.await?.rows_affected()) }).await
    }

    async fn touch_api_key(&self, id: &str, now: Duration) -> Result<(), StoreError> {
        if !is_storable(id) {
            return Ok(());
        }
        let touch = sqlx::query(TOUCH_API_KEY).bind(id).bind(seconds(now)).execute(&self.pool);
        within(async { Ok(touch.await.map(drop)?) }).await
    }
}
