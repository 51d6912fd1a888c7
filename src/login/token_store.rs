//! Where one-time tokens are kept, whatever store that is.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::store::{OneTimeTokenStore, StoreError, StoredOneTimeToken};

/// A [`OneTimeTokenStore`] without its type.
#[derive(Clone)]
pub(super) struct TokenStore(Arc<dyn AnyTokenStore>);

impl TokenStore {
    pub(super) fn new(store: impl OneTimeTokenStore) -> Self {
        Self(Arc::new(store))
    }
}

impl OneTimeTokenStore for TokenStore {
    async fn insert_one_time_token(
        &self,
        token: &StoredOneTimeToken,
        most: usize,
    ) -> Result<(), StoreError> {
        self.0.insert(token, most).await
    }

    async fn find_one_time_token(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<StoredOneTimeToken>, StoreError> {
        self.0.find(hash).await
    }

    async fn take_one_time_token(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<StoredOneTimeToken>, StoreError> {
        self.0.take(hash).await
    }

    async fn delete_one_time_tokens_of(
        &self,
        user_id: &str,
        purpose: &str,
    ) -> Result<u64, StoreError> {
        self.0.delete_of(user_id, purpose).await
    }

    async fn delete_expired_one_time_tokens(&self, now: Duration) -> Result<u64, StoreError> {
        self.0.delete_expired(now).await
    }
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

trait AnyTokenStore: Send + Sync {
    fn insert<'a>(&'a self, token: &'a StoredOneTimeToken, most: usize) -> Answer<'a, ()>;
    fn find<'a>(&'a self, hash: &'a [u8; 32]) -> Answer<'a, Option<StoredOneTimeToken>>;
    fn take<'a>(&'a self, hash: &'a [u8; 32]) -> Answer<'a, Option<StoredOneTimeToken>>;
    fn delete_of<'a>(&'a self, user_id: &'a str, purpose: &'a str) -> Answer<'a, u64>;
    fn delete_expired(&self, now: Duration) -> Answer<'_, u64>;
}

impl<S: OneTimeTokenStore> AnyTokenStore for S {
    fn insert<'a>(&'a self, token: &'a StoredOneTimeToken, most: usize) -> Answer<'a, ()> {
        Box::pin(self.insert_one_time_token(token, most))
    }

    fn find<'a>(&'a self, hash: &'a [u8; 32]) -> Answer<'a, Option<StoredOneTimeToken>> {
        Box::pin(self.find_one_time_token(hash))
    }

    fn take<'a>(&'a self, hash: &'a [u8; 32]) -> Answer<'a, Option<StoredOneTimeToken>> {
        Box::pin(self.take_one_time_token(hash))
    }

    fn delete_of<'a>(&'a self, user_id: &'a str, purpose: &'a str) -> Answer<'a, u64> {
        Box::pin(self.delete_one_time_tokens_of(user_id, purpose))
    }

    fn delete_expired(&self, now: Duration) -> Answer<'_, u64> {
        Box::pin(self.delete_expired_one_time_tokens(now))
    }
}
