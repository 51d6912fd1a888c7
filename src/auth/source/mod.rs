//! Where the token of a request is.

mod api_key;
mod cookie;
mod header;
mod origin;
mod query;
mod websocket;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::{Extensions, HeaderMap, Method, Request, Uri};

pub(super) use crate::token::wire::is_b64token;
pub(super) use api_key::{Presented, find as find_api_key, strip as strip_api_key};
pub(super) use cookie::is_name as is_cookie_name;
#[cfg(feature = "login")]
pub(crate) use header::bearer;
#[cfg(feature = "login")]
pub(crate) use origin::is_authentic;

use crate::gate::Carrier;
use crate::verify::MAX_TOKEN_BYTES;
use crate::{AuthErrorKind, ConfigError};

/// A place for the token beside the `Authorization` header, which is always looked at (RFC 6750,
/// section 2.1).
///
/// A request with a token in two places is refused with 400 (RFC 6750, section 2), the same token
/// or another. A cookie, and whatever else is [sent unasked](Self::sent_unasked), is the exception,
/// since browsers add it to all that they send: it is only looked at where there is no other token.
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
pub struct TokenSource {
    place: Place,
    /// The origins that are trusted beside the service's own, where the token is sent unasked.
    unasked: Option<Vec<String>>,
}

#[derive(Clone)]
enum Place {
    Cookie(String),
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
#[derive(Clone, Copy)]
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
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{Request, StatusCode, header};
    /// use tower::{Layer, ServiceExt, service_fn};
    /// use tower_bearer::{Grant, Issuer, JwtAuthLayer, TokenSource};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// # let service = |source| {
    /// #     let layer = JwtAuthLayer::new(issuer.verifier().unwrap()).token_source(source);
    /// #     layer.layer(service_fn(async |_: Request<String>| {
    /// #         Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    /// #     }))
    /// # };
    /// let token = issuer.issue(&Grant::new("alice"))?;
    ///
    /// let service = service(TokenSource::cookie("__Host-access"));
    /// let request = |site| {
    ///     Request::post("/posts")
    ///         .header(header::COOKIE, format!("theme=dark; __Host-access={token}"))
    ///         .header("sec-fetch-site", site)
    ///         .body(String::new())
    /// };
    /// let own = service.clone().oneshot(request("same-origin")?).await?;
    /// assert_eq!(own.status(), StatusCode::OK);
    /// let foreign = service.oneshot(request("cross-site")?).await?;
    /// assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn cookie(name: impl Into<String>) -> Self {
        let name = name.into();
        assert!(cookie::is_name(&name), "{name:?} is no name of a cookie: a token of RFC 9110");
        Self { place: Place::Cookie(name), unasked: Some(Vec::new()) }
    }

    /// Takes requests with the cookie from pages of another origin, such as
    /// `https://app.example`: scheme, host and, where it is not the default one, port. The cookie
    /// must be made for that, by its `SameSite` and the CORS headers of the answers. A second call
    /// trusts one origin more.
    ///
    /// # Errors
    ///
    /// When the text is no origin (RFC 6454, section 6.2), or the token is not sent unasked.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{Request, StatusCode, header};
    /// use tower::{Layer, ServiceExt, service_fn};
    /// use tower_bearer::{Grant, Issuer, JwtAuthLayer, TokenSource};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// # let service = |source| {
    /// #     let layer = JwtAuthLayer::new(issuer.verifier().unwrap()).token_source(source);
    /// #     layer.layer(service_fn(async |_: Request<String>| {
    /// #         Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    /// #     }))
    /// # };
    /// let token = issuer.issue(&Grant::new("alice"))?;
    ///
    /// let source = TokenSource::cookie("__Secure-access").trust_origin("https://app.example")?;
    /// let request = Request::post("https://api.example/posts")
    ///     .header(header::COOKIE, format!("__Secure-access={token}"))
    ///     .header(header::ORIGIN, "https://app.example")
    ///     .body(String::new())?;
    /// assert_eq!(service(source).oneshot(request).await?.status(), StatusCode::OK);
    /// # Ok(())
    /// # }
    /// ```
    pub fn trust_origin(mut self, origin: &str) -> Result<Self, ConfigError> {
        let invalid = |rule| Err(ConfigError::InvalidValue { setting: "trusted origin", rule });
        let Some(trusted_origins) = &mut self.unasked else {
            return invalid("only a cookie, or what else is sent unasked, needs one");
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
    ///
    /// # Panics
    ///
    /// When the name is empty.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{Request, StatusCode, header};
    /// use tower::{Layer, ServiceExt, service_fn};
    /// use tower_bearer::{Grant, Issuer, JwtAuthLayer, TokenSource};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// # let service = |source| {
    /// #     let layer = JwtAuthLayer::new(issuer.verifier().unwrap()).token_source(source);
    /// #     layer.layer(service_fn(async |_: Request<String>| {
    /// #         Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    /// #     }))
    /// # };
    /// let token = issuer.issue(&Grant::new("alice"))?;
    ///
    /// let request = Request::get(format!("/events?access_token={token}")).body(String::new())?;
    /// let response = service(TokenSource::query("access_token")).oneshot(request).await?;
    /// assert_eq!(response.status(), StatusCode::OK);
    /// assert_eq!(response.headers()[header::CACHE_CONTROL], "private");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn query(parameter: impl Into<String>) -> Self {
        let parameter = parameter.into();
        assert!(!parameter.is_empty(), "a parameter of the query has a name");
        Self { place: Place::Query(parameter), unasked: None }
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
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{Request, StatusCode, header};
    /// use tower::{Layer, ServiceExt, service_fn};
    /// use tower_bearer::{Grant, Issuer, JwtAuthLayer, TokenSource};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// # let service = |source| {
    /// #     let layer = JwtAuthLayer::new(issuer.verifier().unwrap()).token_source(source);
    /// #     layer.layer(service_fn(async |_: Request<String>| {
    /// #         Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    /// #     }))
    /// # };
    /// let token = issuer.issue(&Grant::new("alice"))?;
    ///
    /// let request = Request::get("/socket")
    ///     .header(header::CONNECTION, "upgrade")
    ///     .header(header::UPGRADE, "websocket")
    ///     .header(header::SEC_WEBSOCKET_PROTOCOL, format!("bearer, {token}"))
    ///     .body(String::new())?;
    /// let response = service(TokenSource::websocket_protocol()).oneshot(request).await?;
    /// assert_eq!(response.headers()[header::SEC_WEBSOCKET_PROTOCOL], "bearer");
    /// # Ok(())
    /// # }
    /// ```
    pub fn websocket_protocol() -> Self {
        Self { place: Place::WebSocketProtocol, unasked: None }
    }

    /// What a function finds in the request: the bare token. `None` for a request without one.
    ///
    /// **Where a browser, or a proxy because of a cookie, sends it with every request, add
    /// [`sent_unasked`](Self::sent_unasked).** Otherwise pages of other sites can use it.
    ///
    /// # Examples
    ///
    /// A proxy that logs users in with a cookie of its own, and hands their token on in a header:
    ///
    /// ```
    /// use tower_bearer::{RequestHead, TokenSource};
    ///
    /// let source = TokenSource::custom(|request: &RequestHead<'_>| {
    ///     Some(request.headers.get("cf-access-jwt-assertion")?.to_str().ok()?.to_owned())
    /// })
    /// .sent_unasked();
    /// # let _ = source;
    /// ```
    pub fn custom<F>(find: F) -> Self
    where
        F: Fn(&RequestHead<'_>) -> Option<String> + Send + Sync + 'static,
    {
        Self { place: Place::Custom(Arc::new(find)), unasked: None }
    }

    /// Treats the token as that of a [`cookie`](Self::cookie), which it always is for one: it gives
    /// way to another token, and a request that changes something must show that a page of this
    /// service made it. For a [custom](Self::custom) source whose token comes with every request.
    #[must_use]
    pub fn sent_unasked(mut self) -> Self {
        self.unasked.get_or_insert_default();
        self
    }

    pub(super) fn is_cookie(&self) -> bool {
        matches!(self.place, Place::Cookie(_))
    }

    /// The name of the cookie, where it is one.
    #[cfg(feature = "openapi")]
    pub(crate) fn cookie_name(&self) -> Option<&str> {
        if let Place::Cookie(name) = &self.place { Some(name) } else { None }
    }

    /// The name of the parameter, where it is one of the query.
    #[cfg(feature = "openapi")]
    pub(super) fn query_parameter(&self) -> Option<&str> {
        if let Place::Query(name) = &self.place { Some(name) } else { None }
    }

    /// Whether the origin of the request counts.
    #[cfg(feature = "openapi")]
    pub(super) fn looks_at_origin(&self) -> bool {
        self.unasked.is_some()
    }

    pub(super) fn is_custom(&self) -> bool {
        matches!(self.place, Place::Custom(_))
    }

    pub(super) fn is_query(&self) -> bool {
        matches!(self.place, Place::Query(_))
    }

    fn is_websocket_protocol(&self) -> bool {
        matches!(self.place, Place::WebSocketProtocol)
    }

    /// Whether both look at the same place; of two functions nobody knows.
    pub(super) fn is_same_place(&self, other: &Self) -> bool {
        match (&self.place, &other.place) {
            (Place::Cookie(one), Place::Cookie(two)) | (Place::Query(one), Place::Query(two)) => {
                one == two
            }
            (Place::WebSocketProtocol, Place::WebSocketProtocol) => true,
            _ => false,
        }
    }

    fn read<'a>(
        &self,
        request: &RequestHead<'a>,
    ) -> Result<Option<Credentials<'a>>, AuthErrorKind> {
        let Some((carrier, token)) = self.token(request)? else { return Ok(None) };
        self.require_own_page(request)?;
        let token = match token {
            Cow::Borrowed(token) => Cow::Borrowed(token.as_bytes()),
            Cow::Owned(token) => Cow::Owned(token.into_bytes()),
        };
        Ok(Some(Credentials { carrier, token }))
    }

    /// What stands there, whoever made the request.
    pub(crate) fn token<'a>(
        &self,
        request: &RequestHead<'a>,
    ) -> Result<Option<(Carrier, Cow<'a, str>)>, AuthErrorKind> {
        let found = match &self.place {
            Place::Cookie(name) => cookie::read(name, request.headers)?
                .map(|token| (Carrier::Cookie, Cow::Borrowed(token))),
            Place::Query(name) => {
                query::read(name, request.uri)?.map(|token| (Carrier::Query, token))
            }
            Place::WebSocketProtocol => websocket::read(request)?
                .map(|token| (Carrier::WebSocketProtocol, Cow::Borrowed(token))),
            Place::Custom(find) => find(request).map(|token| (Carrier::Custom, Cow::Owned(token))),
        };
        match found {
            Some((_, token)) if token.len() > MAX_TOKEN_BYTES => {
                Err(AuthErrorKind::CredentialsTooLong)
            }
            found => Ok(found),
        }
    }

    /// Refuses what may come from a page of another site, where the token is sent unasked.
    pub(crate) fn require_own_page(&self, request: &RequestHead<'_>) -> Result<(), AuthErrorKind> {
        let Some(trusted_origins) = &self.unasked else { return Ok(()) };
        // Browsers keep such a cookie to pages over TLS, so its own pages are.
        let over_tls = matches!(&self.place, Place::Cookie(name)
            if name.starts_with("__Host-") || name.starts_with("__Secure-"));
        origin::check(request, trusted_origins, over_tls)
    }
}

