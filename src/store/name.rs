//! User names, and the one rule that makes two of them the same.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use precis_profiles::precis_core::profile::{Profile, Rules};
use precis_profiles::{UsernameCaseMapped, UsernameCasePreserved};

use super::Email;

/// Longer texts are refused before any table of Unicode is asked.
pub(super) const LONGEST_INPUT: usize = 1024;
const LONGEST_USERNAME: usize = 64;

/// A user name by RFC 8265: 1 to 64 characters, without spaces, controls and `@`.
///
/// Register and login both go through [`new`](Username::new), so the same rule holds for both:
/// letter case and the Unicode form make no difference to the [`key`](Username::key), by which
/// a store finds the user; [`as_str`](Username::as_str) keeps the letter case for display.
/// `@` is refused so that no name can pass for another user's e-mail address.
///
/// Letters that merely look alike, as Latin `a` and Cyrillic `а`, remain different (RFC 8265,
/// section 8.2): don't let a displayed name alone decide whom to trust.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Username, UsernameError};
///
/// let name = Username::new("Alice_1")?;
/// assert_eq!(name.as_str(), "Alice_1");
/// assert_eq!(name.key(), Username::new("alice_1")?.key());
/// assert_eq!(Username::new("bob@home"), Err(UsernameError::AtSign));
/// # Ok::<(), UsernameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Username {
    shown: String,
    key: String,
}

impl Username {
    /// Checks and normalises a name.
    ///
    /// # Errors
    ///
    /// [`UsernameError`] says which rule the text breaks.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Username, UsernameError};
    ///
    /// assert!(Username::new("søren-2").is_ok());
    /// assert_eq!(Username::new(""), Err(UsernameError::Empty));
    /// assert_eq!(Username::new("alice liddell"), Err(UsernameError::Character));
    /// assert_eq!(Username::new(&"a".repeat(65)), Err(UsernameError::TooLong));
    /// ```
    pub fn new(text: &str) -> Result<Self, UsernameError> {
        if text.is_empty() {
            return Err(UsernameError::Empty);
        }
        if text.len() > LONGEST_INPUT {
            return Err(UsernameError::TooLong);
        }
        if narrow(text).contains('@') {
            return Err(UsernameError::AtSign);
        }
        let (shown, key) = enforce(text).ok_or(UsernameError::Character)?;
        if shown.chars().count() > LONGEST_USERNAME {
            return Err(UsernameError::TooLong);
        }
        Ok(Self { shown, key })
    }

    /// The name as it is shown: letter case kept, in NFC (profile UsernameCasePreserved).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Username;
    ///
    /// let name = Username::new("Zoe\u{308}")?; // an e, and the two dots that go above it
    /// assert_eq!(name.as_str(), "Zo\u{eb}");
    /// # Ok::<(), tower_bearer::UsernameError>(())
    /// ```
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// What must be unique, and what a user is looked up by (profile UsernameCaseMapped).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use tower_bearer::Username;
    ///
    /// let registered = HashMap::from([(Username::new("Alice")?.key().to_owned(), 7)]);
    /// assert_eq!(registered.get(Username::new("ALICE")?.key()), Some(&7));
    /// # Ok::<(), tower_bearer::UsernameError>(())
    /// ```
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// What a login form's one field for the name may hold: a user name or an e-mail address.
///
/// # Examples
///
/// ```
/// use tower_bearer::LoginName;
///
/// assert!(matches!(LoginName::new("Alice"), Some(LoginName::Username(_))));
/// assert!(matches!(LoginName::new("alice@example.com"), Some(LoginName::Email(_))));
/// assert_eq!(LoginName::new("no such name"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LoginName {
    /// A text without `@`.
    Username(Username),
    /// A text with `@`.
    Email(Email),
}

impl LoginName {
    /// Reads the field. `None`: no account can have this name, which to the client is the same
    /// as an unknown user.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::LoginName;
    ///
    /// let Some(LoginName::Email(email)) = LoginName::new("Alice@example.com") else {
    ///     panic!("it has an @ in it");
    /// };
    /// assert_eq!(email.key(), "alice@example.com");
    /// assert_eq!(LoginName::new("alice@@example.com"), None); // nobody's name
    /// ```
    pub fn new(text: &str) -> Option<Self> {
        if narrow(text).contains('@') {
            Email::new(text).ok().map(Self::Email)
        } else {
            Username::new(text).ok().map(Self::Username)
        }
    }
}

/// The rule that a user name breaks.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Username, UsernameError};
///
/// let hint = match Username::new("alice@example.com") {
///     Err(UsernameError::AtSign) => "The address has a field of its own.",
///     Err(error) => error.reason(),
///     Ok(_) => "",
/// };
/// assert_eq!(hint, "The address has a field of its own.");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UsernameError {
    /// There is no text.
    Empty,
    /// There are more than 64 characters.
    TooLong,
    /// There is an `@`.
    AtSign,
    /// There is a space, a control or another character that RFC 8264, section 4.2 disallows, or
    /// right-to-left text is mixed against RFC 5893, section 2.
    Character,
}

impl UsernameError {
    /// The constant text for the client.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Username;
    ///
    /// let refused = Username::new("two words").map_err(|error| error.reason());
    /// let reason = "the username contains a space or another character that is not allowed";
    /// assert_eq!(refused, Err(reason));
    /// ```
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Empty => "the username is empty",
            Self::TooLong => "the username has more than 64 characters",
            Self::AtSign => "the username contains an @",
            Self::Character => {
                "the username contains a space or another character that is not allowed"
            }
        }
    }
}

impl fmt::Display for UsernameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl Error for UsernameError {}

/// Full-width characters as the usual ones, so that `＠` counts as the `@` that it becomes.
pub(super) fn narrow(text: &str) -> Cow<'_, str> {
    UsernameCasePreserved::new().width_mapping_rule(text).unwrap_or(Cow::Borrowed(text))
}

/// The form to show and the form to compare.
pub(super) fn enforce(text: &str) -> Option<(String, String)> {
    let shown = UsernameCasePreserved::new().enforce(text).ok()?;
    let key = UsernameCaseMapped::new().enforce(text).ok()?;
    Some((shown.into_owned(), key.into_owned()))
}
