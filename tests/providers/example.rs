//! The example of an API behind an issuer elsewhere does what it tells.

use std::env;
use std::path::Path;
use std::process::Command;

/// Cargo tells tests where programs are, but not where examples are: beside the directory `deps`
/// of the test itself.
#[test]
fn the_example_runs_to_its_end() {
    let test = env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let name = format!("external_issuer{}", env::consts::EXE_SUFFIX);
    let program = profile.join("examples").join(name);
    let build = "build it: cargo build --example external_issuer --features jwks";
    assert!(program.exists(), "{build}");
    let output = Command::new(program).env_clear().output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}{errors}");
    let statuses: Vec<&str> = told
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("GET /")?.split(' ').nth(1))
        .collect();
    let expected = ["401", "200", "403", "200", "401", "200", "401", "200", "503"];
    assert_eq!(statuses, expected, "{told}");
}
