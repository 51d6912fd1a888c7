//! E-mail addresses to log in with.

use std::error::Error;
use std::fmt;

use super::name::{LONGEST_INPUT, enforce, narrow};

/// What an SMTP path has room for (RFC 5321, section 4.5.3.1.3).
const LONGEST_EMAIL: usize = 254;

/// An e-mail address to log in with: at most 254 bytes of the form `name@domain`.
///
/// The parts around the `@` and between the dots of the domain follow the rule of
/// [`Username`](crate::Username). Quoted names (`"a b"@example.com`) are refused. Whether mail
/// arrives there is not checked.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Email, EmailError};
///
/// let email = Email::new("Alice+Shop@Example.com")?;
/// assert_eq!(email.as_str(), "Alice+Shop@Example.com");
/// assert_eq!(email.key(), "alice+shop@example.com");
/// assert_eq!(Email::new("alice"), Err(EmailError::Form));
/// # Ok::<(), EmailError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email {
    shown: String,
    key: String,
}

impl Email {
    /// Checks and normalises an address.
    ///
    /// # Errors
    ///
    /// [`EmailError`] says which rule the text breaks.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Email, EmailError};
    ///
    /// assert!(Email::new("alice@example.com").is_ok());
    /// assert_eq!(Email::new("alice@"), Err(EmailError::Form));
    /// assert_eq!(Email::new("alice liddell@example.com"), Err(EmailError::Character));
    /// let long = format!("{}@example.com", "a".repeat(250));
    /// assert_eq!(Email::new(&long), Err(EmailError::TooLong));
    /// ```
    pub fn new(text: &str) -> Result<Self, EmailError> {
        if text.len() > LONGEST_INPUT {
            return Err(EmailError::TooLong);
        }
        let text = narrow(text);
        let (local, domain) = text.split_once('@').ok_or(EmailError::Form)?;
        let (mut shown, mut key) = part(local)?;
        // Label by label: a right-to-left one may stand beside a left-to-right one.
        for (position, label) in domain.split('.').enumerate() {
            let (shown_label, key_label) = part(label)?;
            let separator = if position == 0 { '@' } else { '.' };
            shown.push(separator);
            shown.push_str(&shown_label);
            key.push(separator);
            key.push_str(&key_label);
        }
        if shown.len() > LONGEST_EMAIL {
            return Err(EmailError::TooLong);
        }
        Ok(Self { shown, key })
    }

    /// The address as it is shown and written to: letter case kept.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Email;
    ///
    /// let email = Email::new("Alice.Liddell@Example.com")?;
    /// assert_eq!(format!("To: {}", email.as_str()), "To: Alice.Liddell@Example.com");
    /// # Ok::<(), tower_bearer::EmailError>(())
    /// ```
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// What must be unique, and what a user is looked up by: lower case, in NFC.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Email;
    ///
    /// let (stored, typed) = (Email::new("alice@example.com")?, Email::new("ALICE@EXAMPLE.COM")?);
    /// assert_eq!(stored.key(), typed.key());
    /// assert_ne!(stored, typed); // they are not shown in the same way
    /// # Ok::<(), tower_bearer::EmailError>(())
    /// ```
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// The rule that an e-mail address breaks.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Email, EmailError};
///
/// let hint = match Email::new("alice(at)example.com") {
///     Err(EmailError::Form) => "An address has one @ in it.",
///     Err(EmailError::TooLong) => "That is too long.",
///     Err(_) => "A character is not allowed.",
///     Ok(_) => "",
/// };
/// assert_eq!(hint, "An address has one @ in it.");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EmailError {
    /// There are more than 254 bytes.
    TooLong,
    /// The text is not `name@domain` with exactly one `@` and no empty part.
    Form,
    /// There is a character that [`UsernameError::Character`](crate::UsernameError::Character) describes.
    Character,
}

impl EmailError {
    /// The constant text for the client.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::EmailError;
    ///
    /// assert_eq!(EmailError::Form.reason(), "the e-mail address is not of the form name@domain");
    /// assert_eq!(EmailError::Form.reason(), EmailError::Form.to_string());
    /// ```
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooLong => "the e-mail address has more than 254 bytes",
            Self::Form => "the e-mail address is not of the form name@domain",
            Self::Character => {
                "the e-mail address contains a space or another character that is not allowed"
            }
        }
    }
}

impl fmt::Display for EmailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl Error for EmailError {}

fn part(text: &str) -> Result<(String, String), EmailError> {
    if text.is_empty() || text.contains('@') {
        return Err(EmailError::Form);
    }
    enforce(text).ok_or(EmailError::Character)
}
