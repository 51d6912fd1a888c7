//! How a [`Verifier`] is configured.

use std::time::Duration;

use super::issuer::{Keys, TrustedIssuer};
use super::rules::{Audience, Rules, TokenType};
use super::{Trusted, Verifier};
use crate::token::{KnownHeaders, RolesClaim};
use crate::{Clock, ConfigError, KeySet, VerifyingKey};

const DEFAULT_LEEWAY: Duration = Duration::from_secs(30);
const MAX_LEEWAY: Duration = Duration::from_secs(300);

/// Configures a [`Verifier`], with keys that are here (`K` is [`KeySet`]), or elsewhere (`K` is
/// `RemoteKeySet`, of the feature `jwks`).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{ConfigError, Verifier};
///
/// # fn main() -> Result<(), ConfigError> {
/// let secret = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE";
/// let verifier = Verifier::hs256(secret)?
///     .issuer("https://me")
///     .audience("api")
///     .leeway(Duration::from_secs(5))
///     .build()?;
/// # let _ = verifier;
///
/// let undecided = Verifier::hs256(secret)?.issuer("https://me").build();
/// assert_eq!(undecided.unwrap_err(), ConfigError::NoAudienceDecision);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct VerifierBuilder<K = KeySet> {
    pub(super) keys: K,
    pub(super) options: Options,
}

/// All but the keys.
#[derive(Clone, Debug)]
pub(super) struct Options {
    token_type: TokenType,
    pub(super) issuer: Option<String>,
    /// Whether it was asked for that the issuer is not looked at.
    #[cfg(feature = "jwks")]
    pub(super) takes_any_issuer: bool,
    audience: Option<Audience>,
    leeway: Duration,
    max_token_age: Option<Duration>,
    roles_claim: Option<Vec<String>>,
    pub(super) hierarchical_scopes: bool,
    pub(super) clock: Clock,
}

impl<K> VerifierBuilder<K> {
    pub(super) fn new(keys: K) -> Self {
        let options = Options {
            token_type: TokenType::Lenient,
            issuer: None,
            #[cfg(feature = "jwks")]
            takes_any_issuer: false,
            audience: None,
            leeway: DEFAULT_LEEWAY,
            max_token_age: None,
            roles_claim: None,
            hierarchical_scopes: false,
            clock: Clock::system(),
        };
        Self { keys, options }
    }

