//! How often the cache helped.

use std::sync::atomic::{AtomicU64, Ordering};

/// In how many places is counted.
const STRIPES: usize = 16;

/// Counts in several places, by the text of the token, so that processors that verify different tokens
/// do not wait for each other to count. Those with one token meet at its reference count anyway.
#[derive(Default)]
pub(super) struct Counters([Stripe; STRIPES]);

/// A cache line of its own, and the one that is fetched with it.
#[derive(Default)]
#[repr(align(128))]
pub(super) struct Stripe {
    hits: AtomicU64,
    misses: AtomicU64,
    evictions: AtomicU64,
}

impl Counters {
    /// By a character inside the signature: the last ones of some algorithms are nearly constant.
    pub(super) fn of(&self, text: &[u8]) -> &Stripe {
        let byte = text.iter().nth_back(8).copied().unwrap_or_default();
        &self.0[usize::from(byte) % STRIPES]
    }

    pub(super) fn total(&self, len: usize) -> CacheCounters {
        let sum = |count: fn(&Stripe) -> &AtomicU64| {
            self.0.iter().map(|stripe| count(stripe).load(Ordering::Relaxed)).sum()
        };
        CacheCounters {
            hits: sum(|stripe| &stripe.hits),
            misses: sum(|stripe| &stripe.misses),
            evictions: sum(|stripe| &stripe.evictions),
            len,
        }
    }
}

impl Stripe {
    pub(super) fn hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn miss(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn evict(&self, tokens: usize) {
        self.evictions.fetch_add(tokens as u64, Ordering::Relaxed);
    }
}

/// What has become of tokens in a [`TokenCache`](crate::TokenCache), at the time of
/// [`Verifier::cache_counters`](crate::Verifier::cache_counters). The counts only ever grow.
///
/// # Examples
///
/// See [`TokenCache`](crate::TokenCache).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheCounters {
    hits: u64,
    misses: u64,
    evictions: u64,
    len: usize,
}

impl CacheCounters {
    /// How many tokens were recognised.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer, TokenCache};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// let verifier = issuer.verifier()?.cached(TokenCache::new(100));
    /// let token = issuer.issue(&Grant::new("alice"))?;
    /// for _ in 0..3 {
    ///     verifier.verify(&token).await?;
    /// }
    /// let counters = verifier.cache_counters().unwrap();
    /// assert_eq!((counters.hits(), counters.misses(), counters.len()), (2, 1, 1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// How many were verified in full, whatever came of it: what has the form of a JWT and was not
    /// remembered, or no longer good. A malformed or opaque one counts as neither.
    pub fn misses(&self) -> u64 {
        self.misses
    }

    /// How many were pushed out by others. Many of them, beside many misses, ask for more capacity.
    pub fn evictions(&self) -> u64 {
        self.evictions
    }

    /// How many are remembered now, of which some may be over.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none is remembered now.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}
