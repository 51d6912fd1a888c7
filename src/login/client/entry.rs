//! One client.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::is_client_id;
use crate::ConfigError;
use crate::token::is_scope_token;

/// In bytes. 32 characters of hexadecimal are 128 bits.
const SHORTEST_SECRET: usize = 32;

/// A client of a [`LoginRouter`](crate::LoginRouter): a program that logs users in.
///
/// A confidential client has a secret and must prove it, wherever it names itself; a public one,
/// such as a page or an app on a phone, can keep none (RFC 6749, section 2.1).
///
/// # Examples
///
/// ```
/// use tower_bearer::{Client, ConfigError};
///
/// let secret = "gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA"; // from your configuration
/// let gateway = Client::confidential("gateway", secret)?.scopes(["posts:read"])?;
/// assert!(format!("{gateway:?}").contains("posts:read"));
/// assert!(!format!("{gateway:?}").contains(secret));
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Client {
    id: String,
    secret_hash: Option<[u8; 32]>,
    previous_secret_hash: Option<[u8; 32]>,
    scopes: Option<Vec<String>>,
    may_introspect: bool,
}

impl Client {
    /// A client without a secret.
    ///
    /// # Errors
    ///
    /// When the ID is empty, longer than 256 bytes, or has a character that is not printable ASCII
    /// (RFC 6749, appendix A.1).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Client, ConfigError};
    ///
    /// let page = Client::public("page")?;
    /// assert!(page.may_introspect().is_err()); // anybody could say to be it
    /// assert!(Client::public("").is_err());
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn public(id: impl Into<String>) -> Result<Self, ConfigError> {
        let id = id.into();
        if id.is_empty() || !is_client_id(&id) {
            return Err(invalid(&id, "an ID has 1 to 256 characters of printable ASCII"));
        }
        Ok(Self {
            id,
            secret_hash: None,
            previous_secret_hash: None,
            scopes: None,
            may_introspect: false,
        })
    }

    /// A client with a secret, of which the SHA-256 is kept: random text with at least 32 bytes, and
    /// not what a person thought of, for which a hash so quick would not do.
    ///
    /// # Errors
    ///
    /// As [`public`](Self::public), and when the secret is shorter, has a character that is not
    /// printable ASCII (RFC 6749, appendix A.2), or fewer than 8 different ones.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Client;
    ///
    /// assert!(Client::confidential("gateway", "gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA").is_ok());
    /// assert!(Client::confidential("gateway", "correct horse").is_err()); // too short
    /// assert!(Client::confidential("gateway", &"ab".repeat(16)).is_err()); // nothing random
    /// ```
    pub fn confidential(id: impl Into<String>, secret: &str) -> Result<Self, ConfigError> {
        let client = Self::public(id)?;
        let secret_hash = Some(checked_hash(&client.id, secret)?);
        Ok(Self { secret_hash, ..client })
    }

    /// A client with a secret, of which the SHA-256 is given in hexadecimal, so that it stands in no
    /// file: `printf %s "$SECRET" | sha256sum`. That the secret is long and random is for you to see
    /// to.
    ///
    /// # Errors
    ///
    /// As [`public`](Self::public), and when the text is not 64 hexadecimal digits.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Client;
    ///
    /// // printf %s gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA | sha256sum
    /// let hash = "6c2297d05630c69e1e72f125a712ff5f7dc1db2ca36546cd2e868a7b94c74186";
    /// assert!(Client::confidential_sha256("gateway", hash).is_ok());
    /// let secret = "gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA";
    /// assert!(Client::confidential_sha256("gateway", secret).is_err());
    /// ```
    pub fn confidential_sha256(id: impl Into<String>, hash: &str) -> Result<Self, ConfigError> {
        let client = Self::public(id)?;
        let secret_hash = Some(read_hash(&client.id, hash)?);
        Ok(Self { secret_hash, ..client })
    }

    /// The secret that the client had before, which is good too until this is left out: so a secret
    /// is changed here and at the client one after the other. A second call replaces the first.
    ///
    /// # Errors
    ///
    /// As [`confidential`](Self::confidential), and when the client has no secret.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Client;
    ///
    /// # fn main() -> Result<(), tower_bearer::ConfigError> {
    /// let (new, old) = ("gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA", "u7S0pU2Vn1xQdEHdQ3lXcmFqj2bTt9Yk");
    /// let gateway = Client::confidential("gateway", new)?.previous_secret(old)?;
    /// assert!(Client::public("page")?.previous_secret(old).is_err());
    /// # let _ = gateway;
    /// # Ok(())
    /// # }
    /// ```
    pub fn previous_secret(self, secret: &str) -> Result<Self, ConfigError> {
        let hash = checked_hash(&self.id, secret)?;
        self.with_previous(hash)
    }

