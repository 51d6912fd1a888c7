//! From a text to a verified [`Token`].

mod builder;
#[cfg(feature = "cache")]
mod cache;
#[cfg(feature = "introspection")]
mod introspection;
mod issuer;
mod issuers;
#[cfg(feature = "introspection")]
mod opaque;
#[cfg(feature = "jwks")]
mod remote;
mod rules;
#[cfg(feature = "jwks")]
mod tenants;

#[cfg(test)]
mod tests;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

pub use builder::VerifierBuilder;
#[cfg(feature = "cache")]
pub use cache::{CacheCounters, TokenCache};
#[cfg(feature = "introspection")]
pub use introspection::IntrospectionBuilder;
#[cfg(feature = "jwks")]
pub use tenants::TenantsBuilder;

#[cfg(feature = "jwks")]
use crate::jwks::{KeySetStatus, RemoteKeySet};
use crate::token::{Jws, KnownHeaders};
use crate::{Algorithm, AuthError, AuthErrorKind, ConfigError, KeySet, Token, VerifyingKey};
#[cfg(feature = "cache")]
use cache::VerifiedTokens;
use issuer::{Basis, Refused, TrustedIssuer};
use issuers::Issuers;
#[cfg(feature = "introspection")]
use opaque::{Introspected, JwtOrOpaque};
#[cfg(feature = "jwks")]
use tenants::Tenants;

/// Longer tokens are refused unread: 8 KiB is what servers take for a header line.
pub(crate) const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Verifies tokens: the signature, then the claims.
///
/// A verifier holds keys, an issuer, an audience and a clock. It is cheap to clone and used by
/// [`JwtAuthLayer`](crate::JwtAuthLayer), or by itself where there is no request: for messages,
/// for WebSockets, in a GraphQL resolver.
///
/// What is accepted: a JWS in compact form (RFC 7515) with the algorithm of one of the keys; of
/// type `at+jwt`, `JWT` or without one, unless [`token_type`](VerifierBuilder::token_type) asks
/// for more; with `exp` in the future; `nbf` and `iat`, where there are any, not in the future;
/// the issuer and an audience that the builder was told. What is always refused: `crit`, `b64`,
/// encryption, duplicate members, tokens that are bound to a key (`cnf`).
///
/// # Examples
///
/// ```
/// use tower_bearer::Verifier;
///
/// # fn main() -> Result<(), tower_bearer::ConfigError> {
/// let secret = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"; // from your configuration
/// let verifier = Verifier::hs256(secret)?.issuer("https://me").audience("api").build()?;
/// # let _ = verifier;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Verifier {
    trusted: Arc<Trusted>,
    /// Where tokens that were verified are looked up, if anywhere.
    #[cfg(feature = "cache")]
    cache: Option<Arc<VerifiedTokens>>,
}

/// Of a verifier that reads none.
#[cfg(feature = "introspection")]
static NO_HEADERS: KnownHeaders = KnownHeaders::new();

/// Whose tokens are accepted.
enum Trusted {
    One(TrustedIssuer),
    Several(Issuers),
    #[cfg(feature = "jwks")]
    Tenants(Tenants),
    #[cfg(feature = "introspection")]
    Introspected(Introspected),
    #[cfg(feature = "introspection")]
    JwtOrOpaque(JwtOrOpaque),
}

/// What becomes of a token: known at once, or after a wait for what is elsewhere.
pub(crate) enum Checked {
    Now(Result<Token, AuthErrorKind>),
    #[cfg_attr(
        not(any(feature = "introspection", feature = "jwks")),
        expect(dead_code, reason = "what is here is at hand")
    )]
    Later(CheckedLater),
}

pub(crate) type CheckedLater = Pin<Box<dyn Future<Output = Result<Token, AuthErrorKind>> + Send>>;

impl Verifier {
    fn new(trusted: Trusted) -> Self {
        Self {
            trusted: Arc::new(trusted),
            #[cfg(feature = "cache")]
            cache: None,
        }
    }

    /// Starts a verifier for HMAC with SHA-256, with the bytes of a secret.
    ///
    /// # Errors
    ///
    /// When the secret has fewer than 32 bytes or is easy to guess.
    pub fn hs256(secret: impl AsRef<[u8]>) -> Result<VerifierBuilder, ConfigError> {
        Ok(Self::builder(VerifyingKey::from_secret(Algorithm::HS256, secret)?))
    }

    /// Starts a verifier for a key or a set of keys.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{KeySet, Verifier};
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let keys = KeySet::from_jwks(
    ///     r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1",
    ///         "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
    /// )?;
    /// let verifier = Verifier::builder(keys).issuer("https://me").audience("api").build()?;
    /// # let _ = verifier;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(keys: impl Into<KeySet>) -> VerifierBuilder {
        VerifierBuilder::new(keys.into())
    }

