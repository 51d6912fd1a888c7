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
/// See [`OneTimeTokens`].
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
    pub fn new() -> Self {
        Self { verify_email: 24 * 60 * MINUTE, reset_password: 30 * MINUTE, max_per_user: 10 }
    }

    /// How long a token for this purpose is good, in whole seconds.
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
    #[must_use]
    pub fn max_per_user(mut self, most: usize) -> Self {
        self.max_per_user = most;
        self
    }

    /// How long a token for this purpose is good.
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
