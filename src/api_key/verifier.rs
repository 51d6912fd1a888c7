//! Whether a key is good.

use std::fmt;
use std::sync::Arc;

use subtle::ConstantTimeEq;

use super::text;
use super::usage::{Usage, Use};
use crate::clock::Clock;
use crate::meter::{self, STORE_ERRORS};
use crate::store::{ApiKeyStore, StoreError};
use crate::subject::{ApiKeyCheck, ApiKeySource, VerifiedApiKey};

/// Verifies the API keys of a store, for [`JwtAuthLayer::api_keys`](crate::JwtAuthLayer::api_keys).
///
/// A key is good while it is in the store, has not expired, and its owner is active, all of which one
/// look into the store tells. It may do what it was made for, as far as its owner may do that now; the
/// owner's roles it never has.
///
/// The rate of a key is counted in the memory of the process, by this verifier and its clones: with
/// several nodes, each allows all of it. That a key was used is written to the store at most
/// once a minute and node, before the request goes on; a fault there is logged and fails no request.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// use tower_bearer::{
///     AccountStore, ApiKeyCheck, ApiKeySource, ApiKeyVerifier, MemoryStore, UserChange,
/// };
/// # use tower_bearer::{ApiKeys, Clock, NewApiKey};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
/// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
/// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
/// # let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read", "data:write"]);
/// # let key = ApiKeys::new().issue(&store, new, now).await?.key;
/// let keys = ApiKeyVerifier::new(store.clone());
/// # let keys = keys.clock(Clock::manual(now));
/// let ApiKeyCheck::Valid(verified) = keys.check_api_key(key.as_str()).await? else {
///     panic!("it is good");
/// };
/// // It was made for more, but its owner may not write.
/// assert_eq!(verified.scopes, ["data:read"]);
///
/// store.update_user(&alice.id, &UserChange::new().is_active(false)).await?;
/// assert_eq!(keys.check_api_key(key.as_str()).await?, ApiKeyCheck::Invalid);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ApiKeyVerifier<S> {
    store: S,
    clock: Clock,
    usage: Arc<Usage>,
}

impl<S: ApiKeyStore> ApiKeyVerifier<S> {
    /// A verifier of all keys of a store.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ApiKeyCheck, ApiKeySource, ApiKeyVerifier, MemoryStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), tower_bearer::StoreError> {
    /// let keys = ApiKeyVerifier::new(MemoryStore::new());
    /// assert_eq!(keys.check_api_key("tb_no_such_key").await?, ApiKeyCheck::Invalid);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(store: S) -> Self {
        Self { store, clock: Clock::system(), usage: Arc::default() }
    }

    /// Takes the time from this clock. Default: that of the system.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{ApiKeyCheck, ApiKeySource, ApiKeyVerifier, Clock, MemoryStore};
    /// # use tower_bearer::{ApiKeys, NewApiKey};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// # let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]);
    /// # let issued = ApiKeys::new().issue(&store, new, now).await?;
    /// let over = Clock::manual(issued.stored.expires_at);
    /// let keys = ApiKeyVerifier::new(store).clock(over);
    /// assert_eq!(keys.check_api_key(issued.key.as_str()).await?, ApiKeyCheck::Invalid);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    async fn note_use(&self, id: &str) {
        if let Err(error) = self.store.touch_api_key(id, self.clock.now()).await {
            meter::count(&STORE_ERRORS, ["api_keys"]);
            crate::trace::warn!(
                target: "tower_bearer::store",
                %error,
                "the last use of an API key could not be noted"
            );
            let _ = error;
        }
    }
}

impl<S: ApiKeyStore> ApiKeySource for ApiKeyVerifier<S> {
    type Error = StoreError;

    async fn check_api_key(&self, key: &str) -> Result<ApiKeyCheck, StoreError> {
        // What has no checksum is not looked up: a scan for keys costs the store nothing.
        let Some(presented) = text::parse(key) else { return Ok(ApiKeyCheck::Invalid) };
        let Some((stored, owner)) = self.store.find_api_key(presented.id).await? else {
            return Ok(ApiKeyCheck::Invalid);
        };
        let is_it = bool::from(presented.hash.ct_eq(&stored.hash));
        if !is_it || self.clock.now() >= stored.expires_at || !owner.is_active {
            return Ok(ApiKeyCheck::Invalid);
        }
        match self.usage.count(&stored, self.clock.now()) {
            Ok(Use::Allowed { to_note: true }) => self.note_use(&stored.id).await,
            Ok(Use::Allowed { to_note: false }) => {}
            Ok(Use::Exceeded { retry_after }) => {
                return Ok(ApiKeyCheck::RateExceeded { retry_after });
            }
            // Not without a limit because somebody mistyped it.
            Err(_) => return Err(StoreError::new("the rate of an API key can't be read")),
        }
        let mut verified = VerifiedApiKey::new(stored.id, stored.user_id);
        verified.scopes = stored.scopes;
        verified.scopes.retain(|scope| owner.scopes.contains(scope));
        verified.created_at = Some(stored.created_at);
        verified.expires_at = Some(stored.expires_at);
        Ok(ApiKeyCheck::Valid(verified))
    }
}

impl<S> fmt::Debug for ApiKeyVerifier<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyVerifier").field("clock", &self.clock).finish_non_exhaustive()
    }
}
