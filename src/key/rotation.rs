//! Private key sets as text: made, rotated, and their public half.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::algorithm::{Algorithm, Family};
use super::backend::{self, Backend};
use super::public_jwk::PublicJwk;
use super::{SigningKeys, set};
use crate::{ConfigError, random};

/// The longest life of an access token that is usual, a day, with the longest leeway, and an hour to
/// restart all nodes.
const LEAST_AGE: Duration = Duration::from_secs(25 * 3600);

impl SigningKeys {
    /// A new private JSON Web Key Set with two keys of an algorithm: the first signs, the second
    /// is known before it does. The text is a secret.
    ///
    /// HMAC secrets are as long as the hash, and have 128 random bits as their `kid`; the others have
    /// their thumbprint (RFC 7638). `iat` is when the key was made, in seconds since the Unix epoch,
    /// as `now` is.
    ///
    /// # Errors
    ///
    /// [`ConfigError::InvalidKey`] for RSA, which the backends don't give out the private numbers of.
    ///
    /// # Examples
    ///
    /// See [`SigningKeys`].
    pub fn new_jwks(algorithm: Algorithm, now: Duration) -> Result<String, ConfigError> {
        let backend = Backend::preferred()?;
        Ok(text(vec![generate(backend, algorithm, now)?, generate(backend, algorithm, now)?]))
    }

    /// Rotates a private JSON Web Key Set: the next key signs, a new one is the next, and the one that
    /// signed is the one before. All others are left out. The text is a secret.
    ///
    /// The next key is the first that is no older than the one that signs, by `iat`. Where there is
    /// none, one is added, and nothing else changes: once every node has it, rotate again.
    /// The new key is of `algorithm`, or of that of the last one made.
    ///
    /// Rotate by plan with this. After a leak everything in the file has leaked: make a new set.
    ///
    /// # Errors
    ///
    /// [`ConfigError::RotatedTooEarly`] when a key of the set was made in the last 25 hours: not
    /// every node may know it, and tokens of the key that is left out may still live.
    /// Otherwise as [`from_jwks`](Self::from_jwks) and [`new_jwks`](Self::new_jwks).
    ///
    /// # Examples
    ///
    /// See [`SigningKeys`].
    pub fn rotate_jwks(
        json: &str,
        algorithm: Option<Algorithm>,
        now: Duration,
    ) -> Result<String, ConfigError> {
        let backend = Backend::preferred()?;
        let known = Self::read(backend, json)?;
        let mut keys = set::members(json)?;
        let newest = keys.iter().map(made_at).max().unwrap_or_default();
        let earliest = newest.saturating_add(LEAST_AGE);
        if now < earliest {
            return Err(ConfigError::RotatedTooEarly { wait: earliest - now });
        }
        let next = (1..keys.len())
            .find(|at| keys[*at].get("iat").is_some() && made_at(&keys[*at]) >= made_at(&keys[0]));
        let last = known.iter().nth(next.unwrap_or(0)).unwrap_or(known.signing_key());
        let new = generate(backend, algorithm.unwrap_or(last.algorithm()), now)?;
        Ok(text(match next {
            Some(next) => {
                let next = keys.swap_remove(next);
                vec![next, new, keys.swap_remove(0)]
            }
            None => {
                keys.insert(1, new);
                keys
            }
        }))
    }

    /// The public half of a private JSON Web Key Set, for those who verify and don't sign:
    /// [`KeySet::from_jwks`](crate::KeySet::from_jwks) reads it. HMAC secrets have none and are left
    /// out.
    ///
    /// # Errors
    ///
    /// As [`from_jwks`](Self::from_jwks).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Algorithm, KeySet, SigningKeys};
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let private = SigningKeys::new_jwks(Algorithm::EdDSA, Duration::ZERO)?;
    /// let public = SigningKeys::public_jwks(&private)?;
    /// assert_eq!(KeySet::from_jwks(&public)?.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn public_jwks(json: &str) -> Result<String, ConfigError> {
        Ok(Self::from_jwks(json)?.verifying_keys().to_jwks())
    }
}

/// When a key was made, as far as it says.
fn made_at(jwk: &Value) -> Duration {
    Duration::from_secs(jwk.get("iat").and_then(Value::as_u64).unwrap_or_default())
}

pub(super) fn generate(
    backend: Backend,
    algorithm: Algorithm,
    now: Duration,
) -> Result<Value, ConfigError> {
    let (public, d) = match algorithm.family() {
        Family::Hmac => {
            let secret = random::bytes::<64>()?;
            let secret = encode(&secret[..algorithm.minimum_secret()]);
            let kid = random::id()?;
            return Ok(json!({
                "kty": "oct", "kid": kid, "k": secret,
                "alg": algorithm.name(), "use": "sig", "iat": now.as_secs(),
            }));
        }
        Family::Rsa => {
            let reason = "RSA keys are not made here; `openssl genpkey -algorithm rsa` makes one \
                          for JWT_PRIVATE_KEY_FILE and SigningKey::from_pem";
            return Err(ConfigError::InvalidKey { algorithm, reason });
        }
        Family::Ec => {
            let pair = backend::generate(backend, algorithm)?;
            (PublicJwk::ec(algorithm, &pair.public), pair.d)
        }
        Family::Ed => {
            let pair = backend::generate(backend, algorithm)?;
            (PublicJwk::ed(&pair.public), pair.d)
        }
    };
    let mut jwk = json!({
        "kid": public.thumbprint(backend)?, "d": encode(&d),
        "alg": algorithm.name(), "use": "sig", "iat": now.as_secs(),
    });
    for (name, value) in public.members() {
        jwk[name] = value.into();
    }
    Ok(jwk)
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// One key a line, for those who edit it.
fn text(keys: Vec<Value>) -> String {
    let keys: Vec<String> = keys.iter().map(|key| format!("  {key}")).collect();
    format!("{{\"keys\": [\n{}\n]}}\n", keys.join(",\n"))
}
