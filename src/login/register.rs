//! `POST /register`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;

use super::answer::{Failure, json};
use super::body;
use super::params::{optional, required};
use super::shared::Shared;
use crate::audit::AuditEvent;
use crate::password::PasswordContext;
use crate::store::{Email, InsertUserError, NewUser, RefreshStore, UserStore, Username};

const LONGEST_NAME: usize = 256;

pub(super) async fn register<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Failure> {
    let address = shared.address_of(&request);
    let params = body::json_params(request, shared.body_limit).await?;
    let username = Username::new(required(&params, "username")?)
        .map_err(|error| Failure::field("username", error.reason()))?;
    let email = optional(&params, "email")?
        .map(|text| Email::new(text).map_err(|error| Failure::field("email", error.reason())))
        .transpose()?;
    let name = optional(&params, "name")?.map(checked_name).transpose()?;
    let profile = shared.profile_in(&params)?;
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
    Ok(json(StatusCode::CREATED, &shared.shown(&user)))
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
