//! The settings of a router.

use super::Settings;
use crate::ConfigError;
use crate::login::LoginRouter;
use crate::store::{RefreshStore, UserStore};

impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// Sets what the [`Settings`] have for a router: hasher, password policy, refresh tokens, throttle,
    /// client address and clients. What is called after it replaces that of the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoHashingThread`] when the system started no thread to hash passwords.
    ///
    /// # Examples
    ///
    /// See [`Settings`].
    pub fn settings(self, settings: &Settings) -> Result<Self, ConfigError> {
        let router = self
            .hasher(settings.hasher()?)
            .password_policy(settings.policy.clone())
            .refresh_tokens(settings.refresh.clone())
            .throttle(settings.throttle.clone())
            .client_address(settings.addresses.clone());
        Ok(match &settings.clients {
            Some(clients) => router.clients(clients.clone()),
            None => router,
        })
    }
}
