//! Any tower service: readiness, permits, plain hyper, bodies.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower::buffer::BufferLayer;
use tower::limit::ConcurrencyLimit;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt};
use tower_bearer::{
    Grant, Issuer, JwtAuthLayer, SubjectStore, Token, check_async, require, scopes,
};

use super::support::{answer, token};

pub(super) fn with(token: Option<&str>) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::default());
    if let Some(token) = token {
        let value = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    request
}

/// A service that panics when it is called without having been polled ready, and one of whose
/// clones is not ready because another is.
#[derive(Default)]
pub(super) struct Strict {
    ready: bool,
    calls: Arc<AtomicUsize>,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { ready: false, calls: Arc::clone(&self.calls) }
    }
}

impl Service<Request<Full<Bytes>>> for Strict {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without having been polled ready");
        self.calls.fetch_add(1, Ordering::Relaxed);
        let subject = request.extensions().get::<Token>().and_then(Token::subject);
        std::future::ready(Ok(Response::new(Full::from(subject.unwrap_or("none").to_owned()))))
    }
}

/// Waits for a service, but not for ever: a permit that never comes back is a failure to report.
pub(super) async fn ready<S: Service<Request<Full<Bytes>>>>(service: &mut S) -> &mut S {
    for _ in 0..1000 {
        if task::spawn(service.ready()).poll().is_ready() {
            return service;
        }
        tokio::task::yield_now().await;
    }
    panic!("the service never became ready");
}

/// Users that have to be waited for.
struct People;

impl SubjectStore for People {
    type Subject = ();
    type Error = Infallible;

    async fn active_subject(&self, _: &Token) -> Result<Option<()>, Infallible> {
        tokio::task::yield_now().await;
        Ok(Some(()))
    }
}

fn layers(issuer: &Issuer) -> Vec<JwtAuthLayer> {
    let auth = JwtAuthLayer::new(issuer.verifier().unwrap());
    let later = check_async(|token: Token| async move {
        tokio::task::yield_now().await;
        token.has_scope("a")
    });
    let users = auth.clone().users(People);
    let scoped = |auth: &JwtAuthLayer| auth.clone().require(scopes(["a"]));
    vec![auth.clone(), users.clone(), scoped(&auth), scoped(&users), auth.require(later)]
}

#[tokio::test]
async fn the_service_that_is_called_is_the_one_that_was_ready() {
    let issuer = Issuer::for_tests();
    let good = issuer.issue(&Grant::new("alice").scopes(["a"])).unwrap();
    for layer in layers(&issuer) {
        let calls = Arc::new(AtomicUsize::new(0));
        let mut service = layer.layer(Strict { ready: false, calls: Arc::clone(&calls) });
        for round in 1..=3 {
            let response = ready(&mut service).await.call(with(Some(&good))).await.unwrap();
            assert_eq!(answer(response).await.body, "alice");
            let response = ready(&mut service).await.call(with(None)).await.unwrap();
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
            assert_eq!(calls.load(Ordering::Relaxed), round, "a refused request goes no further");
        }
    }
}

/// One permit; whoever holds it and does not give it back stops everybody.
#[tokio::test]
async fn no_permit_is_kept_under_concurrency_limit() {
    let issuer = Issuer::for_tests();
    let good = issuer.issue(&Grant::new("alice").scopes(["a"])).unwrap();
    let poor = token(&issuer);
    for layer in layers(&issuer) {
        let calls = Arc::new(AtomicUsize::new(0));
        let strict = Strict { ready: false, calls: Arc::clone(&calls) };
        let limited = ConcurrencyLimit::new(strict, 1);
        let mut service = layer.layer(limited);
        let mut other = service.clone();
        for token in [Some(good.as_str()), None, Some(poor.as_str()), Some("x"), Some(&good)] {
            let response = ready(&mut service).await.call(with(token)).await.unwrap();
            drop(response);
            // The permit is there again, for the same service and for another.
            assert!(task::spawn(other.ready()).poll().is_ready(), "{token:?}");
            let response = other.call(with(None)).await.unwrap();
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        }
        // A refusal gives the permit back before its own future is polled.
        let refused = ready(&mut service).await.call(with(None));
        assert!(task::spawn(other.ready()).poll().is_ready());
        drop(refused);
    }
}

#[tokio::test]
async fn a_waiting_request_holds_its_permit_and_no_other() {
    let issuer = Issuer::for_tests();
    let (send, receive) = tokio::sync::watch::channel(false);
    let gate = check_async(move |_| {
        let mut receive = receive.clone();
        async move { receive.wait_for(|open| *open).await.is_ok() }
    });
    let layer = JwtAuthLayer::new(issuer.verifier().unwrap()).require(gate);
    let strict = Strict { ready: false, calls: Arc::default() };
    let mut service = layer.layer(ConcurrencyLimit::new(strict, 1));
    let mut other = service.clone();

    let mut waiting = task::spawn(ready(&mut service).await.call(with(Some(&token(&issuer)))));
    assert_pending!(waiting.poll());
    assert!(task::spawn(other.ready()).poll().is_pending());
    send.send(true).unwrap();
    let response = assert_ready_ok!(waiting.poll());
    assert_eq!(response.status(), StatusCode::OK);
    drop(waiting);
    assert!(task::spawn(other.ready()).poll().is_ready());

    // Given up while it waits: the permit comes back too.
    send.send(false).unwrap();
    let mut given_up = task::spawn(other.call(with(Some(&token(&issuer)))));
    assert_pending!(given_up.poll());
    drop(given_up);
    assert!(task::spawn(service.ready()).poll().is_ready());
}

