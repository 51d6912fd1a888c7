//! How the service starts, ends, and comes back.

use std::io::{Read, Write};
use std::sync::Arc;

use crate::client;
use crate::service::{JSON, NONE, PASSWORD, SECRET, Service, directory, refusal};

const STABLE: [(&str, &str); 2] =
    [("JWT_SECRET", SECRET), ("JWT_ISSUER", "https://issuer.example")];

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let mut service = Service::start(&STABLE);
    assert_eq!(service.register("alice").status, 201);
    let mut tokens = service.log_in("alice", PASSWORD);
    let access = tokens.text("access_token");
    for round in 1..=3 {
        let body = format!(r#"{{"title":"task {round}"}}"#);
        assert_eq!(service.ask("POST /tasks", &access, &body).status, 201);
        tokens = service.refresh(&tokens.text("refresh_token"));
        assert_eq!(tokens.status, 200, "round {round}");
        service = service.kill_and_restart(&STABLE);
        let tasks = service.ask("GET /tasks", &access, "").json();
        assert_eq!(tasks.as_array().unwrap().len(), round);
    }
    assert_eq!(service.register("alice").status, 409);
    assert_eq!(service.log_in("alice", PASSWORD).status, 200);
    assert_eq!(service.refresh(&tokens.text("refresh_token")).status, 200);
}

#[test]
fn a_random_secret_ends_with_the_process() {
    let issuer = [STABLE[1]];
    let service = Service::start(&issuer);
    let access = service.user("alice");
    assert_eq!(service.ask("GET /tasks", &access, "").status, 200);
    let service = service.kill_and_restart(&issuer);
    assert_eq!(service.ask("GET /tasks", &access, "").status, 401);
}

#[test]
fn signals_end_it_in_order() {
    for signal in ["TERM", "INT"] {
        let mut service = Service::start(&STABLE);
        // A connection that is open and idle keeps nobody waiting.
        let idle = client::connect(service.addr);
        service.signal(signal);
        let (status, log) = service.wait();
        assert_eq!(status.code(), Some(0), "{signal}: {log}");
        assert!(log.contains("stopped"), "{signal}: {log}");
        drop(idle);
        // The log of the database was folded into the file.
        assert!(!service.path("tasks.db-wal").exists());
    }
}

#[test]
fn an_open_request_is_finished_before_it_ends() {
    let mut service = Service::start(&STABLE);
    let bearer = format!("Authorization: Bearer {}", service.user("alice"));
    let body = br#"{"title":"in time"}"#;
    let mut stream = client::connect(service.addr);
    let headers = [&*bearer, JSON, "Expect: 100-continue"];
    let head = client::head("POST /tasks", &headers, Some(body.len()));
    stream.write_all(&head).unwrap();
    // Whoever asks for the body has read the head.
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    service.signal("TERM");
    service.wait_for_log("stopping");
    stream.write_all(body).unwrap();
    assert_eq!(client::receive(&mut stream).status, 201);
    assert_eq!(service.wait().0.code(), Some(0));
}

#[test]
fn an_address_in_use_is_named() {
    let service = Service::start(&STABLE);
    let addr = service.addr.to_string();
    let other = directory();
    let faults = refusal(other.path(), &[("TASKS_ADDR", &addr)]);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].starts_with(&format!("TASKS_ADDR {addr} can't be used")), "{faults:?}");
    assert!(!other.path().join("tasks.db").exists(), "nothing is made by a start that fails");
    assert_eq!(service.send("GET /health", &[], "").status, 200);
}

#[test]
fn two_services_share_a_database() {
    let first = Service::start(&STABLE);
    let second = Service::start_in(first.dir(), &STABLE);
    let access = first.user("alice");
    assert_eq!(second.ask("POST /tasks", &access, r#"{"title":"x"}"#).status, 201);
    assert_eq!(first.ask("GET /tasks", &access, "").json().as_array().unwrap().len(), 1);
}

#[test]
fn a_read_only_database_is_named() {
    let dir = Arc::new(directory());
    let mut service = Service::start_in(Arc::clone(&dir), &STABLE);
    service.end();
    let faults = refusal(dir.path(), &[("DATABASE_URL", "sqlite://tasks.db?mode=ro")]);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].starts_with("DATABASE_URL: the database is read-only"), "{faults:?}");

    let file = dir.path().join("tasks.db");
    let mut permissions = std::fs::metadata(&file).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&file, permissions).unwrap();
    if std::fs::OpenOptions::new().append(true).open(&file).is_ok() {
        println!("skipped: this user may write to files that are read-only");
        return;
    }
    let faults = refusal(dir.path(), NONE);
    assert!(faults[0].starts_with("DATABASE_URL: the database is read-only"), "{faults:?}");
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let dir = directory();
    let text = "no database, but long enough to be taken for one. ".repeat(100);
    std::fs::write(dir.path().join("tasks.db"), &text).unwrap();
    let faults = refusal(dir.path(), NONE);
    assert_eq!(faults, ["DATABASE_URL: the file is damaged, or is no SQLite database"]);
    assert_eq!(std::fs::read_to_string(dir.path().join("tasks.db")).unwrap(), text);
}

#[test]
fn a_database_in_memory_works() {
    let service = Service::start(&[("DATABASE_URL", "sqlite::memory:")]);
    let access = service.user("alice");
    assert_eq!(service.ask("POST /tasks", &access, r#"{"title":"x"}"#).status, 201);
    assert!(service.greeting[0].ends_with("users and tasks in memory"), "{:?}", service.greeting);
}
