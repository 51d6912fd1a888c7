//! The metadata of the authorization server that a [`LoginRouter`] is (RFC 8414).

use std::time::Duration;

use axum::Router;

use super::LoginRouter;
use super::client::Clients;
use super::endpoint::Endpoint;
use crate::ConfigError;
use crate::metadata::{JWKS_PATH, Members, ServiceUrl, WellKnown, check_link, scopes, set};
use crate::store::{RefreshStore, UserStore};

const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";

/// What a [`LoginRouter`] says of itself to clients and resource servers (RFC 8414, section 2): the
/// issuer, its endpoints and how they are asked, and where its keys are. Made by
/// [`LoginRouter::metadata`], which says what is in it.
///
/// # Examples
///
/// ```
/// use axum::{Router, body::Body};
/// use http::Request;
/// use tower::ServiceExt;
/// use tower_bearer::{Issuer, LoginRouter, MemoryStore, SigningKey};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let key = SigningKey::generate_hs256()?;
/// let issuer = Issuer::new(key).issuer("https://me.example").audience("api");
/// let login = LoginRouter::new(MemoryStore::new(), issuer);
/// let metadata = login.metadata("https://me.example/auth")?.scopes_supported(["posts:read"])?;
/// let app: Router = Router::new()
///     // The layer of the API would stand here: what is asked without a token comes behind it.
///     .merge(metadata.into_router())
///     .nest("/auth", login.into_router());
///
/// let path = "/.well-known/oauth-authorization-server";
/// assert_eq!(app.oneshot(Request::get(path).body(Body::empty())?).await?.status(), 200);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct AuthorizationServerMetadata {
    issuer: ServiceUrl,
    members: Members,
    jwks: Option<WellKnown>,
    max_age: Option<Duration>,
}

impl<U: UserStore, R: RefreshStore> LoginRouter<U, R> {
    /// The metadata of this router as an authorization server (RFC 8414): call it when all else is
    /// said, before [`into_router`](Self::into_router). `base_url` is where that is found by clients:
    /// scheme and host, and the path that it is nested under.
    ///
    /// - `issuer`, letter by letter the `iss` of its tokens;
    /// - `token_endpoint`, `revocation_endpoint` and `introspection_endpoint`, as far as they are
    ///   offered, with `..._auth_methods_supported`;
    /// - `grant_types_supported`: `password` and `refresh_token`, or none without
    ///   [`Endpoint::Token`]; `response_types_supported`: none. Both are always there, since
    ///   absent they would stand for the authorization code flow, which this router has not;
    /// - `jwks_uri`, where one of the issuer's keys is public: `/.well-known/jwks.json` of the issuer's
    ///   host.
    ///
    /// `/.well-known/openid-configuration` is not served: there are no ID tokens, and whoever looks
    /// there asks for them.
    ///
    /// # Errors
    ///
    /// When the issuer has no identifier; when it, or `base_url`, is no absolute URL with https, or
    /// with http to this machine, or has a query or a fragment.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ConfigError, Issuer, LoginRouter, MemoryStore, SigningKey};
    ///
    /// let key = SigningKey::generate_hs256()?;
    /// let issuer = Issuer::new(key).issuer("https://me.example").audience("api");
    /// let login = LoginRouter::new(MemoryStore::new(), issuer);
    /// let metadata = login.metadata("https://me.example/auth")?;
    /// assert!(format!("{metadata:?}").contains("https://me.example/auth/token"));
    /// // Clients would send passwords in the clear.
    /// assert!(login.metadata("http://me.example/auth").is_err());
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn metadata(&self, base_url: &str) -> Result<AuthorizationServerMetadata, ConfigError> {
        let identifier = self.issuer.identifier().ok_or(ConfigError::NoIssuer)?;
        let issuer = ServiceUrl::new(identifier, "identifier of the issuer")?;
        let base = ServiceUrl::new(base_url, "URL of the login router")?;
        let base = base.as_str().trim_end_matches('/');
        // Where there are secrets alone, there is nothing to publish.
        let jwks = WellKnown::jwks(&self.issuer).ok();

        let mut members = Members::new();
        set(&mut members, "issuer", identifier);
        if jwks.is_some() {
            set(&mut members, "jwks_uri", format!("{}{JWKS_PATH}", issuer.origin()));
        }
        let methods = self.clients.as_deref().map_or(vec!["none"], Clients::auth_methods);
        // Nobody without a secret is told anything there.
        let with_secret: Vec<&str> =
            methods.iter().copied().filter(|method| *method != "none").collect();
        for (endpoint, name, methods) in [
            (Endpoint::Token, "token_endpoint", &methods),
            (Endpoint::Revoke, "revocation_endpoint", &methods),
            (Endpoint::Introspect, "introspection_endpoint", &with_secret),
        ] {
            let asked = self.routes.path(endpoint).filter(|_| !methods.is_empty());
            if let Some(path) = asked {
                set(&mut members, name, format!("{base}{path}"));
                let name = format!("{name}_auth_methods_supported");
                set(&mut members, &name, methods.as_slice());
            }
        }
        let grants: &[&str] = match self.routes.path(Endpoint::Token) {
            Some(_) => &["password", "refresh_token"],
            None => &[],
        };
        members.insert("grant_types_supported".to_owned(), grants.into());
        members.insert("response_types_supported".to_owned(), Vec::<&str>::new().into());
        Ok(AuthorizationServerMetadata { issuer, members, jwks, max_age: None })
    }
}

