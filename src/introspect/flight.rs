//! One request at a time for a token, however many wait for the answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

use super::Found;
use super::cache::TokenHash;

/// The tokens that are being asked about: as many as there are requests that wait.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<TokenHash, Arc<OnceCell<Found>>>>);

impl Flights {
    /// Asks, unless somebody does already; all who wait get the same answer, be it a failure. If
    /// whoever asks gives up, the next of those who wait asks.
    pub(super) async fn join(&self, token: TokenHash, ask: impl Future<Output = Found>) -> Found {
        let seat = Seat::take(self, token);
        seat.flight.get_or_init(|| ask).await.clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TokenHash, Arc<OnceCell<Found>>>> {
        // A panic under the lock leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last one to leave, answered or not, clears up.
struct Seat<'f> {
    flights: &'f Flights,
    token: TokenHash,
    flight: Arc<OnceCell<Found>>,
}

impl<'f> Seat<'f> {
    fn take(flights: &'f Flights, token: TokenHash) -> Self {
        let flight = Arc::clone(flights.lock().entry(token).or_default());
        Self { flights, token, flight }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut flights = self.flights.lock();
        // Given back under the lock, so that two who leave at once count each other.
        let flight = std::mem::take(&mut self.flight);
        let is_last = Arc::strong_count(&flight) == 2;
        let is_own = |other| Arc::ptr_eq(other, &flight);
        // One that has landed takes nobody else aboard.
        if (is_last || flight.initialized()) && flights.get(&self.token).is_some_and(is_own) {
            flights.remove(&self.token);
        }
        drop(flight);
    }
}
