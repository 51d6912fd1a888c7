use std::error::Error;
use std::fmt;

/// Why a password could not be hashed or compared. None of these says whether it is right.
///
/// # Examples
///
/// ```
/// use tower_bearer::{Hasher, PasswordError};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let status = match Hasher::new().hash(&"x".repeat(1025)).await {
///     Ok(_) => 201,
///     Err(PasswordError::TooLong) => 422,
///     Err(_) => 503,
/// };
/// assert_eq!(status, 422);
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PasswordError {
    /// The queue of the hashing threads is full. Answer 503 with `Retry-After`.
    Overloaded,
    /// The password has more bytes than the hasher takes. Nothing was computed.
    TooLong,
    /// The system has no thread, no memory or no random bytes for hashing. Answer 503.
    Unavailable,
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overloaded => "too many passwords are waiting to be checked",
            Self::TooLong => "the password is too long",
            Self::Unavailable => "passwords can't be checked at the moment",
        })
    }
}

impl Error for PasswordError {}
