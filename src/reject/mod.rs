//! A refusal: as data, and as a response.

mod format;
#[cfg(feature = "tonic")]
mod grpc;
mod ready;
mod surroundings;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, RETRY_AFTER, TRANSFER_ENCODING, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};

pub use format::RejectionFormat;
#[cfg(feature = "tonic")]
pub(crate) use grpc::https_required;
pub(crate) use surroundings::{Responder, Surroundings, surroundings_of, token_of};

use crate::meter::{self, NO_CREDENTIALS, RefusedBy};
use crate::{AuthError, AuthErrorKind};

/// The headers of refusals that a script on a page of another origin may read only where CORS says
/// so: for `Access-Control-Expose-Headers` (Fetch, "CORS protocol and credentials").
///
/// # Examples
///
/// With the CORS layer of tower-http: `CorsLayer::new().expose_headers(EXPOSED_HEADERS)`.
///
/// ```
/// use tower_bearer::EXPOSED_HEADERS;
///
/// assert!(EXPOSED_HEADERS.contains(&http::header::WWW_AUTHENTICATE));
/// ```
pub const EXPOSED_HEADERS: [HeaderName; 2] = [WWW_AUTHENTICATE, RETRY_AFTER];

/// The answer to a request that was refused, as data.
///
/// The function given to [`JwtAuthLayer::on_reject`](crate::JwtAuthLayer::on_reject) gets one and
/// makes the body. Status, `WWW-Authenticate`, `Retry-After` and `Content-Length` are set by this
/// crate.
///
/// # Examples
///
/// See [`JwtAuthLayer::on_reject`](crate::JwtAuthLayer::on_reject).
#[derive(Clone)]
pub struct Rejection {
    kind: AuthErrorKind,
    scope: Option<Arc<str>>,
    retry_after: Option<Duration>,
    surroundings: Surroundings,
    by: RefusedBy,
}

impl Rejection {
    /// Why the request was refused, whether clients are told or not.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::Response;
    /// use tower_bearer::{Issuer, JwtAuthLayer, Rejection, AuthErrorKind};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let verifier = Issuer::for_tests().verifier()?;
    /// let layer = JwtAuthLayer::new(verifier).on_reject(|rejection: &Rejection| {
    ///     let text = match rejection.kind() {
    ///         AuthErrorKind::Expired => "Your session is over. Log in again.",
    ///         _ => rejection.description(),
    ///     };
    ///     Response::new(Bytes::from(text))
    /// });
    /// # let _ = layer;
    /// # Ok(())
    /// # }
    /// ```
    pub fn kind(&self) -> AuthErrorKind {
        self.kind
    }

