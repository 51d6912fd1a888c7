//! Asking for breached passwords without telling which.

use std::fmt::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::PasswordPolicy;
use crate::trace;

/// Hexadecimal digits of the SHA-1 that leave the process.
const PREFIX: usize = 5;
/// The other ones.
const SUFFIX: usize = 35;

/// Asks a service for breached passwords: that of Have I Been Pwned, or a copy of its data.
///
/// The service gets the first 5 of the 40 hexadecimal digits of the password's SHA-1, in upper
/// case, and answers with the rest of all the hashes that begin so. Hundreds do, so that it learns
/// nothing of use. The implementation makes the request, with the HTTP client that the application
/// has already, and returns the body as it is: lines of 35 digits, a colon and a count, as from
/// `GET https://api.pwnedpasswords.com/range/{prefix}`. Lines with a count of 0 are padding.
///
/// **It fails open**: a password passes, and a warning is logged, when there is an error, no answer
/// in [time](crate::PasswordPolicy::breach_timeout), or an answer without any such line. The error
/// itself is not logged, since HTTP clients put the address into it. Someone else's outage should
/// keep nobody from registering.
///
/// Functions from `String` to a future are implementations.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Hasher, NewPasswordError, PasswordContext, PasswordPolicy, PasswordRule};
///
/// # struct Client;
/// # impl Client {
/// #     async fn get(&self, _: String) -> Result<String, std::io::Error> {
/// #         Ok("AD6438836DBE526AA231ABDE2D0EEF74D42:117\r\n".to_owned())
/// #     }
/// # }
/// # static CLIENT: Client = Client;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let policy = PasswordPolicy::nist().breach_check(async |prefix: String| {
///     CLIENT.get(format!("https://api.pwnedpasswords.com/range/{prefix}")).await
/// });
///
/// let context = PasswordContext::new();
/// let checked = policy.check_new("correct horse battery staple", &context, &Hasher::new()).await;
/// assert_eq!(checked, Err(NewPasswordError::Rule(PasswordRule::Breached)));
/// # }
/// ```
pub trait BreachCheck: Send + Sync + 'static {
    /// Why there is no answer. It is not logged.
    type Error;

    /// The hashes that begin with these 5 digits, as the service tells them.
    ///
    /// # Errors
    ///
    /// When there is no answer. The password then passes.
    ///
    /// # Examples
    ///
    /// A copy of the data, in a file for each beginning:
    ///
    /// ```
    /// use std::path::PathBuf;
    /// use tower_bearer::BreachCheck;
    ///
    /// struct Files(PathBuf);
    ///
    /// impl BreachCheck for Files {
    ///     type Error = std::io::Error;
    ///
    ///     async fn range(&self, prefix: String) -> Result<String, std::io::Error> {
    ///         let path = self.0.join(prefix);
    ///         tokio::task::spawn_blocking(|| std::fs::read_to_string(path)).await?
    ///     }
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().to_owned();
    /// # std::fs::write(path.join("ABF73"), "AD6438836DBE526AA231ABDE2D0EEF74D42:117\r\n")?;
    /// assert!(Files(path).range("ABF73".to_owned()).await?.ends_with(":117\r\n"));
    /// # Ok(())
    /// # }
    /// ```
    fn range(&self, prefix: String) -> impl Future<Output = Result<String, Self::Error>> + Send;
}

