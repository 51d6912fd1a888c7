//! One contract, run on every store, and what is particular to each.

#![cfg(feature = "store")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod accounts;
mod api_keys;
mod expiry;
mod housekeeping;
mod names;
mod one_time;
#[cfg(feature = "sqlite")]
mod own_table;
#[cfg(all(feature = "postgres", feature = "redis"))]
mod postgres;
#[cfg(all(feature = "postgres", feature = "redis"))]
mod redis;
mod refresh;
mod reuse_interval;
mod revocations;
#[cfg(all(feature = "postgres", feature = "redis"))]
#[allow(dead_code, reason = "shared with binaries that need more of it")]
#[path = "../support/servers.rs"]
mod servers;
mod session_users;
#[cfg(feature = "sqlite")]
mod sqlite_faults;
#[cfg(feature = "sqlite")]
mod sqlite_file;
mod support;
mod throttles;
mod users;
#[cfg(all(feature = "postgres", feature = "redis"))]
#[allow(dead_code, reason = "shared with binaries that need more of it")]
#[path = "../support/wire.rs"]
mod wire;
