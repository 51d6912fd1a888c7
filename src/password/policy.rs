use std::error::Error;
use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::MAX_PASSWORD_BYTES;

/// The rules for a password that a user chooses.
///
/// Only the length counts. There are no rules about kinds of characters: they make passwords
/// harder to remember and no harder to guess (NIST SP 800-63B-4, section 3.1.1.2).
///
/// # Examples
///
/// ```
/// use tower_bearer::PasswordPolicy;
///
/// let policy = PasswordPolicy::asvs_l1();
/// assert!(policy.check("tr0ub4dor").is_ok());
///
/// let broken = policy.check("secret").unwrap_err();
/// assert_eq!(broken.to_string(), "the password needs at least 8 characters");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    min_length: usize,
}

impl PasswordPolicy {
    /// At least 15 characters, which NIST SP 800-63B-4 (section 3.1.1.2) demands of a password
    /// that is the only factor, and at most 1024 bytes. This is the default.
    pub const fn nist() -> Self {
        Self { min_length: 15 }
    }

    /// At least 8 characters, the minimum of OWASP ASVS 5.0 (6.2.1), and at most 1024 bytes.
    pub const fn asvs_l1() -> Self {
        Self { min_length: 8 }
    }

    /// The least number of characters. Zero counts as one.
    ///
    /// Characters are Unicode code points after normalisation to NFC, as NIST counts them. Fewer
    /// than 8 satisfy neither NIST nor ASVS.
    #[must_use]
    pub const fn min_length(mut self, min_length: usize) -> Self {
        self.min_length = if min_length == 0 { 1 } else { min_length };
        self
    }

    /// Checks a password before it is hashed.
    ///
    /// # Errors
    ///
    /// The rule that the password breaks. Its text can be shown to the user.
    pub fn check(&self, password: &str) -> Result<(), PasswordRule> {
        if password.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordRule::TooLong { maximum_bytes: MAX_PASSWORD_BYTES });
        }
        if password.nfc().count() < self.min_length {
            return Err(PasswordRule::TooShort { minimum: self.min_length });
        }
        Ok(())
    }
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self::nist()
    }
}

/// The rule of a [`PasswordPolicy`] that a password breaks. Its text never contains the password.
///
/// # Examples
///
/// See [`PasswordPolicy`].
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
}

impl fmt::Display for PasswordRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { minimum: 1 } => f.write_str("the password needs at least 1 character"),
            Self::TooShort { minimum } => {
                write!(f, "the password needs at least {minimum} characters")
            }
            Self::TooLong { maximum_bytes } => {
                write!(f, "the password has more than {maximum_bytes} bytes")
            }
        }
    }
}

impl Error for PasswordRule {}
