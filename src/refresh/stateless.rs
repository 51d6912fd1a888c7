//! Refresh tokens of which nothing is stored.

use std::time::Duration;

use super::RefreshTokens;

/// Refresh tokens that are signed and not stored: JWTs of the type `rt+jwt`, for
/// `LoginRouter::stateless_refresh_tokens`.
///
/// **Much is lost with the store.** A token is good for any number of exchanges until it expires, so
/// a copy of it can't be told from the original; there are no sessions to list or to end, and logging
/// out ends nothing but where revocations are on. What remains: the user has to be there and active at
/// each exchange, scopes and roles are read anew, and a new password ends all tokens.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::RefreshTokens;
///
/// let refresh = RefreshTokens::stateless().lifetime(Duration::from_secs(24 * 3600));
/// # #[cfg(feature = "login")] {
/// use tower_bearer::{Issuer, LoginRouter, MemoryStore};
///
/// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
///     .stateless_refresh_tokens(refresh)
///     .into_router();
/// # let _ = router; }
/// ```
#[derive(Clone, Debug)]
pub struct StatelessRefreshTokens {
    lifetime: Duration,
}

impl RefreshTokens {
    /// Refresh tokens of which nothing is stored, for 7 days.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{RefreshTokens, StatelessRefreshTokens};
    ///
    /// let refresh: StatelessRefreshTokens = RefreshTokens::stateless();
    /// assert_eq!(format!("{refresh:?}"), "StatelessRefreshTokens { lifetime: 604800s }");
    /// ```
    pub const fn stateless() -> StatelessRefreshTokens {
        StatelessRefreshTokens { lifetime: Duration::from_secs(7 * 24 * 3600) }
    }
}

impl StatelessRefreshTokens {
    /// How long after the login the token is good, in whole seconds; an exchange does not make it
    /// last longer. Default: 7 days.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::RefreshTokens;
    ///
    /// // Short, as a copy can't be told from the original.
    /// let refresh = RefreshTokens::stateless().lifetime(Duration::from_secs(8 * 3600));
    /// assert_eq!(format!("{refresh:?}"), "StatelessRefreshTokens { lifetime: 28800s }");
    /// ```
    #[must_use]
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    #[cfg(feature = "login")]
    pub(crate) const fn lasts(&self) -> Duration {
        Duration::from_secs(self.lifetime.as_secs())
    }
}
