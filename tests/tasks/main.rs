//! The example service, driven from outside: the built program, over HTTP, with the database
//! file and the environment that each test gives it.
//!
//! `cargo test --features full` builds the program beside the tests. `--test tasks` alone does
//! not: build it first with `cargo build --example tasks --features full`.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod accounts;
mod bodies;
mod client;
mod keys;
mod lifecycle;
mod ownership;
mod refusals;
mod sequence;
mod service;
mod settings;
mod web;
