//! The first administrator, roles, and users who are gone.

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::service::{PASSWORD, Service, refusal};

const ADMIN: [(&str, &str); 2] =
    [("ADMIN_USERNAME", "root"), ("ADMIN_PASSWORD", "a long password")];

#[test]
fn the_administrator_is_made_at_the_first_start_only() {
    let service = Service::start(&ADMIN);
    let tokens = service.log_in("root", "a long password");
    let me = service.ask("GET /users/me", &tokens.text("access_token"), "").json();
    assert_eq!(me["roles"], serde_json::json!(["admin"]));
    assert_eq!(me["scopes"], serde_json::json!(["me", "items:read", "items:write", "data:read"]));
    assert_eq!(service.ask("GET /reports", &tokens.text("access_token"), "").status, 200);

    let changed = [ADMIN[0], ("ADMIN_PASSWORD", "another long password")];
    let mut service = service.kill_and_restart(&changed);
    assert_eq!(service.log_in("root", "a long password").status, 200);
    assert_eq!(service.log_in("root", "another long password").status, 400);
    let log = service.end();
    assert!(log.contains("is an administrator already and left as is username=root"), "{log}");
    assert!(!log.contains("long password"), "{log}");
}

#[test]
fn a_user_who_took_the_name_first_does_not_become_administrator() {
    let service = Service::start(&[]);
    service.user("root");
    let mut service = service.kill_and_restart(&ADMIN);
    assert_eq!(service.log_in("root", "a long password").status, 400);
    let token = service.log_in("root", PASSWORD).text("access_token");
    assert_eq!(service.ask("GET /reports", &token, "").status, 403);
    let log = service.end();
    assert!(log.contains("exists without its roles and is left as is username=root"), "{log}");
}

#[test]
fn the_administrator_keeps_the_rules_of_other_users() {
    let dir = crate::service::directory();
    let faults = |variables: &[(&str, &str)]| refusal(dir.path(), variables);
    assert_eq!(
        faults(&[("ADMIN_USERNAME", "root"), ("ADMIN_PASSWORD", "seven77")]),
        ["ADMIN_PASSWORD: the password needs at least 8 characters"]
    );
    let long = "p".repeat(1025);
    assert_eq!(
        faults(&[("ADMIN_USERNAME", "root"), ("ADMIN_PASSWORD", &long)]),
        ["ADMIN_PASSWORD: the password has more than 1024 bytes"]
    );
    assert_eq!(
        faults(&[("ADMIN_USERNAME", "a@b"), ADMIN[1]]),
        ["ADMIN_USERNAME: the username contains an @"]
    );
    assert_eq!(
        faults(&ADMIN[..1]),
        ["ADMIN_PASSWORD must be set, as ADMIN_USERNAME is, or neither"]
    );
    assert_eq!(
        faults(&ADMIN[1..]),
        ["ADMIN_USERNAME must be set, as ADMIN_PASSWORD is, or neither"]
    );
}

#[tokio::test]
async fn r027_r183_reports_need_a_role_and_a_disabled_user_is_out() {
    let service = Service::start(&[]);
    let alice = service.user("alice");
    let refused = service.ask("GET /reports", &alice, "");
    assert_eq!(refused.status, 403);
    assert_eq!(refused.header("www-authenticate"), Some(r#"Bearer realm="api""#));
    assert_eq!(refused.text("error"), "forbidden");

    let file = SqliteConnectOptions::new().filename(service.path("tasks.db"));
    let mut database = SqliteConnection::connect_with(&file).await.unwrap();
    let mut run = async |sql: &'static str| {
        sqlx::query(sql).execute(&mut database).await.unwrap();
    };
    run(r#"UPDATE tower_bearer_users SET roles = '["teacher"]'"#).await;
    let teacher = service.log_in("alice", PASSWORD);
    let token = teacher.text("access_token");
    service.ask("POST /tasks", &token, r#"{"title":"teach","done":true}"#);
    let report = service.ask("GET /reports", &token, "");
    assert_eq!(report.json(), serde_json::json!({ "owners": 1, "tasks": 1, "done": 1 }));

    run("UPDATE tower_bearer_users SET is_active = 0").await;
    assert_eq!(service.ask("GET /auth/me", &token, "").status, 401);
    assert_eq!(service.log_in("alice", PASSWORD).status, 400);
    assert_eq!(service.refresh(&teacher.text("refresh_token")).status, 400);
}
