//! How a [`Verifier`] with keys elsewhere is built.

use super::Verifier;
use super::builder::VerifierBuilder;
use super::issuer::Keys;
use crate::ConfigError;
use crate::jwks::{KeyCache, RemoteKeySet};

/// With keys that are elsewhere.
impl VerifierBuilder<RemoteKeySet> {
    /// Accepts tokens with any `iss`, or none, where the keys are given by their URL. **This weakens
    /// the check**: many providers sign for all their customers with the same keys.
    ///
    /// This, or [`issuer`](Self::issuer), must be called, unless the keys are
    /// [discovered](RemoteKeySet::discover), for which the issuer is known. It replaces an earlier
    /// `issuer`, and a later one replaces it.
    #[must_use]
    pub fn any_issuer(mut self) -> Self {
        self.options.issuer = None;
        self.options.takes_any_issuer = true;
        self
    }

    /// Builds the verifier, with keys at hand: it fetches them first. In a tokio runtime.
    ///
    /// # Errors
    ///
    /// As [`build_lazy`](Self::build_lazy), and [`ConfigError::RemoteKeys`] when no keys could be
    /// fetched, with the reason.
    pub async fn build(self) -> Result<Verifier, ConfigError> {
        let (verifier, keys) = self.build_parts()?;
        keys.fetch_first().await?;
        Ok(verifier)
    }

    /// Builds the verifier without waiting for anybody: the first token fetches the keys, and while
    /// there are none requests are answered with 503. For a service that has to start while its
    /// provider is away.
    ///
    /// # Errors
    ///
    /// When there is no decision on the audience or the issuer, an option is out of its range, or a
    /// URL is one that keys are not to be fetched from.
    pub fn build_lazy(self) -> Result<Verifier, ConfigError> {
        Ok(self.build_parts()?.0)
    }

    fn build_parts(mut self) -> Result<(Verifier, KeyCache), ConfigError> {
        if self.options.issuer.is_none() && !self.options.takes_any_issuer {
            let issuer = self.keys.issuer().ok_or(ConfigError::NoIssuerDecision)?;
            self.options.issuer = Some(issuer.to_owned());
        }
        let cache = self.keys.start(self.options.clock.clone())?;
        Ok((self.options.build(Keys::Remote(cache.clone()))?, cache))
    }
}
