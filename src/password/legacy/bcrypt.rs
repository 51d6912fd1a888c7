//! bcrypt: `$2a$`, `$2b$` and `$2y$`, and Django's over SHA-256.

use std::fmt::Write;

use bcrypt::HashParts;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::UnusableHash;

/// About a second; each step more doubles it. Frameworks take 10 to 12.
const MAX_COST: u32 = 14;

pub(in crate::password) struct Bcrypt {
    text: String,
    over_sha256: bool,
}

impl Bcrypt {
    pub(super) fn read(text: &str) -> Result<Self, UnusableHash> {
        // `$2x$` is the hash of an implementation that misread bytes above 127 so that different
        // passwords had one hash, and `$2$` that of one without the final NUL. The library takes
        // the former for `$2b$`, which it is not.
        if !["$2a$", "$2b$", "$2y$"].iter().any(|known| text.starts_with(known)) {
            return Err(UnusableHash::UnknownForm);
        }
        // The library takes a sign for a part of the number.
        if text.get(4..6).is_none_or(|cost| cost.contains(|it: char| !it.is_ascii_digit())) {
            return Err(UnusableHash::UnknownForm);
        }
        let parts: HashParts = text.parse().map_err(|_| UnusableHash::UnknownForm)?;
        match parts.get_cost() {
            4..=MAX_COST => Ok(Self { text: text.to_owned(), over_sha256: false }),
            0..4 => Err(UnusableHash::UnknownForm),
            _ => Err(UnusableHash::TooDear),
        }
    }

    /// Django's `bcrypt_sha256`: the password is the SHA-256 in hexadecimal, so that bcrypt cuts
    /// nothing off.
    pub(super) fn over_sha256(text: &str) -> Result<Self, UnusableHash> {
        Ok(Self { over_sha256: true, ..Self::read(text)? })
    }

    /// bcrypt reads 72 bytes and no more, and so did whoever made the hash.
    ///
    /// It repeats the password, with a NUL behind it, to fill its key, so `a` and `a\0a` have one
    /// hash; and the implementations in C end a password at the first NUL. None of them made a
    /// hash of a whole password with a NUL, so that such a one has none.
    pub(super) fn matches(&self, password: &str) -> bool {
        if self.over_sha256 {
            return bcrypt::verify(hex_of_sha256(password).as_str(), &self.text).unwrap_or(false);
        }
        let equal = bcrypt::verify(password, &self.text).unwrap_or(false);
        equal & !password.contains('\0')
    }
}

fn hex_of_sha256(password: &str) -> Zeroizing<String> {
    // As long as it will be, so that it never moves and leaves no copy behind.
    let mut hex = Zeroizing::new(String::with_capacity(64));
    for byte in Sha256::digest(password) {
        // Nothing fails to be written to a `String`.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
