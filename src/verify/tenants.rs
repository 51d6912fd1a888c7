//! Families of issuers: the tenants of a provider.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{Checked, Trusted, Verifier};
use crate::clock::Span;
use crate::jwks::KeySetStatus;
use crate::token::Jws;
use crate::{AuthErrorKind, Clock, ConfigError};

const DEFAULT_MAX_TENANTS: usize = 1000;
const DEFAULT_LIFETIME: Duration = Duration::from_secs(3600);
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

/// Configures a [`Verifier`] for the tenants of a provider.
///
/// # Examples
///
/// See [`Verifier::tenants`].
pub struct TenantsBuilder {
    prefix: String,
    resolve: Box<Resolve>,
    max_tenants: usize,
    lifetime: Duration,
    clock: Clock,
}

impl Verifier {
    /// Starts a verifier for all issuers that begin with `prefix`, each a tenant of one provider with
    /// keys and rules of its own.
    ///
    /// The function is asked for the verifier of an issuer: `None` if that is no tenant, for which the
    /// answer is 401. While it fails, requests of tenants that are not remembered are answered with 503.
    /// The verifier that it returns must look at the very [`issuer`](super::VerifierBuilder::issuer)
    /// that was asked for. What it says is remembered, so it is asked once an hour for each tenant
    /// whose tokens come, however many come at once; that an issuer is no tenant, for a minute; that it
    /// failed, for a second.
    ///
    /// It is asked about 64 issuers at once at most, so that a flood of made-up ones does not become one
    /// on your database: what does not get its turn within a second is answered with 503, and so is
    /// what it needs more than 5 seconds for; its future is dropped then. It is called in a tokio
    /// runtime with its timers on, which axum's is.
    ///
    /// The issuer is text from a token that nobody has verified. Look it up; do not fetch from it
    /// what you do not know.
    ///
    /// # Examples
    ///
    /// The tenants of Microsoft Entra that have signed up:
    ///
    /// ```
    /// use std::collections::HashSet;
    /// use tower_bearer::{ConfigError, Verifier};
    ///
    /// # fn main() -> Result<(), ConfigError> {
    /// let customers = HashSet::from(["https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0"]);
    /// let verifier = Verifier::tenants("https://login.microsoftonline.com/", move |issuer: String| {
    ///     let is_customer = customers.contains(issuer.as_str()); // or ask your database
    ///     async move {
    ///         if !is_customer {
    ///             return Ok(None);
    ///         }
    ///         Verifier::discover(issuer).audience("api").build_lazy().map(Some)
    ///     }
    /// })
    /// .build()?;
    /// # let _ = verifier;
    /// # Ok(())
    /// # }
    /// ```
    pub fn tenants<F, R, E>(prefix: impl Into<String>, resolver: F) -> TenantsBuilder
    where
        F: Fn(String) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Option<Self>, E>> + Send + 'static,
        E: Error,
    {
        let resolve: Box<Resolve> = Box::new(move |issuer| {
            let resolving = resolver(issuer.clone());
            Box::pin(async move {
                match resolving.await {
                    Ok(Some(verifier)) if verifier.issuer() != Some(&issuer) => {
                        crate::trace::error!(
                            "the verifier of a tenant looks at another issuer than was asked for"
                        );
                        Err(AuthErrorKind::Unavailable)
                    }
                    Ok(verifier) => Ok(verifier),
                    Err(error) => {
                        crate::trace::error!(%error, "the resolver of tenants failed");
                        let _ = error;
                        Err(AuthErrorKind::Unavailable)
                    }
                }
            })
        });
        TenantsBuilder {
            prefix: prefix.into(),
            resolve,
            max_tenants: DEFAULT_MAX_TENANTS,
            lifetime: DEFAULT_LIFETIME,
            clock: Clock::system(),
        }
    }

    /// The one issuer that it trusts.
    fn issuer(&self) -> Option<&str> {
        match &*self.0 {
            Trusted::One(issuer) => issuer.name(),
            _ => None,
        }
    }
}

impl TenantsBuilder {
    /// How many tenants are remembered: 1000 by default. The keys of one that is forgotten are
    /// fetched anew. A second call replaces the first.
    #[must_use]
    pub fn max_tenants(mut self, tenants: usize) -> Self {
        self.max_tenants = tenants;
        self
    }

