//! What the verifying side may ask of a store.

use std::any::Any;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use http::Extensions;

use crate::Token;

/// Knows the users whom tokens name, for
/// [`JwtAuthLayer::users`](crate::JwtAuthLayer::users).
///
/// Every `UserStore` of the feature `store` is one, with its `User`. A service without it
/// implements this for whatever holds its users.
///
/// # Examples
///
/// ```
/// use std::collections::HashMap;
/// use std::convert::Infallible;
/// use tower_bearer::{SubjectStore, Token};
///
/// #[derive(Clone)]
/// struct Person {
///     name: String,
///     is_blocked: bool,
/// }
///
/// struct People(HashMap<String, Person>);
///
/// impl SubjectStore for People {
///     type Subject = Person;
///     type Error = Infallible;
///
///     async fn active_subject(&self, token: &Token) -> Result<Option<Person>, Infallible> {
///         let person = token.subject().and_then(|subject| self.0.get(subject));
///         Ok(person.filter(|person| !person.is_blocked).cloned())
///     }
/// }
/// ```
pub trait SubjectStore: Send + Sync + 'static {
    /// A user, as handlers get it.
    type Subject: Clone + Send + Sync + 'static;
    /// Why the store can't tell. It is logged by its `Display`, so that should quote no secret.
    type Error: Error;

    /// The user whom the token is about: `None` where there is none, or none who may be here now.
    ///
    /// # Errors
    ///
    /// When the store can't tell. The request is then answered with 503.
    ///
    /// # Examples
    ///
    /// A store of the feature `store` asks for the user of the token's `sub`:
    ///
    /// ```
    /// # #[cfg(feature = "store")]
    /// # use std::time::Duration;
    /// # #[cfg(feature = "store")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use tower_bearer::{AccountStore, Grant, Issuer, MemoryStore, SubjectStore, UserChange};
    ///
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let issuer = Issuer::for_tests();
    /// let token = issuer.verifier()?.verify(&issuer.issue(&Grant::new(&alice.id))?).await?;
    /// assert!(store.active_subject(&token).await?.is_some_and(|user| user.username == "Alice"));
    ///
    /// store.update_user(&alice.id, &UserChange::new().is_active(false)).await?;
    /// assert_eq!(store.active_subject(&token).await?, None);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "store"))]
    /// # fn main() {}
    /// ```
    fn active_subject(
        &self,
        token: &Token,
    ) -> impl Future<Output = Result<Option<Self::Subject>, Self::Error>> + Send;
}

/// Knows which tokens are revoked though they have not expired, for
/// [`JwtAuthLayer::revocations`](crate::JwtAuthLayer::revocations).
///
/// Every store of the feature `store` is one. A service without it implements this for whatever
/// holds its list.
///
/// # Examples
///
/// ```
/// use std::collections::HashSet;
/// use std::convert::Infallible;
/// use tower_bearer::{Revocations, Token};
///
/// struct Revoked(HashSet<String>);
///
/// impl Revocations for Revoked {
///     type Error = Infallible;
///
///     async fn is_revoked(&self, token: &Token) -> Result<bool, Infallible> {
///         Ok(token.id().is_some_and(|id| self.0.contains(id)))
///     }
/// }
/// ```
pub trait Revocations: Send + Sync + 'static {
    /// Why the store can't tell. It is logged by its `Display`, so that should quote no secret.
    type Error: Error;

    /// Whether this token, which is valid otherwise, is good for nothing any more.
    ///
    /// # Errors
    ///
    /// When the store can't tell. The request is then answered with 503.
    ///
    /// # Examples
    ///
    /// A token whose session has ended, for a store of the feature `store`:
    ///
    /// ```
    /// # #[cfg(feature = "store")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use tower_bearer::{Grant, Issuer, MemoryStore, Revocations};
    ///
    /// let (store, issuer) = (MemoryStore::new(), Issuer::for_tests());
    /// let verifier = issuer.verifier()?;
    /// let of_session = issuer.issue(&Grant::new("alice").session_id("one that has ended"))?;
    /// assert!(store.is_revoked(&verifier.verify(&of_session).await?).await?);
    /// let of_none = issuer.issue(&Grant::new("alice"))?;
    /// assert!(!store.is_revoked(&verifier.verify(&of_none).await?).await?);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "store"))]
    /// # fn main() {}
    /// ```
    fn is_revoked(&self, token: &Token) -> impl Future<Output = Result<bool, Self::Error>> + Send;
}

/// The user whom the token of the request is about, as
/// [`JwtAuthLayer::users`](crate::JwtAuthLayer::users) loaded it. With the feature `axum-core` it
/// is an extractor; [`of`](Self::of) is for services without axum.
///
/// # Examples
///
/// See [`JwtAuthLayer::users`](crate::JwtAuthLayer::users).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CurrentUser<U>(pub U);

impl<U: Send + Sync + 'static> CurrentUser<U> {
    /// The user in the extensions of a request: `None` where no layer loaded one of this type.
    ///
    /// # Examples
    ///
    /// ```
    /// use http::Request;
    /// use tower_bearer::CurrentUser;
    ///
    /// fn name(request: &Request<String>) -> Option<&str> {
    ///     CurrentUser::<String>::of(request.extensions()).map(String::as_str)
    /// }
    /// # assert_eq!(name(&Request::new(String::new())), None);
    /// ```
    pub fn of(extensions: &Extensions) -> Option<&U> {
        extensions.get::<LoadedUser>()?.0.downcast_ref()
    }
}

