//! The verifying side over HTTP types: layer, policies, extractors.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod challenges;
mod credentials;
mod modes;
mod pages;
mod policies;
mod proxies;
mod services;
mod support;
mod transport;
