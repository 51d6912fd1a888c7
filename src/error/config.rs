//! Faults in the configuration.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::Algorithm;

/// A fault in the configuration, found when a key, verifier, issuer or hasher is built.
///
/// The text names the fault and the mend. It never contains a secret.
///
/// # Examples
///
/// ```
/// use tower_bearer::{ConfigError, Verifier};
///
/// let error = Verifier::hs256("too short").unwrap_err();
/// assert!(matches!(error, ConfigError::SecretTooShort { minimum: 32, .. }));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// An HMAC secret has fewer bytes than its hash (RFC 7518, section 3.2).
    SecretTooShort {
        /// The algorithm that the secret was meant for.
        algorithm: Algorithm,
        /// The least number of bytes.
        minimum: usize,
        /// The number of bytes given.
        actual: usize,
    },
    /// An HMAC secret is one that everybody can guess (RFC 8725, section 3.5).
    WeakSecret {
        /// Why it counts as weak.
        reason: &'static str,
    },
    /// A key could not be read, or is no key of its algorithm.
    InvalidKey {
        /// The algorithm that the key was meant for.
        algorithm: Algorithm,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An RSA modulus is below 2048 bits (RFC 7518, section 3.3).
    RsaKeyTooSmall {
        /// The size of the modulus in bits.
        bits: usize,
    },
    /// The crate was compiled without `aws-lc-rs` and without `rust-crypto`.
    NoCryptoBackend,
    /// A JSON Web Key (Set) could not be used.
    InvalidJwk {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A key set without a key that can verify.
    NoUsableKey,
    /// A key of one's own set can't be used.
    InvalidKeySet {
        /// Which of the keys, counted from 1.
        position: usize,
        /// What is wrong with it.
        fault: Box<ConfigError>,
    },
    /// A set of one's own keys is empty.
    NoSigningKey,
    /// A set of keys to publish has none that is public: HMAC secrets are not published.
    NoPublicKey,
    /// A set of keys was rotated, and the last rotation was a short time ago.
    RotatedTooEarly {
        /// How much longer to wait.
        wait: Duration,
    },
    /// Neither `audience(..)` nor `any_audience()` was called.
    NoAudienceDecision,
    /// An [`Issuer`](crate::Issuer) has no issuer identifier.
    NoIssuer,
    /// Keys elsewhere are given by their URL, and neither `issuer(..)` nor `any_issuer()` was called.
    #[cfg(feature = "jwks")]
    NoIssuerDecision,
    /// Keys could not be fetched from where they are.
    #[cfg(feature = "jwks")]
    RemoteKeys {
        /// The URL that was asked last.
        url: String,
        /// What went wrong.
        fault: String,
    },
    /// The leeway is above 300 seconds.
    LeewayTooLong {
        /// The leeway given, in seconds.
        seconds: u64,
    },
    /// A text that goes into a response header has a character that the header can't carry.
    InvalidHeaderText {
        /// The setting that holds the text.
        setting: &'static str,
        /// The first such character.
        character: char,
    },
    /// A scope, role or claim can't be used as it is written.
    InvalidValue {
        /// The setting.
        setting: &'static str,
        /// The rule that the value breaks.
        rule: &'static str,
    },
    /// The parameters of a [`Hasher`](crate::Hasher) reach none of the recommendations of OWASP.
    #[cfg(feature = "password")]
    WeakPasswordParameters {
        /// The memory given, in KiB.
        memory_kib: u32,
        /// The iterations given.
        iterations: u32,
    },
    /// The operating system started none of the threads that hash passwords.
    #[cfg(feature = "password")]
    NoHashingThread,
    /// A client can't be registered with [`Clients`](crate::Clients).
    #[cfg(feature = "login")]
    InvalidClient {
        /// Its ID.
        id: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A text is not the JSON of [`Clients::from_json`](crate::Clients::from_json).
    #[cfg(feature = "login")]
    InvalidClients {
        /// The line up to which it was.
        line: usize,
    },
    /// The operating system gave no random bytes.
    NoRandomness,
}

/// With the text, since that is what a `main` shows that returns an error.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfigError({self})")
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretTooShort { algorithm, minimum, actual } => write!(
                f,
                "the {algorithm} secret has {actual} bytes and needs at least {minimum}; \
                 make one with `openssl rand -base64 48`"
            ),
            Self::WeakSecret { reason } => write!(
                f,
                "the secret is too easy to guess ({reason}); make one with `openssl rand -base64 48`"
            ),
            Self::InvalidKey { algorithm, reason } => {
                write!(f, "the {algorithm} key can't be used: {reason}")
            }
            Self::RsaKeyTooSmall { bits } => {
                write!(f, "the RSA key has {bits} bits and needs at least 2048")
            }
            Self::NoCryptoBackend => f.write_str(
                "tower-bearer was compiled without a cryptographic backend; \
                 enable its feature `aws-lc-rs` or `rust-crypto`",
            ),
            Self::InvalidJwk { reason } => write!(f, "the JSON Web Key can't be used: {reason}"),
            Self::NoUsableKey => f.write_str("the key set has no key that can verify a token"),
            Self::InvalidKeySet { position, fault } => {
                write!(f, "key {position} of the set: {fault}")
            }
            Self::NoSigningKey => f.write_str("the key set has no key to sign with"),
            Self::NoPublicKey => f.write_str(
                "there is no public key to publish: HMAC secrets are for whoever issues tokens alone; \
                 sign with ES256, EdDSA or RSA",
            ),
            Self::RotatedTooEarly { wait } => write!(
                f,
                "the newest key was made less than 25 hours ago; nodes may not know it yet, and tokens \
                 of older keys still live; rotate again in {} minutes",
                wait.as_secs().div_ceil(60)
            ),
            Self::NoAudienceDecision => f.write_str(
                "no audience is set; call `.audience(\"...\")` with the name of this service, or \
                 `.any_audience()` to accept tokens meant for anybody",
            ),
            Self::NoIssuer => f.write_str(
                "no issuer is set; call `.issuer(\"https://...\")` with the URL that \
                     names this service in the `iss` claim",
            ),
            #[cfg(feature = "jwks")]
            Self::NoIssuerDecision => f.write_str(
                "no issuer is set; call `.issuer(\"https://...\")` with the `iss` of its tokens, or \
                 `.any_issuer()` to accept those of anybody who signs with these keys",
            ),
            #[cfg(feature = "jwks")]
            Self::RemoteKeys { url, fault } => {
                write!(f, "no keys could be fetched from {url}: {fault}")
            }
            Self::LeewayTooLong { seconds } => write!(
                f,
                "a leeway of {seconds} seconds is too long; at most 300 seconds make up for clocks that differ"
            ),
            Self::InvalidHeaderText { setting, character } => write!(
                f,
                "the {setting} contains {character:?}, which a response header can't carry"
            ),
            Self::InvalidValue { setting, rule } => write!(f, "the {setting} is not valid: {rule}"),
            #[cfg(feature = "password")]
            Self::WeakPasswordParameters { memory_kib, iterations } => write!(
                f,
                "argon2id with {memory_kib} KiB of memory and {iterations} iterations is too weak; \
                 use at least 47104 KiB with 1, 19456 with 2, 12288 with 3, 9216 with 4 or 7168 with 5"
            ),
            #[cfg(feature = "password")]
            Self::NoHashingThread => f.write_str(
                "the system started no thread to hash passwords; raise its limit of threads",
            ),
            #[cfg(feature = "login")]
            Self::InvalidClient { id, reason } => {
                write!(f, "the client {id:?} can't be registered: {reason}")
            }
            #[cfg(feature = "login")]
            Self::InvalidClients { line } => write!(
                f,
                "the clients can't be read, at line {line} of their JSON; it is written as \
                 {{\"clients\": [{{\"id\": \"..\", \"secret_sha256\": \"..\", \"scopes\": [\"..\"], \
                 \"may_introspect\": false}}], \"registered_only\": false}}"
            ),
            Self::NoRandomness => f.write_str("the operating system gave no random bytes"),
        }
    }
}

impl Error for ConfigError {}
