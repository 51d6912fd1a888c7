//! The refresh token in a cookie, for browsers: out of the reach of scripts.

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::SET_COOKIE;

use super::LoginRouter;
use super::answer::{Failure, Tokens};
use super::shared::{Asked, Shared};
use crate::audit::SessionEnd;
use crate::auth::{RequestHead, TokenCookie, TokenSource, is_authentic};
use crate::store::{RefreshStore, UserStore};
use crate::{AuthErrorKind, ConfigError, trace};

/// In bytes of name and value; browsers silently drop longer ones (RFC 6265bis).
const LONGEST_COOKIE: usize = 4096;

impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// Keeps the refresh tokens of browsers in a cookie, where no script can read them:
    ///
    /// - `POST /login`, and a `/register` that [logs in](Self::sign_in_on_register), put the refresh
    ///   token into the cookie, for as long as it lives, and leave `refresh_token` out of the body. The
    ///   session of the cookie that the browser had before ends.
    /// - `POST /refresh` answers as it was asked. With a `refresh_token` in the body it does as ever, and
    ///   does not look at the cookie. Without one, or without a body, it takes the cookie and answers with
    ///   the next one, so that no script gets a token out of the cookie into a body. A cookie that will never
    ///   be good (`invalid_grant`, or two of the name) is cleared with the refusal.
    /// - `POST /logout` ends the session of the cookie too, and clears it; from a page of the service it is a 204
    ///   without any token as well. `DELETE /sessions?all=true`, and `DELETE /sessions/{id}` of this session,
    ///   clear it.
    /// - `POST /token` and `POST /revoke` are for clients that are no browser, and the same as ever.
    ///
    /// Since browsers send cookies whoever asks, a request that gives the browser a cookie or takes one
    /// from it must show that a page of this service made it, by the rule of
    /// [`TokenSource::cookie`](crate::TokenSource::cookie): otherwise it is refused with 403 `forbidden` and
    /// without a challenge. That goes for every `/login` and every `/register` that logs in, lest another
    /// site log its visitors in as somebody. Programs say nothing of a page: they use `/token`.
    ///
    /// The name must begin with `__Host-`, with which browsers take the cookie from this host alone. It is
    /// `SameSite=Strict` whether the [`TokenCookie`] says so or not: scripts of one's own site send it all
    /// the same, and nobody else has to. A second call replaces the first, and its trusted origins.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::{Router, body::Body};
    /// use http::{Request, StatusCode, header};
    /// use tower::ServiceExt;
    /// use tower_bearer::{Issuer, LoginRouter, MemoryStore, TokenCookie};
    ///
    /// fn from_a_page(path: &str, cookie: &str, body: &'static str) -> http::Result<Request<Body>> {
    ///     Request::post(path)
    ///         .header(header::CONTENT_TYPE, "application/json")
    ///         .header(header::COOKIE, cookie)
    ///         .header("sec-fetch-site", "same-origin") // which browsers add, and no script can
    ///         .body(Body::from(body))
    /// }
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let app: Router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .refresh_cookie(TokenCookie::new("__Host-refresh").strict())
    ///     .into_router();
    ///
    /// let account = r#"{"username":"alice","password":"correct horse battery"}"#;
    /// let registered = app.clone().oneshot(from_a_page("/register", "", account)?).await?;
    /// assert_eq!(registered.status(), StatusCode::CREATED);
    ///
    /// let login = app.clone().oneshot(from_a_page("/login", "", account)?).await?;
    /// let set_cookie = login.headers()[header::SET_COOKIE].to_str()?;
    /// assert!(set_cookie.starts_with("__Host-refresh="));
    /// assert!(set_cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"));
    ///
    /// let cookie = set_cookie.split(';').next().unwrap_or_default();
    /// let refreshed = app.clone().oneshot(from_a_page("/refresh", cookie, "")?).await?;
    /// assert_eq!(refreshed.status(), StatusCode::OK);
    /// assert!(refreshed.headers().contains_key(header::SET_COOKIE));
    ///
    /// let mut elsewhere = from_a_page("/refresh", cookie, "")?;
    /// elsewhere.headers_mut().insert("sec-fetch-site", "cross-site".parse()?);
    /// assert_eq!(app.oneshot(elsewhere).await?.status(), StatusCode::FORBIDDEN);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    ///
    /// # Panics
    ///
    /// When the name of the cookie does not begin with `__Host-`. [`into_router`](Self::into_router) panics
    /// when the layer of [`auth`](Self::auth) looks for access tokens in this cookie.
    #[track_caller]
    #[must_use]
    pub fn refresh_cookie(mut self, cookie: TokenCookie) -> Self {
        let name = cookie.name();
        assert!(
            name.starts_with("__Host-"),
            "{name:?} does not begin with __Host-: other hosts of the site could set this cookie"
        );
        let source = TokenSource::cookie(name);
        self.refresh_cookie = Some(RefreshCookie { cookie: cookie.strict(), source });
        self
    }

    /// Takes requests with the [cookie](Self::refresh_cookie) from pages of another origin of the same
    /// site, as `https://app.example.com` is for `https://api.example.com`. Browsers send the cookie from no
    /// other site. The answers need CORS headers that allow credentials, from a layer around the router. A second
    /// call trusts one origin more.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, MemoryStore, TokenCookie};
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .refresh_cookie(TokenCookie::new("__Host-refresh").strict())
    ///     .trust_origin("https://app.example.com")?
    ///     .into_router();
    /// # let _ = router;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the text is no origin (RFC 6454, section 6.2), is one over plain HTTP and on another machine, so
    /// that whoever is on the way writes its pages, or the router has no cookie yet.
    pub fn trust_origin(mut self, origin: &str) -> Result<Self, ConfigError> {
        let Some(RefreshCookie { source, .. }) = &mut self.refresh_cookie else {
            return Err(ConfigError::InvalidValue {
                setting: "trusted origin",
                rule: "only a router with a refresh_cookie needs one",
            });
        };
        *source = source.clone().trust_origin(origin)?;
        if !is_authentic(origin) {
            return Err(ConfigError::InvalidValue {
                setting: "trusted origin",
                rule: "its pages come over https, or from this machine",
            });
        }
        Ok(self)
    }
}

