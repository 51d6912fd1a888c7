//! Plain HTTP is refused, by trusted word alone; what comes over https gets
//! `Strict-Transport-Security`.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use tokio_test::task;
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_bearer::{
    ConnectionScheme, Issuer, JwtAuthLayer, RequireHttpsLayer, SchemeSource, require_https,
};

use super::support::{Answer, answer, ask, at, bearer, request, subject, token};

pub(crate) const REFUSAL: &str = r#"{"error":"forbidden","error_description":"https is required"}"#;

pub(crate) fn by_connection() -> RequireHttpsLayer {
    require_https(SchemeSource::connection())
}

pub(crate) fn over_tls(mut request: Request<Body>) -> Request<Body> {
    request.extensions_mut().insert(ConnectionScheme::Https);
    request
}

/// Asks a plain tower service behind the layer, and says how often it was called.
pub(crate) async fn pass(layer: &RequireHttpsLayer, request: Request<Body>) -> (Answer, usize) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let inner = service_fn(move |_: Request<Body>| {
        counter.fetch_add(1, Ordering::Relaxed);
        async { Ok::<_, Infallible>(Response::new(Full::from("inner"))) }
    });
    let answer = answer(layer.layer(inner).oneshot(request).await.unwrap()).await;
    (answer, calls.load(Ordering::Relaxed))
}

pub(crate) async fn passes(layer: &RequireHttpsLayer, request: Request<Body>) -> bool {
    let (answer, calls) = pass(layer, request).await;
    match answer.status {
        StatusCode::OK => assert_eq!((answer.body.as_str(), calls), ("inner", 1)),
        _ => assert_refused(&answer, calls),
    }
    answer.status == StatusCode::OK
}

/// The whole of the refusal; nothing in it may depend on the request.
pub(crate) fn assert_refused(answer: &Answer, calls: usize) {
    assert_eq!((answer.status, calls, answer.kind), (StatusCode::FORBIDDEN, 0, None));
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(REFUSAL.len()));
    assert_eq!(answer.headers, headers);
    assert_eq!(answer.body, REFUSAL);
}

#[tokio::test]
async fn r197_plain_http_is_refused_for_every_method() {
    let get = pass(&by_connection(), request([])).await.0;
    for method in
        ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PURGE", "HEAD"]
    {
        let mut request = request([]);
        *request.method_mut() = method.parse().unwrap();
        let (mut answer, calls) = pass(&by_connection(), request).await;
        if method == "HEAD" {
            assert_eq!(answer.body, "");
            answer.body = get.body.clone();
        }
        assert_refused(&answer, calls);
    }
}

#[tokio::test]
async fn r197_a_preflight_and_an_unknown_path_are_refused() {
    let app = Router::new().route("/", get(|| async { "hello" }));
    let mut preflight = request([]);
    *preflight.method_mut() = Method::OPTIONS;
    let headers = preflight.headers_mut();
    headers.insert(header::ORIGIN, HeaderValue::from_static("https://example.org"));
    headers.insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("GET"));
    // Around the router: `Router::layer` leaves it the `Allow` of a method that has no route.
    let around = by_connection().layer(app.clone());
    assert_refused(&answer(around.oneshot(preflight).await.unwrap()).await, 0);

    let app = app.layer(by_connection());
    assert_refused(&ask(&app, at("/nowhere", request([]))).await, 0);
    assert_eq!(ask(&app, over_tls(at("/nowhere", request([])))).await.status, 404);
}

#[tokio::test]
async fn r198_the_refusal_is_no_oracle_for_credentials() {
    let issuer = Issuer::for_tests();
    let app = Router::new()
        .route("/", get(subject))
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()))
        .layer(by_connection());
    let good = token(&issuer);
    let credentials = || {
        let text = format!("Bearer {good}");
        let mut cookie = request([]);
        cookie.headers_mut().insert(header::COOKIE, HeaderValue::from_static("session=1"));
        [
            (bearer(&good), 200),
            (request([]), 401),
            (cookie, 401),
            (bearer(&token(&Issuer::for_tests())), 401),
            (bearer("a,b"), 400),
            (request([text.as_bytes(), text.as_bytes()]), 400),
            (request([b"Basic YTpi"]), 401),
            (request([&[b'x'; 20_000]]), 400),
        ]
    };
    for (request, status) in credentials() {
        assert_eq!(ask(&app, over_tls(request)).await.status, status);
    }
    for (request, _) in credentials() {
        assert_refused(&ask(&app, request).await, 0);
    }
}

