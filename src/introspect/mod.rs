//! Tokens that another server knows: asking it (RFC 7662), and what is remembered of the answers.

mod answer;
mod authentication;
mod cache;
mod endpoint;
mod flight;
mod options;

use std::fmt;
use std::time::Duration;

use tokio::sync::Semaphore;

pub(crate) use authentication::ClientAuthentication;
pub(crate) use cache::TokenHash;
pub(crate) use options::Options;

use crate::meter::{self, INTROSPECTION_SECONDS, INTROSPECTIONS};
use crate::{AuthErrorKind, Clock, Token};
use cache::Answers;
use endpoint::Endpoint;
use flight::Flights;

/// A token that its server calls active, or why there is none. Whether it is meant for this service
/// is not judged here.
pub(crate) type Found = Result<Token, AuthErrorKind>;

/// How long a failure to ask is remembered, so that a server that is down is not asked by each
/// request.
const FAILURE_LIFETIME: Duration = Duration::from_secs(1);

/// How long a request waits for its turn to ask.
const TURN_TIMEOUT: Duration = Duration::from_secs(1);

/// Asks an introspection endpoint, in bounded numbers, and remembers its answers for a while.
pub(crate) struct Introspector {
    endpoint: Endpoint,
    answers: Answers,
    flights: Flights,
    /// One for each request to the server at a time.
    turns: Semaphore,
    lifetime: Duration,
    inactive_lifetime: Duration,
    clock: Clock,
}

impl Introspector {
    /// What is remembered of a token. Never waits.
    pub(crate) fn at_hand(&self, token: &TokenHash, now: Duration) -> Option<Found> {
        self.answers.get(token, now)
    }

    /// Asks the server, once for all who want to know.
    pub(crate) async fn ask(&self, hash: TokenHash, token: &str) -> Found {
        self.flights.join(hash, self.fetch(hash, token)).await
    }

    async fn fetch(&self, hash: TokenHash, token: &str) -> Found {
        let Ok(Ok(_turn)) = tokio::time::timeout(TURN_TIMEOUT, self.turns.acquire()).await else {
            crate::trace::warn!(
                target: "tower_bearer::introspection",
                "more unknown tokens come than the introspection endpoint may be asked about at once"
            );
            meter::count(&INTROSPECTIONS, ["busy"]);
            return Err(AuthErrorKind::Unavailable);
        };
        // From before the question, since the token may be revoked while the answer is on its way.
        let now = self.clock.now();
        // The flight before this one may have landed just now.
        if let Some(found) = self.answers.get(&hash, now) {
            return found;
        }
        let timer = meter::start();
        let found = self.endpoint.ask(token).await;
        timer.record(&INTROSPECTION_SECONDS);
        let outcome = match found {
            Ok(_) => "active",
            Err(AuthErrorKind::Inactive) => "inactive",
            Err(AuthErrorKind::Unavailable) => "unavailable",
            Err(_) => "refused",
        };
        meter::count(&INTROSPECTIONS, [outcome]);
        match found {
            Ok(_) => self.answers.insert(hash, &found, now, self.lifetime),
            Err(AuthErrorKind::Unavailable) => {
                // From now: the server may have taken longer than this.
                self.answers.insert(hash, &found, self.clock.now(), FAILURE_LIFETIME);
            }
            Err(_) => self.answers.insert(hash, &found, now, self.inactive_lifetime),
        }
        found
    }
}

impl fmt::Debug for Introspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspector")
            .field("endpoint", &self.endpoint)
            .field("answers", &self.answers)
            .finish_non_exhaustive()
    }
}
