//! From SQLite to PostgreSQL with `docs/sqlite-to-postgres.sh`: nobody has to log in anew.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::alone;
use crate::pair::block_on;
use crate::servers::{has_program, postgres};
use crate::service::{JSON, PASSWORD, SECRET, Service, until};

const STABLE: [(&str, &str); 2] =
    [("JWT_SECRET", SECRET), ("JWT_ISSUER", "https://issuer.example")];
const ADMIN: [(&str, &str); 2] =
    [("ADMIN_USERNAME", "root"), ("ADMIN_PASSWORD", "a long password")];

/// Runs it, and answers with whether it went well and what it said.
fn script(file: &Path, url: &str, tables: &[&str]) -> (bool, String) {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sqlite-to-postgres.sh");
    let output =
        Command::new("bash").arg(program).arg(file).arg(url).args(tables).output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_service_moves_from_sqlite_to_postgresql_and_everybody_stays_logged_in() {
    let _alone = alone();
    let Some(server) = postgres() else { return };
    if !["bash", "sqlite3", "psql"].iter().all(|program| has_program(program)) {
        return;
    }
    let url = block_on(server.database());
    let on_file = [&STABLE[..], &ADMIN, &[("MAIL_FILE", "mails")]].concat();
    let on_server =
        [&STABLE[..], &[("DATABASE_URL", url.as_str()), ("REFRESH_REUSE_SECONDS", "0")]].concat();

    let mut service = Service::start(&on_file);
    let odd = json!({
        "username": "Zoë", "password": PASSWORD, "name": r#"a "b" \ , 'c'"#,
        "email": "zoe@example.org", "profile": { "display_name": r#"{"x"} \"#, "locale": "de-CH" },
    });
    let zoe = service.send("POST /auth/register", &[JSON], odd.to_string());
    assert_eq!(zoe.status, 201, "{zoe:?}");
    let mail = until(|| {
        let mails = fs::read_to_string(service.path("mails")).ok()?;
        serde_json::from_str::<Value>(mails.lines().next()?).ok()
    });
    let access = service.user("alice");
    let first = service.log_in("alice", PASSWORD).text("refresh_token");
    let second = service.refresh(&first).text("refresh_token");
    let live = service.log_in("alice", PASSWORD).text("refresh_token");
    let ended = service.log_in("alice", PASSWORD);
    assert_eq!(service.ask("POST /auth/logout", &ended.text("access_token"), "").status, 204);
    let body = r#"{"name":"backup","scopes":["data:read"]}"#;
    let key = service.ask("POST /auth/api-keys", &access, body).text("key");
    let key = format!("X-API-Key: {key}");
    for title in [r"Öl \\.", r"a\tb", "x'y", "last"] {
        let body = json!({ "title": title, "done": title.len() > 3 }).to_string();
        assert_eq!(service.ask("POST /tasks", &access, &body).status, 201, "{title}");
    }
    let tasks = service.ask("GET /tasks", &access, "").json();
    let last = tasks.as_array().unwrap().last().unwrap()["id"].as_i64().unwrap();
    assert_eq!(service.ask(&format!("DELETE /tasks/{last}"), &access, "").status, 204);
    let tasks = service.ask("GET /tasks", &access, "").json();
    let me = service.ask("GET /auth/me", &access, "").json();
    let root = service.log_in("root", "a long password").text("access_token");
    assert_eq!(service.ask("POST /items", &root, r#"{"name":"pen"}"#).status, 201);
    let report = service.ask("GET /reports", &root, "").json();
    service.end();

    // Makes the tables.
    Service::start(&on_server).end();
    let file = service.path("tasks.db");
    let (_, said) = script(&file, &url, &["tasks", "nothing"]);
    assert!(said.contains("has no table nothing"), "{said}");
    let (well, said) = script(&file, &url, &["tasks", "items"]);
    assert!(well, "{said}");
    assert!(said.contains("tower_bearer_users: 3 rows"), "{said}");
    let (well, said) = script(&file, &url, &["tasks", "items"]);
    assert!(!well && said.contains("is not empty"), "{said}");

    let service = Service::start(&on_server);
    assert_eq!(service.ask("GET /auth/me", &access, "").json(), me);
    assert_eq!(service.ask("GET /tasks", &access, "").json(), tasks);
    assert_eq!(service.ask("GET /tasks", &ended.text("access_token"), "").status, 401);
    let made = service.ask("POST /tasks", &access, r#"{"title":"next"}"#);
    assert_eq!(made.json()["id"], last + 1, "the number of the one that was deleted is not given");
    assert_eq!(service.send("GET /public-api/data", &[&key], "").json()["tasks"], 4);
    assert_eq!(service.ask("GET /reports", &root, "").json()["tasks"], 4);
    assert_eq!(report["tasks"], 3);
    assert_eq!(service.ask("GET /items", &access, "").json()[0]["name"], "pen");

    assert_eq!(service.refresh(&live).status, 200);
    assert_eq!(service.refresh(&first).status, 400, "it was used before");
    assert_eq!(service.refresh(&second).status, 400, "and that ended its session");
    for (name, password) in [("ALICE", PASSWORD), ("zoë", PASSWORD), ("root", "a long password")] {
        assert_eq!(service.log_in(name, password).status, 200, "{name}");
    }
    let token = service.log_in("zoë", PASSWORD).text("access_token");
    assert_eq!(service.ask("GET /auth/me", &token, "").json(), zoe.json());
    let body = json!({ "token": mail["token"] }).to_string();
    assert_eq!(service.send("POST /auth/verify-email", &[JSON], &body).status, 204);
    let me = service.ask("GET /auth/me", &token, "").json();
    assert_eq!(me["email_verified"], true, "by the mail that was sent before");
    assert_eq!(service.register("alice").status, 409);
    assert_eq!(service.log_in("alice", "wrong").status, 400);
}
