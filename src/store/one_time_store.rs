//! What a store of one-time tokens promises.

use std::fmt;
use std::time::Duration;

use super::StoreError;

/// A store of tokens that are used once: those that are mailed to confirm an address or to reset a
/// password.
///
/// It keeps rows; what a token looks like and whether it is good is decided by
/// [`OneTimeTokens`](crate::OneTimeTokens). A clone is a handle to the same tokens.
///
/// **Atomic:** [`take_one_time_token`](Self::take_one_time_token) deletes and returns in one step,
/// so that of any number of parallel uses one succeeds.
///
/// **Invariant:** where the store has the users too, a user's tokens go with the user, by whatever
/// way that is deleted.
///
/// # Examples
///
/// By hand, what [`OneTimeTokens`](crate::OneTimeTokens) does with one:
///
/// ```
/// use sha2::{Digest, Sha256};
/// # use std::time::Duration;
/// use tower_bearer::{MemoryStore, OneTimePurpose, OneTimeTokenStore, OneTimeTokens};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// let verify = OneTimePurpose::VerifyEmail;
/// let token = OneTimeTokens::new().issue(&store, verify, "alice", "a@example.com", now).await?;
///
/// let hash: [u8; 32] = Sha256::digest(token.as_str()).into(); // all that the store has of it
/// let row = store.find_one_time_token(&hash).await?.ok_or("it is not there")?;
/// assert_eq!((row.user_id.as_str(), row.payload.as_str()), ("alice", "a@example.com"));
/// # Ok(())
/// # }
/// ```
pub trait OneTimeTokenStore: Clone + Send + Sync + 'static {
    /// Stores a token, and deletes the oldest of the same user and purpose, so that not more than
    /// `most` are left, this one included; zero counts as one.
    ///
    /// # Errors
    ///
    /// The store's own fault; nothing has changed then.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{MemoryStore, OneTimeTokenStore, StoredOneTimeToken};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let over = now + Duration::from_secs(1800);
    /// for (second, hash) in (0..).zip([[1; 32], [2; 32], [3; 32]]) {
    ///     let born = now + Duration::from_secs(second);
    ///     let token = StoredOneTimeToken::new(hash, "alice", "reset_password", "", born, over);
    ///     store.insert_one_time_token(&token, 2).await?;
    /// }
    /// assert!(store.find_one_time_token(&[1; 32]).await?.is_none()); // the oldest made room
    /// assert!(store.find_one_time_token(&[2; 32]).await?.is_some());
    /// # Ok(())
    /// # }
    /// ```
    fn insert_one_time_token(
        &self,
        token: &StoredOneTimeToken,
        most: usize,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The token with this hash, also when it has expired and has not been deleted yet. It stays.
    ///
    /// # Errors
    ///
    /// The store's own fault; an unknown token is `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, OneTimeTokenStore, StoredOneTimeToken};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let over = now + Duration::from_secs(1800);
    /// let token = StoredOneTimeToken::new([7; 32], "alice", "reset_password", "", now, over);
    /// store.insert_one_time_token(&token, 10).await?;
    /// for _ in 0..2 {
    ///     assert_eq!(store.find_one_time_token(&[7; 32]).await?.as_ref(), Some(&token));
    /// }
    /// assert_eq!(store.find_one_time_token(&[8; 32]).await?, None);
    /// # Ok(())
    /// # }
    /// ```
    fn find_one_time_token(
        &self,
        hash: &[u8; 32],
    ) -> impl Future<Output = Result<Option<StoredOneTimeToken>, StoreError>> + Send;

    /// Deletes the token with this hash and returns it, in one step: of several calls at once, one
    /// gets it.
    ///
    /// # Errors
    ///
    /// The store's own fault; an unknown token is `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, OneTimeTokenStore, StoredOneTimeToken};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let token = StoredOneTimeToken::new([7; 32], "alice", "reset_password", "", now, now);
    /// # store.insert_one_time_token(&token, 10).await?;
    /// // Two clicks on one link: one of them gets it.
    /// let (one, other) =
    ///     tokio::join!(store.take_one_time_token(&[7; 32]), store.take_one_time_token(&[7; 32]));
    /// assert_eq!([one?, other?].iter().flatten().count(), 1);
    /// # Ok(())
    /// # }
    /// ```
    fn take_one_time_token(
        &self,
        hash: &[u8; 32],
    ) -> impl Future<Output = Result<Option<StoredOneTimeToken>, StoreError>> + Send;

    /// Deletes all tokens of a user for one purpose, and returns their number.
    ///
    /// # Errors
    ///
    /// The store's own fault; an unknown user has none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, OneTimePurpose, OneTimeTokenStore, OneTimeTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let rules = OneTimeTokens::new();
    /// let (reset, verify) = (OneTimePurpose::ResetPassword, OneTimePurpose::VerifyEmail);
    /// for purpose in [reset, reset, verify] {
    ///     rules.issue(&store, purpose, "alice", "", now).await?;
    /// }
    /// assert_eq!(store.delete_one_time_tokens_of("alice", reset.as_str()).await?, 2);
    /// assert_eq!(store.delete_one_time_tokens_of("alice", verify.as_str()).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    fn delete_one_time_tokens_of(
        &self,
        user_id: &str,
        purpose: &str,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Deletes what has expired at `now`, a time since the Unix epoch. Returns its number, zero for
    /// a store that forgets by itself. This only frees room.
    ///
    /// # Errors
    ///
    /// The store's own fault.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, OneTimePurpose, OneTimeTokenStore, OneTimeTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let (rules, reset) = (OneTimeTokens::new(), OneTimePurpose::ResetPassword);
    /// rules.issue(&store, reset, "alice", "", now).await?;
    /// assert_eq!(store.delete_expired_one_time_tokens(now).await?, 0);
    /// let over = now + rules.lifetime_of(reset);
    /// assert_eq!(store.delete_expired_one_time_tokens(over).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    fn delete_expired_one_time_tokens(
        &self,
        now: Duration,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// A one-time token, as a store keeps it: nobody can use what is in here. Debug leaves hash and
/// payload out.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{MemoryStore, OneTimeTokenStore, StoredOneTimeToken};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), tower_bearer::StoreError> {
/// let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// let until = now + Duration::from_secs(60);
/// let token = StoredOneTimeToken::new([7; 32], "alice", "verify_email", "{}", now, until);
/// store.insert_one_time_token(&token, 1).await?;
/// assert_eq!(store.take_one_time_token(&[7; 32]).await?, Some(token));
/// assert_eq!(store.take_one_time_token(&[7; 32]).await?, None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredOneTimeToken {
    /// SHA-256 of its text: unique in the store.
    pub hash: [u8; 32],
    /// Whose it is.
    pub user_id: String,
    /// What it is good for: lower-case letters and underscores.
    pub purpose: String,
    /// What it is about, such as an address: any text without NUL.
    pub payload: String,
    /// When it was made, in whole seconds since the Unix epoch.
    pub created_at: Duration,
    /// When it expires, in whole seconds since the Unix epoch.
    pub expires_at: Duration,
}

impl StoredOneTimeToken {
    /// A token of these fields.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::StoredOneTimeToken;
    ///
    /// let now = Duration::from_secs(1_700_000_000);
    /// let until = now + Duration::from_secs(30 * 60);
    /// let about = "a@example.com";
    /// let token = StoredOneTimeToken::new([7; 32], "alice", "reset_password", about, now, until);
    /// assert_eq!(token.expires_at - token.created_at, Duration::from_secs(1800));
    /// assert!(!format!("{token:?}").contains("a@example.com"));
    /// ```
    pub fn new(
        hash: [u8; 32],
        user_id: impl Into<String>,
        purpose: impl Into<String>,
        payload: impl Into<String>,
        created_at: Duration,
        expires_at: Duration,
    ) -> Self {
        Self {
            hash,
            user_id: user_id.into(),
            purpose: purpose.into(),
            payload: payload.into(),
            created_at,
            expires_at,
        }
    }
}

impl fmt::Debug for StoredOneTimeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredOneTimeToken")
            .field("user_id", &self.user_id)
            .field("purpose", &self.purpose)
            .field("created_at", &self.created_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
