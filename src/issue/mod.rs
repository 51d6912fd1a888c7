//! Minting access tokens (RFC 9068).

mod grant;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt;
use std::time::Duration;

pub use grant::Grant;

use crate::token::wire;
use crate::{
    Clock, ConfigError, KeySet, SigningKey, SigningKeys, Verifier, VerifierBuilder, random,
};

const DEFAULT_LIFETIME: Duration = Duration::from_secs(15 * 60);
const DEFAULT_CLIENT: &str = "first-party";

/// Issues access tokens in the profile of RFC 9068, and makes the [`Verifier`] that accepts them.
///
/// It is its own builder. Cheap enough to clone for every router that needs one.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Grant, Issuer, SigningKey};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"; // from your configuration
/// let issuer = Issuer::new(SigningKey::hs256(secret)?).issuer("https://me").audience("api");
/// let token = issuer.issue(&Grant::new("alice").scopes(["posts:read"]).roles(["admin"]))?;
/// assert_eq!(token.split('.').count(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Issuer {
    keys: SigningKeys,
    issuer: Option<String>,
    audiences: Vec<String>,
    lifetime: Duration,
    client_id: String,
    leeway: Option<Duration>,
    clock: Clock,
}

impl Issuer {
    /// An issuer that signs with this key, or with the first of several [`SigningKeys`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer, SigningKey};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = SigningKey::hs256("J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE")?; // from your configuration
    /// let issuer = Issuer::new(key).issuer("https://me.example").audience("api");
    /// assert_eq!(issuer.issue(&Grant::new("alice"))?.split('.').count(), 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(keys: impl Into<SigningKeys>) -> Self {
        Self {
            keys: keys.into(),
            issuer: None,
            audiences: Vec::new(),
            lifetime: DEFAULT_LIFETIME,
            client_id: DEFAULT_CLIENT.to_owned(),
            leeway: None,
            clock: Clock::system(),
        }
    }

    /// An issuer for tests: a random HS256 key, issuer `https://issuer.test`, audience `test`.
    ///
    /// # Panics
    ///
    /// When the operating system gives no random bytes.
    ///
    /// # Examples
    ///
    /// See [`JwtAuthLayer`](crate::JwtAuthLayer).
    #[must_use]
    pub fn for_tests() -> Self {
        let key = SigningKey::generate_hs256();
        let key = key.expect("random bytes and a backend"); // tests only: no request comes here
        Self::new(key).issuer("https://issuer.test").audience("test")
    }

    /// The URL that names this service in `iss`. Required. A second call replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let issuer = Issuer::for_tests().issuer("https://id.example");
    /// let token = issuer.issue(&Grant::new("alice"))?;
    /// let token = issuer.verifier()?.verify(&token).await?;
    /// assert_eq!(token.issuer(), Some("https://id.example"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Whom the tokens are meant for, in `aud`. Required. A second call adds an audience.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer, SigningKey};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let issuer = Issuer::new(SigningKey::generate_hs256()?)
    ///     .issuer("https://me.example")
    ///     .audience("orders")
    ///     .audience("billing");
    /// let token = issuer.verifier()?.verify(&issuer.issue(&Grant::new("alice"))?).await?;
    /// assert_eq!(token.audiences().collect::<Vec<_>>(), ["orders", "billing"]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// How long an access token is valid: 15 minutes by default, counted in whole seconds.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let issuer = Issuer::for_tests().access_token_lifetime(Duration::from_secs(300));
    /// let token = issuer.verifier()?.verify(&issuer.issue(&Grant::new("alice"))?).await?;
    /// let lifetime = token.expires_at().unwrap().duration_since(token.issued_at().unwrap())?;
    /// assert_eq!(lifetime, Duration::from_secs(300));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The `client_id` of grants that name none: `first-party` by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let issuer = Issuer::for_tests().default_client_id("web");
    /// let token = issuer.verifier()?.verify(&issuer.issue(&Grant::new("alice"))?).await?;
    /// assert_eq!(token.client_id(), Some("web"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn default_client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = client_id.into();
        self
    }

    /// How far clocks may differ in the [`verifier`](Self::verifier): 30 seconds by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Clock, Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clock = Clock::manual(Duration::from_secs(1_700_000_000));
    /// let issuer = Issuer::for_tests().clock(clock.clone()).leeway(Duration::ZERO);
    /// let token = issuer.issue(&Grant::new("alice"))?;
    /// clock.advance(issuer.lifetime());
    /// assert!(issuer.verifier()?.verify(&token).await.is_err()); // not a second longer
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = Some(leeway);
        self
    }

    /// Takes the time from another clock than the system's, for tests. The verifiers made from
    /// this issuer follow it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Clock, Grant, Issuer};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clock = Clock::manual(Duration::from_secs(1_700_000_000));
    /// let issuer = Issuer::for_tests().clock(clock);
    /// let token = issuer.issue(&Grant::new("alice"))?; // its `iat` is 1700000000
    /// # assert_eq!(token.split('.').count(), 3);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Signs an access token: header `typ` `at+jwt`, claims `iss`, `aud`, `sub`, `client_id`,
    /// `iat`, `exp`, `jti`, and of the grant `sid`, `scope`, `roles` and its own.
    ///
    /// # Errors
    ///
    /// When the issuer has no identifier or no audience, the grant has a claim that this crate
    /// sets or a scope that is none, or the key can't sign.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, IssueError, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let issuer = Issuer::for_tests();
    /// let text = issuer.issue(&Grant::new("alice").scopes(["posts:read"]).claim("plan", "pro"))?;
    /// let token = issuer.verifier()?.verify(&text).await?;
    /// assert!(token.has_scope("posts:read"));
    ///
    /// // What the issuer says itself no claim of yours replaces.
    /// let error = issuer.issue(&Grant::new("alice").claim("exp", 0)).unwrap_err();
    /// assert!(matches!(error, IssueError::ReservedClaim(name) if name == "exp"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn issue(&self, grant: &Grant) -> Result<String, IssueError> {
        self.sign("at+jwt", grant, &self.audiences, self.lifetime, self.clock.now(), &random::id()?)
    }

    /// The same, with an ID and at a time of the caller's: not after it looked at what the grant says.
    #[cfg(feature = "login")]
    pub(crate) fn issue_at(
        &self,
        grant: &Grant,
        now: Duration,
        id: &str,
    ) -> Result<String, IssueError> {
        self.sign("at+jwt", grant, &self.audiences, self.lifetime, now, id)
    }

    /// Signs a refresh token: the type `rt+jwt`, for this issuer alone.
    #[cfg(feature = "login")]
    pub(crate) fn issue_refresh(
        &self,
        grant: &Grant,
        lifetime: Duration,
        now: Duration,
    ) -> Result<String, IssueError> {
        self.sign("rt+jwt", grant, self.issuer.as_slice(), lifetime, now, &random::id()?)
    }

    fn sign(
        &self,
        token_type: &str,
        grant: &Grant,
        audiences: &[String],
        lifetime: Duration,
        now: Duration,
        id: &str,
    ) -> Result<String, IssueError> {
        self.check()?;
        let claims = grant.claims(self, audiences, lifetime, now, id)?;
        let mut signed = wire::encode(self.header(token_type));
        signed.push('.');
        signed.push_str(&wire::encode(claims));
        let signature = self.keys.signing_key().sign(signed.as_bytes())?;
        signed.push('.');
        signed.push_str(&wire::encode(signature));
        Ok(signed)
    }

    /// A verifier for the tokens that this issuer signs, and no others: its keys, its issuer, its
    /// audiences, the type `at+jwt`.
    ///
    /// # Errors
    ///
    /// When the issuer has no identifier or no audience, or the leeway is above 300 seconds.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let issuer = Issuer::for_tests();
    /// let verifier = issuer.verifier()?;
    /// let token = verifier.verify(&issuer.issue(&Grant::new("alice"))?).await?;
    /// assert_eq!(token.subject(), Some("alice"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn verifier(&self) -> Result<Verifier, ConfigError> {
        self.verifier_builder(KeySet::new(), &self.audiences)?.token_type("at+jwt").build()
    }

    /// A verifier for its refresh tokens alone.
    #[cfg(feature = "login")]
    pub(crate) fn refresh_verifier(&self) -> Result<Verifier, ConfigError> {
        let builder = self.verifier_builder(KeySet::new(), self.issuer.as_slice())?;
        builder.token_type("rt+jwt").build()
    }

    /// As [`verifier`](Self::verifier), with more keys to trust: those of another process that issues
    /// for the same `iss` and `aud`. Keys of one's own that sign no longer, or not yet, are for
    /// [`SigningKeys`]. Since not every issuer sets
    /// the type `at+jwt`, tokens of type `JWT` or without one are accepted too.
    ///
    /// # Errors
    ///
    /// As [`verifier`](Self::verifier).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer, KeySet, SigningKey};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = SigningKey::generate_hs256()?.with_key_id("ours");
    /// let partner = SigningKey::generate_hs256()?.with_key_id("theirs");
    /// let issuer = Issuer::new(key).issuer("https://me").audience("api");
    /// let verifier = issuer.verifier_with(KeySet::from(&partner))?;
    /// # let _ = verifier;
    /// # Ok(())
    /// # }
    /// ```
    pub fn verifier_with(&self, others: KeySet) -> Result<Verifier, ConfigError> {
        self.verifier_builder(others, &self.audiences)?.build()
    }

    fn verifier_builder(
        &self,
        others: KeySet,
        audiences: &[String],
    ) -> Result<VerifierBuilder, ConfigError> {
        self.check()?;
        let mut keys = self.keys.verifying_keys();
        keys.extend(others.iter().cloned());
        let mut builder = Verifier::builder(keys).clock(self.clock.clone());
        if let Some(issuer) = &self.issuer {
            builder = builder.issuer(issuer);
        }
        for audience in audiences {
            builder = builder.audience(audience);
        }
        if let Some(leeway) = self.leeway {
            builder = builder.leeway(leeway);
        }
        Ok(builder)
    }

    /// How long an access token is valid.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::Issuer;
    ///
    /// assert_eq!(Issuer::for_tests().lifetime(), Duration::from_secs(15 * 60));
    /// ```
    pub fn lifetime(&self) -> Duration {
        Duration::from_secs(self.lifetime.as_secs())
    }

    /// The URL that names this service in `iss`, where it has one.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Issuer;
    ///
    /// let issuer = Issuer::for_tests().issuer("https://id.example");
    /// assert_eq!(issuer.identifier(), Some("https://id.example"));
    /// ```
    pub fn identifier(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    #[cfg(feature = "login")]
    pub(crate) fn time(&self) -> &Clock {
        &self.clock
    }

    #[cfg(feature = "login")]
    pub(crate) fn default_client(&self) -> &str {
        &self.client_id
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.issuer.as_deref().unwrap_or_default().is_empty() {
            return Err(ConfigError::NoIssuer);
        }
        if self.audiences.is_empty() {
            return Err(ConfigError::NoAudienceDecision);
        }
        Ok(())
    }

    fn header(&self, token_type: &str) -> String {
        let mut header = serde_json::Map::new();
        let key = self.keys.signing_key();
        header.insert("alg".into(), key.algorithm().name().into());
        header.insert("typ".into(), token_type.into());
        if let Some(key_id) = key.key_id() {
            header.insert("kid".into(), key_id.into());
        }
        serde_json::Value::Object(header).to_string()
    }
}

