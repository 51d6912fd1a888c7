//! The example's pages in Chromium, and its `auth-client.ts` in node, against the running example.
//! `README.md` has what is checked.
//!
//! The test starts the built program and runs node's own test runner over the `*.test.js` beside
//! this file. `cargo test --features full` builds the program; `--test browser` alone does not:
//! build it first with `cargo build --example tasks --features full`. Without node 20.12, npm and
//! Chromium it says "skipped", which `REQUIRE_SERVICES=1` makes a failure.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

#[allow(dead_code, reason = "shared with a binary that needs more of it")]
#[path = "../support/client.rs"]
mod client;
#[path = "../support/node.rs"]
mod node;
#[allow(dead_code, reason = "shared with binaries that need more of it")]
#[path = "../support/service.rs"]
mod service;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use service::{NONE, Service};

const PACKAGE: &str = "tests/browser";

#[test]
fn the_pages_work_in_a_browser_and_the_client_in_node() {
    let ready = node::ready(PACKAGE).and_then(|()| chromium());
    let chromium = match ready {
        Ok(chromium) => chromium,
        Err(why) => return node::skip(&why),
    };
    let tasks = Service::start(NONE);
    let strict = Service::start(&[("REFRESH_REUSE_SECONDS", "0")]);
    let url = |service: &Service| OsString::from(format!("http://{}", service.addr));
    node::test(
        PACKAGE,
        "",
        &[
            ("TASKS_URL", url(&tasks)),
            ("STRICT_TASKS_URL", url(&strict)),
            ("CHROMIUM", chromium.into()),
            ("SCREENSHOTS", screenshots().into()),
        ],
    );
}

/// The first of these that there is.
fn chromium() -> Result<PathBuf, String> {
    if let Some(program) = env::var_os("CHROMIUM") {
        let program = PathBuf::from(program);
        let why = format!("CHROMIUM is {}, where there is no file", program.display());
        return program.is_file().then_some(program).ok_or(why);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .flat_map(|name| env::split_paths(&path).map(move |directory| directory.join(name)))
        .find(|program| program.is_file())
        .ok_or_else(|| "no chromium on the PATH".to_owned())
}

/// `SCREENSHOTS`, or beside the directory of the build's profile: `target/screenshots`.
fn screenshots() -> PathBuf {
    env::var_os("SCREENSHOTS").map_or_else(
        || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots"),
        PathBuf::from,
    )
}
