//! How a [`Verifier`] of tenants is built.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::{Resolve, Tenants};
use crate::verify::{Trusted, Verifier};
use crate::{AuthErrorKind, Clock, ConfigError};

const DEFAULT_MAX_TENANTS: usize = 1000;
const DEFAULT_LIFETIME: Duration = Duration::from_secs(3600);

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
    /// The verifier that it returns must look at the very [`issuer`](crate::VerifierBuilder::issuer)
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
                            target: "tower_bearer::keys",
                            "the verifier of a tenant looks at another issuer than was asked for"
                        );
                        Err(AuthErrorKind::Unavailable)
                    }
                    Ok(verifier) => Ok(verifier),
                    Err(error) => {
                        crate::trace::error!(
                            target: "tower_bearer::keys",
                            %error,
                            "the resolver of tenants failed"
                        );
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
        match &*self.trusted {
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
        let tenants =
            Tenants::new(self.prefix, self.resolve, self.max_tenants, self.lifetime, self.clock);
        Ok(Verifier::new(Trusted::Tenants(tenants)))
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
