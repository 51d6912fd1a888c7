//! What a store of users promises.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::{Email, LoginName, NewUser, StoreError, User, Username};

/// A store of users, for instance an application's own table.
///
/// A clone is a handle to the same users. Text is kept as it is, whatever it contains.
///
/// # Examples
///
/// Five methods make a store. A database does the same with one statement each, and leaves
/// uniqueness to unique indexes on the keys.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use std::time::Duration;
/// use tower_bearer::{Email, InsertUserError, NewUser, StoreError, User, UserStore, Username};
///
/// /// Users, each after the keys of the user name and the address.
/// #[derive(Clone, Default)]
/// struct People(Arc<Mutex<Vec<(String, Option<String>, User)>>>);
///
/// impl UserStore for People {
///     async fn insert_user(&self, new: NewUser, now: Duration) -> Result<User, InsertUserError> {
///         let mut rows = self.0.lock().unwrap();
///         let username = new.username.key().to_owned();
///         let email = new.email.as_ref().map(|email| email.key().to_owned());
///         if rows.iter().any(|row| row.0 == username) {
///             return Err(InsertUserError::UsernameTaken);
///         }
///         if email.is_some() && rows.iter().any(|row| row.1 == email) {
///             return Err(InsertUserError::EmailTaken);
///         }
///         let user = new.into_user(rows.len().to_string(), now);
///         rows.push((username, email, user.clone()));
///         Ok(user)
///     }
///
///     async fn find_user(&self, id: &str) -> Result<Option<User>, StoreError> {
///         Ok(self.0.lock().unwrap().iter().find(|row| row.2.id == id).map(|row| row.2.clone()))
///     }
///
///     async fn find_user_by_username(&self, name: &Username) -> Result<Option<User>, StoreError> {
///         let rows = self.0.lock().unwrap();
///         Ok(rows.iter().find(|row| row.0 == name.key()).map(|row| row.2.clone()))
///     }
///
///     async fn find_user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
///         let rows = self.0.lock().unwrap();
///         Ok(rows.iter().find(|row| row.1.as_deref() == Some(email.key())).map(|row| row.2.clone()))
///     }
///
///     async fn replace_password_hash(&self, id: &str, old: &str, new: &str) -> Result<bool, StoreError> {
///         let mut rows = self.0.lock().unwrap();
///         let row = rows.iter_mut().find(|row| row.2.id == id && row.2.password_hash() == old);
///         Ok(row.map(|row| row.2.set_password_hash(new)).is_some())
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let people = People::default();
/// let alice = NewUser::new(Username::new("Alice")?, "$argon2id$...");
/// people.insert_user(alice.clone(), Duration::ZERO).await?;
/// let again = people.insert_user(alice, Duration::ZERO).await;
/// assert!(matches!(again, Err(InsertUserError::UsernameTaken)));
/// # Ok(())
/// # }
/// ```
pub trait UserStore: Clone + Send + Sync + 'static {
    /// Stores a user under a new ID. `now` is the time since the Unix epoch.
    ///
    /// Of several calls at once with the same key of a name or address, one succeeds.
    ///
    /// # Errors
    ///
    /// [`InsertUserError::UsernameTaken`] or [`InsertUserError::EmailTaken`] (the former where
    /// both are), or the store's own fault. Nothing is stored then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{InsertUserError, MemoryStore, NewUser, UserStore, Username};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let alice = NewUser::new(Username::new("alice")?, "$argon2id$...");
    /// let stored = store.insert_user(alice, now).await?;
    /// assert_eq!(stored.created_at, now);
    ///
    /// let other = NewUser::new(Username::new("ALICE")?, "$argon2id$...");
    /// let refused = store.insert_user(other, now).await;
    /// assert!(matches!(refused, Err(InsertUserError::UsernameTaken)));
    /// # Ok(())
    /// # }
    /// ```
    fn insert_user(
        &self,
        user: NewUser,
        now: Duration,
    ) -> impl Future<Output = Result<User, InsertUserError>> + Send;

    /// The user with this ID, active or not. Any text may be asked for.
    ///
    /// # Errors
    ///
    /// The store's own fault; an unknown user is `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, UserStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let found = store.find_user(&alice.id).await?; // the `sub` of a token
    /// assert!(found.is_some_and(|user| user.username == "Alice"));
    /// assert_eq!(store.find_user("no such ID").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    fn find_user(&self, id: &str) -> impl Future<Output = Result<Option<User>, StoreError>> + Send;

    /// The user with the [key](Username::key) of this name, active or not.
    ///
    /// # Errors
    ///
    /// The store's own fault; an unknown user is `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, UserStore, Username};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// // Letter case makes no difference.
    /// let found = store.find_user_by_username(&Username::new("aLiCe")?).await?;
    /// assert_eq!(found, Some(alice));
    /// # Ok(())
    /// # }
    /// ```
    fn find_user_by_username(
        &self,
        username: &Username,
    ) -> impl Future<Output = Result<Option<User>, StoreError>> + Send;

    /// The user with the [key](Email::key) of this address, active or not.
    ///
    /// # Errors
    ///
    /// The store's own fault; an unknown user is `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{Email, MemoryStore, UserStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let found = store.find_user_by_email(&Email::new("ALICE@example.com")?).await?;
    /// assert_eq!(found.map(|user| user.id), Some(alice.id));
    /// # Ok(())
    /// # }
    /// ```
    fn find_user_by_email(
        &self,
        email: &Email,
    ) -> impl Future<Output = Result<Option<User>, StoreError>> + Send;

    /// Replaces the password hash if it still is `old`, in one step, and says whether it did.
    ///
    /// So a rehash at login never overwrites a password that was changed meanwhile.
    ///
    /// # Errors
    ///
    /// The store's own fault; an unknown user is `false`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, UserStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// let old = alice.password_hash();
    /// assert!(store.replace_password_hash(&alice.id, old, "$argon2id$1").await?);
    /// // Whoever read the old hash before that comes too late.
    /// assert!(!store.replace_password_hash(&alice.id, old, "$argon2id$2").await?);
    /// # Ok(())
    /// # }
    /// ```
    fn replace_password_hash(
        &self,
        id: &str,
        old: &str,
        new: &str,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Stores several users in their order, each as [`insert_user`](Self::insert_user) does, and says
    /// what became of each. For imports: SQLite does it in one transaction, which saves most of the time.
    ///
    /// # Errors
    ///
    /// The store's own fault. Those before it may be stored then, or none: asking again finds them
    /// taken.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{MemoryStore, NewUser, UserStore, Username};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let alice = NewUser::new(Username::new("alice")?, "$argon2id$...");
    /// let twice = vec![alice.clone(), alice];
    /// let stored = MemoryStore::new().insert_users(twice, Duration::ZERO).await?;
    /// assert!(stored[0].is_ok() && stored[1].is_err());
    /// # Ok(())
    /// # }
    /// ```
    fn insert_users(
        &self,
        users: Vec<NewUser>,
        now: Duration,
    ) -> impl Future<Output = Result<Vec<Result<User, InsertUserError>>, StoreError>> + Send {
        async move {
            let mut stored = Vec::with_capacity(users.len());
            for user in users {
                match self.insert_user(user, now).await {
                    Err(InsertUserError::Store(error)) => return Err(error),
                    outcome => stored.push(outcome),
                }
            }
            Ok(stored)
        }
    }

    /// The user whom the one field of a login form names.
    ///
    /// # Errors
    ///
    /// The store's own fault; an unknown user is `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{LoginName, MemoryStore, UserStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// for field in ["alice", "Alice@example.com"] {
    ///     let login = LoginName::new(field).ok_or("nobody has such a name")?;
    ///     assert_eq!(store.find_user_by_login(&login).await?.as_ref(), Some(&alice));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    fn find_user_by_login(
        &self,
        login: &LoginName,
    ) -> impl Future<Output = Result<Option<User>, StoreError>> + Send {
        async move {
            match login {
                LoginName::Username(username) => self.find_user_by_username(username).await,
                LoginName::Email(email) => self.find_user_by_email(email).await,
            }
        }
    }
}

/// Why a user was not stored.
///
/// # Examples
///
/// ```
/// use tower_bearer::{InsertUserError, StoreError};
///
/// fn status(error: &InsertUserError) -> u16 {
///     match error {
///         InsertUserError::UsernameTaken | InsertUserError::EmailTaken => 409,
///         InsertUserError::Store(error) if error.is_unavailable() => 503,
///         _ => 500,
///     }
/// }
/// assert_eq!(status(&InsertUserError::EmailTaken), 409);
/// assert_eq!(status(&StoreError::unavailable("no connection").into()), 503);
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum InsertUserError {
    /// There is a user with the key of this user name.
    UsernameTaken,
    /// There is a user with the key of this e-mail address.
    EmailTaken,
    /// The store failed.
    Store(StoreError),
}

impl fmt::Display for InsertUserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UsernameTaken => f.write_str("the username is taken"),
            Self::EmailTaken => f.write_str("the e-mail address is taken"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl Error for InsertUserError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            Self::UsernameTaken | Self::EmailTaken => None,
        }
    }
}

impl From<StoreError> for InsertUserError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