    /// Starts a verifier for an issuer elsewhere, whose keys its metadata tell (OpenID Connect
    /// Discovery 1.0, section 4; RFC 8414, section 3). The tokens' `iss` must be `issuer`, letter by
    /// letter. [`RemoteKeySet`] says how the keys are kept, and has the options; with one of those it is
    /// [`remote`](Self::remote)`(RemoteKeySet::discover(issuer).timeout(..))`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Verifier;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// # let issuer = format!("http://{}", listener.local_addr()?);
    /// # let metadata = format!(r#"{{"issuer": "{issuer}", "jwks_uri": "{issuer}/keys"}}"#);
    /// # let keys = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1",
    /// #     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    /// # let provider = axum::Router::new()
    /// #     .route("/.well-known/openid-configuration", axum::routing::get(metadata))
    /// #     .route("/keys", axum::routing::get(keys));
    /// # tokio::spawn(axum::serve(listener, provider).into_future());
    /// // `issuer` is such as "https://id.example/".
    /// let verifier = Verifier::discover(issuer).audience("api").build().await?;
    /// assert!(verifier.key_status()[0].is_usable());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "jwks")]
    pub fn discover(issuer: impl Into<String>) -> VerifierBuilder<RemoteKeySet> {
        Self::remote(RemoteKeySet::discover(issuer))
    }

    /// Starts a verifier for an issuer elsewhere that publishes its keys at this URL (RFC 7517,
    /// section 5). [`RemoteKeySet`] says how the keys are kept, and has the options; with one of those it
    /// is [`remote`](Self::remote)`(RemoteKeySet::at(url).timeout(..))`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ConfigError, Verifier};
    ///
    /// # fn main() -> Result<(), ConfigError> {
    /// let verifier = Verifier::jwks("https://id.example/keys")
    ///     .issuer("https://id.example/")
    ///     .audience("api")
    ///     .build_lazy()?; // or `.build().await?`, which fetches the keys first
    /// # let _ = verifier;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "jwks")]
    pub fn jwks(url: impl Into<String>) -> VerifierBuilder<RemoteKeySet> {
        Self::remote(RemoteKeySet::at(url))
    }

    /// Starts a verifier for keys elsewhere.
    ///
    /// # Examples
    ///
    /// See [`RemoteKeySet`].
    #[cfg(feature = "jwks")]
    pub fn remote(keys: RemoteKeySet) -> VerifierBuilder<RemoteKeySet> {
        VerifierBuilder::new(keys)
    }

    /// Verifies a token, given as its bare text, without `Bearer`.
    ///
    /// With the keys at hand this does not wait. Under the feature `jwks` it may wait for keys, under
    /// `introspection` for a server that knows the token, in a tokio runtime.
    ///
    /// # Errors
    ///
    /// When the token is not accepted; [`AuthError::kind`] tells why. A token whose signature is
    /// wrong is never told anything about its claims, but that its `iss` is none of
    /// [several](Self::of_issuers).
    ///
    /// # Examples
    ///
    /// See [`Token`].
    pub async fn verify(&self, token: &str) -> Result<Token, AuthError> {
        match self.check(token) {
            Checked::Now(result) => result,
            Checked::Later(later) => later.await,
        }
        .map_err(AuthError::from)
    }

    /// Verifies with what is at hand; [`AuthErrorKind::Unavailable`] where that is not enough.
    #[cfg(any(test, feature = "login"))]
    pub(crate) fn check_at_hand(&self, token: &str) -> Result<Token, AuthErrorKind> {
        match self.check(token) {
            Checked::Now(result) => result,
            Checked::Later(_) => Err(AuthErrorKind::Unavailable),
        }
    }

    /// What becomes of a token. What is cheap comes first.
    pub(crate) fn check(&self, token: &str) -> Checked {
        self.recall(token.as_bytes()).unwrap_or_else(|| self.check_unknown(token))
    }

    /// The same for what may not even be text. Of a token that is remembered, that need not be asked.
    pub(crate) fn check_bytes(&self, token: &[u8]) -> Checked {
        if let Some(checked) = self.recall(token) {
            return checked;
        }
        match std::str::from_utf8(token) {
            Ok(token) => self.check_unknown(token),
            Err(_) => Checked::Now(Err(AuthErrorKind::MalformedToken)),
        }
    }

    /// What is known of a token without looking into it.
    fn recall(&self, token: &[u8]) -> Option<Checked> {
        if token.len() > MAX_TOKEN_BYTES {
            return Some(Checked::Now(Err(AuthErrorKind::CredentialsTooLong)));
        }
        #[cfg(feature = "cache")]
        if let Some(token) = self.cache.as_ref()?.recall(token, self) {
            return Some(Checked::Now(Ok(token)));
        }
        None
    }

    fn check_unknown(&self, token: &str) -> Checked {
        #[cfg(feature = "cache")]
        if let Some(cache) = &self.cache {
            return self.check_fully(token, self, || cache.count_miss(token));
        }
        self.check_fully(token, self, || {})
    }

