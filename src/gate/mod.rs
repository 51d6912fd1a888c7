//! How a verdict becomes a call of the inner service or a refusal: shared by `auth` and `require`.

mod additions;

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, COOKIE};
use http::{Extensions, Method, Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

pub(crate) use additions::{Additions, Carrier};

use crate::body::AuthBody;
use crate::reject::Rejection;

/// What is to happen with a request.
pub(crate) enum Verdict {
    Pass,
    Refuse(Rejection),
    /// Not known yet.
    Wait(Waiting),
}

/// Ends in what to add to the extensions of a request that passes, or in a refusal.
pub(crate) type Waiting = Pin<Box<dyn Future<Output = Result<Extensions, Rejection>> + Send>>;

/// Carries a verdict out. `inner` has been polled ready.
///
/// A request that passes is handed to `inner` as it stands. Otherwise the readied service is
/// taken out and a clone left in its place: the clone was never polled ready, so that the caller
/// polls it anew, and whatever the readied one had reserved (a permit, a place in a queue) goes
/// with the waiting request, or is given back at once when the request is refused.
#[inline]
pub(crate) fn pass<S, B, ResBody>(
    inner: &mut S,
    request: Request<B>,
    verdict: Verdict,
    additions: Additions,
) -> ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<ResBody>> + Clone,
{
    if let Verdict::Pass = verdict {
        return ResponseFuture { state: State::Inner { future: inner.call(request) }, additions };
    }
    stop(inner, request, verdict, additions)
}

/// Carries out a verdict other than to pass: out of line, so that a request that passes is moved
/// no more often than need be.
#[inline(never)]
fn stop<S, B, ResBody>(
    inner: &mut S,
    request: Request<B>,
    verdict: Verdict,
    additions: Additions,
) -> ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<ResBody>> + Clone,
{
    let state = match verdict {
        Verdict::Pass => State::Inner { future: inner.call(request) },
        Verdict::Refuse(rejection) => {
            drop(take_ready(inner));
            State::Refused { response: Some(rejection.to_response(request.method())) }
        }
        Verdict::Wait(verdict) => {
            State::Waiting { verdict, call: Some((take_ready(inner), request)) }
        }
    };
    ResponseFuture { state, additions }
}

/// Whether a browser asks if it may send the real request (Fetch, "CORS-preflight fetch"). It
/// never adds credentials to that question, so a refusal would refuse every real request too.
pub(crate) fn is_preflight<B>(request: &Request<B>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        && !request.headers().contains_key(AUTHORIZATION)
        && !request.headers().contains_key(COOKIE)
}

pub(crate) fn take_ready<S: Clone>(inner: &mut S) -> S {
    let unready = inner.clone();
    mem::replace(inner, unready)
}

pin_project! {
    /// The future of the services in this crate: the inner service's response, or a refusal.
    ///
    /// # Examples
    ///
    /// See [`JwtAuthLayer`](crate::JwtAuthLayer).
    pub struct ResponseFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, B>,
        additions: Additions,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, B>
    where
        S: Service<Request<B>>,
    {
        Inner { #[pin] future: S::Future },
        Refused { response: Option<Response<Bytes>> },
        Waiting {
            verdict: Waiting,
            call: Option<(S, Request<B>)>,
        },
    }
}

impl<S, B, ResBody> Future for ResponseFuture<S, B>
where
    S: Service<Request<B>, Response = Response<ResBody>>,
{
    type Output = Result<Response<AuthBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut state = this.state;
        loop {
            let next = match state.as_mut().project() {
                StateProjection::Inner { future } => {
                    let mut response = ready!(future.poll(cx))?;
                    this.additions.add_to(&mut response);
                    return Poll::Ready(Ok(response.map(AuthBody::new)));
                }
                StateProjection::Refused { response } => {
                    // As every future, it is not polled again after it was ready.
                    let Some(mut response) = response.take() else { return Poll::Pending };
                    this.additions.add_to(&mut response);
                    return Poll::Ready(Ok(response.map(AuthBody::from)));
                }
                StateProjection::Waiting { verdict, call } => {
                    let verdict = ready!(verdict.as_mut().poll(cx));
                    let Some((mut service, mut request)) = call.take() else {
                        return Poll::Pending;
                    };
                    match verdict {
                        Ok(extensions) => {
                            request.extensions_mut().extend(extensions);
                            State::Inner { future: service.call(request) }
                        }
                        Err(rejection) => {
                            let response = rejection.to_response(request.method());
                            State::Refused { response: Some(response) }
                        }
                    }
                }
            };
            state.set(next);
        }
    }
}

impl<S: Service<Request<B>>, B> fmt::Debug for ResponseFuture<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
