//! How each key was used of late, in the memory of this process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::rate::{Rate, nanoseconds};
use crate::store::StoredApiKey;

/// The last use is noted to a minute, so that a busy key does not become a busy store.
const RESOLUTION: Duration = Duration::from_secs(60);

/// By the ID of the key. Only keys that were verified are in here, each as long as it matters.
#[derive(Default)]
pub(super) struct Usage(Mutex<HashMap<String, Used>>);

struct Used {
    last: Duration,
    noted: Option<Duration>,
    rate: Option<Rate>,
    /// What the rate counts.
    arrival: u64,
}

/// What becomes of a use.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Use {
    Allowed {
        /// Whether the store has to know.
        to_note: bool,
    },
    Exceeded {
        retry_after: Duration,
    },
}

/// The rate that a store has for a key is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnknownRate;

impl Usage {
    pub(super) fn count(&self, key: &StoredApiKey, now: Duration) -> Result<Use, UnknownRate> {
        let rate: Option<Rate> = match &key.rate {
            Some(text) => Some(text.parse().map_err(|_| UnknownRate)?),
            None => None,
        };
        // A panic under the lock leaves nothing half done.
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() == keys.capacity() && !keys.contains_key(&key.id) {
            // Before it grows, which is seldom.
            keys.retain(|_, used| !used.is_over(now));
        }
        let used = keys.entry(key.id.clone()).or_insert_with(|| Used {
            last: now,
            noted: None,
            rate,
            arrival: 0,
        });
        // A clock that was set back would have the key wait for it.
        if now < used.last || used.rate != rate {
            used.rate = rate;
            used.arrival = 0;
        }
        used.last = now;
        if let Some(rate) = rate {
            match rate.count(used.arrival, nanoseconds(now)) {
                Ok(counted) => used.arrival = counted.arrival,
                Err(retry_after) => return Ok(Use::Exceeded { retry_after }),
            }
        }
        let noted = used.noted.max(key.last_used_at);
        let to_note = noted.is_none_or(|noted| now >= noted.saturating_add(RESOLUTION));
        if to_note {
            used.noted = Some(now);
        }
        Ok(Use::Allowed { to_note })
    }
}

#[cfg(test)]
impl Usage {
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Used {
    fn is_over(&self, now: Duration) -> bool {
        let memory = self.rate.map_or(Duration::ZERO, Rate::recovery);
        now > self.last.saturating_add(memory.max(RESOLUTION))
    }
}
