//! One refresh token for the next.

use std::time::Duration;

use super::error::RefreshError;
use super::request::{FoundRefresh, RefreshRequest, Standing, VerifiedRefresh};
use super::token::Parts;
use super::{IssuedRefresh, RefreshTokens, issued, recognised, whole_seconds};
use crate::random;
use crate::store::{RefreshStore, Session, StoreError, StoredToken};
#[cfg(feature = "login")]
use crate::store::{SessionUser, UserStore};

impl RefreshTokens {
    /// Checks a presented token without using it up.
    ///
    /// # Errors
    ///
    /// [`RefreshError::Invalid`] for what is no token, unknown, expired, of an ended session or
    /// of another client (RFC 6749, section 6); [`RefreshError::Reused`] for a token that was
    /// exchanged before, whose session has ended now; [`RefreshError::Store`].
    pub async fn verify<S: RefreshStore>(
        &self,
        store: &S,
        request: RefreshRequest<'_>,
        now: Duration,
    ) -> Result<VerifiedRefresh, RefreshError> {
        let presented = Parts::parse(request.token).ok_or(RefreshError::Invalid)?;
        let found = store.find_session(presented.session_id()).await?;
        self.judge(store, request, presented, found, now).await
    }

    /// The same, and what the look at the session told of its user. That is for the caller to judge,
    /// once the token is found good.
    #[cfg(feature = "login")]
    pub(crate) async fn verify_with_user<S: RefreshStore, U: UserStore>(
        &self,
        store: &S,
        users: &U,
        request: RefreshRequest<'_>,
        now: Duration,
    ) -> Result<(VerifiedRefresh, SessionUser), RefreshError> {
        let presented = Parts::parse(request.token).ok_or(RefreshError::Invalid)?;
        let (session, stored, user) = store
            .find_session_with_user(users, presented.session_id())
            .await?
            .ok_or(RefreshError::Invalid)?;
        let verified = self.judge(store, request, presented, Some((session, stored)), now).await?;
        Ok((verified, user))
    }

    async fn judge<S: RefreshStore>(
        &self,
        store: &S,
        request: RefreshRequest<'_>,
        presented: Parts,
        found: Option<(Session, StoredToken)>,
        now: Duration,
    ) -> Result<VerifiedRefresh, RefreshError> {
        let FoundRefresh { session, stored, is_current } =
            recognised(&presented, found).ok_or(RefreshError::Invalid)?;
        let is_client = request.client_id.is_none_or(|id| id == session.client_id);
        let is_over = now >= stored.expires_at || now >= session.expires_at;
        let standing = if is_current {
            let (successor, salt) = self.successor(&presented, request.scope)?;
            Standing::Current { presented, successor, salt }
        } else {
            // A copy is a copy, whoever presents it, and however late.
            let again = self.just_exchanged(&presented, &session, &stored, request.scope, now);
            match again {
                Some(successor) if is_client && !is_over => {
                    Standing::JustExchanged { successor, expires_at: stored.expires_at }
                }
                _ => return Err(reused(store, session).await),
            }
        };
        if is_over || !is_client {
            return Err(RefreshError::Invalid);
        }
        Ok(VerifiedRefresh { session, scope: request.scope.map(str::to_owned), standing })
    }

    /// Exchanges a verified token for its successor. Of several at once, one succeeds; the others
    /// count as reuse, so that the session ends, or within the
    /// [reuse interval](Self::reuse_interval) get the same.
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
        let VerifiedRefresh { mut session, scope, standing } = verified;
        let (presented, successor, salt) = match standing {
            Standing::Current { presented, successor, salt } => (presented, successor, salt),
            Standing::JustExchanged { successor, expires_at } => {
                return Ok(issued(&successor, session, expires_at));
            }
        };
        let stored = self.stored(&successor, salt, &session, now);
        let used_at = whole_seconds(now);
        if store.rotate_token(&session.id, &presented.secret_hash(), &stored, used_at).await? {
            session.last_used_at = used_at;
            return Ok(issued(&successor, session, stored.expires_at));
        }
        // Somebody else was faster, with the same token.
        let Some((session, stored)) = store.find_session(&session.id).await? else {
            return Err(RefreshError::Invalid);
        };
        match self.just_exchanged(&presented, &session, &stored, scope.as_deref(), now) {
            Some(successor) => Ok(issued(&successor, session, stored.expires_at)),
            None => Err(reused(store, session).await),
        }
    }

    /// What a token that is not the latest was exchanged for, if that was just now and for this.
    fn just_exchanged(
        &self,
        presented: &Parts,
        session: &Session,
        stored: &StoredToken,
        scope: Option<&str>,
        now: Duration,
    ) -> Option<Parts> {
        let successor = presented.derived_successor(stored.salt.as_ref()?, scope);
        let is_in_time = now < session.last_used_at.saturating_add(self.reuse_interval);
        (is_in_time && successor.is_current(stored)).then_some(successor)
    }

    /// Derived from the token before it only where that may come again: what can be made again is
    /// one secret less.
    fn successor(
        &self,
        presented: &Parts,
        scope: Option<&str>,
    ) -> Result<(Parts, Option<[u8; 32]>), StoreError> {
        if self.reuse_interval.is_zero() {
            return Ok((presented.random_successor().map_err(StoreError::new)?, None));
        }
        let salt = random::bytes().map_err(StoreError::new)?;
        Ok((presented.derived_successor(&salt, scope), Some(salt)))
    }
}

/// Ends a session one of whose tokens came twice. One row is all there is of it, so nothing that was
/// rotated meanwhile outlives this; of several at once, one ended it.
async fn reused<S: RefreshStore>(store: &S, session: Session) -> RefreshError {
    match store.end_session(&session.id).await {
        Ok(true) => RefreshError::Reused(Box::new(session)),
        Ok(false) => RefreshError::Invalid,
        Err(error) => RefreshError::Store(error),
    }
}
