//! From a text to a verified [`Token`].

mod builder;
#[cfg(feature = "cache")]
mod cache;
mod check;
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
use crate::{Algorithm, AuthError, ConfigError, KeySet, Token, VerifyingKey};
#[cfg(feature = "cache")]
use cache::VerifiedTokens;
pub(crate) use check::Checked;
use issuer::TrustedIssuer;
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
