//! What was wrong with the environment.

use std::error::Error;
use std::fmt;

/// All that is wrong with the settings, so that nobody has to start a service once for each mistake.
///
/// Display has a line for each fault, which names the variable and the rule. None has the value of a
/// secret in it.
///
/// # Examples
///
/// ```
/// use tower_bearer::Settings;
///
/// let error = Settings::from_vars([("JWT_SECRET", "s3cret")]).unwrap_err();
/// assert!(error.faults().any(|fault| fault == "JWT_AUDIENCE must be set: whom the tokens are for"));
/// assert!(error.to_string().contains("\nJWT_SECRET: the HS256 secret has 6 bytes"));
/// assert!(!error.to_string().contains("s3cret"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    faults: Vec<String>,
}

impl SettingsError {
    /// At least one fault.
    pub(super) fn new(faults: Vec<String>) -> Self {
        Self { faults }
    }

    /// The faults, a line each, in the order in which they were found.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Settings;
    ///
    /// let error = Settings::from_vars([("JWT_LEEWAY_SECONDS", "soon")]).unwrap_err();
    /// let mut faults = error.faults();
    /// assert_eq!(faults.next(), Some("DATABASE_URL must be set: sqlite: or postgres: and so on"));
    /// assert!(faults.any(|fault| fault.starts_with("JWT_LEEWAY_SECONDS must be a whole number")));
    /// ```
    pub fn faults(&self) -> impl Iterator<Item = &str> {
        self.faults.iter().map(String::as_str)
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.faults.join("\n"))
    }
}

impl Error for SettingsError {}
