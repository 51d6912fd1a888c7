//! The tokens that are remembered, in bounded memory.

use std::fmt;
use std::hash::{Hash, Hasher, RandomState};
use std::sync::{Arc, Weak};
use std::time::Duration;

use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Lifecycle, Weighter};

use super::super::issuer::{Basis, KeysRemembered};
use super::super::{Trusted, Verifier};
use super::CacheCounters;
use super::counters::Counters;
use crate::Token;
use crate::clock::Span;
use crate::meter::{self, CACHE_EVICTIONS, CACHE_TOKENS, Lookup, Share};

/// How much of a token takes one place.
const PLACE_BYTES: usize = 1024;
/// How much of a token is hashed, from its end.
const HASHED_BYTES: usize = 32;

pub(in crate::verify) struct VerifiedTokens {
    tokens: Cache<Text, Arc<Remembered>, Places, RandomState, PushedOut>,
    counters: Counters,
    share: Share,
    lifetime: Duration,
}

/// What is known of a token whose signature was right.
pub(super) struct Remembered {
    pub(super) token: Token,
    /// Who verified it: by its place in memory, which nobody else gets. Nothing that it held is kept,
    /// neither keys nor tasks.
    verifier: Weak<Trusted>,
    pub(super) keys: KeysRemembered,
    pub(super) span: Span,
}

impl Remembered {
    pub(super) fn is_of(&self, verifier: &Arc<Trusted>) -> bool {
        self.verifier.as_ptr() == Arc::as_ptr(verifier)
    }
}

impl VerifiedTokens {
    pub(super) fn new(capacity: usize, lifetime: Duration) -> Self {
        let weight = u64::try_from(capacity).unwrap_or(u64::MAX);
        let (hasher, pushed_out) = (RandomState::new(), PushedOut);
        let tokens = Cache::with(capacity, weight, Places, hasher, pushed_out);
        // It rounds up for its shards.
        let shards = u64::try_from(tokens.num_shards()).unwrap_or(u64::MAX);
        tokens.set_capacity(weight - weight % shards);
        Self { tokens, counters: Counters::default(), share: Share::new(&CACHE_TOKENS), lifetime }
    }

    /// The token of this text, where it was verified before and checking it for `asked` would come to the
    /// same now.
    pub(in crate::verify) fn recall(&self, text: &[u8], asked: &Verifier) -> Option<Token> {
        let remembered = self.tokens.get(&Asked(text))?;
        if asked.stands_by(&remembered) {
            self.counters.of(text).hit();
            meter::looked_up(Lookup::Hit);
            return Some(remembered.token.clone());
        }
        // Not what another has put there meanwhile.
        let removed = self.tokens.remove_if(&Asked(text), |there| Arc::ptr_eq(there, &remembered));
        if removed.is_some() {
            self.share.add(-1);
        }
        None
    }

    pub(in crate::verify) fn insert(
        &self,
        text: &str,
        token: &Token,
        verifier: &Verifier,
        basis: Basis,
    ) {
        let span = Span { from: basis.at, until: basis.at.saturating_add(self.lifetime) };
        if !span.has(basis.at) {
            return;
        }
        let remembered = Remembered {
            token: token.clone(),
            verifier: Arc::downgrade(&verifier.trusted),
            keys: basis.keys.into(),
            span,
        };
        let mut pushed_out = Vec::new();
        let key = Text(text.into());
        self.tokens.insert_with_lifecycle(key, Arc::new(remembered), &mut pushed_out);
        // Neither what was there of the same token, nor itself, where it is larger than the cache.
        let others = pushed_out.iter().filter(|(other, _)| *other.0 != *text).count();
        if others > 0 {
            self.counters.of(text.as_bytes()).evict(others);
            meter::add(&CACHE_EVICTIONS, [], others as u64);
        }
        // One that takes the place of many is one more and many less.
        self.share.add(1 - i64::try_from(pushed_out.len()).unwrap_or(i64::MAX));
    }

    pub(in crate::verify) fn count_miss(&self, text: &str) {
        self.counters.of(text.as_bytes()).miss();
        meter::looked_up(Lookup::Miss);
    }

    pub(super) fn counters(&self) -> CacheCounters {
        self.counters.total(self.tokens.len())
    }
}

/// The whole text of a token.
#[derive(PartialEq, Eq)]
struct Text(Box<str>);

/// A text that is looked up.
struct Asked<'t>(&'t [u8]);

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Asked(self.0.as_bytes()).hash(state);
    }
}

impl Hash for Asked<'_> {
    /// Of the end of the signature alone, which differs from token to token; the hash is keyed, and the
    /// whole text is compared. So a look-up costs no more for a long token, and whoever does not know the
    /// signature of a token has theirs compared with it by chance alone.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0[self.0.len().saturating_sub(HASHED_BYTES)..]);
    }
}

impl Equivalent<Text> for Asked<'_> {
    fn equivalent(&self, text: &Text) -> bool {
        *self.0 == *text.0.as_bytes()
    }
}

/// How many places a token takes, so that the capacity bounds bytes as well.
#[derive(Clone)]
struct Places;

impl Weighter<Text, Arc<Remembered>> for Places {
    fn weight(&self, text: &Text, _: &Arc<Remembered>) -> u64 {
        text.0.len().div_ceil(PLACE_BYTES) as u64
    }
}

/// Collects what had to go, to be counted and freed without the lock.
#[derive(Clone)]
struct PushedOut;

impl Lifecycle<Text, Arc<Remembered>> for PushedOut {
    type RequestState = Vec<(Text, Arc<Remembered>)>;

    fn on_evict(&self, pushed_out: &mut Self::RequestState, text: Text, token: Arc<Remembered>) {
        pushed_out.push((text, token));
    }
}

impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.counters().fmt(f)
    }
}
