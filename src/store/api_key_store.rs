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
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{ApiKeyStore, MemoryStore, StoredApiKey};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// # let over = now + Duration::from_secs(3600);
    /// let key = |id| StoredApiKey::new(id, &alice.id, "backup", "tb", [7; 32], now, over);
    /// assert!(store.insert_api_key(&key("one"), 1).await?);
    /// assert!(!store.insert_api_key(&key("two"), 1).await?); // she has as many as allowed
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{ApiKeyStore, MemoryStore};
    /// # use tower_bearer::StoredApiKey;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// # let key = StoredApiKey::new("one", &alice.id, "backup", "tb", [7; 32], now, now);
    /// # store.insert_api_key(&key, 1).await?;
    /// let (key, owner) = store.find_api_key("one").await?.ok_or("no such key")?;
    /// assert_eq!(key.name, "backup");
    /// assert!(owner.is_active && owner.scopes == ["data:read"]); // Alice, as she is now
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{ApiKeyStore, ApiKeys, MemoryStore, NewApiKey};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// for (second, name) in (0..).zip(["old", "new"]) {
    ///     let key = NewApiKey::new(&alice.id, name).scopes(["data:read"]);
    ///     ApiKeys::new().issue(&store, key, now + Duration::from_secs(second)).await?;
    /// }
    /// let keys = store.api_keys_of(&alice.id).await?;
    /// assert_eq!(keys.iter().map(|key| &*key.name).collect::<Vec<_>>(), ["new", "old"]);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{ApiKeyStore, ApiKeys, MemoryStore, NewApiKey};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]);
    /// let key = ApiKeys::new().issue(&store, new, now).await?.stored;
    ///
    /// assert!(!store.revoke_api_key("somebody else", &key.id).await?); // it is Alice's
    /// assert!(store.revoke_api_key(&alice.id, &key.id).await?);
    /// assert!(store.find_api_key(&key.id).await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{ApiKeyStore, ApiKeys, MemoryStore, NewApiKey};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]);
    /// let key = ApiKeys::new().issue(&store, new, now).await?.stored;
    ///
    /// // Her password was stolen.
    /// assert_eq!(store.revoke_api_keys_of(&alice.id).await?, [key.id]);
    /// assert!(store.api_keys_of(&alice.id).await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{ApiKeyStore, ApiKeys, MemoryStore, NewApiKey};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// # let day = Duration::from_secs(24 * 3600);
    /// let new = NewApiKey::new(&alice.id, "trial").scopes(["data:read"]).lifetime(day);
    /// ApiKeys::new().issue(&store, new, now).await?;
    /// assert_eq!(store.delete_expired_api_keys(now).await?, 0);
    /// assert_eq!(store.delete_expired_api_keys(now + day).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{ApiKeyStore, ApiKeys, MemoryStore, NewApiKey};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// # let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]);
    /// # let id = ApiKeys::new().issue(&store, new, now).await?.stored.id;
    /// let later = now + Duration::from_secs(90);
    /// store.touch_api_key(&id, later).await?;
    /// store.touch_api_key(&id, now).await?; // a node that was slow
    /// let found = store.find_api_key(&id).await?;
    /// assert!(found.is_some_and(|(key, _)| key.last_used_at == Some(later)));
    /// # Ok(())
    /// # }
    /// ```
    fn touch_api_key(
        &self,
        id: &str,
        now: Duration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
