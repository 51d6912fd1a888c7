//! The keys that sign tokens, and more keys to verify them with.

use super::Variables;
use super::files::{Faulty, Found};
use crate::key::{Algorithm, KeySet, SigningKey, SigningKeys};
use crate::trace;

const ALGORITHMS: &str = "one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, \
                          ES256, ES384 and EdDSA";

/// One's own keys; nothing where a fault was noted.
pub(super) fn signing(variables: &mut Variables) -> Option<SigningKeys> {
    match variables.file("JWT_KEYS_FILE") {
        Ok(None) => single(variables).ok().map(SigningKeys::from),
        Ok(Some((path, text))) => {
            for other in ["JWT_ALGORITHM", "JWT_SECRET", "JWT_SECRET_FILE", "JWT_PRIVATE_KEY_FILE"]
            {
                if variables.is_given(other) {
                    variables.fault(format!(
                        "JWT_KEYS_FILE and {other} are both set; leave one out (a secret may be one \
                         of the keys in the file)"
                    ));
                }
            }
            SigningKeys::from_jwks(&text)
                .map_err(|error| variables.fault(format!("JWT_KEYS_FILE {path:?}: {error}")))
                .ok()
        }
        Err(Faulty) => None,
    }
}

fn single(variables: &mut Variables) -> Result<SigningKey, Faulty> {
    let algorithm = variables
        .parsed("JWT_ALGORITHM", ALGORITHMS, |text| text.parse().ok())
        .unwrap_or(Algorithm::HS256);
    // A path that leads nowhere is a slip, whatever the algorithm.
    let pem = variables.file("JWT_PRIVATE_KEY_FILE")?;
    let symmetric = matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512);
    let key = match pem {
        Some((path, pem)) if !symmetric => SigningKey::from_pem(algorithm, pem)
            .map_err(|error| format!("JWT_PRIVATE_KEY_FILE {path:?}: {error}")),
        None if !symmetric => {
            Err(format!("JWT_PRIVATE_KEY_FILE must name a PEM file with the {algorithm} key"))
        }
        unused => {
            if unused.is_some() {
                trace::warn!(
                    target: "tower_bearer::settings",
                    %algorithm,
                    "JWT_SECRET signs, and JWT_PRIVATE_KEY_FILE is not used"
                );
            }
            match variables.find_secret("JWT_SECRET") {
                Found::Text(secret) => SigningKey::from_secret(algorithm, secret)
                    .map_err(|error| format!("JWT_SECRET: {error}")),
                Found::Absent => {
                    Err("JWT_SECRET must be set; make one with `openssl rand -base64 48`"
                        .to_owned())
                }
                Found::Faulty => return Err(Faulty),
            }
        }
    };
    key.map_err(|fault| {
        variables.fault(fault);
        Faulty
    })
}

/// Public keys of others who issue tokens for this service: same issuer, same audience.
#[cfg_attr(not(feature = "tracing"), allow(unused_variables, reason = "for the log alone"))]
pub(super) fn trusted(variables: &mut Variables) -> KeySet {
    let Ok(Some((path, text))) = variables.file("JWT_TRUSTED_JWKS_FILE") else {
        return KeySet::new();
    };
    match KeySet::from_jwks(&text) {
        Ok(keys) => {
            for reason in keys.skipped() {
                trace::warn!(
                    target: "tower_bearer::settings",
                    %reason,
                    "a key of JWT_TRUSTED_JWKS_FILE is left out"
                );
            }
            keys
        }
        Err(error) => {
            variables.fault(format!("JWT_TRUSTED_JWKS_FILE {path:?}: {error}"));
            KeySet::new()
        }
    }
}
