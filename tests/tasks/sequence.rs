//! The whole way once, and the lines that the service prints to try it.

use std::process::Command;

use serde_json::json;

use crate::service::{PASSWORD, Service};

#[test]
fn r095_r020_r018_r023_r109_r110_the_whole_way_once() {
    let service =
        Service::start(&[("JWT_SECRET", crate::service::SECRET), ("REFRESH_REUSE_SECONDS", "0")]);

    let registered = service.register("alice");
    assert_eq!(registered.status, 201);
    let id = registered.text("id");
    let shown = json!({
        "id": id, "username": "alice", "email": null, "email_verified": false,
        "name": null, "is_active": true, "profile": null,
        "roles": [], "scopes": ["me", "items:read", "data:read"],
    });
    assert_eq!(registered.json(), shown);
    assert_eq!(service.register("ALICE").status, 409);

    let tokens = service.log_in("alice", PASSWORD);
    assert_eq!(tokens.status, 200);
    assert_eq!(tokens.header("cache-control"), Some("no-store"));
    assert_eq!(tokens.json()["token_type"], "Bearer");
    assert_eq!(tokens.json()["expires_in"], 900);
    let (access, first) = (tokens.text("access_token"), tokens.text("refresh_token"));

    let anonymous = service.send("GET /tasks", &[], "");
    assert_eq!(anonymous.status, 401);
    assert_eq!(anonymous.header("www-authenticate"), Some(r#"Bearer realm="api""#));
    let mine = service.ask("GET /tasks", &access, "");
    assert_eq!((mine.status, mine.json()), (200, json!([])));
    for path in ["GET /auth/me", "GET /users/me"] {
        let me = service.ask(path, &access, "");
        assert_eq!((me.status, me.json()), (200, shown.clone()), "{path}");
    }

    let forbidden = service.ask("POST /items", &access, r#"{"name":"pen"}"#);
    assert_eq!(forbidden.status, 403);
    let challenge = forbidden.header("www-authenticate").unwrap();
    assert!(challenge.starts_with(r#"Bearer realm="api""#), "{challenge}");
    assert!(challenge.contains(r#"error="insufficient_scope""#), "{challenge}");
    assert!(challenge.contains(r#"scope="items:write""#), "{challenge}");

    let refreshed = service.refresh(&first);
    assert_eq!(refreshed.status, 200);
    let second = refreshed.text("refresh_token");
    for token in [first, second] {
        let refused = service.refresh(&token);
        assert_eq!((refused.status, refused.text("error").as_str()), (400, "invalid_grant"));
    }
}

#[test]
fn the_printed_lines_work_in_a_shell() {
    let mut service = Service::start(&[]);
    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: there is no curl");
        return;
    }
    let lines: Vec<&str> =
        service.greeting.iter().filter(|line| line.contains("curl")).map(String::as_str).collect();
    assert_eq!(lines.len(), 3);
    let output = Command::new("sh").arg("-c").arg(lines.join("\n")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("HTTP/1.1 201 Created"), "{text}");
    assert!(text.contains("HTTP/1.1 200 OK"), "{text}");
    assert!(text.ends_with("\r\n\r\n[]"), "{text}");

    let first = &service.greeting[0];
    assert!(first.contains(&format!("http://{}", service.addr)), "{first}");
    assert!(first.ends_with("tasks.db"), "{first}");
    assert!(service.path("tasks.db").exists());
    let log = service.end();
    assert!(log.contains("JWT_SECRET is not set"), "{log}");
}

#[test]
fn the_lines_of_the_readme_work_in_a_shell() {
    let service = Service::start(&[]);
    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: there is no curl");
        return;
    }
    let readme = include_str!("../../examples/tasks/README.md");
    let (_, block) = readme.split_once("<!-- test: curl -->\n```sh\n").unwrap();
    let (script, _) = block.split_once("```").unwrap();
    let script = script.replace("127.0.0.1:8000", &service.addr.to_string());
    let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let statuses: Vec<&str> =
        text.split("HTTP/1.1 ").skip(1).filter_map(|rest| rest.split(' ').next()).collect();
    assert_eq!(statuses, ["201", "201", "200", "200", "200", "200", "200", "401"], "{text}");
}
