//! Revocation, as the router has it: asked of the store of sessions, where that store can tell.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::LoginRouter;
use super::revoke::LONGEST_LEEWAY;
use super::shared::Shared;
use super::stateless::Stateless;
use crate::Token;
use crate::store::{RefreshStore, RevocationStore, StoreError, UserStore};
use crate::subject::Revocations;

impl<U: UserStore, R: RevocationStore> LoginRouter<U, R> {
    /// Asks the store of sessions of every access token whether it is revoked: on the router's own
    /// routes for a bearer token and at [`Endpoint::Introspect`](crate::Endpoint::Introspect). And lets
    /// [`Endpoint::Revoke`](crate::Endpoint::Revoke) revoke access tokens. Default: off; access tokens
    /// are good until they expire, and only refresh tokens can be revoked.
    ///
    /// Other routes ask where their layer was
    /// [told to](crate::JwtAuthLayer::revocations), which also says what it costs.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use tower_bearer::{Issuer, JwtAuthLayer, LoginRouter, MemoryStore};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (store, issuer) = (MemoryStore::new(), Issuer::for_tests());
    /// let auth = JwtAuthLayer::new(issuer.verifier()?).revocations(store.clone());
    /// let app: Router = Router::new()
    ///     .route("/posts", get(|| async { "posts" }))
    ///     .layer(auth)
    ///     .nest("/auth", LoginRouter::new(store, issuer).revocations().into_router());
    /// # let _ = app;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn revocations(mut self) -> Self {
        self.revoked = Some(RevokedTokens(Arc::new(self.sessions.clone())));
        self
    }
}

/// A [`RevocationStore`] without its type.
#[derive(Clone)]
pub(super) struct RevokedTokens(Arc<dyn AnyRevocationStore>);

impl RevokedTokens {
    pub(super) async fn revoke_token(
        &self,
        id: &str,
        until: Duration,
        now: Duration,
    ) -> Result<(), StoreError> {
        self.0.revoke_token(id, until, now).await
    }
}

/// Which tokens count as older than this moment. Their `iat` has whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Older {
    /// Those of the seconds before: a token that is issued at once is good.
    BeforeThisSecond,
    /// Those of this second too, so that none which is older passes for a younger one.
    WithThisSecond,
}

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// Revokes the tokens of a user that are out, where revocation is on.
    pub(super) async fn revoke_older_tokens(
        &self,
        user_id: &str,
        older: Older,
    ) -> Result<(), StoreError> {
        let Some(revoked) = &self.revoked else { return Ok(()) };
        let now = self.now();
        let this_second = u64::from(older == Older::WithThisSecond);
        let not_before = Duration::from_secs(now.as_secs().saturating_add(this_second));
        // Refresh tokens that are stored end with their sessions; those that are not count here.
        let refresh = self.stateless.as_ref().map(Stateless::lifetime).unwrap_or_default();
        let lifetime = self.issuer.lifetime().max(refresh);
        let until = not_before.saturating_add(lifetime).saturating_add(LONGEST_LEEWAY);
        revoked.0.revoke_tokens_before(user_id, not_before, until, now).await
    }

    /// The same, and waits for the end of the second where the tokens of that are revoked too: whoever
    /// gets one after the answer has one that is good.
    pub(super) async fn revoke_older_tokens_and_wait(
        &self,
        user_id: &str,
        older: Older,
    ) -> Result<(), StoreError> {
        self.revoke_older_tokens(user_id, older).await?;
        if self.revoked.is_some() && older == Older::WithThisSecond {
            let gone = Duration::from_nanos(self.now().subsec_nanos().into());
            tokio::time::sleep(Duration::from_secs(1).saturating_sub(gone)).await;
        }
        Ok(())
    }
}

impl Revocations for RevokedTokens {
    type Error = StoreError;

    async fn is_revoked(&self, token: &Token) -> Result<bool, StoreError> {
        self.0.is_revoked(token).await
    }
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

trait AnyRevocationStore: Send + Sync {
    fn is_revoked<'a>(&'a self, token: &'a Token) -> Answer<'a, bool>;
    fn revoke_token<'a>(&'a self, id: &'a str, until: Duration, now: Duration) -> Answer<'a, ()>;
    fn revoke_tokens_before<'a>(
        &'a self,
        subject: &'a str,
        not_before: Duration,
        until: Duration,
        now: Duration,
    ) -> Answer<'a, ()>;
}

impl<S: RevocationStore> AnyRevocationStore for S {
    fn is_revoked<'a>(&'a self, token: &'a Token) -> Answer<'a, bool> {
        Box::pin(Revocations::is_revoked(self, token))
    }

    fn revoke_token<'a>(&'a self, id: &'a str, until: Duration, now: Duration) -> Answer<'a, ()> {
        Box::pin(RevocationStore::revoke_token(self, id, until, now))
    }

    fn revoke_tokens_before<'a>(
        &'a self,
        subject: &'a str,
        not_before: Duration,
        until: Duration,
        now: Duration,
    ) -> Answer<'a, ()> {
        Box::pin(RevocationStore::revoke_tokens_before(self, subject, not_before, until, now))
    }
}
