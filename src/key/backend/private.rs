//! Private keys from JSON Web Keys, and new ones.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::jwk::ThumbprintHash;
use serde_json::Value;

use super::super::algorithm::{Algorithm, Family};
use super::{Backend, private_from_der};
use crate::ConfigError;

/// The members of a private JWK (RFC 7518, section 6), of which nothing is known yet.
pub(super) struct PrivateMembers<'a>(&'a Value);

impl PrivateMembers<'_> {
    /// The bytes of a member; nothing where it is missing or no base64url.
    pub(super) fn get(&self, name: &str) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(self.0.get(name)?.as_str()?).ok()
    }

    /// The uncompressed point of an elliptic curve.
    #[cfg(feature = "aws-lc-rs")]
    pub(super) fn point(&self) -> Option<Vec<u8>> {
        Some([&[4][..], &self.get("x")?, &self.get("y")?].concat())
    }
}

/// The private half of a JSON Web Key, with what its public half says of it. That the two belong
/// together is for the caller to try.
pub(in super::super) fn private_from_jwk(
    backend: Backend,
    algorithm: Algorithm,
    jwk: &Value,
) -> Result<EncodingKey, ConfigError> {
    let invalid = ConfigError::InvalidKey {
        algorithm,
        reason: "it is no private key: a member is missing, no base64url, or contradicts the others",
    };
    let members = PrivateMembers(jwk);
    if algorithm.family() == Family::Hmac {
        return members.get("k").map(|k| EncodingKey::from_secret(&k)).ok_or(invalid);
    }
    private_from_der(algorithm, &backend.pkcs8(algorithm, &members).ok_or(invalid)?)
}

/// A new private key: its `d` (RFC 7518, section 6.2.2; RFC 8037, section 2), and its public half,
/// a point as [`Material`](super::super::Material) has it.
pub(in super::super) struct Generated {
    pub(in super::super) d: Vec<u8>,
    pub(in super::super) public: Vec<u8>,
}

/// A new key pair, for the algorithms on curves.
pub(in super::super) fn generate(
    backend: Backend,
    algorithm: Algorithm,
) -> Result<Generated, ConfigError> {
    let generated = backend.generate(algorithm);
    generated.ok_or(ConfigError::InvalidKey { algorithm, reason: "the backend made none" })
}

pub(in super::super) fn sha256(backend: Backend, text: &str) -> Option<Vec<u8>> {
    let digest = backend.provider().key_utils.compute_digest;
    digest(text.as_bytes(), ThumbprintHash::SHA256).ok()
}

impl Backend {
    fn pkcs8(self, algorithm: Algorithm, jwk: &PrivateMembers<'_>) -> Option<Vec<u8>> {
        #[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
        let _ = (algorithm, jwk);
        match self {
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLc => super::aws_lc::pkcs8(algorithm, jwk),
            #[cfg(feature = "rust-crypto")]
            Self::RustCrypto => super::rust_crypto::pkcs8(algorithm, jwk),
        }
    }

    fn generate(self, algorithm: Algorithm) -> Option<Generated> {
        #[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
        let _ = algorithm;
        match self {
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLc => super::aws_lc::generate(algorithm),
            #[cfg(feature = "rust-crypto")]
            Self::RustCrypto => super::rust_crypto::generate(algorithm),
        }
    }
}
