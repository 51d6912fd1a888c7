//! Bodies that are too large, of another kind, or not what they should be.

use std::io::Write;

use crate::client;
use crate::service::{FORM, JSON, Service};

const MIB: usize = 1024 * 1024;

#[test]
fn a_body_of_a_mebibyte_is_answered_with_413() {
    let service = Service::start(&[]);
    let bearer = format!("Authorization: Bearer {}", service.user("alice"));
    let body = vec![b' '; MIB];
    let targets = [("POST /tasks", JSON), ("PUT /tasks/1", JSON), ("POST /auth/register", JSON)];
    for (target, content_type) in targets.into_iter().chain([
        ("POST /auth/token", FORM),
        // The size comes before the type.
        ("POST /tasks", "Content-Type: text/plain"),
    ]) {
        let answer = service.send(target, &[&bearer, content_type], &body);
        assert_eq!(answer.status, 413, "{target}");
        assert_eq!(answer.text("error_description"), "the body is too large", "{target}");
    }

    // Chunked, so that no length warns the service.
    let mut stream = client::connect(service.addr);
    stream.write_all(&client::head("POST /tasks", &[&bearer, JSON], None)).unwrap();
    stream.write_all(format!("{MIB:x}\r\n").as_bytes()).unwrap();
    stream.write_all(&body).unwrap();
    stream.write_all(b"\r\n0\r\n\r\n").unwrap();
    assert_eq!(client::receive(&mut stream).status, 413);
}

#[test]
fn a_large_body_does_not_hide_another_refusal() {
    let service = Service::start(&[]);
    let body = vec![b' '; MIB];
    for (target, status) in
        [("POST /tasks", 401), ("POST /items", 401), ("POST /nowhere", 404), ("PUT /tasks", 405)]
    {
        assert_eq!(service.send(target, &[JSON], &body).status, status, "{target}");
    }
}

#[test]
fn the_limit_is_16_kib() {
    let service = Service::start(&[]);
    let alice = service.user("alice");
    let body = |length: usize| {
        let mut body = r#"{"title":"x","more":""#.to_owned();
        body.push_str(&"m".repeat(length - body.len() - 2));
        body + r#""}"#
    };
    assert_eq!(service.ask("POST /tasks", &alice, &body(16 * 1024)).status, 201);
    assert_eq!(service.ask("POST /tasks", &alice, &body(16 * 1024 + 1)).status, 413);
}

#[test]
fn a_body_that_is_no_task_is_refused_with_the_reason() {
    let service = Service::start(&[]);
    let alice = service.user("alice");
    let long = format!(r#"{{"title":"{}"}}"#, "ä".repeat(201));
    let deep = format!(r#"{{"title":"x","more":{}"#, "[".repeat(5000));
    for (status, body) in [
        (400, "{"),
        (400, r#"["title"]"#),
        (400, r#""title""#),
        (400, r#"{"title":"x"} more"#),
        (400, "{\"title\":\"\\ud800\"}"),
        (400, deep.as_str()),
        (422, "{}"),
        (422, r#"{"title":null}"#),
        (422, r#"{"title":7}"#),
        (422, r#"{"title":""}"#),
        (422, r#"{"title":"a\u0000b"}"#),
        (422, r#"{"title":"a\nb"}"#),
        (422, r#"{"title":"x","title":"y"}"#),
        (422, r#"{"title":"x","done":"yes"}"#),
        (422, long.as_str()),
    ] {
        for target in ["POST /tasks", "PUT /tasks/1"] {
            let answer = service.ask(target, &alice, body);
            assert_eq!(answer.status, status, "{target} {body}");
            let error = if status == 400 { "invalid_request" } else { "invalid_field" };
            assert_eq!(answer.text("error"), error, "{target} {body}");
        }
    }
    let invalid = client::send(
        service.addr,
        "POST /tasks",
        &[&format!("Authorization: Bearer {alice}"), JSON],
        b"{\"title\":\"\xff\"}",
    );
    assert_eq!(invalid.status, 400);
    let longest = format!(r#"{{"title":"{}"}}"#, "ä".repeat(200));
    assert_eq!(service.ask("POST /tasks", &alice, &longest).status, 201);
}

#[test]
fn the_content_type_must_be_json() {
    let service = Service::start(&[]);
    let bearer = format!("Authorization: Bearer {}", service.user("alice"));
    let body = r#"{"title":"x"}"#;
    assert_eq!(service.send("POST /tasks", &[&bearer], body).status, 415);
    for (content_type, status) in [
        ("Content-Type: text/plain", 415),
        (FORM, 415),
        ("Content-Type: application/jsonp", 415),
        ("Content-Type: Application/JSON; charset=utf-8", 201),
    ] {
        let answer = service.send("POST /tasks", &[&bearer, content_type], body);
        assert_eq!(answer.status, status, "{content_type}");
    }
}

#[test]
fn the_token_is_checked_before_the_body() {
    let service = Service::start(&[]);
    for target in ["POST /tasks", "PUT /tasks/1", "POST /items"] {
        assert_eq!(service.send(target, &[JSON], "{ nonsense").status, 401, "{target}");
    }
    let alice = service.user("alice");
    assert_eq!(service.ask("POST /items", &alice, "{ nonsense").status, 403);
}
