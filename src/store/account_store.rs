//! What a store of users promises whose accounts can be changed, listed and deleted.

use std::error::Error;
use std::fmt;

use serde_json::Value;

use super::{Email, StoreError, User, UserStore};

/// A store of users whose accounts can be changed, listed and deleted.
///
/// Every store that is shipped with users implements it. An application's own table needs it for
/// those endpoints of a [`LoginRouter`](crate::LoginRouter) alone that ask for it.
///
/// # Examples
///
/// A new address takes the place of the old one when it is confirmed, and not before:
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{
///     AccountStore, Email, MemoryStore, NewUser, UserChange, UserStore, Username,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let (old, new) = (Email::new("alice@example.com")?, Email::new("alice@example.org")?);
/// let alice = NewUser::new(Username::new("alice")?, "$argon2id$...").email(old.clone());
/// let id = store.insert_user(alice, Duration::ZERO).await?.id;
///
/// store.update_user(&id, &UserChange::new().pending_email(Some(new.clone()))).await?;
/// assert!(store.find_user_by_email(&old).await?.is_some());
/// assert!(store.find_user_by_email(&new).await?.is_none());
///
/// assert!(store.confirm_email(&id, &new).await?);
/// let alice = store.find_user_by_email(&new).await?.ok_or("nobody has the new address")?;
/// assert!(alice.email_verified && alice.pending_email.is_none());
/// assert!(store.find_user_by_email(&old).await?.is_none());
/// # Ok(())
/// # }
/// ```
pub trait AccountStore: UserStore {
    /// Changes what `change` says and nothing else, in one step, and returns the user as it is after
    /// that.
    ///
    /// # Errors
    ///
    /// The store's own fault, and nothing has changed then; an unknown user is `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{AccountStore, MemoryStore, UserChange};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let change = UserChange::new().roles(["editor"]);
    /// let changed = store.update_user(&alice.id, &change).await?.ok_or("she is gone")?;
    /// assert_eq!(changed.roles, ["editor"]);
    /// assert_eq!(changed.scopes, alice.scopes); // as they were
    /// assert_eq!(store.update_user("no such ID", &change).await?, None);
    /// # Ok(())
    /// # }
    /// ```
    fn update_user(
        &self,
        id: &str,
        change: &UserChange,
    ) -> impl Future<Output = Result<Option<User>, StoreError>> + Send;

    /// Confirms that an address is the user's, in one step, and says whether there was anything to
    /// confirm:
    ///
    /// - it is the pending address, to the letter: it becomes the address, and none is pending any
    ///   more;
    /// - it is the address, by its [key](Email::key): it stays, and what is pending stays pending.
    ///
    /// Either way the address is verified then. Of several users who confirm one address at once,
    /// one succeeds.
    ///
    /// # Errors
    ///
    /// [`ConfirmEmailError::EmailTaken`] if it is another user's address by now, or the store's own
    /// fault; nothing has changed then. An unknown user is `false`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{AccountStore, Email, MemoryStore, UserStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let address = Email::new("alice@example.com")?;
    /// assert!(store.confirm_email(&alice.id, &address).await?);
    /// assert!(store.find_user(&alice.id).await?.is_some_and(|user| user.email_verified));
    /// // It is neither hers nor waits to be.
    /// assert!(!store.confirm_email(&alice.id, &Email::new("alice@example.org")?).await?);
    /// # Ok(())
    /// # }
    /// ```
    fn confirm_email(
        &self,
        id: &str,
        email: &Email,
    ) -> impl Future<Output = Result<bool, ConfirmEmailError>> + Send;

    /// Deletes a user, and says whether there was one. What the same store keeps of the user goes
    /// too: sessions, API keys. The ID is never given to another.
    ///
    /// # Errors
    ///
    /// The store's own fault; an unknown user is `false`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{
    ///     AccountStore, MemoryStore, NewSession, RefreshStore, RefreshTokens, UserStore,
    /// };
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let session = NewSession::new(&alice.id, "first-party", "data:read");
    /// let session = RefreshTokens::new().issue(&store, session, now).await?.session;
    ///
    /// assert!(store.delete_user(&alice.id).await?);
    /// assert_eq!(store.find_user(&alice.id).await?, None);
    /// assert_eq!(store.find_session(&session.id).await?, None); // it went with her
    /// # Ok(())
    /// # }
    /// ```
    fn delete_user(&self, id: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The first users, at most `limit`, whose IDs are greater than `after`, in the order of their
    /// IDs, byte by byte: the last one's ID is the `after` of the next page. `after` may be of a user
    /// who is gone, or of none.
    ///
    /// # Errors
    ///
    /// The store's own fault.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{AccountStore, MemoryStore};
    /// # use tower_bearer::{NewUser, UserStore, Username};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let store = MemoryStore::new();
    /// # for name in ["alice", "bob", "carol"] {
    /// #     let user = NewUser::new(Username::new(name)?, "$argon2id$...");
    /// #     store.insert_user(user, std::time::Duration::ZERO).await?;
    /// # }
    /// let mut page = store.list_users(None, 2).await?;
    /// let mut names = Vec::new();
    /// while let Some(last) = page.last() {
    ///     let after = last.id.clone();
    ///     names.extend(page.into_iter().map(|user| user.username));
    ///     page = store.list_users(Some(&after), 2).await?;
    /// }
    /// assert_eq!(names.len(), 3);
    /// # Ok(())
    /// # }
    /// ```
    fn list_users(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<User>, StoreError>> + Send;
}

/// What is to change of a user: the fields that are set. The others stay as they are.
///
/// # Examples
///
/// ```
/// use tower_bearer::UserChange;
///
/// let change = UserChange::new().is_active(false).roles(["editor"]);
/// assert_eq!(change.is_active, Some(false));
/// assert_eq!(change.name, None); // it stays
/// assert_eq!(UserChange::new().name(None).name, Some(None)); // it is cleared
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserChange {
    /// The person's name, any text without NUL, or none any more.
    pub name: Option<Option<String>>,
    /// The address that is to be confirmed, or none any more.
    pub pending_email: Option<Option<Email>>,
    /// The application's own fields, as a whole: JSON without NUL in its texts, or null for none.
    pub profile: Option<Value>,
    /// Whether the user may log in and refresh.
    pub is_active: Option<bool>,
    /// The roles, as a whole.
    pub roles: Option<Vec<String>>,
    /// The scopes, as a whole.
    pub scopes: Option<Vec<String>>,
}

impl UserChange {
    /// No change: every field stays as it is.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::UserChange;
    ///
    /// let change = UserChange::new();
    /// assert_eq!(change, UserChange::default());
    /// assert!(change.roles.is_none() && change.is_active.is_none()); // all stays as it is
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the person's name, or clears it.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::UserChange;
    ///
    /// let renamed = UserChange::new().name(Some("Alice Liddell".to_owned()));
    /// assert_eq!(renamed.name.flatten().as_deref(), Some("Alice Liddell"));
    /// let nameless = UserChange::new().name(None);
    /// assert_ne!(nameless, UserChange::new()); // it clears the name
    /// ```
    #[must_use]
    pub fn name(mut self, name: Option<String>) -> Self {
        self.name = Some(name);
        self
    }

    /// Sets the address that is to be confirmed, or gives it up.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Email, UserChange};
    ///
    /// let address = Email::new("alice@example.org")?;
    /// let asked = UserChange::new().pending_email(Some(address.clone()));
    /// assert_eq!(asked.pending_email, Some(Some(address)));
    /// let given_up = UserChange::new().pending_email(None);
    /// assert_eq!(given_up.pending_email, Some(None));
    /// # Ok::<(), tower_bearer::EmailError>(())
    /// ```
    #[must_use]
    pub fn pending_email(mut self, email: Option<Email>) -> Self {
        self.pending_email = Some(email);
        self
    }

    /// Sets the application's own fields.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use serde_json::json;
    /// use tower_bearer::{AccountStore, MemoryStore, UserChange};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// for profile in [json!({ "plan": "free", "theme": "dark" }), json!({ "plan": "paid" })] {
    ///     store.update_user(&alice.id, &UserChange::new().profile(profile)).await?;
    /// }
    /// // The last one as a whole: no theme is left of the first.
    /// let user = store.update_user(&alice.id, &UserChange::new()).await?;
    /// assert!(user.is_some_and(|user| user.profile == json!({ "plan": "paid" })));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn profile(mut self, profile: Value) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Enables or disables the user.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{AccountStore, MemoryStore, UserChange};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let blocked = store.update_user(&alice.id, &UserChange::new().is_active(false)).await?;
    /// assert!(blocked.is_some_and(|user| !user.is_active));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is_active(mut self, is_active: bool) -> Self {
        self.is_active = Some(is_active);
        self
    }

    /// Sets the roles.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::UserChange;
    ///
    /// let promoted = UserChange::new().roles(["editor", "admin"]);
    /// assert_eq!(promoted.roles, Some(vec!["editor".to_owned(), "admin".to_owned()]));
    /// // No role is left with this one; without the call all would be.
    /// assert_eq!(UserChange::new().roles(Vec::<String>::new()).roles, Some(vec![]));
    /// ```
    #[must_use]
    pub fn roles(mut self, roles: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.roles = Some(roles.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the scopes.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{AccountStore, MemoryStore, UserChange};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let scopes = alice.scopes.iter().cloned().chain(["data:write".to_owned()]);
    /// let user = store.update_user(&alice.id, &UserChange::new().scopes(scopes)).await?;
    /// assert!(user.is_some_and(|user| user.scopes == ["data:read", "data:write"]));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }
}

impl fmt::Debug for UserChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserChange")
            .field("name", &self.name)
            .field("pending_email", &self.pending_email)
            .field("is_active", &self.is_active)
            .field("roles", &self.roles)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// Why an address was not confirmed.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// use tower_bearer::{
///     AccountStore, ConfirmEmailError, Email, MemoryStore, UserChange, UserStore,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
/// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
/// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
/// let hers = Email::new("alice@example.com")?;
/// # let bob = tower_bearer::NewUser::new(tower_bearer::Username::new("bob")?, "$argon2id$...");
/// # let bob = store.insert_user(bob, now).await?;
/// // Bob asks for the address that Alice has.
/// store.update_user(&bob.id, &UserChange::new().pending_email(Some(hers.clone()))).await?;
///
/// let refused = store.confirm_email(&bob.id, &hers).await;
/// assert!(matches!(refused, Err(ConfirmEmailError::EmailTaken)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfirmEmailError {
    /// Another user has the address.
    EmailTaken,
    /// The store failed.
    Store(StoreError),
}

impl fmt::Display for ConfirmEmailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmailTaken => f.write_str("the e-mail address is taken"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl Error for ConfirmEmailError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            Self::EmailTaken => None,
        }
    }
}

impl From<StoreError> for ConfirmEmailError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