impl<F, Fut, E> BreachCheck for F
where
    F: Fn(String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<String, E>> + Send,
{
    type Error = E;

    fn range(&self, prefix: String) -> impl Future<Output = Result<String, E>> + Send {
        self(prefix)
    }
}

impl PasswordPolicy {
    /// Asks for breached passwords, in [`check_new`](Self::check_new). A second call replaces the
    /// first.
    ///
    /// # Examples
    ///
    /// Where the service does not answer, the password passes:
    ///
    /// ```
    /// use std::io;
    /// use tower_bearer::{Hasher, NewPasswordError, PasswordContext, PasswordPolicy};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), NewPasswordError> {
    /// let policy = PasswordPolicy::nist().breach_check(async |_prefix: String| {
    ///     Err::<String, _>(io::Error::from(io::ErrorKind::TimedOut))
    /// });
    /// let (nobody, hasher) = (PasswordContext::new(), Hasher::new());
    /// policy.check_new("correct horse battery staple", &nobody, &hasher).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn breach_check(mut self, check: impl BreachCheck) -> Self {
        let timeout = self.breaches.map_or(Breaches::TIMEOUT, |breaches| breaches.timeout);
        self.breaches = Some(Breaches::new(check, timeout));
        self
    }

    /// How long an answer of the [`breach_check`](Self::breach_check) is waited for: 2 seconds by
    /// default. Without one this has no effect.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Hasher, NewPasswordError, PasswordContext, PasswordPolicy};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), NewPasswordError> {
    /// let policy = PasswordPolicy::nist()
    ///     .breach_check(|_prefix| std::future::pending::<Result<String, ()>>()) // as good as down
    ///     .breach_timeout(Duration::from_millis(10));
    /// let (nobody, hasher) = (PasswordContext::new(), Hasher::new());
    /// policy.check_new("correct horse battery staple", &nobody, &hasher).await?; // it passes
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn breach_timeout(mut self, timeout: Duration) -> Self {
        if let Some(breaches) = &mut self.breaches {
            breaches.timeout = timeout;
        }
        self
    }
}

type Answer = Pin<Box<dyn Future<Output = Option<String>> + Send>>;

/// A [`BreachCheck`] of any type, and how long it may take.
#[derive(Clone)]
pub(super) struct Breaches {
    ask: Arc<dyn Fn(String) -> Answer + Send + Sync>,
    pub(super) timeout: Duration,
}

impl Breaches {
    pub(super) const TIMEOUT: Duration = Duration::from_secs(2);

    pub(super) fn new(check: impl BreachCheck, timeout: Duration) -> Self {
        let check = Arc::new(check);
        let ask = move |prefix| -> Answer {
            let check = Arc::clone(&check);
            Box::pin(async move { check.range(prefix).await.ok() })
        };
        Self { ask: Arc::new(ask), timeout }
    }

    /// Whether a password in NFC was in a breach, as far as can be told.
    pub(super) async fn have(&self, password: &str) -> bool {
        let hash = hex_of_sha1(password);
        let (prefix, suffix) = hash.split_at(PREFIX);
        let answer = tokio::time::timeout(self.timeout, (self.ask)(prefix.to_owned())).await;
        let found = match &answer {
            Ok(Some(lines)) => find(lines, suffix),
            _ => None,
        };
        if found.is_none() {
            trace::warn!(
                target: "tower_bearer::password",
                "a new password could not be checked for breaches, and passed"
            );
        }
        found.unwrap_or(false)
    }
}

/// Whether the lines have the suffix; nothing when none of them has the form.
fn find(lines: &str, suffix: &str) -> Option<bool> {
    let mut entries = lines.lines().filter_map(|line| {
        let (digits, count) = line.trim().split_once(':')?;
        let well_formed =
            digits.len() == SUFFIX && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        well_formed.then_some((digits, count.trim().parse::<u64>().ok()?))
    });
    let mut entries = entries.by_ref().peekable();
    entries.peek()?;
    Some(entries.any(|(digits, count)| count > 0 && digits.eq_ignore_ascii_case(suffix)))
}

fn hex_of_sha1(password: &str) -> Zeroizing<String> {
    // As long as it will be, so that it never moves and leaves no copy behind.
    let mut hex = Zeroizing::new(String::with_capacity(PREFIX + SUFFIX));
    for byte in Sha1::digest(password) {
        // Nothing fails to be written to a `String`.
        let _ = write!(hex, "{byte:02X}");
    }
    hex
}

impl fmt::Debug for Breaches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaches").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
