//! The example service as it is run: two processes on one PostgreSQL and one Redis, servers that
//! stop and start again, `kill -9` under load, and more logins than can be hashed at once.
//!
//! Drives the built program, as `tests/tasks/` does: `cargo test --features full` builds it, `cargo
//! build --example tasks --features full` for `--test fleet` alone. One test runs at a time, since
//! each loads the machine. Nothing sleeps to be on the safe side: what has to have happened is waited
//! for.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

#[allow(dead_code, reason = "shared with a binary that needs more of it")]
#[path = "../support/client.rs"]
mod client;
mod crash;
mod load;
mod moving;
mod outages;
mod overload;
mod pair;
mod redis_counts;
#[allow(dead_code, reason = "shared with binaries that need more of it")]
#[path = "../support/servers.rs"]
mod servers;
#[allow(dead_code, reason = "shared with a binary that needs more of it")]
#[path = "../support/service.rs"]
mod service;
mod together;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps the other tests of this binary waiting.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
