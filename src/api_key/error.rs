//! Why no API key was made.

use std::error::Error;
use std::fmt;

use crate::store::StoreError;

/// Why an API key was not made.
///
/// # Examples
///
/// See [`ApiKeys::issue`](crate::ApiKeys::issue).
#[derive(Debug)]
#[non_exhaustive]
pub enum ApiKeyError {
    /// The name is empty, has more than 100 characters, or has a control character.
    Name,
    /// There is no scope, there are more than 100, or one is none by RFC 6749, section 3.3.
    Scopes,
    /// The lifetime is zero, or above [`ApiKeys::max_lifetime`](crate::ApiKeys::max_lifetime).
    Lifetime,
    /// The user has as many keys as [`ApiKeys::max_per_user`](crate::ApiKeys::max_per_user) allows.
    TooMany,
    /// The store failed, or there were no random bytes.
    Store(StoreError),
}

impl ApiKeyError {
    /// The constant text for the client.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Name => "the name has no character, more than 100, or a control character",
            Self::Scopes => "the scopes are none, more than 100, or malformed",
            Self::Lifetime => "the lifetime is zero or too long",
            Self::TooMany => "there are too many API keys; revoke one first",
            Self::Store(_) => "the API key could not be stored",
        }
    }
}

impl fmt::Display for ApiKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl Error for ApiKeyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl From<StoreError> for ApiKeyError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
