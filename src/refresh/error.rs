//! Why a refresh token was refused.

use std::error::Error;
use std::fmt;

use crate::store::{Session, StoreError};

/// Why a refresh token was not exchanged.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// use tower_bearer::{MemoryStore, NewSession, RefreshError, RefreshRequest, RefreshTokens};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
/// // The `error` of RFC 6749, section 5.2.
/// let code = |error: &RefreshError| match error {
///     RefreshError::Invalid | RefreshError::Reused(_) => "invalid_grant",
///     RefreshError::InvalidScope => "invalid_scope",
///     _ => "temporarily_unavailable",
/// };
/// let request = RefreshRequest::new("no token");
/// let refused = RefreshTokens::new().verify(&store, request, now).await;
/// assert_eq!(refused.as_ref().err().map(code), Some("invalid_grant"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum RefreshError {
    /// It is no token, unknown, expired, of an ended session or of another client:
    /// `invalid_grant`.
    Invalid,
    /// It was exchanged before, and its session, which is this, has ended: `invalid_grant`, which
    /// tells the client no more than [`Invalid`](Self::Invalid) does.
    Reused(Box<Session>),
    /// The scope goes beyond that of the session: `invalid_scope`. The token is still good.
    InvalidScope,
    /// The store failed.
    Store(StoreError),
}

impl fmt::Display for RefreshError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid => f.write_str("the refresh token is invalid"),
            Self::Reused(_) => f.write_str("the refresh token was used before"),
            Self::InvalidScope => f.write_str("the scope goes beyond what was granted"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl Error for RefreshError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            Self::Invalid | Self::Reused(_) | Self::InvalidScope => None,
        }
    }
}

impl From<StoreError> for RefreshError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