/// What its tokens are verified with, as the keys that it [publishes](crate::WellKnown::jwks).
impl From<&Issuer> for KeySet {
    fn from(issuer: &Issuer) -> Self {
        issuer.keys.verifying_keys()
    }
}

/// A token could not be issued.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Grant, IssueError, Issuer};
///
/// let error = Issuer::for_tests().issue(&Grant::new("alice").claim("exp", 0)).unwrap_err();
/// assert!(matches!(error, IssueError::ReservedClaim(name) if name == "exp"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum IssueError {
    /// The issuer is not fully configured, or its key can't sign.
    Config(ConfigError),
    /// The grant sets a claim that the issuer sets.
    ReservedClaim(String),
    /// A scope is none by RFC 6749, section 3.3.
    InvalidScope(String),
}

impl From<ConfigError> for IssueError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl fmt::Display for IssueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(_) => f.write_str("the issuer can't issue tokens"),
            Self::ReservedClaim(name) => {
                write!(f, "the claim {name:?} is set by the issuer; a grant can't set it")
            }
            Self::InvalidScope(scope) => write!(
                f,
                "{scope:?} is no scope: printable ASCII without space, quote and backslash"
            ),
        }
    }
}

impl Error for IssueError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Config(error) => Some(error),
            _ => None,
        }
    }
}