impl AuthorizationServerMetadata {
    /// The scopes that a client may ask for. They need not be all there are. A second call replaces
    /// the first.
    ///
    /// # Errors
    ///
    /// When one is no scope by RFC 6749, section 3.3.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, MemoryStore};
    ///
    /// # async fn get(router: axum::Router, path: &str) -> serde_json::Value {
    /// #     let request = http::Request::get(path).body(axum::body::Body::empty()).unwrap();
    /// #     let answer = tower::ServiceExt::oneshot(router, request).await.unwrap();
    /// #     let body = axum::body::to_bytes(answer.into_body(), 65_536).await.unwrap();
    /// #     serde_json::from_slice(&body).unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let login = LoginRouter::new(MemoryStore::new(), Issuer::for_tests());
    /// let metadata = login.metadata("https://issuer.test")?;
    /// let metadata = metadata.scopes_supported(["me", "posts:read"])?;
    /// let shown = get(metadata.into_router(), "/.well-known/oauth-authorization-server").await;
    /// assert_eq!(shown["scopes_supported"], serde_json::json!(["me", "posts:read"]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn scopes_supported<T: Into<String>>(
        mut self,
        supported: impl IntoIterator<Item = T>,
    ) -> Result<Self, ConfigError> {
        set(&mut self.members, "scopes_supported", scopes(supported)?);
        Ok(self)
    }

    /// The authentication context classes that a login can reach (RFC 9470, section 7): those that
    /// the application puts into `acr`. A second call replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Issuer, LoginRouter, MemoryStore};
    ///
    /// # async fn get(router: axum::Router, path: &str) -> serde_json::Value {
    /// #     let request = http::Request::get(path).body(axum::body::Body::empty()).unwrap();
    /// #     let answer = tower::ServiceExt::oneshot(router, request).await.unwrap();
    /// #     let body = axum::body::to_bytes(answer.into_body(), 65_536).await.unwrap();
    /// #     serde_json::from_slice(&body).unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let login = LoginRouter::new(MemoryStore::new(), Issuer::for_tests());
    /// let metadata = login.metadata("https://issuer.test")?.acr_values_supported(["pwd", "mfa"]);
    /// let shown = get(metadata.into_router(), "/.well-known/oauth-authorization-server").await;
    /// assert_eq!(shown["acr_values_supported"][1], "mfa");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn acr_values_supported<T: Into<String>>(
        mut self,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        set(&mut self.members, "acr_values_supported", values);
        self
    }

    /// A page for whoever writes a client. A second call replaces the first.
    ///
    /// # Errors
    ///
    /// When it is no absolute URL with https, or with http to this machine, or has a fragment.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ConfigError, Issuer, LoginRouter, MemoryStore};
    ///
    /// # let login = LoginRouter::new(MemoryStore::new(), Issuer::for_tests());
    /// let metadata = login.metadata("https://issuer.test")?;
    /// let metadata = metadata.service_documentation("https://issuer.test/docs")?;
    /// assert!(metadata.service_documentation("docs").is_err()); // it is to be a whole URL
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn service_documentation(mut self, url: &str) -> Result<Self, ConfigError> {
        check_link(url, "service_documentation")?;
        set(&mut self.members, "service_documentation", url);
        Ok(self)
    }

    /// How long clients may keep the metadata and the keys: see [`WellKnown::max_age`]. A second call
    /// replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use axum::body::Body;
    /// use http::Request;
    /// use tower::ServiceExt;
    /// use tower_bearer::{Issuer, LoginRouter, MemoryStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let login = LoginRouter::new(MemoryStore::new(), Issuer::for_tests());
    /// let metadata = login.metadata("https://issuer.test")?.max_age(Duration::from_secs(600));
    /// let request = Request::get(metadata.url()).body(Body::empty())?;
    /// let answer = metadata.into_router().oneshot(request).await?;
    /// assert!(answer.headers()["cache-control"].to_str()?.contains("max-age=600"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Its URL (RFC 8414, section 3.1): `/.well-known/oauth-authorization-server` stands between the
    /// host and the path of the issuer, whose slash at the end is left out.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ConfigError, Issuer, LoginRouter, MemoryStore, SigningKey};
    ///
    /// let key = SigningKey::generate_hs256()?;
    /// let issuer = Issuer::new(key).issuer("https://example.org/tenants/7").audience("api");
    /// let login = LoginRouter::new(MemoryStore::new(), issuer);
    /// assert_eq!(
    ///     login.metadata("https://example.org/tenants/7/auth")?.url(),
    ///     "https://example.org/.well-known/oauth-authorization-server/tenants/7",
    /// );
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn url(&self) -> String {
        format!("{}{}", self.issuer.origin(), self.path())
    }

    #[cfg(feature = "openapi")]
    pub(super) fn has_public_keys(&self) -> bool {
        self.jwks.is_some()
    }

    pub(super) fn path(&self) -> String {
        let path = self.issuer.path();
        format!("{WELL_KNOWN}{}", path.strip_suffix('/').unwrap_or(path))
    }

    /// Routes for the metadata and, where there are public keys, for `/.well-known/jwks.json`: to merge
    /// at the root of the issuer's host, behind any layer that asks for a token.
    ///
    /// # Examples
    ///
    /// With a key that is public, the set of keys is there too:
    ///
    /// ```
    /// use tower_bearer::{Algorithm, Issuer, LoginRouter, MemoryStore, SigningKey};
    ///
    /// # async fn get(router: axum::Router, path: &str) -> serde_json::Value {
    /// #     let request = http::Request::get(path).body(axum::body::Body::empty()).unwrap();
    /// #     let answer = tower::ServiceExt::oneshot(router, request).await.unwrap();
    /// #     let body = axum::body::to_bytes(answer.into_body(), 65_536).await.unwrap();
    /// #     serde_json::from_slice(&body).unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let pem = "-----BEGIN PRIVATE KEY-----\n\
    /// #      MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    /// #      -----END PRIVATE KEY-----\n";
    /// let key = SigningKey::from_pem(Algorithm::EdDSA, pem)?;
    /// let issuer = Issuer::new(key).issuer("https://me.example").audience("api");
    /// let login = LoginRouter::new(MemoryStore::new(), issuer);
    /// let metadata = login.metadata("https://me.example/auth")?;
    /// let keys = get(metadata.into_router(), "/.well-known/jwks.json").await;
    /// assert_eq!(keys["keys"][0]["kty"], "OKP");
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_router(self) -> Router {
        let age = |document: WellKnown| match self.max_age {
            Some(age) => document.max_age(age),
            None => document,
        };
        let metadata = age(WellKnown::metadata(self.path(), &self.members));
        let documents = self.jwks.clone().map(age).into_iter().chain([metadata]);
        // A part of the path that begins with `:` or `*` is no pattern.
        documents.fold(Router::new().without_v07_checks(), |router, document| {
            let path = document.path().to_owned();
            router.route_service(&path, document)
        })
    }
}