/// The token that a request came with, and how. One of the header `Authorization` may be made of
/// anything.
pub(super) struct Credentials<'a> {
    pub(super) carrier: Carrier,
    pub(super) token: Cow<'a, [u8]>,
}

/// The one token of the request, or `None` where it has none.
pub(super) fn find<'a>(
    sources: &[TokenSource],
    request: &RequestHead<'a>,
) -> Result<Option<Credentials<'a>>, AuthErrorKind> {
    let mut found = find_asked(sources, request)?;
    for source in sources.iter().filter(|source| source.unasked.is_some()) {
        if found.is_some() {
            break;
        }
        found = source.read(request)?;
    }
    Ok(found)
}

/// The one token that the client chose to send, or `None` where there is none.
pub(super) fn find_asked<'a>(
    sources: &[TokenSource],
    request: &RequestHead<'a>,
) -> Result<Option<Credentials<'a>>, AuthErrorKind> {
    let in_header = header::credentials(request.headers, b"Bearer")?;
    let mut found = in_header
        .map(|token| Credentials { carrier: Carrier::Authorization, token: Cow::Borrowed(token) });
    for source in sources.iter().filter(|source| source.unasked.is_none()) {
        if let Some(more) = source.read(request)?
            && found.replace(more).is_some()
        {
            // Which of two an intermediary looked at, nobody knows.
            return Err(AuthErrorKind::MultipleCredentials);
        }
    }
    Ok(found)
}

