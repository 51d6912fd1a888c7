//! The layer and its options.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use tower_layer::Layer;

use super::pages::Pages;
use super::{RequireHttps, SchemeSource};
use crate::ConfigError;

/// Refuses every request that came over plain HTTP. [`require_https`] makes it.
///
/// # Examples
///
/// See [`require_https`].
#[derive(Clone, Debug)]
pub struct RequireHttpsLayer {
    settings: Arc<Settings>,
}

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) source: SchemeSource,
    pub(super) hsts: Option<HeaderValue>,
    pub(super) pages: Option<Pages>,
    #[cfg(feature = "tonic")]
    pub(super) is_grpc: bool,
}

/// Answers every request over plain HTTP with 403, before anybody looks at its credentials.
///
/// A redirect would hide the mistake: the client sends its token in plain text, follows, and all
/// seems well, time after time (draft-ietf-httpapi-privacy, section 2.4). The refusal makes it
/// fail where somebody sees it. It is the same for valid, invalid and absent credentials, for
/// every method, and for a CORS preflight.
///
/// Answers to requests over https get `Strict-Transport-Security` (RFC 6797, section 7.2), unless
/// the inner service set it; see [`hsts`](RequireHttpsLayer::hsts).
///
/// The layer fits any `tower::Service` over `http` types whose service is `Clone` and whose
/// response body yields `Bytes`.
///
/// # Examples
///
/// ```
/// use axum::{Router, body::Body, routing::get};
/// use http::{Request, StatusCode, header};
/// use tower::ServiceExt;
/// use tower_bearer::{
///     ConnectionScheme, Grant, Issuer, JwtAuthLayer, SchemeSource, Token, require_https,
/// };
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = Issuer::for_tests();
/// let app: Router = Router::new()
///     .route("/me", get(|_: Token| async { "hello" }))
///     .layer(JwtAuthLayer::new(issuer.verifier()?))
///     .layer(require_https(SchemeSource::connection()));
///
/// let token = issuer.issue(&Grant::new("alice"))?;
/// let request = Request::get("/me").header(header::AUTHORIZATION, format!("Bearer {token}"));
/// let response = app.clone().oneshot(request.body(Body::empty())?).await?;
/// assert_eq!(response.status(), StatusCode::FORBIDDEN);
///
/// // What the server that accepts TLS connections does:
/// let request = Request::get("/me")
///     .extension(ConnectionScheme::Https)
///     .header(header::AUTHORIZATION, format!("Bearer {token}"));
/// let response = app.oneshot(request.body(Body::empty())?).await?;
/// assert_eq!(response.status(), StatusCode::OK);
/// assert_eq!(response.headers()[header::STRICT_TRANSPORT_SECURITY], "max-age=31536000");
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
/// ```
///
/// # Conditions under which protection weakens
///
/// - It belongs outermost: last in axum, first in a `ServiceBuilder`. Inside a
///   [`JwtAuthLayer`](crate::JwtAuthLayer) it comes too late. A wrong token is then answered with
///   401 and a right one with 403, which tells whoever listens that the stolen one works, and the
///   401 has no `Strict-Transport-Security`.
/// - In axum, `Router::layer` covers the routes that were added *before* it.
/// - It refuses a token that came in plain text, but can't take it back: who listened has it.
/// - A [`SchemeSource`] that believes the client believes anything.
pub fn require_https(source: SchemeSource) -> RequireHttpsLayer {
    const ONE_YEAR: Duration = Duration::from_secs(31_536_000);
    let settings = Settings {
        source,
        hsts: Some(strict_transport(ONE_YEAR)),
        pages: None,
        #[cfg(feature = "tonic")]
        is_grpc: false,
    };
    RequireHttpsLayer { settings: Arc::new(settings) }
}

