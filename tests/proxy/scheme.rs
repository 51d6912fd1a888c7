//! No request over plain HTTP: requirements 197 to 200, through a real proxy.

use std::process::Command;

use crate::app::App;
use crate::client::Answer;
use crate::from::{ALICE, PROXY, plain, secure};
use crate::nginx::{self, Nginx};

const FORGED: &str = "X-Forwarded-Proto: https";
const HSTS: &str = "strict-transport-security";

fn assert_refused(answer: &Answer) {
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(answer.body, r#"{"error":"forbidden","error_description":"https is required"}"#);
    for header in [HSTS, "www-authenticate", "location"] {
        assert_eq!(answer.header(header), None);
    }
}

#[test]
fn r197_r200_plain_http_through_nginx_is_refused_and_https_is_served_with_hsts() {
    let app = App::start();
    let Some(nginx) = Nginx::before(app.addr) else { return };
    let bearer = app.bearer();
    for target in ["GET /hello", "POST /auth/login", "OPTIONS /hello", "GET /nowhere"] {
        assert_refused(&plain(ALICE, nginx.http, target, &[&bearer], b""));
        assert_refused(&plain(ALICE, nginx.http, target, &[], b""));
    }
    let served = secure(ALICE, nginx.https, "GET /hello", &[&bearer], b"");
    assert_eq!((served.status, served.body.as_str()), (200, "alice"));
    assert_eq!(served.header(HSTS), Some("max-age=31536000"));
    let refused = secure(ALICE, nginx.https, "GET /hello", &[], b"");
    assert_eq!((refused.status, refused.header(HSTS)), (401, Some("max-age=31536000")));
}

#[test]
fn r197_a_forged_scheme_is_overwritten_and_would_be_believed_otherwise() {
    let app = App::start();
    let Some(nginx) = Nginx::before(app.addr) else { return };
    let bearer = app.bearer();
    for forged in [FORGED, "X-Forwarded-Proto: https, https", "Forwarded: proto=https"] {
        assert_refused(&plain(ALICE, nginx.http, "GET /hello", &[&bearer, forged], b""));
    }
    // A client over https loses nothing by saying http.
    let modest = "X-Forwarded-Proto: http";
    assert_eq!(secure(ALICE, nginx.https, "GET /hello", &[&bearer, modest], b"").status, 200);

    let line = "proxy_set_header X-Forwarded-Proto $scheme;";
    let Some(careless) = Nginx::with(app.addr, "", &[(line, "")]) else { return };
    let answer = plain(ALICE, careless.http, "GET /hello", &[&bearer, FORGED], b"");
    assert_eq!(answer.status, 200, "the line of the page is what keeps a forged header out");
    assert_refused(&secure(ALICE, careless.https, "GET /hello", &[&bearer], b""));
}

#[test]
fn r197_the_scheme_is_believed_of_the_proxy_and_of_nobody_else() {
    let app = App::start();
    let bearer = app.bearer();
    let headers = [bearer.as_str(), FORGED, "X-Forwarded-For: 127.0.0.1"];
    assert_refused(&plain(ALICE, app.addr, "GET /hello", &headers, b""));
    assert_eq!(plain(PROXY, app.addr, "GET /hello", &headers, b"").status, 200);
    assert_refused(&plain(PROXY, app.addr, "GET /hello", &headers[..1], b""));
}

#[test]
fn the_lines_of_the_page_work_in_a_shell() {
    let app = App::start();
    let Some(nginx) = Nginx::before(app.addr) else { return };
    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: there is no curl");
        return;
    }
    let page = include_str!("../../docs/guide/deployment.md");
    let (_, block) = page.split_once("<!-- test: curl through nginx: ").unwrap();
    let (statuses, block) = block.split_once(" -->\n```sh\n").unwrap();
    let (script, _) = block.split_once("```").unwrap();
    // The host's name has an address and a certificate here alone.
    let home = tempfile::tempdir().unwrap();
    let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/authority.crt");
    let connect = |port, to| format!("connect-to = \"localhost:{port}:{to}\"\n");
    let settings = format!("cacert = \"{authority}\"\n")
        + &connect(443, nginx.https)
        + &connect(80, nginx.http);
    std::fs::write(home.path().join(".curlrc"), settings).unwrap();
    let output = Command::new("sh")
        .args(["-c", &script.replace("api.example.com", "localhost")])
        .env("HOME", home.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answered: Vec<&str> =
        text.split("HTTP/").skip(1).filter_map(|answer| answer.split(' ').nth(1)).collect();
    assert_eq!(answered, statuses.split(' ').collect::<Vec<_>>(), "{text}");
}

#[test]
fn nginx_takes_the_lines_for_grpc() {
    let Some(program) = nginx::program() else { return };
    let server = |location: &str| format!("server {{\nlisten 127.0.0.1:1 http2;\n{location}\n}}");
    let (accepted, says) = nginx::accepts(&program, &server(nginx::block("### gRPC")));
    assert!(accepted, "{says}");
    let (accepted, _) = nginx::accepts(&program, &server("location / { grpc_pas x; }"));
    assert!(!accepted, "the test tells one from the other");
}