    /// As [`previous_secret`](Self::previous_secret), by its SHA-256 in hexadecimal.
    ///
    /// # Errors
    ///
    /// As [`confidential_sha256`](Self::confidential_sha256), and when the client has no secret.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Client, ConfigError};
    ///
    /// let old = "6c2297d05630c69e1e72f125a712ff5f7dc1db2ca36546cd2e868a7b94c74186";
    /// let gateway = Client::confidential("gateway", "u7S0pU2Vn1xQdEHdQ3lXcmFqj2bTt9Yk")?;
    /// assert!(gateway.previous_secret_sha256(old).is_ok());
    /// assert!(Client::public("page")?.previous_secret_sha256(old).is_err());
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn previous_secret_sha256(self, hash: &str) -> Result<Self, ConfigError> {
        let hash = read_hash(&self.id, hash)?;
        self.with_previous(hash)
    }

    fn with_previous(mut self, hash: [u8; 32]) -> Result<Self, ConfigError> {
        if self.secret_hash.is_none() {
            return Err(invalid(&self.id, "only a client with a secret has a previous one"));
        }
        self.previous_secret_hash = Some(hash);
        Ok(self)
    }

    /// The scopes that users may be granted on this client: beyond these, nothing that the user
    /// holds is. Default: all that the user holds. A second call replaces the first.
    ///
    /// # Errors
    ///
    /// When one is no scope by RFC 6749, section 3.3.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Client, ConfigError};
    ///
    /// // Who writes posts does so elsewhere.
    /// let page = Client::public("page")?.scopes(["posts:read", "me"])?;
    /// assert!(page.scopes(["posts read"]).is_err()); // two, or none
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn scopes<T: Into<String>>(
        mut self,
        scopes: impl IntoIterator<Item = T>,
    ) -> Result<Self, ConfigError> {
        let scopes: Vec<String> = scopes.into_iter().map(Into::into).collect();
        if !scopes.iter().all(|scope| is_scope_token(scope)) {
            let rule = "a scope is printable ASCII without space, quote and backslash";
            return Err(invalid(&self.id, rule));
        }
        self.scopes = Some(scopes);
        Ok(self)
    }

    /// Lets the client ask [`Endpoint::Introspect`](crate::Endpoint::Introspect) about tokens: for
    /// services that take tokens and can't or won't verify them. Default: no.
    ///
    /// # Errors
    ///
    /// When the client has no secret.
    ///
    /// # Examples
    ///
    /// An API gateway that asks about each token:
    ///
    /// ```
    /// use http::{Request, header::CONTENT_TYPE};
    /// use tower::ServiceExt;
    /// use tower_bearer::{Client, Clients, Issuer, LoginRouter, MemoryStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let secret = "gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA";
    /// let gateway = Client::confidential("gateway", secret)?.may_introspect()?;
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .clients(Clients::new().client(gateway)?)
    ///     .into_router();
    /// let request = Request::post("/introspect")
    ///     .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
    ///     .body(format!("token=unknown&client_id=gateway&client_secret={secret}"))?;
    /// assert_eq!(router.oneshot(request).await?.status(), 200); // {"active":false}
    /// # Ok(())
    /// # }
    /// ```
    pub fn may_introspect(mut self) -> Result<Self, ConfigError> {
        if self.secret_hash.is_none() {
            return Err(invalid(&self.id, "only a client with a secret may introspect"));
        }
        self.may_introspect = true;
        Ok(self)
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn allows(&self, scope: &str) -> bool {
        let scopes = self.scopes.as_ref();
        scopes.is_none_or(|allowed| allowed.iter().any(|allowed| allowed == scope))
    }

    pub(super) fn introspects(&self) -> bool {
        self.may_introspect
    }

    pub(super) fn is_confidential(&self) -> bool {
        self.secret_hash.is_some()
    }

    /// In constant time. A public client has none that matches.
    pub(super) fn has_secret(&self, secret: &str) -> bool {
        let presented: [u8; 32] = Sha256::digest(secret).into();
        let known = [self.secret_hash, self.previous_secret_hash];
        // Both are compared, whichever it is.
        let is_one = |any: Choice, hash: [u8; 32]| any | hash.ct_eq(&presented);
        known.into_iter().flatten().fold(Choice::from(0), is_one).into()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .field("scopes", &self.scopes)
            .field("may_introspect", &self.may_introspect)
            .finish_non_exhaustive()
    }
}

pub(super) fn invalid(id: &str, reason: &'static str) -> ConfigError {
    ConfigError::InvalidClient { id: id.chars().take(256).collect(), reason }
}

fn checked_hash(id: &str, secret: &str) -> Result<[u8; 32], ConfigError> {
    let mut different: Vec<u8> = secret.bytes().collect();
    different.sort_unstable();
    different.dedup();
    if secret.len() < SHORTEST_SECRET || different.len() < 8 {
        return Err(invalid(
            id,
            "a secret is random and has at least 32 characters; make one with \
             `openssl rand -base64 48`",
        ));
    }
    if !secret.bytes().all(|byte| matches!(byte, 0x20..=0x7E)) {
        return Err(invalid(id, "a secret is of printable ASCII"));
    }
    Ok(Sha256::digest(secret).into())
}

fn read_hash(id: &str, hash: &str) -> Result<[u8; 32], ConfigError> {
    let rule = "a SHA-256 is 64 hexadecimal digits, as `sha256sum` prints them";
    from_hex(hash).ok_or_else(|| invalid(id, rule))
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let digits = text.as_bytes();
    if digits.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(bytes)
}