#[tokio::test]
async fn no_place_is_kept_under_buffer() {
    let issuer = Issuer::for_tests();
    let good = issuer.issue(&Grant::new("alice").scopes(["a"])).unwrap();
    let poor = token(&issuer);
    for (index, layer) in layers(&issuer).into_iter().enumerate() {
        let strict = Strict { ready: false, calls: Arc::default() };
        let mut service =
            ServiceBuilder::new().layer(layer).layer(BufferLayer::new(1)).service(strict);
        for (token, status) in [
            (Some(good.as_str()), StatusCode::OK),
            (None, StatusCode::UNAUTHORIZED),
            (Some("x"), StatusCode::UNAUTHORIZED),
            (None, StatusCode::UNAUTHORIZED),
            (Some(good.as_str()), StatusCode::OK),
        ] {
            let response = ready(&mut service).await.call(with(token)).await.unwrap();
            assert_eq!(response.status(), status, "{token:?}");
        }
        let response = ready(&mut service).await.call(with(Some(&poor))).await.unwrap();
        let expected = if index < 2 { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(response.status(), expected, "the first two ask for no scope");
        // The buffer has one place; were it kept by a refused request, this would wait for ever.
        assert!(task::spawn(service.ready()).poll().is_ready());
    }
}

/// A body of somebody else's: no `Default`, no `Send` bound of ours, an error of its own.
#[derive(Debug)]
struct Drip(Vec<Bytes>);

#[derive(Debug)]
struct DripError;

impl Body for Drip {
    type Data = Bytes;
    type Error = DripError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, DripError>>> {
        match self.0.pop() {
            Some(bytes) if bytes.is_empty() => Poll::Ready(Some(Err(DripError))),
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None => Poll::Ready(None),
        }
    }
}

#[tokio::test]
async fn a_body_needs_no_default_and_keeps_its_error() {
    let issuer = Issuer::for_tests();
    let auth = JwtAuthLayer::new(issuer.verifier().unwrap());
    let inner = tower::service_fn(|request: Request<Drip>| async move {
        Ok::<_, BoxError>(Response::new(request.into_body()))
    });
    let service = ServiceBuilder::new()
        .layer(auth.clone())
        .layer(auth)
        .layer(require(|_: &Token| true))
        .service(inner);
    let request = |token: Option<&str>, drops: &[&'static str]| {
        let drops = drops.iter().rev().map(|drop| Bytes::from_static(drop.as_bytes())).collect();
        with(token).map(|_| Drip(drops))
    };
    let token = token(&issuer);
    let response = service.clone().oneshot(request(Some(&token), &["a", "b"])).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "ab");
    let response = service.clone().oneshot(request(Some(&token), &["a", ""])).await.unwrap();
    let _: DripError = response.into_body().collect().await.unwrap_err();
    let refused = answer(service.oneshot(request(None, &[])).await.unwrap()).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.body, r#"{"error_description":"authentication required"}"#);
}

#[tokio::test]
async fn the_error_of_the_inner_service_is_its_own() {
    let issuer = Issuer::for_tests();
    let service = ServiceBuilder::new()
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()))
        .service_fn(|_: Request<Full<Bytes>>| async { Err::<Response<Full<Bytes>>, _>("mine") });
    let error: &str = service.clone().oneshot(with(Some(&token(&issuer)))).await.unwrap_err();
    assert_eq!(error, "mine");
    let refused = service.oneshot(with(None)).await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn plain_hyper_serves_it() {
    let issuer = Issuer::for_tests();
    let service = ServiceBuilder::new()
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()))
        .layer(require(scopes(["a"])))
        .service_fn(|request: Request<hyper::body::Incoming>| async move {
            let token = request.extensions().get::<Token>().unwrap();
            let body = Full::new(Bytes::from(token.subject().unwrap().to_owned()));
            Ok::<_, Infallible>(Response::new(body))
        });
    let (client, server) = tokio::io::duplex(64 * 1024);
    tokio::spawn(
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(server), TowerToHyperService::new(service)),
    );
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(client)).await.unwrap();
    tokio::spawn(connection);
    let scoped = issuer.issue(&Grant::new("alice").scopes(["a"])).unwrap();
    for (token, status, body) in [
        (Some(scoped), StatusCode::OK, "alice"),
        (None, StatusCode::UNAUTHORIZED, r#"{"error_description":"authentication required"}"#),
        (
            Some(token(&issuer)),
            StatusCode::FORBIDDEN,
            concat!(
                r#"{"error":"insufficient_scope","#,
                r#""error_description":"the token lacks a required scope","#,
                r#""error_code":"insufficient_scope"}"#,
            ),
        ),
    ] {
        let mut request = Request::new(Empty::<Bytes>::new());
        if let Some(token) = token {
            let value = format!("Bearer {token}").parse().unwrap();
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        let answer = answer(sender.send_request(request).await.unwrap()).await;
        assert_eq!((answer.status, answer.body.as_str()), (status, body));
        assert_eq!(answer.headers[header::CONTENT_LENGTH], body.len().to_string().as_str());
    }
}
