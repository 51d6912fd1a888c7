use std::error::Error;
use std::fmt;

use crate::PasswordError;

/// The rule of a [`PasswordPolicy`](crate::PasswordPolicy) that a password breaks. Its text never
/// contains the password, nor what of it broke the rule.
///
/// # Examples
///
/// ```
/// use tower_bearer::{PasswordPolicy, PasswordRule};
///
/// // A form in another language.
/// let hint = match PasswordPolicy::nist().check("secret") {
///     Err(PasswordRule::TooShort { minimum }) => format!("Mindestens {minimum} Zeichen."),
///     Err(other) => other.to_string(),
///     Ok(()) => String::new(),
/// };
/// assert_eq!(hint, "Mindestens 15 Zeichen.");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordRule {
    /// The password has too few characters.
    TooShort {
        /// The least number of characters.
        minimum: usize,
    },
    /// The password has too many bytes of UTF-8.
    TooLong {
        /// The greatest number of bytes.
        maximum_bytes: usize,
    },
    /// A kind of character is missing that
    /// [`PasswordPolicy::composition`](crate::PasswordPolicy::composition) asks for.
    Composition,
    /// The password is among the common ones, or blocked by the service.
    Common,
    /// There is little in the password beside names of its user or of the service.
    Name,
    /// The password has too low a score of zxcvbn.
    Guessable,
    /// The password was in a breach.
    Breached,
}

impl fmt::Display for PasswordRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort { minimum: 1 } => "the password needs at least 1 character",
            Self::TooShort { minimum } => {
                return write!(f, "the password needs at least {minimum} characters");
            }
            Self::TooLong { maximum_bytes } => {
                return write!(f, "the password has more than {maximum_bytes} bytes");
            }
            Self::Composition => {
                "the password needs an upper-case letter, a lower-case letter, a digit and a symbol"
            }
            Self::Common => "the password is on a list of common passwords",
            Self::Name => "the password is little more than a name of its user or of the service",
            Self::Guessable => "the password is too easy to guess",
            Self::Breached => "the password has appeared in a data breach",
        })
    }
}

impl Error for PasswordRule {}

/// Why [`PasswordPolicy::check_new`](crate::PasswordPolicy::check_new) did not pass a password.
///
/// # Examples
///
/// ```
/// use tower_bearer::{NewPasswordError, PasswordRule};
///
/// let status = |error: NewPasswordError| match error {
///     NewPasswordError::Rule(_) => 422,
///     NewPasswordError::Hasher(_) => 503,
/// };
/// assert_eq!(status(PasswordRule::Breached.into()), 422);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewPasswordError {
    /// It breaks this rule. The text can be shown to the user.
    Rule(PasswordRule),
    /// The hasher could not tell.
    Hasher(PasswordError),
}

impl fmt::Display for NewPasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => rule.fmt(f),
            Self::Hasher(error) => error.fmt(f),
        }
    }
}

impl Error for NewPasswordError {}

impl From<PasswordRule> for NewPasswordError {
    fn from(rule: PasswordRule) -> Self {
        Self::Rule(rule)
    }
}

impl From<PasswordError> for NewPasswordError {
    fn from(error: PasswordError) -> Self {
        Self::Hasher(error)
    }
}
