//! The settings of a router.

use super::Settings;
use crate::ConfigError;
use crate::login::LoginRouter;
use crate::store::{RefreshStore, UserStore};

impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// Sets what the [`Settings`] have for a router: hasher, password policy, refresh tokens, throttle,
    /// client address, clients, mode of registering and links in mails. What is called after it replaces
    /// that of the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoHashingThread`] when the system started no thread to hash passwords.
    ///
    /// # Examples
    ///
    /// See [`Settings`].
    pub fn settings(self, settings: &Settings) -> Result<Self, ConfigError> {
        let mut router = self
            .hasher(settings.hasher()?)
            .password_policy(settings.policy.clone())
            .refresh_tokens(settings.refresh.clone())
            .throttle(settings.throttle.clone())
            .client_address(settings.addresses.clone())
            .register_mode(settings.register_mode);
        if let Some(clients) = &settings.clients {
            router = router.clients(clients.clone());
        }
        if let Some(links) = &settings.mail_links {
            router = router.mail_links(links.clone());
        }
        Ok(router)
    }
}
