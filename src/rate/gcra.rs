//! Governor's rule for one count, as a pure function: whoever calls it keeps the number.

use std::cell::Cell;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};

use super::Rate;

/// What one more may do.
pub(crate) struct Counted {
    /// The count to keep: when as many may come at once again as ever, in nanoseconds since the epoch.
    pub(crate) arrival: u64,
    /// Whether the next one has to wait.
    #[cfg_attr(not(feature = "login"), allow(dead_code, reason = "for the throttle alone"))]
    pub(crate) is_last: bool,
}

impl Rate {
    /// Counts one more, or says how long to wait for it. Both numbers are [`nanoseconds`]; `arrival`
    /// is 0 at first.
    pub(crate) fn count(self, arrival: u64, now: u64) -> Result<Counted, Duration> {
        // Made at zero and then set, so that governor's times are those of the epoch.
        let clock = FakeRelativeClock::default();
        let arrival = Arrival(Cell::new((arrival > 0).then(|| arrival.into())));
        let limiter: RateLimiter<_, _, _, StateInformationMiddleware> =
            RateLimiter::new(self.quota(), arrival, clock.clone());
        clock.advance(Duration::from_nanos(now));
        match limiter.check() {
            Ok(counted) => {
                let is_last = counted.remaining_burst_capacity() == 0;
                let arrival = limiter.into_state_store().0.get().map_or(0, Nanos::as_u64);
                Ok(Counted { arrival, is_last })
            }
            Err(refused) => Err(refused.wait_time_from(now.into())),
        }
    }

    fn quota(self) -> Quota {
        let quota = Quota::with_period(self.interval());
        // A millionth of a second is more than nothing.
        quota.expect("a rate has at least a microsecond for each attempt").allow_burst(self.count)
    }
}

/// A store for governor, of one state.
struct Arrival(Cell<Option<Nanos>>);

impl StateStore for Arrival {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _key: &NotKeyed, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let (outcome, next) = measure(self.0.get())?;
        self.0.set(Some(next));
        Ok(outcome)
    }
}

/// Until the year 2262, so that governor, which adds without looking, has room for as much again.
pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).min(u64::MAX / 2)
}
