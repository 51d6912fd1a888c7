//! `POST /logout`: ends a session.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;

use super::answer::Failure;
use super::body::{self, ContentType};
use super::shared::Shared;
use crate::audit::SessionEnd;
use crate::auth::bearer;
use crate::store::{RefreshStore, UserStore};

/// Whoever wants to be logged out and is already, or never was, has what they want: 204.
pub(super) async fn logout<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Failure> {
    let caller = shared.caller(&request);
    let address = caller.address;
    let content_type = ContentType::of(request.headers());
    let credentials = bearer(request.headers()).map(|token| token.map(str::to_owned));
    let params = body::optional_params(request, shared.body_limit, content_type).await?;
    let access_token = credentials
        .map_err(|_| Failure::invalid_request("the authorization header is malformed"))?;
    let refresh_token = params.text("refresh_token")?;
    if access_token.is_none() && refresh_token.is_none() {
        return Err(Failure::invalid_request("a bearer token or a refresh_token is required"));
    }
    let client = shared.identify(&params, &caller)?;
    if let Some(refresh_token) = refresh_token
        && let Some(found) = shared.refresh.find(&shared.sessions, refresh_token).await?
    {
        let session = found.session;
        shared.require_client(client, &session.client_id, &caller)?;
        if shared.sessions.end_session(&session.id).await? {
            shared.session_ended(address, session.user_id, session.id, SessionEnd::Logout);
        }
    }
    if let Some(token) = refresh_token.and_then(|text| shared.stateless_token(text)) {
        let client_id = token.client_id().unwrap_or_default();
        shared.require_client(client, client_id, &caller)?;
        shared.revoke_if_it_can(&token, &caller).await?;
    }
    let access_token = match access_token {
        Some(token) => shared.verifier.verify(&token).await.ok(),
        None => None,
    };
    if let Some(token) = &access_token
        && token.session_id().is_none()
    {
        shared.revoke_if_it_can(token, &caller).await?;
    }
    if let Some(token) = &access_token
        && let (Some(user_id), Some(session)) = (token.subject(), token.session_id())
        && shared.sessions.end_session_of(user_id, session).await?
    {
        shared.session_ended(address, user_id, session, SessionEnd::Logout);
    }
    Ok((StatusCode::NO_CONTENT, [(CACHE_CONTROL, "no-store")]).into_response())
}