impl RequireHttpsLayer {
    /// For how long browsers ask this host over https alone, counted in seconds from each answer
    /// (RFC 6797, section 6.1.1); a fraction counts as a whole one. Default: one year, without
    /// `includeSubDomains`, since other hosts are not this service's to decide. A service that
    /// wants more sets the header itself. A second call replaces the first.
    ///
    /// [`Duration::ZERO`] tells browsers to forget what they were told before; that, and not
    /// [`without_hsts`](Self::without_hsts), is the way back to plain HTTP.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{SchemeSource, require_https};
    ///
    /// let two_years = Duration::from_secs(2 * 31_536_000);
    /// let layer = require_https(SchemeSource::connection()).hsts(two_years);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn hsts(self, max_age: Duration) -> Self {
        self.with(|settings| settings.hsts = Some(strict_transport(max_age)))
    }

    /// Refuses with the status `PERMISSION_DENIED` of gRPC, for a server of tonic: its clients make
    /// `INTERNAL` of a 403 with a body. Default: 403 with JSON. Needs the feature `tonic`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{SchemeSource, require_https};
    ///
    /// let layer = require_https(SchemeSource::connection()).grpc();
    /// # let _ = layer;
    /// ```
    #[cfg(feature = "tonic")]
    #[must_use]
    pub fn grpc(self) -> Self {
        self.with(|settings| settings.is_grpc = true)
    }

    /// Sends no `Strict-Transport-Security`, for a proxy that does. Default: it is sent. Of this
    /// and [`hsts`](Self::hsts) the later call holds.
    #[must_use]
    pub fn without_hsts(self) -> Self {
        self.with(|settings| settings.hsts = None)
    }

    /// For pages that people open in a browser: `GET` and `HEAD` over plain HTTP are answered
    /// with 308 to the same path and query at this origin, such as `https://example.org` or
    /// `https://example.org:8443`. The request's `Host` plays no part, so nobody is sent
    /// elsewhere. Every other method, and a request without a path, is still refused with 403.
    /// Default: off. A second call replaces the first.
    ///
    /// Don't use it for an API: its clients follow the redirect, and send every token in plain
    /// text first. Give pages and API a router and a layer each.
    ///
    /// # Errors
    ///
    /// When the text is not `https://`, a host and perhaps a port, and nothing else.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::{Router, body::Body, routing::get};
    /// use http::{Request, StatusCode, header};
    /// use tower::ServiceExt;
    /// use tower_bearer::{SchemeSource, require_https};
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let https = require_https(SchemeSource::connection());
    /// let pages = Router::new()
    ///     .route("/about", get(|| async { "about us" }))
    ///     .layer(https.clone().redirect_pages_to("https://example.org")?);
    /// let api = Router::new().route("/api/me", get(|| async { "me" })).layer(https);
    /// let app: Router = pages.merge(api);
    ///
    /// let request = Request::get("/about?lang=en").body(Body::empty())?;
    /// let response = app.clone().oneshot(request).await?;
    /// assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
    /// assert_eq!(response.headers()[header::LOCATION], "https://example.org/about?lang=en");
    ///
    /// let request = Request::get("/api/me").body(Body::empty())?;
    /// assert_eq!(app.oneshot(request).await?.status(), StatusCode::FORBIDDEN);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub fn redirect_pages_to(self, origin: &str) -> Result<Self, ConfigError> {
        let pages = Pages::at(origin)?;
        Ok(self.with(|settings| settings.pages = Some(pages)))
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }
}

impl<S> Layer<S> for RequireHttpsLayer {
    type Service = RequireHttps<S>;

    fn layer(&self, inner: S) -> RequireHttps<S> {
        RequireHttps::new(inner, Arc::clone(&self.settings))
    }
}

fn strict_transport(max_age: Duration) -> HeaderValue {
    // Rounded up: half a second would else be 0, which has a meaning of its own.
    let seconds = max_age.as_secs().saturating_add(u64::from(max_age.subsec_nanos() > 0));
    HeaderValue::try_from(format!("max-age={seconds}")).expect("a name and digits are a value")
}
