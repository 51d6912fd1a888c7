//! Families of issuers: the tenants of a provider.

mod builder;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::sync::Semaphore;
use tokio::time::timeout;

pub use builder::TenantsBuilder;

use super::{Checked, Trusted, Verifier};
use crate::clock::Span;
use crate::jwks::KeySetStatus;
use crate::token::{Jws, KnownHeaders};
use crate::{AuthErrorKind, Clock, ConfigError};

/// How many refusals are remembered.
const MAX_REFUSED: usize = 1000;
const UNKNOWN_LIFETIME: Duration = Duration::from_secs(60);
const FAILURE_LIFETIME: Duration = Duration::from_secs(1);

/// How often the resolver is asked at once, whatever strangers write into `iss`.
const MAX_QUESTIONS: usize = 64;
/// How long a request waits for its turn to ask.
const TURN_TIMEOUT: Duration = Duration::from_secs(1);
const RESOLVER_TIMEOUT: Duration = Duration::from_secs(5);

/// The verifier of an issuer, none where it is no tenant, or why that is not known now.
type Resolve = dyn Fn(String) -> Pin<Box<dyn Future<Output = Result<Option<Verifier>, AuthErrorKind>> + Send>>
    + Send
    + Sync;

pub(in crate::verify) struct Tenants(Arc<Inner>);

struct Inner {
    prefix: String,
    resolve: Box<Resolve>,
    known: Cache<String, (Verifier, Span)>,
    /// Why not. Of their own, so that made-up names push no tenant out.
    refused: Cache<String, (AuthErrorKind, Span)>,
    /// One for each question to the resolver.
    turns: Semaphore,
    lifetime: Duration,
    clock: Clock,
    headers: KnownHeaders,
}

impl Tenants {
    fn new(
        prefix: String,
        resolve: Box<Resolve>,
        max_tenants: usize,
        lifetime: Duration,
        clock: Clock,
    ) -> Self {
        Self(Arc::new(Inner {
            prefix,
            resolve,
            known: Cache::new(max_tenants),
            refused: Cache::new(MAX_REFUSED),
            turns: Semaphore::new(MAX_QUESTIONS),
            lifetime,
            clock,
            headers: KnownHeaders::new(),
        }))
    }

    pub(in crate::verify) fn headers(&self) -> &KnownHeaders {
        &self.0.headers
    }

    pub(in crate::verify) fn check(&self, token: &str, jws: Jws<'_>, asked: &Verifier) -> Checked {
        let issuer = match jws.unverified_issuer() {
            Ok(Some(issuer)) if self.0.has(&issuer) => issuer,
            Ok(_) => return Checked::Now(Err(AuthErrorKind::InvalidIssuer)),
            Err(kind) => return Checked::Now(Err(kind)),
        };
        match self.0.at_hand(&issuer) {
            Some(Ok(verifier)) => {
                drop(issuer);
                verifier.check_jws(token, jws, asked)
            }
            Some(Err(kind)) => Checked::Now(Err(kind)),
            None => {
                let (inner, token) = (Arc::clone(&self.0), token.to_owned());
                let (issuer, asked) = (issuer.into_owned(), asked.clone());
                Checked::Later(Box::pin(async move {
                    let verifier = inner.resolve(issuer).await?;
                    match verifier.check_fully(&token, &asked, || {}) {
                        Checked::Now(result) => result,
                        Checked::Later(later) => later.await,
                    }
                }))
            }
        }
    }

    /// The verifier of an issuer, where it is remembered.
    #[cfg(feature = "cache")]
    pub(in crate::verify) fn known(&self, issuer: &str) -> Option<Verifier> {
        self.0.at_hand(issuer)?.ok()
    }

    pub(in crate::verify) fn key_status(&self) -> Vec<KeySetStatus> {
        self.0.known.iter().flat_map(|(_, (verifier, _))| verifier.key_status()).collect()
    }
}

