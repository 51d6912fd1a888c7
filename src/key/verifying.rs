//! Keys that check signatures.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::algorithm::{Algorithm, Family};
use super::backend::{self, Backend, Prepared};
use super::public_jwk::PublicJwk;
use super::{Material, jwk, secret};
use crate::ConfigError;

/// A public key, or an HMAC secret, that verifies tokens of one [`Algorithm`].
///
/// Cheap to clone. `Debug` shows the algorithm and the key ID, never the key.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Algorithm, VerifyingKey};
///
/// # fn main() -> Result<(), tower_bearer::ConfigError> {
/// let pem = b"-----BEGIN PUBLIC KEY-----
/// MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
/// -----END PUBLIC KEY-----";
/// let key = VerifyingKey::from_pem(Algorithm::EdDSA, pem)?.with_key_id("2026-11");
/// assert_eq!(key.key_id(), Some("2026-11"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct VerifyingKey {
    algorithm: Algorithm,
    key_id: Option<Arc<str>>,
    prepared: Arc<Prepared>,
    /// None of a secret.
    public: Option<Arc<PublicJwk>>,
}

impl VerifyingKey {
    /// An HMAC key from the bytes of its secret.
    ///
    /// # Errors
    ///
    /// When the algorithm is no HMAC, or the secret is shorter than its hash (32, 48 or 64 bytes;
    /// RFC 7518, section 3.2) or easy to guess (RFC 8725, section 3.5).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Algorithm, VerifyingKey};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let secret = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE"; // from your configuration
    /// let key = VerifyingKey::from_secret(Algorithm::HS256, secret)?;
    /// assert_eq!(key.algorithm(), Algorithm::HS256);
    /// assert!(VerifyingKey::from_secret(Algorithm::ES256, secret).is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_secret(
        algorithm: Algorithm,
        secret: impl AsRef<[u8]>,
    ) -> Result<Self, ConfigError> {
        secret::check(algorithm, secret.as_ref())?;
        Self::new(Backend::preferred()?, algorithm, &Material::Secret(secret.as_ref().to_vec()))
    }

    /// A public key in PEM: SubjectPublicKeyInfo (`BEGIN PUBLIC KEY`), for RSA also PKCS #1.
    ///
    /// # Errors
    ///
    /// When the text is no public key of the algorithm, or an RSA modulus is below 2048 bits.
    pub fn from_pem(algorithm: Algorithm, pem: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let backend = Backend::preferred()?;
        Self::new(backend, algorithm, &backend::public_from_pem(backend, algorithm, pem.as_ref())?)
    }

    /// A public key in DER: SubjectPublicKeyInfo, for RSA also PKCS #1.
    ///
    /// # Errors
    ///
    /// As [`from_pem`](Self::from_pem).
    pub fn from_der(algorithm: Algorithm, der: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let backend = Backend::preferred()?;
        Self::new(backend, algorithm, &backend::public_from_der(backend, algorithm, der.as_ref())?)
    }

    /// A JSON Web Key (RFC 7517), as JSON text. Its `kid` becomes the key ID.
    ///
    /// The algorithm is that of the member `alg`; a key without one gets the algorithm that its
    /// type implies: RS256, ES256 (P-256), ES384 (P-384) or EdDSA (Ed25519).
    ///
    /// # Errors
    ///
    /// When the text is no JSON Web Key, the key is meant for encryption, its type or curve is
    /// unknown or contradicts its `alg`, a symmetric key has no `alg`, or the key breaks the
    /// rules of its algorithm.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Algorithm, VerifyingKey};
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let key = VerifyingKey::from_jwk(
    ///     r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
    /// )?;
    /// assert_eq!(key.algorithm(), Algorithm::EdDSA);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_jwk(json: &str) -> Result<Self, ConfigError> {
        let value = serde_json::from_str(json)
            .map_err(|_| ConfigError::InvalidJwk { reason: "it is not JSON" })?;
        jwk::key(Backend::preferred()?, value)
    }

    /// Gives the key an ID. A key with an ID verifies tokens that name it, or none, in their
    /// `kid`; a key without an ID verifies tokens with any `kid`. A second call replaces the ID.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Algorithm, VerifyingKey};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let secret = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE";
    /// let key = VerifyingKey::from_secret(Algorithm::HS256, secret)?.with_key_id("2026-11");
    /// assert_eq!(key.key_id(), Some("2026-11"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_key_id(mut self, key_id: impl Into<String>) -> Self {
        self.key_id = Some(key_id.into().into());
        self
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key ID.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    pub(super) fn new(
        backend: Backend,
        algorithm: Algorithm,
        material: &Material,
    ) -> Result<Self, ConfigError> {
        check_form(algorithm, material)?;
        let prepared = Arc::new(Prepared::new(backend, algorithm, material)?);
        let public = PublicJwk::new(algorithm, material).map(Arc::new);
        Ok(Self { algorithm, key_id: None, prepared, public })
    }

    pub(super) fn public(&self) -> Option<&PublicJwk> {
        self.public.as_deref()
    }

    /// Whether `signature` is this key's over `message`.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        #[cfg(test)]
        CHECKS.set(CHECKS.get() + 1);
        self.prepared.verify(message, signature)
    }
}

