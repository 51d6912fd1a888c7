//! schemathesis, which makes up requests from the document, against the running example: no server
//! error, nothing that is not documented, nothing taken that breaks a schema, nothing protected that
//! opens without a token. `schemathesis.toml` has its settings.
//!
//! It comes from PyPI: `target/tools/schemathesis/bin/schemathesis`, or one on the PATH. Without it
//! the test says "skipped", which `REQUIRE_SERVICES=1` makes a failure.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::service::{PASSWORD, Service};

const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openapi/schemathesis.toml");

/// They end the session of the token that the others need: of one's own, or as an administrator's.
const ENDINGS: &str = "^/auth/(logout|sessions.*|users/.*)$";

#[test]
fn the_example_answers_as_its_document_says() {
    let Some(program) = program() else {
        let required = env::var_os("REQUIRE_SERVICES").is_some_and(|value| value == "1");
        assert!(!required, "no schemathesis, and REQUIRE_SERVICES asks for it");
        eprintln!("skipped: no schemathesis");
        return;
    };
    let service = Service::start(&[
        ("ADMIN_USERNAME", "root"),
        ("ADMIN_PASSWORD", PASSWORD),
        ("PUBLIC_URL", "http://127.0.0.1:8000"),
        ("LOGIN_RATE", "off"),
        ("LOGIN_RATE_PER_ADDRESS", "off"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "60"),
    ]);
    let token = service.log_in("root", PASSWORD).text("access_token");
    let bearer = format!("Authorization: Bearer {token}");

    let signed_in = ["--header", &bearer, "--exclude-path-regex", ENDINGS];
    let tried = run(&program, &service, &signed_in);
    assert!(tried > 1000, "{tried}");
    // It was signed in to the end.
    assert_eq!(service.ask("GET /users/me", &token, "").status, 200);

    let ending = ["--header", &bearer, "--include-path-regex", ENDINGS];
    assert!(run(&program, &service, &ending) > 100);
    assert_eq!(service.ask("GET /users/me", &token, "").status, 401);

    // Where all is refused, nothing that keeps its schema is taken.
    let signed_out = ["--phases", "coverage", "--exclude-checks", "positive_data_acceptance"];
    assert!(run(&program, &service, &signed_out) > 500);
    drop(service);
}

/// How many requests were tried.
fn run(program: &Path, service: &Service, arguments: &[&str]) -> u32 {
    let output = Command::new(program)
        .args(["--config-file", SETTINGS, "--no-color", "run"])
        .arg(format!("http://{}/openapi.json", service.addr))
        .args(arguments)
        // Reports and the cache of examples go where the service is, and with it.
        .current_dir(service.dir().path())
        .env("PYTHONWARNINGS", "ignore")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{report}\n{errors}");
    let tried = report.lines().find_map(|line| line.trim().split_once(" generated, "));
    tried.unwrap_or_else(|| panic!("{report}")).0.parse().unwrap()
}

fn program() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?;
    let path = env::var_os("PATH").unwrap_or_default();
    let directories = env::split_paths(&path);
    [target.join("tools/schemathesis/bin")]
        .into_iter()
        .chain(directories)
        .map(|directory| directory.join("schemathesis"))
        .find(|program| program.is_file())
}