    /// The status: 400, 401, 403, 429, 500 or 503. In the format
    /// [`Grpc`](RejectionFormat#variant.Grpc) the answer has 200, as every answer of gRPC.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::Response;
    /// use tower_bearer::{Issuer, JwtAuthLayer, Rejection};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let verifier = Issuer::for_tests().verifier()?;
    /// let layer = JwtAuthLayer::new(verifier).on_reject(|rejection: &Rejection| {
    ///     let text = format!("<h1>{}</h1>", rejection.status());
    ///     Response::new(Bytes::from(text))
    /// });
    /// # let _ = layer;
    /// # Ok(())
    /// # }
    /// ```
    pub fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// The `error` of the body: `invalid_request`, `invalid_token` or `insufficient_scope` (RFC
    /// 6750, section 3.1), `forbidden`, `rate_exceeded`, `temporarily_unavailable` or
    /// `server_error`. A request that has no credentials gets none, as the RFC asks for.
    pub fn error(&self) -> Option<&'static str> {
        self.kind.error()
    }

    /// The reason as a code for programs, from the closed set that [`AuthErrorKind`] lists;
    /// `invalid_token` where the layer hides why a token is not valid. None without credentials.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::Response;
    /// use tower_bearer::{Issuer, JwtAuthLayer, Rejection};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let verifier = Issuer::for_tests().verifier()?;
    /// let layer = JwtAuthLayer::new(verifier).on_reject(|rejection: &Rejection| {
    ///     let text = rejection.error_code().unwrap_or("no_credentials");
    ///     Response::new(Bytes::from(text))
    /// });
    /// # let _ = layer;
    /// # Ok(())
    /// # }
    /// ```
    pub fn error_code(&self) -> Option<&'static str> {
        if self.hides_reason() { self.error() } else { self.kind.code() }
    }

    /// A constant text for people, from a closed set; `the token is not valid` where the layer
    /// hides why.
    pub fn description(&self) -> &'static str {
        if self.hides_reason() { "the token is not valid" } else { self.kind.description() }
    }

    /// The scopes that the resource requires, parted by spaces, where that is known and matters.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::Response;
    /// use tower_bearer::{Issuer, JwtAuthLayer, Rejection};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let verifier = Issuer::for_tests().verifier()?;
    /// let layer = JwtAuthLayer::new(verifier).on_reject(|rejection: &Rejection| {
    ///     let text = match rejection.scope() {
    ///         Some(scope) => format!("This page needs a token with the scope {scope}."),
    ///         None => rejection.description().to_owned(),
    ///     };
    ///     Response::new(Bytes::from(text))
    /// });
    /// # let _ = layer;
    /// # Ok(())
    /// # }
    /// ```
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// The values of `WWW-Authenticate`, each for a field line of its own: those of the schemes
    /// `Bearer` and `ApiKey`, as far as the layer takes such credentials, and with a 401 those of
    /// other schemes that it was given. None for 429, 500, 503 and a cross-site request, which new
    /// credentials can't mend.
    ///
    /// A 400 or 403 to a request that came with an API key has the challenge of that scheme alone,
    /// with the realm and the scopes that are lacking: `error` is a parameter of `Bearer`.
    pub fn challenges(&self) -> impl Iterator<Item = HeaderValue> + '_ {
        let is_401 = self.status() == StatusCode::UNAUTHORIZED;
        let useless = self.status().is_server_error()
            || matches!(self.kind, AuthErrorKind::CrossSite | AuthErrorKind::ApiKeyRateExceeded);
        let by_key = self.surroundings.is_by_api_key();
        // What does not take keys asks for a token.
        let wants_token = is_401 || !by_key || self.kind == AuthErrorKind::ApiKeyNotAccepted;
        let bearer = (!useless && wants_token).then(|| self.bearer_challenge()).flatten();
        let wants_key = is_401 || (by_key && self.kind != AuthErrorKind::ApiKeyNotAccepted);
        let own = (!useless && (wants_key || self.surroundings.bearer().is_none()))
            .then(|| self.api_key_challenge())
            .flatten();
        let others: &[_] = if is_401 { self.surroundings.others() } else { &[] };
        let others = others
            .iter()
            .filter(|other| self.surroundings.api_keys().is_none() || !other.is_of("ApiKey"))
            .map(|challenge| challenge.to_header());
        bearer.into_iter().chain(own).chain(others)
    }

    fn bearer_challenge(&self) -> Option<HeaderValue> {
        // A new token can't help where access is denied whatever the scope, and whoever sent none
        // did nothing wrong with it: no error is named.
        let mendable = self.kind != AuthErrorKind::Forbidden;
        let named = mendable && !self.surroundings.is_by_api_key();
        let error = self.error().filter(|_| named);
        let described = error.is_some() && !self.hides_reason();
        let metadata = self.surroundings.resource_metadata();
        let new_token_helps = mendable && self.status() != StatusCode::BAD_REQUEST;
        Some(self.surroundings.bearer()?.to_header_with(&[
            ("error", error),
            ("scope", self.scope()),
            ("error_description", described.then(|| self.description())),
            ("resource_metadata", metadata.filter(|_| new_token_helps)),
        ]))
    }

    fn api_key_challenge(&self) -> Option<HeaderValue> {
        let lacking = self.scope().filter(|_| self.kind == AuthErrorKind::InsufficientScope);
        Some(self.surroundings.api_keys()?.to_header_with(&[("scope", lacking)]))
    }

    /// How long to wait before trying again: 1 second with a 503, with a 429 until the rate allows
    /// the next request, otherwise nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::Response;
    /// use tower_bearer::{Issuer, JwtAuthLayer, Rejection};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let verifier = Issuer::for_tests().verifier()?;
    /// let layer = JwtAuthLayer::new(verifier).on_reject(|rejection: &Rejection| {
    ///     let text = match rejection.retry_after() {
    ///         Some(pause) => format!("Try again in {} seconds.", pause.as_secs()),
    ///         None => rejection.description().to_owned(),
    ///     };
    ///     Response::new(Bytes::from(text))
    /// });
    /// # let _ = layer;
    /// # Ok(())
    /// # }
    /// ```
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            AuthErrorKind::Unavailable => Some(Duration::from_secs(1)),
            AuthErrorKind::ApiKeyRateExceeded => self.retry_after,
            _ => None,
        }
    }

    pub(crate) fn new(kind: AuthErrorKind, surroundings: Surroundings) -> Self {
        Self { kind, scope: None, retry_after: None, surroundings, by: RefusedBy::Extractor }
    }

    /// Names who refuses, for logs and metrics. An extractor, unless it is said.
    pub(crate) fn by(mut self, by: RefusedBy) -> Self {
        self.by = by;
        self
    }

    pub(crate) fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        self.retry_after = after;
        self
    }

    /// Names the scopes of the resource, which a client without credentials, or with too small a
    /// token, can ask for.
    pub(crate) fn with_scope(mut self, scope: Option<Arc<str>>) -> Self {
        let named = match self.kind {
            AuthErrorKind::MissingCredentials => !self.surroundings.hides_scope(),
            kind => kind == AuthErrorKind::InsufficientScope,
        };
        if named {
            self.scope = scope;
        }
        self
    }

    /// Whether clients are kept from knowing why their token is not valid.
    fn hides_reason(&self) -> bool {
        self.surroundings.hides_reason() && self.error() == Some("invalid_token")
    }

    /// The response to a request of this method.
    pub(crate) fn to_response(&self, method: &Method) -> Response<Bytes> {
        self.report();
        self.make_response(method)
    }

    /// The same, where nobody is refused and the answer is only looked at.
    pub(crate) fn make_response(&self, method: &Method) -> Response<Bytes> {
        let mut response = match self.surroundings.responder() {
            Responder::Format(format) => {
                self.surroundings.ready().get_or(self, || format.respond(self))
            }
            Responder::Function(function) => self.complete(function(self)),
        };
        response.extensions_mut().insert(AuthError::from(self.kind));
        if method == Method::HEAD {
            // The headers of GET, its length among them, without its body (RFC 9110, section 9.3.2).
            *response.body_mut() = Bytes::new();
        }
        response
    }

    /// All refusals pass here, and none that an optional extractor or layer made nothing of.
    fn report(&self) {
        let reason = self.kind.code().unwrap_or(NO_CREDENTIALS);
        let by = self.by.name();
        crate::trace::debug!(target: "tower_bearer::request", reason, by, "request refused");
        meter::refused(Some(self.kind), self.by);
        let _ = (reason, by);
    }

    /// A responder makes the body. Were it to forget the status, a refusal would read as 200.
    fn complete(&self, mut response: Response<Bytes>) -> Response<Bytes> {
        *response.status_mut() = self.status();
        let length = response.body().len();
        let headers = response.headers_mut();
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        for ours in [WWW_AUTHENTICATE, RETRY_AFTER, TRANSFER_ENCODING] {
            headers.remove(ours);
        }
        self.add_headers(headers);
        response
    }

    /// What to do about it: the challenges, and when to try again.
    fn add_headers(&self, headers: &mut HeaderMap) {
        for challenge in self.challenges() {
            headers.append(WWW_AUTHENTICATE, challenge);
        }
        if let Some(after) = self.retry_after() {
            // In whole seconds (RFC 9110, section 10.2.3), and not too early.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
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
        // The router takes the body from the answer to HEAD.
        self.to_response(&Method::GET).map(axum_core::body::Body::from)
    }
}
