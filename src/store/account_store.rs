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
    fn delete_user(&self, id: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The first users, at most `limit`, whose IDs are greater than `after`, in the order of their
    /// IDs, byte by byte: the last one's ID is the `after` of the next page. `after` may be of a user
    /// who is gone, or of none.
    ///
    /// # Errors
    ///
    /// The store's own fault.
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
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the person's name, or clears it.
    #[must_use]
    pub fn name(mut self, name: Option<String>) -> Self {
        self.name = Some(name);
        self
    }

    /// Sets the address that is to be confirmed, or gives it up.
    #[must_use]
    pub fn pending_email(mut self, email: Option<Email>) -> Self {
        self.pending_email = Some(email);
        self
    }

    /// Sets the application's own fields.
    #[must_use]
    pub fn profile(mut self, profile: Value) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Enables or disables the user.
    #[must_use]
    pub fn is_active(mut self, is_active: bool) -> Self {
        self.is_active = Some(is_active);
        self
    }

    /// Sets the roles.
    #[must_use]
    pub fn roles(mut self, roles: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.roles = Some(roles.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the scopes.
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
/// See [`AccountStore`].
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
