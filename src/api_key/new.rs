//! A key before and after it is made.

use std::time::Duration;

use super::ApiKey;
use crate::rate::Rate;
use crate::store::StoredApiKey;

/// A key that is about to be made.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::NewApiKey;
///
/// let new = NewApiKey::new("7", "nightly backup")
///     .scopes(["data:read"])
///     .lifetime(Duration::from_secs(30 * 24 * 3600))
///     .rate("60/minute".parse()?);
/// assert_eq!(new.rate.map(|rate| rate.to_string()).as_deref(), Some("60/minute"));
/// # Ok::<(), tower_bearer::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewApiKey<'a> {
    /// Whose key it will be.
    pub user_id: &'a str,
    /// What its owner calls it: up to 100 characters.
    pub name: &'a str,
    /// What it may do: at least one scope.
    pub scopes: Vec<String>,
    /// How long it lasts, in whole seconds. Default: [`ApiKeys::lifetime`](crate::ApiKeys::lifetime).
    pub lifetime: Option<Duration>,
    /// How often it may be used. Default: [`ApiKeys::rate`](crate::ApiKeys::rate).
    pub rate: Option<Rate>,
}

impl<'a> NewApiKey<'a> {
    /// A key of a user, with a name and without scopes.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::NewApiKey;
    ///
    /// let new = NewApiKey::new("7", "nightly backup");
    /// assert_eq!((new.user_id, new.name), ("7", "nightly backup"));
    /// assert!(new.scopes.is_empty()); // it needs at least one
    /// assert_eq!((new.lifetime, new.rate), (None, None)); // those of the `ApiKeys`
    /// ```
    pub const fn new(user_id: &'a str, name: &'a str) -> Self {
        Self { user_id, name, scopes: Vec::new(), lifetime: None, rate: None }
    }

    /// Sets what it may do; a second call replaces the scopes.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::NewApiKey;
    ///
    /// let asked = "data:read data:write";
    /// let new = NewApiKey::new("7", "backup").scopes(asked.split(' '));
    /// assert_eq!(new.scopes, ["data:read", "data:write"]);
    /// ```
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how long it lasts.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::NewApiKey;
    ///
    /// let days: Option<u64> = Some(30); // what a form said, or did not
    /// let lifetime = days.map(|days| Duration::from_secs(days * 24 * 3600));
    /// let new = NewApiKey::new("7", "backup").lifetime(lifetime);
    /// assert_eq!(new.lifetime, Some(Duration::from_secs(2_592_000)));
    /// ```
    #[must_use]
    pub fn lifetime(mut self, lifetime: impl Into<Option<Duration>>) -> Self {
        self.lifetime = lifetime.into();
        self
    }

    /// Sets how often it may be used, as [`ApiKeys::rate`](crate::ApiKeys::rate) does for all.
    ///
    /// # Examples
    ///
    /// What is over the rate is refused, with the time to wait:
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{
    ///     ApiKeyCheck, ApiKeySource, ApiKeyVerifier, ApiKeys, Clock, MemoryStore, NewApiKey,
    /// };
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]);
    /// let new = new.rate("1/minute".parse()?);
    /// let key = ApiKeys::new().issue(&store, new, now).await?.key;
    ///
    /// let keys = ApiKeyVerifier::new(store).clock(Clock::manual(now));
    /// assert!(matches!(keys.check_api_key(key.as_str()).await?, ApiKeyCheck::Valid(_)));
    /// let again = keys.check_api_key(key.as_str()).await?;
    /// let retry_after = Duration::from_secs(60);
    /// assert_eq!(again, ApiKeyCheck::RateExceeded { retry_after });
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }
}

/// A key that was made.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// use tower_bearer::{ApiKeys, MemoryStore, NewApiKey};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
/// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
/// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
/// let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]);
/// let issued = ApiKeys::new().issue(&store, new, now).await?;
/// let (text, id) = (issued.key.as_str(), &issued.stored.id);
/// assert!(text.starts_with(&format!("tb_{id}_")));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IssuedApiKey {
    /// The key, for its owner, now or never.
    pub key: ApiKey,
    /// What the store has of it.
    pub stored: StoredApiKey,
}
