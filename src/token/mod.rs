//! The verified token: what sits in the request extensions.

mod claims;
mod date;
mod header;
mod jws;
mod kind;
mod members;
mod name;
mod part;
mod scope;
mod texts;
pub(crate) mod wire;

#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;

pub(crate) use claims::{RegisteredClaims, RolesClaim};
pub(crate) use date::NumericDate;
pub(crate) use header::{Header, KnownHeaders};
pub(crate) use jws::Jws;
pub use kind::TokenKind;
#[cfg(feature = "introspection")]
pub(crate) use members::Unique;
pub(crate) use scope::is_scope_token;

/// A verified bearer token.
///
/// [`JwtAuthLayer`](crate::JwtAuthLayer) puts one into the request extensions. There is no way to
/// make one but to verify it, so whoever holds a `Token` may trust its claims. Cheap to clone;
/// `Debug` shows the subject and the times, neither the signature nor the other claims.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Grant, Issuer};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = Issuer::for_tests();
/// let jwt = issuer.issue(&Grant::new("alice").scopes(["posts:read"]))?;
/// let token = issuer.verifier()?.verify(&jwt).await?;
///
/// assert_eq!(token.subject(), Some("alice"));
/// assert!(token.has_scope("posts:read"));
/// assert!(!token.has_role("admin"));
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
/// ```
#[derive(Clone)]
pub struct Token(Arc<Verified>);

struct Verified {
    kind: TokenKind,
    claims: RegisteredClaims,
    /// What an introspection endpoint said, from which the claims were taken.
    #[cfg(feature = "introspection")]
    answer: Option<Box<str>>,
    /// Whether `a:*` holds `a:b`.
    hierarchical_scopes: bool,
}

impl Token {
    pub(crate) fn new(claims: RegisteredClaims, hierarchical_scopes: bool) -> Self {
        Self::of_verified(Verified {
            kind: TokenKind::Jwt,
            claims,
            #[cfg(feature = "introspection")]
            answer: None,
            hierarchical_scopes,
        })
    }

    /// One that an introspection endpoint called active.
    #[cfg(feature = "introspection")]
    pub(crate) fn introspected(
        claims: RegisteredClaims,
        answer: &str,
        hierarchical_scopes: bool,
    ) -> Self {
        let (kind, answer) = (TokenKind::Introspected, Some(answer.into()));
        Self::of_verified(Verified { kind, claims, answer, hierarchical_scopes })
    }

    /// A key that was verified, of an owner who may be here. Times are since the Unix epoch.
    pub(crate) fn of_api_key(
        id: String,
        owner: String,
        scopes: &[String],
        created_at: Option<Duration>,
        expires_at: Option<Duration>,
    ) -> Self {
        // A text with a space inside would become two.
        let scopes = scopes.iter().map(String::as_str).filter(|scope| is_scope_token(scope));
        let scope = scopes.collect::<Vec<_>>().join(" ");
        let mut claims = RegisteredClaims::of_api_key(&id, &owner, &scope);
        claims.issued_at = created_at.map(NumericDate::whole_seconds);
        claims.expires_at = expires_at.map(NumericDate::whole_seconds);
        Self::of_verified(Verified {
            kind: TokenKind::ApiKey,
            claims,
            #[cfg(feature = "introspection")]
            answer: None,
            hierarchical_scopes: false,
        })
    }

    fn of_verified(verified: Verified) -> Self {
        Self(Arc::new(verified))
    }

    #[cfg(any(feature = "cache", feature = "introspection"))]
    pub(crate) fn registered_claims(&self) -> &RegisteredClaims {
        &self.0.claims
    }

    /// What it came as. A user's session has a [`Jwt`](TokenKind::Jwt); an
    /// [`ApiKey`](TokenKind::ApiKey) is not the user, but a program that acts for them.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer, TokenKind};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// let token = issuer.issue(&Grant::new("alice"))?;
    /// let token = issuer.verifier()?.verify(&token).await?;
    /// assert_eq!(token.kind(), TokenKind::Jwt);
    /// # Ok(())
    /// # }
    /// ```
    pub fn kind(&self) -> TokenKind {
        self.0.kind
    }

    /// Whether it came as an API key: for a policy that keeps keys from a route.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Token, require};
    ///
    /// let people_only = require(|token: &Token| !token.is_api_key());
    /// # let _ = people_only;
    /// ```
    pub fn is_api_key(&self) -> bool {
        self.0.kind == TokenKind::ApiKey
    }

