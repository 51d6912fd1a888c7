//! `POST /verify-email`: confirms an address, or sends the mail for it again.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;

use super::answer::{Failure, accepted, no_content};
use super::body;
use super::bound::Bound;
use super::params::optional;
use super::shared::Shared;
use crate::audit::AuditEvent;
use crate::mail::MailKind;
use crate::one_time::OneTimePurpose;
use crate::store::{AccountStore, ConfirmEmailError, Email, RefreshStore, User};

pub(super) async fn verify<U: AccountStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Failure> {
    let address = shared.address_of(&request);
    let params = body::json_params(request, shared.body_limit).await?;
    match (optional(&params, "token")?, optional(&params, "email")?) {
        (Some(token), None) => confirm(&shared, token, address).await,
        (None, Some(email)) => send_again(&shared, email, address).await,
        _ => Err(Failure::invalid_request("exactly one of token and email is required")),
    }
}

async fn confirm<U: AccountStore, R: RefreshStore>(
    shared: &Arc<Shared<U, R>>,
    token: &str,
    address: Option<IpAddr>,
) -> Result<Response, Failure> {
    let permit = shared.attempt(None, address).await?;
    let (rules, tokens) = (&shared.one_time_tokens, &shared.mailing()?.tokens);
    let taken = rules.take(tokens, OneTimePurpose::VerifyEmail, token, shared.now()).await?;
    let taken = taken.ok_or(Failure::invalid_one_time_token())?;
    permit.succeeded().await;
    let bound = Bound::from_payload(&taken.payload).ok_or(Failure::invalid_one_time_token())?;
    // The address was one when the token was made.
    let email = Email::new(&bound.email).map_err(|_| Failure::invalid_one_time_token())?;
    let user = shared.users.find_user(&taken.user_id).await?;
    let user = user.filter(|user| bound.is_password_of(user));
    let user = user.ok_or(Failure::invalid_one_time_token())?;
    match shared.users.confirm_email(&taken.user_id, &email).await {
        Ok(true) => {
            shared.record(address, AuditEvent::EmailVerified { user_id: taken.user_id });
            if user.pending_email.as_deref() == Some(email.as_str()) {
                shared.tell(MailKind::EmailChanged, &user);
            }
            Ok(no_content())
        }
        // The user is gone, or has another address by now.
        Ok(false) => Err(Failure::invalid_one_time_token()),
        Err(ConfirmEmailError::EmailTaken) => {
            Err(Failure::taken("email", "the e-mail address is taken"))
        }
        Err(ConfirmEmailError::Store(error)) => Err(error.into()),
    }
}

/// One answer, whether there is somebody to send it to or not.
async fn send_again<U: AccountStore, R: RefreshStore>(
    shared: &Arc<Shared<U, R>>,
    email: &str,
    address: Option<IpAddr>,
) -> Result<Response, Failure> {
    let email = Email::new(email).map_err(|error| Failure::field("email", error.reason()))?;
    shared.register_attempt(address).await?;
    let place = shared.mail_place()?;
    let user = shared.users.find_user_by_email(&email).await?;
    let shared = Arc::clone(shared);
    place.send(async move {
        let user: User = user.filter(|user| user.is_active && !user.email_verified)?;
        shared.verification(&user, user.email.as_deref()?).await
    });
    Ok(accepted())
}