impl Inner {
    fn has(&self, issuer: &str) -> bool {
        issuer.len() > self.prefix.len() && issuer.starts_with(&self.prefix)
    }

    fn at_hand(&self, issuer: &str) -> Option<Result<Verifier, AuthErrorKind>> {
        let now = self.clock.now();
        if let Some((verifier, span)) = self.known.get(issuer) {
            return span.has(now).then_some(Ok(verifier));
        }
        let (kind, span) = self.refused.get(issuer)?;
        span.has(now).then_some(Err(kind))
    }

    /// Asks the resolver, once for all who wait.
    async fn resolve(&self, issuer: String) -> Result<Verifier, AuthErrorKind> {
        let place = loop {
            match self.known.get_value_or_guard_async(&issuer).await {
                Ok((verifier, span)) if span.has(self.clock.now()) => return Ok(verifier),
                // Not what another has put there meanwhile.
                Ok(_) => {
                    drop(self.known.remove_if(&issuer, |(_, span)| !span.has(self.clock.now())))
                }
                Err(place) => break place,
            }
        };
        // Those who waited behind a refusal come here one after the other.
        if let Some((kind, span)) = self.refused.get(&issuer)
            && span.has(self.clock.now())
        {
            return Err(kind);
        }
        let (kind, lifetime) = match self.ask(issuer.clone()).await {
            Ok(Some(verifier)) => {
                // Only where it was pushed out meanwhile is there no place any more.
                let _ = place.insert((verifier.clone(), self.span(self.lifetime)));
                return Ok(verifier);
            }
            Ok(None) => (AuthErrorKind::InvalidIssuer, UNKNOWN_LIFETIME),
            Err(kind) => (kind, FAILURE_LIFETIME),
        };
        self.refused.insert(issuer, (kind, self.span(lifetime)));
        Err(kind)
    }

    async fn ask(&self, issuer: String) -> Result<Option<Verifier>, AuthErrorKind> {
        let Ok(Ok(_turn)) = timeout(TURN_TIMEOUT, self.turns.acquire()).await else {
            crate::trace::warn!(
                target: "tower_bearer::keys",
                "more unknown tenants come than the resolver is asked about at once"
            );
            return Err(AuthErrorKind::Unavailable);
        };
        timeout(RESOLVER_TIMEOUT, (self.resolve)(issuer)).await.unwrap_or_else(|_| {
            crate::trace::error!(
                target: "tower_bearer::keys",
                "the resolver of tenants has no answer after 5 seconds"
            );
            Err(AuthErrorKind::Unavailable)
        })
    }

    /// From now on.
    fn span(&self, lifetime: Duration) -> Span {
        let from = self.clock.now();
        Span { from, until: from.saturating_add(lifetime) }
    }
}

/// Puts the longest prefix first, which is the one that counts.
pub(in crate::verify) fn sort(tenants: &mut [Verifier]) -> Result<(), ConfigError> {
    tenants.sort_by_key(|verifier| std::cmp::Reverse(prefix(verifier).map_or(0, str::len)));
    if tenants.windows(2).any(|pair| prefix(&pair[0]) == prefix(&pair[1])) {
        let rule = "a prefix of tenants has one verifier";
        return Err(ConfigError::InvalidValue { setting: "list of issuers", rule });
    }
    Ok(())
}

/// The family of an issuer.
pub(in crate::verify) fn of<'v>(tenants: &'v [Verifier], issuer: &str) -> Option<&'v Verifier> {
    tenants.iter().find(|verifier| match &*verifier.trusted {
        Trusted::Tenants(tenants) => tenants.0.has(issuer),
        _ => false,
    })
}

fn prefix(verifier: &Verifier) -> Option<&str> {
    match &*verifier.trusted {
        Trusted::Tenants(tenants) => Some(&tenants.0.prefix),
        _ => None,
    }
}

impl fmt::Debug for Tenants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenants").field("prefix", &self.0.prefix).finish_non_exhaustive()
    }
}
