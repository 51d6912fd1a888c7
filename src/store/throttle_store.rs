//! What a store of throttles promises.

use std::time::Duration;

use super::StoreError;

/// A store of what a [`LoginThrottle`](crate::LoginThrottle) counts.
///
/// It keeps one small text for each key and swaps it in one step; what the text says, and what
/// comes of it, is decided by the throttle. A key is the SHA-256 of whom it counts for, so no name
/// or address is stored. A clone is a handle to the same texts.
///
/// **Atomic:** of several calls of [`replace_throttle`](Self::replace_throttle) at once for one key
/// and one `old`, one is true. Nothing else holds a limit against attempts in parallel.
///
/// **Durability:** what is lost is forgiven, so a store need not make it durable.
///
/// # Examples
///
/// Two nodes that count at once: one is told to look again.
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{MemoryStore, ThrottleState, ThrottleStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// let state = |text| ThrottleState::new(text, now, now + Duration::from_secs(60));
/// let (key, one, other) = ([7; 32], state("1 from the first"), state("1 from the second"));
/// assert!(store.replace_throttle(&key, None, Some(&one)).await?);
/// assert!(!store.replace_throttle(&key, None, Some(&other)).await?);
/// let both = state("2");
/// assert!(store.replace_throttle(&key, Some("1 from the first"), Some(&both)).await?);
/// # Ok(())
/// # }
/// ```
pub trait ThrottleStore: Clone + Send + Sync + 'static {
    /// What is kept under this key, also when its time is over and it has not been deleted yet.
    ///
    /// # Errors
    ///
    /// The store's own fault.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{MemoryStore, ThrottleState, ThrottleStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let state = ThrottleState::new("3 failures", now, now + Duration::from_secs(60));
    /// store.replace_throttle(&[7; 32], None, Some(&state)).await?;
    /// assert_eq!(store.find_throttle(&[7; 32]).await?.as_deref(), Some("3 failures"));
    /// assert_eq!(store.find_throttle(&[8; 32]).await?, None);
    /// # Ok(())
    /// # }
    /// ```
    fn find_throttle(
        &self,
        key: &[u8; 32],
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Replaces what is kept under this key if it still is `old`, in one step, and says whether it
    /// did. `None` stands for nothing: as `old` for a key that is new, as `new` to delete it.
    ///
    /// # Errors
    ///
    /// The store's own fault. Nothing has changed then, or the step has happened and only its
    /// acknowledgement was lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{MemoryStore, ThrottleState, ThrottleStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let state = |text| ThrottleState::new(text, now, now + Duration::from_secs(60));
    /// assert!(store.replace_throttle(&[7; 32], None, Some(&state("a"))).await?); // it is new
    /// assert!(!store.replace_throttle(&[7; 32], Some("x"), Some(&state("b"))).await?); // no
    /// assert!(store.replace_throttle(&[7; 32], Some("a"), None).await?);
    /// assert_eq!(store.find_throttle(&[7; 32]).await?, None); // deleted
    /// # Ok(())
    /// # }
    /// ```
    fn replace_throttle(
        &self,
        key: &[u8; 32],
        old: Option<&str>,
        new: Option<&ThrottleState>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Deletes what says nothing any more at `now`, a time since the Unix epoch. Returns its
    /// number, zero for a store that forgets by itself. This only frees room.
    ///
    /// # Errors
    ///
    /// The store's own fault.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{MemoryStore, ThrottleState, ThrottleStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let state = ThrottleState::new("3 failures", now, now + Duration::from_secs(60));
    /// store.replace_throttle(&[7; 32], None, Some(&state)).await?;
    /// assert_eq!(store.delete_expired_throttles(now).await?, 0);
    /// assert_eq!(store.delete_expired_throttles(state.expires_at).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    fn delete_expired_throttles(
        &self,
        now: Duration,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// What a [`ThrottleStore`] keeps under one key.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{MemoryStore, ThrottleState, ThrottleStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), tower_bearer::StoreError> {
/// let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// let state = ThrottleState::new("a text", now, now + Duration::from_secs(60));
/// assert!(store.replace_throttle(&[7; 32], None, Some(&state)).await?);
/// assert!(!store.replace_throttle(&[7; 32], None, Some(&state)).await?, "it is there");
/// assert_eq!(store.find_throttle(&[7; 32]).await?.as_deref(), Some("a text"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThrottleState {
    /// The throttle's text: never empty, below 200 bytes of ASCII.
    pub text: String,
    /// When it was written, since the Unix epoch, by the clock of whoever wrote it.
    pub written_at: Duration,
    /// When it says nothing any more, since the Unix epoch, in whole seconds, by the same clock.
    pub expires_at: Duration,
}

impl ThrottleState {
    /// For the tests of a store of one's own: the throttle makes these itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::ThrottleState;
    ///
    /// let written = Duration::from_secs(1_700_000_000);
    /// let state = ThrottleState::new("3 failures", written, written + Duration::from_secs(900));
    /// assert_eq!(state.expires_at - state.written_at, Duration::from_secs(900));
    /// ```
    pub fn new(text: impl Into<String>, written_at: Duration, expires_at: Duration) -> Self {
        Self { text: text.into(), written_at, expires_at }
    }
}
