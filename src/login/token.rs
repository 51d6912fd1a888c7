//! `POST /token` (RFC 6749), and `/login` and `/refresh`, which answer as it does.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::answer::{Failure, json};
use super::body::{self, ContentType};
use super::cookie::{Jar, with_cookie};
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
    let jar = shared.jar(&request);
    let params = body::json_params(request, shared.body_limit).await?;
    let jar = jar.map(Jar::of_own_page).transpose()?;
    let asked = shared.asked(&params, &caller)?;
    let (typed, name) = match (params.text("username")?, params.text("email")?) {
        (Some(typed), None) => (typed, Username::new(typed).ok().map(LoginName::Username)),
        (None, Some(typed)) => (typed, Email::new(typed).ok().map(LoginName::Email)),
        _ => return Err(Failure::invalid_request("exactly one of username and email is required")),
    };
    let password =
        params.text("password")?.ok_or(Failure::invalid_request("password is required"))?;
    let user = shared.authenticate(typed, name, password, &asked).await?;
    let mut tokens = shared.log_in(&user, &asked).await?;
    let Some(jar) = jar else { return Ok(json(StatusCode::OK, &tokens)) };
    let cookie = shared.put(&jar, &mut tokens)?;
    shared.end_replaced(&jar, &asked).await;
    Ok(with_cookie(json(StatusCode::OK, &tokens), cookie))
}

/// The refresh grant, as a form or as JSON, or with the cookie.
pub(super) async fn refresh<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Response> {
    let caller = shared.caller(&request);
    let jar = shared.jar(&request);
    let content_type = ContentType::of(request.headers());
    let params = body::optional_params(request, shared.body_limit, content_type).await?;
    match params.text("grant_type").map_err(Failure::from)? {
        Some("refresh_token") => {}
        Some(_) => return Err(Failure::unsupported_grant_type().into()),
        None if content_type == ContentType::Json || params.is_empty() => {}
        None => return Err(Failure::invalid_request("grant_type is required").into()),
    }
    // What was sent on purpose is what is meant; the cookie comes unasked.
    match jar {
        Some(jar) if params.text("refresh_token").map_err(Failure::from)?.is_none() => {
            exchange_cookie(&shared, jar, &params, &caller).await
        }
        _ => Ok(exchange(&shared, &params, &caller).await?),
    }
}

/// The token never comes out of the cookie into a body, where a script could read it.
async fn exchange_cookie<U: UserStore, R: RefreshStore>(
    shared: &Shared<U, R>,
    jar: Jar<'_>,
    params: &Params,
    caller: &Caller,
) -> Result<Response, Response> {
    if !jar.is_there() {
        let description = "refresh_token is required, or the cookie";
        return Err(Failure::invalid_request(description).into());
    }
    let jar = jar.of_own_page()?;
    let asked = shared.asked(params, caller)?;
    let refresh_token = jar.token().map_err(|failure| jar.clear(failure))?.unwrap_or_default();
    let tokens = shared.continue_session(refresh_token, &asked).await;
    let mut tokens = tokens.map_err(|failure| match asked.client.id {
        // It may be another client's, and good.
        Some(_) => failure.into_response(),
        None => jar.refuse(failure),
    })?;
    let cookie = shared.put(&jar, &mut tokens)?;
    Ok(with_cookie(json(StatusCode::OK, &tokens), cookie))
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
