//! Frees the room of what is over, while a service runs.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::{ApiKeyStore, OneTimeTokenStore, RefreshStore, StoreError, ThrottleStore};
use crate::clock::Clock;
use crate::meter::{self, HOUSEKEEPING, STORE_ERRORS};
use crate::trace;

const EXPIRED_KEYS_STAY: Duration = Duration::from_secs(30 * 24 * 3600);

/// Deletes expired sessions from a store, at once and then every hour. They are refused whether
/// deleted or not: this only frees room.
///
/// Any number of nodes may do so on one store. A fault is logged, and the next round tries again.
/// A store that forgets by itself, as `RedisStore` does, needs none.
///
/// # Examples
///
/// As a task that ends with the server:
///
/// ```
/// use tower_bearer::{Housekeeping, MemoryStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let store = MemoryStore::new();
/// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
/// let task = tokio::spawn(Housekeeping::new(store).run_until(async {
///     let _ = stopped.await;
/// }));
/// // axum::serve(listener, app).with_graceful_shutdown(...).await
/// drop(stop);
/// task.await.unwrap();
/// # }
/// ```
#[derive(Clone)]
pub struct Housekeeping<R> {
    store: R,
    every: Duration,
    clock: Clock,
    /// What else there is to delete, by its name in the log.
    more: Vec<(&'static str, Arc<DeleteExpired>)>,
}

type DeleteExpired = dyn Fn(Duration) -> Deleted + Send + Sync;

type Deleted = Pin<Box<dyn Future<Output = Result<u64, StoreError>> + Send>>;

impl<R: RefreshStore> Housekeeping<R> {
    /// Hourly, by the system's clock.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Housekeeping, MemoryStore};
    ///
    /// let hourly = Housekeeping::new(MemoryStore::new());
    /// assert_eq!(format!("{hourly:?}"), "Housekeeping { every: 3600s, .. }");
    /// ```
    pub fn new(store: R) -> Self {
        let every = Duration::from_secs(60 * 60);
        Self { store, every, clock: Clock::system(), more: Vec::new() }
    }

    /// How much time passes from one round to the next; less than a second counts as one. Default:
    /// an hour.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Housekeeping, MemoryStore};
    ///
    /// let busy = Housekeeping::new(MemoryStore::new()).every(Duration::from_secs(600));
    /// assert_eq!(format!("{busy:?}"), "Housekeeping { every: 600s, .. }");
    /// let restless = busy.every(Duration::ZERO);
    /// assert_eq!(format!("{restless:?}"), "Housekeeping { every: 1s, .. }");
    /// ```
    #[must_use]
    pub fn every(mut self, pause: Duration) -> Self {
        self.every = pause.max(Duration::from_secs(1));
        self
    }

