//! First-party bearer-token authentication for tower, hyper and axum.

mod clock;
mod error;
mod key;
mod random;
#[cfg(feature = "store")]
mod refresh;
#[cfg(feature = "store")]
mod store;
mod trace;

pub use clock::Clock;
pub use error::{AuthError, AuthErrorKind, ConfigError};
pub use key::Algorithm;
#[cfg(feature = "store")]
pub use refresh::{IssuedRefresh, RefreshError, RefreshToken, RefreshTokens, VerifiedRefresh};
#[cfg(feature = "sqlite")]
pub use store::SqliteStore;
#[cfg(feature = "store")]
pub use store::{
    Email, EmailError, InsertUserError, LoginName, MemoryStore, NewUser, RefreshStore, Rotation,
    Session, StoreError, StoredToken, User, UserStore, Username, UsernameError,
};
