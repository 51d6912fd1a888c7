/// What [`Hasher::verify`](crate::Hasher::verify) found.
///
/// # Examples
///
/// ```
/// # use tower_bearer::{Hasher, PasswordError};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), PasswordError> {
/// # let hasher = Hasher::new();
/// # let mut stored = hasher.hash("correct horse").await?;
/// let found = hasher.verify("correct horse", Some(&stored)).await?;
/// if found.needs_rehash() {
///     // The login has succeeded already; an error here is no reason to refuse it.
///     if let Ok(fresh) = hasher.hash("correct horse").await {
///         stored = fresh;
///     }
/// }
/// assert!(found.is_match());
/// # assert!(!found.needs_rehash());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a verification may be no match"]
pub struct Verification {
    pub(super) matches: bool,
    pub(super) outdated: bool,
}

impl Verification {
    /// Whether the password is the right one.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Hasher, PasswordError};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), PasswordError> {
    /// # let hasher = Hasher::new();
    /// # let hasher = Hasher::builder().insecure_parameters(8, 1, 1).build().unwrap_or(hasher);
    /// let stored = hasher.hash("correct horse").await?;
    /// assert!(hasher.verify("correct horse", Some(&stored)).await?.is_match());
    /// assert!(!hasher.verify("battery staple", Some(&stored)).await?.is_match());
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_match(self) -> bool {
        self.matches
    }

    /// Whether the stored hash is weaker than one that the hasher would make now, so that a new
    /// one should replace it. Always `false` for a password that does not match.
    ///
    /// A hash is weaker when it is of another function, when it is not argon2id version 19 with a salt of 16 bytes and an output
    /// of 32, or when the hasher uses more memory or more iterations and does not cost less in
    /// all (memory times iterations). A stored hash that is stronger than the hasher's parameters
    /// stays. The number of lanes alone is no reason, since it makes no guess dearer.
    ///
    /// # Examples
    ///
    /// A hash of a time when less memory was enough:
    ///
    /// ```
    /// use tower_bearer::Hasher;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let then = Hasher::builder().insecure_parameters(4096, 1, 1).build()?;
    /// let stored = then.hash("correct horse").await?;
    /// let found = Hasher::new().verify("correct horse", Some(&stored)).await?;
    /// assert!(found.is_match() && found.needs_rehash());
    /// // Nobody who guesses wrong learns how old a hash is.
    /// assert!(!Hasher::new().verify("battery staple", Some(&stored)).await?.needs_rehash());
    /// # Ok(())
    /// # }
    /// ```
    pub fn needs_rehash(self) -> bool {
        self.outdated
    }
}
