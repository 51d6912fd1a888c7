//! Public JSON Web Keys, which everybody may read (RFC 7518, section 6; RFC 8037, section 2).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::algorithm::Algorithm;
use super::backend::{self, Backend};
use super::{Material, VerifyingKey};
use crate::ConfigError;

/// The members that make up a public key, in the order of their names, and no others: those that its
/// thumbprint is made of (RFC 7638, section 3.2). A private member has no way into it, since a
/// [`Material`] has none.
#[derive(Clone)]
pub(super) struct PublicJwk(BTreeMap<&'static str, String>);

impl PublicJwk {
    /// None of a secret.
    pub(super) fn new(algorithm: Algorithm, material: &Material) -> Option<Self> {
        match material {
            Material::Secret(_) => None,
            Material::Rsa { n, e } => Some(Self(BTreeMap::from([
                ("e", integer(e)),
                ("kty", "RSA".to_owned()),
                ("n", integer(n)),
            ]))),
            Material::Ec(point) => Some(Self::ec(algorithm, point)),
            Material::Ed(point) => Some(Self::ed(point)),
        }
    }

    /// Of an uncompressed point.
    pub(super) fn ec(algorithm: Algorithm, point: &[u8]) -> Self {
        let curve = if algorithm == Algorithm::ES384 { "P-384" } else { "P-256" };
        let (x, y) = point[1..].split_at(point.len() / 2);
        let kty = "EC".to_owned();
        let curve = curve.to_owned();
        Self(BTreeMap::from([("crv", curve), ("kty", kty), ("x", encode(x)), ("y", encode(y))]))
    }

    pub(super) fn ed(point: &[u8]) -> Self {
        let (kty, curve) = ("OKP".to_owned(), "Ed25519".to_owned());
        Self(BTreeMap::from([("crv", curve), ("kty", kty), ("x", encode(point))]))
    }

    /// RFC 7638, section 3.
    pub(super) fn thumbprint(&self, backend: Backend) -> Result<String, ConfigError> {
        let hash = backend::sha256(backend, &json!(self.0).to_string());
        hash.map(|hash| encode(&hash)).ok_or(ConfigError::NoCryptoBackend)
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

impl VerifyingKey {
    /// The key as a public JSON Web Key (RFC 7517), as JSON text that
    /// [`from_jwk`](Self::from_jwk) reads: its type and public numbers, `alg`, `use` `sig`, and its ID
    /// as `kid`. `None` for HMAC, whose keys are secrets.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Algorithm, SigningKey, VerifyingKey};
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let pem = "-----BEGIN PRIVATE KEY-----\n\
    ///      MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    ///      -----END PRIVATE KEY-----\n";
    /// let key = SigningKey::from_pem(Algorithm::EdDSA, pem)?.verifying_key();
    /// let public = key.to_jwk().expect("it is no secret");
    /// assert_eq!(VerifyingKey::from_jwk(&public)?.key_id(), key.key_id());
    /// assert_eq!(SigningKey::generate_hs256()?.verifying_key().to_jwk(), None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_jwk(&self) -> Option<String> {
        let mut members: BTreeMap<&str, &str> = self.public()?.members().collect();
        members.insert("alg", self.algorithm().name());
        members.insert("use", "sig");
        if let Some(key_id) = self.key_id() {
            members.insert("kid", key_id);
        }
        Some(json!(members).to_string())
    }
}

/// A Base64urlUInt (RFC 7518, section 2): without zeros in front.
fn integer(big_endian: &[u8]) -> String {
    let zeros = big_endian.iter().take_while(|byte| **byte == 0).count();
    encode(&big_endian[zeros..])
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
