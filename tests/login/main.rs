//! `LoginRouter` over HTTP types, on every store at hand.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod accounts;
mod admin;
mod api_keys;
mod audit;
mod bodies;
#[cfg(feature = "cache")]
mod cached;
mod claims_hook;
mod clients;
mod cookie;
#[cfg(feature = "openapi")]
#[allow(dead_code, reason = "shared with a binary that needs more of it")]
#[path = "../support/document.rs"]
mod document;
mod email_change;
#[path = "../support/gone.rs"]
mod gone;
mod introspect;
mod introspection;
mod mail;
mod me;
mod metadata;
mod password;
mod passwords;
mod profile;
mod refresh;
mod register_modes;
mod registry;
mod reset;
mod revocations;
mod revoke;
mod round_trips;
mod routes;
#[allow(dead_code, reason = "shared with a binary that needs more of it")]
#[path = "../support/servers.rs"]
mod servers;
mod sessions;
mod smtp;
mod stateless;
mod support;
mod throttle;
mod token;
mod verify_email;
#[allow(dead_code, reason = "shared with binaries that need more of it")]
#[path = "../support/wire.rs"]
mod wire;
