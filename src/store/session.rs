//! Sessions, each with its refresh token, as a store keeps them.

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
    /// 128 random bits in base64url. Empty where a login has no session, since its refresh token is
    /// [stateless](crate::StatelessRefreshTokens).
    pub id: String,
    /// Whose session it is.
    pub user_id: String,
    /// The client that logged in; no other may refresh (RFC 6749, section 6).
    pub client_id: String,
    /// The scope granted at login, separated by spaces: no refresh goes beyond it.
    pub scope: String,
    /// What the client said it is at the login, for the user to tell sessions apart: its
    /// `User-Agent`, say. Nothing to rely on. Default: none.
    pub device: Option<String>,
    /// When the user logged in, in whole seconds since the Unix epoch.
    pub created_at: Duration,
    /// When it was refreshed last, or else began, in whole seconds since the Unix epoch. Default:
    /// as `created_at`.
    pub last_used_at: Duration,
    /// When the session is over, however often it is refreshed: in whole seconds since the Unix
    /// epoch.
    pub expires_at: Duration,
}

impl Session {
    /// A session with the defaults of the fields. For stores, which set the rest.
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
            device: None,
            created_at,
            last_used_at: created_at,
            expires_at,
        }
    }
}

/// The order of lists of sessions: the one that was used last comes first.
pub(super) fn by_last_use(one: &Session, other: &Session) -> std::cmp::Ordering {
    other.last_used_at.cmp(&one.last_used_at).then_with(|| one.id.cmp(&other.id))
}

/// A session that is about to begin: see [`RefreshTokens::issue`](crate::RefreshTokens::issue).
///
/// # Examples
///
/// ```
/// use tower_bearer::NewSession;
///
/// let session = NewSession::new("user-1", "first-party", "me items:read").device("curl/8.9");
/// assert_eq!(session.device, Some("curl/8.9"));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct NewSession<'a> {
    /// Whose session it is.
    pub user_id: &'a str,
    /// The client that logs in.
    pub client_id: &'a str,
    /// The scope, separated by spaces.
    pub scope: &'a str,
    /// What the client says it is. Default: nothing.
    pub device: Option<&'a str>,
}

impl<'a> NewSession<'a> {
    /// A session of a user on a client, with a scope.
    pub const fn new(user_id: &'a str, client_id: &'a str, scope: &'a str) -> Self {
        Self { user_id, client_id, scope, device: None }
    }

    /// Sets what the client says it is.
    #[must_use]
    pub fn device(mut self, device: impl Into<Option<&'a str>>) -> Self {
        self.device = device.into();
        self
    }
}

/// The one refresh token of a session that is good, and what tells the earlier ones from strangers':
/// no client can use what is in here.
///
/// # Examples
///
/// See [`RefreshTokens`](crate::RefreshTokens).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredToken {
    /// SHA-256 of the part that all tokens of the session have in common. It is of no use by itself, and
    /// stays as it is.
    pub family_hash: [u8; 32],
    /// SHA-256 of the part that is this token's own.
    pub secret_hash: [u8; 32],
    /// What made this token out of the one before it, if it may be handed out twice: see
    /// [`RefreshTokens::reuse_interval`](crate::RefreshTokens::reuse_interval). Default: none.
    pub salt: Option<[u8; 32]>,
    /// When the token expires if it is not used, in whole seconds since the Unix epoch: not after
    /// its session.
    pub expires_at: Duration,
}

impl StoredToken {
    /// A token without a salt, from the other fields in their order.
    pub const fn new(family_hash: [u8; 32], secret_hash: [u8; 32], expires_at: Duration) -> Self {
        Self { family_hash, secret_hash, salt: None, expires_at }
    }
}

impl fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
