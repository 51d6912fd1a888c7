//! The future of the service.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::STRICT_TRANSPORT_SECURITY;
use http::{HeaderValue, Response};
use pin_project_lite::pin_project;

use crate::body::AuthBody;

pin_project! {
    /// The future of [`RequireHttps`](crate::RequireHttps): the inner service's response, or a
    /// refusal.
    ///
    /// # Examples
    ///
    /// See [`require_https`](crate::require_https).
    pub struct RequireHttpsFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        Inner { #[pin] future: F, hsts: Option<HeaderValue> },
        Refused { response: Option<Response<Bytes>> },
    }
}

impl<F> RequireHttpsFuture<F> {
    pub(super) fn inner(future: F, hsts: Option<HeaderValue>) -> Self {
        Self { state: State::Inner { future, hsts } }
    }

    pub(super) fn refused(response: Response<Bytes>) -> Self {
        Self { state: State::Refused { response: Some(response) } }
    }
}

impl<F, ResBody, E> Future for RequireHttpsFuture<F>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
{
    type Output = Result<Response<AuthBody<ResBody>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Inner { future, hsts } => {
                let mut response = ready!(future.poll(cx))?;
                if let Some(hsts) = hsts.take() {
                    response.headers_mut().entry(STRICT_TRANSPORT_SECURITY).or_insert(hsts);
                }
                Poll::Ready(Ok(response.map(AuthBody::new)))
            }
            StateProjection::Refused { response } => {
                // As every future, it is not polled again after it was ready.
                let Some(response) = response.take() else { return Poll::Pending };
                Poll::Ready(Ok(response.map(AuthBody::from)))
            }
        }
    }
}

impl<F> fmt::Debug for RequireHttpsFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequireHttpsFuture").finish_non_exhaustive()
    }
}
