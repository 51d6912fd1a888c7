//! Passwords: argon2id (RFC 9106) on a small pool of threads, and the rules for new passwords.

mod builder;
mod compute;
mod error;
mod input;
mod known;
mod legacy;
mod parameters;
mod pepper;
mod policy;
mod pool;
mod stored;
#[cfg(test)]
mod tests;
mod verification;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub use builder::HasherBuilder;
pub use error::PasswordError;
pub use known::UnusableHash;
pub use parameters::OwaspParameters;
pub use policy::{BreachCheck, NewPasswordError, PasswordContext, PasswordPolicy, PasswordRule};
pub use verification::Verification;

use compute::Inner;
use input::Input;
use known::Known;
use pool::Pool;
use stored::{SALT_BYTES, Stored};

use crate::random;

/// The longest password by default, in bytes of UTF-8.
const MAX_PASSWORD_BYTES: usize = 1024;

/// Hashes and verifies passwords with argon2id, away from the async workers.
///
/// The default parameters are 19456 KiB of memory, 2 iterations and 1 lane (OWASP Password
/// Storage Cheat Sheet); [`Hasher::builder`] changes them. Clones share everything and are cheap.
///
/// # One pool a process
///
/// Hashing takes milliseconds of pure computation and megabytes of memory, so it runs on a fixed
/// number of threads behind a queue of fixed length, which all hashers of the process share. When
/// the queue is full, [`PasswordError::Overloaded`] is the answer at once. The first hasher built
/// decides how many threads there are and how long the queue is; a later one can't change that.
/// The threads end with the process.
///
/// On Linux they are of the scheduling class `SCHED_IDLE`: a request that comes on a core where one of
/// them computes does not wait for it. Where requests alone fill all cores, next to nothing is left to
/// them, and logins are refused once the queue is full, or they have been in it for 10 seconds;
/// [`equal_priority`](HasherBuilder::equal_priority) is against that.
///
/// Each thread keeps the memory of one computation, from its first one on: with the defaults and
/// four cores, that is two threads with 19 MiB each. Verifying a hash that was made elsewhere and
/// needs more takes up to 128 MiB on that thread until it is done. The queue holds passwords
/// only.
///
/// # What can be verified
///
/// | form of the hash | made by | limit |
/// |---|---|---|
/// | `$argon2id$`, `$argon2i$`, `$argon2d$` (PHC) | this hasher, and most programs of today | 128 MiB of memory, 512 MiB as the product of memory and iterations, 16 lanes |
/// | `argon2$argon2id$` | Django | as above |
/// | `$2a$`, `$2b$`, `$2y$` | bcrypt | cost 14 |
/// | `bcrypt$$2b$`, `bcrypt_sha256$$2b$` | Django | cost 14 |
/// | `$scrypt$ln=..,r=..,p=..$` (PHC) | scrypt, as passlib writes it | 128 MiB of memory (2^ln times r times 128), 512 MiB as the product of memory and p, p 16 |
/// | `$pbkdf2-sha256$i=..$`, `$pbkdf2-sha512$i=..$` (PHC) | PBKDF2 | 2000000 iterations, by the blocks of the output |
/// | `$pbkdf2-sha256$29000$` | passlib | as above |
/// | `pbkdf2_sha256$1000000$` | Django | as above |
///
/// What argon2 may ask for is about fourteen times the cost of the defaults; the hasher's own
/// parameters count as the limit where they are higher. The other functions take up to about a
/// second. Memory of scrypt is allocated for the one computation and comes on top of what the
/// thread keeps, so that a thread has at most 128 MiB more than the hasher's own parameters need.
///
/// Anything else, a crafted hash that asks for 4 GiB included, is no match; it takes one
/// computation with the hasher's own parameters, as an unknown user does, and is logged as an
/// error. So is `$2x$`, which marks the hashes of a faulty implementation of bcrypt that no
/// library here repeats.
///
/// A hash of another function than argon2 always [needs a new one](Verification::needs_rehash).
/// bcrypt reads 72 bytes of a password, so a longer one is compared by these and hashed anew in
/// whole. Until then a login takes the time of the old function, and whoever measures can tell
/// such a user from one who does not exist.
///
/// # Passwords
///
/// A password is hashed in whole, after Unicode normalisation to NFC (NIST SP 800-63B-4, section
/// 3.1.1.2), so that it does not depend on how a keyboard composes accents. Passwords of more
/// than 1024 bytes are refused before any work. The copies made here are wiped after use.
///
/// A hash that another program made without normalising verifies as well: a password that NFC
/// changes is compared in NFC, and then as it was sent. That is a second computation for the few
/// passwords concerned, whether the user exists or not. [`HasherBuilder::nfc`] turns it round.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Hasher, PasswordError};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), PasswordError> {
/// let hasher = Hasher::new();
/// let stored = hasher.hash("correct horse battery staple").await?;
/// assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
///
/// let right = hasher.verify("correct horse battery staple", Some(&stored)).await?;
/// assert!(right.is_match());
///
/// // A user who does not exist costs as much time as a wrong password does.
/// let unknown = hasher.verify("correct horse battery staple", None).await?;
/// assert!(!unknown.is_match());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

