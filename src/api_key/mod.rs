//! API keys: made, and verified.

mod error;
mod new;
mod text;
mod usage;
mod verifier;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use error::ApiKeyError;
pub use new::{IssuedApiKey, NewApiKey};
pub use text::ApiKey;
pub use verifier::ApiKeyVerifier;

use crate::ConfigError;
use crate::rate::Rate;
use crate::store::{ApiKeyStore, StoreError, StoredApiKey};
use crate::token::is_scope_token;

const LONGEST_NAME: usize = 100;
const MOST_SCOPES: usize = 100;

/// The rules by which API keys are made: what they look like, how long they last, how many there are.
///
/// A key is `<prefix>_<id>_<secret><checksum>`, all in lower-case hexadecimal but the prefix: an ID of 24
/// digits by which it is looked up and revoked, a secret of 256 random bits, and 8 digits that
/// are the beginning of the SHA-256 of what stands before them, by which a scanner tells a key
/// from a text that looks like one. The store gets the SHA-256 of the whole, so that a copy of it gives
/// no key.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{
///     ApiKeyCheck, ApiKeySource, ApiKeyStore, ApiKeyVerifier, ApiKeys, Clock, MemoryStore,
///     NewApiKey, NewUser, UserStore, Username,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let now = Duration::from_secs(1_700_000_000);
/// let alice = NewUser::new(Username::new("alice")?, "$argon2id$...").scopes(["data:read"]);
/// let alice = store.insert_user(alice, now).await?;
///
/// let rules = ApiKeys::new().prefix("acme")?.lifetime(Duration::from_secs(30 * 24 * 3600));
/// let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]).rate("60/minute".parse()?);
/// let issued = rules.issue(&store, new, now).await?;
/// assert!(issued.key.as_str().starts_with(&issued.stored.public_part()));
///
/// let keys = ApiKeyVerifier::new(store.clone()).clock(Clock::manual(now));
/// let check = keys.check_api_key(issued.key.as_str()).await?;
/// assert!(matches!(check, ApiKeyCheck::Valid(key) if key.owner == alice.id));
///
/// store.revoke_api_key(&alice.id, &issued.stored.id).await?;
/// assert_eq!(keys.check_api_key(issued.key.as_str()).await?, ApiKeyCheck::Invalid);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ApiKeys {
    prefix: String,
    lifetime: Duration,
    max_lifetime: Duration,
    max_per_user: usize,
    rate: Option<Rate>,
}

impl ApiKeys {
    /// Keys that begin with `tb`, for 90 days, or up to 365 where more is asked for; 50 of a user,
    /// each as often as it likes.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{ApiKeys, MemoryStore, NewApiKey};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]);
    /// let key = ApiKeys::new().issue(&store, new, now).await?;
    /// assert!(key.key.as_str().starts_with("tb_"));
    /// assert_eq!(key.stored.expires_at - now, Duration::from_secs(90 * 24 * 3600));
    /// # Ok(())
    /// # }
    /// ```
    pub fn new() -> Self {
        Self {
            prefix: "tb".to_owned(),
            lifetime: days(90),
            max_lifetime: days(365),
            max_per_user: 50,
            rate: None,
        }
    }

