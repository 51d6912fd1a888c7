//! A server that is away, slow, wrong or hostile.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::Full;
use tower_bearer::{AuthErrorKind, HttpClient, JwtAuthLayer, Verifier};

use super::server::{
    Server, URL, active, inactive, json_answer, status, text_answer, verify, verify_all,
};
use crate::support::{ask, bearer, subject};

fn app(verifier: Verifier) -> Router {
    Router::new().route("/", get(subject)).layer(JwtAuthLayer::new(verifier))
}

#[tokio::test]
async fn r31_a_server_that_is_away_is_a_503_without_a_challenge_and_comes_back() {
    let server = Server::new(|_| status(503));
    let (verifier, clock) = server.verifier(|builder| builder);
    let app = app(verifier);
    let answer = ask(&app, bearer("opaque")).await;
    assert_eq!((answer.status.as_u16(), answer.kind), (503, Some(AuthErrorKind::Unavailable)));
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
    assert_eq!((answer.challenge, answer.others.len()), (None, 0));
    // Not by each request; and after a second it may be back.
    server.turns_to(|_| json_answer(&active()));
    assert_eq!(ask(&app, bearer("opaque")).await.status, 503);
    assert_eq!(server.calls(), 1);
    clock.advance(Duration::from_secs(1));
    let answer = ask(&app, bearer("opaque")).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "alice"));
    // What is remembered outlives an outage, to the end of its time.
    server.turns_to(|_| status(500));
    clock.advance(Duration::from_secs(29));
    assert_eq!(ask(&app, bearer("opaque")).await.status, 200);
    clock.advance(Duration::from_secs(1));
    assert_eq!(ask(&app, bearer("opaque")).await.status, 503);
}

#[tokio::test]
async fn r31_not_even_a_route_that_is_public_takes_an_outage_for_nobody() {
    let (verifier, _) = Server::new(|_| status(500)).verifier(|builder| builder);
    let layer = JwtAuthLayer::new(verifier).optional_even_if_invalid();
    let app = Router::new().route("/", get(|| async { "public" })).layer(layer);
    assert_eq!(ask(&app, bearer("opaque")).await.status, 503);
}

#[tokio::test]
async fn r31_a_status_other_than_200_says_nothing_of_the_token() {
    for code in [201, 204, 400, 401, 403, 404, 405, 429, 500, 502, 503] {
        let server = Server::new(move |_| {
            let mut answer = json_answer(&active());
            *answer.status_mut() = code.try_into().unwrap();
            answer
        });
        let (verifier, _) = server.verifier(|builder| builder);
        let kind = verify(&verifier, "opaque").await.unwrap_err();
        assert_eq!(kind, AuthErrorKind::Unavailable, "{code}");
    }
}

