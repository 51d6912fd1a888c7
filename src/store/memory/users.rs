//! Users in memory.

use std::time::Duration;

use super::{MemoryStore, StoredUser};
use crate::random;
use crate::store::{Email, InsertUserError, NewUser, StoreError, User, UserStore, Username};

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

impl MemoryStore {
    fn find(&self, matches: impl Fn(&StoredUser) -> bool) -> Option<User> {
        self.lock().users.values().find(|stored| matches(stored)).map(|stored| stored.user.clone())
    }
}
