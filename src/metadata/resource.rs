//! The metadata of a protected resource (RFC 9728, section 2).

use serde_json::Value;

use super::url::check_link;
use super::{Members, ServiceUrl, WellKnown, scopes, set};
use crate::ConfigError;

/// What a protected resource says of itself (RFC 9728, section 2): who it is, and whose tokens it
/// takes. Clients that are refused find it by the `resource_metadata` of the challenge, and by it the
/// authorization server to ask for a token.
///
/// [`JwtAuthLayer::resource_metadata`](crate::JwtAuthLayer::resource_metadata) puts its URL into the
/// challenges, and [`service`](Self::service) answers with it there, so that the two can't
/// disagree. All of it comes from the configuration, and nothing from a request.
///
/// `bearer_methods_supported` is `["header"]`, and with [`query_tokens`](Self::query_tokens) `query`
/// too; cookies and WebSocket subprotocols have no name there. Members that nothing is said of are
/// left out.
///
/// # Examples
///
/// ```
/// use axum::{Router, body::Body, routing::get};
/// use http::{Request, header};
/// use tower::ServiceExt;
/// use tower_bearer::{Issuer, JwtAuthLayer, ResourceMetadata};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// # let verifier = Issuer::for_tests().verifier()?;
/// let metadata = ResourceMetadata::new("https://api.example/v1")?
///     .authorization_server("https://id.example")?
///     .scopes_supported(["posts:read"])?;
/// let app = Router::new()
///     .route("/v1/posts", get(|| async { "posts" }))
///     .layer(JwtAuthLayer::new(verifier).resource_metadata(&metadata)?)
///     .route_service(&metadata.path(), metadata.service());
///
/// let refused = app.clone().oneshot(Request::get("/v1/posts").body(Body::empty())?).await?;
/// let url = "https://api.example/.well-known/oauth-protected-resource/v1";
/// assert_eq!(
///     refused.headers()[header::WWW_AUTHENTICATE],
///     format!(r#"Bearer realm="api", resource_metadata="{url}""#)
/// );
/// let path = "/.well-known/oauth-protected-resource/v1";
/// assert_eq!(app.oneshot(Request::get(path).body(Body::empty())?).await?.status(), 200);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct ResourceMetadata {
    resource: ServiceUrl,
    authorization_servers: Vec<String>,
    takes_query_tokens: bool,
    members: Members,
}

impl ResourceMetadata {
    /// Of the resource with this identifier: the URL that its clients know, as
    /// `https://api.example/v1`, and letter by letter the one that is published. It also makes a good
    /// audience for the tokens (RFC 8707, section 2).
    ///
    /// # Errors
    ///
    /// When it is no absolute URL with https, or with http to this machine; when it has a user, a
    /// query, a fragment or a part `..` in its path.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::ResourceMetadata;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metadata = ResourceMetadata::new("https://api.example/v1")?;
    /// assert_eq!(metadata.path(), "/.well-known/oauth-protected-resource/v1");
    /// assert!(ResourceMetadata::new("http://api.example").is_err()); // not over plain HTTP
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(resource: impl Into<String>) -> Result<Self, ConfigError> {
        let resource = ServiceUrl::new(resource, "identifier of the resource")?;
        let members = Members::new();
        Ok(Self { resource, authorization_servers: Vec::new(), takes_query_tokens: false, members })
    }

    /// Names an authorization server whose tokens the resource takes, by its issuer identifier: the
    /// `iss` of its tokens. A second call names one more.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), of the identifier of the issuer.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::ResourceMetadata;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metadata = ResourceMetadata::new("https://api.example/v1")?;
    /// let metadata = metadata.authorization_server("https://id.example")?;
    /// let document = metadata.service();
    /// assert!(document.body().contains(r#""authorization_servers":["https://id.example"]"#));
    /// # Ok(())
    /// # }
    /// ```
    pub fn authorization_server(mut self, issuer: impl Into<String>) -> Result<Self, ConfigError> {
        let issuer = ServiceUrl::new(issuer, "authorization server")?;
        self.authorization_servers.push(issuer.as_str().to_owned());
        Ok(self)
    }

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
    /// use tower_bearer::ResourceMetadata;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metadata = ResourceMetadata::new("https://api.example/v1")?;
    /// let metadata = metadata.scopes_supported(["posts:read"])?;
    /// assert!(metadata.service().body().contains(r#""scopes_supported":["posts:read"]"#));
    /// # Ok(())
    /// # }
    /// ```
    pub fn scopes_supported<T: Into<String>>(
        self,
        supported: impl IntoIterator<Item = T>,
    ) -> Result<Self, ConfigError> {
        Ok(self.with("scopes_supported", scopes(supported)?))
    }

    /// Says that tokens are taken in the query, too: for a layer with
    /// [`TokenSource::query`](crate::TokenSource::query).
    #[must_use]
    pub fn query_tokens(mut self) -> Self {
        self.takes_query_tokens = true;
        self
    }

