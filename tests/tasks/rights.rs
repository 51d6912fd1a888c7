//! Rights and names by the command line are those of the routes, and neither undoes the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio::task::spawn_blocking;

use crate::servers::postgres;
use crate::service::{PASSWORD, Service, directory, run, run_with};

const ADMIN: [(&str, &str); 2] =
    [("ADMIN_USERNAME", "root"), ("ADMIN_PASSWORD", "a long password")];

#[test]
fn what_is_a_scope_a_role_or_a_name_is_the_same_by_command_and_by_route() {
    let service = Service::start(&ADMIN);
    let dir = service.dir();
    let root = service.log_in("root", "a long password").text("access_token");
    let alice = service.user("alice");
    let id = service.ask("GET /auth/me", &alice, "").text("id");
    let of = |text: &str, count: usize| text.repeat(count);
    let mut verdicts = Vec::new();
    let mut alike = |what: &str, text: &str, status: u16, code: Option<i32>| {
        assert!(matches!(status, 200 | 422) && matches!(code, Some(0 | 1)), "{what} {text:?}");
        assert_eq!(status == 200, code == Some(0), "{what} {text:?}: {status} by the route");
        verdicts.push((what.to_owned(), status));
    };
    for (field, texts) in [
        (
            "scope",
            ["", "a", "!", "~", "#", "[", "]", "a b", "a\"b", "a\\b", "\u{7f}", "\t", "é", "*"]
                .map(str::to_owned)
                .to_vec(),
        ),
        (
            "role",
            [
                of("x", 128),
                of("x", 129),
                of("é", 128),
                of("é", 129),
                "a b".to_owned(),
                "\"".to_owned(),
            ]
            .into_iter()
            .chain(["", "a\tb", "\u{1f}", "\u{7f}", "\u{85}", "\u{a0}", "\u{200b}"].map(Into::into))
            .collect(),
        ),
    ] {
        for text in texts {
            let body = json!({ format!("{field}s"): [text] }).to_string();
            let status = service.ask(&format!("PATCH /auth/users/{id}"), &root, &body).status;
            let option = format!("--{field}={text}");
            let (code, ..) = run(dir.path(), &["user", "grant", "alice", &option]);
            alike(field, &text, status, code);
        }
    }
    // Her token is refused by now: she has lost scopes.
    let bob = service.user("bob");
    for (at, name) in [of("x", 256), of("x", 257), of("é", 256), of("é", 257)]
        .into_iter()
        .chain(["", "a\tb", "\u{1f}", "\u{7f}", "\u{85}", "\u{a0}", "\u{200b}"].map(Into::into))
        .enumerate()
    {
        let body = json!({ "name": name }).to_string();
        let status = service.ask("PATCH /auth/me", &bob, &body).status;
        let (user, option) = (format!("user{at}"), format!("--name={name}"));
        let arguments = ["user", "add", &user, &option, "--password-stdin"];
        let (code, ..) = run_with(dir.path(), &[], &arguments, PASSWORD);
        alike("name", &name, status, code);
    }
    for what in ["scope", "role", "name"] {
        for status in [200, 422] {
            assert!(verdicts.contains(&(what.to_owned(), status)), "{what} never had {status}");
        }
    }
}

/// An administrator changes the roles, and has not committed yet; somebody grants a scope.
#[tokio::test]
async fn granting_a_scope_leaves_the_roles_that_are_changed_meanwhile() {
    let Some(server) = postgres() else { return };
    let dir = directory();
    let url = server.database().await;
    let address = url.clone();
    let tasks = Arc::new(move |arguments: &[&str], input: &str| -> Value {
        let arguments = [arguments, &["--json"]].concat();
        let variables = [("DATABASE_URL", address.as_str())];
        let (code, output, errors) = run_with(dir.path(), &variables, &arguments, input);
        assert_eq!((code, errors.as_str()), (Some(0), ""), "{arguments:?}");
        serde_json::from_str(&output).unwrap()
    });
    let add = ["user", "add", "alice", "--password-stdin", "--role", "x", "--scope", "me"];
    tasks(&add, PASSWORD);
    for (right, change, expected) in [
        ("--scope=data:read", "roles = ARRAY['boss']", json!([["me", "data:read"], ["boss"]])),
        ("--role=y", "scopes = ARRAY['me']", json!([["me"], ["boss", "y"]])),
    ] {
        let mut administrator = PgConnection::connect(&url).await.unwrap();
        let mut onlooker = PgConnection::connect(&url).await.unwrap();
        let mut transaction = administrator.begin().await.unwrap();
        let change = format!("UPDATE tower_bearer_users SET {change}");
        sqlx::query(sqlx::AssertSqlSafe(change)).execute(&mut *transaction).await.unwrap();
        let tasks = tasks.clone();
        let granting = spawn_blocking(move || tasks(&["user", "grant", "alice", right], ""));
        // It has read, and waits for the row.
        let waits = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE \
             datname = current_database() AND wait_event_type = 'Lock')";
        let start = Instant::now();
        while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut onlooker).await.unwrap() {
            assert!(start.elapsed() < Duration::from_secs(60), "waited in vain");
        }
        transaction.commit().await.unwrap();
        let granted = granting.await.unwrap();
        assert_eq!(json!([granted["scopes"], granted["roles"]]), expected);
    }
}

#[test]
fn help_says_that_of_two_changes_of_a_list_the_later_stays() {
    let dir = directory();
    for command in ["grant", "revoke"] {
        let (_, help, _) = run(dir.path(), &["user", command, "--help"]);
        assert!(help.contains("the later one stays"), "{help}");
    }
}
