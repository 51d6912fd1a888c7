//! What other implementations make of this crate, and it of theirs: `oauth4webapi` and `jose`, over
//! HTTP on this machine.
//!
//! A test starts the service in `peer/` and runs the files of one directory with node's own test
//! runner. Without node 20.12 and npm it says "skipped", which `REQUIRE_SERVICES=1` makes a failure.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod node;
mod peer;

#[test]
fn jose_and_we_read_the_tokens_and_keys_of_each_other() {
    run("jose");
}

#[test]
fn oauth4webapi_takes_what_our_endpoints_answer() {
    run("oauth4webapi");
}

fn run(directory: &str) {
    if node::is_ready() {
        let peer = peer::start();
        node::test(directory, &peer.url);
    }
}