    /// Accepts tokens whose `iss` is this text, letter by letter (RFC 7519, section 4.1.1), and no
    /// others. A second call replaces the first: the keys of one issuer must not speak for another
    /// (RFC 8725, section 3.8).
    ///
    /// Without a call the `iss` is not looked at, and the keys alone tell whom you trust.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{AuthErrorKind, Grant, Issuer, SigningKey, Verifier};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = SigningKey::generate_hs256()?;
    /// let verifier = Verifier::builder(&key).issuer("https://me.example").any_audience().build()?;
    /// let other = Issuer::new(key).issuer("https://me.example/").audience("api"); // a slash more
    /// let refusal = verifier.verify(&other.issue(&Grant::new("alice"))?).await.unwrap_err();
    /// assert_eq!(refusal.kind(), AuthErrorKind::InvalidIssuer);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.options.issuer = Some(issuer.into());
        #[cfg(feature = "jwks")]
        {
            self.options.takes_any_issuer = false;
        }
        self
    }

    /// Accepts tokens whose `aud` is, or contains, this text, letter by letter (RFC 7519,
    /// section 4.1.3). A second call accepts one audience more. It replaces an earlier
    /// [`any_audience`](Self::any_audience).
    ///
    /// This, or `any_audience`, must be called: a service that takes tokens meant for another is
    /// open to whoever runs the other.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{AuthErrorKind, Grant, Issuer, SigningKey, Verifier};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = SigningKey::generate_hs256()?;
    /// let verifier = Verifier::builder(&key).audience("orders").audience("billing").build()?;
    /// let token_for = |audience| {
    ///     let issuer = Issuer::new(key.clone()).issuer("https://me.example").audience(audience);
    ///     issuer.issue(&Grant::new("alice"))
    /// };
    /// assert!(verifier.verify(&token_for("billing")?).await.is_ok());
    /// let refusal = verifier.verify(&token_for("mail")?).await.unwrap_err();
    /// assert_eq!(refusal.kind(), AuthErrorKind::InvalidAudience);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        match &mut self.options.audience {
            Some(Audience::OneOf(own)) => own.push(audience.into()),
            _ => self.options.audience = Some(Audience::OneOf(vec![audience.into()])),
        }
        self
    }

    /// Accepts tokens with any `aud`, or none. **This weakens the check**: a token that was
    /// issued for another service opens this one. It replaces earlier calls of
    /// [`audience`](Self::audience).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer, SigningKey, Verifier};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = SigningKey::generate_hs256()?;
    /// let issuer = Issuer::new(key.clone()).issuer("https://me.example").audience("another");
    /// let token = issuer.issue(&Grant::new("alice"))?;
    /// let verifier = Verifier::builder(&key).any_audience().build()?;
    /// assert!(verifier.verify(&token).await.is_ok()); // that is the danger
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn any_audience(mut self) -> Self {
        self.options.audience = Some(Audience::Any);
        self
    }

    /// Accepts tokens with this `typ` and no other, without regard to case and to a leading
    /// `application/` (RFC 7515, section 4.1.9). `at+jwt` is the access token of RFC 9068.
    ///
    /// By default `at+jwt`, `JWT` and tokens without `typ` are accepted. A second call replaces
    /// the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer, SigningKey, Verifier};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = SigningKey::generate_hs256()?;
    /// let verifier = Verifier::builder(&key).audience("api").token_type("at+jwt").build()?;
    /// let issuer = Issuer::new(key).issuer("https://me.example").audience("api");
    /// assert!(verifier.verify(&issuer.issue(&Grant::new("alice"))?).await.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn token_type(mut self, token_type: impl Into<String>) -> Self {
        self.options.token_type = TokenType::Exactly(token_type.into());
        self
    }

    /// How far the clocks of issuer and service may differ, for `exp`, `nbf` and `iat`: 30 seconds
    /// by default, at most 300. A second call replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{ConfigError, SigningKey, Verifier};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = Verifier::builder(&SigningKey::generate_hs256()?).audience("api");
    /// assert!(builder.clone().leeway(Duration::ZERO).build().is_ok());
    /// let error = builder.leeway(Duration::from_secs(3600)).build().unwrap_err();
    /// assert_eq!(error, ConfigError::LeewayTooLong { seconds: 3600 });
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.options.leeway = leeway;
        self
    }

    /// Refuses tokens older than this, counted from their `iat`, whatever their `exp`: against an
    /// issuer that is generous with lifetimes. A token without `iat` is refused then. Default: no
    /// limit beside `exp`. A second call replaces the first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{AuthErrorKind, Clock, Grant, Issuer, SigningKey, Verifier};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = SigningKey::generate_hs256()?;
    /// let clock = Clock::manual(Duration::from_secs(1_700_000_000));
    /// let hour = Duration::from_secs(3600);
    /// let generous = Issuer::new(key.clone()).issuer("https://me.example").audience("api");
    /// let generous = generous.clock(clock.clone()).access_token_lifetime(24 * hour);
    /// let token = generous.issue(&Grant::new("alice"))?;
    ///
    /// let verifier = Verifier::builder(&key).audience("api").max_token_age(hour);
    /// let verifier = verifier.clock(clock.clone()).build()?;
    /// clock.advance(2 * hour);
    /// assert_eq!(verifier.verify(&token).await.unwrap_err().kind(), AuthErrorKind::Expired);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn max_token_age(mut self, age: Duration) -> Self {
        self.options.max_token_age = Some(age);
        self
    }

    /// Reads the roles from another claim than `roles`, at the end of a path of member names:
    /// `["realm_access", "roles"]` for those of a Keycloak realm, `["resource_access", "api",
    /// "roles"]` for those of its client `api`, `["groups"]`. It is one claim: a second call
    /// replaces the first, and roles of several are never merged.
    ///
    /// The names are taken as they are, dots and slashes included.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tower_bearer::{ConfigError, Verifier};
    /// # fn main() -> Result<(), ConfigError> {
    /// let secret = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE";
    /// let verifier = Verifier::hs256(secret)?
    ///     .audience("api")
    ///     .roles_claim(["realm_access", "roles"])
    ///     .build()?;
    /// # let _ = verifier;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn roles_claim<T: Into<String>>(mut self, path: impl IntoIterator<Item = T>) -> Self {
        self.options.roles_claim = Some(path.into_iter().map(Into::into).collect());
        self
    }

    /// Lets a scope that ends in `:*` hold every scope that begins as it does: `items:*` holds
    /// `items:read` and `items:read:own`; it does not hold `items`, and a lone `*` holds nothing
    /// but itself. Default: scopes are compared letter by letter, since to RFC 6749, section 3.3,
    /// they have no parts.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer, SigningKey, Verifier};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = SigningKey::generate_hs256()?;
    /// let verifier = Verifier::builder(&key).audience("api").hierarchical_scopes().build()?;
    /// let issuer = Issuer::new(key).issuer("https://me.example").audience("api");
    /// let token = issuer.issue(&Grant::new("alice").scopes(["items:*"]))?;
    /// let token = verifier.verify(&token).await?;
    /// assert!(token.has_scope("items:read") && !token.has_scope("items"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn hierarchical_scopes(mut self) -> Self {
        self.options.hierarchical_scopes = true;
        self
    }

    /// Takes the time from another clock than the system's, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.options.clock = clock;
        self
    }
}

