//! Signature checks by the RustCrypto crates, through the factories of jsonwebtoken.

use jsonwebtoken::DecodingKey;
use p256::elliptic_curve::rand_core::OsRng;
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::EncodePrivateKey;
use rsa::{BigUint, RsaPrivateKey};

use super::super::Material;
use super::super::algorithm::Algorithm;
use super::private::{Generated, PrivateMembers};
use super::{Backend, jwt_algorithm};
use crate::{ConfigError, random};

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

/// The PKCS #8 of a private JWK; nothing where its members are no key.
pub(super) fn pkcs8(algorithm: Algorithm, jwk: &PrivateMembers<'_>) -> Option<Vec<u8>> {
    let document = match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => return None,
        Algorithm::ES256 => p256::SecretKey::from_slice(&jwk.get("d")?).ok()?.to_pkcs8_der(),
        Algorithm::ES384 => p384::SecretKey::from_slice(&jwk.get("d")?).ok()?.to_pkcs8_der(),
        Algorithm::EdDSA => {
            let seed = jwk.get("d")?.try_into().ok()?;
            ed25519_dalek::SigningKey::from_bytes(&seed).to_pkcs8_der()
        }
        _ => {
            let number = |name| jwk.get(name).map(|bytes| BigUint::from_bytes_be(&bytes));
            let primes = vec![number("p")?, number("q")?];
            // Computed here, and asked for since the other backend compares them.
            for name in ["dp", "dq", "qi"] {
                jwk.get(name)?;
            }
            let key =
                RsaPrivateKey::from_components(number("n")?, number("e")?, number("d")?, primes);
            key.ok()?.to_pkcs8_der()
        }
    };
    Some(document.ok()?.as_bytes().to_vec())
}

/// A new key pair on a curve.
pub(super) fn generate(algorithm: Algorithm) -> Option<Generated> {
    match algorithm {
        Algorithm::ES256 => {
            let secret = p256::SecretKey::random(&mut OsRng);
            let public = secret.public_key().to_encoded_point(false).as_bytes().to_vec();
            Some(Generated { d: secret.to_bytes().to_vec(), public })
        }
        Algorithm::ES384 => {
            let secret = p384::SecretKey::random(&mut OsRng);
            let public = secret.public_key().to_encoded_point(false).as_bytes().to_vec();
            Some(Generated { d: secret.to_bytes().to_vec(), public })
        }
        Algorithm::EdDSA => {
            // A seed is 32 random bytes (RFC 8032, section 5.1.5).
            let seed = random::bytes::<32>().ok()?;
            let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key();
            Some(Generated { d: seed.to_vec(), public: public.as_bytes().to_vec() })
        }
        _ => None,
    }
}
