//! A password as it was typed, in the forms that hashes are made of.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// The password in buffers that are wiped.
pub(super) struct Input {
    /// What a new hash is made of.
    pub(super) text: Zeroizing<String>,
    /// What an old hash may have been made of, where that is something else.
    pub(super) other: Option<Zeroizing<String>>,
}

impl Input {
    pub(super) fn new(password: &str, nfc: bool) -> Self {
        let sent = Zeroizing::new(password.to_owned());
        if password.is_ascii() {
            return Self { text: sent, other: None };
        }
        let normal = normalised(password);
        if *normal == *sent {
            return Self { text: sent, other: None };
        }
        let (text, other) = if nfc { (normal, sent) } else { (sent, normal) };
        Self { text, other: Some(other) }
    }
}

fn normalised(password: &str) -> Zeroizing<String> {
    // NFC is at most three times as long in UTF-8 (Unicode FAQ, Normalization), so the string never
    // moves and leaves no copy behind.
    let mut normal = Zeroizing::new(String::with_capacity(3 * password.len()));
    normal.extend(password.nfc());
    normal
}
