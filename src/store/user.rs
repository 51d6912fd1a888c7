//! Users, stored and about to be.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use zeroize::Zeroizing;

use super::{Email, Username};

/// A user, as a store keeps it.
///
/// It has no `Serialize`, so that no answer can carry the password hash by accident, and its
/// Debug leaves the hash out.
///
/// # Examples
///
/// ```
/// use tower_bearer::User;
///
/// let mut user = User::new("7", "alice", "$argon2id$...");
/// user.roles.push("editor".to_owned());
/// assert!(user.is_active);
/// assert!(!format!("{user:?}").contains("argon2id"));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// What tokens name the user by (`sub`). It never changes and is never given to another.
    pub id: String,
    /// The user name as it is shown.
    pub username: String,
    /// The e-mail address as it is shown.
    pub email: Option<String>,
    /// Whether it was confirmed that this address is the user's. Default: `false`.
    pub email_verified: bool,
    /// An address that is to take the place of `email` once it is confirmed. Until then it signs
    /// nobody in, and others may ask for it too. Default: none.
    pub pending_email: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// The application's own fields, as JSON. Default: null.
    pub profile: Value,
    /// Whether the user may log in and refresh. Default: `true`.
    pub is_active: bool,
    /// The roles. Default: none.
    pub roles: Vec<String>,
    /// The scopes that the user may be granted. Default: none.
    pub scopes: Vec<String>,
    /// When the user was stored, since the Unix epoch. Default: zero.
    pub created_at: Duration,
    password_hash: Zeroizing<String>,
}

impl User {
    /// An active user with the defaults of the fields. For stores, which set the rest.
    ///
    /// # Examples
    ///
    /// As a store of one's own makes it of a row:
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::User;
    ///
    /// let mut user = User::new("7", "alice", "$argon2id$...");
    /// user.created_at = Duration::from_secs(1_700_000_000);
    /// assert!(user.is_active && user.roles.is_empty() && user.email.is_none());
    /// ```
    pub fn new(
        id: impl Into<String>,
        username: impl Into<String>,
        password_hash: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            username: username.into(),
            email: None,
            email_verified: false,
            pending_email: None,
            name: None,
            profile: Value::Null,
            is_active: true,
            roles: Vec::new(),
            scopes: Vec::new(),
            created_at: Duration::ZERO,
            password_hash: Zeroizing::new(password_hash.into()),
        }
    }

    /// The password's hash as a PHC string.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::User;
    ///
    /// // What a hasher compares with: nothing where there is no such user.
    /// let stored = |user: Option<&User>| user.map(|user| user.password_hash().to_owned());
    /// let alice = User::new("7", "alice", "$argon2id$...");
    /// assert_eq!(stored(Some(&alice)).as_deref(), Some("$argon2id$..."));
    /// assert_eq!(stored(None), None);
    /// ```
    pub fn password_hash(&self) -> &str {
        &self.password_hash
    }

    /// Replaces the password's hash.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::User;
    ///
    /// let mut user = User::new("7", "alice", "$argon2id$old");
    /// user.set_password_hash("$argon2id$new");
    /// assert_eq!(user.password_hash(), "$argon2id$new");
    /// ```
    pub fn set_password_hash(&mut self, hash: impl Into<String>) {
        self.password_hash = Zeroizing::new(hash.into());
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("username", &self.username)
            .field("email", &self.email)
            .field("email_verified", &self.email_verified)
            .field("pending_email", &self.pending_email)
            .field("name", &self.name)
            .field("is_active", &self.is_active)
            .field("roles", &self.roles)
            .field("scopes", &self.scopes)
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}

/// A user who is about to be stored.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Email, NewUser, Username};
///
/// let user = NewUser::new(Username::new("Alice")?, "$argon2id$...")
///     .email(Email::new("alice@example.com")?)
///     .name("Alice Liddell")
///     .scopes(["me", "items:read"]);
/// assert_eq!(user.scopes, ["me", "items:read"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct NewUser {
    /// The user name: its key must be unique in the store.
    pub username: Username,
    /// The e-mail address: its key must be unique in the store. Default: none.
    pub email: Option<Email>,
    /// Whether it is known that this address is the user's. Default: `false`.
    pub email_verified: bool,
    /// The person's name, any text without NUL. Default: none.
    pub name: Option<String>,
    /// The application's own fields, as JSON without NUL in its texts. Default: null.
    pub profile: Value,
    /// Whether the user may log in and refresh. Default: `true`.
    pub is_active: bool,
    /// The roles. Default: none.
    pub roles: Vec<String>,
    /// The scopes that the user may be granted. Default: none.
    pub scopes: Vec<String>,
    password_hash: Zeroizing<String>,
}

impl NewUser {
    /// A user with a name and a password hash, a PHC string, and nothing else.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{NewUser, Username};
    ///
    /// let new = NewUser::new(Username::new("Alice")?, "$argon2id$...");
    /// assert_eq!(new.username.as_str(), "Alice");
    /// assert!(new.email.is_none() && new.profile.is_null() && new.scopes.is_empty());
    /// # Ok::<(), tower_bearer::UsernameError>(())
    /// ```
    pub fn new(username: Username, password_hash: impl Into<String>) -> Self {
        Self {
            username,
            email: None,
            email_verified: false,
            name: None,
            profile: Value::Null,
            is_active: true,
            roles: Vec::new(),
            scopes: Vec::new(),
            password_hash: Zeroizing::new(password_hash.into()),
        }
    }

