//! The service that stands behind every candidate, and how one is called.

use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{Empty, Full};
use tower::Service;

/// Takes a request and is ready with an answer without a body.
pub async fn answer(_: Request<()>) -> Result<Response<Empty<Bytes>>, Infallible> {
    Ok(Response::new(Empty::new()))
}

/// Takes a request and is ready with the least that an API answers: headers and a body, as a
/// refusal has them.
pub async fn answer_json(_: Request<()>) -> Result<Response<Full<Bytes>>, Infallible> {
    const BODY: &str = r#"{"error_description":"the request has no credentials"}"#;
    let mut response = Response::new(Full::new(Bytes::from_static(BODY.as_bytes())));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(BODY.len()));
    Ok(response)
}

/// Calls a service as a server does, and drops the response.
pub fn serve<S, B>(mut service: S) -> impl FnMut(Request<()>) -> StatusCode
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
{
    move |request| call(&mut service, request).status()
}

pub fn call<S>(service: &mut S, request: Request<()>) -> S::Response
where
    S: Service<Request<()>, Error = Infallible>,
{
    let ready = service.poll_ready(&mut Context::from_waker(Waker::noop()));
    assert!(ready.is_ready(), "the service waits for nothing");
    let Ok(response) = now(service.call(request));
    response
}

/// The result of a future that is ready: one poll, without an executor to be measured with it.
pub fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}