impl Hasher {
    /// A hasher with the default parameters.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::Hasher;
    ///
    /// let hasher = Hasher::new();
    /// let parameters = "memory_kib: 19456, iterations: 2, parallelism: 1";
    /// assert!(format!("{hasher:?}").contains(parameters));
    /// ```
    pub fn new() -> Self {
        let defaults = HasherBuilder::default();
        let pool = Pool::shared(defaults.pool_settings());
        defaults.on_pool(pool)
    }

    /// Sets parameters and limits.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ConfigError, Hasher};
    ///
    /// let defaults = Hasher::builder().build()?;
    /// assert_eq!(format!("{defaults:?}"), format!("{:?}", Hasher::new()));
    /// # Ok::<(), ConfigError>(())
    /// ```
    pub fn builder() -> HasherBuilder {
        HasherBuilder::default()
    }

    /// Hashes a password with a fresh random salt of 16 bytes.
    ///
    /// The result is a PHC string, `$argon2id$v=19$m=..,t=..,p=..$salt$hash`: what a user store
    /// keeps. It is not checked against a [`PasswordPolicy`] here.
    ///
    /// # Errors
    ///
    /// [`PasswordError::TooLong`] before any work, [`PasswordError::Overloaded`] when the queue
    /// is full, [`PasswordError::Unavailable`] when the system has no memory or no random bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Hasher, PasswordError};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), PasswordError> {
    /// let hasher = Hasher::new();
    /// let stored = hasher.hash("correct horse battery staple").await?;
    /// assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    /// // Another salt, another hash.
    /// assert_ne!(hasher.hash("correct horse battery staple").await?, stored);
    /// assert_eq!(hasher.hash(&"a".repeat(2000)).await, Err(PasswordError::TooLong));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let password = self.prepare(password)?;
        let salt = random::bytes::<SALT_BYTES>().map_err(|_| PasswordError::Unavailable)?;
        let pepper = self.0.peppers.current_id();
        let fresh = Stored::new(self.0.parameters, pepper, &salt);
        let fresh = fresh.ok_or(PasswordError::Unavailable)?;
        let inner = Arc::clone(&self.0);
        let text = self.0.pool.run(move |memory| {
            let output = inner.compute(&password.text, &fresh, memory)?;
            fresh.text(output)
        });
        text.await?.ok_or(PasswordError::Unavailable)
    }

    /// Compares a password with the hash that is stored for a user, in constant time.
    ///
    /// `None` stands for a user who does not exist. It is no match after one computation with the
    /// hasher's own parameters, and so takes as long as a wrong password does for a user whose
    /// hash has these parameters. A hash with older parameters or of another function takes the time of those, until the
    /// user's next login replaces it: see [`Verification::needs_rehash`].
    ///
    /// # Errors
    ///
    /// [`PasswordError::TooLong`] before any work, [`PasswordError::Overloaded`] when the queue
    /// is full, [`PasswordError::Unavailable`] when the system has no memory. None of them says
    /// anything about the password. A stored hash that can't be read is no error but no match.
    ///
    /// # Examples
    ///
    /// A hash that Django has made, and what can't be read:
    ///
    /// ```
    /// use tower_bearer::{Hasher, PasswordError};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), PasswordError> {
    /// let hasher = Hasher::new();
    /// # let hasher = Hasher::builder().insecure_parameters(8, 1, 1).build().unwrap_or(hasher);
    /// # let phc = hasher.hash("correct horse").await?;
    /// # let of_django = format!("argon2{phc}");
    /// let found = hasher.verify("correct horse", Some(&of_django)).await?;
    /// assert!(found.is_match());
    /// let found = hasher.verify("correct horse", Some("5f4dcc3b5aa765d61d8327deb882cf99")).await?;
    /// assert!(!found.is_match()); // MD5 is nothing to log in with
    /// # Ok(())
    /// # }
    /// ```
    pub async fn verify(
        &self,
        password: &str,
        stored: Option<&str>,
    ) -> Result<Verification, PasswordError> {
        let password = self.prepare(password)?;
        let inner = Arc::clone(&self.0);
        let known = stored.and_then(|text| Known::read(text, inner.parameters, &inner.peppers));
        let verification =
            self.0.pool.run(move |memory| inner.verify(&password, known.as_ref(), memory));
        verification.await?.ok_or(PasswordError::Unavailable)
    }

    /// Whether a login can succeed with this hash, as far as its text tells: for an import of users,
    /// before a user is stored who could never log in. It computes nothing.
    ///
    /// # Errors
    ///
    /// [`UnusableHash`] says why [`verify`](Self::verify) takes it for no match, whatever the password.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Hasher, UnusableHash};
    ///
    /// let hasher = Hasher::new();
    /// let bcrypt = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
    /// assert_eq!(hasher.check_stored(bcrypt), Ok(()));
    /// let md5 = "$1$3azHgidD$SrJPt7B.9rekpmwJwtON31";
    /// assert_eq!(hasher.check_stored(md5), Err(UnusableHash::UnknownForm));
    /// ```
    pub fn check_stored(&self, stored: &str) -> Result<(), UnusableHash> {
        Known::try_read(stored, self.0.parameters, &self.0.peppers).map(drop)
    }

    /// How many hashes this hasher and its clones have started: for monitoring, and
    /// to test that a login costs as much for an unknown user as for a known one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tower_bearer::{Hasher, PasswordError};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), PasswordError> {
    /// let hasher = Hasher::new();
    /// let _ = hasher.verify("a password", None).await?;
    /// assert_eq!(hasher.computations(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn computations(&self) -> u64 {
        self.0.computations.load(Ordering::Relaxed)
    }

    /// Runs other work that takes its time on the threads that hash.
    #[cfg(feature = "zxcvbn")]
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        self.0.pool.run(move |_| work()).await
    }

    fn prepare(&self, password: &str) -> Result<Input, PasswordError> {
        if password.len() > self.0.max_password_bytes {
            return Err(PasswordError::TooLong);
        }
        Ok(Input::new(password, self.0.nfc))
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher")
            .field("memory_kib", &self.0.parameters.memory_kib)
            .field("iterations", &self.0.parameters.iterations)
            .field("parallelism", &self.0.parameters.parallelism)
            .field("peppers", &self.0.peppers)
            .field("max_password_bytes", &self.0.max_password_bytes)
            .finish_non_exhaustive()
    }
}
