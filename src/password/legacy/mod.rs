//! Hashes that other programs made with other functions. They are verified, and never made here.

mod bcrypt;
mod pbkdf2;
mod scrypt;

use self::bcrypt::Bcrypt;
use self::pbkdf2::Pbkdf2;
use self::scrypt::Scrypt;

use super::known::UnusableHash;

/// No hash of these forms is longer.
const MAX_TEXT: usize = 512;

/// A hash of one of these forms, within the limits.
pub(super) enum Legacy {
    Bcrypt(Bcrypt),
    Scrypt(Scrypt),
    Pbkdf2(Pbkdf2),
}

impl Legacy {
    pub(super) fn read(text: &str) -> Result<Self, UnusableHash> {
        if text.len() > MAX_TEXT {
            return Err(UnusableHash::UnknownForm);
        }
        // Django puts the name of its own class before the text of bcrypt.
        if let Some(text) = text.strip_prefix("bcrypt_sha256$") {
            return Bcrypt::over_sha256(text).map(Self::Bcrypt);
        }
        let text = text.strip_prefix("bcrypt$").unwrap_or(text);
        if text.starts_with("$2") {
            Bcrypt::read(text).map(Self::Bcrypt)
        } else if text.starts_with("$scrypt$") {
            Scrypt::read(text).map(Self::Scrypt)
        } else {
            Pbkdf2::read(text).map(Self::Pbkdf2)
        }
    }

    /// Whether this is the hash of the password; nothing when the system has no memory to tell.
    pub(super) fn matches(&self, password: &str) -> Option<bool> {
        match self {
            Self::Bcrypt(hash) => Some(hash.matches(password)),
            Self::Scrypt(hash) => hash.matches(password),
            Self::Pbkdf2(hash) => hash.matches(password),
        }
    }
}
