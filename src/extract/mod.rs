//! Extractors for axum and whatever else builds on axum-core.

mod claims;
mod required;
mod user;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

pub use claims::Claims;
pub use required::{HasRole, RequiredRoles, RequiredScopes, Scoped};

use crate::reject::{Rejection, token_of};
use crate::{AuthErrorKind, Token};

/// The verified token of the request. Without one it answers 401, without a
/// [`JwtAuthLayer`](crate::JwtAuthLayer) around the route 500; never anything else.
impl<S: Sync> FromRequestParts<S> for Token {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        token_of(&parts.extensions).cloned()
    }
}

/// `None` for a request without credentials, under
/// [`optional`](crate::JwtAuthLayer::optional).
impl<S: Sync> OptionalFromRequestParts<S> for Token {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        match token_of(&parts.extensions) {
            Ok(token) => Ok(Some(token.clone())),
            Err(rejection) if rejection.kind() == AuthErrorKind::MissingCredentials => Ok(None),
            Err(rejection) => Err(rejection),
        }
    }
}
