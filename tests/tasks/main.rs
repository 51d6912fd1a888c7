//! The example service, driven from outside: the built program, over HTTP, with the database
//! file and the environment that each test gives it.
//!
//! `cargo test --features full` builds the program beside the tests. `--test tasks` alone does
//! not: build it first with `cargo build --example tasks --features full`.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod accounts;
mod api_keys;
mod bodies;
#[allow(dead_code, reason = "shared with a binary that needs more of it")]
#[path = "../support/client.rs"]
mod client;
mod clients;
mod command_line;
mod databases;
mod import_reports;
mod imports;
mod key_files;
mod keys;
mod lifecycle;
mod limits;
mod mails;
mod ownership;
mod refusals;
mod rights;
mod sequence;
#[allow(dead_code, reason = "shared with binaries that need more of it")]
#[path = "../support/servers.rs"]
mod servers;
#[allow(dead_code, reason = "shared with a binary that needs more of it")]
#[path = "../support/service.rs"]
mod service;
mod settings;
mod users;
mod web;
mod well_known;
