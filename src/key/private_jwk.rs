//! Private JSON Web Keys, which sign (RFC 7518, section 6; RFC 8037, section 2).

use serde_json::Value;

use super::backend::{self, Backend, Signer};
use super::{SigningKey, jwk};
use crate::ConfigError;

/// A key of one's own: what is left open in a key of others is a fault here.
pub(super) fn key(backend: Backend, jwk: Value) -> Result<SigningKey, ConfigError> {
    let invalid = |reason| Err(ConfigError::InvalidJwk { reason });
    if jwk.get("alg").is_none() {
        return invalid("it has no alg");
    }
    if jwk.get("oth").is_some() {
        return invalid("RSA keys of more than two primes are not supported");
    }
    // The public half keeps the rules of all keys: type, size, strength, use.
    let verifying = jwk::key(backend, jwk.clone())?;
    if verifying.key_id().is_none_or(str::is_empty) {
        return invalid("it has no kid");
    }
    let algorithm = verifying.algorithm();
    let private = backend::private_from_jwk(backend, algorithm, &jwk)?;
    SigningKey::pair(Signer::new(backend, algorithm, private), verifying)
}
