//! The store in memory.

mod api_keys;
mod revocations;
mod sessions;
mod throttles;
mod users;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Session, StoredApiKey, StoredToken, User};
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
/// use tower_bearer::{MemoryStore, NewUser, UserStore, Username};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let user = NewUser::new(Username::new("Alice")?, "$argon2id$...");
/// let id = store.insert_user(user, Duration::from_secs(1_700_000_000)).await?.id;
///
/// store.update_user(&id, |user| user.is_active = false);
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
    revoked: Revoked,
}

struct StoredUser {
    user: User,
    username_key: String,
    email_key: Option<String>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes a user, as an administrator would, and says whether there is one with this ID.
    ///
    /// The ID, the user name and the e-mail address stay as they are, whatever `change` does.
    ///
    /// # Panics
    ///
    /// When `change` panics; the user is unchanged then. `change` runs while the store is
    /// locked: calling the store from it waits for ever.
    pub fn update_user(&self, id: &str, change: impl FnOnce(&mut User)) -> bool {
        let mut data = self.lock();
        let Some(StoredUser { user, .. }) = data.users.get_mut(id) else { return false };
        let mut changed = user.clone();
        change(&mut changed);
        changed.id.clone_from(&user.id);
        changed.username.clone_from(&user.username);
        changed.email.clone_from(&user.email);
        *user = changed;
        true
    }

    /// Deletes a user with all sessions and API keys, and says whether there was one with this ID.
    pub fn remove_user(&self, id: &str) -> bool {
        let mut data = self.lock();
        data.sessions.retain(|_, (session, _)| session.user_id != id);
        data.api_keys.retain(|_, key| key.user_id != id);
        data.users.remove(id).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Data> {
        // A panic under the lock can only come from a closure that has not changed anything yet.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
