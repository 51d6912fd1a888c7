//! `POST /token` (RFC 6749), and `/login` and `/refresh`, which answer as it does.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;

use super::answer::{Failure, json};
use super::body::{self, ContentType};
use super::params::Params;
use super::shared::{Caller, Shared};
use crate::store::{Email, LoginName, RefreshStore, UserStore, Username};

/// RFC 6749, sections 3.2, 4.3.2 and 6.
pub(super) async fn token<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Failure> {
    let caller = shared.caller(&request);
    let params = body::form_params(request, shared.body_limit).await?;
    match params.text("grant_type")? {
        Some("password") => {
            let asked = shared.asked(&params, &caller)?;
            let (Some(name), Some(password)) = (params.text("username")?, params.text("password")?)
            else {
                return Err(Failure::invalid_request("username and password are required"));
            };
            let user = shared.authenticate(name, LoginName::new(name), password, &asked).await?;
            Ok(json(StatusCode::OK, &shared.log_in(&user, &asked).await?))
        }
        Some("refresh_token") => exchange(&shared, &params, &caller).await,
        Some(_) => Err(Failure::unsupported_grant_type()),
        None => Err(Failure::invalid_request("grant_type is required")),
    }
}

/// The same login with JSON, by user name or by e-mail address.
pub(super) async fn login<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Failure> {
    let caller = shared.caller(&request);
    let params = body::json_params(request, shared.body_limit).await?;
    let asked = shared.asked(&params, &caller)?;
    let (typed, name) = match (params.text("username")?, params.text("email")?) {
        (Some(typed), None) => (typed, Username::new(typed).ok().map(LoginName::Username)),
        (None, Some(typed)) => (typed, Email::new(typed).ok().map(LoginName::Email)),
        _ => return Err(Failure::invalid_request("exactly one of username and email is required")),
    };
    let password =
        params.text("password")?.ok_or(Failure::invalid_request("password is required"))?;
    let user = shared.authenticate(typed, name, password, &asked).await?;
    Ok(json(StatusCode::OK, &shared.log_in(&user, &asked).await?))
}

/// The refresh grant, as a form or as JSON.
pub(super) async fn refresh<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Failure> {
    let caller = shared.caller(&request);
    let content_type = ContentType::of(request.headers());
    let params = body::params(request, shared.body_limit, content_type).await?;
    match params.text("grant_type")? {
        Some("refresh_token") => {}
        Some(_) => return Err(Failure::unsupported_grant_type()),
        None if content_type == ContentType::Json => {}
        None => return Err(Failure::invalid_request("grant_type is required")),
    }
    exchange(&shared, &params, &caller).await
}

async fn exchange<U: UserStore, R: RefreshStore>(
    shared: &Shared<U, R>,
    params: &Params,
    caller: &Caller,
) -> Result<Response, Failure> {
    let asked = shared.asked(params, caller)?;
    let refresh_token = params
        .text("refresh_token")?
        .ok_or(Failure::invalid_request("refresh_token is required"))?;
    Ok(json(StatusCode::OK, &shared.continue_session(refresh_token, &asked).await?))
}
