//! What a mailed token is bound to beside its user.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::store::User;

/// A token is good for nothing once the password is another: neither one that sets a new password nor
/// one that confirms an address, which whoever had the old password may have asked for.
#[derive(Serialize, Deserialize)]
pub(super) struct Bound {
    /// Where it was mailed to.
    pub(super) email: String,
    /// SHA-256 of the hash of the password.
    password: String,
}

impl Bound {
    pub(super) fn to(email: &str, user: &User) -> Self {
        Self { email: email.to_owned(), password: digest(user) }
    }

    /// What a store has of it; nothing where that is none of ours.
    pub(super) fn from_payload(payload: &str) -> Option<Self> {
        serde_json::from_str(payload).ok()
    }

    pub(super) fn payload(&self) -> Option<String> {
        // Texts have no way to fail.
        serde_json::to_string(self).ok()
    }

    pub(super) fn is_password_of(&self, user: &User) -> bool {
        self.password == digest(user)
    }
}

fn digest(user: &User) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(user.password_hash().as_bytes()))
}