#[cfg(test)]
thread_local! {
    /// How many signatures this thread has checked.
    pub(crate) static CHECKS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// The rules on the form of keys that no backend is trusted with.
fn check_form(algorithm: Algorithm, material: &Material) -> Result<(), ConfigError> {
    let invalid = |reason| Err(ConfigError::InvalidKey { algorithm, reason });
    match (algorithm.family(), material) {
        (Family::Hmac, Material::Secret(secret)) => secret::check_length(algorithm, secret),
        (Family::Rsa, Material::Rsa { n, e }) => {
            let bits = bit_length(n);
            if bits < 2048 {
                return Err(ConfigError::RsaKeyTooSmall { bits });
            }
            if bits > 8192 {
                return invalid("an RSA key may have at most 8192 bits");
            }
            // 2^33 is the limit of both backends; a larger exponent only costs time.
            let exponent = bit_length(e);
            if !(2..=33).contains(&exponent) || e.last().is_none_or(|byte| byte % 2 == 0) {
                return invalid("the RSA exponent is not an odd number from 3 to 2^33");
            }
            Ok(())
        }
        (Family::Ec, Material::Ec(point)) => {
            let coordinate = if algorithm == Algorithm::ES384 { 48 } else { 32 };
            if point.len() != 1 + 2 * coordinate || point[0] != 4 {
                return invalid("it is not an uncompressed point of the algorithm's curve");
            }
            Ok(())
        }
        (Family::Ed, Material::Ed(point)) if has_low_order(point) => {
            invalid("it is a point of low order, so that anybody can sign for it")
        }
        (Family::Ed, Material::Ed(point)) if point.len() == 32 => Ok(()),
        _ => invalid("the key is of another type than the algorithm"),
    }
}

/// Whether a point of Ed25519 is one of the eight whose order divides 8 (RFC 8725, section 3.4).
/// The all-zero key that somebody forgot to fill in is one. The list is that of libsodium.
fn has_low_order(point: &[u8]) -> bool {
    /// Their y, as in a JWK; some are also read where the prime was added.
    const LOW_ORDER: [&str; 7] = [
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU",
        "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",
        "7P_______________________________________38",
        "7f_______________________________________38",
        "7v_______________________________________38",
    ];
    let mut y = point.to_vec();
    if let Some(last) = y.last_mut() {
        // The sign of x.
        *last &= 0x7F;
    }
    LOW_ORDER.contains(&URL_SAFE_NO_PAD.encode(y).as_str())
}

fn bit_length(big_endian: &[u8]) -> usize {
    let significant = big_endian.iter().skip_while(|byte| **byte == 0);
    let mut bits = 0;
    for (index, byte) in significant.enumerate() {
        bits = if index == 0 { 8 - byte.leading_zeros() as usize } else { bits + 8 };
    }
    bits
}