/// Takes the token out of the request, so that the inner service does not see it, and out of the
/// cookies even where they gave way to another.
pub(super) fn strip<B>(sources: &[TokenSource], carrier: Carrier, request: &mut Request<B>) {
    if carrier == Carrier::Authorization {
        request.headers_mut().remove(http::header::AUTHORIZATION);
    }
    for source in sources {
        match &source.place {
            Place::Cookie(name) => cookie::strip(name, request.headers_mut()),
            Place::Query(name) => query::strip(name, request.uri_mut()),
            Place::WebSocketProtocol | Place::Custom(_) => {}
        }
    }
}

/// Takes the token, valid or not, out of the subprotocols that the inner service chooses from, and
/// says whether there was one.
pub(super) fn strip_websocket_protocol<B>(
    sources: &[TokenSource],
    request: &mut Request<B>,
) -> bool {
    sources.iter().any(TokenSource::is_websocket_protocol) && websocket::strip(request)
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Cookie(name) => f.debug_tuple("Cookie").field(name).finish(),
            Place::Query(name) => f.debug_tuple("Query").field(name).finish(),
            Place::WebSocketProtocol => f.write_str("WebSocketProtocol"),
            Place::Custom(_) => f.write_str("Custom(..)"),
        }
    }
}

/// Headers, extensions and query may hold a token.
impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", self.method)
            .field("path", &self.uri.path())
            .finish_non_exhaustive()
    }
}
