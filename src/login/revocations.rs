//! Revocation, as the router has it: asked of the store of sessions, where that store can tell.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::LoginRouter;
use super::revoke::LONGEST_LEEWAY;
use super::shared::Shared;
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

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// Revokes the access tokens of a user that are out, where revocation is on. Those of the current
    /// second are too, where one that is older must not pass for one that is younger.
    pub(super) async fn revoke_older_tokens(
        &self,
        user_id: &str,
        with_this_second: bool,
    ) -> Result<(), StoreError> {
        let Some(revoked) = &self.revoked else { return Ok(()) };
        let now = self.now();
        let not_before = Duration::from_secs(now.as_secs() + u64::from(with_this_second));
        let until = not_before + self.issuer.lifetime() + LONGEST_LEEWAY;
        revoked.0.revoke_tokens_before(user_id, not_before, until, now).await
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
