//! The rules for a password that a user chooses.

mod blocklist;
mod breach;
mod context;
mod presets;
mod rule;
#[cfg(feature = "zxcvbn")]
mod score;

use std::path::Path;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

pub use breach::BreachCheck;
pub use context::PasswordContext;
pub use rule::{NewPasswordError, PasswordRule};

use super::{Hasher, MAX_PASSWORD_BYTES};
use crate::ConfigError;
use blocklist::Blocklist;
use breach::Breaches;

/// The rules for a password that a user chooses.
///
/// What counts is the length, and that nobody would try the password early. There are no rules
/// about kinds of characters, but in the preset [`composition`](Self::composition): they make
/// passwords harder to remember and no harder to guess (NIST SP 800-63B-4, section 3.1.1.2).
///
/// # Which passwords are blocked
///
/// - **Common ones.** The list of the crate `passwords` has 99838, of which 47324 have 8 characters
///   or more, 9248 have 10, 1212 have 12 and 331 have 15. So with 8 characters it has well above
///   the 3000 that OWASP ASVS 5.0 (6.2.4) asks for; **with 15 it has 331**, since common
///   passwords are short. A longer list can be [blocked](Self::blocklist_file) beside it.
/// - **Words of the service**: see [`block`](Self::block).
/// - **Names**, where the [`PasswordContext`] or [`service_name`](Self::service_name) has them: a
///   password with less than 8 characters beside them (ASVS 6.2.11).
/// - **Breached ones**, once there is a [`breach_check`](Self::breach_check).
///
/// Passwords are compared in NFC, and words and names whatever their case. The list of common ones
/// is asked for the password as it is and in lower case; in a build with debug assertions that
/// takes some milliseconds.
///
/// # Examples
///
/// ```
/// use tower_bearer::PasswordPolicy;
///
/// let policy = PasswordPolicy::asvs_l1();
/// assert!(policy.check("tr0ub4dor&3").is_ok());
///
/// let broken = policy.check("secret").unwrap_err();
/// assert_eq!(broken.to_string(), "the password needs at least 8 characters");
/// assert!(policy.check("Password123").is_err());
/// ```
#[derive(Clone, Debug)]
pub struct PasswordPolicy {
    min_length: usize,
    composition: bool,
    blocklist: Blocklist,
    service_names: Vec<String>,
    #[cfg(feature = "zxcvbn")]
    min_score: u8,
    breaches: Option<Breaches>,
}

impl PasswordPolicy {
    /// The least number of characters. Zero counts as one.
    ///
    /// Characters are Unicode code points after normalisation to NFC, as NIST counts them. Fewer
    /// than 8 satisfy neither NIST nor ASVS.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{PasswordPolicy, PasswordRule};
    ///
    /// let policy = PasswordPolicy::asvs_l1().min_length(12);
    /// assert_eq!(policy.check("tr0ub4dor&3"), Err(PasswordRule::TooShort { minimum: 12 }));
    /// assert!(policy.check("пароль-котёнка").is_ok()); // 14 characters, 27 bytes
    /// ```
    #[must_use]
    pub const fn min_length(mut self, min_length: usize) -> Self {
        self.min_length = if min_length == 0 { 1 } else { min_length };
        self
    }

    /// Blocks these passwords, in whatever case. Each call adds to the list.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::PasswordPolicy;
    ///
    /// let policy = PasswordPolicy::asvs_l1().block(["correct horse battery staple"]);
    /// assert!(policy.check("Correct Horse Battery Staple").is_err());
    /// ```
    #[must_use]
    pub fn block<T: AsRef<str>>(mut self, passwords: impl IntoIterator<Item = T>) -> Self {
        self.blocklist.extend(passwords);
        self
    }