#[tokio::test]
async fn r200_only_answers_over_https_have_strict_transport_security() {
    const ONE_YEAR: &str = "max-age=31536000";
    let issuer = Issuer::for_tests();
    let inner = Router::new()
        .route("/", get(subject))
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()))
        .route("/own", get(|| async { [("strict-transport-security", "max-age=7")] }));
    let hsts = |answer: &Answer| -> Vec<String> {
        let values = answer.headers.get_all(header::STRICT_TRANSPORT_SECURITY).iter();
        values.map(|value| value.to_str().unwrap().to_owned()).collect()
    };
    let app = inner.clone().layer(by_connection());
    for (path, token, status) in [
        ("/", Some(token(&issuer)), 200),
        ("/", None, 401),
        ("/nowhere", None, 401),
        ("/own", None, 200),
    ] {
        let ours = || at(path, token.as_deref().map_or_else(|| request([]), bearer));
        let answer = ask(&app, over_tls(ours())).await;
        assert_eq!(answer.status, status);
        let expected = if path == "/own" { "max-age=7" } else { ONE_YEAR };
        assert_eq!(hsts(&answer), [expected], "{path}");
        assert_eq!(hsts(&ask(&app, ours()).await), Vec::<String>::new(), "{path}");
    }
    for (max_age, expected) in [
        (Duration::ZERO, "max-age=0"),
        (Duration::from_nanos(1), "max-age=1"),
        (Duration::from_millis(1500), "max-age=2"),
        (Duration::MAX, "max-age=18446744073709551615"),
    ] {
        let app = inner.clone().layer(by_connection().without_hsts().hsts(max_age));
        assert_eq!(hsts(&ask(&app, over_tls(request([]))).await), [expected]);
    }
    let app = inner.layer(by_connection().hsts(Duration::from_secs(5)).without_hsts());
    assert!(hsts(&ask(&app, over_tls(request([]))).await).is_empty());
}

#[tokio::test]
async fn r197_a_connection_is_plain_unless_the_server_says_otherwise() {
    let layer = by_connection();
    assert!(passes(&layer, over_tls(request([]))).await);
    let mut plain = request([]);
    plain.extensions_mut().insert(ConnectionScheme::Http);
    assert!(!passes(&layer, plain).await);
    // What the client writes says nothing.
    let mut claimed = at("https://example.org/", request([]));
    claimed.headers_mut().insert("x-forwarded-proto", HeaderValue::from_static("https"));
    claimed.headers_mut().insert("forwarded", HeaderValue::from_static("proto=https"));
    claimed.headers_mut().insert("front-end-https", HeaderValue::from_static("on"));
    assert!(!passes(&layer, claimed).await);
}

#[tokio::test]
async fn a_custom_source_decides_alone() {
    let layer = require_https(SchemeSource::custom(|parts| parts.extensions.get() == Some(&7_u8)));
    let with = |number: u8| {
        let mut request = over_tls(request([]));
        request.extensions_mut().insert(number);
        request
    };
    assert!(passes(&layer, with(7)).await);
    assert!(!passes(&layer, with(8)).await);
}

/// One permit; a refused request that kept it would stop everybody.
#[tokio::test]
async fn r197_a_refused_request_keeps_no_permit() {
    async fn hello(_: Request<Body>) -> Result<Response<Full<Bytes>>, Infallible> {
        Ok(Response::new(Full::from("hello")))
    }
    let mut service = by_connection().layer(ConcurrencyLimit::new(service_fn(hello), 1));
    let mut other = service.clone();
    for _ in 0..3 {
        let refused = service.ready().await.unwrap().call(request([]));
        // It is there again before the refusal is even polled.
        assert!(task::spawn(other.ready()).poll().is_ready());
        assert_refused(&answer(refused.await.unwrap()).await, 0);

        let served = other.call(over_tls(request([])));
        assert!(task::spawn(service.ready()).poll().is_pending(), "one request at a time");
        assert_eq!(answer(served.await.unwrap()).await.body, "hello");
    }
}

#[tokio::test]
async fn the_error_of_the_inner_service_is_its_own() {
    let inner = service_fn(|_: Request<Body>| async { Err::<Response<Body>, _>("mine") });
    let service = by_connection().layer(inner);
    assert_eq!(service.clone().oneshot(over_tls(request([]))).await.unwrap_err(), "mine");
    assert_eq!(service.oneshot(request([])).await.unwrap().status(), StatusCode::FORBIDDEN);
}
