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
    /// ```
    /// use tower_bearer::{LoginRouter, MemoryStore, Settings};
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # async fn json(answer: http::Response<axum::body::Body>) -> serde_json::Value {
    /// #     let body = axum::body::to_bytes(answer.into_body(), 65_536).await.unwrap();
    /// #     serde_json::from_slice(&body).unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let least = [
    /// #     ("JWT_SECRET", "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"),
    /// #     ("JWT_ISSUER", "https://me.example"),
    /// #     ("JWT_AUDIENCE", "api"),
    /// #     ("DATABASE_URL", "sqlite://app.db"),
    /// # ];
    /// let preset = ("PASSWORD_POLICY", "asvs"); // beside what must be set
    /// let settings = Settings::from_vars(least.into_iter().chain([preset]))?;
    /// let router = LoginRouter::new(MemoryStore::new(), settings.issuer())
    ///     .settings(&settings)?
    ///     .into_router();
    /// let new = r#"{"username":"alice","password":"short"}"#;
    /// let told = json(post(&router, "/register", new).await).await.to_string();
    /// assert!(told.contains("the password needs at least 8 characters"));
    /// # Ok(())
    /// # }
    /// ```
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
