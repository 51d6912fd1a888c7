//! The OpenAPI documents of the crate and of the example, against what is answered. The tests of the
//! login router hold each of their answers against its document, too.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod bodies;
#[allow(dead_code, reason = "shared with a binary that needs more of it")]
#[path = "../support/client.rs"]
mod client;
#[path = "../support/document.rs"]
mod document;
mod layers;
mod router;
mod schemathesis;
#[allow(dead_code, reason = "shared with binaries that need more of it")]
#[path = "../support/service.rs"]
mod service;
mod support;
