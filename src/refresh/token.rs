//! The text of a refresh token: `<selector>.<secret>`.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{ConfigError, random};

/// The text of a refresh token: 66 characters of base64url and a dot. Debug hides it.
///
/// # Examples
///
/// See [`RefreshTokens`](crate::RefreshTokens).
#[derive(Clone)]
pub struct RefreshToken(String);

impl RefreshToken {
    /// The text, for the answer to the client.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, for the answer to the client.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(..)")
    }
}

const SELECTOR_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
/// 16 and 32 bytes in base64url, and the dot.
const TOKEN_LENGTH: usize = 22 + 1 + 43;

/// A new token, and what a store keeps of it.
pub(super) struct Minted {
    pub(super) token: RefreshToken,
    pub(super) selector: String,
    pub(super) hash: [u8; 32],
}

pub(super) fn mint() -> Result<Minted, ConfigError> {
    let selector = random::id()?;
    let secret = random::bytes::<SECRET_BYTES>()?;
    let token = RefreshToken(format!("{selector}.{}", URL_SAFE_NO_PAD.encode(secret)));
    Ok(Minted { token, selector, hash: Sha256::digest(secret).into() })
}

/// What a client sent, taken apart.
pub(super) struct Presented<'a> {
    pub(super) selector: &'a str,
    hash: [u8; 32],
}

impl Presented<'_> {
    /// In constant time.
    pub(super) fn matches(&self, stored: &[u8; 32]) -> bool {
        self.hash.ct_eq(stored).into()
    }
}

/// Strict: a token has one spelling.
pub(super) fn parse(text: &str) -> Option<Presented<'_>> {
    if text.len() != TOKEN_LENGTH {
        return None;
    }
    let (selector, secret) = text.split_once('.')?;
    let decoded = URL_SAFE_NO_PAD.decode(selector).ok()?;
    let secret = URL_SAFE_NO_PAD.decode(secret).ok()?;
    if decoded.len() != SELECTOR_BYTES || secret.len() != SECRET_BYTES {
        return None;
    }
    Some(Presented { selector, hash: Sha256::digest(secret).into() })
}
