//! The redirect of browser pages, and plain HTTP as it is on the wire.

use std::convert::Infallible;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceBuilder;
use tower_bearer::{
    ConfigError, PeerAddr, RequireHttpsLayer, SchemeSource, TrustedProxies, require_https,
};

use super::support::{at, request};
use super::transport::{REFUSAL, assert_refused, by_connection, over_tls, pass};

fn pages() -> RequireHttpsLayer {
    by_connection().redirect_pages_to("https://example.org").unwrap()
}

fn with(method: Method, uri: &str) -> Request<Body> {
    let mut request = at(uri, request([]));
    *request.method_mut() = method;
    request
}

#[tokio::test]
async fn r197_pages_are_redirected_only_where_asked_for() {
    for method in [Method::GET, Method::HEAD] {
        let (answer, calls) = pass(&pages(), with(method.clone(), "/a?b=c")).await;
        assert_eq!((answer.status, calls), (StatusCode::PERMANENT_REDIRECT, 0));
        assert_eq!(answer.headers.len(), 1, "{:?}", answer.headers);
        assert_eq!(answer.headers[header::LOCATION], "https://example.org/a?b=c");
        assert_eq!(answer.body, "");
        assert_eq!(pass(&by_connection(), with(method, "/a?b=c")).await.0.status, 403);
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"] {
        let (answer, calls) = pass(&pages(), with(method.parse().unwrap(), "/a")).await;
        assert_refused(&answer, calls);
    }
    let (answer, calls) = pass(&pages(), over_tls(with(Method::GET, "/a"))).await;
    assert_eq!((answer.status, calls), (StatusCode::OK, 1));
}

#[tokio::test]
async fn r197_a_redirect_never_follows_what_the_client_wrote() {
    for (uri, location) in [
        ("/", "https://example.org/"),
        ("//evil.example/x", "https://example.org//evil.example/x"),
        ("/\\evil.example", "https://example.org/\\evil.example"),
        ("/@evil.example", "https://example.org/@evil.example"),
        ("/%0d%0aSet-Cookie:a=b", "https://example.org/%0d%0aSet-Cookie:a=b"),
        ("http://evil.example/x?y", "https://example.org/x?y"),
        ("http://evil.example", "https://example.org/"),
        ("http://evil.example?x", "https://example.org/?x"),
        ("http://a@evil.example:8080/x", "https://example.org/x"),
        ("https://evil.example/x", "https://example.org/x"),
    ] {
        let mut request = with(Method::GET, uri);
        for name in ["host", "x-forwarded-host", "x-original-url"] {
            request.headers_mut().insert(name, HeaderValue::from_static("evil.example"));
        }
        let (answer, _) = pass(&pages(), request).await;
        assert_eq!(answer.headers[header::LOCATION], location, "{uri}");
    }
    // No path, so no page: each would become part of the host.
    for (method, uri) in [
        (Method::GET, "*"),
        (Method::OPTIONS, "*"),
        (Method::GET, "evil.example"),
        (Method::GET, ".evil.example:443"),
        (Method::CONNECT, "evil.example:443"),
        (Method::GET, "/\u{e9}"),
        (Method::GET, "/a?\u{e9}"),
    ] {
        let (answer, calls) = pass(&pages(), with(method, uri)).await;
        assert_refused(&answer, calls);
    }
}

/// Every target that these pieces make, up to four of them.
#[tokio::test]
async fn r197_every_location_is_on_the_configured_origin() {
    const PIECES: [&str; 16] = [
        "/",
        "\\",
        "@",
        ":",
        "?",
        "#",
        "*",
        ".",
        "evil.example",
        "http://",
        "%0d%0a",
        "\r\n",
        "\t",
        "\u{7f}",
        "\u{e9}",
        "[::1]",
    ];
    let layer = pages();
    let (mut redirected, mut refused) = (0, 0);
    let mut targets = vec![String::new()];
    for _ in 0..4 {
        targets = targets
            .iter()
            .flat_map(|start| PIECES.iter().map(move |piece| format!("{start}{piece}")))
            .collect();
        for uri in targets.iter().filter_map(|target| target.parse::<Uri>().ok()) {
            let mut request = request([]);
            *request.uri_mut() = uri.clone();
            let (answer, calls) = pass(&layer, request).await;
            let Some(location) = answer.headers.get(header::LOCATION) else {
                assert_refused(&answer, calls);
                refused += 1;
                continue;
            };
            let location = location.to_str().unwrap();
            let rest = location.strip_prefix("https://example.org").unwrap();
            assert!(rest.starts_with('/'), "{uri:?}: {location}");
            assert!(rest.bytes().all(|byte| byte.is_ascii_graphic()), "{uri:?}: {location}");
            let seen: Uri = location.parse().unwrap();
            assert_eq!(seen.authority().unwrap(), "example.org");
            assert_eq!((seen.path(), seen.query()), (uri.path(), uri.query()));
            redirected += 1;
        }
    }
    assert!(redirected > 1000 && refused > 100, "{redirected} redirected, {refused} refused");
}

