//! The keys at hand, and what asks for newer ones.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::shared::{Demand, Gauges, Joined, Shared, State};
use super::snapshot::{KeysAtHand, Snapshot};
use super::source::{Failure, Source};
use super::status::KeySetStatus;
use crate::{AuthErrorKind, Clock, ConfigError};

/// How often one who waits begins a fetch, or joins one, that ends with its task.
const MAX_TRIES: usize = 3;

/// Keys that are fetched, and kept fresh. Cheap to clone; with the last clone its task ends.
#[derive(Clone)]
pub(crate) struct KeyCache(Arc<Owner>);

struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// A wait for keys: for at most one fetch, whoever began it. An error is [`AuthErrorKind::Unavailable`].
pub(crate) type Renewing = Pin<Box<dyn Future<Output = Result<(), AuthErrorKind>> + Send>>;

/// What comes of asking for newer keys.
pub(crate) enum Renewal {
    /// They are being fetched.
    Wait(Renewing),
    /// A fetch has ended since the look at the keys, and brought others.
    Newer(KeysAtHand),
    /// They were fetched a short time ago: what is not among them is not there.
    Recent,
    /// They could not be fetched a short time ago.
    Failed,
}

impl KeyCache {
    pub(super) fn new(source: Source, wait: Duration, cooldown: Duration, clock: Clock) -> Self {
        Self(Arc::new(Owner(Arc::new(Shared {
            snapshot: ArcSwap::from_pointee(Snapshot::none()),
            source,
            wait,
            cooldown,
            clock,
            state: State::default(),
            gauges: Gauges::default(),
        }))))
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.0.0
    }

    /// Fetches keys unless there are some.
    pub(crate) async fn fetch_first(&self) -> Result<(), ConfigError> {
        let shared = self.shared();
        if self.at_hand(shared.clock.now()).is_some() {
            return Ok(());
        }
        let failed = match shared.demand() {
            Demand::Recent => false,
            Demand::Failed => true,
            Demand::Join(joined) => !self.clone().wait_for(joined).await,
        };
        if !failed {
            return Ok(());
        }
        let Failure { url, fault, .. } = shared.last_failure().unwrap_or_else(|| Failure {
            url: shared.source.name().to_owned(),
            fault:
                "there is no tokio runtime to fetch in, with I/O and time on (`enable_all`); call \
                    `build` in one"
                    .to_owned(),
            is_unreachable: true,
        });
        Err(ConfigError::RemoteKeys { url, fault })
    }

    /// The keys, where there are some that may be used at `now`. Never waits; no allocation, no lock
    /// while they are fresh. Where they are due for renewal it wakes the task, once for each try.
    pub(crate) fn at_hand(&self, now: Duration) -> Option<KeysAtHand> {
        let snapshot = self.shared().snapshot.load();
        if now >= snapshot.times.refresh {
            self.shared().nudge();
        }
        (now < snapshot.times.end).then_some(KeysAtHand(snapshot))
    }

    /// Asks for newer keys than those `seen`, which a token seems to need; once a cooldown.
    pub(crate) fn renew(&self, seen: Option<&KeysAtHand>, now: Duration) -> Renewal {
        match self.shared().demand() {
            Demand::Recent => match self.at_hand(now) {
                Some(keys) if !seen.is_some_and(|seen| seen.are(&keys)) => Renewal::Newer(keys),
                _ => Renewal::Recent,
            },
            Demand::Failed => Renewal::Failed,
            Demand::Join(joined) => {
                let (cache, wait) = (self.clone(), self.shared().wait);
                Renewal::Wait(Box::pin(async move {
                    match tokio::time::timeout(wait, cache.wait_for(joined)).await {
                        Ok(true) => Ok(()),
                        _ => Err(AuthErrorKind::Unavailable),
                    }
                }))
            }
        }
    }

    /// Whether there are newer keys, after a fetch. Where that ended with the runtime of another
    /// request, one more is begun, in the own; not for ever, as its task may not live there either.
    async fn wait_for(self, mut joined: Joined) -> bool {
        for _ in 0..MAX_TRIES {
            if let Some(succeeded) = joined.outcome().await {
                return succeeded;
            }
            match self.shared().demand() {
                Demand::Recent => return true,
                Demand::Failed => return false,
                Demand::Join(another) => joined = another,
            }
        }
        false
    }

    /// How the keys are doing.
    pub(crate) fn status(&self, now: Duration) -> KeySetStatus {
        let shared = self.shared();
        let snapshot = shared.snapshot.load_full();
        KeySetStatus {
            source: shared.source.name().to_owned(),
            is_usable: now < snapshot.times.end,
            snapshot,
            last_error: shared.last_failure().map(|failure| failure.to_string()),
        }
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyCache").field(&self.shared().source.name()).finish()
    }
}
