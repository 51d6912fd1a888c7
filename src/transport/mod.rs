//! [`require_https`]: no request over plain HTTP.

mod future;
mod layer;
mod pages;
mod scheme;
mod service;

pub use future::RequireHttpsFuture;
pub use layer::{RequireHttpsLayer, require_https};
pub use scheme::{ConnectionScheme, SchemeSource};
pub use service::RequireHttps;
