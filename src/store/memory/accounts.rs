//! Changes of users in memory.

use super::{MemoryStore, StoredUser};
use crate::store::{AccountStore, ConfirmEmailError, Email, StoreError, User, UserChange};

impl AccountStore for MemoryStore {
    async fn update_user(&self, id: &str, change: &UserChange) -> Result<Option<User>, StoreError> {
        let UserChange { name, pending_email, profile, is_active, roles, scopes } = change.clone();
        let mut data = self.lock();
        let Some(StoredUser { user, .. }) = data.users.get_mut(id) else { return Ok(None) };
        if let Some(name) = name {
            user.name = name;
        }
        if let Some(email) = pending_email {
            user.pending_email = email.map(|email| email.as_str().to_owned());
        }
        if let Some(profile) = profile {
            user.profile = profile;
        }
        if let Some(is_active) = is_active {
            user.is_active = is_active;
        }
        if let Some(roles) = roles {
            user.roles = roles;
        }
        if let Some(scopes) = scopes {
            user.scopes = scopes;
        }
        Ok(Some(user.clone()))
    }

    async fn confirm_email(&self, id: &str, email: &Email) -> Result<bool, ConfirmEmailError> {
        let mut data = self.lock();
        let Some(StoredUser { user, email_key, .. }) = data.users.get(id) else {
            return Ok(false);
        };
        let is_pending = user.pending_email.as_deref() == Some(email.as_str());
        if !is_pending && email_key.as_deref() != Some(email.key()) {
            return Ok(false);
        }
        let mut others = data.users.iter().filter(|(other, _)| *other != id);
        if others.any(|(_, other)| other.email_key.as_deref() == Some(email.key())) {
            return Err(ConfirmEmailError::EmailTaken);
        }
        let Some(StoredUser { user, email_key, .. }) = data.users.get_mut(id) else {
            return Ok(false);
        };
        user.email_verified = true;
        if is_pending {
            user.email = user.pending_email.take();
            *email_key = Some(email.key().to_owned());
        }
        Ok(true)
    }

    async fn delete_user(&self, id: &str) -> Result<bool, StoreError> {
        let mut data = self.lock();
        data.sessions.retain(|_, (session, _)| session.user_id != id);
        data.api_keys.retain(|_, key| key.user_id != id);
        data.one_time_tokens.retain(|_, token| token.user_id != id);
        Ok(data.users.remove(id).is_some())
    }

    async fn list_users(&self, after: Option<&str>, limit: usize) -> Result<Vec<User>, StoreError> {
        let data = self.lock();
        let mut page: Vec<&User> = data
            .users
            .values()
            .map(|stored| &stored.user)
            .filter(|user| after.is_none_or(|after| user.id.as_str() > after))
            .collect();
        page.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(page.into_iter().take(limit).cloned().collect())
    }
}
