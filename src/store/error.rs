//! Why a store did not answer.

use std::error::Error;
use std::fmt;

/// A store could not do what was asked: the database is gone, busy, full or damaged.
///
/// Display and Debug are constant texts, without values, secrets or connection strings. What the
/// database said is kept as the [source](Error::source).
///
/// # Examples
///
/// ```
/// use tower_bearer::StoreError;
///
/// let error = StoreError::unavailable("connection refused");
/// assert!(error.is_unavailable());
/// assert_eq!(error.to_string(), "the store is out of reach");
/// ```
pub struct StoreError {
    unavailable: bool,
    reason: &'static str,
    source: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// A fault that trying again won't mend: damaged data, a missing table.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { unavailable: false, reason: "the store failed", source: source.into() }
    }

    /// A fault that may be over soon: no connection, a lock held for too long, a full disk.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { unavailable: true, reason: "the store is out of reach", source: source.into() }
    }

    /// Whether trying again may help, so that the answer is 503 and not 500.
    pub fn is_unavailable(&self) -> bool {
        self.unavailable
    }

    /// Replaces the text that is shown.
    #[cfg(any(feature = "sqlite", feature = "postgres", feature = "redis"))]
    pub(crate) fn with_reason(self, reason: &'static str) -> Self {
        Self { reason, ..self }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason)
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreError")
            .field("unavailable", &self.unavailable)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
