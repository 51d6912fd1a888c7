//! Where the token of a request is.

mod cookie;
mod header;
mod origin;
mod query;
mod websocket;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::{Extensions, HeaderMap, Method, Request, Uri};

pub(super) use cookie::is_name as is_cookie_name;
#[cfg(feature = "login")]
pub(crate) use header::bearer;

use crate::gate::Carrier;
use crate::token::wire;
use crate::verify::MAX_TOKEN_BYTES;
use crate::{AuthErrorKind, ConfigError};

/// A place for the token beside the `Authorization` header, which is always looked at (RFC 6750,
/// section 2.1).
///
/// A request with a token in two places is refused with 400 (RFC 6750, section 2), the same token
/// or another. A cookie is the exception, since browsers add it to whatever they send: it is only
/// looked at where there is no other token.
///
/// There is no source for a token in a form body (RFC 6750, section 2.2): a layer that fits any
/// body can't read it and hand it on.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Issuer, JwtAuthLayer, TokenSource};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let verifier = Issuer::for_tests().verifier()?;
/// let layer = JwtAuthLayer::new(verifier)
///     .token_source(TokenSource::cookie("__Host-access"))
///     .token_source(TokenSource::websocket_protocol());
/// # let _ = layer;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TokenSource(Source);

#[derive(Clone)]
enum Source {
    Cookie { name: String, trusted_origins: Vec<String> },
    Query(String),
    WebSocketProtocol,
    Custom(Arc<Find>),
}

type Find = dyn Fn(&RequestHead<'_>) -> Option<String> + Send + Sync;

/// A request without its body, as a [custom](TokenSource::custom) source sees it.
///
/// # Examples
///
/// See [`TokenSource::custom`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a Method,
    /// The URI; under a nested router, what that router sees of it.
    pub uri: &'a Uri,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The extensions.
    pub extensions: &'a Extensions,
}

impl TokenSource {
    /// The value of a cookie. An empty one counts as none; two of one name are refused with 400.
    /// Take a name that begins with `__Host-`, which browsers keep other hosts from setting (RFC
    /// 6265bis, section 4.1.3). [`TokenCookie`](crate::TokenCookie) makes the `Set-Cookie`.
    ///
    /// Since browsers send cookies whoever asks, a request that changes something (any method but
    /// GET, HEAD, OPTIONS and TRACE), or opens a WebSocket, must show that a page of this service
    /// made it: by `Sec-Fetch-Site: same-origin` or `none`, where the browser does not send that by
    /// an `Origin` with the host of the request, or by an `Origin` that is
    /// [trusted](Self::trust_origin). Otherwise it is refused with 403 and without a challenge. A
    /// client that is no browser sends its token in `Authorization`.
    ///
    /// # Panics
    ///
    /// When the name is no cookie name (RFC 6265, section 4.1.1).
    #[track_caller]
    pub fn cookie(name: impl Into<String>) -> Self {
        let name = name.into();
        assert!(cookie::is_name(&name), "{name:?} is no name of a cookie: a token of RFC 9110");
        Self(Source::Cookie { name, trusted_origins: Vec::new() })
    }

    /// Takes requests with the cookie from pages of another origin, such as
    /// `https://app.example`: scheme, host and, where it is not the default one, port. The cookie
    /// must be made for that, by its `SameSite` and the CORS headers of the answers. A second call
    /// trusts one origin more.
    ///
    /// # Errors
    ///
    /// When the text is no origin (RFC 6454, section 6.2), or the source is no cookie.
    pub fn trust_origin(mut self, origin: &str) -> Result<Self, ConfigError> {
        let invalid = |rule| Err(ConfigError::InvalidValue { setting: "trusted origin", rule });
        let Source::Cookie { trusted_origins, .. } = &mut self.0 else {
            return invalid("only a cookie needs one, since only cookies are sent unasked");
        };
        if !origin::is_origin(origin) {
            return invalid("it is a scheme, a host and maybe a port, as in https://app.example");
        }
        trusted_origins.push(origin.to_owned());
        Ok(self)
    }

    /// A parameter of the query, `access_token` by its standard name (RFC 6750, section 2.3).
    ///
    /// **URLs are written to logs, to the history of browsers and to spans of tracing**: take it
    /// only where nothing else works, with tokens that live for seconds. Answers get
    /// `Cache-Control: private`. A parameter that occurs twice is refused with 400.
    pub fn query(parameter: impl Into<String>) -> Self {
        Self(Source::Query(parameter.into()))
    }

    /// The subprotocols of a WebSocket handshake: `Sec-WebSocket-Protocol: bearer, <token>`, since
    /// scripts in browsers can't set `Authorization` there:
    /// `new WebSocket(url, ["bearer", token])`.
    ///
    /// The inner service sees `bearer` and the other subprotocols that were offered, without the
    /// token; where it selects none, the layer selects `bearer` in the answer.
    ///
    /// A WebSocket outlives its handshake: the service should close it when the token ends
    /// ([`Token::expires_at`](crate::Token::expires_at)).
    pub fn websocket_protocol() -> Self {
        Self(Source::WebSocketProtocol)
    }

