//! `POST /password`: a user's new password, for whoever knows the current one.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;

use super::answer::{Failure, no_content};
use super::body;
use super::params::required;
use super::revocations::Older;
use super::sessions::{Live, live};
use super::shared::Shared;
use crate::audit::{AuditEvent, SessionEnd};
use crate::limit::Account;
use crate::password::PasswordContext;
use crate::store::{RefreshStore, User, UserStore};

pub(super) async fn change<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Response> {
    let address = shared.address_of(&request);
    let extensions = request.extensions().clone();
    let who = live(&shared, extensions).await?;
    change_of(&shared, request, &who, address).await?;
    shared.password_changed(&who.user).await;
    Ok(no_content())
}

async fn change_of<U: UserStore, R: RefreshStore>(
    shared: &Shared<U, R>,
    request: Request,
    Live { user, current: this }: &Live,
    address: Option<IpAddr>,
) -> Result<(), Failure> {
    let params = body::json_params(request, shared.body_limit).await?;
    let current = required(&params, "current_password")?;
    let new = required(&params, "new_password")?;
    let context = context_of(user);
    // What breaks a rule costs no attempt.
    shared
        .policy
        .check_with(new, &context)
        .map_err(|rule| Failure::field("new_password", rule.to_string()))?;
    // Whoever found a token is kept from guessing the password as at the login.
    let permit = shared.attempt(Some(Account::User(&user.id)), address).await?;
    let (permit, verification) =
        shared.verify_password(current, Some(user.password_hash()), permit).await?;
    if !verification.is_some_and(|it| it.is_match()) {
        let user_id = user.id.clone();
        shared.record(address, AuditEvent::PasswordChangeRefused { user_id });
        return Err(Failure::invalid_grant());
    }
    permit.succeeded().await;
    let hash = shared.hash_new_password("new_password", new, &context).await?;

    let event = AuditEvent::PasswordChanged { user_id: user.id.clone() };
    if !shared.set_password(user, &hash, this.as_deref(), event, address).await? {
        return Err(Failure::conflict("the password was changed meanwhile; try again"));
    }
    Ok(())
}

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// Replaces the hash that the user has here, and ends all sessions but one, or all; says no where
    /// the hash is another by now.
    ///
    /// The sessions end first: were this process to end in between, whoever logged in before with a
    /// password that is no longer good would be out already. Those who log in meanwhile, while it still
    /// is, are ended after it; a login that is on its way finds the hash changed and gives up.
    pub(super) async fn set_password(
        &self,
        user: &User,
        hash: &str,
        except: Option<&str>,
        event: AuditEvent,
        address: Option<IpAddr>,
    ) -> Result<bool, Failure> {
        let reason = SessionEnd::PasswordChange;
        self.end_sessions(&user.id, except, reason, address).await?;
        if !self.users.replace_password_hash(&user.id, user.password_hash(), hash).await? {
            return Ok(false);
        }
        self.record(address, event);
        self.end_sessions(&user.id, except, reason, address).await?;
        if self.stateless.is_some() {
            // Refresh tokens that are not stored end with the hash; this is for access tokens.
            self.revoke_older_tokens(&user.id, Older::BeforeThisSecond).await?;
        }
        Ok(true)
    }
}

/// What a password of this user must not be made of.
pub(super) fn context_of(user: &User) -> PasswordContext<'_> {
    let context = PasswordContext::new().username(&user.username);
    let addresses = user.email.iter().chain(&user.pending_email);
    let context = addresses.fold(context, |context, address| context.email(address));
    user.name.iter().fold(context, |context, name| context.name(name))
}
