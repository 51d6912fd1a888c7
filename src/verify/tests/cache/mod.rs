//! The cache of verified tokens (requirement 189).

mod bounds;
mod families;
mod hits;
mod times;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

impl Bench {
    fn cached(&self, cache: TokenCache) -> Verifier {
        self.builder().build().unwrap().cached(cache)
    }

    /// A token with these claims beside those that are right.
    fn token(&self, rest: &str) -> String {
        sign(&self.key, r#"{"alg":"HS256"}"#, &claims(rest))
    }
}

/// Hits, misses, and how many are remembered.
fn counts(verifier: &Verifier) -> (u64, u64, usize) {
    let counters = verifier.cache_counters().unwrap();
    (counters.hits(), counters.misses(), counters.len())
}

/// Puts a text there as if it had been verified, whatever it is.
fn pretend(verifier: &Verifier, text: &str, token: &Token) {
    let basis = issuer::Basis { at: now(verifier), keys: issuer::KeysUsed::Local };
    verifier.remember(text, token, verifier, basis);
}

fn now(verifier: &Verifier) -> Duration {
    match &*verifier.trusted {
        Trusted::One(issuer) => issuer.clock.now(),
        _ => panic!("a verifier of one issuer"),
    }
}
