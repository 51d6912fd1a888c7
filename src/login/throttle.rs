//! Limits of attempts, as the endpoints have them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::LoginRouter;
use super::answer::Failure;
use super::shared::Shared;
use crate::audit::AuditEvent;
use crate::limit::{Account, Attempt, LockNotice, LoginThrottle, Throttled};
use crate::store::{RefreshStore, ThrottleStore, UserStore};

impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// How many attempts may fail. Default: [`LoginThrottle::new`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, LoginThrottle, MemoryStore, Rate};
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let throttle = LoginThrottle::new().per_account("1/minute".parse::<Rate>()?);
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    /// #   .hasher(tower_bearer::Hasher::builder().insecure_parameters(8, 1, 1).build()?)
    ///     .throttle(throttle)
    ///     .into_router();
    /// let guess = r#"{"username":"alice","password":"guess"}"#;
    /// assert_eq!(post(&router, "/login", guess).await.status(), 400);
    /// let second = post(&router, "/login", guess).await;
    /// assert_eq!(second.status(), 429);
    /// assert_eq!(second.headers()["retry-after"], "60");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn throttle(mut self, throttle: LoginThrottle) -> Self {
        self.throttle = throttle;
        self
    }

    /// Where attempts are counted. Default: in the memory of this process, which forgets them when
    /// it ends; several nodes have a limit each.
    ///
    /// While this store is out of reach, logins go on: the limits then hold for each process alone,
    /// and the log says so. A store that failed is asked again after 2 seconds. The clocks of the nodes should agree; whatever one of them says, none
    /// finds a pause of more than 15 minutes.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Housekeeping, Issuer, LoginRouter, MemoryStore};
    ///
    /// // Any store that is shipped.
    /// let store = MemoryStore::new();
    /// let router = LoginRouter::new(store.clone(), Issuer::for_tests())
    ///     .throttle_store(store.clone())
    ///     .into_router();
    /// let housekeeping = Housekeeping::new(store.clone()).throttles(store);
    /// # let _ = (router, housekeeping);
    /// ```
    #[must_use]
    pub fn throttle_store(mut self, store: impl ThrottleStore) -> Self {
        self.throttle_store = Some(Arc::new(store));
        self
    }
}

impl<U, R> Shared<U, R>
where
    U: UserStore,
    R: RefreshStore,
{
    /// Counts an attempt before anything secret is looked at, or refuses it: a guess of a password,
    /// or, without an account, of a token. It is a failure unless the permit is told otherwise.
    pub(super) async fn attempt(
        &self,
        account: Option<Account<'_>>,
        address: Option<IpAddr>,
    ) -> Result<Permit<'_, U, R>, Failure> {
        let user_id = match account {
            Some(Account::User(id)) => Some(id.to_owned()),
            _ => None,
        };
        match self.limiter.attempt(account, address).await {
            Ok(attempt) => Ok(Permit { shared: self, attempt: Some(attempt), user_id, address }),
            Err(throttled) => Err(self.throttled(throttled, user_id, address)),
        }
    }

    /// Counts a registration or a request for a mail, or refuses it.
    pub(super) async fn register_attempt(&self, address: Option<IpAddr>) -> Result<(), Failure> {
        let registered = self.limiter.register(address).await;
        registered.map_err(|throttled| self.throttled(throttled, None, address))
    }

    fn throttled(
        &self,
        Throttled(wait): Throttled,
        user_id: Option<String>,
        address: Option<IpAddr>,
    ) -> Failure {
        let retry_after = whole_seconds(wait);
        self.record(address, AuditEvent::LoginThrottled { user_id, retry_after });
        Failure::throttled(retry_after)
    }
}

/// An attempt that may go on. Dropped without a word, also when the client has gone, it is a
/// failure: that is when a limit that it used up is told of.
pub(super) struct Permit<'a, U: UserStore, R: RefreshStore> {
    shared: &'a Shared<U, R>,
    attempt: Option<Attempt<'a>>,
    user_id: Option<String>,
    address: Option<IpAddr>,
}

impl<U: UserStore, R: RefreshStore> Permit<'_, U, R> {
    /// The secret was right.
    pub(super) async fn succeeded(mut self) {
        if let Some(attempt) = self.attempt.take() {
            attempt.succeeded().await;
        }
    }

    /// Nothing was compared.
    pub(super) async fn unused(mut self) {
        if let Some(attempt) = self.attempt.take() {
            attempt.unused().await;
        }
    }
}

impl<U: UserStore, R: RefreshStore> Drop for Permit<'_, U, R> {
    fn drop(&mut self) {
        let Some(pause) = self.attempt.take().and_then(|attempt| attempt.pause()) else { return };
        let user_id = self.user_id.take();
        let event = AuditEvent::LoginLocked {
            user_id: user_id.clone(),
            seconds: whole_seconds(pause.lasts),
        };
        self.shared.record(self.address, event);
        if let Some(user_id) = user_id.filter(|_| pause.is_first) {
            self.shared.throttle.notify(LockNotice::new(user_id, pause.lasts, self.address));
        }
    }
}

/// Rounded up, and at least one (RFC 9110, section 10.2.3).
fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}
