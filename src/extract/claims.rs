//! The claims of the token.

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::Extensions;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::reject::{Rejection, surroundings_of};
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

impl<T: DeserializeOwned> Claims<T> {
    /// The claims of the token in the extensions of a request, for handlers that have no
    /// extractors.
    ///
    /// # Errors
    ///
    /// What the extractor answers, as a refusal.
    ///
    /// # Examples
    ///
    /// See [`Scoped::of`](crate::Scoped::of).
    pub fn of(extensions: &Extensions) -> Result<Self, Rejection> {
        claims(Token::of(extensions)?, extensions)
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Claims<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Self::of(&parts.extensions)
    }
}

impl<T: DeserializeOwned, S: Sync> OptionalFromRequestParts<S> for Claims<T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        match <Token as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await? {
            Some(token) => claims(&token, &parts.extensions).map(Some),
            None => Ok(None),
        }
    }
}

fn claims<T: DeserializeOwned>(
    token: &Token,
    extensions: &Extensions,
) -> Result<Claims<T>, Rejection> {
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
        Rejection::new(kind, surroundings_of(extensions))
    })
}
