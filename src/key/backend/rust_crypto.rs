//! Signature checks by the RustCrypto crates, through the factories of jsonwebtoken.

use jsonwebtoken::DecodingKey;

use super::super::Material;
use super::super::algorithm::Algorithm;
use super::{Backend, jwt_algorithm};
use crate::ConfigError;

/// The factory's verifier is neither `Send` nor `Sync`, so it is made anew on each call.
pub(in super::super) struct Prepared {
    algorithm: jsonwebtoken::Algorithm,
    key: DecodingKey,
    /// Of an RSA key, big-endian, without leading zeros.
    modulus: Option<Vec<u8>>,
}

/// The `rsa` crate refuses larger ones when it verifies; a key must fail when it is loaded.
const MAX_RSA_BYTES: usize = 4096 / 8;

impl Prepared {
    pub(super) fn new(algorithm: Algorithm, material: &Material) -> Result<Self, ConfigError> {
        let invalid = |reason| ConfigError::InvalidKey { algorithm, reason };
        let key = match material {
            Material::Secret(secret) => DecodingKey::from_secret(secret),
            Material::Rsa { n, .. } if n.len() > MAX_RSA_BYTES => {
                return Err(invalid("the rust-crypto backend takes at most 4096 bits"));
            }
            Material::Rsa { n, e } => DecodingKey::from_rsa_raw_components(n, e),
            Material::Ec(point) => DecodingKey::from_ec_der(point),
            Material::Ed(point) => DecodingKey::from_ed_der(point),
        };
        let modulus = match material {
            Material::Rsa { n, .. } => {
                Some(n.iter().copied().skip_while(|byte| *byte == 0).collect())
            }
            _ => None,
        };
        let algorithm = jwt_algorithm(algorithm);
        (Backend::RustCrypto.provider().verifier_factory)(&algorithm, &key)
            .map_err(|_| invalid("it is not a valid public key of this algorithm"))?;
        Ok(Self { algorithm, key, modulus })
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        // The `rsa` crate takes PSS signatures modulo n, so that s + n would be a second form of s
        // (RFC 8017, section 5.2.2). Numbers of the same length compare as their bytes do.
        if let Some(modulus) = &self.modulus
            && (signature.len() != modulus.len() || signature >= modulus.as_slice())
        {
            return false;
        }
        (Backend::RustCrypto.provider().verifier_factory)(&self.algorithm, &self.key)
            .is_ok_and(|verifier| verifier.verify(message, &signature.to_vec()).is_ok())
    }
}
