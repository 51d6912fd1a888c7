//! `POST /register`.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::answer::{Failure, ShownUser, Tokens, accepted, json};
use super::body;
use super::cookie::{Jar, with_cookie};
use super::mail::mail_lost;
use super::params::{optional, required};
use super::register_mode::RegisterMode;
use super::shared::{Asked, Shared};
use crate::audit::AuditEvent;
use crate::mail::{Mail, MailKind};
use crate::meter::{self, STORE_ERRORS};
use crate::password::PasswordContext;
use crate::store::{Email, InsertUserError, NewUser, RefreshStore, User, UserStore, Username};

const LONGEST_NAME: usize = 256;

pub(super) async fn register<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Failure> {
    let caller = shared.caller(&request);
    let address = caller.address;
    let jar = shared.jar(&request).filter(|_| shared.signs_in_on_register);
    let params = body::json_params(request, shared.body_limit).await?;
    let jar = jar.map(Jar::of_own_page).transpose()?;
    let asked = if shared.signs_in_on_register {
        let asked = shared.asked(&params, &caller)?;
        shared.may_log_in(&shared.default_scopes, &asked)?;
        Some(asked)
    } else {
        None
    };
    let username = Username::new(required(&params, "username")?)
        .map_err(|error| Failure::field("username", error.reason()))?;
    let email = match shared.register_mode {
        RegisterMode::Conflict => optional(&params, "email")?,
        RegisterMode::Private => Some(required(&params, "email")?),
    };
    let email = email
        .map(|text| Email::new(text).map_err(|error| Failure::field("email", error.reason())))
        .transpose()?;
    let name = optional(&params, "name")?.map(checked_name).transpose()?;
    let profile = shared.profile_in(&params, &Value::Null)?;
    let password = required(&params, "password")?;
    let mut context = PasswordContext::new().username(username.as_str());
    if let Some(email) = &email {
        context = context.email(email.as_str());
    }
    if let Some(name) = &name {
        context = context.name(name);
    }
    // What breaks a rule costs no attempt; what a limit refuses asks nobody else.
    shared
        .policy
        .check_with(password, &context)
        .map_err(|rule| Failure::field("password", rule.to_string()))?;
    shared.register_attempt(address).await?;
    let hash = shared.hash_new_password("password", password, &context).await?;
    let mut user = NewUser::new(username, hash).scopes(&shared.default_scopes);
    user.email = email;
    user.name = name;
    user.profile = profile.unwrap_or_default();
    match shared.register_mode {
        RegisterMode::Conflict => register_or_tell(&shared, user, address, asked, jar).await,
        RegisterMode::Private => register_unseen(shared, user, address).await,
    }
}

/// [`RegisterMode::Conflict`]
async fn register_or_tell<U: UserStore, R: RefreshStore>(
    shared: &Arc<Shared<U, R>>,
    user: NewUser,
    address: Option<IpAddr>,
    asked: Option<Asked<'_>>,
    jar: Option<Jar<'_>>,
) -> Result<Response, Failure> {
    let taken = |field, description| {
        shared.record(address, AuditEvent::RegisterConflict { field });
        Failure::taken(field, description)
    };
    let user = shared.users.insert_user(user, shared.now()).await.map_err(|error| match error {
        InsertUserError::UsernameTaken => taken("username", "the username is taken"),
        InsertUserError::EmailTaken => taken("email", "the e-mail address is taken"),
        InsertUserError::Store(error) => error.into(),
    })?;
    shared.record(address, AuditEvent::UserRegistered { user_id: user.id.clone() });
    if let Some(email) = &user.email {
        shared.ask_to_verify(&user, email);
    }
    let shown = shared.shown(&user);
    match asked {
        Some(asked) => {
            let mut tokens = shared.log_in(&user, &asked).await?;
            let Some(jar) = jar else {
                return Ok(json(StatusCode::CREATED, &SignedIn { tokens, user: shown }));
            };
            let cookie = shared.put(&jar, &mut tokens)?;
            shared.end_replaced(&jar, &asked).await;
            Ok(with_cookie(json(StatusCode::CREATED, &SignedIn { tokens, user: shown }), cookie))
        }
        None => Ok(json(StatusCode::CREATED, &shown)),
    }
}

/// A login and whose it is.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = auth::SignedIn))]
pub(super) struct SignedIn<'a> {
    #[serde(flatten)]
    tokens: Tokens,
    user: ShownUser<'a>,
}

/// [`RegisterMode::Private`]: all that differs between what is taken and what is free comes after
/// the answer.
async fn register_unseen<U: UserStore, R: RefreshStore>(
    shared: Arc<Shared<U, R>>,
    user: NewUser,
    address: Option<IpAddr>,
) -> Result<Response, Failure> {
    let place = shared.mail_place()?;
    // Only to tell of a store that is out of reach.
    shared.users.find_user_by_username(&user.username).await?;
    place.send(async move { shared.register_by_mail(user, address).await });
    Ok(accepted())
}

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// Makes the account if it can be made, and the mail that says so or why not.
    async fn register_by_mail(&self, new: NewUser, address: Option<IpAddr>) -> Option<Mail> {
        let (username, email) = (new.username.as_str().to_owned(), new.email.clone()?);
        let (field, kind) = match self.users.insert_user(new, self.now()).await {
            Ok(user) => {
                self.record(address, AuditEvent::UserRegistered { user_id: user.id.clone() });
                return self.verification(&user, email.as_str()).await;
            }
            Err(InsertUserError::EmailTaken) => ("email", MailKind::EmailTaken),
            Err(InsertUserError::UsernameTaken) => ("username", MailKind::UsernameTaken),
            Err(InsertUserError::Store(error)) => {
                meter::count(&STORE_ERRORS, ["login"]);
                crate::trace::error!(
                    target: "tower_bearer::login",
                    %error,
                    "the store failed; nobody was registered"
                );
                let _ = error;
                return None;
            }
        };
        self.record(address, AuditEvent::RegisterConflict { field });
        // Where both are taken, the store speaks of the name: the address has the first say.
        match self.users.find_user_by_email(&email).await {
            Ok(Some(owner)) => self.mail_to_owner(&owner).await,
            Ok(None) if kind == MailKind::UsernameTaken => {
                let mail = Mail::new(kind, email.as_str(), username);
                self.may_send(&mail).await.then_some(mail)
            }
            // Whoever had the address is gone.
            Ok(None) => None,
            Err(error) => {
                mail_lost(&error);
                None
            }
        }
    }

    /// Who is disabled has nothing to log in to.
    async fn mail_to_owner(&self, owner: &User) -> Option<Mail> {
        let email = owner.email.as_deref().filter(|_| owner.is_active)?;
        self.mail(MailKind::EmailTaken, owner, email).await
    }

    /// Whether a user can't log in before the address is confirmed.
    pub(super) fn awaits_verification(&self, user: &User) -> bool {
        self.register_mode == RegisterMode::Private && user.email.is_some() && !user.email_verified
    }
}

pub(super) fn checked_name(name: &str) -> Result<String, Failure> {
    if name.chars().count() > LONGEST_NAME {
        return Err(Failure::field("name", "the name has more than 256 characters"));
    }
    if name.chars().any(char::is_control) {
        return Err(Failure::field("name", "the name contains a control character"));
    }
    Ok(name.to_owned())
}
