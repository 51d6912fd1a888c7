//! Peppers: secrets that go into each hash and are not in the database.

use std::fmt;

use argon2::{KeyId, Params};
use zeroize::Zeroizing;

use super::HasherBuilder;
use crate::ConfigError;
use crate::key::weakness;

/// As long as an output of HMAC-SHA-256; whoever has a copy of the database must not guess it.
const LEAST_SECRET: usize = 32;

impl HasherBuilder {
    /// Puts a secret of this service's own into every new hash, so that a copy of the database alone
    /// is of no use to whoever guesses passwords (OWASP Password Storage Cheat Sheet, Peppering).
    /// The default is none.
    ///
    /// The ID stands in the hash, as `keyid` of its PHC string: 1 to 8 ASCII letters, digits, `-`,
    /// `_` or `.`. The secret has at least 32 bytes and is kept where the database is not. It is the
    /// secret input of argon2 (RFC 9106, section 3.1). **Whoever loses it loses all passwords.**
    ///
    /// A hash without a pepper still verifies and [needs a new one](crate::Verification::needs_rehash).
    /// So it is with a hash under a [`previous_pepper`](Self::previous_pepper); any other is no
    /// match, and logged.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Hasher;
    ///
    /// # fn secret(_: &str) -> &'static str { "GkJ3CkJi0hPrIxRBNcfGSM1TqZvuTOlnHbFdRl8ZwVo" }
    /// # fn old_secret(_: &str) -> &'static str { "u7S0pU2Vn1xQdEHdQ3lXcmFqj2bTt9YkKfIW5oLAZrM" }
    /// let hasher = Hasher::builder()
    ///     .pepper("2026-10", secret("/run/secrets/pepper-2026-10"))
    ///     .previous_pepper("2025-04", old_secret("/run/secrets/pepper-2025-04"))
    ///     .build()?;
    /// # Ok::<(), tower_bearer::ConfigError>(())
    /// ```
    pub fn pepper(mut self, id: impl Into<String>, secret: impl AsRef<[u8]>) -> Self {
        self.peppers.current = Some(Pepper::new(id.into(), secret.as_ref()));
        self
    }

    /// A pepper that hashes were made with before: they verify, and are renewed when their users
    /// log in. Each call adds one.
    ///
    /// A pepper is retired once no stored hash has its ID any more. Without a
    /// [`pepper`](Self::pepper) new hashes have none.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Hasher;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # const OLD: &str = "u7S0pU2Vn1xQdEHdQ3lXcmFqj2bTt9YkKfIW5oLAZrM";
    /// # const NEW: &str = "GkJ3CkJi0hPrIxRBNcfGSM1TqZvuTOlnHbFdRl8ZwVo";
    /// # let quick = || Hasher::builder().insecure_parameters(8, 1, 1);
    /// # let before = quick().pepper("2025", OLD).build()?;
    /// # let stored = before.hash("correct horse").await?;
    /// let hasher = Hasher::builder().pepper("2026", NEW).previous_pepper("2025", OLD).build()?;
    /// # let hasher = quick().pepper("2026", NEW).previous_pepper("2025", OLD).build()?;
    /// let found = hasher.verify("correct horse", Some(&stored)).await?; // a hash of 2025
    /// assert!(found.is_match() && found.needs_rehash());
    /// # Ok(())
    /// # }
    /// ```
    pub fn previous_pepper(mut self, id: impl Into<String>, secret: impl AsRef<[u8]>) -> Self {
        self.peppers.previous.push(Pepper::new(id.into(), secret.as_ref()));
        self
    }
}

/// A pepper with the name that stands in the hashes made with it.
#[derive(Clone)]
struct Pepper {
    id: String,
    secret: Zeroizing<Vec<u8>>,
}

impl Pepper {
    fn new(id: String, secret: &[u8]) -> Self {
        Self { id, secret: Zeroizing::new(secret.to_vec()) }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let invalid = |setting, rule| Err(ConfigError::InvalidValue { setting, rule });
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !(1..=Params::MAX_KEYID_LEN).contains(&self.id.len()) || !self.id.bytes().all(plain) {
            return invalid("ID of a pepper", "use 1 to 8 letters, digits, `-`, `_` or `.`");
        }
        if self.secret.len() < LEAST_SECRET {
            return invalid(
                "secret of a pepper",
                "it needs at least 32 bytes; make one with `openssl rand -base64 48`",
            );
        }
        match weakness(&self.secret) {
            Some(reason) => Err(ConfigError::WeakSecret { reason }),
            None => Ok(()),
        }
    }
}

/// The pepper of new hashes, and those that old ones were made with.
#[derive(Clone, Default)]
pub(super) struct Peppers {
    current: Option<Pepper>,
    previous: Vec<Pepper>,
}

impl Peppers {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (at, pepper) in self.all().enumerate() {
            pepper.check()?;
            if self.all().take(at).any(|other| other.id == pepper.id) {
                return Err(ConfigError::InvalidValue {
                    setting: "ID of a pepper",
                    rule: "two peppers have it; a new pepper needs a new ID",
                });
            }
        }
        Ok(())
    }

    /// What names the current pepper in a hash; empty without one.
    pub(super) fn current_id(&self) -> KeyId {
        let id = self.current.as_ref().map(|pepper| KeyId::new(pepper.id.as_bytes()));
        // `check` has seen that it is not too long.
        id.and_then(Result::ok).unwrap_or(KeyId::EMPTY)
    }

    /// The secret with this ID, which is empty for none; nothing where it is unknown.
    pub(super) fn secret(&self, id: &[u8]) -> Option<&[u8]> {
        if id.is_empty() {
            return Some(&[]);
        }
        self.all().find(|pepper| pepper.id.as_bytes() == id).map(|pepper| pepper.secret.as_slice())
    }

    fn all(&self) -> impl Iterator<Item = &Pepper> {
        self.current.iter().chain(&self.previous)
    }
}

impl fmt::Debug for Peppers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all().map(|pepper| &pepper.id)).finish()
    }
}
