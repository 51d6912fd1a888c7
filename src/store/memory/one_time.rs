//! One-time tokens in memory.

use std::time::Duration;

use super::MemoryStore;
use crate::store::{OneTimeTokenStore, StoreError, StoredOneTimeToken};

impl OneTimeTokenStore for MemoryStore {
    async fn insert_one_time_token(
        &self,
        token: &StoredOneTimeToken,
        most: usize,
    ) -> Result<(), StoreError> {
        let mut data = self.lock();
        if data.one_time_tokens.contains_key(&token.hash) {
            return Err(StoreError::new("the hash of the one-time token exists already"));
        }
        let mut others: Vec<_> = data
            .one_time_tokens
            .values()
            .filter(|other| other.user_id == token.user_id && other.purpose == token.purpose)
            .map(|other| (std::cmp::Reverse(other.created_at), other.hash))
            .collect();
        others.sort();
        for (_, hash) in others.into_iter().skip(most.max(1) - 1) {
            data.one_time_tokens.remove(&hash);
        }
        data.one_time_tokens.insert(token.hash, token.clone());
        Ok(())
    }

    async fn find_one_time_token(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<StoredOneTimeToken>, StoreError> {
        Ok(self.lock().one_time_tokens.get(hash).cloned())
    }

    async fn take_one_time_token(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<StoredOneTimeToken>, StoreError> {
        Ok(self.lock().one_time_tokens.remove(hash))
    }

    async fn delete_one_time_tokens_of(
        &self,
        user_id: &str,
        purpose: &str,
    ) -> Result<u64, StoreError> {
        let tokens = &mut self.lock().one_time_tokens;
        let before = tokens.len();
        tokens.retain(|_, token| token.user_id != user_id || token.purpose != purpose);
        Ok((before - tokens.len()) as u64)
    }

    async fn delete_expired_one_time_tokens(&self, now: Duration) -> Result<u64, StoreError> {
        let tokens = &mut self.lock().one_time_tokens;
        let before = tokens.len();
        tokens.retain(|_, token| token.expires_at > now);
        Ok((before - tokens.len()) as u64)
    }
}