    /// Whom the token is about: the claim `sub` (RFC 7519, section 4.1.2), or the owner of an API
    /// key.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// let token = issuer.issue(&Grant::new("alice"))?;
    /// let token = issuer.verifier()?.verify(&token).await?;
    /// assert_eq!(token.subject(), Some("alice"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn subject(&self) -> Option<&str> {
        self.0.claims.subject()
    }

    /// Who issued it: the claim `iss`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// let token = issuer.issue(&Grant::new("alice"))?;
    /// let token = issuer.verifier()?.verify(&token).await?;
    /// assert_eq!(token.issuer(), issuer.identifier());
    /// # Ok(())
    /// # }
    /// ```
    pub fn issuer(&self) -> Option<&str> {
        self.0.claims.issuer()
    }

    /// Whom it is meant for: the claim `aud`, one or several.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        self.0.claims.audiences()
    }

    /// When it ends: the claim `exp`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// let token = issuer.issue(&Grant::new("alice"))?;
    /// let token = issuer.verifier()?.verify(&token).await?;
    /// assert!(token.expires_at() > Some(SystemTime::now()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.0.claims.expires_at.map(time)
    }

    /// From when on it is valid: the claim `nbf`.
    pub fn not_before(&self) -> Option<SystemTime> {
        self.0.claims.not_before.map(time)
    }

    /// When it was issued: the claim `iat`.
    pub fn issued_at(&self) -> Option<SystemTime> {
        self.0.claims.issued_at.map(time)
    }

    /// Its own name: the claim `jti`, or the public ID of an API key.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// let token = issuer.issue(&Grant::new("alice"))?;
    /// let token = issuer.verifier()?.verify(&token).await?;
    /// assert!(token.id().is_some()); // each token has its own
    /// # Ok(())
    /// # }
    /// ```
    pub fn id(&self) -> Option<&str> {
        self.0.claims.id()
    }

    /// The client that it was issued to: the claim `client_id` (RFC 9068, section 2.2).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// let token = issuer.issue(&Grant::new("alice").client_id("cli"))?;
    /// let token = issuer.verifier()?.verify(&token).await?;
    /// assert_eq!(token.client_id(), Some("cli"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_id(&self) -> Option<&str> {
        self.0.claims.client_id()
    }

    /// The login session that it belongs to: the claim `sid`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// let token = issuer.issue(&Grant::new("alice").session_id("7b1c"))?;
    /// let token = issuer.verifier()?.verify(&token).await?;
    /// assert_eq!(token.session_id(), Some("7b1c"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn session_id(&self) -> Option<&str> {
        self.0.claims.session_id()
    }

    /// The scopes that it holds: the claim `scope`, a text parted by spaces or an array; where
    /// there is none, the claim `scp`. An API key holds those of its own that its owner holds too.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// let token = issuer.issue(&Grant::new("alice").scopes(["posts:read", "posts:write"]))?;
    /// let token = issuer.verifier()?.verify(&token).await?;
    /// assert_eq!(token.scopes().collect::<Vec<_>>(), ["posts:read", "posts:write"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        scope::split(self.0.claims.scope().unwrap_or_default())
    }

    /// Whether it holds the scope: letter by letter, or by one above it where the verifier takes
    /// [hierarchical scopes](crate::VerifierBuilder::hierarchical_scopes).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// let token = issuer.issue(&Grant::new("alice").scopes(["posts:read"]))?;
    /// let token = issuer.verifier()?.verify(&token).await?;
    /// assert!(token.has_scope("posts:read") && !token.has_scope("posts"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn has_scope(&self, scope: &str) -> bool {
        let covers = if self.0.hierarchical_scopes { scope::covers } else { str::eq };
        self.scopes().any(|held| covers(held, scope))
    }

    /// The roles that it holds: the claim `roles` (RFC 9068, section 2.2.3.1), or the one that the
    /// verifier was [told](crate::VerifierBuilder::roles_claim). An API key has none, whatever those
    /// of its owner.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// let token = issuer.issue(&Grant::new("alice").roles(["editor"]))?;
    /// let token = issuer.verifier()?.verify(&token).await?;
    /// assert_eq!(token.roles().collect::<Vec<_>>(), ["editor"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.0.claims.roles()
    }

    /// Whether it holds the role, letter by letter.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// let token = issuer.issue(&Grant::new("alice").roles(["editor"]))?;
    /// let token = issuer.verifier()?.verify(&token).await?;
    /// assert!(token.has_role("editor") && !token.has_role("Editor"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn has_role(&self, role: &str) -> bool {
        self.roles().any(|held| held == role)
    }

    /// All claims, as a type of your own; of a token that was
    /// [introspected](TokenKind::Introspected), the whole answer, with `username`, `acr` and
    /// `auth_time` where the server tells them.
    ///
    /// # Errors
    ///
    /// When the claims do not fit the type, or it came as an API key, which has none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tower_bearer::{Grant, Issuer};
    /// #[derive(serde::Deserialize)]
    /// struct MyClaims {
    ///     sub: String,
    ///     tenant: String,
    /// }
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// # let issuer = Issuer::for_tests();
    /// # let jwt = issuer.issue(&Grant::new("alice").claim("tenant", "acme"))?;
    /// # let token = issuer.verifier()?.verify(&jwt).await?;
    /// let claims: MyClaims = token.claims()?;
    /// assert_eq!((claims.sub.as_str(), claims.tenant.as_str()), ("alice", "acme"));
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
    /// ```
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, ClaimsError> {
        if self.is_api_key() {
            return Err(ClaimsError("an API key has no claims".into()));
        }
        serde_json::from_str(self.text()).map_err(|error| ClaimsError(Box::new(error)))
    }

    #[cfg(feature = "introspection")]
    fn text(&self) -> &str {
        self.0.answer.as_deref().unwrap_or_else(|| self.0.claims.json())
    }

    #[cfg(not(feature = "introspection"))]
    fn text(&self) -> &str {
        self.0.claims.json()
    }
}

/// A date that verified lies within what the rules bound; what lies beyond is cut.
fn time(date: NumericDate) -> SystemTime {
    Duration::try_from_secs_f64(date.seconds())
        .ok()
        .and_then(|since| UNIX_EPOCH.checked_add(since))
        .unwrap_or(UNIX_EPOCH)
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("subject", &self.subject())
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}

/// The claims of a token do not fit the type asked for.
///
/// Its text is constant; [`source`](Error::source) tells more and may quote a claim.
///
/// # Examples
///
/// See [`Token::claims`].
#[derive(Debug)]
pub struct ClaimsError(Box<dyn Error + Send + Sync>);

impl fmt::Display for ClaimsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the token's claims do not fit the type asked for")
    }
}

impl Error for ClaimsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}