/// What is in the extensions: one type, whatever that of the user, so that a layer can take out
/// what another layer outside it put there for another token.
#[derive(Clone)]
pub(crate) struct LoadedUser(Arc<dyn Any + Send + Sync>);

impl LoadedUser {
    pub(crate) fn new<U: Send + Sync + 'static>(user: U) -> Self {
        Self(Arc::new(user))
    }
}

/// Knows API keys, for [`JwtAuthLayer::api_keys`](crate::JwtAuthLayer::api_keys).
///
/// With the feature `store`, `ApiKeyVerifier` is one, over any `ApiKeyStore`. A service whose keys
/// come from elsewhere implements this.
///
/// # Examples
///
/// The one key of another service of ours, from the environment:
///
/// ```
/// # #[cfg(feature = "store")] {
/// use std::convert::Infallible;
/// use subtle::ConstantTimeEq;
/// use tower_bearer::{ApiKeyCheck, ApiKeySource, VerifiedApiKey};
///
/// struct Billing {
///     key: String,
/// }
///
/// impl ApiKeySource for Billing {
///     type Error = Infallible;
///
///     async fn check_api_key(&self, key: &str) -> Result<ApiKeyCheck, Infallible> {
///         if !bool::from(key.as_bytes().ct_eq(self.key.as_bytes())) {
///             return Ok(ApiKeyCheck::Invalid);
///         }
///         let mut holder = VerifiedApiKey::new("billing", "service:billing");
///         holder.scopes.push("invoices:read".to_owned());
///         Ok(ApiKeyCheck::Valid(holder))
///     }
/// }
/// # }
/// ```
pub trait ApiKeySource: Send + Sync + 'static {
    /// Why the source can't tell. It is logged by its `Display`, so that should quote no key.
    type Error: Error;

    /// What becomes of a request with this text for a key. Any text without spaces and controls
    /// may come.
    ///
    /// # Errors
    ///
    /// When the source can't tell. The request is then answered with 503.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::convert::Infallible;
    /// use tower_bearer::{ApiKeyCheck, ApiKeySource};
    ///
    /// /// Keys of a service that is closed for the night.
    /// struct Closed;
    ///
    /// impl ApiKeySource for Closed {
    ///     type Error = Infallible;
    ///
    ///     async fn check_api_key(&self, _key: &str) -> Result<ApiKeyCheck, Infallible> {
    ///         Ok(ApiKeyCheck::Invalid)
    ///     }
    /// }
    /// # tokio_test::block_on(async {
    /// assert_eq!(Closed.check_api_key("tb_51ab0c").await, Ok(ApiKeyCheck::Invalid));
    /// # });
    /// ```
    fn check_api_key(
        &self,
        key: &str,
    ) -> impl Future<Output = Result<ApiKeyCheck, Self::Error>> + Send;
}

/// What an [`ApiKeySource`] says of a key.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{ApiKeyCheck, VerifiedApiKey};
///
/// let status = |check: &ApiKeyCheck| match check {
///     ApiKeyCheck::Valid(_) => 200,
///     ApiKeyCheck::Invalid => 401,
///     ApiKeyCheck::RateExceeded { .. } => 429,
///     _ => 503,
/// };
/// assert_eq!(status(&ApiKeyCheck::Valid(VerifiedApiKey::new("51ab0c", "alice"))), 200);
/// let retry_after = Duration::from_secs(12);
/// assert_eq!(status(&ApiKeyCheck::RateExceeded { retry_after }), 429);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiKeyCheck {
    /// The request passes, as far as the key is concerned.
    Valid(VerifiedApiKey),
    /// 401: the key is unknown, revoked, expired, or of an owner who may not be here. Clients are
    /// not told which.
    Invalid,
    /// 429: the key was used too often.
    RateExceeded {
        /// When the next request is allowed.
        retry_after: Duration,
    },
}

/// A key that was verified, as the [`Token`] of the request will have it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::VerifiedApiKey;
///
/// let mut key = VerifiedApiKey::new("51ab0c", "alice");
/// key.scopes = vec!["items:read".to_owned()];
/// key.expires_at = Some(Duration::from_secs(1_800_000_000)); // as the source has it
/// assert_eq!(key.owner, "alice");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedApiKey {
    /// Its public ID: [`Token::id`].
    pub id: String,
    /// Whose key it is: [`Token::subject`].
    pub owner: String,
    /// What it may do now: [`Token::scopes`]. A text that is no scope (RFC 6749, section 3.3) counts
    /// for nothing. Default: none.
    pub scopes: Vec<String>,
    /// When it was made, since the Unix epoch: [`Token::issued_at`]. Default: not known.
    pub created_at: Option<Duration>,
    /// When it expires, since the Unix epoch: [`Token::expires_at`]. The source has looked at that
    /// already. Default: never.
    pub expires_at: Option<Duration>,
}

impl VerifiedApiKey {
    /// A key of an owner with the defaults of the fields.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::VerifiedApiKey;
    ///
    /// let key = VerifiedApiKey::new("billing", "service:billing");
    /// assert!(key.scopes.is_empty()); // it may do nothing yet
    /// assert_eq!((key.created_at, key.expires_at), (None, None));
    /// ```
    pub fn new(id: impl Into<String>, owner: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            owner: owner.into(),
            scopes: Vec::new(),
            created_at: None,
            expires_at: None,
        }
    }

    pub(crate) fn into_token(self) -> Token {
        Token::of_api_key(self.id, self.owner, &self.scopes, self.created_at, self.expires_at)
    }
}
