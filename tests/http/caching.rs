//! What caches are told (requirement 201).

use axum::Router;
use axum::response::AppendHeaders;
use axum::routing::get;
use http::StatusCode;
use http::header::{CACHE_CONTROL, COOKIE, VARY};
use tower_bearer::{Issuer, JwtAuthLayer, RequestHead, TokenSource};

use super::support::{Answer, ask, bearer, request, token};

fn app(layer: JwtAuthLayer, own_vary: &'static [&'static str]) -> Router {
    let handler = get(async move || AppendHeaders(own_vary.iter().map(|name| (VARY, *name))));
    Router::new().route("/", handler).layer(layer)
}

fn vary(answer: &Answer) -> Vec<String> {
    let values = answer.headers.get_all(VARY).iter();
    values.map(|value| value.to_str().unwrap().to_ascii_lowercase()).collect()
}

#[tokio::test]
async fn r201_answers_vary_by_what_may_hold_an_optional_token() {
    let issuer = Issuer::for_tests();
    let layer = JwtAuthLayer::new(issuer.verifier().unwrap());
    let with_cookie = layer.clone().token_source(TokenSource::cookie("at"));
    let custom = TokenSource::custom(|_: &RequestHead<'_>| None);
    let cases: [(JwtAuthLayer, &[&str], &[&str]); 9] = [
        (layer.clone(), &[], &[]),
        (with_cookie.clone(), &[], &[]),
        (layer.clone().optional(), &[], &["authorization"]),
        (layer.clone().optional_even_if_invalid(), &[], &["authorization"]),
        (with_cookie.clone().optional(), &[], &["authorization", "cookie"]),
        (layer.clone().optional(), &["accept"], &["accept", "authorization"]),
        (layer.clone().optional(), &["accept, Authorization"], &["accept, authorization"]),
        (with_cookie.optional(), &["*"], &["*"]),
        (layer.token_source(custom).optional(), &[], &["*"]),
    ];
    for (layer, own, expected) in cases {
        let app = app(layer.clone(), own);
        assert_eq!(vary(&ask(&app, bearer(&token(&issuer))).await), expected, "{layer:?}");
        let anonymous = ask(&app, request([])).await;
        if anonymous.status == StatusCode::OK {
            assert_eq!(vary(&anonymous), expected, "with and without a token");
        }
    }
}

#[tokio::test]
async fn r201_answers_to_a_cookie_are_private_unless_the_service_says_otherwise() {
    let issuer = Issuer::for_tests();
    let source = TokenSource::cookie("at");
    let layer = JwtAuthLayer::new(issuer.verifier().unwrap()).token_source(source).optional();
    for (own, expected) in [
        (None, Some("private")),
        (Some("no-cache"), Some("private")),
        (Some("max-age=60"), Some("private")),
        (Some("no-store"), Some("no-store")),
        (Some("max-age=60, Public"), Some("max-age=60, Public")),
        (Some("s-maxage = 60"), Some("s-maxage = 60")),
    ] {
        let handler = get(async move || AppendHeaders(own.map(|own| (CACHE_CONTROL, own))));
        let app = Router::new().route("/", handler).layer(layer.clone());
        let mut with_cookie = request([]);
        let cookie = format!("at={}", token(&issuer)).parse().unwrap();
        with_cookie.headers_mut().insert(COOKIE, cookie);
        for (request, expected) in [(with_cookie, expected), (request([]), own)] {
            let answer = ask(&app, request).await;
            let seen = answer.headers.get(CACHE_CONTROL).map(|value| value.to_str().unwrap());
            assert_eq!(seen, expected);
        }
    }
}
