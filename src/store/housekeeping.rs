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
    pub fn new(store: R) -> Self {
        let every = Duration::from_secs(60 * 60);
        Self { store, every, clock: Clock::system(), more: Vec::new() }
    }

    /// How much time passes from one round to the next; less than a second counts as one. Default:
    /// an hour.
    #[must_use]
    pub fn every(mut self, pause: Duration) -> Self {
        self.every = pause.max(Duration::from_secs(1));
        self
    }

    /// The clock that tells what is over. Default: [`Clock::system`].
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Deletes from this store what throttles count no more, too: see
    /// [`LoginRouter::throttle_store`](crate::LoginRouter::throttle_store).
    #[must_use]
    pub fn throttles(self, store: impl ThrottleStore) -> Self {
        self.and("throttles", move |now| {
            let store = store.clone();
            Box::pin(async move { store.delete_expired_throttles(now).await })
        })
    }

    /// Deletes expired one-time tokens from this store, too: see
    /// [`LoginRouter::mailer`](crate::LoginRouter::mailer).
    #[must_use]
    pub fn one_time_tokens(self, store: impl OneTimeTokenStore) -> Self {
        self.and("one_time_tokens", move |now| {
            let store = store.clone();
            Box::pin(async move { store.delete_expired_one_time_tokens(now).await })
        })
    }

    /// Deletes API keys from this store, too, that have been expired for 30 days. Until then their
    /// owners see them in the list, and what has become of them.
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
