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
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Endpoint, Issuer, LoginRouter, MemoryStore};
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// // Accounts are made by hand.
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .without(Endpoint::Register)
    ///     .into_router();
    /// assert_eq!(post(&router, "/register", "{}").await.status(), 404);
    /// # }
    /// ```
    #[must_use]
    pub fn without(mut self, endpoint: Endpoint) -> Self {
        self.routes.retain(|offered| offered != endpoint);
        self
    }

    /// Leaves all endpoints out but these, which keep their paths.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Endpoint, Issuer, LoginRouter, MemoryStore};
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .only([Endpoint::Login, Endpoint::Refresh, Endpoint::Logout])
    ///     .into_router();
    /// assert_eq!(post(&router, "/login", "{}").await.status(), 400); // a password is missing
    /// assert_eq!(post(&router, "/register", "{}").await.status(), 404);
    /// # }
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::body::Body;
    /// use http::Request;
    /// use tower::ServiceExt;
    /// use tower_bearer::{Issuer, JwtAuthLayer, LoginRouter, MemoryStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let issuer = Issuer::for_tests();
    /// let layer = JwtAuthLayer::new(issuer.verifier()?).realm("tasks")?;
    /// let router = LoginRouter::new(MemoryStore::new(), issuer).auth(layer).into_router();
    ///
    /// let answer = router.oneshot(Request::get("/me").body(Body::empty())?).await?;
    /// assert_eq!(answer.status(), 401);
    /// assert_eq!(answer.headers()["www-authenticate"], r#"Bearer realm="tasks""#);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn auth(mut self, layer: JwtAuthLayer) -> Self {
        self.auth = Some(layer);
        self
    }

    /// Hashes passwords with another hasher than [`Hasher::new`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Hasher, Issuer, LoginRouter, MemoryStore};
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let hasher = Hasher::builder().insecure_parameters(8, 1, 1).build()?; // for quick tests
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .hasher(hasher.clone())
    ///     .into_router();
    /// post(&router, "/login", r#"{"username":"nobody","password":"guess"}"#).await;
    /// assert_eq!(hasher.computations(), 1); // as for a user who exists
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn hasher(mut self, hasher: Hasher) -> Self {
        self.hasher = Some(hasher);
        self
    }

    /// What new passwords must satisfy. Default: [`PasswordPolicy::default`]. The user's names and
    /// address count as their [`PasswordContext`](crate::PasswordContext).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, MemoryStore, PasswordPolicy};
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let policy = PasswordPolicy::asvs_l1().service_name("Wonderland");
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .password_policy(policy)
    ///     .into_router();
    /// let new = r#"{"username":"alice","password":"alice.wonderland"}"#; // her name, and ours
    /// assert_eq!(post(&router, "/register", new).await.status(), 422);
    /// # }
    /// ```
    #[must_use]
    pub fn password_policy(mut self, policy: PasswordPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// How long sessions last. Default: [`RefreshTokens::new`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{
    ///     AccountStore, Issuer, LoginRouter, MemoryStore, RefreshStore, RefreshTokens,
    /// };
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MemoryStore::new();
    /// let router = LoginRouter::new(store.clone(), Issuer::for_tests())
    /// #   .hasher(tower_bearer::Hasher::builder().insecure_parameters(8, 1, 1).build()?)
    ///     .refresh_tokens(RefreshTokens::new().lifetime(Duration::from_secs(24 * 3600)))
    ///     .sign_in_on_register()
    ///     .into_router();
    /// let new = r#"{"username":"alice","password":"correct horse battery"}"#;
    /// post(&router, "/register", new).await;
    ///
    /// let alice = &store.list_users(None, 1).await?[0];
    /// let session = &store.sessions_of(&alice.id, alice.created_at).await?[0];
    /// assert_eq!(session.expires_at - session.created_at, Duration::from_secs(24 * 3600));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn refresh_tokens(mut self, refresh: RefreshTokens) -> Self {
        self.refresh = refresh;
        self
    }

    /// The scopes that a newly registered user holds. Default: none. A second call replaces the
    /// first.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, MemoryStore};
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
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    /// #   .hasher(tower_bearer::Hasher::builder().insecure_parameters(8, 1, 1).build()?)
    ///     .default_scopes(["me", "posts:read"])
    ///     .into_router();
    /// let new = r#"{"username":"alice","password":"correct horse battery"}"#;
    /// let user = json(post(&router, "/register", new).await).await;
    /// assert_eq!(user["scopes"], serde_json::json!(["me", "posts:read"]));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn default_scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.default_scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// The most bytes that a request body may have: 16 KiB by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, MemoryStore};
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .body_limit(1024)
    ///     .into_router();
    /// let body = format!(r#"{{"username":"{}"}}"#, "a".repeat(2000));
    /// assert_eq!(post(&router, "/login", &body).await.status(), 413);
    /// # }
    /// ```
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Hands the audit trail to a sink of the application's own, beside the log: see [`AuditSink`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    /// use tower_bearer::{AuditEvent, AuditRecord, Issuer, LoginFailure, LoginRouter, MemoryStore};
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (sender, records) = channel();
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    /// #   .hasher(tower_bearer::Hasher::builder().insecure_parameters(8, 1, 1).build()?)
    ///     .audit(move |record: &AuditRecord| {
    ///         let _ = sender.send(record.event.clone());
    ///     })
    ///     .into_router();
    /// post(&router, "/login", r#"{"username":"nobody","password":"guess"}"#).await;
    /// let AuditEvent::LoginFailed { reason, .. } = records.recv()? else { panic!("it failed") };
    /// assert_eq!(reason, LoginFailure::UnknownUser);
    /// # Ok(())
    /// # }
    /// ```
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
