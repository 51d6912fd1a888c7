//! Sessions, each with its refresh token, as a store keeps them.

use std::fmt;
use std::time::Duration;

/// One login on one client: the family of all refresh tokens that descend from it.
///
/// Access tokens name it in their `sid` claim. A session that has ended is gone from the store.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{MemoryStore, NewSession, RefreshTokens};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// let new = NewSession::new("alice", "web", "me items:read");
/// let session = RefreshTokens::new().issue(&store, new, now).await?.session;
/// assert_eq!(session.id.len(), 22); // 128 bits
/// assert_eq!(session.scope, "me items:read");
/// assert_eq!(session.expires_at - session.created_at, Duration::from_secs(30 * 24 * 3600));
/// # Ok(())
/// # }
/// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::Session;
    ///
    /// // As a store of one's own makes it of a row.
    /// let login = Duration::from_secs(1_700_000_000);
    /// let over = login + Duration::from_secs(30 * 24 * 3600);
    /// let mut session = Session::new("7sF0", "alice", "web", "me items:read", login, over);
    /// assert_eq!(session.last_used_at, login);
    /// session.last_used_at = Duration::from_secs(1_700_003_600);
    /// assert_eq!(session.device, None);
    /// ```
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
    /// A session of a user on a client, with a scope: what was granted, separated by spaces.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::NewSession;
    ///
    /// let scopes = ["me", "items:read"].join(" ");
    /// let session = NewSession::new("user-1", "first-party", &scopes);
    /// assert_eq!(session.scope, "me items:read");
    /// assert_eq!(session.device, None);
    /// ```
    pub const fn new(user_id: &'a str, client_id: &'a str, scope: &'a str) -> Self {
        Self { user_id, client_id, scope, device: None }
    }

    /// Sets what the client says it is.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::{HeaderMap, header::USER_AGENT};
    /// use tower_bearer::NewSession;
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert(USER_AGENT, "curl/8.9".parse()?);
    /// let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    /// let session = NewSession::new("user-1", "first-party", "me").device(agent); // or none
    /// assert_eq!(session.device, Some("curl/8.9"));
    /// # Ok::<(), http::header::InvalidHeaderValue>(())
    /// ```
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
/// ```
/// use std::time::Duration;
/// use tower_bearer::{MemoryStore, NewSession, RefreshStore, RefreshTokens};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// let refresh = RefreshTokens::new().idle_timeout(Duration::from_secs(3600));
/// let session = refresh.issue(&store, NewSession::new("alice", "web", "me"), now).await?.session;
///
/// let (_, token) = store.find_session(&session.id).await?.ok_or("it has ended")?;
/// assert!(token.expires_at < session.expires_at); // after an hour without a refresh
/// # Ok(())
/// # }
/// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::StoredToken;
    ///
    /// let over = Duration::from_secs(1_700_000_000);
    /// let token = StoredToken::new([1; 32], [2; 32], over);
    /// assert_eq!((token.secret_hash, token.salt), ([2; 32], None));
    /// // A column that may be null.
    /// let mut with_salt = token.clone();
    /// with_salt.salt = Some([3; 32]);
    /// assert_ne!(with_salt, token);
    /// ```
    pub const fn new(family_hash: [u8; 32], secret_hash: [u8; 32], expires_at: Duration) -> Self {
        Self { family_hash, secret_hash, salt: None, expires_at }
    }
}

impl fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
