//! Limits over a store.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::key::{self, Key};
use super::pending::{Entered, Outlook, Pending};
use super::rule::{Limit, Pause, State, Verdict};
use super::{Account, AnyThrottleStore, LoginThrottle};
use crate::clock::Clock;
use crate::meter::{self, STORE_ERRORS};
use crate::rate::nanoseconds;
use crate::store::{MemoryStore, StoreError, ThrottleState};

/// More than others can have come first under any limit that anybody sets.
const TRIES: usize = 1000;

/// For how long a store that failed is not asked: one that is silent takes all the time that it is
/// given, of every attempt and several times over.
const LEFT_ALONE: Duration = Duration::from_secs(2);

/// Asks all who might refuse, and counts before anything is tried: of any number of attempts at
/// once as many pass as the limit has left.
pub(crate) struct Limiter {
    account: Option<Limit>,
    address: Option<Limit>,
    registrations: Option<Limit>,
    mails: Option<Limit>,
    store: Arc<dyn AnyThrottleStore>,
    /// Counts while the store is out of reach.
    fallback: MemoryStore,
    /// In nanoseconds since the Unix epoch.
    left_alone_until: AtomicU64,
    pending: Arc<Pending>,
    clock: Clock,
    warned: AtomicBool,
}

/// Refused; the time after which it is worth trying again.
#[derive(Debug)]
pub(crate) struct Throttled(pub(crate) Duration);

impl Limiter {
    pub(crate) fn new(
        throttle: &LoginThrottle,
        store: Arc<dyn AnyThrottleStore>,
        clock: Clock,
    ) -> Self {
        let LoginThrottle { per_account, per_address, registrations, mails, backoff, .. } =
            throttle;
        let limit = |rate, counts_row| Limit { rate, backoff: *backoff, counts_row };
        let plain = |rate| Limit { rate, backoff: false, counts_row: false };
        Self {
            account: per_account.map(|rate| limit(rate, true)),
            address: per_address.map(|rate| limit(rate, false)),
            registrations: registrations.map(plain),
            mails: mails.map(plain),
            store,
            fallback: MemoryStore::new(),
            left_alone_until: AtomicU64::new(0),
            pending: Arc::default(),
            clock,
            warned: AtomicBool::new(false),
        }
    }

