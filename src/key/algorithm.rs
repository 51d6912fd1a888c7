//! The signature algorithms and how JWTs name them.

use std::fmt;
use std::str::FromStr;

use crate::ConfigError;

/// A signature algorithm of RFC 7518, section 3.1, or RFC 8037.
///
/// A key has exactly one (RFC 8725, section 3.1); there is no `none`.
///
/// # Examples
///
/// ```
/// use tower_bearer::Algorithm;
///
/// assert_eq!("ES256".parse(), Ok(Algorithm::ES256));
/// assert_eq!(Algorithm::EdDSA.to_string(), "EdDSA");
/// assert!("none".parse::<Algorithm>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-256; a secret of at least 32 bytes.
    HS256,
    /// HMAC with SHA-384; a secret of at least 48 bytes.
    HS384,
    /// HMAC with SHA-512; a secret of at least 64 bytes.
    HS512,
    /// RSASSA-PKCS1-v1_5 with SHA-256; a modulus of at least 2048 bits.
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384; a modulus of at least 2048 bits.
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512; a modulus of at least 2048 bits.
    RS512,
    /// RSASSA-PSS with SHA-256; a modulus of at least 2048 bits.
    PS256,
    /// RSASSA-PSS with SHA-384; a modulus of at least 2048 bits.
    PS384,
    /// RSASSA-PSS with SHA-512; a modulus of at least 2048 bits.
    PS512,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// EdDSA on Ed25519. A token may also call it `Ed25519` (RFC 9864).
    EdDSA,
}

/// The families that share one form of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Hmac,
    Rsa,
    Ec,
    Ed,
}

impl Algorithm {
    /// Every algorithm, in the order of their declaration.
    pub const ALL: [Self; 12] = [
        Self::HS256,
        Self::HS384,
        Self::HS512,
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::EdDSA,
    ];

    /// The name in a JOSE header.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Algorithm;
    ///
    /// assert_eq!(Algorithm::ES256.name(), "ES256");
    /// assert!(Algorithm::ALL.iter().all(|it| it.name().parse() == Ok(*it)));
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDSA => "EdDSA",
        }
    }

    /// Reads the `alg` of a token or key, byte for byte, `Ed25519` included.
    pub(crate) fn from_header(name: &str) -> Option<Self> {
        if name == "Ed25519" {
            return Some(Self::EdDSA);
        }
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    pub(crate) const fn family(self) -> Family {
        match self {
            Self::HS256 | Self::HS384 | Self::HS512 => Family::Hmac,
            Self::RS256 | Self::RS384 | Self::RS512 | Self::PS256 | Self::PS384 | Self::PS512 => {
                Family::Rsa
            }
            Self::ES256 | Self::ES384 => Family::Ec,
            Self::EdDSA => Family::Ed,
        }
    }

    /// Whether whoever verifies has another key than whoever signs.
    #[cfg(feature = "jwks")]
    pub(crate) const fn is_asymmetric(self) -> bool {
        !matches!(self.family(), Family::Hmac)
    }

    /// The least number of bytes of an HMAC secret: the size of the hash (RFC 7518, section 3.2).
    pub(crate) const fn minimum_secret(self) -> usize {
        match self {
            Self::HS512 => 64,
            Self::HS384 => 48,
            _ => 32,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        Self::from_header(name).ok_or(ConfigError::InvalidValue {
            setting: "algorithm",
            rule: "one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, \
                   ES384 and EdDSA",
        })
    }
}