    /// How long what the resolver said is good: an hour by default. So long a tenant that is gone
    /// may still come; after that the resolver is asked for another verifier, with keys that are fetched
    /// anew unless it returns a clone of the one before. A second call replaces the first.
    #[must_use]
    pub fn remember_for(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Takes the time from another clock than the system's, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the verifier.
    ///
    /// # Errors
    ///
    /// When the prefix does not end in a slash behind the host of an `https` URL (`http` to this
    /// machine), so that other hosts begin with it too, or no tenant is to be remembered.
    pub fn build(self) -> Result<Verifier, ConfigError> {
        let invalid = |setting, rule| Err(ConfigError::InvalidValue { setting, rule });
        if !is_prefix(&self.prefix) {
            let rule = "it is a URL with https that ends in a slash, without query and fragment";
            return invalid("prefix of tenants", rule);
        }
        if self.max_tenants == 0 {
            return invalid("number of tenants", "it is at least 1");
        }
        let tenants = Tenants(Arc::new(Inner {
            prefix: self.prefix,
            resolve: self.resolve,
            known: Cache::new(self.max_tenants),
            refused: Cache::new(DEFAULT_MAX_TENANTS),
            turns: Semaphore::new(MAX_QUESTIONS),
            lifetime: self.lifetime,
            clock: self.clock,
        }));
        Ok(Verifier(Arc::new(Trusted::Tenants(tenants))))
    }
}

fn is_prefix(prefix: &str) -> bool {
    let Ok(url) = url::Url::parse(prefix) else { return false };
    let nameless = url.username().is_empty() && url.password().is_none();
    let plain = nameless && url.query().is_none() && url.fragment().is_none();
    prefix.ends_with('/') && plain && url.as_str() == prefix && crate::fetch::is_safe(&url)
}

impl fmt::Debug for TenantsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantsBuilder").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

pub(super) struct Tenants(Arc<Inner>);

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
}

impl Tenants {
    pub(super) fn check(&self, token: &str, jws: Jws<'_>) -> Checked {
        let issuer = match jws.unverified_issuer() {
            Ok(Some(issuer)) if self.0.has(&issuer) => issuer,
            Ok(_) => return Checked::Now(Err(AuthErrorKind::InvalidIssuer)),
            Err(kind) => return Checked::Now(Err(kind)),
        };
        match self.0.at_hand(&issuer) {
            Some(Ok(verifier)) => {
                drop(issuer);
                verifier.check_jws(token, jws)
            }
            Some(Err(kind)) => Checked::Now(Err(kind)),
            None => {
                let (inner, token) = (Arc::clone(&self.0), token.to_owned());
                let issuer = issuer.into_owned();
                Checked::Later(Box::pin(async move {
                    let verifier = inner.resolve(issuer).await?;
                    verifier.verify(&token).await.map_err(|error| error.kind())
                }))
            }
        }
    }

    pub(super) fn key_status(&self) -> Vec<KeySetStatus> {
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
                "more unknown tenants come than the resolver is asked about at once"
            );
            return Err(AuthErrorKind::Unavailable);
        };
        timeout(RESOLVER_TIMEOUT, (self.resolve)(issuer)).await.unwrap_or_else(|_| {
            crate::trace::error!("the resolver of tenants has no answer after 5 seconds");
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
pub(super) fn sort(tenants: &mut [Verifier]) -> Result<(), ConfigError> {
    tenants.sort_by_key(|verifier| std::cmp::Reverse(prefix(verifier).map_or(0, str::len)));
    if tenants.windows(2).any(|pair| prefix(&pair[0]) == prefix(&pair[1])) {
        let rule = "a prefix of tenants has one verifier";
        return Err(ConfigError::InvalidValue { setting: "list of issuers", rule });
    }
    Ok(())
}

/// The family of an issuer.
pub(super) fn of<'v>(tenants: &'v [Verifier], issuer: &str) -> Option<&'v Verifier> {
    tenants.iter().find(|verifier| match &*verifier.0 {
        Trusted::Tenants(tenants) => tenants.0.has(issuer),
        _ => false,
    })
}

fn prefix(verifier: &Verifier) -> Option<&str> {
    match &*verifier.0 {
        Trusted::Tenants(tenants) => Some(&tenants.0.prefix),
        _ => None,
    }
}

impl fmt::Debug for Tenants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenants").field("prefix", &self.0.prefix).finish_non_exhaustive()
    }
}