    /// Counts an attempt at an account, or at none that is known, from an address. It stands for a
    /// failure until it is [taken back](Attempt::succeeded).
    pub(crate) async fn attempt(
        &self,
        account: Option<Account<'_>>,
        address: Option<IpAddr>,
    ) -> Result<Attempt<'_>, Throttled> {
        let account = self.account.zip(account.map(key::of_account));
        if let Some((limit, key)) = account {
            // First, without counting: who is refused for the account writes nothing.
            self.claim(limit, key, Count::No).await?;
        }
        let mut attempt = Attempt { limiter: self, address: None, account: None };
        if let Some(limit) = self.address {
            let key = key::of_address(key::LOGIN, self.known(address));
            attempt.address = self.claim(limit, key, Count::Yes).await?;
        }
        if let Some((limit, key)) = account {
            match self.claim(limit, key, Count::Yes).await {
                Ok(claim) => attempt.account = claim,
                Err(throttled) => {
                    attempt.unused().await;
                    return Err(throttled);
                }
            }
        }
        Ok(attempt)
    }

    /// Counts a registration, or a request for a mail.
    pub(crate) async fn register(&self, address: Option<IpAddr>) -> Result<(), Throttled> {
        let Some(limit) = self.registrations else { return Ok(()) };
        let key = key::of_address(key::REGISTRATION, self.known(address));
        self.claim(limit, key, Count::Yes).await.map(drop)
    }

    /// Counts a mail of a kind to an address, in its normal form, and says whether it may go.
    pub(crate) async fn mail(&self, kind: &str, email: &str) -> bool {
        let Some(limit) = self.mails else { return true };
        self.claim(limit, key::of_mail(kind, email), Count::Yes).await.is_ok()
    }

    /// Begins the count of an account anew, whose user has shown to be who it is in another way.
    pub(crate) async fn forget(&self, account: Account<'_>) {
        let Some(limit) = self.account else { return };
        let key = key::of_account(account);
        for place in [Place::Store, Place::Fallback] {
            self.change(place, limit, key, |_| None).await;
        }
    }

    fn known(&self, address: Option<IpAddr>) -> Option<IpAddr> {
        if address.is_none() && !self.warned.swap(true, Ordering::Relaxed) {
            crate::trace::warn!(
                target: "tower_bearer::limit",
                "the server tells no address of its clients, so that one limit holds for all of \
                 them together; serve with axum's connect info, or put a PeerAddr into the \
                 extensions of each request"
            );
        }
        address
    }

    #[cfg_attr(not(feature = "tracing"), allow(unused_variables, reason = "for the log alone"))]
    async fn claim(
        &self,
        limit: Limit,
        key: Key,
        count: Count,
    ) -> Result<Option<Claim>, Throttled> {
        loop {
            let watch = self.pending.watch(key);
            let place = if self.leaves_store_alone() { Place::Fallback } else { Place::Store };
            let verdict = match self.claim_in(place, limit, key, count).await {
                Ok(verdict) => verdict,
                Err(error) => {
                    meter::count(&STORE_ERRORS, ["throttles"]);
                    crate::trace::warn!(
                        target: "tower_bearer::limit",
                        %error,
                        "the store of throttles failed; the limits hold for this process alone"
                    );
                    self.leave_store_alone();
                    let verdict = self.claim_in(Place::Fallback, limit, key, count).await;
                    // Memory has no faults.
                    verdict.unwrap_or(Ok(None))
                }
            };
            let Err(throttled) = verdict else { return verdict };
            match watch.outlook() {
                Outlook::Final => return Err(throttled),
                Outlook::Changed => {}
                Outlook::Open(closed) => closed.await,
            }
        }
    }

    fn leave_store_alone(&self) {
        let until = nanoseconds(self.clock.now().saturating_add(LEFT_ALONE));
        self.left_alone_until.store(until, Ordering::Relaxed);
    }

    fn leaves_store_alone(&self) -> bool {
        let until = self.left_alone_until.load(Ordering::Relaxed);
        let left = until.saturating_sub(nanoseconds(self.clock.now()));
        // A clock that was set back does not count.
        left > 0 && left <= nanoseconds(LEFT_ALONE)
    }

    async fn claim_in(
        &self,
        place: Place,
        limit: Limit,
        key: Key,
        count: Count,
    ) -> Result<Result<Option<Claim>, Throttled>, StoreError> {
        let store = self.store(place);
        for _ in 0..TRIES {
            let now = self.clock.now();
            let old = store.find(&key).await?;
            let known = old.as_deref().and_then(State::read).unwrap_or_default();
            let before = limit.mended(known, now);
            let (after, verdict) = match limit.attempt(before, now) {
                Verdict::Refused { wait } => {
                    if before == known {
                        return Ok(Err(Throttled(wait)));
                    }
                    // Kept as mended, or it would be refused until the other clock's time.
                    (before, Err(Throttled(wait)))
                }
                Verdict::Allowed { .. } if matches!(count, Count::No) => return Ok(Ok(None)),
                Verdict::Allowed { after, pause } => {
                    let entered = self.pending.enter(key);
                    let claim = Claim { place, limit, key, before, after, pause, entered };
                    (after, Ok(Some(claim)))
                }
            };
            if store.replace(&key, old.as_deref(), written(limit, after, now).as_ref()).await? {
                return Ok(verdict);
            }
        }
        Ok(Err(Throttled(Duration::from_secs(1))))
    }

    /// Forgets a count, or undoes a part of it.
    async fn settle(&self, claim: Claim, undo: impl Fn(State) -> Option<State>) {
        self.change(claim.place, claim.limit, claim.key, undo).await;
    }

    async fn change(
        &self,
        place: Place,
        limit: Limit,
        key: Key,
        change: impl Fn(State) -> Option<State>,
    ) {
        let store = self.store(place);
        for _ in 0..TRIES {
            let now = self.clock.now();
            let replaced = async {
                let Some(old) = store.find(&key).await? else { return Ok(true) };
                let new = State::read(&old).and_then(&change);
                let new = new.and_then(|new| written(limit, new, now));
                store.replace(&key, Some(&old), new.as_ref()).await
            };
            match replaced.await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => return undone_fails(&error),
            }
        }
    }

    fn store(&self, place: Place) -> &dyn AnyThrottleStore {
        match place {
            Place::Store => &*self.store,
            Place::Fallback => &self.fallback,
        }
    }
}

#[cfg_attr(not(feature = "tracing"), allow(unused_variables, reason = "for the log alone"))]
fn undone_fails(error: &StoreError) {
    meter::count(&STORE_ERRORS, ["throttles"]);
    crate::trace::warn!(
        target: "tower_bearer::limit",
        %error,
        "an attempt that was none stays counted in the store of throttles"
    );
}

fn written(limit: Limit, state: State, now: Duration) -> Option<ThrottleState> {
    let expires_at = limit.expiry(state, now)?;
    Some(ThrottleState::new(state.text(), now, expires_at))
}

#[derive(Clone, Copy)]
enum Place {
    Store,
    Fallback,
}

#[derive(Clone, Copy)]
enum Count {
    Yes,
    No,
}

/// An attempt that passed, counted as a failure.
pub(crate) struct Attempt<'a> {
    limiter: &'a Limiter,
    address: Option<Claim>,
    account: Option<Claim>,
}

struct Claim {
    place: Place,
    limit: Limit,
    key: Key,
    before: State,
    after: State,
    pause: Option<Pause>,
    /// Until it is settled.
    #[allow(dead_code, reason = "it works by being dropped")]
    entered: Entered,
}

impl Attempt<'_> {
    /// The account's count begins anew; the address's does not, or whoever has one account could
    /// try all others. What this attempt itself counted for is taken back.
    pub(crate) async fn succeeded(self) {
        let Self { limiter, address, account } = self;
        if let Some(claim) = account {
            limiter.settle(claim, |_| None).await;
        }
        if let Some(claim) = address {
            take_back(limiter, claim).await;
        }
    }

    /// Nothing was tried: it counts for nothing.
    pub(crate) async fn unused(self) {
        let Self { limiter, address, account } = self;
        for claim in [account, address].into_iter().flatten() {
            take_back(limiter, claim).await;
        }
    }

    /// The pause of the account that begins unless the attempt succeeds.
    pub(crate) fn pause(&self) -> Option<Pause> {
        self.account.as_ref()?.pause
    }
}

async fn take_back(limiter: &Limiter, claim: Claim) {
    let Claim { limit, before, after, .. } = claim;
    limiter.settle(claim, move |current| Some(limit.take_back(current, before, after))).await;
}
