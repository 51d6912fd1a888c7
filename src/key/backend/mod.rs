//! The only place that names a cryptographic crate.
//!
//! With both backends compiled in, aws-lc-rs does the work: turning a feature on adds a choice for
//! builds that lack the other, and never changes what the other does.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
mod parse;
mod private;
#[cfg(feature = "rust-crypto")]
mod rust_crypto;

use std::fmt;

use jsonwebtoken::crypto::CryptoProvider;
use jsonwebtoken::jwk::EllipticCurve;

/// A private key or secret that no backend has looked at yet.
pub(super) use jsonwebtoken::EncodingKey as PrivateKey;
pub(super) use parse::{
    from_jwk, private_from_der, private_from_pem, public_from_der, public_from_pem,
};
pub(super) use private::{generate, private_from_jwk, sha256};

use super::Material;
use super::algorithm::{Algorithm, Family};
use crate::ConfigError;

/// Which crate computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backend {
    #[cfg(feature = "aws-lc-rs")]
    AwsLc,
    #[cfg(feature = "rust-crypto")]
    RustCrypto,
}

impl Backend {
    /// Those compiled in, the preferred one first.
    pub(super) const ALL: &[Self] = &[
        #[cfg(feature = "aws-lc-rs")]
        Self::AwsLc,
        #[cfg(feature = "rust-crypto")]
        Self::RustCrypto,
    ];

    pub(super) fn preferred() -> Result<Self, ConfigError> {
        Self::ALL.first().copied().ok_or(ConfigError::NoCryptoBackend)
    }

    /// The factories of jsonwebtoken, named outright: its process-global provider panics when
    /// both or neither of its backends are compiled in.
    fn provider(self) -> &'static CryptoProvider {
        match self {
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLc => &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER,
            #[cfg(feature = "rust-crypto")]
            Self::RustCrypto => &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER,
        }
    }
}

/// A key that is ready to check signatures.
pub(super) enum Prepared {
    #[cfg(feature = "aws-lc-rs")]
    AwsLc(aws_lc::Prepared),
    #[cfg(feature = "rust-crypto")]
    RustCrypto(rust_crypto::Prepared),
}

impl Prepared {
    pub(super) fn new(
        backend: Backend,
        algorithm: Algorithm,
        material: &Material,
    ) -> Result<Self, ConfigError> {
        #[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
        let _ = (algorithm, material);
        match backend {
            #[cfg(feature = "aws-lc-rs")]
            Backend::AwsLc => aws_lc::Prepared::new(algorithm, material).map(Self::AwsLc),
            #[cfg(feature = "rust-crypto")]
            Backend::RustCrypto => {
                rust_crypto::Prepared::new(algorithm, material).map(Self::RustCrypto)
            }
        }
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        #[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
        let _ = (message, signature);
        match *self {
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLc(ref prepared) => prepared.verify(message, signature),
            #[cfg(feature = "rust-crypto")]
            Self::RustCrypto(ref prepared) => prepared.verify(message, signature),
        }
    }
}

/// A private key, or a secret, that is ready to sign.
pub(super) struct Signer {
    backend: Backend,
    algorithm: Algorithm,
    key: PrivateKey,
}

impl Signer {
    pub(super) fn new(backend: Backend, algorithm: Algorithm, key: PrivateKey) -> Self {
        Self { backend, algorithm, key }
    }

    /// Fails where the backend can't use the key; a key that signed once keeps signing.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ConfigError> {
        let algorithm = jwt_algorithm(self.algorithm);
        (self.backend.provider().signer_factory)(&algorithm, &self.key)
            .ok()
            .and_then(|signer| signer.try_sign(message).ok())
            .ok_or(ConfigError::InvalidKey {
                algorithm: self.algorithm,
                reason: "the backend can't sign with it",
            })
    }

    /// The key that verifies what this one signs.
    pub(super) fn public(&self) -> Result<Material, ConfigError> {
        let utils = &self.backend.provider().key_utils;
        let bytes = self.key.as_bytes();
        match self.algorithm.family() {
            Family::Hmac => Ok(Material::Secret(bytes.to_vec())),
            Family::Rsa => (utils.rsa_pub_components_from_private_key)(bytes)
                .map(|(n, e)| Material::Rsa { n, e }),
            Family::Ec => {
                (utils.ec_pub_components_from_private_key)(bytes, jwt_algorithm(self.algorithm))
                    .map(|(_, x, y)| Material::Ec([&[4][..], &x, &y].concat()))
            }
            Family::Ed => {
                (utils.ed_pub_components_from_private_key)(bytes, &EllipticCurve::Ed25519)
                    .map(Material::Ed)
            }
        }
        .map_err(|_| ConfigError::InvalidKey {
            algorithm: self.algorithm,
            reason: "the private key does not fit the algorithm",
        })
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

fn jwt_algorithm(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    use jsonwebtoken::Algorithm as Jwt;
    match algorithm {
        Algorithm::HS256 => Jwt::HS256,
        Algorithm::HS384 => Jwt::HS384,
        Algorithm::HS512 => Jwt::HS512,
        Algorithm::RS256 => Jwt::RS256,
        Algorithm::RS384 => Jwt::RS384,
        Algorithm::RS512 => Jwt::RS512,
        Algorithm::PS256 => Jwt::PS256,
        Algorithm::PS384 => Jwt::PS384,
        Algorithm::PS512 => Jwt::PS512,
        Algorithm::ES256 => Jwt::ES256,
        Algorithm::ES384 => Jwt::ES384,
        Algorithm::EdDSA => Jwt::EdDSA,
    }
}
