//! What can go wrong, as types: [`ConfigError`] for the developer at start-up,
//! [`AuthError`] for the one request that was refused.

mod auth;
mod config;

pub use auth::{AuthError, AuthErrorKind};
pub use config::ConfigError;
