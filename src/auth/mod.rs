//! [`JwtAuthLayer`]: no request without a verified token.

mod answers;
mod by_key;
mod cookie;
mod keys;
mod layer;
mod revoked;
mod service;
mod source;
mod users;
mod waiting;

#[cfg(feature = "login")]
pub(crate) use source::{bearer, is_authentic};

pub use cookie::TokenCookie;
pub use layer::JwtAuthLayer;
pub use service::JwtAuth;
pub use source::{RequestHead, TokenSource};
