//! What comes of a change: its lines in the audit trail, and the ends of what must not outlast it.

use std::net::IpAddr;

use crate::audit::{AuditEvent, SessionEnd};
use crate::login::answer::Failure;
use crate::login::revocations::Older;
use crate::login::shared::Shared;
use crate::store::{AccountStore, RefreshStore, User, UserChange};

impl<U: AccountStore, R: RefreshStore> Shared<U, R> {
    /// Records what has changed of a user, and ends what must not outlast it.
    pub(super) async fn take_effect(
        &self,
        before: &User,
        after: &User,
        change: &UserChange,
        admin: &User,
        address: Option<IpAddr>,
    ) -> Result<(), Failure> {
        let user_id = || before.id.clone();
        let actor_id = || admin.id.clone();
        match change.is_active {
            Some(true) if !before.is_active => {
                let (user_id, actor_id) = (user_id(), actor_id());
                self.record(address, AuditEvent::UserEnabled { user_id, actor_id });
            }
            Some(false) if before.is_active => {
                let (user_id, actor_id) = (user_id(), actor_id());
                self.record(address, AuditEvent::UserDisabled { user_id, actor_id });
            }
            _ => {}
        }
        let mut lost = false;
        if change.roles.is_some() && before.roles != after.roles {
            lost |= has_lost(&before.roles, &after.roles);
            let (user_id, actor_id, roles) = (user_id(), actor_id(), after.roles.clone());
            self.record(address, AuditEvent::RolesChanged { user_id, actor_id, roles });
        }
        if change.scopes.is_some() && before.scopes != after.scopes {
            lost |= has_lost(&before.scopes, &after.scopes);
            let (user_id, actor_id, scopes) = (user_id(), actor_id(), after.scopes.clone());
            self.record(address, AuditEvent::ScopesChanged { user_id, actor_id, scopes });
        }
        // By what was asked for, and not by what it changed: whoever tries again after a fault wants
        // what the first try has left.
        let is_disabled = change.is_active == Some(false);
        if is_disabled {
            self.end_sessions(&before.id, None, SessionEnd::UserGone, address).await?;
        }
        let has_changed = before.roles != after.roles || before.scopes != after.scopes;
        let has_only_gained = has_changed && !lost;
        let older = match &self.stateless {
            // Their refresh tokens are older too, and nobody is to log in again for a right gained.
            Some(_) if has_only_gained && !is_disabled => return Ok(()),
            None if has_only_gained || is_disabled => Older::BeforeThisSecond,
            _ => Older::WithThisSecond,
        };
        if is_disabled || change.roles.is_some() || change.scopes.is_some() {
            self.revoke_older_tokens_and_wait(&before.id, older).await?;
        }
        Ok(())
    }

    /// Disables the account first: nobody logs in to it between the end of its sessions and its own,
    /// and were this to break off, what is left is a disabled account to delete again.
    pub(super) async fn delete_account(
        &self,
        user: &User,
        admin: &User,
        address: Option<IpAddr>,
    ) -> Result<(), Failure> {
        let disable = UserChange::new().is_active(false);
        self.users.update_user(&user.id, &disable).await?.ok_or_else(Failure::not_found)?;
        self.end_sessions(&user.id, None, SessionEnd::UserGone, address).await?;
        self.revoke_older_tokens(&user.id, Older::WithThisSecond).await?;
        if !self.users.delete_user(&user.id).await? {
            return Err(Failure::not_found());
        }
        let (user_id, actor_id) = (user.id.clone(), admin.id.clone());
        self.record(address, AuditEvent::UserDeleted { user_id, actor_id });
        Ok(())
    }
}

fn has_lost(before: &[String], after: &[String]) -> bool {
    before.iter().any(|held| !after.contains(held))
}
