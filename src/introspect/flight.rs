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

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::AuthErrorKind;

    fn poll(joined: std::pin::Pin<&mut impl Future<Output = Found>>) -> Poll<Found> {
        joined.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn r133_nothing_is_left_of_questions_that_were_answered_or_given_up() {
        let (flights, token) = (Flights::default(), TokenHash::of("opaque"));
        {
            let mut first = pin!(flights.join(token, pending()));
            let mut second = pin!(flights.join(token, pending()));
            assert!(poll(first.as_mut()).is_pending());
            assert!(poll(second.as_mut()).is_pending());
            assert_eq!(flights.lock().len(), 1);
        }
        assert_eq!(flights.lock().len(), 0, "given up");
        let mut joined = pin!(flights.join(token, async { Err(AuthErrorKind::Inactive) }));
        assert!(poll(joined.as_mut()).is_ready());
        assert_eq!(flights.lock().len(), 0, "answered");
    }

    #[test]
    fn r133_a_flight_that_lands_late_leaves_the_next_one_alone() {
        let (flights, token) = (Flights::default(), TokenHash::of("opaque"));
        let late = Seat::take(&flights, token);
        let on_time = Seat::take(&flights, token);
        assert!(on_time.flight.set(Err(AuthErrorKind::Inactive)).is_ok());
        drop(on_time);
        let next = Seat::take(&flights, token);
        drop(late);
        assert_eq!(flights.lock().len(), 1);
        drop(next);
        assert_eq!(flights.lock().len(), 0);
    }
}
