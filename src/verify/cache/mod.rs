//! Tokens that were verified, recognised when they come again.

mod counters;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

pub use counters::CacheCounters;
pub(super) use tokens::VerifiedTokens;

use super::{Trusted, Verifier};
use tokens::Remembered;

const DEFAULT_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Remembers tokens that were verified, so that one that comes again costs a look-up and no
/// cryptography: the options of [`Verifier::cached`].
///
/// **Off unless asked for.** It pays where clients send one token many times and the signatures are RSA,
/// ECDSA or EdDSA, which take tens of microseconds to check, beside a tenth of one for the look-up. With
/// HS256 there is little to save, and nothing where more tokens are remembered than the caches of the
/// processor hold. The price is memory, and bearer tokens in it: see below.
///
/// What comes of a token is what would come of it without the cache, but for the signature, which was
/// right under the same keys:
///
/// - Each time it comes, the clock is read and `exp`, `nbf`, `iat` and
///   [`max_token_age`](crate::VerifierBuilder::max_token_age) are judged anew; so are revocations, users
///   and policies, by the layers that look at them.
/// - It is forgotten as soon as its keys are replaced by others or have come to their end, where they are
///   fetched from elsewhere, and as soon as its [tenant](Verifier::tenants) is forgotten or has another
///   verifier. After its [lifetime](Self::lifetime) it is verified in full again.
/// - The whole text is compared. A token is known to the verifier that was told to remember, and its
///   clones, and to no other: whoever trusts another issuer or audience has another cache.
/// - Only what was verified in full is remembered: no refusal, nothing that passed without a token, no API
///   key, and no token that was [introspected](Verifier::introspect), for which that has a memory of its
///   own.
///
/// Memory is bounded by the [capacity](Self::new): 10 000 tokens of 600 bytes take 16 MB, and a full cache
/// of this capacity at most 25 MB, or 160 MB where an issuer puts hundreds of roles into each token. With
/// [tenants](Verifier::tenants) who come and go, each token may take up to a kilobyte more.
///
/// **The texts of tokens stay in memory**, like those of requests, but for longer: until they are pushed out
/// by others, or come again and are no longer good. Whoever can read the memory of the process can use
/// them until their `exp`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{Grant, Issuer, SigningKey, TokenCache};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let issuer = Issuer::for_tests();
/// let cache = TokenCache::new(10_000).lifetime(Duration::from_secs(60));
/// let verifier = issuer.verifier()?.cached(cache);
///
/// let token = issuer.issue(&Grant::new("alice"))?;
/// for _ in 0..3 {
///     assert_eq!(verifier.verify(&token).await?.subject(), Some("alice"));
/// }
/// let counters = verifier.cache_counters().expect("it has a cache");
/// assert_eq!((counters.misses(), counters.hits(), counters.len()), (1, 2, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TokenCache {
    capacity: usize,
    lifetime: Duration,
}

impl TokenCache {
    /// So many tokens of up to 1 KiB at most. A longer one takes the place of several: one for each KiB
    /// that it has begun. The memory is taken as tokens come. With zero, nothing is remembered.
    ///
    /// One that comes when there is no place pushes out one that was not used of late. A large capacity
    /// is parted among shards, up to four for each processor, so that some places may be free when that
    /// happens.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, TokenCache};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let verifier = Issuer::for_tests().verifier()?.cached(TokenCache::new(10_000));
    /// assert!(verifier.cache_counters().is_some_and(|counters| counters.is_empty()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(capacity: usize) -> Self {
        Self { capacity, lifetime: DEFAULT_LIFETIME }
    }

    /// How long a token is remembered at most before its signature is checked again: 5 minutes by
    /// default. With zero, nothing is remembered. A second call replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Issuer, TokenCache};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cache = TokenCache::new(10_000).lifetime(Duration::from_secs(60));
    /// assert!(Issuer::for_tests().verifier()?.cached(cache).cache_counters().is_some());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }
}

/// With a cache of verified tokens.
impl Verifier {
    /// Remembers tokens that were verified, in a cache that this verifier shares with its clones, and
    /// with no other. [`TokenCache`] says what is remembered, and when it pays. A second call
    /// replaces the cache by an empty one.
    ///
    /// It is for the outermost verifier, the one that requests are checked with: one of
    /// [several issuers](Self::of_issuers), of [tenants](Self::tenants) or of
    /// [JWTs and opaque tokens](Self::jwt_or_opaque) remembers the JWTs of them all. The first and
    /// the last of these are not built of a verifier that has a cache; that of one tenant is not looked into.
    /// A verifier that [introspects](Self::introspect), and does nothing else, stays without.
    ///
    /// # Examples
    ///
    /// See [`TokenCache`].
    #[must_use]
    pub fn cached(mut self, cache: TokenCache) -> Self {
        #[cfg(feature = "introspection")]
        if matches!(&*self.trusted, Trusted::Introspected(_)) {
            return self;
        }
        self.cache = Some(Arc::new(VerifiedTokens::new(cache.capacity, cache.lifetime)));
        self
    }

    /// What has become of tokens so far; none where there is no [cache](Self::cached). For metrics.
    ///
    /// # Examples
    ///
    /// See [`TokenCache`].
    pub fn cache_counters(&self) -> Option<CacheCounters> {
        self.cache.as_ref().map(|cache| cache.counters())
    }

    /// Whether what is remembered of a token is what would come of checking it now. It takes the way
    /// that a check takes, by an `iss` that is verified here, and has to end at the very verifier and
    /// the very keys.
    fn stands_by(&self, remembered: &Remembered) -> bool {
        match &*self.trusted {
            Trusted::One(issuer) => {
                remembered.is_of(&self.trusted)
                    && issuer.stands_by(&remembered.token, &remembered.keys, remembered.span)
            }
            Trusted::Several(issuers) => {
                let verifier = remembered.token.issuer().and_then(|name| issuers.named(name));
                verifier.is_some_and(|verifier| verifier.stands_by(remembered))
            }
            #[cfg(feature = "jwks")]
            Trusted::Tenants(tenants) => {
                let verifier = remembered.token.issuer().and_then(|name| tenants.known(name));
                verifier.is_some_and(|verifier| verifier.stands_by(remembered))
            }
            #[cfg(feature = "introspection")]
            Trusted::Introspected(_) => false,
            #[cfg(feature = "introspection")]
            Trusted::JwtOrOpaque(both) => both.jwt.stands_by(remembered),
        }
    }
}