    /// Sets the e-mail address.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Email, NewUser, Username};
    ///
    /// let address = Email::new("Alice@Example.com")?;
    /// let new = NewUser::new(Username::new("alice")?, "$argon2id$...").email(address);
    /// assert_eq!(new.email.as_ref().map(Email::key), Some("alice@example.com"));
    /// assert!(!new.email_verified);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn email(mut self, email: Email) -> Self {
        self.email = Some(email);
        self
    }

    /// Says whether the address is known to be the user's, as that of an account which is moved here
    /// from elsewhere may be.
    ///
    /// # Examples
    ///
    /// An account of another system, whose address was confirmed there:
    ///
    /// ```
    /// use tower_bearer::{Email, NewUser, Username};
    ///
    /// let row = ("bob", "bob@example.com", "2024-05-01"); // the day of his confirmation
    /// let bob = NewUser::new(Username::new(row.0)?, "$2b$12$...")
    ///     .email(Email::new(row.1)?)
    ///     .email_verified(!row.2.is_empty());
    /// assert!(bob.email_verified);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn email_verified(mut self, verified: bool) -> Self {
        self.email_verified = verified;
        self
    }

    /// Sets the person's name.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{NewUser, Username};
    ///
    /// // No rule but that there is no NUL in it.
    /// let new = NewUser::new(Username::new("alice")?, "$argon2id$...").name("Alice P. Liddell");
    /// assert_eq!(new.name.as_deref(), Some("Alice P. Liddell"));
    /// # Ok::<(), tower_bearer::UsernameError>(())
    /// ```
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the application's own fields.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde_json::json;
    /// use tower_bearer::{NewUser, Username};
    ///
    /// let new = NewUser::new(Username::new("alice")?, "$argon2id$...")
    ///     .profile(json!({ "language": "de", "plan": "free" }));
    /// assert_eq!(new.profile["language"], "de");
    /// # Ok::<(), tower_bearer::UsernameError>(())
    /// ```
    #[must_use]
    pub fn profile(mut self, profile: Value) -> Self {
        self.profile = profile;
        self
    }

    /// Says whether the user may log in and refresh.
    #[must_use]
    pub fn is_active(mut self, is_active: bool) -> Self {
        self.is_active = is_active;
        self
    }

    /// Sets the roles; a second call replaces them.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{NewUser, Username};
    ///
    /// let new = NewUser::new(Username::new("alice")?, "$argon2id$...").roles(["admin"]);
    /// let new = new.roles(["editor", "author"]);
    /// assert_eq!(new.roles, ["editor", "author"]); // not an admin any more
    /// # Ok::<(), tower_bearer::UsernameError>(())
    /// ```
    #[must_use]
    pub fn roles(mut self, roles: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.roles = roles.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the scopes; a second call replaces them.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{NewUser, Username};
    ///
    /// let granted = "items:read items:write".split(' '); // a column of text
    /// let new = NewUser::new(Username::new("alice")?, "$argon2id$...").scopes(granted);
    /// assert_eq!(new.scopes, ["items:read", "items:write"]);
    /// # Ok::<(), tower_bearer::UsernameError>(())
    /// ```
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// The password's hash as a PHC string.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{NewUser, Username};
    ///
    /// let new = NewUser::new(Username::new("alice")?, "$argon2id$...");
    /// assert_eq!(new.password_hash(), "$argon2id$..."); // for the column of a store
    /// assert!(!format!("{new:?}").contains("argon2id"));
    /// # Ok::<(), tower_bearer::UsernameError>(())
    /// ```
    pub fn password_hash(&self) -> &str {
        &self.password_hash
    }

    /// The user that this becomes under an ID, stored at `now`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{NewUser, Username};
    ///
    /// let new = NewUser::new(Username::new("Alice")?, "$argon2id$...").roles(["editor"]);
    /// let user = new.into_user("7", Duration::from_millis(1_700_000_000_900));
    /// assert_eq!((user.id.as_str(), user.username.as_str()), ("7", "Alice"));
    /// assert_eq!(user.created_at, Duration::from_secs(1_700_000_000)); // whole seconds
    /// assert_eq!(user.roles, ["editor"]);
    /// # Ok::<(), tower_bearer::UsernameError>(())
    /// ```
    pub fn into_user(self, id: impl Into<String>, now: Duration) -> User {
        User {
            id: id.into(),
            username: self.username.as_str().to_owned(),
            email: self.email.map(|email| email.as_str().to_owned()),
            email_verified: self.email_verified,
            pending_email: None,
            name: self.name,
            profile: self.profile,
            is_active: self.is_active,
            roles: self.roles,
            scopes: self.scopes,
            created_at: Duration::from_secs(now.as_secs()),
            password_hash: self.password_hash,
        }
    }
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser")
            .field("username", &self.username)
            .field("email", &self.email)
            .field("email_verified", &self.email_verified)
            .field("name", &self.name)
            .field("roles", &self.roles)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}
