//! [`JwtAuthLayer`]: no request without a verified token.

mod layer;
mod service;
mod source;

pub use layer::JwtAuthLayer;
pub use service::JwtAuth;
