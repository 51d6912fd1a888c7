//! Sets of keys, and which of them a token may be checked with.

use serde_json::Value;

use super::backend::Backend;
use super::{Algorithm, SigningKey, VerifyingKey, jwk};
use crate::{AuthErrorKind, ConfigError};

/// How many signature checks a token may cost.
pub(crate) const MAX_TRIES: usize = 16;

/// Of how many keys of somebody else's set it is told why they are skipped.
#[cfg(feature = "jwks")]
const MAX_SKIPPED: usize = 100;

/// The keys that a [`Verifier`](crate::Verifier) trusts.
///
/// A token is checked with the keys of its algorithm that have its `kid` as their ID, then with
/// those that have no ID. A token without `kid` is checked with the keys of its algorithm, whatever
/// their ID. In either case with the first 16 of them: a token is not to cost a thousand checks. The
/// `kid` is never more than that: a text to compare (RFC 8725, section 3.10).
///
/// # Examples
///
/// ```
/// use tower_bearer::{KeySet, SigningKey};
///
/// # fn main() -> Result<(), tower_bearer::ConfigError> {
/// // During a rotation the old key still verifies.
/// let new = SigningKey::generate_hs256()?.with_key_id("2026-11");
/// let old = SigningKey::generate_hs256()?.with_key_id("2026-10");
/// let keys = KeySet::from_iter([new.verifying_key(), old.verifying_key()]);
/// assert_eq!(keys.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    keys: Vec<VerifyingKey>,
    skipped: Vec<ConfigError>,
}

impl KeySet {
    /// A set without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// A JSON Web Key Set (RFC 7517, section 5), as JSON text.
    ///
    /// A key that can't be used, because it is meant for encryption, of an unknown type or too
    /// small, is left out, as the RFC asks for; [`skipped`](Self::skipped) tells why. Each key is
    /// read as [`VerifyingKey::from_jwk`] reads it.
    ///
    /// # Errors
    ///
    /// When the text is no key set, or none of its keys can be used.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::KeySet;
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let keys = KeySet::from_jwks(
    ///     r#"{"keys":[
    ///         {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    ///         {"kty":"OKP","crv":"X25519","x":"hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"}
    ///     ]}"#,
    /// )?;
    /// assert_eq!((keys.len(), keys.skipped().len()), (1, 1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_jwks(json: &str) -> Result<Self, ConfigError> {
        Self::read(Backend::preferred()?, json)
    }

    pub(super) fn read(backend: Backend, json: &str) -> Result<Self, ConfigError> {
        let mut keys = Self::new();
        for jwk in members(json)? {
            match jwk::key(backend, jwk) {
                Ok(key) => keys.keys.push(key),
                Err(error) => keys.skipped.push(error),
            }
        }
        if keys.is_empty() { Err(ConfigError::NoUsableKey) } else { Ok(keys) }
    }

    /// The set of somebody else, which may be empty, and why keys of it were left out, each with its
    /// place and its `kid`; so much is kept of the first hundred.
    #[cfg(feature = "jwks")]
    pub(crate) fn from_foreign_jwks(
        json: &[u8],
        algorithms: &[Algorithm],
    ) -> Result<(Self, Vec<String>), ConfigError> {
        let backend = Backend::preferred()?;
        let (mut keys, mut skipped) = (Self::new(), Vec::new());
        for (index, jwk) in members(json)?.into_iter().enumerate() {
            let kid =
                jwk.get("kid").map(|kid| kid.to_string().chars().take(64).collect::<String>());
            let name = kid.map(|kid| format!(" (kid {kid})")).unwrap_or_default();
            match jwk::foreign_key(backend, jwk, algorithms) {
                Ok(key) => keys.push(key),
                Err(error) if skipped.len() < MAX_SKIPPED => {
                    skipped.push(format!("key {}{name}: {error}", index + 1));
                }
                Err(_) => {}
            }
        }
        Ok((keys, skipped))
    }

