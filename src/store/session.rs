//! Sessions and their refresh tokens, as a store keeps them.

use std::fmt;
use std::time::Duration;

/// One login on one client: the family of all refresh tokens that descend from it.
///
/// Access tokens name it in their `sid` claim. A session that has ended is gone from the store.
///
/// # Examples
///
/// See [`RefreshTokens`](crate::RefreshTokens).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// 128 random bits in base64url.
    pub id: String,
    /// Whose session it is.
    pub user_id: String,
    /// The client that logged in; no other may refresh (RFC 6749, section 6).
    pub client_id: String,
    /// The scope granted at login, separated by spaces: no refresh goes beyond it.
    pub scope: String,
    /// When the user logged in, in whole seconds since the Unix epoch.
    pub created_at: Duration,
    /// When the session is over, however often it is refreshed: in whole seconds since the Unix
    /// epoch.
    pub expires_at: Duration,
}

impl Session {
    /// A session from its fields, in their order. For stores, which read them from a row.
    pub fn new(
        id: impl Into<String>,
        user_id: impl Into<String>,
        client_id: impl Into<String>,
        scope: impl Into<String>,
        created_at: Duration,
        expires_at: Duration,
    ) -> Self {
        Self {
            id: id.into(),
            user_id: user_id.into(),
            client_id: client_id.into(),
            scope: scope.into(),
            created_at,
            expires_at,
        }
    }
}

/// One refresh token, as a store keeps it: no client can use what is in here.
///
/// # Examples
///
/// See [`RefreshTokens`](crate::RefreshTokens).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredToken {
    /// What the token is looked up by: 128 random bits in base64url, unique in the store.
    pub selector: String,
    /// The session that it belongs to.
    pub session_id: String,
    /// SHA-256 of the token's secret half.
    pub secret_hash: [u8; 32],
    /// When the token expires if it is not used, in whole seconds since the Unix epoch.
    pub expires_at: Duration,
    /// Whether the token was exchanged for its successor. Default: `false`.
    pub used: bool,
}

impl StoredToken {
    /// An unused token from its fields, in their order.
    pub fn new(
        selector: impl Into<String>,
        session_id: impl Into<String>,
        secret_hash: [u8; 32],
        expires_at: Duration,
    ) -> Self {
        Self {
            selector: selector.into(),
            session_id: session_id.into(),
            secret_hash,
            expires_at,
            used: false,
        }
    }
}

impl fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredToken")
            .field("session_id", &self.session_id)
            .field("expires_at", &self.expires_at)
            .field("used", &self.used)
            .finish_non_exhaustive()
    }
}
