//! First-party bearer-token authentication for tower, hyper and axum.

mod clock;
mod error;
mod key;
#[cfg(feature = "password")]
mod password;
mod random;
mod trace;

pub use clock::Clock;
pub use error::{AuthError, AuthErrorKind, ConfigError};
pub use key::Algorithm;
#[cfg(feature = "password")]
pub use password::{
    Hasher, HasherBuilder, PasswordError, PasswordPolicy, PasswordRule, Verification,
};
