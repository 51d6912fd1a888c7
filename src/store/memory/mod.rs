//! The store in memory.

mod accounts;
mod api_keys;
mod one_time;
mod revocations;
mod sessions;
mod throttles;
mod users;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Session, StoredApiKey, StoredOneTimeToken, StoredToken, User};
use revocations::Revoked;

/// Users, sessions and API keys in the memory of one process: for tests and for trying things out.
///
/// Everything is lost when the process ends, and other processes see nothing of it. A clone is a
/// handle to the same data. What throttles count is limited to 100,000 keys: beyond that, those go
/// that would be forgotten first.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{AccountStore, MemoryStore, NewUser, UserChange, UserStore, Username};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let user = NewUser::new(Username::new("Alice")?, "$argon2id$...");
/// let id = store.insert_user(user, Duration::from_secs(1_700_000_000)).await?.id;
///
/// store.update_user(&id, &UserChange::new().is_active(false)).await?;
/// let alice = store.find_user_by_username(&Username::new("alice")?).await?;
/// assert!(alice.is_some_and(|alice| !alice.is_active));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Data>>);

#[derive(Default)]
struct Data {
    users: HashMap<String, StoredUser>,
    sessions: HashMap<String, (Session, StoredToken)>,
    throttles: throttles::Throttles,
    api_keys: HashMap<String, StoredApiKey>,
    /// By hash.
    one_time_tokens: HashMap<[u8; 32], StoredOneTimeToken>,
    revoked: Revoked,
}

struct StoredUser {
    user: User,
    username_key: String,
    email_key: Option<String>,
}

impl MemoryStore {
    /// An empty store.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{AccountStore, MemoryStore, NewUser, UserStore, Username};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MemoryStore::new();
    /// let handle = store.clone(); // to the same users
    /// let alice = NewUser::new(Username::new("alice")?, "$argon2id$...");
    /// store.insert_user(alice, Duration::from_secs(1_700_000_000)).await?;
    /// assert_eq!(handle.list_users(None, 10).await?.len(), 1);
    /// assert!(MemoryStore::new().list_users(None, 10).await?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Data> {
        // Nothing under the lock panics between two changes that belong together.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
