//! The key that signs tokens, and more keys to verify them with.

use tower_bearer::{Algorithm, ConfigError, KeySet, SigningKey};

use crate::environment::{Environment, File};

const ALGORITHMS: &str = "one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, \
                          ES256, ES384 and EdDSA";

/// The own key; nothing where a fault was noted.
pub(crate) fn signing_key(
    environment: &mut Environment,
    warnings: &mut Vec<String>,
) -> Option<SigningKey> {
    let algorithm = environment
        .parsed("JWT_ALGORITHM", ALGORITHMS, |text| text.parse().ok())
        .unwrap_or(Algorithm::HS256);
    // A path that leads nowhere is a slip, whatever the algorithm.
    let pem = environment.file("JWT_PRIVATE_KEY_FILE");
    let symmetric = matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512);
    let key = match pem {
        File::Faulty => return None,
        File::Read { path, text } if !symmetric => SigningKey::from_pem(algorithm, text)
            .map_err(|error| format!("JWT_PRIVATE_KEY_FILE {path:?}: {error}")),
        File::Absent if !symmetric => {
            Err(format!("JWT_PRIVATE_KEY_FILE must name a PEM file with the {algorithm} key"))
        }
        unused => {
            if matches!(unused, File::Read { .. }) {
                warnings
                    .push(format!("{algorithm} signs with JWT_SECRET, no JWT_PRIVATE_KEY_FILE"));
            }
            secret_key(algorithm, environment, warnings)
                .map_err(|error| format!("JWT_SECRET: {error}"))
        }
    };
    key.map_err(|fault| environment.fault(fault)).ok()
}

fn secret_key(
    algorithm: Algorithm,
    environment: &mut Environment,
    warnings: &mut Vec<String>,
) -> Result<SigningKey, ConfigError> {
    match environment.text("JWT_SECRET") {
        Some(secret) => SigningKey::from_secret(algorithm, secret),
        None => {
            warnings.push("JWT_SECRET is not set: tokens end with this process".to_owned());
            // As many bytes as the longest hash, so that it fits each algorithm.
            let mut secret = [0; 64];
            getrandom::fill(&mut secret).map_err(|_| ConfigError::NoRandomness)?;
            SigningKey::from_secret(algorithm, secret)
        }
    }
}

/// Public keys of others who issue tokens for this service: same issuer, same audience.
pub(crate) fn trusted_keys(environment: &mut Environment, warnings: &mut Vec<String>) -> KeySet {
    let File::Read { path, text } = environment.file("JWT_TRUSTED_JWKS_FILE") else {
        return KeySet::new();
    };
    match KeySet::from_jwks(&text) {
        Ok(keys) => {
            for reason in keys.skipped() {
                warnings.push(format!("a key of JWT_TRUSTED_JWKS_FILE is left out: {reason}"));
            }
            keys
        }
        Err(error) => {
            environment.fault(format!("JWT_TRUSTED_JWKS_FILE {path:?}: {error}"));
            KeySet::new()
        }
    }
}