    /// The name of the resource, for people. An empty one is left out; a second call replaces the
    /// first.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::ResourceMetadata;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metadata = ResourceMetadata::new("https://api.example/v1")?.resource_name("Orders");
    /// assert!(metadata.service().body().contains(r#""resource_name":"Orders""#));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn resource_name(self, name: impl Into<String>) -> Self {
        self.with("resource_name", name.into())
    }

    /// A page for whoever writes a client. A second call replaces the first.
    ///
    /// # Errors
    ///
    /// When it is no absolute URL with https, or with http to this machine, or has a fragment.
    pub fn resource_documentation(self, url: impl Into<String>) -> Result<Self, ConfigError> {
        self.with_link("resource_documentation", url.into())
    }

    /// A page that tells what may be done with the data. A second call replaces the first.
    ///
    /// # Errors
    ///
    /// As [`resource_documentation`](Self::resource_documentation).
    pub fn resource_policy_uri(self, url: impl Into<String>) -> Result<Self, ConfigError> {
        self.with_link("resource_policy_uri", url.into())
    }

    /// The terms of service. A second call replaces the first.
    ///
    /// # Errors
    ///
    /// As [`resource_documentation`](Self::resource_documentation).
    pub fn resource_tos_uri(self, url: impl Into<String>) -> Result<Self, ConfigError> {
        self.with_link("resource_tos_uri", url.into())
    }

    /// Where the keys of the resource itself are, for one that signs its answers. The keys of its
    /// tokens are named by their issuer. A second call replaces the first.
    ///
    /// # Errors
    ///
    /// As [`resource_documentation`](Self::resource_documentation).
    pub fn jwks_uri(self, url: impl Into<String>) -> Result<Self, ConfigError> {
        self.with_link("jwks_uri", url.into())
    }

    /// Any other member, as `resource_name#de` or one that an extension registers. What says nothing
    /// (null, or what is empty) is left out; a second call with the same name replaces the first.
    ///
    /// # Errors
    ///
    /// When the member has a method of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::ResourceMetadata;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metadata = ResourceMetadata::new("https://api.example/v1")?;
    /// let metadata = metadata.member("resource_name#de", "Aufträge")?;
    /// assert!(metadata.service().body().contains("Aufträge"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn member(self, name: &str, value: impl Into<Value>) -> Result<Self, ConfigError> {
        const OWN: [&str; 9] = [
            "resource",
            "authorization_servers",
            "scopes_supported",
            "bearer_methods_supported",
            "resource_name",
            "resource_documentation",
            "resource_policy_uri",
            "resource_tos_uri",
            "jwks_uri",
        ];
        if OWN.contains(&name) {
            return Err(ConfigError::InvalidValue {
                setting: "member of the resource metadata",
                rule: "it has a method of its own",
            });
        }
        Ok(self.with(name, value))
    }

    /// Its URL (RFC 9728, section 3.1): `/.well-known/oauth-protected-resource` stands between the host
    /// and the path of the identifier.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::ResourceMetadata;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metadata = ResourceMetadata::new("https://api.example/v1")?;
    /// let url = "https://api.example/.well-known/oauth-protected-resource/v1";
    /// assert_eq!(metadata.url(), url);
    /// # Ok(())
    /// # }
    /// ```
    pub fn url(&self) -> String {
        format!("{}{}", self.resource.origin(), self.path())
    }

    /// The path of [`url`](Self::url), which to route to the [`service`](Self::service). A proxy in
    /// front of the service has to hand it on as it is.
    pub fn path(&self) -> String {
        format!("/.well-known/oauth-protected-resource{}", self.resource.path())
    }

    /// A service that answers with it.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::ResourceMetadata;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let metadata = ResourceMetadata::new("https://api.example/v1")?;
    /// let service = metadata.service(); // for `Router::route_service`
    /// assert_eq!(service.path(), metadata.path());
    /// # Ok(())
    /// # }
    /// ```
    pub fn service(&self) -> WellKnown {
        let mut members = self.members.clone();
        set(&mut members, "resource", self.resource.as_str());
        set(&mut members, "authorization_servers", self.authorization_servers.clone());
        let methods = ["header", "query"];
        let methods = if self.takes_query_tokens { &methods[..] } else { &methods[..1] };
        set(&mut members, "bearer_methods_supported", methods);
        WellKnown::metadata(self.path(), &members)
    }

    /// Whether it says that tokens are taken in the query.
    pub(crate) fn takes_query_tokens(&self) -> bool {
        self.takes_query_tokens
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        set(&mut self.members, name, value);
        self
    }

    fn with_link(self, name: &'static str, url: String) -> Result<Self, ConfigError> {
        check_link(&url, name)?;
        Ok(self.with(name, url))
    }
}
