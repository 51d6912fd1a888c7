//! Whose failed logins are counted: requirement 177, through a real proxy.

use std::net::{Ipv4Addr, SocketAddr};

use crate::app::App;
use crate::client::Answer;
use crate::from::{ALICE, BOB, PROXY, plain, secure};
use crate::nginx::{self, Nginx};
use crate::service::{JSON, Service};

type Send = fn(Ipv4Addr, SocketAddr, &str, &[&str], &[u8]) -> Answer;

/// The status of a login that fails, of a client who claims this in a header.
fn failed(send: Send, from: Ipv4Addr, to: SocketAddr, claim: &str) -> u16 {
    let body = br#"{"username":"nobody","password":"whatever it may be"}"#;
    let headers = [JSON, claim, "Sec-Fetch-Site: same-origin"];
    send(from, to, "POST /auth/login", &headers, body).status
}

/// Three may come at once.
fn assert_counted_as_one(send: Send, from: Ipv4Addr, to: SocketAddr, claims: [&str; 4]) {
    let statuses = claims.map(|claim| failed(send, from, to, claim));
    assert_eq!(statuses, [400, 400, 400, 429]);
}

const CLAIMS: [&str; 4] = [
    "X-Forwarded-For: 203.0.113.1",
    "X-Forwarded-For: 203.0.113.2, 127.0.0.1",
    "X-Forwarded-For: 127.0.0.1",
    "X-Forwarded-For: unknown",
];

#[test]
fn r177_behind_nginx_what_a_client_claims_to_be_counts_for_nothing() {
    let app = App::start();
    let Some(nginx) = Nginx::before(app.addr) else { return };
    assert_counted_as_one(secure, ALICE, nginx.https, CLAIMS);
    // Who has tried too often can't put it on another, nor is it put on all.
    assert_eq!(failed(secure, BOB, nginx.https, "X-Forwarded-For: 127.0.0.2"), 400);
    assert_eq!(failed(secure, ALICE, nginx.https, "X-Forwarded-For: 127.0.0.3"), 429);
}

#[test]
fn r177_a_header_that_does_not_come_from_the_proxy_is_not_read() {
    let service = Service::start(&[
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("LOGIN_RATE", "off"),
        ("LOGIN_RATE_PER_ADDRESS", "3/hour"),
    ]);
    let Some(nginx) = Nginx::before(service.addr) else { return };
    // Straight to the port of the service.
    assert_counted_as_one(plain, ALICE, service.addr, CLAIMS);
    // It is the same client who comes by the proxy, and another one who does not.
    assert_eq!(failed(secure, ALICE, nginx.https, "X-Forwarded-For: 203.0.113.9"), 429);
    assert_eq!(failed(secure, BOB, nginx.https, "X-Forwarded-For: 203.0.113.9"), 400);
    // The proxy's own address may say what it likes: that is what trust means.
    for at in 1..6 {
        let claim = format!("X-Forwarded-For: 203.0.113.{at}");
        assert_eq!(failed(plain, PROXY, service.addr, &claim), 400);
    }
}

#[test]
fn r177_the_header_that_was_not_named_is_neither_passed_on_nor_read() {
    let app = App::start();
    let Some(nginx) = Nginx::before(app.addr) else { return };
    let claims = ["1", "2", "3", "4"].map(|at| format!("Forwarded: for=203.0.113.{at}"));
    assert_counted_as_one(secure, ALICE, nginx.https, claims.each_ref().map(String::as_str));
    let headers = [app.bearer(), claims[0].clone()];
    let headers = headers.each_ref().map(String::as_str);
    let arrived = secure(ALICE, nginx.https, "GET /arrived", &headers, b"").json();
    assert_eq!(arrived["forwarded"], serde_json::json!([]));
    assert_eq!(arrived["for"], serde_json::json!(["127.0.0.2"]));
}

#[test]
fn r177_forwarded_is_read_where_nginx_writes_it() {
    let app = App::with(&[("TRUSTED_PROXIES", "127.0.0.1"), ("TRUSTED_PROXY_HEADER", "forwarded")]);
    let line = (r#"Forwarded "";"#, "Forwarded $forwarded_node;");
    let nodes = nginx::block("### `Forwarded` instead");
    let Some(nginx) = Nginx::with(app.addr, nodes, &[line]) else { return };
    let claims = [
        "Forwarded: for=203.0.113.1",
        r#"Forwarded: for=203.0.113.2;x=", for=""#,
        "Forwarded: for=127.0.0.1",
        "X-Forwarded-For: 203.0.113.4",
    ];
    assert_counted_as_one(secure, ALICE, nginx.https, claims);
    assert_eq!(failed(secure, BOB, nginx.https, "Forwarded: for=127.0.0.2"), 400);
    let headers = [app.bearer(), claims[1].to_owned()];
    let headers = headers.each_ref().map(String::as_str);
    let arrived = secure(ALICE, nginx.https, "GET /arrived", &headers, b"").json();
    assert_eq!(arrived["forwarded"], serde_json::json!(["for=127.0.0.2"]));
}

/// The outer proxy speaks to the inner one from 127.0.0.9.
#[test]
fn r177_two_proxies_that_are_trusted_are_seen_through() {
    let app = App::with(&[("TRUSTED_PROXIES", "127.0.0.1, 127.0.0.9")]);
    let schemes = nginx::changed(nginx::block("### Two proxies"), &[("192.0.2.10", "127.0.0.9")]);
    let own = ("X-Forwarded-Proto $scheme;", "X-Forwarded-Proto $scheme_of_client;");
    let Some(inner) = Nginx::with(app.addr, &schemes, &[own]) else { return };
    let bind = ("proxy_pass http://api;", "proxy_pass http://api; proxy_bind 127.0.0.9;");
    let Some(outer) = Nginx::with(inner.http, "", &[bind]) else { return };

    assert_counted_as_one(secure, ALICE, outer.https, CLAIMS);
    assert_eq!(failed(secure, BOB, outer.https, "X-Forwarded-For: 127.0.0.2"), 400);
    let headers = [app.bearer()];
    let headers = headers.each_ref().map(String::as_str);
    let arrived = secure(ALICE, outer.https, "GET /arrived", &headers, b"").json();
    assert_eq!(arrived["for"], serde_json::json!(["127.0.0.2, 127.0.0.9"]));
    assert_eq!(arrived["proto"], serde_json::json!(["https"]));

    // In plain text to the outer one, or to the inner one past it: neither becomes https.
    let forged = [headers[0], "X-Forwarded-Proto: https"];
    assert_eq!(plain(ALICE, outer.http, "GET /hello", &forged, b"").status, 403);
    assert_eq!(plain(ALICE, inner.http, "GET /hello", &forged, b"").status, 403);
    assert_eq!(secure(ALICE, outer.https, "GET /hello", &forged, b"").status, 200);

    // One that is not trusted is the client, for all who come by it.
    let app = App::start();
    let Some(inner) = Nginx::with(app.addr, &schemes, &[own]) else { return };
    let Some(outer) = Nginx::with(inner.http, "", &[bind]) else { return };
    assert_counted_as_one(secure, ALICE, outer.https, CLAIMS);
    assert_eq!(failed(secure, BOB, outer.https, "X-Forwarded-For: 203.0.113.8"), 429);
}
