//! Refresh tokens: issued, rotated, and their session ended when one is used twice.

mod error;
mod exchange;
mod request;
mod stateless;
mod token;

use std::time::Duration;

use crate::random;
use crate::store::{NewSession, RefreshStore, Session, StoreError, StoredToken};
use token::Parts;

pub use error::RefreshError;
#[cfg(feature = "login")]
pub(crate) use request::narrow;
pub(crate) use request::{AccessTwin, FoundRefresh};
pub use request::{RefreshRequest, VerifiedRefresh};
pub use stateless::StatelessRefreshTokens;
pub use token::RefreshToken;

/// The rules of refresh tokens: how long they last, and how one is exchanged for the next.
///
/// A token is good for one exchange (RFC 9700, section 4.14.2). One that comes a second time
/// was copied: whoever holds the latest is logged out with the thief, and only that session
/// ends. The store gets hashes of random bits, 256 of them for each token, so that a copy of it gives
/// no token.
///
/// An exchange has three steps, so that a refusal leaves the token unused:
/// [`verify`](Self::verify), the caller's own questions (is the user still active? is the
/// [`scope`](VerifiedRefresh::scope) one that the session has?), [`rotate`](Self::rotate).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{MemoryStore, NewSession, RefreshError, RefreshRequest, RefreshTokens};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let refresh = RefreshTokens::new().idle_timeout(Duration::from_secs(7 * 24 * 3600));
///
/// let now = Duration::from_secs(1_700_000_000);
/// let first = refresh.issue(&store, NewSession::new("user-1", "first-party", "me"), now).await?;
///
/// let request = RefreshRequest::new(first.token.as_str()).client_id("first-party").scope("me");
/// let verified = refresh.verify(&store, request, now).await?;
/// assert_eq!(verified.session().user_id, "user-1");
/// assert_eq!(verified.scope()?, "me");
/// let second = refresh.rotate(&store, verified, now).await?;
/// assert_eq!(second.session.id, first.session.id);
///
/// let stolen = refresh.verify(&store, request, now).await;
/// assert!(matches!(stolen, Err(RefreshError::Reused(_))));
/// let descendant = RefreshRequest::new(second.token.as_str());
/// let descendant = refresh.verify(&store, descendant, now).await;
/// assert!(matches!(descendant, Err(RefreshError::Invalid)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RefreshTokens {
    lifetime: Duration,
    idle_timeout: Option<Duration>,
    reuse_interval: Duration,
    most_sessions: usize,
}

impl RefreshTokens {
    /// Sessions of 30 days, 100 for each user, without an idle timeout and without a reuse interval.
    pub const fn new() -> Self {
        Self {
            lifetime: Duration::from_secs(30 * 24 * 3600),
            idle_timeout: None,
            reuse_interval: Duration::ZERO,
            most_sessions: 100,
        }
    }

    /// How long a session lasts from the login on, in whole seconds, however often it is
    /// refreshed. Default: 30 days. Sessions that exist already keep theirs.
    #[must_use]
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// How long a token may lie unused before it expires, in whole seconds; each exchange starts
    /// the time anew. Default: as long as the session.
    #[must_use]
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = Some(timeout);
        self
    }

    /// For how long after an exchange the token that was exchanged may come again, in whole seconds,
    /// 60 at most: for tabs of a browser that refresh at once, and answers that were lost on the way.
    /// It is answered with the same successor, to the same client and for the same scope, and only
    /// while that successor is unused; anything else counts as reuse. `LoginRouter` answers with the same
    /// access token too, unless the user's rights have changed since or it is signed with ECDSA or PSS,
    /// whose signatures differ each time. Default: zero, not at all.
    ///
    /// **This weakens the detection of theft:** whoever copied a token and is this quick gets the
    /// latest token, and is found out only when one of the two comes too late.
    #[must_use]
    pub const fn reuse_interval(mut self, interval: Duration) -> Self {
        let seconds = interval.as_secs();
        self.reuse_interval = Duration::from_secs(if seconds > 60 { 60 } else { seconds });
        self
    }

    /// How many sessions a user may have at once; one more ends that which was used least recently.
    /// Zero counts as one. Default: 100.
    #[must_use]
    pub const fn most_sessions(mut self, most: usize) -> Self {
        self.most_sessions = if most == 0 { 1 } else { most };
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
        let token = Parts::first(&session.id).map_err(StoreError::new)?;
        let stored = self.stored(&token, None, &session, now);
        let displaced = store.insert_session(&session, &stored, self.most_sessions).await?;
        Ok(IssuedRefresh { displaced, ..issued(&token, session, stored.expires_at) })
    }

    /// Ends the session of a presented token, used or not, and returns it: logout. What is no
    /// token, unknown or of an ended session is no error (RFC 7009, section 2.2).
    ///
    /// # Errors
    ///
    /// The store's fault.
    pub async fn end_session<S: RefreshStore>(
        &self,
        store: &S,
        presented: &str,
    ) -> Result<Option<Session>, StoreError> {
        let Some(found) = lookup(store, presented).await? else { return Ok(None) };
        Ok(store.end_session(&found.session.id).await?.then_some(found.session))
    }

    /// The session of a presented token, used or not.
    #[cfg(feature = "login")]
    pub(crate) async fn find<S: RefreshStore>(
        &self,
        store: &S,
        presented: &str,
    ) -> Result<Option<FoundRefresh>, StoreError> {
        lookup(store, presented).await
    }

    fn stored(
        &self,
        token: &Parts,
        salt: Option<[u8; 32]>,
        session: &Session,
        now: Duration,
    ) -> StoredToken {
        let idle = self.idle_timeout.map_or(Duration::MAX, |idle| now.saturating_add(idle));
        let expires_at = whole_seconds(idle).min(session.expires_at);
        let stored = StoredToken::new(token.family_hash(), token.secret_hash(), expires_at);
        StoredToken { salt, ..stored }
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
    /// When the token expires, unless it is exchanged before: at the end of the session or of the
    /// [idle timeout](RefreshTokens::idle_timeout), whichever comes first. Since the Unix epoch.
    pub expires_at: Duration,
    /// The IDs of sessions of the user that have ended as there were
    /// [too many](RefreshTokens::most_sessions).
    pub displaced: Vec<String>,
    /// What access token goes with it.
    #[cfg_attr(not(feature = "login"), allow(dead_code, reason = "for the router alone"))]
    pub(crate) twin: AccessTwin,
}

fn issued(token: &Parts, session: Session, expires_at: Duration) -> IssuedRefresh {
    let twin = AccessTwin::of(token, session.last_used_at);
    IssuedRefresh { token: token.text(), session, expires_at, displaced: Vec::new(), twin }
}

/// The session of the token that was presented, if it was a token of it once.
async fn lookup<S: RefreshStore>(
    store: &S,
    presented: &str,
) -> Result<Option<FoundRefresh>, StoreError> {
    let Some(presented) = Parts::parse(presented) else { return Ok(None) };
    let found = store.find_session(presented.session_id()).await?;
    Ok(recognised(&presented, found))
}

/// What was found by the ID in a token, if that was a token of it once.
///
/// A wrong family for a session that exists is as good as unknown: whoever has only seen the ID of a
/// session must not be able to end it.
fn recognised(presented: &Parts, found: Option<(Session, StoredToken)>) -> Option<FoundRefresh> {
    let (session, stored) = found.filter(|(_, stored)| presented.is_of(stored))?;
    let is_current = presented.is_current(&stored);
    Some(FoundRefresh { session, stored, is_current })
}

/// Stores keep whole seconds; nothing that is handed out may say more.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs())
}
