//! Why no API key was made.

use std::error::Error;
use std::fmt;

use crate::store::StoreError;

/// Why an API key was not made.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// use tower_bearer::{ApiKeyError, ApiKeys, MemoryStore, NewApiKey};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
/// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
/// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
/// let field = async |new: NewApiKey<'_>| match ApiKeys::new().issue(&store, new, now).await {
///     Err(ApiKeyError::Name) => "name",
///     Err(ApiKeyError::Scopes) => "scopes",
///     _ => "",
/// };
/// assert_eq!(field(NewApiKey::new(&alice.id, " ").scopes(["data:read"])).await, "name");
/// assert_eq!(field(NewApiKey::new(&alice.id, "backup")).await, "scopes"); // it has none
/// # Ok(())
/// # }
/// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ApiKeyError, StoreError};
    ///
    /// let error = ApiKeyError::TooMany;
    /// assert_eq!(error.reason(), "there are too many API keys; revoke one first");
    /// // What the store said is no client's business.
    /// let error = ApiKeyError::Store(StoreError::new("users.id = 7"));
    /// assert_eq!(error.reason(), "the API key could not be stored");
    /// ```
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
