//! The example's page for Prometheus, scraped.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::client;
use crate::service::{PASSWORD, SECRET, Service, directory, refusal};

fn start() -> (Service, SocketAddr) {
    let service = Service::start(&[
        ("TASKS_METRICS_ADDR", "127.0.0.1:0"),
        ("JWT_SECRET", SECRET),
        ("HASHING_MEMORY", "7MiB"),
    ]);
    let line = service.wait_for_line("metrics at http://");
    let (_, url) = line.split_once("http://").unwrap();
    let addr = url.strip_suffix("/metrics").unwrap().parse().unwrap();
    (service, addr)
}

fn scrape(addr: SocketAddr) -> String {
    let answer = client::send(addr, "GET /metrics", &[], b"");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4"));
    answer.body
}

/// Each series and its value.
fn samples(page: &str) -> BTreeMap<&str, f64> {
    let lines = page.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(it, n)| (it, n.parse().unwrap()))
        .collect()
}

#[test]
fn a_login_a_refusal_and_a_throttle_are_on_the_page() {
    let (mut service, addr) = start();
    assert_eq!(samples(&scrape(addr)), BTreeMap::new(), "nothing has happened");

    let token = service.user("alice");
    assert_eq!(service.ask("GET /tasks", &token, "").status, 200);
    let forged = format!("{}{}", &token[..token.len() - 8], "AAAAAAAA");
    assert_eq!(service.ask("GET /tasks", &forged, "").status, 401);
    assert_eq!(service.send("GET /tasks", &[], "").status, 401);
    let guesses = (0..).find(|_| service.log_in("alice", "wrong horse").status == 429).unwrap();

    let page = scrape(addr);
    let samples = samples(&page);
    let value = |series: &str| {
        let name = format!("tower_bearer_{series}");
        *samples.get(name.as_str()).unwrap_or_else(|| panic!("no {name} in {page}"))
    };
    let event = |event, reason| {
        value(&format!(r#"audit_events_total{{event="{event}",reason="{reason}"}}"#))
    };
    assert_eq!(event("user.registered", "none"), 1.0);
    assert_eq!(event("login.succeeded", "none"), 1.0);
    assert_eq!(event("login.failed", "wrong_password"), f64::from(guesses));
    assert_eq!(event("login.throttled", "none"), 1.0);
    let refused =
        |reason| value(&format!(r#"requests_refused_total{{reason="{reason}",by="layer"}}"#));
    assert_eq!(refused("invalid_signature"), 1.0);
    assert_eq!(refused("missing_credentials"), 1.0);
    assert_eq!(value(r#"requests_authenticated_total{credential="token"}"#), 1.0);
    // The forged one took its time, too.
    assert_eq!(value("verify_seconds_count"), 2.0);
    assert_eq!(value(r#"verify_seconds_bucket{le="+Inf"}"#), 2.0);
    assert!(value(r#"verify_seconds_bucket{le="0.01"}"#) > 0.0);
    // A registration, a login, and what was guessed.
    assert_eq!(value("hash_seconds_count"), f64::from(2 + guesses));
    assert_eq!(value("hash_wait_seconds_count"), f64::from(2 + guesses));
    assert_eq!(value("hash_queue_jobs"), 0.0);
    assert!(value("hash_queue_capacity") >= 64.0);
    assert!(value("hash_seconds_sum") > 0.0);

    assert!(page.contains("# TYPE tower_bearer_verify_seconds histogram"), "{page}");
    assert!(page.contains("# HELP tower_bearer_requests_refused_total Requests"), "{page}");
    for secret in [&token, PASSWORD, "alice", SECRET] {
        assert!(!page.contains(secret), "{secret} is on the page");
    }
    check_with_promtool(&page);

    // Users are not shown any of it, and the scraper nothing else.
    assert_eq!(service.send("GET /metrics", &[], "").status, 404);
    assert_eq!(client::send(addr, "GET /health", &[], b"").status, 404);
    let log = service.end();
    for secret in [&token, PASSWORD] {
        assert!(!log.contains(secret), "{secret} is logged");
    }
}

#[test]
fn metrics_are_off_by_default_and_on_no_address_that_is_taken() {
    let service = Service::start(&[("JWT_SECRET", SECRET)]);
    assert_eq!(service.send("GET /metrics", &[], "").status, 404);
    let dir = Arc::new(directory());
    let taken = service.addr.to_string();
    let faults = refusal(dir.path(), &[("TASKS_METRICS_ADDR", taken.as_str())]);
    let [fault] = &faults[..] else { panic!("{faults:?}") };
    assert!(fault.contains(&format!("TASKS_METRICS_ADDR {taken} can't be used")), "{fault}");
    let log = service.end_of_log();
    assert!(!log.contains("metrics at"), "{log}");
}

/// What Prometheus itself says of the page: of its form, and of the names.
fn check_with_promtool(page: &str) {
    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut promtool = match promtool {
        Ok(promtool) => promtool,
        Err(error) => {
            assert!(std::env::var_os("REQUIRE_SERVICES").is_none(), "no promtool: {error}");
            eprintln!("skipped: no promtool, which the package prometheus has");
            return;
        }
    };
    promtool.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert!(output.status.success() && said.is_empty(), "{said}\n{page}");
}
