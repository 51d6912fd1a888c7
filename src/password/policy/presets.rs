//! Policies that have a name.

use std::str::FromStr;

use super::PasswordPolicy;
use super::blocklist::Blocklist;
use crate::ConfigError;

impl PasswordPolicy {
    /// At least 15 characters, which NIST SP 800-63B-4 (section 3.1.1.2) demands of a password
    /// that is the only factor, and at most 1024 bytes. This is the default.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::PasswordPolicy;
    ///
    /// let policy = PasswordPolicy::nist();
    /// assert!(policy.check("fourteen chars").is_err());
    /// assert!(policy.check("fifteen letters").is_ok());
    /// ```
    pub const fn nist() -> Self {
        Self::of_length(15)
    }

    /// At least 8 characters, which NIST SP 800-63B-4 (section 3.1.1.2) takes where a password is
    /// one of several factors, and at most 1024 bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::PasswordPolicy;
    ///
    /// assert!(PasswordPolicy::nist_mfa().check("lion-42k").is_ok());
    /// assert!(PasswordPolicy::nist().check("lion-42k").is_err()); // alone it would not do
    /// ```
    pub const fn nist_mfa() -> Self {
        Self::of_length(8)
    }

    /// At least 8 characters, the minimum of OWASP ASVS 5.0 (6.2.1), and at most 1024 bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{PasswordPolicy, PasswordRule};
    ///
    /// let policy = PasswordPolicy::asvs_l1();
    /// assert!(policy.check("lion-42k").is_ok());
    /// assert_eq!(policy.check("password"), Err(PasswordRule::Common));
    /// ```
    pub const fn asvs_l1() -> Self {
        Self::of_length(8)
    }

    /// The rule of many guides: at least 8 characters, among them an upper-case letter, a
    /// lower-case letter, a digit and a symbol.
    ///
    /// Neither NIST nor ASVS allows such a rule. It is there for who must keep one.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{PasswordPolicy, PasswordRule};
    ///
    /// let policy = PasswordPolicy::composition();
    /// assert_eq!(policy.check("correct horse battery"), Err(PasswordRule::Composition));
    /// assert!(policy.check("Lion-42k").is_ok());
    /// ```
    pub const fn composition() -> Self {
        let mut policy = Self::of_length(8);
        policy.composition = true;
        policy
    }

    const fn of_length(min_length: usize) -> Self {
        Self {
            min_length,
            composition: false,
            blocklist: Blocklist::new(),
            service_names: Vec::new(),
            #[cfg(feature = "zxcvbn")]
            min_score: 0,
            breaches: None,
        }
    }
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self::nist()
    }
}

/// The name of a preset, for a setting: `nist`, `nist-mfa`, `asvs` or `composition`.
///
/// # Examples
///
/// ```
/// use tower_bearer::{ConfigError, PasswordPolicy};
///
/// let policy: PasswordPolicy = "asvs".parse()?;
/// assert!("strong".parse::<PasswordPolicy>().is_err());
/// # let _ = policy;
/// # Ok::<(), ConfigError>(())
/// ```
impl FromStr for PasswordPolicy {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        match name {
            "nist" => Ok(Self::nist()),
            "nist-mfa" => Ok(Self::nist_mfa()),
            "asvs" => Ok(Self::asvs_l1()),
            "composition" => Ok(Self::composition()),
            _ => Err(ConfigError::InvalidValue {
                setting: "password policy",
                rule: "use `nist`, `nist-mfa`, `asvs` or `composition`",
            }),
        }
    }
}
