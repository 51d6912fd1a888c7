//! What other implementations make of this crate, and it of theirs: `oidc-provider`, `oauth4webapi`
//! and `jose`, over HTTP on this machine. `README.md` has what each of them checks.
//!
//! A test starts the service in `peer/` and runs the files of one directory with node's own test
//! runner. Without node 20.12 and npm it says "skipped", which `REQUIRE_SERVICES=1` makes a failure.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

#[path = "../support/node.rs"]
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

#[test]
fn we_trust_an_oidc_provider_and_follow_its_keys() {
    run("oidc-provider");
}

fn run(directory: &str) {
    match node::ready("tests/interop") {
        Ok(()) => {
            let peer = peer::start();
            node::test("tests/interop", directory, &[("PEER", &peer.url)]);
        }
        Err(why) => node::skip(&why),
    }
}
