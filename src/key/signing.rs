//! Keys that sign.

use std::fmt;
use std::sync::Arc;

use super::algorithm::Algorithm;
use super::backend::{self, Backend, Signer};
use super::{VerifyingKey, secret};
use crate::{ConfigError, random};

/// A private key, or an HMAC secret, that signs tokens with one [`Algorithm`].
///
/// Cheap to clone. `Debug` shows the algorithm and the key ID, never the key.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Algorithm, SigningKey};
///
/// # fn main() -> Result<(), tower_bearer::ConfigError> {
/// let secret = std::env::var("JWT_SECRET")
///     .unwrap_or_else(|_| "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE".to_owned());
/// let key = SigningKey::hs256(secret)?.with_key_id("2026-11");
/// assert_eq!(key.algorithm(), Algorithm::HS256);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SigningKey {
    signer: Arc<Signer>,
    verifying: VerifyingKey,
}

impl SigningKey {
    /// HMAC with SHA-256 and the bytes of a secret.
    ///
    /// # Errors
    ///
    /// When the secret has fewer than 32 bytes (RFC 7518, section 3.2) or is easy to guess
    /// (RFC 8725, section 3.5).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::SigningKey;
    ///
    /// assert!(SigningKey::hs256("J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE").is_ok());
    /// assert!(SigningKey::hs256("secret").is_err()); // too short
    /// assert!(SigningKey::hs256("your-256-bit-secret-your-256-bit-secret").is_err()); // guessable
    /// ```
    pub fn hs256(secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Self::from_secret(Algorithm::HS256, secret)
    }

    /// HMAC of any size with the bytes of a secret.
    ///
    /// # Errors
    ///
    /// When the algorithm is no HMAC, or the secret is shorter than its hash (32, 48 or 64 bytes)
    /// or easy to guess.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Algorithm, SigningKey};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let secret: Vec<u8> = (0..64u8).map(|at| at.wrapping_mul(197) ^ 0x5a).collect();
    /// // `secret` has 64 random bytes, as SHA-512 makes.
    /// let key = SigningKey::from_secret(Algorithm::HS512, secret)?;
    /// assert_eq!(key.algorithm(), Algorithm::HS512);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_secret(
        algorithm: Algorithm,
        secret: impl AsRef<[u8]>,
    ) -> Result<Self, ConfigError> {
        secret::check(algorithm, secret.as_ref())?;
        Self::insecure_from_guessable_secret(algorithm, secret)
    }

    /// As [`from_secret`](Self::from_secret), but takes secrets that are easy to guess: for
    /// test vectors and for talking to a peer that can't be changed. The length is still checked.
    ///
    /// # Errors
    ///
    /// When the algorithm is no HMAC, or the secret is shorter than its hash.
    pub fn insecure_from_guessable_secret(
        algorithm: Algorithm,
        secret: impl AsRef<[u8]>,
    ) -> Result<Self, ConfigError> {
        secret::check_length(algorithm, secret.as_ref())?;
        let key = backend::PrivateKey::from_secret(secret.as_ref());
        Self::new(Backend::preferred()?, algorithm, key)
    }

    /// HMAC with SHA-256 and a random secret of 256 bits, which ends with the process.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Algorithm, SigningKey};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// assert_eq!(SigningKey::generate_hs256()?.algorithm(), Algorithm::HS256);
    /// # Ok(())
    /// # }
    /// ```
    pub fn generate_hs256() -> Result<Self, ConfigError> {
        Self::from_secret(Algorithm::HS256, random::bytes::<32>()?)
    }

    /// A private key in PEM: PKCS #8 (`BEGIN PRIVATE KEY`), for RSA also PKCS #1.
    ///
    /// # Errors
    ///
    /// When the text is no private key of the algorithm, or an RSA modulus is below 2048 bits.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Algorithm, SigningKey};
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// // `openssl genpkey -algorithm ed25519` makes one.
    /// let key = SigningKey::from_pem(
    ///     Algorithm::EdDSA,
    ///     "-----BEGIN PRIVATE KEY-----\n\
    ///      MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    ///      -----END PRIVATE KEY-----\n",
    /// )?;
    /// assert_eq!(key.verifying_key().algorithm(), Algorithm::EdDSA);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_pem(algorithm: Algorithm, pem: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let key = backend::private_from_pem(algorithm, pem.as_ref())?;
        Self::new(Backend::preferred()?, algorithm, key)
    }

    /// A private key in DER: PKCS #8, for RSA also PKCS #1.
    ///
    /// # Errors
    ///
    /// As [`from_pem`](Self::from_pem).
    pub fn from_der(algorithm: Algorithm, der: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let key = backend::private_from_der(algorithm, der.as_ref())?;
        Self::new(Backend::preferred()?, algorithm, key)
    }

    /// Gives the key an ID, which goes into the `kid` of the tokens that it signs. A second call
    /// replaces it. Default: an asymmetric key has its thumbprint (RFC 7638), so that clients find it
    /// in what is [published](crate::WellKnown::jwks); a secret has none, and its tokens no `kid`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::SigningKey;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = SigningKey::generate_hs256()?.with_key_id("2026-11");
    /// assert_eq!(key.verifying_key().key_id(), Some("2026-11"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_key_id(mut self, key_id: impl Into<String>) -> Self {
        self.verifying = self.verifying.with_key_id(key_id);
        self
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.verifying.algorithm()
    }

    /// The key ID.
    pub fn key_id(&self) -> Option<&str> {
        self.verifying.key_id()
    }

    /// The key that verifies what this one signs, with the same key ID.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Grant, Issuer, SigningKey, Verifier};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = SigningKey::generate_hs256()?;
    /// let verifier = Verifier::builder(key.verifying_key()).any_audience().build()?;
    /// let issuer = Issuer::new(key).issuer("https://me.example").audience("api");
    /// assert!(verifier.verify(&issuer.issue(&Grant::new("alice"))?).await.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    pub fn verifying_key(&self) -> VerifyingKey {
        self.verifying.clone()
    }

    pub(super) fn new(
        backend: Backend,
        algorithm: Algorithm,
        key: backend::PrivateKey,
    ) -> Result<Self, ConfigError> {
        let signer = Signer::new(backend, algorithm, key);
        let mut verifying = VerifyingKey::new(backend, algorithm, &signer.public()?)?;
        if let Some(public) = verifying.public() {
            let thumbprint = public.thumbprint(backend)?;
            verifying = verifying.with_key_id(thumbprint);
        }
        Self::pair(signer, verifying)
    }

    /// A pair that does not fit must fail at the start, not at the first login.
    pub(super) fn pair(signer: Signer, verifying: VerifyingKey) -> Result<Self, ConfigError> {
        let probe = b"tower-bearer";
        if !verifying.verify(probe, &signer.sign(probe)?) {
            return Err(ConfigError::InvalidKey {
                algorithm: verifying.algorithm(),
                reason: "its public half does not belong to its private half",
            });
        }
        Ok(Self { signer: Arc::new(signer), verifying })
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ConfigError> {
        self.signer.sign(message)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .field("key_id", &self.key_id())
            .finish_non_exhaustive()
    }
}
