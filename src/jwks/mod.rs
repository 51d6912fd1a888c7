//! The keys of other issuers.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwapOption, Guard};

use crate::{AuthErrorKind, Clock, ConfigError, KeySet};

/// STUB.
///
/// # Examples
///
/// See nothing.
#[derive(Clone, Debug)]
pub struct RemoteKeySet {
    issuer: Option<String>,
}

impl RemoteKeySet {
    /// STUB.
    pub fn discover(issuer: impl Into<String>) -> Self {
        Self { issuer: Some(issuer.into()) }
    }

    /// STUB.
    pub fn at(_url: impl Into<String>) -> Self {
        Self { issuer: None }
    }

    /// The issuer whose keys they are, where they are discovered.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Checks the options. Nothing is fetched yet.
    pub(crate) fn start(self, _clock: Clock) -> Result<KeyCache, ConfigError> {
        Ok(KeyCache(Arc::new(ArcSwapOption::empty())))
    }
}

/// STUB.
///
/// # Examples
///
/// See nothing.
#[derive(Clone, Debug)]
pub struct KeySetStatus {}

/// Keys that are fetched, and kept fresh. Cheap to clone; with the last clone its task ends.
#[derive(Clone, Debug)]
pub(crate) struct KeyCache(Arc<ArcSwapOption<KeySet>>);

/// A wait for keys: for at most one fetch, whoever began it. An error is [`AuthErrorKind::Unavailable`].
pub(crate) type Renewing = Pin<Box<dyn Future<Output = Result<(), AuthErrorKind>> + Send>>;

/// What comes of asking for newer keys.
pub(crate) enum Renewal {
    /// They are being fetched.
    Wait(Renewing),
    /// They were fetched a short time ago: what is not among them is not there.
    Recent,
    /// They could not be fetched a short time ago.
    Failed,
}

impl KeyCache {
    /// Fetches keys unless there are some.
    pub(crate) async fn fetch_first(&self) -> Result<(), ConfigError> {
        Err(ConfigError::NoUsableKey)
    }

    /// The keys, where there are some that may be used at `now`. Never waits; no allocation, no lock.
    /// Where they are due for renewal it wakes the task.
    pub(crate) fn at_hand(&self, _now: Duration) -> Option<Arc<KeySet>> {
        let guard: Guard<Option<Arc<KeySet>>> = self.0.load();
        guard.clone()
    }

    /// Asks for newer keys, which a token seems to need; once a cooldown.
    pub(crate) fn renew(&self, _now: Duration) -> Renewal {
        Renewal::Failed
    }

    /// How the keys are doing.
    pub(crate) fn status(&self, _now: Duration) -> KeySetStatus {
        KeySetStatus {}
    }
}
