//! What a service tells of itself: metrics, events and spans, as `docs/TELEMETRY.md` has them.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

#[allow(dead_code, reason = "shared with a binary that needs more of it")]
#[path = "../support/client.rs"]
mod client;
mod collector;
mod cost;
mod elsewhere;
mod example;
#[path = "../support/gone.rs"]
mod gone;
#[allow(dead_code, reason = "shared with a binary that needs more of it")]
#[path = "../http/support.rs"]
mod http_support;
mod login;
mod pages;
mod recorded;
mod requests;
#[allow(dead_code, reason = "shared with binaries that need more of it")]
#[path = "../support/service.rs"]
mod service;
#[allow(unreachable_pub, reason = "it is a program of its own on the page")]
mod setup;
