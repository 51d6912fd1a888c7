//! Debian's nginx, with TLS and the configuration of `docs/guide/deployment.md`, before a service that
//! asks for https, and before the example: who is believed, and what comes through.
//!
//! Clients "outside" are other addresses of this machine (127.0.0.2 and so on), so that the tests run
//! on Linux alone. Without nginx they say "skipped", which `REQUIRE_SERVICES=1` makes a failure. The
//! example is built as for `tests/tasks/`.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod addresses;
mod app;
#[allow(dead_code, reason = "shared with binaries that need more of it")]
#[path = "../support/client.rs"]
mod client;
mod from;
mod nginx;
mod passing;
mod scheme;
#[allow(dead_code, reason = "shared with binaries that need more of it")]
#[path = "../support/service.rs"]
mod service;
mod sockets;
