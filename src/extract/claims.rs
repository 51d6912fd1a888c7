//! The claims of the token.

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::reject::{Rejection, surroundings_of, token_of};
use crate::{AuthErrorKind, Token};

/// The claims of the verified token, as a type of your own.
///
/// A token whose claims do not fit the type is answered with 401 and `invalid_token`, an API key,
/// which has no claims, with 403 and `api_key_not_accepted`. Under
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

fn claims<T: DeserializeOwned>(token: &Token, parts: &Parts) -> Result<Claims<T>, Rejection> {
    token.claims().map(Claims).map_err(|_| {
        // The deserializer's own words may quote a claim, so they are not logged.
        crate::trace::debug!(
            target: "tower_bearer::request",
            claims = std::any::type_name::<T>(),
            "the token's claims do not fit"
        );
        let kind = match token.is_api_key() {
            true => AuthErrorKind::ApiKeyNotAccepted,
            false => AuthErrorKind::InvalidClaims,
        };
        Rejection::new(kind, surroundings_of(&parts.extensions))
    })
}
