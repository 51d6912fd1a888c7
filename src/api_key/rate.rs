//! How often a key may be used: `60/minute`.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::clock::Clock;

/// What the text of a rate says: all at once at first, then evenly over the time.
pub(super) fn parse(text: &str) -> Option<Quota> {
    let (count, unit) = text.split_once('/')?;
    let digits = count.bytes().all(|byte| byte.is_ascii_digit());
    let count: NonZeroU32 = count.parse().ok().filter(|_| digits)?;
    let period = Duration::from_secs(match unit {
        "second" => 1,
        "minute" => 60,
        "hour" => 3600,
        "day" => 24 * 3600,
        _ => return None,
    });
    Some(Quota::with_period(period / count.get())?.allow_burst(count))
}

/// Counts the uses of one key.
pub(super) struct Limiter {
    quota: Quota,
    uses: RateLimiter<NotKeyed, InMemoryState, Time, NoOpMiddleware<Nanos>>,
}

impl Limiter {
    pub(super) fn new(quota: Quota, clock: Clock) -> Self {
        Self { quota, uses: RateLimiter::direct_with_clock(quota, Time(clock)) }
    }

    pub(super) fn quota(&self) -> Quota {
        self.quota
    }

    /// Counts a use, or says how long to wait for the next.
    pub(super) fn check(&self, clock: &Clock) -> Result<(), Duration> {
        let now = Time(clock.clone()).now();
        self.uses.check().map_err(|not_until| not_until.wait_time_from(now))
    }

    /// How long after the last use nothing of it counts any more.
    pub(super) fn memory(&self) -> Duration {
        self.quota.burst_size_replenished_in()
    }
}

struct Time(Clock);

impl governor::clock::Clock for Time {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        // Not by `From`, which would panic after the year 2554.
        Nanos::new(u64::try_from(self.0.now().as_nanos()).unwrap_or(u64::MAX / 2))
    }
}

impl Clone for Time {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
