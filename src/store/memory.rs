//! The store in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{
    Email, InsertUserError, NewUser, RefreshStore, Rotation, Session, StoreError, StoredToken,
    User, UserStore, Username,
};
use crate::random;

/// Users and sessions in the memory of one process: for tests and for trying things out.
///
/// Everything is lost when the process ends, and other processes see nothing of it. A clone is a
/// handle to the same data.
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
    sessions: HashMap<String, Session>,
    /// By selector.
    tokens: HashMap<String, StoredToken>,
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

    /// Deletes a user with all sessions, and says whether there was one with this ID.
    pub fn remove_user(&self, id: &str) -> bool {
        let mut data = self.lock();
        data.end_sessions(|session, _| session.user_id == id);
        data.users.remove(id).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Data> {
        // A panic under the lock can only come from a closure that has not changed anything yet.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, matches: impl Fn(&StoredUser) -> bool) -> Option<User> {
        self.lock().users.values().find(|stored| matches(stored)).map(|stored| stored.user.clone())
    }
}

impl UserStore for MemoryStore {
    async fn insert_user(&self, new: NewUser, now: Duration) -> Result<User, InsertUserError> {
        let id = random::id().map_err(StoreError::new)?;
        let username_key = new.username.key().to_owned();
        let email_key = new.email.as_ref().map(|email| email.key().to_owned());

        let mut data = self.lock();
        if data.users.values().any(|stored| stored.username_key == username_key) {
            return Err(InsertUserError::UsernameTaken);
        }
        if email_key.is_some() && data.users.values().any(|stored| stored.email_key == email_key) {
            return Err(InsertUserError::EmailTaken);
        }
        let user = new.into_user(id.clone(), now);
        data.users.insert(id, StoredUser { user: user.clone(), username_key, email_key });
        Ok(user)
    }

    async fn find_user(&self, id: &str) -> Result<Option<User>, StoreError> {
        Ok(self.lock().users.get(id).map(|stored| stored.user.clone()))
    }

    async fn find_user_by_username(&self, username: &Username) -> Result<Option<User>, StoreError> {
        Ok(self.find(|stored| stored.username_key == username.key()))
    }

    async fn find_user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        Ok(self.find(|stored| stored.email_key.as_deref() == Some(email.key())))
    }

    async fn replace_password_hash(
        &self,
        id: &str,
        old: &str,
        new: &str,
    ) -> Result<bool, StoreError> {
        let mut data = self.lock();
        let Some(StoredUser { user, .. }) = data.users.get_mut(id) else { return Ok(false) };
        let unchanged = user.password_hash() == old;
        if unchanged {
            user.set_password_hash(new);
        }
        Ok(unchanged)
    }
}

impl RefreshStore for MemoryStore {
    async fn insert_session(
        &self,
        session: &Session,
        token: &StoredToken,
    ) -> Result<(), StoreError> {
        let mut data = self.lock();
        data.sessions.insert(session.id.clone(), session.clone());
        data.tokens.insert(token.selector.clone(), token.clone());
        Ok(())
    }

    async fn find_token(
        &self,
        selector: &str,
    ) -> Result<Option<(StoredToken, Session)>, StoreError> {
        let data = self.lock();
        let token = data.tokens.get(selector);
        Ok(token
            .and_then(|token| Some((token.clone(), data.sessions.get(&token.session_id)?.clone()))))
    }

    async fn rotate_token(
        &self,
        selector: &str,
        successor: &StoredToken,
    ) -> Result<Rotation, StoreError> {
        let mut data = self.lock();
        let Some(token) = data.tokens.get_mut(selector) else { return Ok(Rotation::Unknown) };
        if token.used {
            let id = token.session_id.clone();
            data.end_sessions(|session, _| session.id == id);
            return Ok(Rotation::Reused);
        }
        token.used = true;
        data.tokens.insert(successor.selector.clone(), successor.clone());
        Ok(Rotation::Rotated)
    }

    async fn end_session(&self, id: &str) -> Result<(), StoreError> {
        self.lock().end_sessions(|session, _| session.id == id);
        Ok(())
    }

    async fn delete_expired_sessions(&self, now: Duration) -> Result<u64, StoreError> {
        Ok(self
            .lock()
            .end_sessions(|session, unused_until| session.expires_at <= now || unused_until <= now))
    }
}

impl Data {
    /// Ends the sessions that match, given with the time until which their one unused token
    /// lasts. Returns their number.
    fn end_sessions(&mut self, matches: impl Fn(&Session, Duration) -> bool) -> u64 {
        let before = self.sessions.len();
        let unused: HashMap<&str, Duration> = self
            .tokens
            .values()
            .filter(|token| !token.used)
            .map(|token| (token.session_id.as_str(), token.expires_at))
            .collect();
        self.sessions.retain(|id, session| {
            !matches(session, unused.get(id.as_str()).copied().unwrap_or_default())
        });
        self.tokens.retain(|_, token| self.sessions.contains_key(&token.session_id));
        (before - self.sessions.len()) as u64
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