    /// The whole of verifying, for the one that was `asked`. The order matters: no claim is judged
    /// before the signature is known to be right. `read` is called where the token is a JWS.
    fn check_fully(&self, token: &str, asked: &Self, read: impl FnOnce()) -> Checked {
        #[cfg(feature = "introspection")]
        if let Trusted::Introspected(opaque) = &*self.trusted {
            return opaque.check(token);
        }
        let checked = Jws::read(token, self.headers(), |jws| {
            read();
            self.check_jws(token, jws, asked)
        });
        match checked {
            Ok(checked) => checked,
            #[cfg(feature = "introspection")]
            Err(kind) => self.check_unread(token, kind),
            #[cfg(not(feature = "introspection"))]
            Err(kind) => Checked::Now(Err(kind)),
        }
    }

    /// The headers that its tokens have had.
    fn headers(&self) -> &KnownHeaders {
        match &*self.trusted {
            Trusted::One(issuer) => &issuer.headers,
            Trusted::Several(issuers) => &issuers.headers,
            #[cfg(feature = "jwks")]
            Trusted::Tenants(tenants) => tenants.headers(),
            #[cfg(feature = "introspection")]
            Trusted::Introspected(_) => &NO_HEADERS,
            #[cfg(feature = "introspection")]
            Trusted::JwtOrOpaque(both) => both.jwt.headers(),
        }
    }

    /// `jws` is what `token` was read as. What was verified, `asked` may remember.
    fn check_jws(&self, token: &str, jws: Jws<'_>, asked: &Self) -> Checked {
        match &*self.trusted {
            Trusted::One(issuer) => match issuer.check(jws) {
                Ok((verified, basis)) => {
                    asked.remember(token, &verified, self, basis);
                    Checked::Now(Ok(verified))
                }
                Err(Refused::For(kind)) => Checked::Now(Err(kind)),
                #[cfg(feature = "jwks")]
                Err(Refused::Until(keys)) => Checked::Later(self.check_after(keys, token, asked)),
            },
            Trusted::Several(issuers) => match issuers.of(&jws) {
                Ok(verifier) => verifier.check_jws(token, jws, asked),
                Err(kind) => Checked::Now(Err(kind)),
            },
            #[cfg(feature = "jwks")]
            Trusted::Tenants(tenants) => tenants.check(token, jws, asked),
            #[cfg(feature = "introspection")]
            Trusted::Introspected(opaque) => opaque.check(token),
            #[cfg(feature = "introspection")]
            Trusted::JwtOrOpaque(both) => both.jwt.check_jws(token, jws, asked),
        }
    }

    #[cfg(feature = "jwks")]
    fn check_after(&self, keys: crate::jwks::Renewing, token: &str, asked: &Self) -> CheckedLater {
        let (verifier, token, asked) = (self.clone(), token.to_owned(), asked.clone());
        Box::pin(async move {
            keys.await?;
            match verifier.check_fully(&token, &asked, || {}) {
                Checked::Now(result) => result,
                // New keys, and another wait for newer ones: this is not to go on.
                Checked::Later(_) => Err(AuthErrorKind::Unavailable),
            }
        })
    }

    /// What `verifier` verified, on this `basis`.
    fn remember(&self, token: &str, verified: &Token, verifier: &Self, basis: Basis) {
        #[cfg(feature = "cache")]
        if let Some(cache) = &self.cache {
            cache.insert(token, verified, verifier, basis);
        }
        #[cfg(not(feature = "cache"))]
        let _ = (token, verified, verifier, basis);
    }

    /// How the keys that are kept elsewhere are doing, one entry for each of the issuers that have
    /// such: for a health check.
    ///
    /// # Examples
    ///
    /// See [`RemoteKeySet`].
    #[cfg(feature = "jwks")]
    pub fn key_status(&self) -> Vec<KeySetStatus> {
        match &*self.trusted {
            Trusted::One(issuer) => issuer.key_status().into_iter().collect(),
            Trusted::Several(issuers) => issuers.verifiers().flat_map(Self::key_status).collect(),
            Trusted::Tenants(tenants) => tenants.key_status(),
            #[cfg(feature = "introspection")]
            Trusted::Introspected(_) => Vec::new(),
            #[cfg(feature = "introspection")]
            Trusted::JwtOrOpaque(both) => both.jwt.key_status(),
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "cache")]
        if let Some(cache) = &self.cache {
            let whose = &self.trusted;
            return f.debug_struct("Verifier").field("of", whose).field("cache", cache).finish();
        }
        self.trusted.fmt(f)
    }
}

impl fmt::Debug for Trusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trusted::One(issuer) => issuer.fmt(f),
            Trusted::Several(issuers) => issuers.fmt(f),
            #[cfg(feature = "jwks")]
            Trusted::Tenants(tenants) => tenants.fmt(f),
            #[cfg(feature = "introspection")]
            Trusted::Introspected(opaque) => opaque.fmt(f),
            #[cfg(feature = "introspection")]
            Trusted::JwtOrOpaque(both) => both.fmt(f),
        }
    }
}
