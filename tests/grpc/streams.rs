//! Streams of answers, and streams in both directions.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::http::{self, HeaderMap};
use tonic::service::Routes;
use tonic::{Code, Status};
use tonic_health::pb::health_server::HealthServer;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tower::{Layer, ServiceExt};
use tower_bearer::Issuer;

use super::support::{
    Doctor, about, bearer, both, clock, health, issuer, layer, mirror, seen, token, with,
};

fn message(host: &str) -> ServerReflectionRequest {
    ServerReflectionRequest { host: host.to_owned(), message_request: None }
}

#[tokio::test]
async fn a_stream_of_answers_is_refused_before_it_begins() {
    let clock = clock();
    let issuer = issuer(&clock);
    let served = both(layer(&issuer), &Doctor::new(&clock)).await;
    let refused = health(&served, with(&[])).await.watch(about("")).await.unwrap_err();
    assert_eq!(seen(&refused), (Code::Unauthenticated, None, "authentication required"));
}

#[tokio::test]
async fn a_stream_that_has_begun_goes_on_after_its_token_has_expired() {
    let clock = clock();
    let issuer = issuer(&clock);
    let doctor = Doctor::new(&clock);
    let served = both(layer(&issuer), &doctor).await;
    let token = token(&issuer);
    let mut client = health(&served, bearer(&token)).await;
    let mut answers = client.watch(about("")).await.unwrap().into_inner();
    assert!(answers.message().await.unwrap().is_some());

    clock.advance(Duration::from_secs(86_400));
    doctor.tick();
    assert!(answers.message().await.unwrap().is_some());
    // The next call is judged anew.
    let refused = client.check(about("")).await.unwrap_err();
    assert_eq!(seen(&refused).1, Some("token_expired"));
    doctor.tick();
    assert!(answers.message().await.unwrap().is_some());
}

/// The frames of `Watch`, without a connection, so that time can be simulated.
async fn watch(issuer: &Issuer, doctor: &Doctor) -> tonic::body::Body {
    let app = layer(issuer).layer(Routes::new(HealthServer::new(doctor.clone())).prepare());
    // A message is a byte that says it is not compressed, its length, and what it is.
    let body = b"\0\0\0\0\x0d\x0a\x0bwhile valid".to_vec();
    let request = http::Request::post("http://api.test/grpc.health.v1.Health/Watch")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {}", token(issuer)))
        .body(tonic::body::Body::new(http_body_util::Full::from(body)))
        .unwrap();
    tonic::body::Body::new(app.oneshot(request).await.unwrap().into_body())
}

#[tokio::test(start_paused = true)]
async fn a_handler_ends_a_stream_when_its_token_expires() {
    let clock = clock();
    let issuer = issuer(&clock).access_token_lifetime(Duration::from_secs(600));
    let doctor = Doctor::new(&clock);
    let begun = tokio::time::Instant::now();
    let mut answer = watch(&issuer, &doctor).await;
    assert!(answer.frame().await.unwrap().unwrap().is_data());
    assert_eq!(begun.elapsed(), Duration::ZERO);

    let end = answer.frame().await.unwrap().unwrap();
    // The granularity of the timer is a millisecond.
    assert_eq!(begun.elapsed().as_secs(), 600);
    let trailers: HeaderMap = end.into_trailers().unwrap();
    let status = Status::from_header_map(&trailers).unwrap();
    let expected = (Code::Unauthenticated, Some("token_expired"), "the token is expired");
    assert_eq!(seen(&status), expected);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_before_its_token_ends_well() {
    let clock = clock();
    let issuer = issuer(&clock).access_token_lifetime(Duration::from_secs(600));
    let doctor = Doctor::new(&clock);
    let mut answer = watch(&issuer, &doctor).await;
    // Nobody makes it answer any more.
    drop(doctor);
    assert!(answer.frame().await.unwrap().unwrap().is_data());
    let end = answer.frame().await.unwrap().unwrap();
    let trailers: HeaderMap = end.into_trailers().unwrap();
    assert_eq!(Status::from_header_map(&trailers).unwrap().code(), Code::Ok);
}

#[tokio::test]
async fn both_directions_stream_at_once() {
    let clock = clock();
    let issuer = issuer(&clock);
    let served = both(layer(&issuer), &Doctor::new(&clock)).await;
    let (say, said) = mpsc::channel(1);
    let mut client = mirror(&served, bearer(&token(&issuer))).await;
    let asked = client.server_reflection_info(ReceiverStream::new(said));
    let mut answers = asked.await.unwrap().into_inner();
    for word in ["one", "two"] {
        say.send(message(word)).await.unwrap();
        assert_eq!(answers.message().await.unwrap().unwrap().valid_host, word);
    }
    drop(say);
    assert!(answers.message().await.unwrap().is_none());
}

#[tokio::test]
async fn a_stream_of_requests_is_refused_without_waiting_for_its_end() {
    let clock = clock();
    let issuer = issuer(&clock);
    let served = both(layer(&issuer), &Doctor::new(&clock)).await;
    let endless = stream::iter([message("one")]).chain(stream::pending());
    let mut client = mirror(&served, bearer("x")).await;
    let refused = client.server_reflection_info(endless).await.unwrap_err();
    let expected = (Code::Unauthenticated, Some("malformed_token"), "the token is malformed");
    assert_eq!(seen(&refused), expected);
    // The connection serves whoever comes next on it.
    let silent = stream::pending();
    let refused = client.server_reflection_info(silent).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_message_of_any_size_is_refused_without_being_read() {
    let clock = clock();
    let issuer = issuer(&clock);
    let served = both(layer(&issuer), &Doctor::new(&clock)).await;
    // More than the windows of HTTP/2 let through before somebody reads.
    let large = about(&"x".repeat(32 << 20));
    let refused = health(&served, bearer("x")).await.check(large).await.unwrap_err();
    assert_eq!(seen(&refused).1, Some("malformed_token"), "{refused:?}");
}
