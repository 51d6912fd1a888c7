//! The registry of clients.

use std::collections::BTreeMap;
use std::fmt;

use http::HeaderValue;

use super::entry::{Client, invalid};
use crate::ConfigError;
use crate::challenge::Challenge;

/// The clients of a [`LoginRouter`](crate::LoginRouter), for
/// [`LoginRouter::clients`](crate::LoginRouter::clients).
///
/// A client that is not in here is public, with all scopes of its user, unless
/// [`registered_only`](Self::registered_only) is called.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Client, Clients};
///
/// # fn main() -> Result<(), tower_bearer::ConfigError> {
/// let secret = "gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA"; // from your configuration
/// let clients = Clients::new()
///     .client(Client::public("page")?.scopes(["posts:read"])?)?
///     .client(Client::confidential("gateway", secret)?.may_introspect()?)?;
/// # let _ = clients;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Clients {
    by_id: BTreeMap<String, Client>,
    registered_only: bool,
    challenge: HeaderValue,
}

impl Clients {
    /// No clients.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Clients, Issuer, LoginRouter, MemoryStore};
    ///
    /// // Nobody is in it, so everybody is public.
    /// let login = LoginRouter::new(MemoryStore::new(), Issuer::for_tests());
    /// let login = login.clients(Clients::new());
    /// assert!(format!("{login:?}").contains("/introspect"));
    /// ```
    pub fn new() -> Self {
        Self {
            by_id: BTreeMap::new(),
            registered_only: false,
            challenge: HeaderValue::from_static(r#"Basic realm="api""#),
        }
    }

    /// Adds a client.
    ///
    /// # Errors
    ///
    /// When there is one with its ID.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Client, Clients, ConfigError};
    ///
    /// let clients = Clients::new().client(Client::public("page")?)?;
    /// let twice = clients.client(Client::public("page")?);
    /// assert!(matches!(twice, Err(ConfigError::InvalidClient { id, .. }) if id == "page"));
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn client(mut self, client: Client) -> Result<Self, ConfigError> {
        if self.by_id.contains_key(client.id()) {
            return Err(invalid(client.id(), "there is another with this ID"));
        }
        self.by_id.insert(client.id().to_owned(), client);
        Ok(self)
    }

    /// Refuses clients that are not in here, with 401 `invalid_client`. Whoever names none is the
    /// issuer's [`default_client_id`](crate::Issuer::default_client_id), which has to be in here too.
    /// Default: they are public.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Client, Clients, Issuer, LoginRouter, MemoryStore};
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clients = Clients::new().client(Client::public("page")?)?.registered_only();
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .clients(clients)
    ///     .into_router();
    /// // 400 is for the token; 401 for the client.
    /// for (client, status) in [("page", 400), ("stranger", 401)] {
    ///     let body = format!(r#"{{"refresh_token":"unknown","client_id":"{client}"}}"#);
    ///     assert_eq!(post(&router, "/refresh", &body).await.status(), status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn registered_only(mut self) -> Self {
        self.registered_only = true;
        self
    }

    /// Names the protection space in the challenge to clients (RFC 9110, section 11.5). Default: `api`.
    /// A second call replaces the first.
    ///
    /// # Errors
    ///
    /// When the text has a character that is not printable ASCII.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Clients, Issuer, LoginRouter, MemoryStore};
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clients = Clients::new().registered_only().realm("tasks")?;
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .clients(clients)
    ///     .into_router();
    /// let of_stranger = r#"{"refresh_token":"text","client_id":"stranger"}"#;
    /// let answer = post(&router, "/refresh", of_stranger).await;
    /// assert_eq!(answer.headers()["www-authenticate"], r#"Basic realm="tasks""#);
    /// # Ok(())
    /// # }
    /// ```
    pub fn realm(mut self, realm: &str) -> Result<Self, ConfigError> {
        self.challenge = Challenge::new("Basic", realm)?.to_header();
        Ok(self)
    }

    pub(super) fn find(&self, id: &str) -> Option<&Client> {
        self.by_id.get(id)
    }

    /// Whether this is a client without being asked for a secret.
    pub(super) fn admits_without_secret(&self, id: &str) -> bool {
        self.find(id).map_or(!self.registered_only, |client| !client.is_confidential())
    }

    pub(super) fn challenge(&self) -> &HeaderValue {
        &self.challenge
    }

    pub(in crate::login) fn allows(&self, id: &str, scope: &str) -> bool {
        self.find(id).is_none_or(|client| client.allows(scope))
    }

    /// How clients prove who they are (RFC 7591, section 2): with a secret, where one has any, and
    /// without, where one has none.
    pub(in crate::login) fn auth_methods(&self) -> Vec<&'static str> {
        let mut methods = Vec::new();
        if self.by_id.values().any(Client::is_confidential) {
            methods.extend(["client_secret_basic", "client_secret_post"]);
        }
        if !self.registered_only || !self.by_id.values().all(Client::is_confidential) {
            methods.push("none");
        }
        methods
    }

    pub(in crate::login) fn may_introspect(&self, id: &str) -> bool {
        self.find(id).is_some_and(Client::introspects)
    }
}

impl Default for Clients {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients")
            .field("clients", &self.by_id.values())
            .field("registered_only", &self.registered_only)
            .finish_non_exhaustive()
    }
}
