//! `POST /logout`: ends a session.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;

use super::answer::{Failure, no_content};
use super::body::{self, ContentType};
use super::client::Identity;
use super::shared::{Caller, Shared};
use crate::audit::SessionEnd;
use crate::auth::bearer;
use crate::store::{RefreshStore, UserStore};

/// Whoever wants to be logged out and is already, or never was, has what they want: 204.
pub(super) async fn logout<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Result<Response, Response> {
    let caller = shared.caller(&request);
    let jar = shared.jar(&request);
    let address = caller.address;
    let content_type = ContentType::of(request.headers());
    let credentials = bearer(request.headers()).map(|token| token.map(str::to_owned));
    let params = body::optional_params(request, shared.body_limit, content_type).await?;
    let access_token = credentials
        .map_err(|_| Failure::invalid_request("the authorization header is malformed"))?;
    let in_body = params.text("refresh_token").map_err(Failure::from)?;
    // What was sent on purpose is enough: a cookie that proves nothing is not looked at then.
    let jar = match jar {
        Some(jar) if in_body.is_none() && jar.is_own_page => Some(jar),
        Some(jar) if in_body.is_none() && access_token.is_none() && jar.is_there() => {
            return Err(Failure::cross_site().into());
        }
        _ => None,
    };
    if access_token.is_none() && in_body.is_none() && jar.is_none() {
        let description = "a bearer token or a refresh_token is required";
        return Err(Failure::invalid_request(description).into());
    }
    let in_cookie = match &jar {
        Some(jar) => jar.token_to_end().map_err(|failure| jar.clear(failure))?,
        None => None,
    };
    let client = shared.identify(&params, &caller)?;
    if let Some(refresh_token) = in_body.or(in_cookie) {
        shared.end_by_token(refresh_token, client, &caller, SessionEnd::Logout).await?;
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
        && shared.sessions.end_session_of(user_id, session).await.map_err(Failure::from)?
    {
        shared.session_ended(address, user_id, session, SessionEnd::Logout);
    }
    Ok(match jar {
        Some(jar) => jar.clear(no_content()),
        None => no_content(),
    })
}

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// Ends the session of a refresh token, used or not.
    pub(super) async fn end_by_token(
        &self,
        refresh_token: &str,
        client: Identity<'_>,
        caller: &Caller,
        reason: SessionEnd,
    ) -> Result<(), Failure> {
        if let Some(found) = self.refresh.find(&self.sessions, refresh_token).await? {
            let session = found.session;
            self.require_client(client, &session.client_id, caller)?;
            if self.sessions.end_session(&session.id).await? {
                self.session_ended(caller.address, session.user_id, session.id, reason);
            }
        }
        if let Some(token) = self.stateless_token(refresh_token) {
            let client_id = token.client_id().unwrap_or_default();
            self.require_client(client, client_id, caller)?;
            self.revoke_if_it_can(&token, caller).await?;
        }
        Ok(())
    }
}
