//! `/sessions`: where a user is logged in, and the ends of that.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::{Extensions, StatusCode, Uri};
use serde::Deserialize;

use super::answer::{Failure, ShownSession, json, no_content};
use super::shared::Shared;
use crate::Token;
use crate::audit::SessionEnd;
use crate::error::AuthErrorKind;
use crate::meter::RefusedBy;
use crate::reject::{Rejection, surroundings_of, token_of};
use crate::store::{RefreshStore, StoreError, User, UserStore};

/// The one parameter of ours: the router may be nested under others.
#[derive(Deserialize)]
pub(super) struct SessionPath {
    id: String,
}

/// `GET /sessions`: those of the token's user, with the one that was used last first.
pub(super) async fn list<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Response {
    let Live { user, current } = match live(&shared, request.extensions().clone()).await {
        Ok(live) => live,
        Err(response) => return response,
    };
    match shared.sessions.sessions_of(&user.id, shared.now()).await {
        Ok(sessions) => {
            let shown: Vec<_> = sessions
                .iter()
                .map(|session| ShownSession::new(session, current.as_deref()))
                .collect();
            json(StatusCode::OK, &shown)
        }
        Err(error) => Failure::from(error).into_response(),
    }
}

/// `DELETE /sessions/{id}`: one of the token's user, this one too.
pub(super) async fn end<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    path: Result<Path<SessionPath>, PathRejection>,
    request: Request,
) -> Response {
    let address = shared.address_of(&request);
    let Live { user, current } = match live(&shared, request.extensions().clone()).await {
        Ok(live) => live,
        Err(response) => return response,
    };
    // Somebody else's session and one that never was look alike.
    let Ok(Path(SessionPath { id })) = path else { return Failure::not_found().into_response() };
    match shared.sessions.end_session_of(&user.id, &id).await {
        Ok(true) => {
            let is_this = current.as_deref() == Some(&id);
            shared.session_ended(address, user.id, id, SessionEnd::EndedByUser);
            if is_this { shared.clear_cookie(no_content()) } else { no_content() }
        }
        Ok(false) => Failure::not_found().into_response(),
        Err(error) => Failure::from(error).into_response(),
    }
}

/// `DELETE /sessions`: all of the token's user but this one, and with `?all=true` this one too.
pub(super) async fn end_others<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Response {
    let (address, all) = (shared.address_of(&request), asks_for_all(request.uri()));
    let Live { user, current } = match live(&shared, request.extensions().clone()).await {
        Ok(live) => live,
        Err(response) => return response,
    };
    let all = match all {
        Ok(all) => all,
        Err(failure) => return failure.into_response(),
    };
    let except = current.as_deref().filter(|_| !all);
    let ended = shared.end_sessions(&user.id, except, SessionEnd::EndedByUser, address).await;
    let ended = match ended {
        // There are none to end, but tokens that are older than this moment.
        Ok(()) if shared.stateless.is_some() => shared.end_stateless(&user.id, all).await,
        ended => ended,
    };
    match ended {
        Ok(()) if all => shared.clear_cookie(no_content()),
        Ok(()) => no_content(),
        Err(failure) => failure.into_response(),
    }
}

/// Who asks, and where they are logged in.
pub(super) struct Live {
    pub(super) user: User,
    pub(super) current: Option<String>,
}

/// An access token outlives its session by minutes. Here, where it could end the sessions that its
/// owner began since, it is refused as soon as its session or its user is gone.
pub(super) async fn live<U: UserStore, R: RefreshStore>(
    shared: &Shared<U, R>,
    extensions: Extensions,
) -> Result<Live, Response> {
    let failed = |error: StoreError| Failure::from(error).into_response();
    let token = token_of(&extensions).map_err(IntoResponse::into_response)?;
    let user_id = token.subject().unwrap_or_default();
    let current = token.session_id().map(str::to_owned);
    let user = shared.users.find_user(user_id).await.map_err(failed)?;
    let is_live = shared.is_live(token).await.map_err(failed)?;
    match user {
        Some(user) if is_live && user.is_active => Ok(Live { user, current }),
        user => {
            let is_active = user.is_some_and(|user| user.is_active);
            let kind =
                if is_active { AuthErrorKind::Revoked } else { AuthErrorKind::InactiveSubject };
            let rejection = Rejection::new(kind, surroundings_of(&extensions));
            Err(rejection.by(RefusedBy::Router).into_response())
        }
    }
}

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// Whether the token's session goes on, or it is of none.
    pub(super) async fn is_live(&self, token: &Token) -> Result<bool, StoreError> {
        let Some(id) = token.session_id() else { return Ok(true) };
        let (user_id, now) = (token.subject(), self.now());
        let found = self.sessions.find_session(id).await?;
        Ok(found.is_some_and(|(session, stored)| {
            user_id == Some(&session.user_id) && now < session.expires_at && now < stored.expires_at
        }))
    }
}

fn asks_for_all(uri: &Uri) -> Result<bool, Failure> {
    let query = uri.query().unwrap_or_default();
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "all");
    match (values.next(), values.next()) {
        (None, _) => Ok(false),
        (Some((_, value)), None) if value == "true" => Ok(true),
        (Some((_, value)), None) if value == "false" => Ok(false),
        _ => Err(Failure::invalid_request("all must be true or false, and stand once")),
    }
}
