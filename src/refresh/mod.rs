//! Refresh tokens: issued, rotated, and their session ended when one is used twice.

mod error;
mod token;

use std::time::Duration;

use crate::random;
use crate::store::{NewSession, RefreshStore, Rotation, Session, StoreError, StoredToken};

pub use error::RefreshError;
pub use token::RefreshToken;

/// The rules of refresh tokens: how long they last, and how one is exchanged for the next.
///
/// A token is good for one exchange (RFC 9700, section 4.14.2). One that comes a second time
/// was copied: whoever holds the latest is logged out with the thief, and only that session
/// ends. The store gets a hash of 256 random bits, so that a copy of it gives no token.
///
/// An exchange has three steps, so that a refusal leaves the token unused:
/// [`verify`](Self::verify), the caller's own questions (is the user still active? is
/// [`narrow`](VerifiedRefresh::narrow) content with the scope?), [`rotate`](Self::rotate).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{MemoryStore, NewSession, RefreshError, RefreshTokens};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let refresh = RefreshTokens::new().idle_timeout(Duration::from_secs(7 * 24 * 3600));
///
/// let now = Duration::from_secs(1_700_000_000);
/// let first = refresh.issue(&store, NewSession::new("user-1", "first-party", "me"), now).await?;
///
/// let verified = refresh.verify(&store, first.token.as_str(), "first-party", now).await?;
/// assert_eq!(verified.session().user_id, "user-1");
/// assert_eq!(verified.narrow(Some("me"))?, "me");
/// let second = refresh.rotate(&store, verified, now).await?;
/// assert_eq!(second.session.id, first.session.id);
///
/// let stolen = refresh.verify(&store, first.token.as_str(), "first-party", now).await;
/// assert!(matches!(stolen, Err(RefreshError::Reused(_))));
/// let descendant = refresh.verify(&store, second.token.as_str(), "first-party", now).await;
/// assert!(matches!(descendant, Err(RefreshError::Invalid)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RefreshTokens {
    lifetime: Duration,
    idle_timeout: Option<Duration>,
}

impl RefreshTokens {
    /// Sessions of 30 days without an idle timeout.
    pub fn new() -> Self {
        Self { lifetime: Duration::from_secs(30 * 24 * 3600), idle_timeout: None }
    }