#[tokio::test]
async fn r31_a_connection_that_fails_says_nothing_of_the_token() {
    let client = HttpClient::from_service(tower::service_fn(|_: Request<Bytes>| async {
        Err::<Response<Full<Bytes>>, _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused))
    }));
    let (verifier, _) = Server::says(active()).verifier(|builder| builder.http_client(client));
    assert_eq!(verify(&verifier, "opaque").await.unwrap_err(), AuthErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn r133_a_slow_server_is_waited_for_so_long_and_no_longer() {
    let server = Server::says(active());
    let (verifier, clock) = server.verifier(|builder| builder);
    server.takes(Duration::from_millis(4900));
    assert!(verify(&verifier, "opaque").await.is_ok());
    server.takes(Duration::from_millis(5100));
    let start = tokio::time::Instant::now();
    assert_eq!(verify(&verifier, "other").await.unwrap_err(), AuthErrorKind::Unavailable);
    assert_eq!(start.elapsed().as_secs(), 5);
    clock.advance(Duration::from_secs(1));
    server.takes(Duration::ZERO);
    assert!(verify(&verifier, "other").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn r133_a_flood_of_made_up_tokens_is_none_on_the_server() {
    let server = Server::says(inactive());
    server.takes(Duration::from_secs(3));
    let (verifier, clock) = server.verifier(|builder| builder.max_concurrent_requests(8));
    let start = tokio::time::Instant::now();
    let tokens = |many: usize| (0..many).map(|number| format!("junk{number}"));
    let found = verify_all(&verifier, tokens(1000)).await;
    assert_eq!(server.calls(), 8);
    let of = |kind| found.iter().filter(|found| found.as_ref().err() == Some(&kind)).count();
    assert_eq!((of(AuthErrorKind::Inactive), of(AuthErrorKind::Unavailable)), (8, 992));
    assert_eq!(
        start.elapsed().as_secs(),
        3,
        "those beyond waited for a second, not for their turn"
    );
    // The turns are given back, and nothing was remembered of those who got none.
    clock.advance(Duration::from_secs(60));
    server.takes(Duration::from_millis(100));
    server.turns_to(|_| json_answer(&active()));
    let few = verify_all(&verifier, tokens(64)).await;
    assert!(few.iter().all(Result::is_ok), "64 by 8 take 0.8 seconds");
}

#[tokio::test(start_paused = true)]
async fn r133_whoever_gives_up_gives_the_turn_back() {
    let server = Server::says(active());
    server.takes(Duration::from_secs(3));
    let (verifier, _) = server.verifier(|builder| builder.max_concurrent_requests(1));
    for number in 0..10 {
        let token = format!("token{number}");
        let soon = tokio::time::timeout(Duration::from_millis(10), verifier.verify(&token)).await;
        assert!(soon.is_err());
    }
    assert!(verify(&verifier, "opaque").await.is_ok());
}

#[tokio::test]
async fn r133_an_answer_is_read_up_to_a_size() {
    for (size, fits) in [(60 * 1024, true), (70 * 1024, false), (10 * 1024 * 1024, false)] {
        let server = Server::new(move |_| {
            let text = active().to_string().replacen(
                '{',
                &format!("{{\"x\":\"{}\",", "x".repeat(size)),
                1,
            );
            text_answer(text)
        });
        let (verifier, _) = server.verifier(|builder| builder);
        let found = verify(&verifier, "opaque").await;
        let (larger, _) = server.verifier(|builder| builder.max_bytes(size + 1024));
        assert!(verify(&larger, "opaque").await.is_ok());
        assert_eq!(found.err(), (!fits).then_some(AuthErrorKind::Unavailable), "{size}");
    }
}

#[tokio::test]
async fn r130_a_redirect_takes_neither_token_nor_secret_anywhere() {
    for code in [301, 302, 303, 307, 308] {
        for to in ["https://evil.test/", "/introspect/", "https://id.test/elsewhere", ""] {
            let server = Server::new(move |_| {
                let mut answer = status(code);
                answer.headers_mut().insert(header::LOCATION, to.parse().unwrap());
                answer
            });
            let (verifier, _) = server.verifier(|builder| builder);
            let kind = verify(&verifier, "opaque").await.unwrap_err();
            assert_eq!(kind, AuthErrorKind::Unavailable);
            assert_eq!(server.calls(), 1);
            assert_eq!(server.last_request().uri(), URL);
        }
    }
}

#[tokio::test]
async fn r31_a_client_that_panics_fails_its_request_and_no_other() {
    let client =
        HttpClient::from_service(tower::service_fn(|request: Request<Bytes>| async move {
            assert!(request.body().starts_with(b"token=good"), "the panic that is tested");
            Ok::<_, Infallible>(json_answer(&active()).map(Full::new))
        }));
    let (verifier, _) = Server::says(active()).verifier(|builder| builder.http_client(client));
    assert_eq!(verify(&verifier, "bad").await.unwrap_err(), AuthErrorKind::Unavailable);
    assert!(verify(&verifier, "good").await.is_ok());
}
