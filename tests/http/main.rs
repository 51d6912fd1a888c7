//! The verifying side over HTTP types: layer, policies, extractors.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod addresses;
mod answers;
mod api_key_headers;
mod api_keys;
#[cfg(feature = "cache")]
mod cached;
mod caching;
mod challenge_properties;
mod challenges;
mod claims;
mod credentials;
mod cross_site;
mod extractors;
#[cfg(feature = "jwks")]
mod families;
mod foreign;
#[cfg(feature = "introspection")]
mod introspection;
mod issuers;
mod metadata;
mod modes;
mod pages;
mod pitfalls;
mod policies;
mod properties;
mod proxies;
#[cfg(feature = "jwks")]
mod renewals;
mod revocations;
mod services;
mod sources;
mod support;
#[cfg(feature = "jwks")]
mod tenants;
mod token_pitfalls;
mod transport;
mod users;
#[path = "../support/vectors.rs"]
mod vectors;
#[cfg(feature = "jwks")]
mod waiting;
mod websocket;
