//! What throttles count, in memory.

use std::collections::HashMap;
use std::time::Duration;

use super::MemoryStore;
use crate::store::{StoreError, ThrottleState, ThrottleStore};

/// About 20 MB. Whoever wants to push a count out has to make as many others first.
const MOST: usize = 100_000;

/// By key.
pub(super) type Throttles = HashMap<[u8; 32], ThrottleState>;

impl ThrottleStore for MemoryStore {
    async fn find_throttle(&self, key: &[u8; 32]) -> Result<Option<String>, StoreError> {
        Ok(self.lock().throttles.get(key).map(|state| state.text.clone()))
    }

    async fn replace_throttle(
        &self,
        key: &[u8; 32],
        old: Option<&str>,
        new: Option<&ThrottleState>,
    ) -> Result<bool, StoreError> {
        let throttles = &mut self.lock().throttles;
        if throttles.get(key).map(|state| state.text.as_str()) != old {
            return Ok(false);
        }
        match new {
            Some(new) => {
                if old.is_none() && throttles.len() >= MOST {
                    make_room(throttles, new.written_at);
                }
                throttles.insert(*key, new.clone());
            }
            None => drop(throttles.remove(key)),
        }
        Ok(true)
    }

    async fn delete_expired_throttles(&self, now: Duration) -> Result<u64, StoreError> {
        let throttles = &mut self.lock().throttles;
        let before = throttles.len();
        throttles.retain(|_, state| state.expires_at > now);
        Ok((before - throttles.len()) as u64)
    }
}

/// Deletes what is over, or else the eighth that would be over first: a pause that has doubled
/// lasts longer than what an attacker fills the room with.
fn make_room(throttles: &mut Throttles, now: Duration) {
    throttles.retain(|_, state| state.expires_at > now);
    if throttles.len() < MOST {
        return;
    }
    crate::trace::warn!(
        target: "tower_bearer::limit",
        "the memory for throttles is full; the oldest are forgotten"
    );
    let mut ends: Vec<Duration> = throttles.values().map(|state| state.expires_at).collect();
    let mut surplus = ends.len() / 8;
    let (_, &mut last, _) = ends.select_nth_unstable(surplus);
    throttles.retain(|_, state| {
        let goes = surplus > 0 && state.expires_at <= last;
        surplus -= usize::from(goes);
        !goes
    });
}
