//! API keys in memory.

use std::time::Duration;

use super::MemoryStore;
use crate::store::api_key::by_age;
use crate::store::api_key_store::LONGEST_LIST;
use crate::store::{ApiKeyOwner, ApiKeyStore, StoreError, StoredApiKey};

impl ApiKeyStore for MemoryStore {
    async fn insert_api_key(&self, key: &StoredApiKey, most: usize) -> Result<bool, StoreError> {
        let mut data = self.lock();
        if !data.users.contains_key(&key.user_id) {
            return Err(StoreError::new("the owner of the API key is unknown"));
        }
        if data.api_keys.contains_key(&key.id) {
            return Err(StoreError::new("the ID of the API key exists already"));
        }
        let held = data.api_keys.values().filter(|own| own.user_id == key.user_id).count();
        let has_room = held < most;
        if has_room {
            data.api_keys.insert(key.id.clone(), key.clone());
        }
        Ok(has_room)
    }

    async fn find_api_key(
        &self,
        id: &str,
    ) -> Result<Option<(StoredApiKey, ApiKeyOwner)>, StoreError> {
        let data = self.lock();
        Ok(data.api_keys.get(id).and_then(|key| {
            let owner = &data.users.get(&key.user_id)?.user;
            Some((key.clone(), ApiKeyOwner::new(owner.is_active, owner.scopes.clone())))
        }))
    }

    async fn api_keys_of(&self, user_id: &str) -> Result<Vec<StoredApiKey>, StoreError> {
        let data = self.lock();
        let of_user = data.api_keys.values().filter(|key| key.user_id == user_id);
        let mut keys: Vec<StoredApiKey> = of_user.cloned().collect();
        keys.sort_by(by_age);
        keys.truncate(LONGEST_LIST);
        Ok(keys)
    }

    async fn revoke_api_key(&self, user_id: &str, id: &str) -> Result<bool, StoreError> {
        let mut data = self.lock();
        let is_theirs = data.api_keys.get(id).is_some_and(|key| key.user_id == user_id);
        if is_theirs {
            data.api_keys.remove(id);
        }
        Ok(is_theirs)
    }

    async fn revoke_api_keys_of(&self, user_id: &str) -> Result<Vec<String>, StoreError> {
        let mut data = self.lock();
        Ok(data.api_keys.extract_if(|_, key| key.user_id == user_id).map(|(id, _)| id).collect())
    }

    async fn delete_expired_api_keys(&self, time: Duration) -> Result<u64, StoreError> {
        let mut data = self.lock();
        Ok(data.api_keys.extract_if(|_, key| key.expires_at <= time).count() as u64)
    }

    async fn touch_api_key(&self, id: &str, now: Duration) -> Result<(), StoreError> {
        if let Some(key) = self.lock().api_keys.get_mut(id) {
            let now = Duration::from_secs(now.as_secs());
            key.last_used_at = key.last_used_at.max(Some(now));
        }
        Ok(())
    }
}