impl Options {
    pub(super) fn build(self, keys: Keys) -> Result<Verifier, ConfigError> {
        let (hierarchical_scopes, clock) = (self.hierarchical_scopes, self.clock.clone());
        let (rules, roles) = self.rules()?;
        let headers = KnownHeaders::new();
        let issuer = TrustedIssuer { keys, rules, roles, hierarchical_scopes, clock, headers };
        Ok(Verifier::new(Trusted::One(issuer)))
    }

    /// What is asked of the claims, and where the roles are.
    pub(super) fn rules(self) -> Result<(Rules, RolesClaim), ConfigError> {
        let audience = self.audience.ok_or(ConfigError::NoAudienceDecision)?;
        if self.leeway > MAX_LEEWAY {
            return Err(ConfigError::LeewayTooLong { seconds: self.leeway.as_secs() });
        }
        let rules = Rules {
            token_type: self.token_type,
            issuer: self.issuer,
            audience,
            leeway: self.leeway,
            max_age: self.max_token_age,
        };
        let roles = self.roles_claim.map(RolesClaim::new).transpose()?.unwrap_or_default();
        Ok((rules, roles))
    }
}

/// With keys that are here.
impl VerifierBuilder {
    /// Trusts one more key.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{SigningKey, Verifier};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (new, old) = (SigningKey::generate_hs256()?, SigningKey::generate_hs256()?);
    /// let verifier = Verifier::builder(&new).key(old.verifying_key()).audience("api").build();
    /// assert!(verifier.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn key(mut self, key: VerifyingKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Builds the verifier.
    ///
    /// # Errors
    ///
    /// When neither [`audience`](Self::audience) nor [`any_audience`](Self::any_audience) was
    /// called, there is no key, the leeway is above 300 seconds, or the path of
    /// [`roles_claim`](Self::roles_claim) is empty or begins with a registered claim.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ConfigError, KeySet, SigningKey, Verifier};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = Verifier::builder(&SigningKey::generate_hs256()?);
    /// assert_eq!(builder.build().unwrap_err(), ConfigError::NoAudienceDecision);
    /// let builder = Verifier::builder(KeySet::new()).audience("api");
    /// assert_eq!(builder.build().unwrap_err(), ConfigError::NoUsableKey);
    /// # Ok(())
    /// # }
    /// ```
    pub fn build(self) -> Result<Verifier, ConfigError> {
        if self.keys.is_empty() && self.options.audience.is_some() {
            return Err(ConfigError::NoUsableKey);
        }
        self.options.build(Keys::Local(self.keys))
    }
}
