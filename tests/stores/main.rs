//! One contract, run on every store, and what is particular to each.

#![cfg(feature = "store")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod expiry;
mod names;
#[cfg(feature = "sqlite")]
mod own_table;
#[cfg(feature = "postgres")]
mod postgres;
mod refresh;
#[cfg(feature = "postgres")]
#[path = "../support/servers.rs"]
mod servers;
#[cfg(feature = "sqlite")]
mod sqlite_faults;
#[cfg(feature = "sqlite")]
mod sqlite_file;
mod support;
mod users;
