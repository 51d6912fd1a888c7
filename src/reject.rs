//! A refusal: as data, and as a response.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Extensions, HeaderValue, Response, StatusCode};

use crate::challenge::{Challenge, Realm};
use crate::{AuthError, AuthErrorKind, Token};

/// The answer to a request that was refused, as data.
///
/// The function given to [`JwtAuthLayer::on_reject`](crate::JwtAuthLayer::on_reject) gets one and
/// makes the body. Status, `WWW-Authenticate` and `Retry-After` are set by this crate.
///
/// # Examples
///
/// See [`JwtAuthLayer::on_reject`](crate::JwtAuthLayer::on_reject).
#[derive(Clone)]
pub struct Rejection {
    kind: AuthErrorKind,
    scope: Option<Arc<str>>,
    surroundings: Surroundings,
}

impl Rejection {
    /// Why the request was refused.
    pub fn kind(&self) -> AuthErrorKind {
        self.kind
    }

    /// The status: 400, 401, 403, 500 or 503.
    pub fn status(&self) -> StatusCode {
        match self.kind {
            AuthErrorKind::MalformedCredentials
            | AuthErrorKind::MultipleCredentials
            | AuthErrorKind::CredentialsTooLong => StatusCode::BAD_REQUEST,
            AuthErrorKind::InsufficientScope | AuthErrorKind::Forbidden => StatusCode::FORBIDDEN,
            AuthErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            AuthErrorKind::MissingLayer => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::UNAUTHORIZED,
        }
    }

    /// The code for the body: `invalid_request`, `invalid_token` or `insufficient_scope` (RFC
    /// 6750, section 3.1), `forbidden`, `temporarily_unavailable` or `server_error`. A request
    /// that has no credentials gets none, as the RFC asks for.
    pub fn error(&self) -> Option<&'static str> {
        self.kind.code()
    }

    /// A constant text for people, from a closed set.
    pub fn description(&self) -> &'static str {
        self.kind.description()
    }

    /// The scopes that the resource requires, parted by spaces, where that is known and matters.
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// The value of `WWW-Authenticate`; none for 500 and 503, which new credentials can't mend.
    pub fn challenge(&self) -> Option<HeaderValue> {
        let named = matches!(self.status(), StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED)
            || self.kind == AuthErrorKind::InsufficientScope;
        // A new token can't help where access is denied whatever the scope, so no error is named.
        let error = if named { self.error() } else { None };
        let challenge = Challenge {
            realm: &self.surroundings.0.realm,
            error,
            description: error.map(|_| self.description()),
            scope: self.scope(),
        };
        (!self.status().is_server_error()).then(|| challenge.to_header())
    }

    /// How long to wait before trying again: 1 second with a 503, otherwise nothing.
    pub fn retry_after(&self) -> Option<Duration> {
        (self.kind == AuthErrorKind::Unavailable).then_some(Duration::from_secs(1))
    }

    pub(crate) fn new(kind: AuthErrorKind, surroundings: Surroundings) -> Self {
        Self { kind, scope: None, surroundings }
    }

    /// Names the scopes of the resource, which a client without credentials, or with too small a
    /// token, can ask for.
    pub(crate) fn with_scope(mut self, scope: Option<Arc<str>>) -> Self {
        if matches!(self.kind, AuthErrorKind::MissingCredentials | AuthErrorKind::InsufficientScope)
        {
            self.scope = scope;
        }
        self
    }

    pub(crate) fn to_response(&self) -> Response<Bytes> {
        let mut response = match &self.surroundings.0.responder {
            Some(responder) => responder(self),
            None => self.json(),
        };
        // A responder makes the body. Were it to forget the status, a refusal would read as 200.
        *response.status_mut() = self.status();
        response.extensions_mut().insert(AuthError::from(self.kind));
        let headers = response.headers_mut();
        if let Some(challenge) = self.challenge() {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(after) = self.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(after.as_secs()));
        }
        response
    }

    fn json(&self) -> Response<Bytes> {
        let description = self.description();
        // Constants without anything that JSON would escape.
        let body = match self.error() {
            Some(error) => {
                format!(r#"{{"error":"{error}","error_description":"{description}"}}"#)
            }
            None => format!(r#"{{"error_description":"{description}"}}"#),
        };
        let mut response = Response::new(Bytes::from(body));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection")
            .field("kind", &self.kind)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "axum-core")]
impl axum_core::response::IntoResponse for Rejection {
    fn into_response(self) -> axum_core::response::Response {
        self.to_response().map(axum_core::body::Body::from)
    }
}

/// What a layer leaves in the request extensions, so that policies and extractors inside it
/// answer as it would.
#[derive(Clone, Default)]
pub(crate) struct Surroundings(Arc<Answers>);

type Responder = dyn Fn(&Rejection) -> Response<Bytes> + Send + Sync;

#[derive(Default)]
struct Answers {
    realm: Realm,
    responder: Option<Arc<Responder>>,
}

impl Surroundings {
    pub(crate) fn with_realm(&self, realm: Realm) -> Self {
        Self(Arc::new(Answers { realm, responder: self.0.responder.clone() }))
    }

    pub(crate) fn with_responder(&self, responder: Arc<Responder>) -> Self {
        Self(Arc::new(Answers { realm: self.0.realm.clone(), responder: Some(responder) }))
    }
}

/// The token that a layer left in the extensions, or why there is none.
pub(crate) fn token_of(extensions: &Extensions) -> Result<&Token, Rejection> {
    if let Some(token) = extensions.get::<Token>() {
        return Ok(token);
    }
    match extensions.get::<Surroundings>() {
        Some(surroundings) => {
            Err(Rejection::new(AuthErrorKind::MissingCredentials, surroundings.clone()))
        }
        None => {
            // Never take a route for public because somebody forgot a layer.
            crate::trace::error!("no JwtAuthLayer around a route that asks for a token");
            Err(Rejection::new(AuthErrorKind::MissingLayer, Surroundings::default()))
        }
    }
}

/// The layer's surroundings, or the defaults.
pub(crate) fn surroundings_of(extensions: &Extensions) -> Surroundings {
    extensions.get::<Surroundings>().cloned().unwrap_or_default()
}
