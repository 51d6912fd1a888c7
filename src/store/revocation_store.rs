//! What a store promises that can take access tokens back.

use std::time::{Duration, UNIX_EPOCH};

use super::{RefreshStore, StoreError};
use crate::Token;
use crate::subject::Revocations;

/// A store of sessions that knows which access tokens are revoked.
///
/// [`is_revoked`](Revocations::is_revoked) says yes, in one round trip, to a token
///
/// - whose session (`sid`) is not in the store: it has ended, and nothing had to be written down
///   for its tokens to end with it, at once and on every node;
/// - whose ID (`jti`) was [revoked](Self::revoke_token);
/// - of a subject (`sub`) whose tokens were revoked up to [a time](Self::revoke_tokens_before),
///   if it was issued (`iat`) before that, or does not say when.
///
/// A token without `sid` is of no session. One with the `sid` of another service's sessions is
/// revoked here, as nobody knows of that session.
///
/// A store that loses what is in it refuses the tokens of the lost sessions, and takes those that
/// were revoked in the other two ways for good again, until they expire.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{Grant, Issuer, MemoryStore, RevocationStore, Revocations};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (store, issuer) = (MemoryStore::new(), Issuer::for_tests());
/// let token = issuer.verifier()?.verify(&issuer.issue(&Grant::new("alice"))?).await?;
/// assert!(!store.is_revoked(&token).await?);
///
/// // Her roles have changed: what was issued before now is not to be used any more.
/// let issued = token.issued_at().unwrap().duration_since(std::time::UNIX_EPOCH)?;
/// let now = issued + Duration::from_secs(60);
/// store.revoke_tokens_before("alice", now, now + issuer.lifetime(), now).await?;
/// assert!(store.is_revoked(&token).await?);
/// # Ok(())
/// # }
/// ```
pub trait RevocationStore: RefreshStore + Revocations<Error = StoreError> {
    /// Revokes one access token by its ID, the claim `jti`.
    ///
    /// `until` is when this may be forgotten: the token's `exp` and the leeway of whoever verifies
    /// it, 300 seconds at most. `now` is the time since the Unix epoch, here and below, which a
    /// store with a clock of its own needs to know how long that is. A token that is revoked twice
    /// stays so until the later time.
    ///
    /// # Errors
    ///
    /// The store's own fault; the token is revoked then, or is not.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Grant, Issuer, MemoryStore, RevocationStore, Revocations};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (store, issuer) = (MemoryStore::new(), Issuer::for_tests());
    /// let token = issuer.verifier()?.verify(&issuer.issue(&Grant::new("alice"))?).await?;
    ///
    /// let id = token.id().ok_or("tokens of an issuer have one")?;
    /// let now = std::time::UNIX_EPOCH.elapsed()?;
    /// let leeway = Duration::from_secs(300);
    /// store.revoke_token(id, now + issuer.lifetime() + leeway, now).await?;
    /// assert!(store.is_revoked(&token).await?);
    /// # Ok(())
    /// # }
    /// ```
    fn revoke_token(
        &self,
        id: &str,
        until: Duration,
        now: Duration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Revokes all access tokens of a subject that were issued before this time, in whole seconds
    /// as `iat` has it: one that was issued in the second of `not_before` is good. A time is
    /// never taken back by an earlier one.
    ///
    /// For what changes with the user and not with a session: roles or scopes that are lost, tokens
    /// that are of no session. `until` is when this may be forgotten: `not_before`, the lifetime of
    /// access tokens, and the leeway.
    ///
    /// # Errors
    ///
    /// The store's own fault; the tokens are revoked then, or are not.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Clock, Grant, Issuer, MemoryStore, RevocationStore, Revocations};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let now = Duration::from_secs(1_700_000_000);
    /// let store = MemoryStore::new();
    /// let issuer = Issuer::for_tests().clock(Clock::manual(now));
    /// let token = issuer.verifier()?.verify(&issuer.issue(&Grant::new("alice"))?).await?;
    ///
    /// let until = now + issuer.lifetime();
    /// store.revoke_tokens_before("alice", now, until, now).await?;
    /// assert!(!store.is_revoked(&token).await?); // issued in that second
    /// let next = now + Duration::from_secs(1);
    /// store.revoke_tokens_before("alice", next, until, now).await?;
    /// assert!(store.is_revoked(&token).await?);
    /// # Ok(())
    /// # }
    /// ```
    fn revoke_tokens_before(
        &self,
        subject: &str,
        not_before: Duration,
        until: Duration,
        now: Duration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// When a token was issued, for stores to compare: before any time if it doesn't say.
pub(super) fn issued_at(token: &Token) -> i64 {
    let since = token.issued_at().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    since.map_or(-1, seconds)
}

pub(super) fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}
