//! Who tells the scheme of a request. Never the request itself: its target, `Host` and headers
//! are the client's to write.

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use http::request::Parts;

use crate::peer::TrustedProxies;

/// What a connection is, for [`SchemeSource::connection`]. The server puts it into the extensions
/// of every request.
///
/// # Examples
///
/// See [`SchemeSource::connection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionScheme {
    /// In plain text.
    Http,
    /// Over TLS.
    Https,
}

/// Who tells whether a request came over https. There is no default: only you know what stands
/// between the client and this service.
///
/// No information is plain HTTP, whatever the source.
///
/// # Examples
///
/// See its functions.
#[derive(Clone)]
pub struct SchemeSource(Source);

#[derive(Clone)]
enum Source {
    Connection,
    Forwarded(TrustedProxies),
    Custom(Arc<dyn Fn(&Parts) -> bool + Send + Sync>),
}

impl SchemeSource {
    /// The server that accepts the TLS connections puts [`ConnectionScheme::Https`] into the
    /// extensions of their requests. A request without it is plain HTTP.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{Request, Response, StatusCode};
    /// use tower::{ServiceBuilder, ServiceExt};
    /// use tower_bearer::{ConnectionScheme, SchemeSource, require_https};
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = ServiceBuilder::new()
    ///     .layer(require_https(SchemeSource::connection()))
    ///     .service_fn(|_: Request<String>| async {
    ///         Ok::<_, std::convert::Infallible>(Response::new(String::from("hello")))
    ///     });
    /// // The listener that speaks TLS wraps the service of each connection; the other does not.
    /// let over_tls = ServiceBuilder::new()
    ///     .map_request(|mut request: Request<String>| {
    ///         request.extensions_mut().insert(ConnectionScheme::Https);
    ///         request
    ///     })
    ///     .service(app.clone());
    ///
    /// assert_eq!(over_tls.oneshot(Request::default()).await?.status(), StatusCode::OK);
    /// assert_eq!(app.oneshot(Request::default()).await?.status(), StatusCode::FORBIDDEN);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub fn connection() -> Self {
        Self(Source::Connection)
    }

    /// A proxy tells it in `X-Forwarded-Proto`, which is believed where the connection comes from
    /// one of these proxies, and from nobody else. Where there are several values, in a list or
    /// in several lines, each must be `https`, in upper or lower case, or `wss`, which some proxies
    /// write for a WebSocket over TLS; an empty one is something else.
    ///
    /// The proxy must set the header or add to it. One that hands on what the client wrote lets
    /// every client claim https.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{Request, Response, StatusCode};
    /// use tower::{ServiceBuilder, ServiceExt};
    /// use tower_bearer::{PeerAddr, SchemeSource, TrustedProxies, require_https};
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let proxies = TrustedProxies::new(["10.0.0.0/8", "::1"])?;
    /// let app = ServiceBuilder::new()
    ///     .layer(require_https(SchemeSource::forwarded(proxies)))
    ///     .service_fn(|_: Request<String>| async {
    ///         Ok::<_, std::convert::Infallible>(Response::new(String::from("hello")))
    ///     });
    /// for (peer, status) in [
    ///     ("10.0.0.1:50000", StatusCode::OK),
    ///     ("192.0.2.7:50000", StatusCode::FORBIDDEN),
    /// ] {
    ///     let request = Request::builder()
    ///         .header("X-Forwarded-Proto", "https")
    ///         .extension(PeerAddr(peer.parse()?))
    ///         .body(String::new())?;
    ///     assert_eq!(app.clone().oneshot(request).await?.status(), status);
    /// }
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    ///
    /// [`TrustedProxies::peer`] shows how axum tells the peer's address.
    pub fn forwarded(proxies: TrustedProxies) -> Self {
        Self(Source::Forwarded(proxies))
    }

    /// The function tells it: true is https. Don't read `uri.scheme()`, or a header that a client
    /// can reach this service with; a client writes both as it likes.
    ///
    /// # Examples
    ///
    /// One listener speaks TLS, and its requests carry a type of its own:
    ///
    /// ```
    /// use tower_bearer::{SchemeSource, require_https};
    ///
    /// #[derive(Clone)]
    /// struct TlsSession;
    ///
    /// let layer = require_https(SchemeSource::custom(|parts| {
    ///     parts.extensions.get::<TlsSession>().is_some()
    /// }));
    /// # let _ = layer;
    /// ```
    pub fn custom<F>(is_https: F) -> Self
    where
        F: Fn(&Parts) -> bool + Send + Sync + 'static,
    {
        Self(Source::Custom(Arc::new(is_https)))
    }

    pub(super) fn is_https(&self, parts: &Parts) -> bool {
        match &self.0 {
            Source::Connection => match parts.extensions.get::<ConnectionScheme>() {
                Some(scheme) => *scheme == ConnectionScheme::Https,
                None => {
                    crate::trace::debug!(
                        target: "tower_bearer::request",
                        "no ConnectionScheme in a request; it counts as plain http"
                    );
                    false
                }
            },
            Source::Forwarded(proxies) => match proxies.peer_of(&parts.extensions) {
                Some(peer) => proxies.contains(peer) && forwarded_https(&parts.headers),
                None => {
                    // A fault of the set-up, under which all requests are refused.
                    crate::trace::warn!(
                        target: "tower_bearer::request",
                        "no peer address in a request, which counts as plain http: the server has to \
                         tell it; TrustedProxies::peer shows how under axum"
                    );
                    false
                }
            },
            Source::Custom(is_https) => is_https(parts),
        }
    }
}

impl fmt::Debug for SchemeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Connection => f.write_str("Connection"),
            Source::Forwarded(proxies) => f.debug_tuple("Forwarded").field(proxies).finish(),
            Source::Custom(_) => f.write_str("Custom"),
        }
    }
}

/// Whether every proxy on the way says https: one leg in plain text is enough to read a token.
fn forwarded_https(headers: &HeaderMap) -> bool {
    let mut values = headers
        .get_all("x-forwarded-proto")
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .peekable();
    let is_tls = |value: &[u8]| {
        let value = value.trim_ascii();
        [b"https".as_slice(), b"wss"].iter().any(|scheme| value.eq_ignore_ascii_case(scheme))
    };
    values.peek().is_some() && values.all(is_tls)
}
