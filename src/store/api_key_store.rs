//! What a store of API keys promises.

use std::time::Duration;

use super::{ApiKeyOwner, StoreError, StoredApiKey};

/// How many keys [`ApiKeyStore::api_keys_of`] lists.
pub(super) const LONGEST_LIST: usize = 1000;

/// A store of API keys, which knows their owners too: it is where the users are.
///
/// It keeps rows; what a key looks like and when it is good is decided by
/// [`ApiKeys`](crate::ApiKeys) and [`ApiKeyVerifier`](crate::ApiKeyVerifier). A clone is a handle to
/// the same keys. `RedisStore` is none, as it has no users.
///
/// **Invariant:** a key goes with its owner, by whatever way the owner is deleted. A database can
/// have that enforced by a foreign key that cascades.
///
/// # Examples
///
/// See [`ApiKeys`](crate::ApiKeys).
pub trait ApiKeyStore: Clone + Send + Sync + 'static {
    /// Stores a key unless its owner has `most` keys already, expired ones included, and says
    /// whether it did. Of several calls at once, no more succeed than there is room for.
    ///
    /// # Errors
    ///
    /// The store's own fault. An owner who is unknown and an ID that exists already are such.
    fn insert_api_key(
        &self,
        key: &StoredApiKey,
        most: usize,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The key with this ID, expired or not, and its owner, active or not, as of one moment. Any text
    /// may be asked for.
    ///
    /// # Errors
    ///
    /// The store's own fault; an unknown ID is `None`.
    fn find_api_key(
        &self,
        id: &str,
    ) -> impl Future<Output = Result<Option<(StoredApiKey, ApiKeyOwner)>, StoreError>> + Send;

    /// The keys of a user, expired ones included, with the newest first; not more than the first
    /// 1000.
    ///
    /// # Errors
    ///
    /// The store's own fault; an unknown user has none.
    fn api_keys_of(
        &self,
        user_id: &str,
    ) -> impl Future<Output = Result<Vec<StoredApiKey>, StoreError>> + Send;

    /// Deletes a key of this user, and says whether there was one: of several calls at once, one
    /// did.
    ///
    /// # Errors
    ///
    /// The store's own fault; another user's key stays, and is `false`.
    fn revoke_api_key(
        &self,
        user_id: &str,
        id: &str,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Deletes all keys of a user, and returns their IDs.
    ///
    /// # Errors
    ///
    /// The store's own fault; none are deleted then.
    fn revoke_api_keys_of(
        &self,
        user_id: &str,
    ) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send;

    /// Deletes the keys that had expired by `time`, since the Unix epoch, and returns their number.
    /// Expired keys are refused whether deleted or not: this only frees room.
    ///
    /// # Errors
    ///
    /// The store's own fault.
    fn delete_expired_api_keys(
        &self,
        time: Duration,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Notes that a key was used at `now`, a time since the Unix epoch, unless a later use is noted
    /// already. An unknown ID is no error.
    ///
    /// # Errors
    ///
    /// The store's own fault.
    fn touch_api_key(
        &self,
        id: &str,
        now: Duration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
