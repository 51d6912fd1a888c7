//! The user whom the token names.

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use crate::AuthErrorKind;
use crate::reject::{Rejection, surroundings_of, token_of};
use crate::subject::CurrentUser;

/// The user that [`JwtAuthLayer::users`](crate::JwtAuthLayer::users) loaded. Without a token it
/// answers 401, without a layer that loads users of this type 500.
impl<U, S> FromRequestParts<S> for CurrentUser<U>
where
    U: Clone + Send + Sync + 'static,
    S: Sync,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        token_of(&parts.extensions)?;
        Self::of(&parts.extensions).cloned().map(CurrentUser).ok_or_else(|| {
            crate::trace::error!(
                target: "tower_bearer::request",
                user = std::any::type_name::<U>(),
                "no JwtAuthLayer with a store of such users around a route that asks for one"
            );
            Rejection::new(AuthErrorKind::MissingLayer, surroundings_of(&parts.extensions))
        })
    }
}

/// `None` for a request without credentials, under
/// [`optional`](crate::JwtAuthLayer::optional).
impl<U, S> OptionalFromRequestParts<S> for CurrentUser<U>
where
    U: Clone + Send + Sync + 'static,
    S: Sync,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        match <Self as FromRequestParts<S>>::from_request_parts(parts, state).await {
            Ok(user) => Ok(Some(user)),
            Err(rejection) if rejection.kind() == AuthErrorKind::MissingCredentials => Ok(None),
            Err(rejection) => Err(rejection),
        }
    }
}
