//! What comes through nginx unharmed, and what it keeps back.

use crate::app::App;
use crate::from::{ALICE, PROXY, plain, secure};
use crate::nginx::Nginx;
use crate::service::JSON;

#[test]
fn a_challenge_and_a_cookie_come_through_as_they_are() {
    let app = App::start();
    let Some(nginx) = Nginx::before(app.addr) else { return };
    let https = "X-Forwarded-Proto: https";
    let bearer = app.bearer();
    for headers in [vec![], vec!["Authorization: Bearer a.b.c"], vec!["Authorization: Bearer a b"]]
    {
        let through = secure(ALICE, nginx.https, "GET /hello", &headers, b"");
        let straight = plain(PROXY, app.addr, "GET /hello", &[headers, vec![https]].concat(), b"");
        assert_eq!((through.status, &through.body), (straight.status, &straight.body));
        let challenge = through.header("www-authenticate").unwrap();
        assert_eq!(Some(challenge), straight.header("www-authenticate"));
    }
    let answer = secure(ALICE, nginx.https, "GET /cookie/20", &[&bearer], b"");
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-access=xxxxxxxxxxxxxxxxxxxx; "), "{cookie}");
    for attribute in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
}

#[test]
fn a_token_of_the_greatest_length_comes_through() {
    let app = App::start();
    let Some(nginx) = Nginx::before(app.addr) else { return };
    // What is left of 8 KiB beside the scheme and the other claims, in base64.
    let most = 8192 - "Bearer ".len();
    let token = app.token((most - app.token(0).len()) * 3 / 4);
    assert!((most - 8..=most).contains(&token.len()), "{}", token.len());
    let bearer = format!("Authorization: Bearer {token}");
    let answer = secure(ALICE, nginx.https, "GET /hello", &[&bearer], b"");
    assert_eq!(answer.status, 200, "{answer:?}");
    // Longer ones are refused by the service, in its own words, up to the limit of nginx.
    let longer = format!("Authorization: Bearer {}", app.token(9000));
    let answer = secure(ALICE, nginx.https, "GET /hello", &[&longer], b"");
    assert_eq!((answer.status, answer.text("error_code").as_str()), (400, "credentials_too_long"));

    let line = "large_client_header_buffers 4 16k;";
    let Some(narrow) = Nginx::with(app.addr, "", &[(line, "")]) else { return };
    let answer = secure(ALICE, narrow.https, "GET /hello", &[&bearer], b"");
    assert_eq!((answer.status, answer.header("content-type")), (400, Some("text/html")));
}

#[test]
fn a_long_cookie_comes_back() {
    let app = App::start();
    let Some(nginx) = Nginx::before(app.addr) else { return };
    let bearer = app.bearer();
    let answer = secure(ALICE, nginx.https, "GET /cookie/8000", &[&bearer], b"");
    assert_eq!(answer.status, 200);
    assert!(answer.header("set-cookie").unwrap().len() > 8000);

    let changes = [("proxy_buffer_size 16k;", ""), ("proxy_buffers 8 16k;", "")];
    let Some(narrow) = Nginx::with(app.addr, "", &changes) else { return };
    assert_eq!(secure(ALICE, narrow.https, "GET /cookie/8000", &[&bearer], b"").status, 502);
    assert!(narrow.log().contains("upstream sent too big header"), "{}", narrow.log());
}

#[test]
fn a_body_ends_at_the_limit_of_the_router_or_at_that_of_nginx() {
    let app = App::start();
    let Some(nginx) = Nginx::before(app.addr) else { return };
    let body = |bytes: usize| format!(r#"{{"username":"{}"}}"#, "x".repeat(bytes));
    let send =
        |bytes| secure(ALICE, nginx.https, "POST /auth/login", &[JSON], body(bytes).as_bytes());
    let answer = send(20 * 1024);
    assert_eq!((answer.status, answer.text("error").as_str()), (413, "invalid_request"));
    let answer = send(1100 * 1024);
    assert_eq!((answer.status, answer.header("content-type")), (413, Some("text/html")));

    let bearer = app.bearer();
    let upload = vec![b'x'; 900 * 1024];
    let answer = secure(ALICE, nginx.https, "PUT /upload", &[&bearer], &upload);
    assert_eq!((answer.status, answer.body), (200, upload.len().to_string()));
}
