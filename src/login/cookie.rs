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
use crate::auth::{RequestHead, TokenCookie, TokenSource};
use crate::store::{RefreshStore, UserStore};
use crate::{AuthErrorKind, ConfigError, trace};

impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// Keeps the refresh tokens of browsers in a cookie, where no script can read them.
    ///
    /// # Panics
    ///
    /// When the name of the cookie does not begin with `__Host-`.
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
    /// site, as `https://app.example.com` is for `https://api.example.com`.
    ///
    /// # Errors
    ///
    /// When the text is no origin (RFC 6454, section 6.2), or the router has no cookie yet.
    pub fn trust_origin(mut self, origin: &str) -> Result<Self, ConfigError> {
        let Some(RefreshCookie { source, .. }) = &mut self.refresh_cookie else {
            return Err(ConfigError::InvalidValue {
                setting: "trusted origin",
                rule: "only a router with a refresh_cookie needs one",
            });
        };
        *source = source.clone().trust_origin(origin)?;
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
            trace::warn!("the session that a login replaces was not ended");
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
