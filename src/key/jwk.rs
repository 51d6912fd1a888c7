//! Which JSON Web Keys verify tokens, and with which algorithm (RFC 7517).

use serde_json::Value;

use super::algorithm::{Algorithm, Family};
use super::backend::{self, Backend};
use super::{Material, VerifyingKey, secret};
use crate::ConfigError;

pub(super) fn key(backend: Backend, jwk: Value) -> Result<VerifyingKey, ConfigError> {
    check_use(&jwk)?;
    let algorithm = algorithm(&jwk)?;
    prepare(backend, jwk, algorithm)
}

/// A key of somebody else: public, and of one of these algorithms. A key without `alg` gets the first
/// of them that fits its type, RSA leaving a choice of six.
#[cfg(feature = "jwks")]
pub(super) fn foreign_key(
    backend: Backend,
    jwk: Value,
    algorithms: &[Algorithm],
) -> Result<VerifyingKey, ConfigError> {
    let invalid = |reason| Err(ConfigError::InvalidJwk { reason });
    check_use(&jwk)?;
    if jwk.get("kty").is_some_and(|kty| kty == "oct") {
        return invalid("it is a secret, which is never taken from elsewhere");
    }
    let mut algorithm = algorithm(&jwk)?;
    if jwk.get("alg").is_none() && algorithm.family() == Family::Rsa {
        let first = algorithms.iter().find(|algorithm| algorithm.family() == Family::Rsa);
        algorithm = first.copied().unwrap_or(algorithm);
    }
    if !algorithms.contains(&algorithm) {
        return invalid("its algorithm is none of those that are accepted");
    }
    prepare(backend, jwk, algorithm)
}

fn check_use(jwk: &Value) -> Result<(), ConfigError> {
    if is_for_signatures(jwk) {
        Ok(())
    } else {
        Err(ConfigError::InvalidJwk { reason: "it is not meant for signatures" })
    }
}

fn prepare(
    backend: Backend,
    jwk: Value,
    algorithm: Algorithm,
) -> Result<VerifyingKey, ConfigError> {
    let key_id = match jwk.get("kid") {
        None => None,
        Some(Value::String(kid)) => Some(kid.clone()),
        Some(_) => return Err(ConfigError::InvalidJwk { reason: "its kid is not a string" }),
    };
    let material = backend::from_jwk(algorithm, jwk)?;
    if let Material::Secret(bytes) = &material {
        secret::check(algorithm, bytes)?;
    }
    let key = VerifyingKey::new(backend, algorithm, &material)?;
    Ok(match key_id {
        Some(key_id) => key.with_key_id(key_id),
        None => key,
    })
}

/// RFC 7517, sections 4.2 and 4.3: `use` and `key_ops` say nothing, or say "verify".
fn is_for_signatures(jwk: &Value) -> bool {
    let by_use = jwk.get("use").is_none_or(|usage| usage == "sig");
    let by_operations = jwk.get("key_ops").is_none_or(|operations| {
        operations.as_array().is_some_and(|all| {
            all.iter().any(|operation| operation == "verify" || operation == "sign")
        })
    });
    by_use && by_operations
}

fn algorithm(jwk: &Value) -> Result<Algorithm, ConfigError> {
    let text = |member: &str| jwk.get(member).and_then(Value::as_str);
    let (family, implied) = match (text("kty"), text("crv")) {
        (Some("RSA"), _) => (Family::Rsa, Some(Algorithm::RS256)),
        (Some("EC"), Some("P-256")) => (Family::Ec, Some(Algorithm::ES256)),
        (Some("EC"), Some("P-384")) => (Family::Ec, Some(Algorithm::ES384)),
        (Some("OKP"), Some("Ed25519")) => (Family::Ed, Some(Algorithm::EdDSA)),
        (Some("oct"), _) => (Family::Hmac, None),
        _ => return Err(ConfigError::InvalidJwk { reason: "its type or curve is not supported" }),
    };
    let named =
        match jwk.get("alg") {
            None => None,
            Some(alg) => Some(alg.as_str().and_then(Algorithm::from_header).ok_or(
                ConfigError::InvalidJwk { reason: "its alg is no signature algorithm known here" },
            )?),
        };
    let algorithm = named
        .or(implied)
        .ok_or(ConfigError::InvalidJwk { reason: "a symmetric key needs an alg" })?;
    // A curve belongs to one algorithm; RSA and HMAC leave a choice within the family.
    let fits = match family {
        Family::Ec | Family::Ed => Some(algorithm) == implied,
        Family::Rsa | Family::Hmac => algorithm.family() == family,
    };
    if fits {
        Ok(algorithm)
    } else {
        Err(ConfigError::InvalidJwk { reason: "its alg contradicts its type or curve" })
    }
}
