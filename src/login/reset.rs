//! `POST /forgot-password` and `POST /reset-password`.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;

use super::answer::{Failure, accepted, no_content};
use super::body;
use super::bound::Bound;
use super::params::required;
use super::password::context_of;
use super::shared::Shared;
use crate::audit::AuditEvent;
use crate::limit::Account;
use crate::mail::{Mail, MailKind};
use crate::one_time::OneTimePurpose;
use crate::store::{AccountStore, Email, RefreshStore, User, UserChange};

/// One answer for all. The user is looked for, so that a store which is out of reach is a 503; what
/// more there is to do for one who exists comes after the answer.
pub(super) async fn forgot<U: AccountStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Failure> {
    let address = shared.address_of(&request);
    let params = body::json_params(request, shared.body_limit).await?;
    let email = Email::new(required(&params, "email")?)
        .map_err(|error| Failure::field("email", error.reason()))?;
    shared.register_attempt(address).await?;
    let place = shared.mail_place()?;
    let user = shared.users.find_user_by_email(&email).await?;
    let user_id = user.as_ref().map(|user| user.id.clone());
    shared.record(address, AuditEvent::PasswordResetRequested { user_id });
    place.send(async move { shared.reset_mail(user.filter(|user| user.is_active)?).await });
    Ok(accepted())
}

pub(super) async fn reset<U: AccountStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Failure> {
    let address = shared.address_of(&request);
    let params = body::json_params(request, shared.body_limit).await?;
    let token = required(&params, "token")?;
    let new = required(&params, "new_password")?;

    // Whoever tries tokens is kept from it as from trying passwords.
    let permit = shared.attempt(None, address).await?;
    let user = shared.user_of_reset(token).await?.ok_or(Failure::invalid_one_time_token())?;
    // The token was right, whatever becomes of the rest.
    permit.succeeded().await;
    // A password that breaks a rule leaves the token as it is.
    let hash = shared.hash_new_password("new_password", new, &context_of(&user)).await?;

    let (rules, tokens) = (&shared.one_time_tokens, &shared.mailing()?.tokens);
    let taken = rules.take(tokens, OneTimePurpose::ResetPassword, token, shared.now()).await?;
    taken.ok_or(Failure::invalid_one_time_token())?;
    shared.replace_password(&user, &hash, address).await?;
    shared.password_changed(&user).await;
    Ok(no_content())
}

impl<U: AccountStore, R: RefreshStore> Shared<U, R> {
    async fn reset_mail(&self, user: User) -> Option<Mail> {
        let mail = self.mail(MailKind::ResetPassword, &user, user.email.as_deref()?).await?;
        self.with_token(mail, OneTimePurpose::ResetPassword, &user).await
    }

    /// The user whose password this token may set, which stays as it is.
    async fn user_of_reset(&self, token: &str) -> Result<Option<User>, Failure> {
        let (rules, tokens) = (&self.one_time_tokens, &self.mailing()?.tokens);
        let purpose = OneTimePurpose::ResetPassword;
        let Some(found) = rules.find(tokens, purpose, token, self.now()).await? else {
            return Ok(None);
        };
        let Some(bound) = Bound::from_payload(&found.payload) else { return Ok(None) };
        let user = self.users.find_user(&found.user_id).await?;
        let is_theirs = |user: &User| user.email.as_deref() == Some(bound.email.as_str());
        Ok(user.filter(|user| user.is_active && is_theirs(user) && bound.is_password_of(user)))
    }

    async fn replace_password(
        &self,
        user: &User,
        hash: &str,
        address: Option<IpAddr>,
    ) -> Result<(), Failure> {
        let event = AuditEvent::PasswordReset { user_id: user.id.clone() };
        // Whoever had the account may have made keys. They go before the hash is another and after it,
        // as sessions do.
        self.revoke_keys_of(&user.id, address).await?;
        if !self.set_password(user, hash, None, event, address).await? {
            return Err(Failure::invalid_one_time_token());
        }
        self.revoke_keys_of(&user.id, address).await?;
        // Who guessed the old password may have locked the account.
        self.limiter.forget(Account::User(&user.id)).await;
        self.confirm_where_it_was_mailed(user, address).await;
        self.give_up_pending_address(user).await;
        Ok(())
    }

    /// Whoever had the account may have asked for it. The token that was mailed there is good for
    /// nothing since the password is another, and nobody is to ask for a new one by accident.
    async fn give_up_pending_address(&self, user: &User) {
        if user.pending_email.is_none() {
            return;
        }
        if self.users.update_user(&user.id, &UserChange::new().pending_email(None)).await.is_err() {
            crate::trace::warn!(
                target: "tower_bearer::login",
                "a pending address could not be given up after a reset"
            );
        }
    }

    /// Whoever has the token reads what is mailed to the address. The password is new already, so
    /// that a fault here is no reason to say otherwise.
    async fn confirm_where_it_was_mailed(&self, user: &User, address: Option<IpAddr>) {
        let email = user.email.as_deref().and_then(|email| Email::new(email).ok());
        let Some(email) = email.filter(|_| !user.email_verified) else { return };
        match self.users.confirm_email(&user.id, &email).await {
            Ok(true) => {
                self.record(address, AuditEvent::EmailVerified { user_id: user.id.clone() });
            }
            Ok(false) => {}
            Err(_) => crate::trace::warn!(
                target: "tower_bearer::login",
                "an address could not be confirmed after a reset"
            ),
        }
    }
}
