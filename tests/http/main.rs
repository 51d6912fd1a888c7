//! The verifying side over HTTP types: layer, policies, extractors.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod challenges;
mod credentials;
mod foreign;
mod modes;
mod policies;
mod properties;
mod services;
mod support;
#[path = "../support/vectors.rs"]
mod vectors;