    /// How long a session lasts from the login on, in whole seconds, however often it is
    /// refreshed. Default: 30 days. Sessions that exist already keep theirs.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// How long a token may lie unused before it expires, in whole seconds; each exchange starts
    /// the time anew. Default: as long as the session.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = Some(timeout);
        self
    }

    /// Starts a session and issues its first token. `now` is the time since the Unix epoch, here
    /// and below.
    ///
    /// # Errors
    ///
    /// The store's fault, or no random bytes.
    pub async fn issue<S: RefreshStore>(
        &self,
        store: &S,
        new: NewSession<'_>,
        now: Duration,
    ) -> Result<IssuedRefresh, StoreError> {
        let id = random::id().map_err(StoreError::new)?;
        let born = whole_seconds(now);
        let over = whole_seconds(born.saturating_add(self.lifetime));
        let mut session = Session::new(id, new.user_id, new.client_id, new.scope, born, over);
        session.device = new.device.map(str::to_owned);
        let (token, stored) = self.mint(&session, now)?;
        store.insert_session(&session, &stored).await?;
        Ok(IssuedRefresh { token, session })
    }

    /// Checks a presented token without using it up. A client that names itself must be the one
    /// that logged in; one that does not, with `None`, is taken for it.
    ///
    /// # Errors
    ///
    /// [`RefreshError::Invalid`] for what is no token, unknown, expired, of an ended session or
    /// of another client (RFC 6749, section 6); [`RefreshError::Reused`] for a token that was
    /// exchanged before, whose session has ended now; [`RefreshError::Store`].
    pub async fn verify<'a, S: RefreshStore>(
        &self,
        store: &S,
        presented: &str,
        client_id: impl Into<Option<&'a str>>,
        now: Duration,
    ) -> Result<VerifiedRefresh, RefreshError> {
        let client_id = client_id.into();
        let (token, session) = lookup(store, presented).await?.ok_or(RefreshError::Invalid)?;
        // First of all: a copy is a copy, whoever presents it, and however late.
        if token.used {
            // Of several copies at once, one ended the session.
            let ended = store.end_session(&session.id).await?;
            let reused = RefreshError::Reused(Box::new(session));
            return Err(if ended { reused } else { RefreshError::Invalid });
        }
        if now >= token.expires_at || now >= session.expires_at || other_client(&session, client_id)
        {
            return Err(RefreshError::Invalid);
        }
        Ok(VerifiedRefresh { selector: token.selector, session })
    }

    /// Exchanges a verified token for its successor. Of several at once, one succeeds; the others
    /// count as reuse, so that the session ends.
    ///
    /// # Errors
    ///
    /// [`RefreshError::Reused`] when the token was exchanged since it was verified,
    /// [`RefreshError::Invalid`] when its session has ended since, [`RefreshError::Store`].
    pub async fn rotate<S: RefreshStore>(
        &self,
        store: &S,
        verified: VerifiedRefresh,
        now: Duration,
    ) -> Result<IssuedRefresh, RefreshError> {
        let VerifiedRefresh { selector, mut session } = verified;
        session.last_used_at = whole_seconds(now);
        let (token, successor) = self.mint(&session, now)?;
        match store.rotate_token(&selector, &successor).await? {
            Rotation::Rotated => Ok(IssuedRefresh { token, session }),
            Rotation::Reused => Err(RefreshError::Reused(Box::new(session))),
            Rotation::Unknown => Err(RefreshError::Invalid),
        }
    }

    /// Ends the session of a presented token, used or not, and returns it: logout. What is no
    /// token, unknown or of an ended session is no error (RFC 7009, section 2.2).
    ///
    /// # Errors
    ///
    /// The store's fault.
    pub async fn end_session_of<S: RefreshStore>(
        &self,
        store: &S,
        presented: &str,
    ) -> Result<Option<Session>, StoreError> {
        let Some((_, session)) = lookup(store, presented).await? else { return Ok(None) };
        Ok(store.end_session(&session.id).await?.then_some(session))
    }

    /// The stored token that was presented, used or not, and its session.
    #[cfg(feature = "login")]
    pub(crate) async fn find<S: RefreshStore>(
        &self,
        store: &S,
        presented: &str,
    ) -> Result<Option<(StoredToken, Session)>, StoreError> {
        lookup(store, presented).await
    }

    fn mint(
        &self,
        session: &Session,
        now: Duration,
    ) -> Result<(RefreshToken, StoredToken), StoreError> {
        let minted = token::mint().map_err(StoreError::new)?;
        let idle = self.idle_timeout.map_or(Duration::MAX, |idle| now.saturating_add(idle));
        let expires_at = whole_seconds(idle).min(session.expires_at);
        let stored = StoredToken::new(
            minted.selector,
            &session.id,
            minted.hash,
            whole_seconds(now),
            expires_at,
        );
        Ok((minted.token, stored))
    }
}

impl Default for RefreshTokens {
    fn default() -> Self {
        Self::new()
    }
}

/// A refresh token with its session, new or continued.
///
/// # Examples
///
/// See [`RefreshTokens`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IssuedRefresh {
    /// What the client gets, and nobody else: it is not stored.
    pub token: RefreshToken,
    /// The session, whose ID is the `sid` of access tokens.
    pub session: Session,
}

/// A token that may be exchanged, if the caller has nothing against it.
///
/// # Examples
///
/// See [`RefreshTokens`].
#[derive(Debug)]
pub struct VerifiedRefresh {
    selector: String,
    session: Session,
}

impl VerifiedRefresh {
    /// The session that the token belongs to.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The scope for the new access token: what was asked for, or all that the session has when
    /// nothing was. The session keeps its own scope (RFC 6749, section 6).
    ///
    /// # Errors
    ///
    /// [`RefreshError::InvalidScope`] for a scope that the session lacks, or that is not written
    /// as scopes are, with single spaces between.
    pub fn narrow(&self, requested: Option<&str>) -> Result<String, RefreshError> {
        let Some(requested) = requested else { return Ok(self.session.scope.clone()) };
        let granted: Vec<&str> = self.session.scope.split_ascii_whitespace().collect();
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
}

/// The stored token that was presented, if its secret is right.
///
/// A wrong one for a selector that exists is as good as unknown: whoever has only seen a
/// selector must not be able to end the session.
async fn lookup<S: RefreshStore>(
    store: &S,
    presented: &str,
) -> Result<Option<(StoredToken, Session)>, StoreError> {
    let Some(presented) = token::parse(presented) else { return Ok(None) };
    let found = store.find_token(presented.selector).await?;
    Ok(found.filter(|(token, _)| presented.matches(&token.secret_hash)))
}

fn other_client(session: &Session, client_id: Option<&str>) -> bool {
    client_id.is_some_and(|id| id != session.client_id)
}

/// Stores keep whole seconds; nothing that is handed out may say more.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs())
}
