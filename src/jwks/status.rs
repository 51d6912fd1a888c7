//! How keys elsewhere are doing, for those who operate a service.

use std::sync::Arc;
use std::time::Duration;

use super::snapshot::Snapshot;

/// How the keys of one issuer are doing, at the time of
/// [`Verifier::key_status`](crate::Verifier::key_status): for a health check. Nothing in it is secret.
///
/// # Examples
///
/// See [`RemoteKeySet`](crate::RemoteKeySet).
#[derive(Clone, Debug)]
pub struct KeySetStatus {
    pub(super) source: String,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) is_usable: bool,
    pub(super) last_error: Option<String>,
}

impl KeySetStatus {
    /// The issuer whose keys are discovered, or the URL that they were configured with.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The URL that the keys came from, if some have come.
    pub fn url(&self) -> Option<&str> {
        self.snapshot.url.as_ref().map(url::Url::as_str)
    }

    /// Whether there are keys that tokens are verified with now. If not, requests are answered with
    /// 503.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Verifier;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let verifier = Verifier::discover("https://id.example/").audience("api").build_lazy()?;
    /// let is_ready = verifier.key_status().iter().all(|status| status.is_usable());
    /// assert!(!is_ready); // for a readiness check: nothing was fetched yet
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_usable(&self) -> bool {
        self.is_usable
    }

    /// The number of keys.
    pub fn key_count(&self) -> usize {
        self.snapshot.keys.len()
    }

    /// The `kid` of each key that has one.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.snapshot.keys.iter().filter_map(crate::VerifyingKey::key_id)
    }

    /// Which keys of the set are not used, and why; the first hundred of them.
    pub fn skipped(&self) -> &[String] {
        &self.snapshot.skipped
    }

    /// When the provider last gave these keys, or said that they are still the same, as a time since
    /// the Unix epoch.
    pub fn fetched_at(&self) -> Option<Duration> {
        self.snapshot.url.as_ref().map(|_| self.snapshot.times.fetched)
    }

    /// When they expire. They are to be fetched anew before, so that this lies in the past only while
    /// that fails.
    pub fn expires_at(&self) -> Option<Duration> {
        self.snapshot.url.as_ref().map(|_| self.snapshot.times.expiry)
    }

    /// Until when they are used if nothing newer can be fetched.
    pub fn usable_until(&self) -> Option<Duration> {
        self.snapshot.url.as_ref().map(|_| self.snapshot.times.end)
    }

    /// Why the last fetch failed, if it did.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Verifier;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let verifier = Verifier::discover("https://id.example/").audience("api").build_lazy()?;
    /// for status in verifier.key_status() {
    ///     if let Some(error) = status.last_error() {
    ///         eprintln!("the keys of {} can't be fetched: {error}", status.source());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }
}
