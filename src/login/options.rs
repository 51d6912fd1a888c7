//! What a [`LoginRouter`] is told beside what has a file of its own.

use super::LoginRouter;
use super::endpoint::Endpoint;
use crate::audit::{AuditSink, Trail};
use crate::auth::JwtAuthLayer;
use crate::password::{Hasher, PasswordPolicy};
use crate::peer::AddressSource;
use crate::refresh::RefreshTokens;
use crate::store::{RefreshStore, UserStore};

impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// Puts an endpoint on another path: one of axum's, with a leading slash. An endpoint that was
    /// left out stays out.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Endpoint, Issuer, LoginRouter, MemoryStore};
    ///
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .path(Endpoint::Register, "/sign-up")
    ///     .without(Endpoint::Token)
    ///     .into_router();
    /// # let _ = router;
    /// ```
    #[must_use]
    pub fn path(mut self, endpoint: Endpoint, path: impl Into<String>) -> Self {
        self.routes.rename(endpoint, path.into());
        self
    }

    /// Leaves an endpoint out.
    #[must_use]
    pub fn without(mut self, endpoint: Endpoint) -> Self {
        self.routes.retain(|offered| offered != endpoint);
        self
    }

    /// Leaves all endpoints out but these, which keep their paths.
    #[must_use]
    pub fn only(mut self, endpoints: impl IntoIterator<Item = Endpoint>) -> Self {
        let wanted: Vec<Endpoint> = endpoints.into_iter().collect();
        self.routes.retain(|endpoint| wanted.contains(&endpoint));
        self
    }

    /// Guards the endpoints that take a bearer token with this layer, and verifies the token of [`Endpoint::Logout`] with its
    /// verifier: for a realm, a form of refusal or more keys to trust. Logout reads its token from the
    /// `Authorization` header alone, whatever the layer's sources. Default: a layer over the issuer's own
    /// [`verifier`](crate::Issuer::verifier). Its [`optional`](JwtAuthLayer::optional) has no effect
    /// here: there is no user without a token. Nor have its
    /// [`api_keys`](JwtAuthLayer::api_keys): whoever holds a key is not the user.
    #[must_use]
    pub fn auth(mut self, layer: JwtAuthLayer) -> Self {
        self.auth = Some(layer);
        self
    }

    /// Hashes passwords with another hasher than [`Hasher::new`].
    #[must_use]
    pub fn hasher(mut self, hasher: Hasher) -> Self {
        self.hasher = Some(hasher);
        self
    }

    /// What new passwords must satisfy. Default: [`PasswordPolicy::default`]. The user's names and
    /// address count as their [`PasswordContext`](crate::PasswordContext).
    #[must_use]
    pub fn password_policy(mut self, policy: PasswordPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// How long sessions last. Default: [`RefreshTokens::new`].
    #[must_use]
    pub fn refresh_tokens(mut self, refresh: RefreshTokens) -> Self {
        self.refresh = refresh;
        self
    }

    /// The scopes that a newly registered user holds. Default: none. A second call replaces the
    /// first.
    #[must_use]
    pub fn default_scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.default_scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// The most bytes that a request body may have: 16 KiB by default.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Hands the audit trail to a sink of the application's own, beside the log: see [`AuditSink`].
    #[must_use]
    pub fn audit(mut self, sink: impl AuditSink) -> Self {
        self.trail = Trail::new(sink);
        self
    }

    /// Where the address of a client is found, for limits and the audit trail. Default:
    /// [`AddressSource::connection`], which is the proxy's where clients come through one.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{AddressSource, Issuer, LoginRouter, MemoryStore, TrustedProxies};
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let proxies = TrustedProxies::new(["10.0.0.0/8"])?;
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .client_address(AddressSource::x_forwarded_for(proxies))
    ///     .into_router();
    /// # let _ = router;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn client_address(mut self, source: AddressSource) -> Self {
        self.addresses = source;
        self
    }
}
