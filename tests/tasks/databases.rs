//! The same service on SQLite and PostgreSQL, with Redis and without.

use serde_json::json;

use crate::servers::{postgres, redis};
use crate::service::{PASSWORD, SECRET, Service};

const ADMIN: [(&str, &str); 2] =
    [("ADMIN_USERNAME", "root"), ("ADMIN_PASSWORD", "a long password")];
const STABLE: [(&str, &str); 2] =
    [("JWT_SECRET", SECRET), ("JWT_ISSUER", "https://issuer.example")];

/// The variables of every pair of servers at hand, and how its greeting ends.
pub(crate) async fn pairs() -> Vec<(Vec<(&'static str, String)>, &'static str)> {
    let mut pairs = vec![(vec![], "tasks.db")];
    if let Some(redis) = redis() {
        pairs.push((vec![("REDIS_URL", redis.database())], "tasks.db, sessions in Redis"));
    }
    if let Some(server) = postgres() {
        let url = server.database().await;
        pairs.push((vec![("DATABASE_URL", url)], ""));
        if let Some(redis) = redis() {
            let url = server.database().await;
            let both = vec![("DATABASE_URL", url), ("REDIS_URL", redis.database())];
            pairs.push((both, ", sessions in Redis"));
        }
    }
    pairs
}

#[tokio::test]
async fn every_pair_of_databases_serves_and_survives_kill_9() {
    for (pair, greeting) in pairs().await {
        let pair: Vec<(&str, &str)> =
            pair.iter().map(|(name, url)| (*name, url.as_str())).collect();
        let variables = [&pair[..], &ADMIN, &STABLE].concat();
        let service = Service::start(&variables);
        let names: Vec<&str> = pair.iter().map(|(name, _)| *name).collect();
        assert!(service.greeting[0].ends_with(greeting), "{:?}", service.greeting);

        let alice = service.user("alice");
        assert_eq!(service.register("ALICE").status, 409, "{names:?}");
        let made = service.ask("POST /tasks", &alice, r#"{"title":"milk"}"#);
        let path = made.header("location").unwrap();
        let body = r#"{"title":"Öl \u0027; --","done":true}"#;
        let replaced = service.ask(&format!("PUT {path}"), &alice, body);
        assert_eq!((replaced.status, &replaced.json()["title"]), (200, &json!("Öl '; --")));
        let second = service.ask("POST /tasks", &alice, r#"{"title":"eggs"}"#).json();
        let third = service.ask("POST /tasks", &alice, r#"{"title":"gone"}"#);
        let gone = third.header("location").unwrap();
        assert_eq!(service.ask(&format!("DELETE {gone}"), &alice, "").status, 204);
        assert_eq!(service.ask(&format!("GET {gone}"), &alice, "").status, 404);
        let bob = service.user("bob");
        assert_eq!(service.ask(&format!("GET {path}"), &bob, "").status, 404);
        assert_eq!(service.ask("GET /web", &alice, "").body, "Hello, alice. Open tasks: 1.\n");

        let root = service.log_in("root", "a long password").text("access_token");
        let pen = service.ask("POST /items", &root, r#"{"name":"pen"}"#);
        assert_eq!(pen.status, 201, "{names:?}: {pen:?}");
        assert_eq!(service.ask("GET /items", &alice, "").json(), json!([pen.json()]));
        let report = service.ask("GET /reports", &root, "").json();
        assert_eq!(report, json!({ "owners": 1, "tasks": 2, "done": 1 }), "{names:?}");
        let owners = service.ask("GET /reports/owners", &root, "").json();
        assert_eq!(owners[0]["open"], 1, "{names:?}");

        let key = r#"{"name":"backup","scopes":["data:read"]}"#;
        let key = service.ask("POST /auth/api-keys", &alice, key).text("key");
        let key = format!("X-API-Key: {key}");
        assert_eq!(service.send("GET /public-api/data", &[&key], "").json()["tasks"], 2);

        let tokens = service.log_in("alice", PASSWORD);
        let tokens = service.refresh(&tokens.text("refresh_token"));
        assert_eq!(tokens.status, 200, "{names:?}");
        let mut service = service.kill_and_restart(&variables);
        let access = tokens.text("access_token");
        let tasks = service.ask("GET /tasks", &access, "").json();
        assert_eq!(tasks, json!([replaced.json(), second]), "{names:?}");
        assert_eq!(service.refresh(&tokens.text("refresh_token")).status, 200, "{names:?}");
        assert_eq!(service.send("GET /public-api/data", &[&key], "").status, 200, "{names:?}");
        assert_eq!(service.ask("POST /auth/logout", &access, "").status, 204);
        assert_eq!(service.ask("GET /tasks", &access, "").status, 401, "{names:?}");
        let log = service.end();
        assert!(!log.contains("ERROR"), "{names:?}: {log}");
    }
}

#[tokio::test]
async fn the_greeting_and_the_log_have_no_secret_of_a_url() {
    let (Some(server), Some(redis)) = (postgres(), redis()) else { return };
    // The server asks nobody for a password, and so takes any.
    let url = server.database().await.replace("postgres@", "postgres:s3cret@");
    let mut service = Service::start(&[("DATABASE_URL", &url), ("REDIS_URL", &redis.database())]);
    assert!(service.greeting[0].contains("on PostgreSQL at "), "{:?}", service.greeting);
    assert!(!service.greeting.concat().contains("s3cret"));
    assert!(!service.end().contains("s3cret"));
}