    /// Blocks the passwords in a text file: UTF-8, one a line. They are kept in memory.
    ///
    /// Lines that the other rules refuse anyway are left out, so that a list of millions takes no
    /// more room than those of its passwords that are long enough: set
    /// [`min_length`](Self::min_length) before.
    ///
    /// # Errors
    ///
    /// [`ConfigError::InvalidValue`] when the file can't be read or is not UTF-8.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::PasswordPolicy;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("common-passwords.txt");
    /// # std::fs::write(&path, "correct horse battery\n")?;
    /// // A line for each, as "/etc/tasks/common-passwords.txt" has them.
    /// let policy = PasswordPolicy::nist().blocklist_file(&path)?;
    /// assert!(policy.check("Correct Horse Battery").is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn blocklist_file(mut self, path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        self.blocklist.extend_from_file(path.as_ref(), self.min_length)?;
        Ok(self)
    }

    /// The name of the service or of its company, of which no password may consist with little
    /// beside it. Each call adds one.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{PasswordPolicy, PasswordRule};
    ///
    /// let policy = PasswordPolicy::asvs_l1().service_name("Example Tasks").service_name("ACME");
    /// assert_eq!(policy.check("exampletasks"), Err(PasswordRule::Name));
    /// assert_eq!(policy.check("acme-2026"), Err(PasswordRule::Name));
    /// ```
    #[must_use]
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.service_names.push(name.into());
        self
    }

    /// Checks a password by the rules that need neither names, nor time, nor the network.
    ///
    /// # Errors
    ///
    /// The first rule that the password breaks. Its text can be shown to the user.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{PasswordPolicy, PasswordRule};
    ///
    /// let policy = PasswordPolicy::nist();
    /// assert_eq!(policy.check("tr0ub4dor&3"), Err(PasswordRule::TooShort { minimum: 15 }));
    /// assert!(policy.check("correct horse battery staple").is_ok());
    /// let long = "a".repeat(1025);
    /// assert_eq!(policy.check(&long), Err(PasswordRule::TooLong { maximum_bytes: 1024 }));
    /// ```
    pub fn check(&self, password: &str) -> Result<(), PasswordRule> {
        self.check_with(password, &PasswordContext::new())
    }

    /// Checks a password as [`check`](Self::check) does, and by what is known of its user.
    ///
    /// # Errors
    ///
    /// The first rule that the password breaks. Its text can be shown to the user.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{PasswordContext, PasswordPolicy};
    ///
    /// let context = PasswordContext::new().username("alice");
    /// let broken = PasswordPolicy::asvs_l1().check_with("Alice2026!", &context).unwrap_err();
    /// let told = "the password is little more than a name of its user or of the service";
    /// assert_eq!(broken.to_string(), told);
    /// ```
    pub fn check_with(
        &self,
        password: &str,
        context: &PasswordContext<'_>,
    ) -> Result<(), PasswordRule> {
        if password.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordRule::TooLong { maximum_bytes: MAX_PASSWORD_BYTES });
        }
        let password = normal(password);
        if password.chars().count() < self.min_length {
            return Err(PasswordRule::TooShort { minimum: self.min_length });
        }
        if self.composition && !is_composed(&password) {
            return Err(PasswordRule::Composition);
        }
        if self.blocklist.has(&password) {
            return Err(PasswordRule::Common);
        }
        if context.make_up(&password, &self.service_names, self.min_length) {
            return Err(PasswordRule::Name);
        }
        Ok(())
    }

    /// Checks a password by all rules, before it is hashed: as [`check_with`](Self::check_with)
    /// does, then its score on a thread of the hasher, then by the
    /// [`breach_check`](Self::breach_check). An application that hashes passwords itself calls
    /// this; [`LoginRouter`](crate::LoginRouter) does.
    ///
    /// # Errors
    ///
    /// [`NewPasswordError::Rule`] with the first rule that the password breaks. With a score,
    /// [`NewPasswordError::Hasher`] where the hasher has no thread for it.
    ///
    /// # Panics
    ///
    /// With a [`breach_check`](Self::breach_check), outside of a tokio runtime that has timers.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Hasher, NewPasswordError, PasswordContext, PasswordPolicy};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), NewPasswordError> {
    /// let policy = PasswordPolicy::nist();
    /// let hasher = Hasher::new();
    /// let context = PasswordContext::new().username("alice").email("alice@example.com");
    /// policy.check_new("correct horse battery", &context, &hasher).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg_attr(not(feature = "zxcvbn"), allow(unused_variables, reason = "only a score uses it"))]
    pub async fn check_new(
        &self,
        password: &str,
        context: &PasswordContext<'_>,
        hasher: &Hasher,
    ) -> Result<(), NewPasswordError> {
        self.check_with(password, context)?;
        #[cfg(feature = "zxcvbn")]
        self.check_score(password, context, hasher).await?;
        match &self.breaches {
            Some(breaches) if breaches.have(&normal(password)).await => {
                Err(PasswordRule::Breached.into())
            }
            _ => Ok(()),
        }
    }
}

/// A symbol is what is neither letter nor digit nor space.
fn is_composed(password: &str) -> bool {
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    has(char::is_uppercase)
        && has(char::is_lowercase)
        && has(char::is_numeric)
        && has(|it| !it.is_alphanumeric() && !it.is_whitespace() && !it.is_control())
}

fn normal(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.nfc().collect())
}

fn lower_case(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.nfc().flat_map(char::to_lowercase).nfc().collect())
}
