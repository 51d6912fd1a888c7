//! Finds node, installs what a `package-lock.json` names, and runs tests of node.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The first that has all that oidc-provider calls.
const OLDEST: (u32, u32) = (20, 12);

/// Whether the tests below a directory with a `package.json` can be run; why not, otherwise. Asks the
/// registry of npm the first time.
pub(crate) fn ready(package: &str) -> Result<(), String> {
    static READY: OnceLock<Result<(), String>> = OnceLock::new();
    READY.get_or_init(|| find().and_then(|()| install(&path(package)))).clone()
}

/// Says why tests are left out, which `REQUIRE_SERVICES=1` makes a failure.
pub(crate) fn skip(why: &str) {
    let required = std::env::var_os("REQUIRE_SERVICES").is_some_and(|value| value == "1");
    assert!(!required, "{why}, and REQUIRE_SERVICES asks for it");
    eprintln!("skipped: {why}");
}

fn find() -> Result<(), String> {
    let (major, minor) = OLDEST;
    let version = output("node", &["--version"]).ok_or("no node on the PATH")?;
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<u32>().ok());
    let mut parts = version.trim_start_matches('v').split('.');
    if (number(parts.next()), number(parts.next())) < (Some(major), Some(minor)) {
        return Err(format!("node is {}, and not {major}.{minor} or newer", version.trim()));
    }
    output("npm", &["--version"]).ok_or("no npm on the PATH")?;
    Ok(())
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What is installed already is not fetched again, so that a second run needs no network.
fn install(package: &Path) -> Result<(), String> {
    let lock = fs::read(package.join("package-lock.json")).unwrap();
    let installed = package.join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let output = Command::new("npm")
        // No package needs a script of its own to be installed, and none gets to run one.
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(package)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("npm: {error}"))?;
    if !output.status.success() {
        return Err(format!("npm ci failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    fs::write(installed, lock).unwrap();
    Ok(())
}

/// Runs the `*.test.js` of a directory of a package, which find these variables.
pub(crate) fn test<V: AsRef<OsStr>>(package: &str, directory: &str, variables: &[(&str, V)]) {
    let name = format!("{package}/{directory}");
    let tap = format!("{}.tap", name.trim_end_matches('/').replace('/', "-"));
    let tap = Path::new(env!("CARGO_TARGET_TMPDIR")).join(tap);
    let mut reports: Vec<OsString> = Vec::new();
    reports.extend(["--test-reporter=spec", "--test-reporter-destination=stdout"].map(Into::into));
    reports.extend(["--test-reporter=tap", "--test-reporter-destination"].map(Into::into));
    reports.push(tap.clone().into());
    let output = Command::new("node")
        .args(["--test", "--test-timeout=120000"])
        .args(reports)
        .args(files(&path(&name)))
        .current_dir(path(package))
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    // By `print!`, which the test harness shows where it has to.
    print!("{}", String::from_utf8_lossy(&output.stdout));
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "tests of {name} failed");
    // Files without tests pass too.
    let tap = fs::read_to_string(tap).unwrap();
    let count = |what: &str| -> u32 {
        let line = tap.lines().find_map(|line| line.strip_prefix(&format!("# {what} ")));
        line.unwrap().parse().unwrap()
    };
    assert!(count("pass") > 0, "{name} has no tests");
    assert_eq!(count("skipped") + count("todo"), 0, "tests of {name} were left out");
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.to_string_lossy().ends_with(".test.js")).collect();
    files.sort();
    assert!(!files.is_empty(), "{} has no tests", directory.display());
    files
}

fn path(directory: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)
}
