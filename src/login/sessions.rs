//! `/sessions`: where a user is logged in, and the ends of that.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use http::{StatusCode, Uri};

use super::answer::{Failure, ShownSession, json};
use super::shared::Shared;
use crate::audit::SessionEnd;
use crate::reject::token_of;
use crate::store::{RefreshStore, UserStore};
use crate::token::Token;

/// `GET /sessions`: those of the token's user, with the one that was used last first.
pub(super) async fn list<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Response {
    let token = match token_of(request.extensions()) {
        Ok(token) => token,
        Err(rejection) => return rejection.into_response(),
    };
    match shared.sessions.sessions_of(user_of(token), shared.now()).await {
        Ok(sessions) => {
            let current = token.session_id();
            let shown: Vec<_> =
                sessions.iter().map(|session| ShownSession::new(session, current)).collect();
            json(StatusCode::OK, &shown)
        }
        Err(error) => Failure::from(error).into_response(),
    }
}

/// `DELETE /sessions/{id}`: one of the token's user, this one too.
pub(super) async fn end<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let token = match token_of(request.extensions()) {
        Ok(token) => token,
        Err(rejection) => return rejection.into_response(),
    };
    let address = shared.address_of(&request);
    let ended = async {
        let user_id = user_of(token);
        let sessions = shared.sessions.sessions_of(user_id, shared.now()).await?;
        // Somebody else's session and one that never was look alike.
        if !sessions.iter().any(|session| session.id == id)
            || !shared.sessions.end_session(&id).await?
        {
            return Err(Failure::not_found());
        }
        shared.session_ended(address, user_id, id, SessionEnd::EndedByUser);
        Ok(done())
    };
    ended.await.into_response()
}

/// `DELETE /sessions`: all of the token's user but this one, and with `?all=true` this one too.
pub(super) async fn end_others<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Response {
    let token = match token_of(request.extensions()) {
        Ok(token) => token,
        Err(rejection) => return rejection.into_response(),
    };
    let (address, all) = (shared.address_of(&request), asks_for_all(request.uri()));
    let ended = async {
        let (user_id, current) = (user_of(token), token.session_id());
        let except = if all? { None } else { current };
        for id in shared.sessions.end_sessions_of(user_id, except).await? {
            shared.session_ended(address, user_id, id, SessionEnd::EndedByUser);
        }
        Ok::<_, Failure>(done())
    };
    ended.await.into_response()
}

/// The verifier lets no token without a subject pass where this crate has issued it; a foreign one
/// without has no sessions.
fn user_of(token: &Token) -> &str {
    token.subject().unwrap_or_default()
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

fn done() -> Response {
    (StatusCode::NO_CONTENT, [(CACHE_CONTROL, "no-store")]).into_response()
}
