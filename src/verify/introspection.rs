//! How a [`Verifier`] that introspects is configured.

use std::time::Duration;

use super::opaque::Introspected;
use super::{Trusted, Verifier, VerifierBuilder};
use crate::fetch::HttpClient;
use crate::introspect::{ClientAuthentication, Options};
use crate::{Clock, ConfigError};

/// Configures a [`Verifier`] that asks the server which issued a token what it is good for (RFC 7662).
///
/// A token is accepted when the answer is 200 `application/json` with `"active": true`; its
/// `token_type` is `Bearer`; it has the [`audience`](Self::audience) of this service; and `iss`,
/// `exp`, `nbf` and `iat`, where they are told, hold. A token that is bound to a key (`cnf`) is
/// refused. A refresh token is active too, to some servers; it has no `token_type`, and is refused.
/// What Ory (`token_use`) and Keycloak (`typ`) say in its place is understood.
///
/// **Revocation takes a while.** What the server says of a token is believed for 30 seconds, and never
/// past the token's `exp`: see [`cache_for`](Self::cache_for). Answers are kept by the SHA-256 of their
/// token, in bounded memory, those of tokens that are not active apart from the others. However many
/// requests come at once with a token that is not remembered, its server is asked once.
///
/// **While the server is away**, or gives another answer than these, requests with tokens that are not
/// remembered are answered with 503 and `Retry-After`, and not with 401, since the token may be good. Why
/// is an event at level `error`. A failure is remembered for a second.
///
/// The verifier needs a tokio runtime with its timers on, which axum's is.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
///
/// use bytes::Bytes;
/// use http::{Request, Response, header};
/// use http_body_util::Full;
/// use tower_bearer::{HttpClient, Verifier};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // The server, for a test. Without `http_client` it is asked over HTTPS.
/// let server = tower::service_fn(|request: Request<Bytes>| async move {
///     assert_eq!(request.body(), "token=2YotnFZFEjr1zCsicMWpAA&token_type_hint=access_token");
///     let answer = r#"{"active": true, "token_type": "Bearer", "sub": "alice",
///         "aud": "https://api.example", "scope": "posts:read"}"#;
///     let answer = Response::new(Full::new(Bytes::from_static(answer.as_bytes())));
///     let (mut parts, body) = answer.into_parts();
///     parts.headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
///     Ok::<_, Infallible>(Response::from_parts(parts, body))
/// });
/// let verifier = Verifier::introspect("https://id.example/introspect")
///     .client_secret_basic("api", "gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA") // from your configuration
///     .audience("https://api.example")
///     .http_client(HttpClient::from_service(server))
///     .build()?;
///
/// let token = verifier.verify("2YotnFZFEjr1zCsicMWpAA").await?;
/// assert_eq!(token.subject(), Some("alice"));
/// assert!(token.has_scope("posts:read"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct IntrospectionBuilder {
    options: Options,
    /// What is asked of the claims.
    claims: VerifierBuilder<()>,
}

impl IntrospectionBuilder {
    pub(super) fn new(endpoint: String) -> Self {
        Self { options: Options::new(endpoint), claims: VerifierBuilder::new(()) }
    }

    /// Authenticates as this client, in the `Authorization` header (RFC 6749, section 2.3.1): what
    /// servers have to understand. Of this and the other three ways one must be called; a second call
    /// of any replaces the first.
    #[must_use]
    pub fn client_secret_basic(self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.authentication(ClientAuthentication::Basic { id: id.into(), secret: secret.into() })
    }

