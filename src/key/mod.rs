//! Keys: what they are made from, the rules that they keep, and how they sign and verify.
//!
//! Every key has exactly one [`Algorithm`]. Its rules are checked when it is loaded, and what can
//! be prepared is prepared then, so that a request only pays for the signature check.

mod algorithm;
mod backend;
mod jwk;
mod private_jwk;
mod public_jwk;
mod rotation;
mod secret;
mod set;
mod signing;
mod signing_keys;
mod verifying;

#[cfg(test)]
mod tests;

pub use algorithm::Algorithm;
#[cfg(feature = "password")]
pub(crate) use secret::weakness;
pub use set::KeySet;
#[cfg(all(test, feature = "jwks"))]
pub(crate) use set::MAX_TRIES;
pub use signing::SigningKey;
pub use signing_keys::SigningKeys;
#[cfg(test)]
pub(crate) use verifying::CHECKS;
pub use verifying::VerifyingKey;

/// What a public key, or an HMAC secret, is made of, free of any encoding.
#[derive(Clone)]
enum Material {
    Secret(Vec<u8>),
    /// Modulus and exponent, big-endian.
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// An uncompressed point: `0x04`, x, y.
    Ec(Vec<u8>),
    Ed(Vec<u8>),
}
