//! The text of a one-time token: `<purpose>_<secret>`.

use std::fmt::{self, Write as _};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::OneTimePurpose;
use crate::{ConfigError, random};

/// The text of a one-time token, for the mail: `reset_` or `verify_` and 40 hexadecimal digits. Debug
/// hides it, and it is cleared from memory when it is dropped.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// use tower_bearer::{MemoryStore, OneTimePurpose, OneTimeTokens};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), tower_bearer::StoreError> {
/// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// let reset = OneTimePurpose::ResetPassword;
/// let token = OneTimeTokens::new().issue(&store, reset, "alice", "", now).await?;
/// assert_eq!(token.as_str().len(), "reset_".len() + 40);
/// assert_eq!(format!("{token:?}"), "OneTimeToken(..)");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct OneTimeToken(Zeroizing<String>);

impl OneTimeToken {
    /// The text, for the mail to the user.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, OneTimePurpose, OneTimeTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), tower_bearer::StoreError> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// let verify = OneTimePurpose::VerifyEmail;
    /// let token = OneTimeTokens::new().issue(&store, verify, "alice", "", now).await?;
    /// let link = format!("https://app.example.org/verify-email?token={}", token.as_str());
    /// assert!(link.contains("?token=verify_"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OneTimeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeToken(..)")
    }
}

/// 160 bits: no guess, and short enough to be copied by hand if need be.
const SECRET_BYTES: usize = 20;

/// Lower-case hexadecimal, which no mail program cuts off at the end of a link, and no user reads
/// in two ways.
pub(super) fn mint(purpose: OneTimePurpose) -> Result<(OneTimeToken, [u8; 32]), ConfigError> {
    let secret = Zeroizing::new(random::bytes::<SECRET_BYTES>()?);
    // The room for all of it at once: a text that grows leaves copies behind.
    let prefix = purpose.prefix();
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + 2 * SECRET_BYTES));
    text.push_str(prefix);
    for byte in secret.iter() {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    let hash = Sha256::digest(text.as_bytes()).into();
    Ok((OneTimeToken(text), hash))
}

/// SHA-256 of a token for this purpose; none for a text that no such token can have.
pub(super) fn hash(purpose: OneTimePurpose, text: &str) -> Option<[u8; 32]> {
    let secret = text.strip_prefix(purpose.prefix())?;
    let fits = secret.len() == 2 * SECRET_BYTES
        && secret.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    fits.then(|| Sha256::digest(text.as_bytes()).into())
}
