//! The verifying side over HTTP types: layer, policies, extractors.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod answers;
mod caching;
mod challenge_properties;
mod challenges;
mod claims;
mod credentials;
mod cross_site;
mod extractors;
mod modes;
mod pitfalls;
mod policies;
mod services;
mod sources;
mod support;
mod users;
