//! The pages of `docs/guide/`: what they show is compiled, read or run, and what they list is all there
//! is. Programs in Rust are tests of the documentation: `cargo test --features full --doc guide`.
//!
//! The example is built as for `tests/tasks/`.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod blocks;
#[allow(dead_code, reason = "shared with binaries that need more of it")]
#[path = "../support/client.rs"]
mod client;
mod errors;
mod pages;
#[allow(dead_code, reason = "shared with binaries that need more of it")]
#[path = "../support/service.rs"]
mod service;
mod shell;
