//! Clients that the router knows: who they are, what they may, and how they prove it.

mod basic;
mod entry;
mod identity;
mod json;
mod registry;

pub(super) use basic::BasicHeader;
pub use entry::Client;
pub(super) use identity::{Identity, is_client_id};
pub use registry::Clients;
