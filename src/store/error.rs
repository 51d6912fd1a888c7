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
    ///
    /// # Examples
    ///
    /// ```
    /// use std::error::Error;
    /// use tower_bearer::StoreError;
    ///
    /// let error = StoreError::new("column users.email does not exist");
    /// assert!(!error.is_unavailable()); // 500
    /// assert_eq!(error.to_string(), "the store failed");
    /// let source = error.source().map(ToString::to_string);
    /// assert_eq!(source.as_deref(), Some("column users.email does not exist")); // for the log
    /// ```
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { unavailable: false, reason: "the store failed", source: source.into() }
    }

    /// A fault that may be over soon: no connection, a lock held for too long, a full disk.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io;
    /// use tower_bearer::StoreError;
    ///
    /// /// How a store of one's own tells the faults of its client apart.
    /// fn store_error(error: io::Error) -> StoreError {
    ///     match error.kind() {
    ///         io::ErrorKind::TimedOut => StoreError::unavailable(error),
    ///         _ => StoreError::new(error),
    ///     }
    /// }
    /// assert!(store_error(io::ErrorKind::TimedOut.into()).is_unavailable());
    /// assert!(!store_error(io::ErrorKind::InvalidData.into()).is_unavailable());
    /// ```
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { unavailable: true, reason: "the store is out of reach", source: source.into() }
    }

    /// Whether trying again may help, so that the answer is 503 and not 500.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_bearer::StoreError;
    ///
    /// let status = |error: &StoreError| match error.is_unavailable() {
    ///     true => StatusCode::SERVICE_UNAVAILABLE,
    ///     false => StatusCode::INTERNAL_SERVER_ERROR,
    /// };
    /// assert_eq!(status(&StoreError::unavailable("the disk is full")), 503);
    /// assert_eq!(status(&StoreError::new("no such table")), 500);
    /// ```
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
