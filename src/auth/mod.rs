//! [`JwtAuthLayer`]: no request without a verified token.

mod layer;
mod service;
mod source;

#[cfg(feature = "login")]
pub(crate) use source::bearer;

pub use layer::JwtAuthLayer;
pub use service::JwtAuth;
