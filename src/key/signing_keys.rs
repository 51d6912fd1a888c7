//! Keys that sign in turn.

use super::backend::Backend;
use super::{KeySet, SigningKey, private_jwk};
use crate::ConfigError;

/// The keys of an [`Issuer`](crate::Issuer): the first signs, all verify.
///
/// So a key can be replaced without refusing a token: the next one is known to every verifier
/// before it signs, and the one before it until its last token has expired.
///
/// # Rotation
///
/// A service of several nodes keeps its keys in a private JSON Web Key Set (RFC 7517, section 5), in
/// the order: the key that signs, the next one, the one before.
///
/// 1. [`new_jwks`](Self::new_jwks) makes the set, with a key that signs and the next.
/// 2. [`rotate_jwks`](Self::rotate_jwks) makes another of it, in which the next key signs, a new one
///    is the next, and the one that signed is the one before.
/// 3. Give each node the new set and restart it, one after the other. Nodes with the old set know
///    the key that the others sign with already.
///
/// A key that is gone ends all that it signed: access tokens, and refresh tokens where they are
/// stateless.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{Algorithm, Grant, Issuer, SigningKeys};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let day = Duration::from_secs(24 * 3600);
/// let now = 20_000 * day;
/// let before = SigningKeys::new_jwks(Algorithm::ES256, now)?; // kept in a file
/// let after = SigningKeys::rotate_jwks(&before, None, now + 30 * day)?;
///
/// let node = |jwks: &str| -> Result<Issuer, Box<dyn std::error::Error>> {
///     Ok(Issuer::new(SigningKeys::from_jwks(jwks)?).issuer("https://me").audience("api"))
/// };
/// let (old, new) = (node(&before)?, node(&after)?);
/// let token = old.issue(&Grant::new("alice"))?;
/// assert!(new.verifier()?.verify(&token).await.is_ok());
/// let token = new.issue(&Grant::new("alice"))?;
/// assert!(old.verifier()?.verify(&token).await.is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SigningKeys {
    signing: SigningKey,
    others: Vec<SigningKey>,
}

impl SigningKeys {
    /// One key that signs, and no other.
    pub fn new(signing: SigningKey) -> Self {
        Self { signing, others: Vec::new() }
    }

    /// Reads a private JSON Web Key Set, as JSON text: the first key signs.
    ///
    /// It is one's own, so nothing is guessed and nothing left out: each key has a `kid` that no other
    /// has, an `alg`, and its private members (RFC 7518, section 6; RFC 8037, section 2), those of
    /// RSA all eight. A symmetric key has `kty` `oct` and its secret in `k`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::InvalidKeySet`] with the first key that can't be used, counted from 1;
    /// [`ConfigError::InvalidJwk`] when the text is no key set.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::SigningKeys;
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let keys = SigningKeys::from_jwks(
    ///     r#"{"keys": [
    ///         {"kid": "2026-11", "alg": "EdDSA", "kty": "OKP", "crv": "Ed25519",
    ///          "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    ///          "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"},
    ///         {"kid": "2026-10", "alg": "HS256", "kty": "oct",
    ///          "k": "SjhpeU9GeWFXUjVsY0ptV01XMlVPM1duRjh2MFFiSXo"}
    ///     ]}"#,
    /// )?;
    /// assert_eq!(keys.signing_key().key_id(), Some("2026-11"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_jwks(json: &str) -> Result<Self, ConfigError> {
        Self::read(Backend::preferred()?, json)
    }

    pub(super) fn read(backend: Backend, json: &str) -> Result<Self, ConfigError> {
        let mut keys: Vec<SigningKey> = Vec::new();
        for (at, jwk) in super::set::members(json)?.into_iter().enumerate() {
            let fault = |fault| ConfigError::InvalidKeySet { position: at + 1, fault };
            let key = private_jwk::key(backend, jwk).map_err(|error| fault(Box::new(error)))?;
            if keys.iter().any(|other| other.key_id() == key.key_id()) {
                let reason = "another has its kid";
                return Err(fault(Box::new(ConfigError::InvalidJwk { reason })));
            }
            keys.push(key);
        }
        let mut keys = keys.into_iter();
        let signing = keys.next().ok_or(ConfigError::NoSigningKey)?;
        Ok(Self { signing, others: keys.collect() })
    }

    /// Adds a key that verifies, and does not sign.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer, SigningKey, SigningKeys};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let old = SigningKey::generate_hs256()?.with_key_id("2026-10");
    /// let new = SigningKey::generate_hs256()?.with_key_id("2026-11");
    /// let issuer = |keys| Issuer::new(keys).issuer("https://me.example").audience("api");
    /// let token = issuer(SigningKeys::new(old.clone())).issue(&Grant::new("alice"))?;
    ///
    /// let verifier = issuer(SigningKeys::new(new).verify_with(old)).verifier()?;
    /// assert!(verifier.verify(&token).await.is_ok()); // though the old key signs no more
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn verify_with(mut self, key: SigningKey) -> Self {
        self.others.push(key);
        self
    }

    /// The key that signs.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{SigningKey, SigningKeys};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let keys = SigningKeys::new(SigningKey::generate_hs256()?.with_key_id("2026-11"))
    ///     .verify_with(SigningKey::generate_hs256()?.with_key_id("2026-10"));
    /// assert_eq!(keys.signing_key().key_id(), Some("2026-11"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn signing_key(&self) -> &SigningKey {
        &self.signing
    }

    /// What the keys sign is verified with.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{SigningKey, SigningKeys};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let keys = SigningKeys::new(SigningKey::generate_hs256()?.with_key_id("2026-11"))
    ///     .verify_with(SigningKey::generate_hs256()?.with_key_id("2026-10"));
    /// assert_eq!(keys.verifying_keys().len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn verifying_keys(&self) -> KeySet {
        self.iter().map(SigningKey::verifying_key).collect()
    }

    /// The keys in their order.
    pub fn iter(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.signing).chain(&self.others)
    }
}

impl From<SigningKey> for SigningKeys {
    fn from(key: SigningKey) -> Self {
        Self::new(key)
    }
}
