//! Addresses that are confirmed and passwords that are reset, with what is in mails.

use std::fs;

use serde_json::{Value, json};

use crate::client::Answer;
use crate::service::{JSON, PASSWORD, Service, until};

const MAILS: (&str, &str) = ("MAIL_FILE", "mails");
const NEW_PASSWORD: &str = "another long password";

fn post(service: &Service, path: &str, body: Value) -> Answer {
    service.send(&format!("POST /auth/{path}"), &[JSON], body.to_string())
}

fn register(service: &Service, name: &str, email: &str) -> Answer {
    post(service, "register", json!({ "username": name, "password": PASSWORD, "email": email }))
}

fn log_in(service: &Service, email: &str, password: &str) -> Answer {
    service.log_in(email, password)
}

/// Waits for so many mails, which come after the answers.
fn mails(service: &Service, number: usize) -> Vec<Value> {
    until(|| {
        let text = fs::read_to_string(service.path("mails")).ok()?;
        let mails: Vec<Value> =
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        (mails.len() >= number).then_some(mails)
    })
}

fn token(mail: &Value) -> String {
    mail["token"].as_str().unwrap_or_else(|| panic!("no token: {mail}")).to_owned()
}

#[test]
fn an_address_is_confirmed_by_its_mail() {
    let service = Service::start(&[MAILS, ("PUBLIC_URL", "https://tasks.example/")]);
    assert_eq!(register(&service, "alice", "alice@example.org").status, 201);
    let mail = mails(&service, 1).remove(0);
    assert_eq!(mail["to"], "alice@example.org");
    let link = mail["link"].as_str().unwrap();
    assert!(link.starts_with("https://tasks.example/verify-email?token="), "{link}");
    assert!(mail["body"].as_str().unwrap().contains(link));

    let access = log_in(&service, "alice@example.org", PASSWORD).text("access_token");
    let is_verified = || service.ask("GET /auth/me", &access, "").json()["email_verified"].clone();
    assert_eq!(is_verified(), false);
    let confirm = || post(&service, "verify-email", json!({ "token": token(&mail) }));
    assert_eq!(confirm().status, 204);
    assert_eq!(is_verified(), true);
    assert_eq!(confirm().status, 400, "once");

    // A new address takes the place of the old one when it is confirmed.
    let body = r#"{"email":"new@example.org"}"#;
    assert_eq!(service.ask("PATCH /auth/me", &access, body).status, 200);
    let told = mails(&service, 3).split_off(1);
    let to = |address| told.iter().find(|mail| mail["to"] == address).unwrap();
    assert!(to("alice@example.org")["token"].is_null());
    let mail = to("new@example.org");
    assert_eq!(log_in(&service, "new@example.org", PASSWORD).status, 400);
    assert_eq!(post(&service, "verify-email", json!({ "token": token(mail) })).status, 204);
    assert_eq!(log_in(&service, "new@example.org", PASSWORD).status, 200);
    assert_eq!(log_in(&service, "alice@example.org", PASSWORD).status, 400);
}

#[test]
fn a_password_is_reset_by_mail_and_nobody_learns_who_has_an_account() {
    let service = Service::start(&[MAILS]);
    assert_eq!(register(&service, "alice", "alice@example.org").status, 201);
    mails(&service, 1);
    let tokens = log_in(&service, "alice@example.org", PASSWORD);
    let forgot = |email: &str| post(&service, "forgot-password", json!({ "email": email }));
    let (known, unknown) = (forgot("alice@example.org"), forgot("nobody@example.org"));
    assert_eq!((known.status, unknown.status), (202, 202));
    assert_eq!(known.body, unknown.body);

    let mail = mails(&service, 2).remove(1);
    assert_eq!(mail["to"], "alice@example.org");
    assert_eq!(mail["link"], Value::Null, "there is no page of ours");
    let reset = |password: &str| {
        let body = json!({ "token": token(&mail), "new_password": password });
        post(&service, "reset-password", body)
    };
    assert_eq!(reset("short").json()["field"], "new_password");
    assert_eq!(reset(NEW_PASSWORD).status, 204);
    assert_eq!(reset(NEW_PASSWORD).status, 400, "once");
    assert_eq!(service.refresh(&tokens.text("refresh_token")).status, 400);
    assert_eq!(service.ask("GET /tasks", &tokens.text("access_token"), "").status, 401);
    assert_eq!(log_in(&service, "alice@example.org", PASSWORD).status, 400);
    assert_eq!(log_in(&service, "alice@example.org", NEW_PASSWORD).status, 200);

    let all = mails(&service, 3);
    assert_eq!(all[2]["subject"], "Your password was changed");
    assert!(all.iter().all(|mail| mail["to"] == "alice@example.org"), "{all:?}");
    let log = service.end_of_log();
    assert!(!log.contains(&token(&mail)), "{log}");
}

#[test]
fn r180_a_private_registration_answers_alike_for_what_is_taken_and_what_is_free() {
    let service = Service::start(&[MAILS, ("REGISTER_MODE", "private")]);
    let first = register(&service, "alice", "alice@example.org");
    assert_eq!(first.status, 202, "{first:?}");
    let mail = mails(&service, 1).remove(0);
    assert_eq!(log_in(&service, "alice@example.org", PASSWORD).status, 400, "not confirmed yet");
    assert_eq!(post(&service, "verify-email", json!({ "token": token(&mail) })).status, 204);
    assert_eq!(log_in(&service, "alice@example.org", PASSWORD).status, 200);

    let again = register(&service, "alice2", "alice@example.org");
    assert_eq!((again.status, &again.body), (202, &first.body));
    let mail = mails(&service, 2).remove(1);
    assert_eq!((&mail["to"], &mail["token"]), (&json!("alice@example.org"), &Value::Null));
    assert_eq!(service.log_in("alice2", PASSWORD).status, 400);
}

#[test]
fn without_a_file_mails_are_in_the_log() {
    let service = Service::start(&[]);
    assert_eq!(register(&service, "alice", "alice@example.org").status, 201);
    let log = service.end_of_log();
    assert!(log.contains("mail to alice@example.org: Confirm your e-mail address"), "{log}");
}