    /// Authenticates as this client, in the body: for servers that want it there.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Verifier;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = Verifier::introspect("https://id.example/introspect").audience("api");
    /// let secret = "gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA"; // from your configuration
    /// assert!(builder.client_secret_post("api", secret).build().is_ok());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn client_secret_post(self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.authentication(ClientAuthentication::Post { id: id.into(), secret: secret.into() })
    }

    /// Names this client, who is authenticated by the certificate that its
    /// [`http_client`](Self::http_client) shows (RFC 8705, section 2).
    #[must_use]
    pub fn tls_client_auth(self, id: impl Into<String>) -> Self {
        self.authentication(ClientAuthentication::Tls { id: id.into() })
    }

    /// Authenticates with an access token of this service's own (RFC 7662, section 2.1), which has to
    /// outlive the verifier.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Verifier;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = Verifier::introspect("https://id.example/introspect").audience("api");
    /// assert!(builder.bearer_token("2YotnFZFEjr1zCsicMWpAA").build().is_ok());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn bearer_token(self, token: impl Into<String>) -> Self {
        self.authentication(ClientAuthentication::Bearer { token: token.into() })
    }

    fn authentication(mut self, authentication: ClientAuthentication) -> Self {
        self.options.authentication = Some(authentication);
        self
    }

    /// Asks with this client. Default: [`HttpClient::new`]. A second call replaces the first.
    #[must_use]
    pub fn http_client(mut self, client: HttpClient) -> Self {
        self.options.fetcher.client = client;
        self
    }

    /// Asks over `http`, too, where the endpoint is on another machine. **This weakens the check**:
    /// whoever is on the way reads the tokens and the secret, and answers for the server. Default:
    /// `https`, and `http` to this machine alone.
    #[must_use]
    pub fn insecure_http(mut self) -> Self {
        self.options.fetcher.insecure_http = true;
        self
    }

    /// How long an answer may take, to its last byte: 5 seconds by default. A second call replaces
    /// the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::Verifier;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = Verifier::introspect("https://id.example/introspect").audience("api");
    /// let builder = builder.client_secret_basic("api", "gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA");
    /// assert!(builder.clone().timeout(Duration::ZERO).build().is_err());
    /// assert!(builder.timeout(Duration::from_secs(2)).build().is_ok());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.fetcher.timeout = timeout;
        self
    }

    /// How large an answer may be: 64 KiB by default. A second call replaces the first.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.options.fetcher.max_bytes = bytes;
        self
    }

    /// How long it is believed that a token is active, counted from the question and never past its
    /// `exp`: 30 seconds by default. **So long a revoked token still opens the service.** With zero,
    /// each request asks, but for those that come while the same token is being asked about. A second
    /// call replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::Verifier;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = Verifier::introspect("https://id.example/introspect").audience("api");
    /// let builder = builder.client_secret_basic("api", "gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA");
    /// assert!(builder.cache_for(Duration::ZERO).build().is_ok());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn cache_for(mut self, lifetime: Duration) -> Self {
        self.options.lifetime = lifetime;
        self
    }

    /// How long it is believed that a token is not active, or no access token: 10 seconds by default,
    /// zero for not at all. A token that becomes valid so late is refused so long. A second call
    /// replaces the first.
    #[must_use]
    pub fn cache_inactive_for(mut self, lifetime: Duration) -> Self {
        self.options.inactive_lifetime = lifetime;
        self
    }

    /// How many active tokens are remembered, and how many others: 10 000 of either by default. Each
    /// takes as much memory as its answer. A second call replaces the first.
    #[must_use]
    pub fn capacity(mut self, tokens: usize) -> Self {
        self.options.capacity = tokens;
        self
    }

    /// How many requests go to the server at once: 64 by default. A request beyond that waits for a
    /// second at most, and is answered with 503 then, so that a flood of made-up tokens does not become
    /// one on the server. A second call replaces the first.
    #[must_use]
    pub fn max_concurrent_requests(mut self, requests: usize) -> Self {
        self.options.max_requests = requests;
        self
    }

    /// Accepts answers without `token_type`, which RFC 7662 leaves out where the server likes. **This
    /// weakens the check**: servers call a refresh token active, and many tell it apart by this alone;
    /// whoever holds one needs no access token any more. For a server that never tells a type, and
    /// answers for access tokens only.
    #[must_use]
    pub fn insecure_missing_token_type(mut self) -> Self {
        self.options.takes_untyped = true;
        self
    }

    /// Accepts tokens whose `iss` is this text, letter by letter, and no others; an answer without
    /// `iss` neither. Default: it is not looked at, and the endpoint alone tells whom you trust. A
    /// second call replaces the first.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.claims = self.claims.issuer(issuer);
        self
    }

    /// Accepts tokens whose `aud` is, or contains, this text, letter by letter; an answer without
    /// `aud` is refused. A second call accepts one audience more. It replaces an earlier
    /// [`any_audience`](Self::any_audience).
    ///
    /// This, or `any_audience`, must be called: a service that takes tokens meant for another is
    /// open to whoever runs the other.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.claims = self.claims.audience(audience);
        self
    }

    /// Accepts tokens with any `aud`, or none. **This weakens the check**: a token that was issued
    /// for another service opens this one, unless the server tells each service of its own tokens
    /// alone. It replaces earlier calls of [`audience`](Self::audience).
    #[must_use]
    pub fn any_audience(mut self) -> Self {
        self.claims = self.claims.any_audience();
        self
    }

    /// As [`VerifierBuilder::leeway`]: 30 seconds by default, at most 300. Nothing is remembered
    /// past `exp` for it.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.claims = self.claims.leeway(leeway);
        self
    }

    /// As [`VerifierBuilder::max_token_age`]: counted from the `iat`, which the answer must have
    /// then. Default: no limit.
    #[must_use]
    pub fn max_token_age(mut self, age: Duration) -> Self {
        self.claims = self.claims.max_token_age(age);
        self
    }

    /// As [`VerifierBuilder::roles_claim`]: another member of the answer than `roles`.
    #[must_use]
    pub fn roles_claim<T: Into<String>>(mut self, path: impl IntoIterator<Item = T>) -> Self {
        self.claims = self.claims.roles_claim(path);
        self
    }

    /// As [`VerifierBuilder::hierarchical_scopes`]: `items:*` holds `items:read`.
    #[must_use]
    pub fn hierarchical_scopes(mut self) -> Self {
        self.claims = self.claims.hierarchical_scopes();
        self
    }

    /// Takes the time from another clock than the system's, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.claims = self.claims.clock(clock);
        self
    }

    /// Builds the verifier. Nobody is asked yet.
    ///
    /// # Errors
    ///
    /// When the URL is not one of `https`, there is no decision on the audience or no client
    /// authentication, or an option is out of its range.
    pub fn build(self) -> Result<Verifier, ConfigError> {
        let claims = self.claims.options;
        let (clock, hierarchical_scopes) = (claims.clock.clone(), claims.hierarchical_scopes);
        let (rules, roles) = claims.rules()?;
        let introspector = self.options.start(roles, hierarchical_scopes, clock.clone())?;
        let introspected = Introspected::new(introspector, rules, clock);
        Ok(Verifier::new(Trusted::Introspected(introspected)))
    }
}