    /// The clock that tells what is over. Default: [`Clock::system`].
    ///
    /// # Examples
    ///
    /// A test that goes to the end of a session without waiting for it:
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Clock, Housekeeping, MemoryStore, RefreshStore};
    /// # use tower_bearer::{NewSession, RefreshTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let (refresh, new) = (RefreshTokens::new(), NewSession::new("alice", "web", "me"));
    /// # let session = refresh.issue(&store, new, now).await?.session;
    /// let clock = Clock::manual(session.expires_at);
    /// let stop = tokio::time::sleep(Duration::from_secs(1));
    /// Housekeeping::new(store.clone()).clock(clock).run_until(stop).await;
    /// assert_eq!(store.find_session(&session.id).await?, None);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Deletes from this store what throttles count no more, too: see
    /// [`LoginRouter::throttle_store`](crate::LoginRouter::throttle_store).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Housekeeping, MemoryStore, ThrottleState, ThrottleStore};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (sessions, throttles) = (MemoryStore::new(), MemoryStore::new());
    /// let past = Duration::from_secs(1_700_000_000);
    /// let state = ThrottleState::new("2 failures", past, past);
    /// throttles.replace_throttle(&[7; 32], None, Some(&state)).await?;
    ///
    /// let housekeeping = Housekeeping::new(sessions).throttles(throttles.clone());
    /// housekeeping.run_until(tokio::time::sleep(Duration::from_secs(1))).await;
    /// assert_eq!(throttles.find_throttle(&[7; 32]).await?, None);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn throttles(self, store: impl ThrottleStore) -> Self {
        self.and("throttles", move |now| {
            let store = store.clone();
            Box::pin(async move { store.delete_expired_throttles(now).await })
        })
    }

    /// Deletes expired one-time tokens from this store, too: see
    /// [`LoginRouter::mailer`](crate::LoginRouter::mailer).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Housekeeping, MemoryStore, OneTimePurpose, OneTimeTokens};
    /// # use tower_bearer::OneTimeTokenStore;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let store = MemoryStore::new();
    /// # let past = Duration::from_secs(1_700_000_000);
    /// // One that was mailed and never used.
    /// let reset = OneTimePurpose::ResetPassword;
    /// OneTimeTokens::new().issue(&store, reset, "alice", "", past).await?;
    ///
    /// let housekeeping = Housekeeping::new(store.clone()).one_time_tokens(store.clone());
    /// housekeeping.run_until(tokio::time::sleep(Duration::from_secs(1))).await;
    /// // None is left.
    /// assert_eq!(store.delete_one_time_tokens_of("alice", reset.as_str()).await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn one_time_tokens(self, store: impl OneTimeTokenStore) -> Self {
        self.and("one_time_tokens", move |now| {
            let store = store.clone();
            Box::pin(async move { store.delete_expired_one_time_tokens(now).await })
        })
    }

    /// Deletes API keys from this store, too, that have been expired for 30 days. Until then their
    /// owners see them in the list, and what has become of them.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{ApiKeyStore, Clock, Housekeeping, MemoryStore, StoredApiKey};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let key = StoredApiKey::new("one", &alice.id, "backup", "tb", [7; 32], now, now);
    /// store.insert_api_key(&key, 50).await?;
    ///
    /// for (days, left) in [(29, 1), (30, 0)] {
    ///     let clock = Clock::manual(key.expires_at + Duration::from_secs(days * 24 * 3600));
    ///     let housekeeping = Housekeeping::new(store.clone()).api_keys(store.clone());
    ///     let stop = tokio::time::sleep(Duration::from_secs(1));
    ///     housekeeping.clock(clock).run_until(stop).await;
    ///     assert_eq!(store.api_keys_of(&alice.id).await?.len(), left);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn api_keys(self, store: impl ApiKeyStore) -> Self {
        self.and("api_keys", move |now| {
            let (store, before) = (store.clone(), now.saturating_sub(EXPIRED_KEYS_STAY));
            Box::pin(async move { store.delete_expired_api_keys(before).await })
        })
    }

    fn and(
        mut self,
        what: &'static str,
        delete_expired: impl Fn(Duration) -> Deleted + Send + Sync + 'static,
    ) -> Self {
        self.more.push((what, Arc::new(delete_expired)));
        self
    }

    /// Works until `stop` is ready, and finishes the round that it is in: a statement that is given
    /// up would leave its connection behind.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, or in one without its timer.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Housekeeping, MemoryStore, NewSession, RefreshStore, RefreshTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let store = MemoryStore::new();
    /// let long_ago = Duration::from_secs(1_600_000_000);
    /// let new = NewSession::new("alice", "web", "me");
    /// let session = RefreshTokens::new().issue(&store, new, long_ago).await?.session;
    ///
    /// let stop = tokio::time::sleep(Duration::from_secs(10)); // a signal, in a service
    /// Housekeeping::new(store.clone()).run_until(stop).await;
    /// assert_eq!(store.find_session(&session.id).await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run_until(self, stop: impl Future<Output = ()> + Send) {
        let mut rounds = interval(self.every);
        // After a pause of the machine, one round is as good as those that were missed.
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop = pin!(stop);
        loop {
            let is_over = poll_fn(|cx| match stop.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(true),
                Poll::Pending => rounds.poll_tick(cx).map(|_| false),
            });
            if is_over.await {
                return;
            }
            self.round().await;
        }
    }

    async fn round(&self) {
        let now = self.clock.now();
        report("sessions", self.store.delete_expired_sessions(now).await);
        for (what, delete_expired) in &self.more {
            report(what, delete_expired(now).await);
        }
    }
}

#[cfg_attr(not(feature = "tracing"), allow(unused_variables, reason = "for the log alone"))]
fn report(what: &'static str, deleted: Result<u64, StoreError>) {
    match deleted {
        Ok(0) => {}
        Ok(deleted) => {
            meter::add(&HOUSEKEEPING, [what], deleted);
            trace::debug!(
                target: "tower_bearer::housekeeping",
                what, deleted,
                "what has expired was deleted"
            );
        }
        Err(error) => {
            meter::count(&STORE_ERRORS, ["housekeeping"]);
            trace::warn!(
                target: "tower_bearer::housekeeping",
                what, %error,
                "what has expired could not be deleted"
            );
        }
    }
}

impl<R> fmt::Debug for Housekeeping<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Housekeeping").field("every", &self.every).finish_non_exhaustive()
    }
}
