//! Why a mail was not sent.

use std::error::Error;
use std::fmt;

/// A mail could not be sent.
///
/// Display and Debug are constant texts, without addresses or what the server said, which is kept
/// as the [source](Error::source).
///
/// # Examples
///
/// ```
/// use tower_bearer::MailError;
///
/// let error = MailError::temporary("421 try again later");
/// assert!(error.is_temporary());
/// assert_eq!(error.to_string(), "the mail can't be sent at the moment");
/// ```
pub struct MailError {
    temporary: bool,
    reason: &'static str,
    source: Box<dyn Error + Send + Sync>,
}

impl MailError {
    /// A fault that trying again won't mend: there is no such address.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::error::Error;
    /// use tower_bearer::MailError;
    ///
    /// let error = MailError::new("550 no such user: alice@example.com");
    /// assert!(!error.is_temporary());
    /// assert_eq!(error.to_string(), "the mail can't be sent"); // without the address
    /// assert!(error.source().is_some());
    /// ```
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { temporary: false, reason: "the mail can't be sent", source: source.into() }
    }

    /// A fault that may be over soon, so that the queue tries again.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io;
    /// use tower_bearer::MailError;
    ///
    /// /// How a mailer of one's own tells faults apart.
    /// fn mail_error(error: io::Error) -> MailError {
    ///     match error.kind() {
    ///         io::ErrorKind::InvalidInput => MailError::new(error),
    ///         _ => MailError::temporary(error),
    ///     }
    /// }
    /// assert!(mail_error(io::ErrorKind::TimedOut.into()).is_temporary());
    /// ```
    pub fn temporary(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let reason = "the mail can't be sent at the moment";
        Self { temporary: true, reason, source: source.into() }
    }

    /// Whether trying again may help.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::MailError;
    ///
    /// // The first digit of SMTP: 4 for now, 5 for good.
    /// let read = |answer: &'static str| match answer.starts_with('4') {
    ///     true => MailError::temporary(answer),
    ///     false => MailError::new(answer),
    /// };
    /// assert!(read("451 greylisted").is_temporary());
    /// assert!(!read("550 no such user").is_temporary());
    /// ```
    pub fn is_temporary(&self) -> bool {
        self.temporary
    }

    /// Replaces the text that is shown.
    #[cfg(feature = "lettre")]
    pub(crate) fn with_reason(self, reason: &'static str) -> Self {
        Self { reason, ..self }
    }
}

impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason)
    }
}

impl fmt::Debug for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailError")
            .field("temporary", &self.temporary)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl Error for MailError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
