//! The options of the layer that say how it answers.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;

use super::JwtAuthLayer;
use crate::ConfigError;
use crate::challenge::Challenge;
use crate::metadata::ResourceMetadata;
use crate::reject::{Rejection, RejectionFormat, Responder};

/// How refusals look. Policies and extractors inside the layer answer in the same way.
impl JwtAuthLayer {
    /// Names the protection space in challenges (RFC 9110, section 11.5). Default: `api`. A
    /// second call replaces the first.
    ///
    /// # Errors
    ///
    /// When the text has a character that is not printable ASCII.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::{Router, body::Body, routing::get};
    /// use http::{Request, header};
    /// use tower::ServiceExt;
    /// use tower_bearer::{Issuer, JwtAuthLayer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let layer = JwtAuthLayer::new(Issuer::for_tests().verifier()?).realm("orders")?;
    /// let app = Router::new().route("/orders", get(async || "")).layer(layer);
    /// let refused = app.oneshot(Request::get("/orders").body(Body::empty())?).await?;
    /// assert_eq!(refused.headers()[header::WWW_AUTHENTICATE], r#"Bearer realm="orders""#);
    /// # Ok(())
    /// # }
    /// ```
    pub fn realm(mut self, realm: &str) -> Result<Self, ConfigError> {
        self.settings_mut().surroundings.set_realm(realm)?;
        Ok(self)
    }

    /// Makes the body of refusals, and any headers beside those that this crate sets: the status,
    /// `WWW-Authenticate`, `Retry-After` and `Content-Length` are written over what the function
    /// returns. Default:
    /// [`RejectionFormat::OAuth`]. A second call replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::{Response, header};
    /// use tower_bearer::{Issuer, JwtAuthLayer, Rejection};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let verifier = Issuer::for_tests().verifier()?;
    /// let layer = JwtAuthLayer::new(verifier).on_reject(|rejection: &Rejection| {
    ///     let mut response = Response::new(Bytes::from(rejection.description()));
    ///     let text = header::HeaderValue::from_static("text/plain");
    ///     response.headers_mut().insert(header::CONTENT_TYPE, text);
    ///     response
    /// });
    /// # let _ = layer;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn on_reject<F>(self, responder: F) -> Self
    where
        F: Fn(&Rejection) -> Response<Bytes> + Send + Sync + 'static,
    {
        let responder = Responder::Function(Arc::new(responder));
        self.with(|settings| settings.surroundings.set_responder(responder))
    }

