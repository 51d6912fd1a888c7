//! `tasks user` and `tasks api-key`, beside a service that runs.

use std::path::Path;

use serde_json::{Value, json};

use crate::databases::pairs;
use crate::service::{PASSWORD, Service, directory, run, run_with};

/// What a command that succeeds prints with `--json`.
fn done(dir: &Path, variables: &[(&str, &str)], arguments: &[&str], input: &str) -> Value {
    let arguments = [arguments, &["--json"]].concat();
    let (code, output, errors) = run_with(dir, variables, &arguments, input);
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{arguments:?}");
    assert_eq!(output.matches('\n').count(), 1, "one object in one line: {output}");
    serde_json::from_str(&output).unwrap()
}

/// The code and the message of one that fails.
fn fails(dir: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let arguments = [arguments, &["--json"]].concat();
    let (code, output, errors) = run_with(dir, &[], &arguments, input);
    assert_eq!(output, "", "{arguments:?}");
    let error: Value = serde_json::from_str(&errors).unwrap();
    let text = |member: &str| error[member].as_str().unwrap().to_owned();
    (code.unwrap(), text("error"), text("message"))
}

#[test]
fn every_command_has_help_and_there_is_a_version() {
    let dir = directory();
    let commands: [&[&str]; 15] = [
        &[],
        &["key"],
        &["key", "new"],
        &["key", "rotate"],
        &["key", "public"],
        &["user"],
        &["user", "add"],
        &["user", "passwd"],
        &["user", "disable"],
        &["user", "enable"],
        &["user", "grant"],
        &["user", "revoke"],
        &["user", "list"],
        &["user", "import"],
        &["api-key", "new"],
    ];
    for command in commands {
        let (code, output, errors) = run(dir.path(), &[command, &["--help"]].concat());
        assert_eq!((code, errors.as_str()), (Some(0), ""), "{command:?}");
        let usage = [&["Usage: tasks"], command].concat().join(" ");
        assert!(output.contains(&usage), "{output}");
    }
    let (code, output, _) = run(dir.path(), &["--help"]);
    assert!(code == Some(0) && output.contains("Exit codes:"), "{output}");
    let (code, output, _) = run(dir.path(), &["--version"]);
    let expected = format!("tasks {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!((code, output), (Some(0), expected));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "no database was made");
}

#[test]
fn a_command_about_users_who_are_there_makes_no_database() {
    let dir = directory();
    for arguments in [
        &["user", "list"][..],
        &["user", "disable", "alice"],
        &["user", "grant", "alice", "--scope", "me"],
        &["api-key", "new", "alice", "--name", "x", "--scope", "me", "--expires", "1d"],
    ] {
        let (code, error, message) = fails(dir.path(), arguments, "");
        assert_eq!((code, error.as_str()), (1, "store"), "{arguments:?}");
        assert!(message.contains("DATABASE_URL: the database file can't be opened"), "{message}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "no database was made");
}

#[test]
fn what_nobody_can_understand_does_nothing() {
    let dir = directory();
    for arguments in [
        &["user"][..],
        &["user", "add"],
        &["user", "add", "alice", "--password", "x"],
        &["user", "add", "alice", "--password-stdin", "--generate"],
        &["user", "add", "alice", "--email-verified", "--generate"],
        &["user", "grant", "alice"],
        &["user", "remove", "alice"],
        &["api-key", "new", "alice", "--name", "x"],
        &["api-key", "new", "alice", "--name", "x", "--scope", "me", "--expires", "soon"],
        &["api-key", "new", "alice", "--name", "x", "--scope", "me", "--rate", "often"],
        // Nobody is there to be asked for a password.
        &["user", "add", "alice"],
        &["user", "passwd", "alice"],
    ] {
        let (code, error, message) = fails(dir.path(), arguments, "");
        assert_eq!((code, error.as_str()), (2, "usage"), "{arguments:?}: {message}");
        let (code, _, errors) = run(dir.path(), arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {errors}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "no database was made");
}

#[test]
fn users_are_added_by_the_rules_of_the_service() {
    let dir = directory();
    let add = |arguments: &[&str], password: &str| {
        let arguments = [&["user", "add", "--password-stdin"], arguments].concat();
        fails(dir.path(), &arguments, password)
    };
    let invalid = |failed: (i32, String, String), reason: &str| {
        assert_eq!((failed.0, failed.1.as_str()), (1, "invalid"), "{failed:?}");
        assert!(failed.2.contains(reason), "{failed:?}");
    };
    invalid(add(&["alice"], "short\n"), "8 characters");
    invalid(add(&["correct-horse"], "correct-horse\n"), "");
    invalid(add(&["a b"], PASSWORD), "");
    invalid(add(&["alice", "--email", "nowhere"], PASSWORD), "");
    invalid(add(&["alice", "--scope", "a b"], PASSWORD), "no scope");
    invalid(add(&["alice", "--role", ""], PASSWORD), "no role");
    let arguments = ["user", "add", "Alice", "--password-stdin", "--email", "alice@example.org"];
    let alice = done(dir.path(), &[], &arguments, "correct horse battery\r\n");
    assert_eq!(alice["scopes"], json!(["me", "items:read", "data:read"]));
    let (code, error, message) = add(&["ALICE"], PASSWORD);
    assert_eq!((code, error.as_str(), message.as_str()), (1, "taken", "the username is taken"));

    // Named by any of three.
    for name in ["alice", "ALICE@example.org", alice["id"].as_str().unwrap()] {
        let found = done(dir.path(), &[], &["user", "enable", name], "");
        assert_eq!(found["id"], alice["id"]);
    }
    let (code, error, message) = fails(dir.path(), &["user", "disable", "bob"], "");
    assert_eq!((code, error.as_str()), (1, "not_found"));
    assert!(message.contains("tasks.db"), "it says where it looked: {message}");

    let bob = done(dir.path(), &[], &["user", "add", "bob", "--generate", "--role", "admin"], "");
    assert_eq!(bob["roles"], json!(["admin"]));
    assert!(bob["password"].as_str().unwrap().len() >= 24);
    let listed = done(dir.path(), &[], &["user", "list"], "");
    assert_eq!(listed["users"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains("argon2"), "{listed}");
    let (_, text, _) = run(dir.path(), &["user", "list"]);
    assert_eq!(text.lines().count(), 2);

    let service = Service::start_in(dir.into(), &[]);
    assert_eq!(service.log_in("alice", PASSWORD).status, 200);
    assert_eq!(service.log_in("bob", bob["password"].as_str().unwrap()).status, 200);
}

#[tokio::test]
async fn commands_take_effect_in_a_service_that_runs() {
    for (pair, _) in pairs().await {
        let pair: Vec<(&str, &str)> =
            pair.iter().map(|(name, url)| (*name, url.as_str())).collect();
        let service = Service::start(&pair);
        let dir = service.dir();
        let tasks = |arguments: &[&str], input: &str| done(dir.path(), &pair, arguments, input);
        let asks = |token: &str| service.ask("GET /tasks", token, "").status;
        let key_asks = |key: &str| {
            service.send("GET /public-api/data", &[&format!("X-API-Key: {key}")], "").status
        };

        tasks(&["user", "add", "alice", "--password-stdin"], PASSWORD);
        let tokens = service.log_in("alice", PASSWORD);
        let (token, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
        assert_eq!(asks(&token), 200);
        let arguments = ["api-key", "new", "alice", "--name", "x", "--scope", "data:read"];
        let key = tasks(&[&arguments[..], &["--expires", "2d"]].concat(), "");
        let lifetime = key["expires_at"].as_u64().unwrap();
        let key = key["key"].as_str().unwrap().to_owned();
        assert_eq!(key_asks(&key), 200);
        let now = tower_bearer::Clock::system().now().as_secs();
        assert!((47 * 3600..=48 * 3600).contains(&(lifetime - now)));

        // Its owner is disabled: it rests.
        let disabled = tasks(&["user", "disable", "alice"], "");
        assert_eq!(
            (&disabled["is_active"], &disabled["sessions_ended"]),
            (&json!(false), &json!(1))
        );
        assert_eq!((asks(&token), key_asks(&key)), (401, 401));
        assert_eq!(service.refresh(&refresh).status, 400);
        assert_ne!(service.log_in("alice", PASSWORD).status, 200);
        tasks(&["user", "enable", "alice"], "");
        assert_eq!((asks(&token), key_asks(&key)), (401, 200));

        // Rights.
        let token = service.log_in("alice", PASSWORD).text("access_token");
        assert_eq!(service.ask("POST /items", &token, r#"{"name":"pen"}"#).status, 403);
        let rights = ["alice", "--scope", "items:write", "--role", "teacher"];
        let granted = tasks(&[&["user", "grant"], &rights[..]].concat(), "");
        assert_eq!(granted["roles"], json!(["teacher"]));
        let token = service.log_in("alice", PASSWORD).text("access_token");
        assert_eq!(service.ask("POST /items", &token, r#"{"name":"pen"}"#).status, 201);
        assert_eq!(service.ask("GET /reports", &token, "").status, 200);
        let revoked = tasks(&[&["user", "revoke"], &rights[..]].concat(), "");
        assert_eq!(
            (&revoked["roles"], revoked["scopes"].as_array().unwrap().len()),
            (&json!([]), 3)
        );
        assert_eq!(asks(&token), 401, "a token with more than its owner has");
        let token = service.log_in("alice", PASSWORD).text("access_token");
        assert_eq!(service.ask("GET /reports", &token, "").status, 403);

        // Another password.
        let changed = tasks(&["user", "passwd", "alice", "--password-stdin"], "another long one\n");
        assert_eq!(changed["api_keys_revoked"], json!(1));
        assert_eq!((asks(&token), key_asks(&key)), (401, 401));
        assert_eq!(service.log_in("alice", PASSWORD).status, 400);
        assert_eq!(service.log_in("alice", "another long one").status, 200);
    }
}

#[test]
fn a_key_is_printed_once_and_can_do_no_more_than_its_owner() {
    let dir = directory();
    done(dir.path(), &[], &["user", "add", "alice", "--password-stdin"], PASSWORD);
    let new = ["api-key", "new", "alice", "--name", "backup", "--scope"];
    let (code, output, errors) = run(dir.path(), &[&new[..], &["me", "--rate", "9/hour"]].concat());
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(output.starts_with("tb_") && output.lines().count() == 1, "{output}");
    for (options, reason) in [
        (&["items:write"][..], "does not hold"),
        (&["me", "--expires", "366d"], "too long"),
        (&["me", "--expires", "0d"], "zero"),
    ] {
        let (code, error, message) = fails(dir.path(), &[&new[..], options].concat(), "");
        assert_eq!((code, error.as_str()), (1, "invalid"));
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn faults_of_the_environment_are_told_and_nothing_is_done() {
    let dir = directory();
    let variables = [("DATABASE_URL", "mysql://x"), ("PASSWORD_POLICY", "none")];
    let (code, output, errors) = run_with(dir.path(), &variables, &["user", "list"], "");
    assert_eq!((code, output.as_str()), (Some(1), ""));
    assert!(errors.lines().all(|line| line.starts_with("tasks: ")), "{errors}");
    assert!(errors.contains("PASSWORD_POLICY"), "{errors}");
    let lost = [("DATABASE_URL", "sqlite://no/such/directory/tasks.db")];
    let (code, _, errors) = run_with(dir.path(), &lost, &["user", "list", "--json"], "");
    let error: Value = serde_json::from_str(&errors).unwrap();
    assert_eq!((code, &error["error"]), (Some(1), &json!("store")));
}
