//! The text of a refresh token: `<session>.<family><secret>`.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::store::StoredToken;
use crate::{ConfigError, random};

/// The text of a refresh token: 86 characters of base64url and a dot. Debug hides it, and it is
/// cleared from memory when it is dropped.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// use tower_bearer::{MemoryStore, NewSession, RefreshTokens};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// let new = NewSession::new("alice", "web", "me");
/// let issued = RefreshTokens::new().issue(&store, new, now).await?;
/// assert!(issued.token.as_str().starts_with(&issued.session.id)); // by which it is found
/// assert_eq!(format!("{:?}", issued.token), "RefreshToken(..)");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RefreshToken(Zeroizing<String>);

impl RefreshToken {
    /// The text, for the answer to the client.
    ///
    /// # Examples
    ///
    /// In a cookie, for a page that refreshes without seeing it:
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, NewSession, RefreshTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = NewSession::new("alice", "web", "me");
    /// let token = RefreshTokens::new().issue(&store, new, now).await?.token;
    /// let cookie = format!(
    ///     "__Secure-refresh={}; Path=/auth/refresh; HttpOnly; Secure; SameSite=Strict",
    ///     token.as_str()
    /// );
    /// assert!(http::HeaderValue::try_from(cookie).is_ok()); // it needs no encoding
    /// # Ok(())
    /// # }
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, for the answer to the client.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::time::Duration;
    /// use tower_bearer::{MemoryStore, NewSession, RefreshTokens};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    /// # let new = NewSession::new("alice", "web", "me");
    /// #[derive(serde::Serialize)]
    /// struct Answer {
    ///     refresh_token: String,
    /// }
    /// let token = RefreshTokens::new().issue(&store, new, now).await?.token;
    /// let answer = serde_json::to_value(Answer { refresh_token: token.into_string() })?;
    /// assert!(answer["refresh_token"].is_string());
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_string(mut self) -> String {
        std::mem::take(&mut *self.0)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(..)")
    }
}

const SESSION_BYTES: usize = 16;
const FAMILY_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
/// 16 bytes in base64url, the dot, and 48 bytes.
const TOKEN_LENGTH: usize = 22 + 1 + 64;

/// A token by its parts: what was presented, or what is about to be issued.
///
/// The family is the same in all tokens of a session, and proves of one that was rotated away that
/// it was ours once: nobody else can have it. The secret is the token's own.
pub(super) struct Parts {
    session_id: String,
    family: Zeroizing<[u8; FAMILY_BYTES]>,
    secret: Zeroizing<[u8; SECRET_BYTES]>,
}

impl Parts {
    /// The first token of a session.
    pub(super) fn first(session_id: &str) -> Result<Self, ConfigError> {
        let family = Zeroizing::new(random::bytes()?);
        let secret = Zeroizing::new(random::bytes()?);
        Ok(Self { session_id: session_id.to_owned(), family, secret })
    }

    /// One that nobody can tell from the one before it.
    pub(super) fn random_successor(&self) -> Result<Self, ConfigError> {
        Ok(self.with_secret(Zeroizing::new(random::bytes()?)))
    }

    /// One that can be made again out of this token, by whoever has the salt too; for another scope
    /// it is another (HKDF's step of extraction, RFC 5869, section 2.2).
    pub(super) fn derived_successor(&self, salt: &[u8; 32], scope: Option<&str>) -> Self {
        let scope = scope.map(|scope| [b" ".as_slice(), scope.as_bytes()]);
        let parts = [self.secret.as_slice()].into_iter().chain(scope.into_iter().flatten());
        self.with_secret(Zeroizing::new(mac(salt, parts)))
    }

    /// 128 bits in base64url which nobody else can know or make, and which are the same each time: the
    /// `jti` of the access token that is issued with this.
    pub(super) fn access_token_id(&self) -> String {
        let id = mac(self.secret.as_slice(), [b"jti".as_slice()]);
        URL_SAFE_NO_PAD.encode(&id[..16])
    }

    fn with_secret(&self, secret: Zeroizing<[u8; SECRET_BYTES]>) -> Self {
        Self { session_id: self.session_id.clone(), family: self.family.clone(), secret }
    }

    /// Strict: a token has one spelling.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() != TOKEN_LENGTH {
            return None;
        }
        let (session_id, secrets) = text.split_once('.')?;
        let id = URL_SAFE_NO_PAD.decode(session_id).ok()?;
        let secrets = Zeroizing::new(URL_SAFE_NO_PAD.decode(secrets).ok()?);
        let (family, secret) = secrets.split_first_chunk::<FAMILY_BYTES>()?;
        let secret: &[u8; SECRET_BYTES] = secret.try_into().ok()?;
        (id.len() == SESSION_BYTES).then(|| Self {
            session_id: session_id.to_owned(),
            family: Zeroizing::new(*family),
            secret: Zeroizing::new(*secret),
        })
    }

    pub(super) fn text(&self) -> RefreshToken {
        // The room for all of it at once: a text that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(TOKEN_LENGTH));
        text.push_str(&self.session_id);
        text.push('.');
        let mut secrets = Zeroizing::new([0; FAMILY_BYTES + SECRET_BYTES]);
        secrets[..FAMILY_BYTES].copy_from_slice(self.family.as_slice());
        secrets[FAMILY_BYTES..].copy_from_slice(self.secret.as_slice());
        URL_SAFE_NO_PAD.encode_string(secrets.as_slice(), &mut text);
        RefreshToken(text)
    }

    pub(super) fn session_id(&self) -> &str {
        &self.session_id
    }

    pub(super) fn family_hash(&self) -> [u8; 32] {
        Sha256::digest(self.family.as_slice()).into()
    }

    pub(super) fn secret_hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret.as_slice()).into()
    }

    /// Whether it is a token of this session, of whatever age. In constant time.
    pub(super) fn is_of(&self, stored: &StoredToken) -> bool {
        self.family_hash().ct_eq(&stored.family_hash).into()
    }

    /// Whether it is the session's latest. In constant time.
    pub(super) fn is_current(&self, stored: &StoredToken) -> bool {
        self.secret_hash().ct_eq(&stored.secret_hash).into()
    }
}

/// HMAC-SHA-256 (RFC 2104).
fn mac<'a>(key: &[u8], parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut mac: Hmac<Sha256> = match Hmac::new_from_slice(key) {
        Ok(mac) => mac,
        // It takes keys of any length (section 2).
        Err(_) => unreachable!("a key is refused"),
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}
