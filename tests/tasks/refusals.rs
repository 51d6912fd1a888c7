//! What the service says where there is nothing, and when its database is busy.

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::service::{NONE, Service, refusal};

#[test]
fn r090_unknown_routes_and_methods_are_told_apart() {
    let service = Service::start(&[]);
    let health = service.send("GET /health", &[], "");
    assert_eq!((health.status, health.json()), (200, serde_json::json!({ "status": "ok" })));

    for target in ["GET /nowhere", "POST /nowhere", "GET /auth/nowhere", "GET /tasks/1/2"] {
        let answer = service.send(target, &[], "");
        assert_eq!((answer.status, answer.text("error").as_str()), (404, "not_found"), "{target}");
    }
    for (target, allowed) in [
        ("PATCH /tasks", "GET,HEAD,POST"),
        ("POST /tasks/1", "GET,HEAD,PUT,DELETE"),
        ("DELETE /items", "GET,HEAD,POST"),
        ("POST /health", "GET,HEAD"),
        ("GET /auth/token", "POST"),
        ("PUT /users/me", "GET,HEAD"),
    ] {
        let answer = service.send(target, &[], "");
        assert_eq!(answer.status, 405, "{target}");
        assert_eq!(answer.header("allow"), Some(allowed), "{target}");
        assert_eq!(answer.text("error"), "method_not_allowed", "{target}");
    }
}

#[tokio::test]
async fn a_locked_database_is_503_and_stops_a_start() {
    let service = Service::start(&[]);
    let alice = service.user("alice");
    let file = SqliteConnectOptions::new().filename(service.path("tasks.db"));
    let mut database = SqliteConnection::connect_with(&file).await.unwrap();
    let lock = database.begin_with("BEGIN IMMEDIATE").await.unwrap();

    // Both wait for the lock, for five seconds, at the same time.
    let dir = service.dir();
    let start = std::thread::spawn(move || refusal(dir.path(), NONE));
    let answer = service.ask("POST /tasks", &alice, r#"{"title":"x"}"#);
    assert_eq!(answer.status, 503);
    assert_eq!(answer.text("error"), "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(!answer.body.contains("lock"), "{answer:?}");
    let faults = start.join().unwrap();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].starts_with("DATABASE_URL: the database is locked"), "{faults:?}");

    // Reading goes on, and writing does once the lock is gone.
    assert_eq!(service.ask("GET /tasks", &alice, "").status, 200);
    lock.rollback().await.unwrap();
    assert_eq!(service.ask("POST /tasks", &alice, r#"{"title":"x"}"#).status, 201);
}
