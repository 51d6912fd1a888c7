//! What somebody asks for with a refresh token, and what is known of it.

use std::fmt;
use std::time::Duration;

use super::error::RefreshError;
use super::token::Parts;
use crate::store::{Session, StoredToken};

/// A refresh token as it was presented: see [`RefreshTokens::verify`](crate::RefreshTokens::verify).
/// Debug hides the token.
///
/// # Examples
///
/// ```
/// use tower_bearer::RefreshRequest;
///
/// let request = RefreshRequest::new("text.of-the-token").client_id("web").scope("items:read");
/// assert!(!format!("{request:?}").contains("text"));
/// ```
#[derive(Clone, Copy)]
pub struct RefreshRequest<'a> {
    pub(super) token: &'a str,
    pub(super) client_id: Option<&'a str>,
    pub(super) scope: Option<&'a str>,
}

impl<'a> RefreshRequest<'a> {
    /// By a client that does not name itself and is taken for the one that logged in; for all
    /// scopes of the session.
    pub const fn new(token: &'a str) -> Self {
        Self { token, client_id: None, scope: None }
    }

    /// Who asks: it must be the client that logged in (RFC 6749, section 6).
    #[must_use]
    pub fn client_id(mut self, client_id: impl Into<Option<&'a str>>) -> Self {
        self.client_id = client_id.into();
        self
    }

    /// What is asked for, separated by single spaces.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<Option<&'a str>>) -> Self {
        self.scope = scope.into();
        self
    }
}

impl fmt::Debug for RefreshRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshRequest")
            .field("client_id", &self.client_id)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// A token that may be exchanged, if the caller has nothing against it.
///
/// # Examples
///
/// See [`RefreshTokens`](crate::RefreshTokens).
#[derive(Debug)]
pub struct VerifiedRefresh {
    pub(super) session: Session,
    pub(super) scope: Option<String>,
    pub(super) standing: Standing,
}

/// What a token of a session is by now.
#[derive(Debug)]
pub(super) enum Standing {
    /// The latest; this is what it will be exchanged for.
    Current { presented: Parts, successor: Parts, salt: Option<[u8; 32]> },
    /// The one before the latest, exchanged a moment ago for this.
    JustExchanged { successor: Parts, expires_at: Duration },
}

impl VerifiedRefresh {
    /// The session that the token belongs to.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What access token goes with the exchange. A token that comes again has the same.
    #[cfg_attr(not(feature = "login"), allow(dead_code, reason = "for the router alone"))]
    pub(crate) fn twin(&self, now: Duration) -> AccessTwin {
        match &self.standing {
            Standing::Current { successor, .. } => AccessTwin::of(successor, now),
            Standing::JustExchanged { successor, .. } => {
                AccessTwin::of(successor, self.session.last_used_at)
            }
        }
    }

    /// The scope for the new access token: what was asked for, or all that the session has when
    /// nothing was. The session keeps its own scope (RFC 6749, section 6).
    ///
    /// # Errors
    ///
    /// [`RefreshError::InvalidScope`] for a scope that the session lacks, or that is not written
    /// as scopes are, with single spaces between. The token is still good.
    pub fn scope(&self) -> Result<String, RefreshError> {
        narrow(&self.session.scope, self.scope.as_deref())
    }
}

/// What is asked for of what was granted, each once.
pub(crate) fn narrow(granted: &str, requested: Option<&str>) -> Result<String, RefreshError> {
    let Some(requested) = requested else { return Ok(granted.to_owned()) };
    let granted: Vec<&str> = granted.split_ascii_whitespace().collect();
    let mut narrowed: Vec<&str> = Vec::new();
    for scope in requested.split(' ') {
        if !granted.contains(&scope) {
            return Err(RefreshError::InvalidScope);
        }
        if !narrowed.contains(&scope) {
            narrowed.push(scope);
        }
    }
    Ok(narrowed.join(" "))
}

/// ID and time of the access token that is issued with a refresh token, so that it can be made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccessTwin {
    pub(crate) id: String,
    /// In whole seconds.
    pub(crate) issued_at: Duration,
}

impl AccessTwin {
    pub(super) fn of(token: &Parts, issued_at: Duration) -> Self {
        let issued_at = Duration::from_secs(issued_at.as_secs());
        Self { id: token.access_token_id(), issued_at }
    }

    /// Of an access token that nothing goes with.
    #[cfg(feature = "login")]
    pub(crate) fn random(issued_at: Duration) -> Result<Self, crate::store::StoreError> {
        let id = crate::random::id().map_err(crate::store::StoreError::new)?;
        Ok(Self { id, issued_at })
    }
}

/// A token of a session, as it was presented, whether it is still good or not.
#[cfg_attr(not(feature = "login"), allow(dead_code, reason = "some is for the router alone"))]
pub(crate) struct FoundRefresh {
    pub(crate) session: Session,
    pub(crate) stored: StoredToken,
    /// Whether it is the session's latest.
    pub(crate) is_current: bool,
}
