//! Signature checks by aws-lc-rs, with the keys prepared once.

use aws_lc_rs::encoding::{AsBigEndian, AsDer};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::{self, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, ParsedPublicKey,
    RsaParameters, VerificationAlgorithm,
};

use super::super::Material;
use super::super::algorithm::{Algorithm, Family};
use super::private::{Generated, PrivateMembers};
use crate::ConfigError;

pub(in super::super) enum Prepared {
    // Boxed, as it is twenty times the size of the other.
    Hmac(Box<hmac::Key>),
    Public(ParsedPublicKey),
}

impl Prepared {
    pub(super) fn new(algorithm: Algorithm, material: &Material) -> Result<Self, ConfigError> {
        let prepared = match material {
            Material::Secret(secret) => hmac_algorithm(algorithm)
                .map(|hash| Self::Hmac(Box::new(hmac::Key::new(hash, secret)))),
            Material::Rsa { n, e } => rsa_parameters(algorithm)
                .and_then(|parameters| {
                    PublicKeyComponents { n, e }.to_parsed_public_key(parameters).ok()
                })
                .map(Self::Public),
            Material::Ec(bytes) | Material::Ed(bytes) => curve(algorithm)
                .and_then(|curve| ParsedPublicKey::new(curve, bytes).ok())
                .map(Self::Public),
        };
        prepared.ok_or(ConfigError::InvalidKey {
            algorithm,
            reason: "it is not a valid public key of this algorithm",
        })
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Hmac(key) => hmac::verify(key, message, signature).is_ok(),
            Self::Public(key) => key.verify_sig(message, signature).is_ok(),
        }
    }
}

/// The PKCS #8 of a private JWK; nothing where its members are no key.
pub(super) fn pkcs8(algorithm: Algorithm, jwk: &PrivateMembers<'_>) -> Option<Vec<u8>> {
    let document = match algorithm.family() {
        Family::Hmac => return None,
        Family::Rsa => {
            let components = KeyPairComponents {
                public_key: PublicKeyComponents { n: jwk.get("n")?, e: jwk.get("e")? },
                d: jwk.get("d")?,
                p: jwk.get("p")?,
                q: jwk.get("q")?,
                dP: jwk.get("dp")?,
                dQ: jwk.get("dq")?,
                qInv: jwk.get("qi")?,
            };
            let pair = rsa::KeyPair::from_components(&components).ok()?;
            return Some(pair.as_der().ok()?.as_ref().to_vec());
        }
        Family::Ec => {
            let (d, point) = (jwk.get("d")?, jwk.point()?);
            let curve = signing_curve(algorithm)?;
            EcdsaKeyPair::from_private_key_and_public_key(curve, &d, &point).ok()?.to_pkcs8v1()
        }
        Family::Ed => {
            let (d, x) = (jwk.get("d")?, jwk.get("x")?);
            Ed25519KeyPair::from_seed_and_public_key(&d, &x).ok()?.to_pkcs8v1()
        }
    };
    Some(document.ok()?.as_ref().to_vec())
}

/// A new key pair on a curve.
pub(super) fn generate(algorithm: Algorithm) -> Option<Generated> {
    if algorithm == Algorithm::EdDSA {
        let pair = Ed25519KeyPair::generate().ok()?;
        let d = pair.seed().ok()?.as_be_bytes().ok()?.as_ref().to_vec();
        return Some(Generated { d, public: pair.public_key().as_ref().to_vec() });
    }
    let pair = EcdsaKeyPair::generate(signing_curve(algorithm)?).ok()?;
    let d = pair.private_key().as_be_bytes().ok()?.as_ref().to_vec();
    Some(Generated { d, public: pair.public_key().as_ref().to_vec() })
}

fn hmac_algorithm(algorithm: Algorithm) -> Option<hmac::Algorithm> {
    match algorithm {
        Algorithm::HS256 => Some(hmac::HMAC_SHA256),
        Algorithm::HS384 => Some(hmac::HMAC_SHA384),
        Algorithm::HS512 => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::RS256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

fn curve(algorithm: Algorithm) -> Option<&'static dyn VerificationAlgorithm> {
    match algorithm {
        // FIXED is the plain concatenation of r and s that RFC 7518, section 3.4, asks for.
        Algorithm::ES256 => Some(&signature::ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => Some(&signature::ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => Some(&signature::ED25519),
        _ => None,
    }
}

fn signing_curve(algorithm: Algorithm) -> Option<&'static EcdsaSigningAlgorithm> {
    match algorithm {
        Algorithm::ES256 => Some(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
        Algorithm::ES384 => Some(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
        _ => None,
    }
}
