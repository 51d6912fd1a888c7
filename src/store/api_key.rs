//! API keys, as a store keeps them.

use std::fmt;
use std::time::Duration;

/// One API key, as a store keeps it: no client can use what is in here.
///
/// A key that was revoked is gone from the store.
///
/// # Examples
///
/// See [`ApiKeys`](crate::ApiKeys).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredApiKey {
    /// What the key is looked up by, and revoked by: public, unique in the store.
    pub id: String,
    /// Whose key it is.
    pub user_id: String,
    /// What its owner calls it.
    pub name: String,
    /// What its text begins with, before the ID.
    pub prefix: String,
    /// What it may do, as long as its owner may: each a scope by RFC 6749, section 3.3. Default:
    /// none.
    pub scopes: Vec<String>,
    /// How often it may be used, as `60/minute`: a number, and `second`, `minute`, `hour` or `day`.
    /// Default: as often as it likes.
    pub rate: Option<String>,
    /// SHA-256 of its whole text.
    pub hash: [u8; 32],
    /// When it was made, in whole seconds since the Unix epoch.
    pub created_at: Duration,
    /// When it expires, in whole seconds since the Unix epoch.
    pub expires_at: Duration,
    /// When it was used last, in whole seconds since the Unix epoch, to a minute. Default: never.
    pub last_used_at: Option<Duration>,
}

impl StoredApiKey {
    /// A key with the defaults of the fields. For stores, which set the rest.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::StoredApiKey;
    ///
    /// let (now, day) = (Duration::from_secs(1_700_000_000), Duration::from_secs(24 * 3600));
    /// let mut key = StoredApiKey::new("51ab0c", "7", "backup", "acme", [7; 32], now, now + day);
    /// key.scopes = vec!["data:read".to_owned()];
    /// assert_eq!((key.rate.as_deref(), key.last_used_at), (None, None));
    /// assert!(!format!("{key:?}").contains("hash"));
    /// ```
    pub fn new(
        id: impl Into<String>,
        user_id: impl Into<String>,
        name: impl Into<String>,
        prefix: impl Into<String>,
        hash: [u8; 32],
        created_at: Duration,
        expires_at: Duration,
    ) -> Self {
        Self {
            id: id.into(),
            user_id: user_id.into(),
            name: name.into(),
            prefix: prefix.into(),
            scopes: Vec::new(),
            rate: None,
            hash,
            created_at,
            expires_at,
            last_used_at: None,
        }
    }

    /// The part of its text that is no secret, for its owner, or whoever finds a copy, to know it
    /// by: `<prefix>_<id>`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::StoredApiKey;
    ///
    /// let now = Duration::from_secs(1_700_000_000);
    /// let key = StoredApiKey::new("51ab0c", "7", "backup", "acme_live", [7; 32], now, now);
    /// assert_eq!(key.public_part(), "acme_live_51ab0c");
    /// ```
    pub fn public_part(&self) -> String {
        format!("{}_{}", self.prefix, self.id)
    }
}

impl fmt::Debug for StoredApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredApiKey")
            .field("id", &self.id)
            .field("user_id", &self.user_id)
            .field("name", &self.name)
            .field("scopes", &self.scopes)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// The order of lists of keys: the newest comes first.
pub(super) fn by_age(one: &StoredApiKey, other: &StoredApiKey) -> std::cmp::Ordering {
    other.created_at.cmp(&one.created_at).then_with(|| one.id.cmp(&other.id))
}

/// The owner of a key, as far as the key depends on them.
///
/// # Examples
///
/// ```
/// use tower_bearer::ApiKeyOwner;
///
/// let owner = ApiKeyOwner::new(true, ["items:read".to_owned()]);
/// assert!(owner.is_active);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiKeyOwner {
    /// Whether the owner may log in. Where not, no key of theirs is good.
    pub is_active: bool,
    /// What the owner may do. A key may do none else.
    pub scopes: Vec<String>,
}

impl ApiKeyOwner {
    /// An owner: whether they may log in, and the scopes that they hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::ApiKeyOwner;
    ///
    /// // As a store makes it of the row of a user, scopes in one column.
    /// let (is_active, scopes) = (false, "items:read items:write");
    /// let owner = ApiKeyOwner::new(is_active, scopes.split(' ').map(str::to_owned));
    /// assert!(!owner.is_active); // so no key of theirs is good
    /// assert_eq!(owner.scopes, ["items:read", "items:write"]);
    /// ```
    pub fn new(is_active: bool, scopes: impl IntoIterator<Item = String>) -> Self {
        Self { is_active, scopes: scopes.into_iter().collect() }
    }
}