    /// What a function finds in the request: the bare token. `None` for a request without one.
    ///
    /// # Examples
    ///
    /// A proxy that adds a header to every request, `Authorization` or not:
    ///
    /// ```
    /// use http::header::AUTHORIZATION;
    /// use tower_bearer::{RequestHead, TokenSource};
    ///
    /// let source = TokenSource::custom(|request: &RequestHead<'_>| {
    ///     let given = request.headers.get("cf-access-jwt-assertion")?.to_str().ok()?;
    ///     // Otherwise a request with both would be refused.
    ///     (!request.headers.contains_key(AUTHORIZATION)).then(|| given.to_owned())
    /// });
    /// # let _ = source;
    /// ```
    pub fn custom<F>(find: F) -> Self
    where
        F: Fn(&RequestHead<'_>) -> Option<String> + Send + Sync + 'static,
    {
        Self(Source::Custom(Arc::new(find)))
    }

    pub(super) fn is_cookie(&self) -> bool {
        matches!(self.0, Source::Cookie { .. })
    }

    fn read<'a>(
        &self,
        request: &RequestHead<'a>,
    ) -> Result<Option<Credentials<'a>>, AuthErrorKind> {
        let found = match &self.0 {
            Source::Cookie { name, trusted_origins } => {
                let found = cookie::read(name, request.headers)?;
                if found.is_some() {
                    origin::check(request, trusted_origins)?;
                }
                found.map(|token| (Carrier::Cookie, Cow::Borrowed(token)))
            }
            Source::Query(name) => {
                query::read(name, request.uri)?.map(|token| (Carrier::Query, token))
            }
            Source::WebSocketProtocol => websocket::read(request)?
                .map(|token| (Carrier::WebSocketProtocol, Cow::Borrowed(token))),
            Source::Custom(find) => find(request).map(|token| (Carrier::Custom, Cow::Owned(token))),
        };
        let Some((carrier, token)) = found else { return Ok(None) };
        if token.len() > MAX_TOKEN_BYTES {
            return Err(AuthErrorKind::CredentialsTooLong);
        }
        Ok(Some(Credentials { carrier, token }))
    }
}

/// The token that a request came with, and how.
#[derive(Debug)]
pub(super) struct Credentials<'a> {
    pub(super) carrier: Carrier,
    pub(super) token: Cow<'a, str>,
}

/// The one token of the request, or `None` where it has none.
pub(super) fn find<'a>(
    sources: &[TokenSource],
    request: &RequestHead<'a>,
) -> Result<Option<Credentials<'a>>, AuthErrorKind> {
    let in_header = header::bearer(request.headers)?;
    let mut found = in_header
        .map(|token| Credentials { carrier: Carrier::Authorization, token: Cow::Borrowed(token) });
    for source in sources.iter().filter(|source| !source.is_cookie()) {
        if let Some(more) = source.read(request)?
            && found.replace(more).is_some()
        {
            // Which of two an intermediary looked at, nobody knows.
            return Err(AuthErrorKind::MultipleCredentials);
        }
    }
    for source in sources.iter().filter(|source| source.is_cookie()) {
        if found.is_some() {
            break;
        }
        found = source.read(request)?;
    }
    Ok(found)
}

/// Takes the token out of the request, so that the inner service does not see it.
pub(super) fn strip<B>(sources: &[TokenSource], carrier: Carrier, request: &mut Request<B>) {
    if carrier == Carrier::Authorization {
        request.headers_mut().remove(http::header::AUTHORIZATION);
    }
    for TokenSource(source) in sources {
        match (source, carrier) {
            (Source::Cookie { name, .. }, Carrier::Cookie) => {
                cookie::strip(name, request.headers_mut());
            }
            (Source::Query(name), Carrier::Query) => query::strip(name, request.uri_mut()),
            _ => {}
        }
    }
}

/// Takes the token out of the subprotocols that the inner service chooses from.
pub(super) fn strip_websocket_protocol<B>(request: &mut Request<B>) {
    websocket::strip(request.headers_mut());
}

/// RFC 6750, section 2.1: `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
pub(super) fn is_b64token(token: &[u8]) -> bool {
    let padding = token.iter().rev().take_while(|byte| **byte == b'=').count();
    let text = &token[..token.len() - padding];
    let of_b64token = |byte: u8| {
        b"-._~+/".iter().fold(byte.is_ascii_alphanumeric(), |any, mark| any | (byte == *mark))
    };
    !text.is_empty() && wire::every_byte(text, of_b64token)
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Cookie { name, trusted_origins } => {
                f.debug_tuple("Cookie").field(name).field(trusted_origins).finish()
            }
            Source::Query(name) => f.debug_tuple("Query").field(name).finish(),
            Source::WebSocketProtocol => f.write_str("WebSocketProtocol"),
            Source::Custom(_) => f.write_str("Custom(..)"),
        }
    }
}
