//! The `Set-Cookie` of a token in a cookie (RFC 6265, section 4.1).

use std::time::Duration;

use http::HeaderValue;

use super::source::{is_b64token, is_cookie_name};
use crate::ConfigError;

/// Makes the `Set-Cookie` header of a token: `Secure`, `HttpOnly`, for the whole host and no other
/// (`Path=/`, no `Domain`), `SameSite=Lax` unless it is to be [`strict`](Self::strict).
///
/// [`TokenSource::cookie`](crate::TokenSource::cookie) of the same name reads it; for refresh tokens
/// `LoginRouter::refresh_cookie` does both.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{Grant, Issuer, TokenCookie};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let issuer = Issuer::for_tests();
/// let cookie = TokenCookie::new("__Host-access").strict();
/// let token = issuer.issue(&Grant::new("alice"))?;
/// let header = cookie.set(&token, Duration::from_secs(600))?;
/// let text = header.to_str()?;
/// assert!(text.ends_with("; Max-Age=600; Path=/; Secure; HttpOnly; SameSite=Strict"));
/// assert!(header.is_sensitive());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TokenCookie {
    name: String,
    same_site: &'static str,
}

impl TokenCookie {
    /// A cookie of this name. With `__Host-` in front, browsers take it from this host alone.
    ///
    /// # Panics
    ///
    /// When the name is no cookie name (RFC 6265, section 4.1.1).
    #[track_caller]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        assert!(is_cookie_name(&name), "{name:?} is no name of a cookie: a token of RFC 9110");
        Self { name, same_site: "Lax" }
    }

    /// Keeps browsers from sending it with whatever another site began, links to this one
    /// included: `SameSite=Strict`. Default: `Lax`, under which links work.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.same_site = "Strict";
        self
    }

    #[cfg(feature = "login")]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The value of `Set-Cookie` that hands the token to a browser, for as long as it lives, in
    /// whole seconds. The answer that carries it must not be stored: `Cache-Control: no-store`.
    ///
    /// # Errors
    ///
    /// When the text is no bearer token.
    pub fn set(&self, token: &str, lifetime: Duration) -> Result<HeaderValue, ConfigError> {
        let invalid = ConfigError::InvalidValue {
            setting: "token of a cookie",
            rule: "it is a bearer token of RFC 6750, section 2.1",
        };
        if !is_b64token(token.as_bytes()) {
            return Err(invalid);
        }
        self.header(token, lifetime.as_secs()).ok_or(invalid)
    }

    /// The value of `Set-Cookie` that takes the token from a browser.
    pub fn clear(&self) -> HeaderValue {
        // Name and attributes are ASCII without control characters.
        self.header("", 0).unwrap_or_else(|| HeaderValue::from_static(""))
    }

    fn header(&self, token: &str, seconds: u64) -> Option<HeaderValue> {
        let Self { name, same_site } = self;
        let text = format!(
            "{name}={token}; Max-Age={seconds}; Path=/; Secure; HttpOnly; SameSite={same_site}"
        );
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}
