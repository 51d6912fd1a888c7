//! From a text to a verified [`Token`].

mod builder;
mod rules;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

pub use builder::VerifierBuilder;

use crate::token::{Header, RegisteredClaims, RolesClaim, wire};
use crate::{Algorithm, AuthError, AuthErrorKind, Clock, ConfigError, KeySet, Token, VerifyingKey};
use rules::Rules;

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
pub struct Verifier(Arc<Inner>);

struct Inner {
    keys: KeySet,
    rules: Rules,
    roles: RolesClaim,
    hierarchical_scopes: bool,
    clock: Clock,
}

impl Verifier {
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

    /// Verifies a token, given as its bare text, without `Bearer`.
    ///
    /// # Errors
    ///
    /// When the token is not accepted; [`AuthError::kind`] tells why. A token whose signature is
    /// wrong is never told anything about its claims.
    ///
    /// # Examples
    ///
    /// See [`Token`].
    pub async fn verify(&self, token: &str) -> Result<Token, AuthError> {
        self.check(token).map_err(AuthError::from)
    }

    /// The whole of verifying, with the keys at hand. The order matters: what is cheap comes
    /// first, and no claim is looked at before the signature is known to be right.
    pub(crate) fn check(&self, token: &str) -> Result<Token, AuthErrorKind> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(AuthErrorKind::CredentialsTooLong);
        }
        let parts = wire::split(token)?;
        let header = wire::decode_text(parts.header)?;
        let header = Header::parse(&header)?;
        let signature = wire::decode(parts.signature)?;
        let payload = wire::decode_text(parts.payload)?;
        self.0.keys.verify(
            header.algorithm,
            header.key_id.as_deref(),
            parts.signed.as_bytes(),
            &signature,
        )?;
        let claims = RegisteredClaims::parse(&payload, &self.0.roles)?;
        self.0.rules.check(&header, &claims, self.0.clock.now())?;
        Ok(Token::new(claims, payload, self.0.hierarchical_scopes))
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("keys", &self.0.keys)
            .field("rules", &self.0.rules)
            .field("clock", &self.0.clock)
            .finish()
    }
}