    /// Adds a key, behind those that are there.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{KeySet, SigningKey};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut keys = KeySet::new();
    /// keys.push(SigningKey::generate_hs256()?.verifying_key());
    /// assert_eq!(keys.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn push(&mut self, key: VerifyingKey) {
        self.keys.push(key);
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys, in their order.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Algorithm, KeySet, SigningKey};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let keys = KeySet::from(&SigningKey::generate_hs256()?.with_key_id("2026-11"));
    /// let ids: Vec<_> = keys.iter().filter_map(|key| key.key_id()).collect();
    /// assert_eq!(ids, ["2026-11"]);
    /// # assert!(keys.iter().all(|key| key.algorithm() == Algorithm::HS256));
    /// # Ok(())
    /// # }
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &VerifyingKey> {
        self.keys.iter()
    }

    /// Why keys of a JSON Web Key Set were left out.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::KeySet;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let keys = KeySet::from_jwks(
    ///     r#"{"keys":[
    ///         {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    ///         {"kty":"quantum"}
    ///     ]}"#,
    /// )?;
    /// for reason in keys.skipped() {
    ///     println!("a key is left out: {reason}");
    /// }
    /// # assert_eq!(keys.skipped().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn skipped(&self) -> &[ConfigError] {
        &self.skipped
    }

    /// The public keys as a JSON Web Key Set (RFC 7517, section 5), as JSON text, in their order, each
    /// as [`VerifyingKey::to_jwk`] has it. HMAC secrets are left out.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Algorithm, KeySet, SigningKey, SigningKeys};
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let private = SigningKeys::new_jwks(Algorithm::ES256, Duration::ZERO)?;
    /// let keys = SigningKeys::from_jwks(&private)?.verify_with(SigningKey::generate_hs256()?);
    /// let published = keys.verifying_keys().to_jwks();
    /// assert_eq!(KeySet::from_jwks(&published)?.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_jwks(&self) -> String {
        // One key a line, for those who read it.
        let keys: Vec<String> =
            self.iter().filter_map(|key| Some(format!("\n  {}", key.to_jwk()?))).collect();
        let end = if keys.is_empty() { "" } else { "\n" };
        format!("{{\"keys\": [{}{end}]}}\n", keys.join(","))
    }

    /// Whether one of the keys is public.
    pub(crate) fn has_public_key(&self) -> bool {
        self.iter().any(|key| key.public().is_some())
    }

    /// Checks a signature with every key that the header allows.
    ///
    /// The algorithm comes from the key, and the header must agree (RFC 8725, section 3.1).
    pub(crate) fn verify(
        &self,
        algorithm: Option<Algorithm>,
        key_id: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), AuthErrorKind> {
        let mut refusal = AuthErrorKind::UnknownKey;
        let mut tries = 0;
        let named = |key: &&VerifyingKey| key_id.is_none() || key.key_id() == key_id;
        let nameless = |key: &&VerifyingKey| key_id.is_some() && key.key_id().is_none();
        let keys = &self.keys;
        for key in keys.iter().filter(named).chain(keys.iter().filter(nameless)) {
            if Some(key.algorithm()) != algorithm {
                if refusal == AuthErrorKind::UnknownKey {
                    refusal = AuthErrorKind::AlgorithmMismatch;
                }
                continue;
            }
            if tries == MAX_TRIES {
                break;
            }
            tries += 1;
            if key.verify(message, signature) {
                return Ok(());
            }
            refusal = AuthErrorKind::InvalidSignature;
        }
        Err(refusal)
    }
}

/// The keys of a JSON Web Key Set, whatever they are.
pub(super) fn members(json: impl AsRef<[u8]>) -> Result<Vec<Value>, ConfigError> {
    let invalid = |reason| ConfigError::InvalidJwk { reason };
    let mut set: Value =
        serde_json::from_slice(json.as_ref()).map_err(|_| invalid("the key set is not JSON"))?;
    match set.get_mut("keys").map(Value::take) {
        Some(Value::Array(jwks)) => Ok(jwks),
        _ => Err(invalid("the key set has no array named keys")),
    }
}

impl Extend<VerifyingKey> for KeySet {
    fn extend<I: IntoIterator<Item = VerifyingKey>>(&mut self, keys: I) {
        self.keys.extend(keys);
    }
}

impl FromIterator<VerifyingKey> for KeySet {
    fn from_iter<I: IntoIterator<Item = VerifyingKey>>(keys: I) -> Self {
        Self { keys: keys.into_iter().collect(), skipped: Vec::new() }
    }
}

impl From<VerifyingKey> for KeySet {
    fn from(key: VerifyingKey) -> Self {
        Self::from_iter([key])
    }
}

impl From<&SigningKey> for KeySet {
    fn from(key: &SigningKey) -> Self {
        key.verifying_key().into()
    }
}
