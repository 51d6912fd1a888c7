//! A token in a cookie, and pages of other sites (requirements 14, 202).

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use http::header::{COOKIE, HOST, UPGRADE};
use http::{Method, Request, StatusCode};
use tower_bearer::{AuthErrorKind, ConfigError, Issuer, JwtAuthLayer, RequestHead, TokenSource};

use super::support::{ask, subject, token};

const SITE: &str = "sec-fetch-site";
const ORIGIN: &str = "origin";

fn app(issuer: &Issuer) -> Router {
    let source = TokenSource::cookie("at").trust_origin("https://app.example").unwrap();
    let layer = JwtAuthLayer::new(issuer.verifier().unwrap()).token_source(source);
    Router::new().route("/", any(subject)).layer(layer)
}

fn with_cookie(method: Method, issuer: &Issuer, headers: &[(&'static str, &str)]) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    let cookie = format!("at={}", token(issuer));
    for (name, value) in [(COOKIE, cookie.as_str()), (HOST, "api.example")] {
        request.headers_mut().append(name, value.parse().unwrap());
    }
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    request
}

/// What shows, or does not show, that a page of this service made the request.
fn cases() -> Vec<(&'static [(&'static str, &'static str)], bool)> {
    vec![
        (&[(SITE, "same-origin")], true),
        (&[(SITE, "none")], true),
        (&[(SITE, "same-origin"), (ORIGIN, "https://api.example")], true),
        (&[(ORIGIN, "https://api.example")], true),
        (&[(SITE, "cross-site"), (ORIGIN, "https://app.example")], true),
        (&[(ORIGIN, "https://app.example")], true),
        (&[], false),
        (&[(SITE, "cross-site")], false),
        (&[(SITE, "same-site")], false),
        (&[(SITE, "Same-Origin")], false),
        (&[(SITE, "")], false),
        (&[(SITE, "same-origin"), (SITE, "same-origin")], false),
        (&[(SITE, "cross-site"), (ORIGIN, "https://api.example")], false),
        (&[(SITE, "same-site"), (ORIGIN, "https://other.api.example")], false),
        (&[(ORIGIN, "null")], false),
        (&[(ORIGIN, "https://evil.example")], false),
        (&[(ORIGIN, "https://api.example.evil.example")], false),
        (&[(ORIGIN, "https://api.example:8443")], false),
        (&[(ORIGIN, "https://evil.example/https://api.example")], false),
        (&[(ORIGIN, "http://app.example")], false),
        (&[(ORIGIN, "https://app.example.evil.example")], false),
        (&[(ORIGIN, "ftp://api.example")], false),
        (&[(ORIGIN, "https://")], false),
        (&[(ORIGIN, "https://api.example"), (ORIGIN, "https://app.example")], false),
    ]
}

#[tokio::test]
async fn r14_a_cookie_changes_nothing_for_a_page_of_another_site() {
    let issuer = Issuer::for_tests();
    let app = app(&issuer);
    let unknown = ["PURGE", "get", "CONNECT"].map(|name| name.parse().unwrap());
    let known = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    for method in known.into_iter().chain(unknown) {
        for (headers, passes) in cases() {
            let answer = ask(&app, with_cookie(method.clone(), &issuer, headers)).await;
            if passes {
                assert_eq!(answer.status, StatusCode::OK, "{method} {headers:?}");
            } else {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {headers:?}");
                assert_eq!(answer.kind, Some(AuthErrorKind::CrossSite));
                assert_eq!(answer.challenge, None, "no new token would help");
            }
        }
    }
}

#[tokio::test]
async fn r14_what_changes_nothing_passes() {
    let issuer = Issuer::for_tests();
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE] {
        let request = with_cookie(method, &issuer, &[(SITE, "cross-site")]);
        assert_eq!(ask(&app(&issuer), request).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn r14_a_token_that_a_browser_does_not_send_by_itself_needs_no_proof() {
    let issuer = Issuer::for_tests();
    let header = format!("Bearer {}", token(&issuer));
    let headers = [("authorization", header.as_str()), (SITE, "cross-site")];
    let request = with_cookie(Method::POST, &issuer, &headers);
    assert_eq!(ask(&app(&issuer), request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn r202_a_websocket_with_a_cookie_is_checked_though_it_is_a_get() {
    let issuer = Issuer::for_tests();
    for (headers, passes) in cases() {
        let mut request = with_cookie(Method::GET, &issuer, headers);
        request.headers_mut().insert(UPGRADE, "h2c, websocket".parse().unwrap());
        let expected = if passes { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(ask(&app(&issuer), request).await.status, expected, "{headers:?}");
    }
}

#[tokio::test]
async fn the_host_of_http_2_is_in_the_uri() {
    let issuer = Issuer::for_tests();
    for (uri, status) in [
        ("https://api.example/", StatusCode::OK),
        ("https://other.example/", StatusCode::FORBIDDEN),
    ] {
        let origin = (ORIGIN, "https://api.example");
        let mut request = with_cookie(Method::POST, &issuer, &[origin]);
        *request.uri_mut() = uri.parse().unwrap();
        assert_eq!(ask(&app(&issuer), request).await.status, status, "{uri}");
    }
}

#[test]
fn a_trusted_origin_is_an_origin() {
    let trust = |origin: &str| TokenSource::cookie("at").trust_origin(origin);
    for origin in ["https://a.example", "http://localhost:3000", "https://a.example:8443"] {
        trust(origin).unwrap();
    }
    for origin in [
        "",
        "a.example",
        "null",
        "*",
        "https://",
        "https://a.example/",
        "https://a.example/x",
        "https://a.example:443",
        "https://A.example",
        "https://u@a.example",
        "ftp://a.example",
        "https://a.example?",
        "https://\u{e9}.example",
    ] {
        let error = trust(origin).unwrap_err();
        assert!(matches!(error, ConfigError::InvalidValue { .. }), "{origin:?}");
    }
    assert!(TokenSource::query("access_token").trust_origin("https://a.example").is_err());
}

#[tokio::test]
async fn a_cookie_of_tls_takes_no_page_of_plain_http_for_its_own() {
    let issuer = Issuer::for_tests();
    for (name, origin, host, status) in [
        ("__Host-at", "https://api.example", "api.example", StatusCode::OK),
        ("__Host-at", "http://api.example", "api.example", StatusCode::FORBIDDEN),
        ("__Secure-at", "http://api.example", "api.example", StatusCode::FORBIDDEN),
        ("__Host-at", "http://localhost:8000", "localhost:8000", StatusCode::OK),
        ("at", "http://api.example", "api.example", StatusCode::OK),
    ] {
        let source = TokenSource::cookie(name);
        let layer = JwtAuthLayer::new(issuer.verifier().unwrap()).token_source(source);
        let app = Router::new().route("/", any(subject)).layer(layer);
        let mut request = with_cookie(Method::POST, &issuer, &[(ORIGIN, origin)]);
        let cookie = format!("{name}={}", token(&issuer)).parse().unwrap();
        request.headers_mut().insert(COOKIE, cookie);
        request.headers_mut().insert(HOST, host.parse().unwrap());
        assert_eq!(ask(&app, request).await.status, status, "{name} {origin}");
    }
}

#[tokio::test]
async fn r14_a_custom_token_that_is_sent_unasked_is_held_to_the_same_rule() {
    let issuer = Issuer::for_tests();
    let source = TokenSource::custom(|request: &RequestHead<'_>| {
        Some(request.headers.get("x-token")?.to_str().ok()?.to_owned())
    });
    let layer = JwtAuthLayer::new(issuer.verifier().unwrap());
    let layer = layer.token_source(source.sent_unasked());
    let app = Router::new().route("/", any(subject)).layer(layer);
    let token = token(&issuer);
    let asked = |site: &'static str, more: Option<&str>| {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = Method::POST;
        request.headers_mut().insert("x-token", token.parse().unwrap());
        request.headers_mut().insert(SITE, site.parse().unwrap());
        if let Some(more) = more {
            request.headers_mut().insert("authorization", more.parse().unwrap());
        }
        request
    };
    assert_eq!(ask(&app, asked("cross-site", None)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ask(&app, asked("same-origin", None)).await.status, StatusCode::OK);
    let header = format!("Bearer {token}");
    let answer = ask(&app, asked("cross-site", Some(&header))).await;
    assert_eq!(answer.status, StatusCode::OK, "it gives way");
}
