//! Keys from PEM, DER and JWK, read by jsonwebtoken.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{DecodingKey, DecodingKeyKind, EncodingKey};

use super::super::Material;
use super::super::algorithm::{Algorithm, Family};
use super::Backend;
use crate::ConfigError;

const PRIVATE: &str = "it is no private key of this algorithm in PKCS #8 \
    (`openssl pkcs8 -topk8 -nocrypt` converts; RSA may also be PKCS #1)";
const PUBLIC: &str = "it is no public key of this algorithm in SubjectPublicKeyInfo form \
    (`openssl pkey -pubout` makes one; RSA may also be PKCS #1)";

/// A private key in PEM: PKCS #8, for RSA also PKCS #1.
pub(in super::super) fn private_from_pem(
    algorithm: Algorithm,
    pem: &[u8],
) -> Result<EncodingKey, ConfigError> {
    match algorithm.family() {
        Family::Hmac => return Err(secret_expected(algorithm)),
        Family::Rsa => EncodingKey::from_rsa_pem(pem),
        Family::Ec => EncodingKey::from_ec_pem(pem),
        Family::Ed => EncodingKey::from_ed_pem(pem),
    }
    .map_err(|_| ConfigError::InvalidKey { algorithm, reason: PRIVATE })
}

/// A private key in DER: PKCS #8, for RSA also PKCS #1.
pub(in super::super) fn private_from_der(
    algorithm: Algorithm,
    der: &[u8],
) -> Result<EncodingKey, ConfigError> {
    private_from_pem(algorithm, &pem("PRIVATE KEY", der)).or_else(|error| {
        match algorithm.family() {
            Family::Rsa => private_from_pem(algorithm, &pem("RSA PRIVATE KEY", der)),
            _ => Err(error),
        }
    })
}

/// A public key in PEM: SubjectPublicKeyInfo, for RSA also PKCS #1.
pub(in super::super) fn public_from_pem(
    backend: Backend,
    algorithm: Algorithm,
    pem: &[u8],
) -> Result<Material, ConfigError> {
    let invalid = || ConfigError::InvalidKey { algorithm, reason: PUBLIC };
    let key = match algorithm.family() {
        Family::Hmac => return Err(secret_expected(algorithm)),
        Family::Rsa => DecodingKey::from_rsa_pem(pem),
        Family::Ec => DecodingKey::from_ec_pem(pem),
        Family::Ed => DecodingKey::from_ed_pem(pem),
    }
    .map_err(|_| invalid())?;
    let bytes = key.try_get_as_bytes().map_err(|_| invalid())?.to_vec();
    match algorithm.family() {
        Family::Hmac => Err(invalid()),
        Family::Rsa => (backend.provider().key_utils.rsa_pub_components_from_public_key)(&bytes)
            .map(|(n, e)| Material::Rsa { n, e })
            .map_err(|_| invalid()),
        Family::Ec => Ok(Material::Ec(bytes)),
        Family::Ed => Ok(Material::Ed(bytes)),
    }
}

/// A public key in DER: SubjectPublicKeyInfo, for RSA also PKCS #1.
pub(in super::super) fn public_from_der(
    backend: Backend,
    algorithm: Algorithm,
    der: &[u8],
) -> Result<Material, ConfigError> {
    public_from_pem(backend, algorithm, &pem("PUBLIC KEY", der)).or_else(|error| {
        match algorithm.family() {
            Family::Rsa => public_from_pem(backend, algorithm, &pem("RSA PUBLIC KEY", der)),
            _ => Err(error),
        }
    })
}

/// The material of a JSON Web Key (RFC 7517).
pub(in super::super) fn from_jwk(
    algorithm: Algorithm,
    jwk: serde_json::Value,
) -> Result<Material, ConfigError> {
    let invalid = || ConfigError::InvalidKey {
        algorithm,
        reason: "the JSON Web Key lacks a member, or one is not base64url",
    };
    let jwk: Jwk = serde_json::from_value(jwk).map_err(|_| invalid())?;
    if let AlgorithmParameters::EllipticCurve(point) = &jwk.algorithm
        && point.x.len() != point.y.len()
    {
        // jsonwebtoken joins the two, and the length of the whole does not tell where x ends.
        let reason = "its coordinates x and y have different lengths";
        return Err(ConfigError::InvalidKey { algorithm, reason });
    }
    let key = DecodingKey::from_jwk(&jwk).map_err(|_| invalid())?;
    match (key.kind(), algorithm.family()) {
        (DecodingKeyKind::RsaModulusExponent { n, e }, Family::Rsa) => {
            Ok(Material::Rsa { n: n.clone(), e: e.clone() })
        }
        (DecodingKeyKind::SecretOrDer(bytes), Family::Hmac) => Ok(Material::Secret(bytes.clone())),
        (DecodingKeyKind::SecretOrDer(bytes), Family::Ec) => Ok(Material::Ec(bytes.clone())),
        (DecodingKeyKind::SecretOrDer(bytes), Family::Ed) => Ok(Material::Ed(bytes.clone())),
        _ => Err(invalid()),
    }
}

fn secret_expected(algorithm: Algorithm) -> ConfigError {
    ConfigError::InvalidKey { algorithm, reason: "HMAC takes a secret, not a PEM or DER file" }
}

/// jsonwebtoken tells the encodings apart by their PEM label only, so that DER is given one.
fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
        .into_bytes()
}
