//! A document at a well-known location, as a service.

use std::collections::hash_map::DefaultHasher;
use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW,
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde_json::json;
use tower_service::Service;

use super::Members;
use crate::{ConfigError, KeySet};

const DEFAULT_MAX_AGE: Duration = Duration::from_secs(3600);
pub(crate) const JWKS_PATH: &str = "/.well-known/jwks.json";
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
const ANY: HeaderValue = HeaderValue::from_static("*");

/// A document at a well-known location (RFC 8615): a [`Service`] that answers `GET` and `HEAD` with
/// it, for whoever asks.
///
/// It fits axum's `Router::route_service`, and whatever else calls a tower service. It never fails,
/// looks at no `Host`, and makes nothing at a request. Its answers have `Cache-Control` with an age of
/// an hour, or [another](Self::max_age), and an `ETag`; they are for pages of every origin
/// (`Access-Control-Allow-Origin: *`), and so is the answer to a CORS preflight. Other methods
/// are answered with 405.
///
/// **Clients ask it without a token.** In axum add its route behind the layer that asks for one, or
/// it is refused with 401.
///
/// # Examples
///
/// ```
/// use axum::{Router, body::Body, routing::get};
/// use http::{Request, StatusCode};
/// use tower::ServiceExt;
/// use tower_bearer::{Algorithm, Issuer, JwtAuthLayer, SigningKey, WellKnown};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// # let pem = "-----BEGIN PRIVATE KEY-----\n\
/// #      MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
/// #      -----END PRIVATE KEY-----\n";
/// let key = SigningKey::from_pem(Algorithm::EdDSA, pem)?;
/// let issuer = Issuer::new(key).issuer("https://me.example").audience("api");
/// let jwks = WellKnown::jwks(&issuer)?;
/// let app = Router::new()
///     .route("/me", get(|| async { "me" }))
///     .layer(JwtAuthLayer::new(issuer.verifier()?))
///     .route_service(jwks.path(), jwks.clone());
///
/// let request = Request::get("/.well-known/jwks.json").body(Body::empty())?;
/// assert_eq!(app.oneshot(request).await?.status(), StatusCode::OK);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
/// ```
#[derive(Clone)]
pub struct WellKnown(Arc<Document>);

#[derive(Clone)]
struct Document {
    path: String,
    body: String,
    tag: HeaderValue,
    cache_control: HeaderValue,
}

impl WellKnown {
    /// `/.well-known/jwks.json`: the public keys of an [`Issuer`](crate::Issuer), or of another set, as
    /// [`KeySet::to_jwks`] has them. Of secrets nothing is published.
    ///
    /// Clients keep it for as long as [`max_age`](Self::max_age) says, and a key must not sign before
    /// they have it: [`SigningKeys`](crate::SigningKeys) have the next key among them a day or more
    /// before it signs, and the one before until its last token is over.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoPublicKey`] when all keys are secrets.
    pub fn jwks(keys: impl Into<KeySet>) -> Result<Self, ConfigError> {
        let keys = keys.into();
        if !keys.has_public_key() {
            return Err(ConfigError::NoPublicKey);
        }
        Ok(Self::new(JWKS_PATH.to_owned(), keys.to_jwks()))
    }

    /// A document of metadata.
    pub(crate) fn metadata(path: String, members: &Members) -> Self {
        Self::new(path, json!(members).to_string())
    }

    fn new(path: String, body: String) -> Self {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        // It has to differ where the document does, and need not be hard to forge.
        let tag = header(format!("\"{:016x}\"", hasher.finish()));
        let cache_control = cache_control(DEFAULT_MAX_AGE);
        Self(Arc::new(Document { path, body, tag, cache_control }))
    }

    /// How long clients may keep the document: an hour by default, counted in whole seconds. Zero asks
    /// them to ask each time. For [`jwks`](Self::jwks) less than a day, since the next key is published a
    /// day before it signs. A second call replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use http::{Request, header};
    /// use tower::ServiceExt;
    /// use tower_bearer::ResourceMetadata;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let service = ResourceMetadata::new("https://api.example")?.service();
    /// let service = service.max_age(Duration::from_secs(60));
    /// let answer = service.oneshot(Request::new(())).await?;
    /// assert_eq!(answer.headers()[header::CACHE_CONTROL], "public, max-age=60");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        Arc::make_mut(&mut self.0).cache_control = cache_control(age);
        self
    }

    /// The path of its URL, which to route to it.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The document itself, as JSON text.
    pub fn body(&self) -> &str {
        &self.0.body
    }

    fn respond(&self, method: &Method, headers: &HeaderMap) -> Response<String> {
        let document = &*self.0;
        let mut response = Response::new(String::new());
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
        match *method {
            Method::GET | Method::HEAD => {}
            Method::OPTIONS => {
                *response.status_mut() = StatusCode::NO_CONTENT;
                let headers = response.headers_mut();
                headers.insert(ALLOW, METHODS);
                headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ANY);
                return response;
            }
            _ => {
                *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
                response.headers_mut().insert(ALLOW, METHODS);
                return response;
            }
        }
        let is_known = headers.get_all(IF_NONE_MATCH).iter().any(|tags| document.is_named_in(tags));
        let out = response.headers_mut();
        out.insert(CACHE_CONTROL, document.cache_control.clone());
        out.insert(ETAG, document.tag.clone());
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        out.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        out.insert(CONTENT_LENGTH, document.body.len().into());
        if *method == Method::GET {
            response.body_mut().clone_from(&document.body);
        }
        response
    }
}

impl Document {
    /// RFC 9110, section 13.1.2: weak comparison.
    fn is_named_in(&self, tags: &HeaderValue) -> bool {
        tags.to_str().is_ok_and(|tags| {
            tags.split(',').map(str::trim).any(|tag| {
                tag == "*"
                    || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == self.tag.as_bytes()
            })
        })
    }
}

impl<B> Service<Request<B>> for WellKnown {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(self.respond(request.method(), request.headers())))
    }
}

impl fmt::Debug for WellKnown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WellKnown").field("path", &self.0.path).finish_non_exhaustive()
    }
}

fn cache_control(age: Duration) -> HeaderValue {
    header(match age.as_secs() {
        0 => "no-cache".to_owned(),
        seconds => format!("public, max-age={seconds}"),
    })
}

/// Of digits and constants, which every header carries.
fn header(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("no-cache"))
}
