//! Tokens that are mailed and used once: made, looked at, and used up.

#[cfg(test)]
mod tests;
mod text;

use std::time::Duration;

pub use text::OneTimeToken;

use crate::store::{OneTimeTokenStore, StoreError, StoredOneTimeToken};

const MINUTE: Duration = Duration::from_secs(60);

/// What a one-time token is good for. One for another purpose is no token at all.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// use tower_bearer::{MemoryStore, OneTimePurpose, OneTimeTokens};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), tower_bearer::StoreError> {
/// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// let rules = OneTimeTokens::new();
/// let (verify, reset) = (OneTimePurpose::VerifyEmail, OneTimePurpose::ResetPassword);
/// let token = rules.issue(&store, verify, "alice", "alice@example.com", now).await?;
/// assert!(token.as_str().starts_with("verify_"));
/// assert_eq!(rules.find(&store, reset, token.as_str(), now).await?, None); // it resets nothing
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OneTimePurpose {
    /// Confirms that an address is the user's: for 24 hours.
    VerifyEmail,
    /// Sets a new password: for 30 minutes.
    ResetPassword,
}

impl OneTimePurpose {
    /// What stores call it.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::OneTimePurpose;
    ///
    /// assert_eq!(OneTimePurpose::VerifyEmail.as_str(), "verify_email");
    /// assert_eq!(OneTimePurpose::ResetPassword.as_str(), "reset_password");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
        }
    }

    /// What the texts of its tokens begin with.
    const fn prefix(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_",
            Self::ResetPassword => "reset_",
        }
    }
}

/// The rules of one-time tokens: how long they last, and how many a user has waiting.
///
/// A token is `reset_` or `verify_` and 160 random bits in lower-case hexadecimal. The store gets
/// the SHA-256 of the whole, so that a copy of it gives no token.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{MemoryStore, OneTimePurpose, OneTimeTokens};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), tower_bearer::StoreError> {
/// let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// let (verify, reset) = (OneTimePurpose::VerifyEmail, OneTimePurpose::ResetPassword);
/// let rules = OneTimeTokens::new().lifetime(reset, Duration::from_secs(15 * 60));
///
/// let token = rules.issue(&store, reset, "alice", "alice@example.com", now).await?;
/// assert!(rules.take(&store, verify, token.as_str(), now).await?.is_none());
/// let taken = rules.take(&store, reset, token.as_str(), now).await?;
/// assert!(taken.is_some_and(|taken| taken.payload == "alice@example.com"));
/// assert!(rules.take(&store, reset, token.as_str(), now).await?.is_none(), "it was used");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct OneTimeTokens {
    verify_email: Duration,
    reset_password: Duration,
    max_per_user: usize,
}

impl OneTimeTokens {
    /// 24 hours to confirm an address, 30 minutes to reset a password, 10 of each waiting.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{OneTimePurpose, OneTimeTokens};
    ///
    /// let rules = OneTimeTokens::new();
    /// let minutes = |purpose| rules.lifetime_of(purpose).as_secs() / 60;
    /// assert_eq!(minutes(OneTimePurpose::VerifyEmail), 24 * 60);
    /// assert_eq!(minutes(OneTimePurpose::ResetPassword), 30);
    /// ```
    pub fn new() -> Self {
        Self { verify_email: 24 * 60 * MINUTE, reset_password: 30 * MINUTE, max_per_user: 10 }
    }