    /// Chooses the shape of the body of refusals. Default: [`RejectionFormat::OAuth`]. Of this and
    /// [`on_reject`](Self::on_reject) the later call holds.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::{Router, body::Body, routing::get};
    /// use http::{Request, header};
    /// use tower::ServiceExt;
    /// use tower_bearer::{Issuer, JwtAuthLayer, RejectionFormat};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let layer = JwtAuthLayer::new(Issuer::for_tests().verifier()?);
    /// let layer = layer.rejection_format(RejectionFormat::Problem);
    /// let app = Router::new().route("/orders", get(async || "")).layer(layer);
    /// let refused = app.oneshot(Request::get("/orders").body(Body::empty())?).await?;
    /// assert_eq!(refused.headers()[header::CONTENT_TYPE], "application/problem+json");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn rejection_format(self, format: RejectionFormat) -> Self {
        self.with(|settings| settings.surroundings.set_responder(Responder::Format(format)))
    }

    /// Keeps from clients why their token is not valid: expired, forged or meant for somebody else,
    /// the answer is `invalid_token` and no more. [`Rejection::kind`] still tells the application.
    /// Default: off; the reasons are constants that say nothing of the claims, and help whoever
    /// writes a client.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::{Router, body::Body, routing::get};
    /// use http::{Request, header};
    /// use tower::ServiceExt;
    /// use tower_bearer::{Issuer, JwtAuthLayer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let layer = JwtAuthLayer::new(Issuer::for_tests().verifier()?).hide_reason();
    /// let app = Router::new().route("/orders", get(async || "")).layer(layer);
    /// let request = Request::get("/orders").header(header::AUTHORIZATION, "Bearer e30.e30.e30");
    /// let refused = app.oneshot(request.body(Body::empty())?).await?;
    /// let challenge = &refused.headers()[header::WWW_AUTHENTICATE];
    /// assert_eq!(challenge, r#"Bearer realm="api", error="invalid_token""#);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn hide_reason(self) -> Self {
        self.with(|settings| settings.surroundings.hide_reason())
    }

    /// Keeps the scopes of a route out of the 401 to a request without credentials. Default: they are
    /// named, so that a client knows what to ask for (RFC 6750, section 3). The 403 names them always.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::{Router, body::Body, routing::get};
    /// use http::{Request, header};
    /// use tower::ServiceExt;
    /// use tower_bearer::{Issuer, JwtAuthLayer, scopes};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let layer = JwtAuthLayer::new(Issuer::for_tests().verifier()?).hide_scope();
    /// let app = Router::new().route("/internal", get(async || ""));
    /// let app = app.layer(layer.require(scopes(["internal:read"])));
    /// let refused = app.oneshot(Request::get("/internal").body(Body::empty())?).await?;
    /// assert_eq!(refused.headers()[header::WWW_AUTHENTICATE], r#"Bearer realm="api""#);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn hide_scope(self) -> Self {
        self.with(|settings| settings.surroundings.hide_scope())
    }

    /// Names the metadata of the protected resource in challenges, so that clients find out whose
    /// tokens this service takes (RFC 9728, section 5.1). The URL comes from the configuration and
    /// never from the request. A second call replaces the first.
    ///
    /// # Errors
    ///
    /// When the layer takes tokens in the query and the metadata does not say so, or the other way
    /// round: [`ResourceMetadata::query_tokens`] and [`TokenSource::query`](crate::TokenSource::query)
    /// go together, and the source is added first. When the layer takes API keys alone.
    ///
    /// # Examples
    ///
    /// See [`ResourceMetadata`].
    pub fn resource_metadata(mut self, metadata: &ResourceMetadata) -> Result<Self, ConfigError> {
        let invalid = |rule| Err(ConfigError::InvalidValue { setting: "resource metadata", rule });
        let settings = self.settings_mut();
        if settings.verifier.is_none() {
            return invalid("a layer that takes API keys alone sends nobody for a token");
        }
        match (settings.takes_query_tokens(), metadata.takes_query_tokens()) {
            (true, false) => invalid(
                "the layer takes tokens in the query; call ResourceMetadata::query_tokens, so that \
                 the metadata says so",
            ),
            (false, true) => invalid(
                "it says that tokens are taken in the query; add TokenSource::query to the layer first",
            ),
            _ => {
                settings.surroundings.set_resource_metadata(metadata);
                settings.described = Some(metadata.takes_query_tokens());
                Ok(self)
            }
        }
    }

    /// Offers another scheme beside `Bearer` in every 401, in a field line of its own, for a service
    /// that takes other credentials too. What is wrong with a token is said in the challenge of
    /// `Bearer` alone. A second call offers one scheme more.
    ///
    /// # Errors
    ///
    /// When the scheme is `Bearer`, which has its challenge already.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Challenge, Issuer, JwtAuthLayer};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let verifier = Issuer::for_tests().verifier()?;
    /// let layer = JwtAuthLayer::new(verifier).other_challenge(Challenge::new("ApiKey", "api")?)?;
    /// # let _ = layer;
    /// # Ok(())
    /// # }
    /// ```
    pub fn other_challenge(mut self, challenge: Challenge) -> Result<Self, ConfigError> {
        if challenge.is_bearer() {
            return Err(ConfigError::InvalidValue {
                setting: "other challenge",
                rule: "the layer makes the challenge of the scheme Bearer itself",
            });
        }
        self.settings_mut().surroundings.add_other(challenge);
        Ok(self)
    }
}