/// How it is set, and how it is found.
#[derive(Clone)]
pub(super) struct RefreshCookie {
    cookie: TokenCookie,
    pub(super) source: TokenSource,
}

/// What a request has to do with the cookie, as far as it tells without its body.
pub(super) struct Jar<'a> {
    cookie: &'a TokenCookie,
    /// Whether a page of this service made the request. Nothing is taken out or put in for another.
    pub(super) is_own_page: bool,
    found: Result<Option<String>, AuthErrorKind>,
}

impl Jar<'_> {
    /// For what gives a browser a token: another site must not be able to log it in as somebody.
    pub(super) fn of_own_page(self) -> Result<Self, Failure> {
        if self.is_own_page { Ok(self) } else { Err(Failure::cross_site()) }
    }

    /// Whether the cookie came, whatever is in it.
    pub(super) fn is_there(&self) -> bool {
        !matches!(self.found, Ok(None))
    }

    /// The token in it, if it came.
    pub(super) fn token(&self) -> Result<Option<&str>, Failure> {
        match &self.found {
            Ok(token) => Ok(token.as_deref()),
            Err(AuthErrorKind::MultipleCredentials) => {
                Err(Failure::invalid_request("the cookie came more than once"))
            }
            // The user did not write it, and a new login helps.
            Err(_) => Err(Failure::invalid_grant()),
        }
    }

    /// The same to log out with: what is no token is none.
    pub(super) fn token_to_end(&self) -> Result<Option<&str>, Failure> {
        match self.token() {
            Err(failure) if failure.is_invalid_grant() => Ok(None),
            token => token,
        }
    }

    /// The answer that takes the cookie from the browser.
    pub(super) fn clear(&self, answer: impl IntoResponse) -> Response {
        with_cookie(answer.into_response(), self.cookie.clear())
    }

    /// A refusal, and the end of a cookie that will never be good.
    pub(super) fn refuse(&self, failure: Failure) -> Response {
        if failure.is_invalid_grant() { self.clear(failure) } else { failure.into_response() }
    }
}

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// Nothing where the router has no cookie.
    pub(super) fn jar(&self, request: &Request<Body>) -> Option<Jar<'_>> {
        let RefreshCookie { cookie, source } = self.refresh_cookie.as_ref()?;
        let head = RequestHead {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
        };
        let is_own_page = source.require_own_page(&head).is_ok();
        let found = source.token(&head).map(|found| found.map(|(_, token)| token.into_owned()));
        Some(Jar { cookie, is_own_page, found })
    }

    /// Moves the refresh token out of the body into the cookie, for as long as it lives.
    pub(super) fn put(&self, jar: &Jar<'_>, tokens: &mut Tokens) -> Result<HeaderValue, Failure> {
        let token = tokens.refresh_token.take().unwrap_or_default();
        if jar.cookie.name().len() + token.len() > LONGEST_COOKIE {
            trace::error!(
                target: "tower_bearer::login",
                "browsers would drop the cookie: the signed refresh token is too long"
            );
            return Err(Failure::server_error());
        }
        let lifetime = tokens.refresh_expires_at.saturating_sub(self.now());
        jar.cookie.set(&token, lifetime).map_err(|_| Failure::server_error())
    }

    /// Ends the session that the browser was in: its token is overwritten, and nobody has another
    /// (ASVS 5.0, 7.2.4). The user is logged in by now, so that a fault here is no reason to say
    /// otherwise.
    pub(super) async fn end_replaced(&self, jar: &Jar<'_>, asked: &Asked<'_>) {
        let Ok(Some(token)) = jar.token() else { return };
        let ended = self.end_by_token(token, asked.client, asked.caller, SessionEnd::Replaced);
        if ended.await.is_err() {
            trace::warn!(
                target: "tower_bearer::login",
                "the session that a login replaces was not ended"
            );
        }
    }

    /// The answer that takes the cookie from the browser, where there may be one.
    pub(super) fn clear_cookie(&self, answer: Response) -> Response {
        match &self.refresh_cookie {
            Some(RefreshCookie { cookie, .. }) => with_cookie(answer, cookie.clear()),
            None => answer,
        }
    }
}

pub(super) fn with_cookie(mut answer: Response, cookie: HeaderValue) -> Response {
    answer.headers_mut().append(SET_COOKIE, cookie);
    answer
}