    /// What keys begin with, so that people and scanners know whose they are: `acme_live`. Default:
    /// `tb`. Keys that exist already keep theirs.
    ///
    /// # Errors
    ///
    /// When it has more than 24 characters, or others than lower-case letters, digits and single
    /// underscores between them.
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
    /// let rules = ApiKeys::new().prefix("acme_live")?;
    /// let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]);
    /// assert!(rules.issue(&store, new, now).await?.key.as_str().starts_with("acme_live_"));
    /// assert!(ApiKeys::new().prefix("Acme-Live").is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn prefix(mut self, prefix: &str) -> Result<Self, ConfigError> {
        if !text::is_prefix(prefix) {
            return Err(ConfigError::InvalidValue {
                setting: "prefix of API keys",
                rule: "it has up to 24 lower-case letters and digits, and single underscores \
                       between them, as acme_live",
            });
        }
        self.prefix = prefix.to_owned();
        Ok(self)
    }

    /// How long a key lasts that is made without a lifetime, in whole seconds. Default: 90 days. It
    /// is cut to the [longest](Self::max_lifetime).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{ApiKeys, MemoryStore, NewApiKey};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let week = Duration::from_secs(7 * 24 * 3600);
    /// let new = NewApiKey::new(&alice.id, "trial").scopes(["data:read"]);
    /// let key = ApiKeys::new().lifetime(week).issue(&store, new, now).await?;
    /// assert_eq!(key.stored.expires_at, now + week);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The longest that a key may last, in whole seconds. Default: 365 days.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{ApiKeyError, ApiKeys, MemoryStore, NewApiKey};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let day = Duration::from_secs(24 * 3600);
    /// let rules = ApiKeys::new().max_lifetime(30 * day);
    /// let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]);
    ///
    /// let refused = rules.issue(&store, new.clone().lifetime(31 * day), now).await;
    /// assert!(matches!(refused, Err(ApiKeyError::Lifetime)));
    /// let key = rules.issue(&store, new, now).await?; // the 90 days of the default are cut
    /// assert_eq!(key.stored.expires_at, now + 30 * day);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_lifetime = lifetime;
        self
    }

    /// How many keys a user may have, expired ones included. Default: 50.
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
    /// let rules = ApiKeys::new().max_per_user(1);
    /// let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]);
    /// rules.issue(&store, new.clone(), now).await?;
    /// let second = rules.issue(&store, new, now).await;
    /// assert!(matches!(second, Err(ApiKeyError::TooMany)));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn max_per_user(mut self, most: usize) -> Self {
        self.max_per_user = most;
        self
    }

    /// How often a key may be used that is made without a rate of its own. Default: as often as it
    /// likes.
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
    /// let rules = ApiKeys::new().rate("1000/hour".parse()?);
    /// let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]);
    /// let usual = rules.issue(&store, new.clone(), now).await?;
    /// let special = rules.issue(&store, new.rate("5/second".parse()?), now).await?;
    /// assert_eq!(usual.stored.rate.as_deref(), Some("1000/hour"));
    /// assert_eq!(special.stored.rate.as_deref(), Some("5/second"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// Makes a key and stores it. `now` is the time since the Unix epoch. Whether the owner holds the
    /// scopes is not looked at here: a key can do no more than its owner, now or later.
    ///
    /// # Errors
    ///
    /// [`ApiKeyError`] says what is wrong with the new key; nothing is stored then.
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
    /// let rules = ApiKeys::new();
    /// let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]);
    /// let issued = rules.issue(&store, new.clone(), now).await?;
    /// println!("{}", issued.key.as_str()); // to Alice, and never again
    /// assert_eq!(issued.stored.user_id, alice.id);
    ///
    /// let refused = rules.issue(&store, new.scopes(["data read"]), now).await;
    /// assert!(matches!(refused, Err(ApiKeyError::Scopes)));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn issue<S: ApiKeyStore>(
        &self,
        store: &S,
        new: NewApiKey<'_>,
        now: Duration,
    ) -> Result<IssuedApiKey, ApiKeyError> {
        let name = checked_name(new.name)?;
        let scopes = checked_scopes(new.scopes)?;
        let lifetime = new.lifetime.unwrap_or(self.lifetime.min(self.max_lifetime));
        if lifetime.as_secs() == 0 || lifetime > self.max_lifetime {
            return Err(ApiKeyError::Lifetime);
        }
        let minted = text::mint(&self.prefix).map_err(StoreError::new)?;
        let born = Duration::from_secs(now.as_secs());
        let over = born.saturating_add(Duration::from_secs(lifetime.as_secs()));
        let (user, prefix) = (new.user_id, self.prefix.as_str());
        let mut stored = StoredApiKey::new(minted.id, user, name, prefix, minted.hash, born, over);
        stored.scopes = scopes;
        stored.rate = new.rate.or(self.rate).map(|rate| rate.to_string());
        if !store.insert_api_key(&stored, self.max_per_user).await? {
            return Err(ApiKeyError::TooMany);
        }
        Ok(IssuedApiKey { key: minted.key, stored })
    }
}

impl Default for ApiKeys {
    fn default() -> Self {
        Self::new()
    }
}

fn checked_name(name: &str) -> Result<&str, ApiKeyError> {
    let name = name.trim();
    let fits = !name.is_empty()
        && name.chars().count() <= LONGEST_NAME
        && !name.chars().any(char::is_control);
    if fits { Ok(name) } else { Err(ApiKeyError::Name) }
}

fn checked_scopes(mut scopes: Vec<String>) -> Result<Vec<String>, ApiKeyError> {
    let fit = (1..=MOST_SCOPES).contains(&scopes.len())
        && scopes.iter().all(|scope| is_scope_token(scope));
    scopes.sort();
    scopes.dedup();
    if fit { Ok(scopes) } else { Err(ApiKeyError::Scopes) }
}

const fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 3600)
}