#[tokio::test]
async fn the_origin_of_pages_is_checked() {
    for (origin, location) in [
        ("https://example.org", "https://example.org/a"),
        ("https://example.org/", "https://example.org/a"),
        ("https://Example.org:8443", "https://Example.org:8443/a"),
        ("https://192.0.2.1", "https://192.0.2.1/a"),
        ("https://[2001:db8::1]:443/", "https://[2001:db8::1]:443/a"),
        ("https://localhost:65535", "https://localhost:65535/a"),
    ] {
        let layer = by_connection().redirect_pages_to(origin).unwrap();
        let (answer, _) = pass(&layer, with(Method::GET, "/a")).await;
        assert_eq!(answer.headers[header::LOCATION], location);
        // Of two calls the later holds.
        let later = layer.redirect_pages_to("https://later.example").unwrap();
        let (answer, _) = pass(&later, with(Method::GET, "/a")).await;
        assert_eq!(answer.headers[header::LOCATION], "https://later.example/a");
    }
    for origin in [
        "",
        "example.org",
        "//example.org",
        "http://example.org",
        "HTTPS://example.org",
        "https:",
        "https://",
        "https:///",
        "https:///a",
        "https://example.org/a",
        "https://example.org//",
        "https://example.org?",
        "https://example.org#",
        "https://example.org/?a",
        "https://me@example.org",
        "https://a@a",
        "https://me:pw@example.org",
        "https://example.org:",
        "https://example.org:0",
        "https://example.org:+1",
        "https://example.org:65536",
        "https://example.org:a",
        "https://:443",
        "https://a:1:2",
        "https://[::1",
        "https://::1",
        "https://[::1]a",
        "https://[a]",
        "https://*",
        "https://*.example.org",
        "https://a b",
        " https://example.org",
        "https://example.org\r\n",
        "https://example.org\\a",
        "https://ex\u{e4}mple.org",
        "https://a,b",
        "https://a%2eb",
    ] {
        let error = by_connection().redirect_pages_to(origin).unwrap_err();
        assert!(matches!(error, ConfigError::InvalidValue { .. }), "{origin}");
        assert!(error.to_string().contains("a host and perhaps a port"), "{origin}: {error}");
    }
}

/// The answer of a server, byte by byte, to what this peer writes.
async fn on_the_wire(peer: &'static str, text: &str) -> String {
    let proxies = TrustedProxies::new(["10.0.0.0/8"]).unwrap();
    let service = ServiceBuilder::new()
        .map_request(move |mut request: Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(PeerAddr(peer.parse().unwrap()));
            request
        })
        .layer(require_https(SchemeSource::forwarded(proxies)))
        .service_fn(|_: Request<hyper::body::Incoming>| async {
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"hello"))))
        });
    let (mut client, server) = tokio::io::duplex(64 * 1024);
    tokio::spawn(
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(server), TowerToHyperService::new(service)),
    );
    client.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn r197_plain_hyper_refuses_whatever_a_client_writes() {
    const PROXY: &str = "10.0.0.1:1";
    const CLIENT: &str = "192.0.2.1:1";
    let plain = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let absolute = "GET https://a/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let claimed =
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-Proto: https\r\n\r\n";
    let tabbed =
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-FORWARDED-PROTO: \thttps \t\r\n\r\n";
    let twice = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-Proto: https\r\n\
                 X-Forwarded-Proto: http\r\n\r\n";
    for (peer, text) in [
        (CLIENT, plain),
        (CLIENT, absolute),
        (CLIENT, claimed),
        (PROXY, plain),
        (PROXY, absolute),
        (PROXY, twice),
    ] {
        let answer = on_the_wire(peer, text).await;
        assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{text}{answer}");
        assert!(answer.ends_with(&format!("\r\n\r\n{REFUSAL}")), "{text}{answer}");
        assert!(!answer.contains("strict-transport-security"), "{answer}");
    }
    for text in [claimed, tabbed] {
        let answer = on_the_wire(PROXY, text).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{text}{answer}");
        assert!(answer.contains("strict-transport-security: max-age=31536000\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    }
    // HEAD: the same headers, and nothing after them.
    let head = on_the_wire(CLIENT, &plain.replace("GET", "HEAD")).await;
    let get = on_the_wire(CLIENT, plain).await;
    let without_date = |answer: &str| -> Vec<String> {
        answer.lines().filter(|line| !line.starts_with("date:")).map(str::to_owned).collect()
    };
    assert_eq!(without_date(&head), without_date(get.strip_suffix(REFUSAL).unwrap()));
}
