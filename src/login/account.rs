//! `GET /me`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::answer::{Failure, ShownUser, json};
use super::shared::Shared;
use crate::error::AuthErrorKind;
use crate::reject::{Rejection, surroundings_of, token_of};
use crate::store::{RefreshStore, UserStore};

/// The user whom the token names, as the store has it now.
pub(super) async fn me<U: UserStore, R: RefreshStore>(
    State(shared): State<Arc<Shared<U, R>>>,
    request: Request,
) -> Response {
    let token = match token_of(request.extensions()) {
        Ok(token) => token,
        Err(rejection) => return rejection.into_response(),
    };
    match shared.users.find_user(token.subject().unwrap_or_default()).await {
        Ok(Some(user)) if user.is_active => json(StatusCode::OK, &ShownUser::from(&user)),
        Ok(_) => {
            let surroundings = surroundings_of(request.extensions());
            Rejection::new(AuthErrorKind::InactiveSubject, surroundings).into_response()
        }
        Err(error) => Failure::from(error).into_response(),
    }
}
