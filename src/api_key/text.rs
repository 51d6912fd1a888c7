//! The text of an API key: `<prefix>_<id>_<secret><checksum>`.

use std::fmt::{self, Write as _};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{ConfigError, random};

/// The text of an API key. It is shown once: Debug hides it, and it is cleared from memory when it is
/// dropped.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// use tower_bearer::{ApiKeys, MemoryStore, NewApiKey};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
/// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
/// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
/// # let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]);
/// let key = ApiKeys::new().issue(&store, new, now).await?.key;
/// assert_eq!(key.as_str().len(), "tb_".len() + 24 + "_".len() + 64 + 8);
/// assert_eq!(format!("{key:?}"), "ApiKey(..)"); // for logs
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// The text, for the answer to the owner.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{ApiKeys, MemoryStore, NewApiKey};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = tower_bearer::NewUser::new(tower_bearer::Username::new("Alice")?, "$argon2id$");
    /// # let new = new.email(tower_bearer::Email::new("alice@example.com")?).scopes(["data:read"]);
    /// # let alice = tower_bearer::UserStore::insert_user(&store, new, now).await?;
    /// # let new = NewApiKey::new(&alice.id, "backup").scopes(["data:read"]);
    /// let key = ApiKeys::new().issue(&store, new, now).await?.key;
    /// let answer = serde_json::json!({ "api_key": key.as_str() });
    /// assert!(answer["api_key"].as_str().is_some_and(|text| text.starts_with("tb_")));
    /// # Ok(())
    /// # }
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

const ID_BYTES: usize = 12;
const SECRET_BYTES: usize = 32;
/// Of the checksum: few keys that somebody mistyped, and few texts that are none, pass.
const CHECKSUM_BYTES: usize = 4;
pub(super) const LONGEST_PREFIX: usize = 24;

/// A new key, and what a store keeps of it.
pub(super) struct Minted {
    pub(super) key: ApiKey,
    pub(super) id: String,
    pub(super) hash: [u8; 32],
}

/// Lower-case hexadecimal: no character of it parts a text that is selected with a double click.
pub(super) fn mint(prefix: &str) -> Result<Minted, ConfigError> {
    let mut id = String::new();
    push_hex(&mut id, &random::bytes::<ID_BYTES>()?);
    let secret = Zeroizing::new(random::bytes::<SECRET_BYTES>()?);
    // The room for all of it at once: a text that grows leaves copies behind.
    let room = prefix.len() + 2 + 2 * (ID_BYTES + SECRET_BYTES + CHECKSUM_BYTES);
    let mut text = Zeroizing::new(String::with_capacity(room));
    text.push_str(prefix);
    text.push('_');
    text.push_str(&id);
    text.push('_');
    push_hex(&mut text, secret.as_slice());
    let checksum = Sha256::digest(text.as_bytes());
    push_hex(&mut text, &checksum[..CHECKSUM_BYTES]);
    let hash = Sha256::digest(text.as_bytes()).into();
    Ok(Minted { key: ApiKey(text), id, hash })
}

/// What a client sent, taken apart.
pub(super) struct Presented<'a> {
    pub(super) id: &'a str,
    /// SHA-256 of all of it: a key has one spelling.
    pub(super) hash: [u8; 32],
}

/// None for a text that no key can have.
pub(super) fn parse(text: &str) -> Option<Presented<'_>> {
    let (public, secret) = text.rsplit_once('_')?;
    let (prefix, id) = public.rsplit_once('_')?;
    let body_length = text.len().checked_sub(2 * CHECKSUM_BYTES)?;
    let fits =
        is_prefix(prefix) && is_hex(id, ID_BYTES) && is_hex(secret, SECRET_BYTES + CHECKSUM_BYTES);
    if !fits {
        return None;
    }
    let (body, checksum) = text.split_at(body_length);
    let mut expected = String::new();
    push_hex(&mut expected, &Sha256::digest(body.as_bytes())[..CHECKSUM_BYTES]);
    (checksum == expected).then(|| Presented { id, hash: Sha256::digest(text.as_bytes()).into() })
}

/// Lower-case letters, digits and single underscores inside.
pub(super) fn is_prefix(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.len() <= LONGEST_PREFIX && text.split('_').all(is_word)
}

fn is_hex(text: &str, bytes: usize) -> bool {
    text.len() == 2 * bytes && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
    }
}