    /// How long a token for this purpose is good, in whole seconds. Default: 24 hours to confirm an
    /// address, 30 minutes to reset a password. Tokens that were made already keep theirs.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{MemoryStore, OneTimePurpose, OneTimeTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), tower_bearer::StoreError> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let (reset, minute) = (OneTimePurpose::ResetPassword, Duration::from_secs(60));
    /// let rules = OneTimeTokens::new().lifetime(reset, 10 * minute);
    /// let token = rules.issue(&store, reset, "alice", "", now).await?;
    /// assert!(rules.find(&store, reset, token.as_str(), now + 9 * minute).await?.is_some());
    /// assert!(rules.find(&store, reset, token.as_str(), now + 10 * minute).await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn lifetime(mut self, purpose: OneTimePurpose, lifetime: Duration) -> Self {
        match purpose {
            OneTimePurpose::VerifyEmail => self.verify_email = lifetime,
            OneTimePurpose::ResetPassword => self.reset_password = lifetime,
        }
        self
    }

    /// How many tokens for one purpose a user may have waiting; the oldest goes when another comes.
    /// Default: 10. With as few as the mails that [`LoginThrottle`](crate::LoginThrottle) lets
    /// through, somebody who asks for more of them makes the user's own useless.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{MemoryStore, OneTimePurpose, OneTimeTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), tower_bearer::StoreError> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let (rules, reset) = (OneTimeTokens::new().max_per_user(1), OneTimePurpose::ResetPassword);
    /// let first = rules.issue(&store, reset, "alice", "", now).await?;
    /// let later = now + Duration::from_secs(60);
    /// let second = rules.issue(&store, reset, "alice", "", later).await?;
    /// assert!(rules.find(&store, reset, first.as_str(), later).await?.is_none());
    /// assert!(rules.find(&store, reset, second.as_str(), later).await?.is_some());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn max_per_user(mut self, most: usize) -> Self {
        self.max_per_user = most;
        self
    }

    /// How long a token for this purpose is good.
    ///
    /// # Examples
    ///
    /// For the words of a mail:
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{OneTimePurpose, OneTimeTokens};
    ///
    /// let reset = OneTimePurpose::ResetPassword;
    /// let rules = OneTimeTokens::new().lifetime(reset, Duration::from_secs(15 * 60));
    /// let minutes = rules.lifetime_of(reset).as_secs() / 60;
    /// assert_eq!(format!("within {minutes} minutes"), "within 15 minutes");
    /// ```
    pub fn lifetime_of(&self, purpose: OneTimePurpose) -> Duration {
        match purpose {
            OneTimePurpose::VerifyEmail => self.verify_email,
            OneTimePurpose::ResetPassword => self.reset_password,
        }
    }

    /// Makes a token and stores it. `now` is the time since the Unix epoch; `payload` is any text
    /// without NUL, which comes back when the token does.
    ///
    /// # Errors
    ///
    /// The store's own fault, or the operating system's for want of randomness.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, OneTimePurpose, OneTimeTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), tower_bearer::StoreError> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let (rules, verify) = (OneTimeTokens::new(), OneTimePurpose::VerifyEmail);
    /// let token = rules.issue(&store, verify, "alice", "alice@example.com", now).await?;
    ///
    /// let stored = rules.find(&store, verify, token.as_str(), now).await?;
    /// assert!(stored.is_some_and(|stored| stored.payload == "alice@example.com"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn issue<S: OneTimeTokenStore>(
        &self,
        store: &S,
        purpose: OneTimePurpose,
        user_id: &str,
        payload: &str,
        now: Duration,
    ) -> Result<OneTimeToken, StoreError> {
        let (token, hash) = text::mint(purpose).map_err(StoreError::new)?;
        let born = Duration::from_secs(now.as_secs());
        let lifetime = Duration::from_secs(self.lifetime_of(purpose).as_secs());
        let over = born.saturating_add(lifetime);
        let purpose = purpose.as_str();
        let stored = StoredOneTimeToken::new(hash, user_id, purpose, payload, born, over);
        store.insert_one_time_token(&stored, self.max_per_user).await?;
        Ok(token)
    }

    /// What a store has of a token that is good, which stays so. A text that is no token, one for
    /// another purpose, used or expired is `None`.
    ///
    /// # Errors
    ///
    /// The store's own fault.
    ///
    /// # Examples
    ///
    /// A page that says that a link is too old before the user types a password:
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{MemoryStore, OneTimePurpose, OneTimeTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), tower_bearer::StoreError> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let (rules, reset) = (OneTimeTokens::new(), OneTimePurpose::ResetPassword);
    /// let token = rules.issue(&store, reset, "alice", "", now).await?;
    /// assert!(rules.find(&store, reset, token.as_str(), now).await?.is_some());
    /// let tomorrow = now + Duration::from_secs(24 * 3600);
    /// assert!(rules.find(&store, reset, token.as_str(), tomorrow).await?.is_none());
    /// assert!(rules.find(&store, reset, "reset_ABC", now).await?.is_none()); // no token at all
    /// # Ok(())
    /// # }
    /// ```
    pub async fn find<S: OneTimeTokenStore>(
        &self,
        store: &S,
        purpose: OneTimePurpose,
        text: &str,
        now: Duration,
    ) -> Result<Option<StoredOneTimeToken>, StoreError> {
        let Some(hash) = text::hash(purpose, text) else { return Ok(None) };
        Ok(if_good(store.find_one_time_token(&hash).await?, purpose, now))
    }

    /// Uses a token up: as [`find`](Self::find), and nobody gets it a second time.
    ///
    /// # Errors
    ///
    /// The store's own fault.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, OneTimePurpose, OneTimeTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), tower_bearer::StoreError> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let (rules, reset) = (OneTimeTokens::new(), OneTimePurpose::ResetPassword);
    /// let token = rules.issue(&store, reset, "alice", "", now).await?;
    /// for is_good in [true, false] {
    ///     let taken = rules.take(&store, reset, token.as_str(), now).await?;
    ///     assert_eq!(taken.is_some(), is_good); // the second use comes too late
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn take<S: OneTimeTokenStore>(
        &self,
        store: &S,
        purpose: OneTimePurpose,
        text: &str,
        now: Duration,
    ) -> Result<Option<StoredOneTimeToken>, StoreError> {
        let Some(hash) = text::hash(purpose, text) else { return Ok(None) };
        Ok(if_good(store.take_one_time_token(&hash).await?, purpose, now))
    }
}

impl Default for OneTimeTokens {
    fn default() -> Self {
        Self::new()
    }
}

fn if_good(
    token: Option<StoredOneTimeToken>,
    purpose: OneTimePurpose,
    now: Duration,
) -> Option<StoredOneTimeToken> {
    token.filter(|token| token.purpose == purpose.as_str() && now < token.expires_at)
}
