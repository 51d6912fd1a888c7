//! Extractors for axum and whatever else builds on axum-core.

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::reject::{Rejection, surroundings_of, token_of};
use crate::subject::CurrentUser;
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

/// The claims of the verified token, as a type of your own.
///
/// A token whose claims do not fit the type is answered with 401 and `invalid_token`. Under
/// [`optional`](crate::JwtAuthLayer::optional), `Option<Claims<T>>` is `None` for a request
/// without credentials.
///
/// # Examples
///
/// ```
/// use axum::{Router, body::Body, routing::get};
/// use http::{Request, StatusCode, header};
/// use tower::ServiceExt;
/// use tower_bearer::{Claims, Grant, Issuer, JwtAuthLayer};
///
/// #[derive(serde::Deserialize)]
/// struct MyClaims {
///     sub: String,
/// }
///
/// async fn me(Claims(me): Claims<MyClaims>) -> String {
///     me.sub
/// }
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = Issuer::for_tests();
/// let app = Router::new()
///     .route("/me", get(me))
///     .layer(JwtAuthLayer::new(issuer.verifier()?));
/// let token = issuer.issue(&Grant::new("alice"))?;
/// let request = Request::get("/me")
///     .header(header::AUTHORIZATION, format!("Bearer {token}"))
///     .body(Body::empty())?;
/// assert_eq!(app.oneshot(request).await?.status(), StatusCode::OK);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Claims<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Claims<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        claims(token_of(&parts.extensions)?, parts)
    }
}

impl<T: DeserializeOwned, S: Sync> OptionalFromRequestParts<S> for Claims<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        match <Token as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await? {
            Some(token) => claims(&token, parts).map(Some),
            None => Ok(None),
        }
    }
}

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

fn claims<T: DeserializeOwned>(token: &Token, parts: &Parts) -> Result<Claims<T>, Rejection> {
    token.claims().map(Claims).map_err(|_| {
        // The deserializer's own words may quote a claim, so they are not logged.
        crate::trace::debug!(claims = std::any::type_name::<T>(), "the token's claims do not fit");
        Rejection::new(AuthErrorKind::InvalidClaims, surroundings_of(&parts.extensions))
    })
}
