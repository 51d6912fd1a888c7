//! The body of a response that may be a refusal.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a response that went through a layer of this crate: that of the inner service,
    /// or the short one of a refusal.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http_body::Body;
    /// use tower_bearer::AuthBody;
    ///
    /// let inner = AuthBody::new(String::from("hello"));
    /// assert_eq!(inner.size_hint().exact(), Some(5));
    /// ```
    #[derive(Debug)]
    pub struct AuthBody<B> {
        #[pin]
        state: BodyState<B>,
    }
}

pin_project! {
    #[project = BodyProjection]
    #[derive(Debug)]
    enum BodyState<B> {
        Inner { #[pin] body: B },
        Refusal { body: Option<Bytes> },
    }
}

impl<B> AuthBody<B> {
    /// Wraps the body of an inner service.
    pub fn new(body: B) -> Self {
        Self { state: BodyState::Inner { body } }
    }
}

impl<B> From<Bytes> for AuthBody<B> {
    fn from(body: Bytes) -> Self {
        Self { state: BodyState::Refusal { body: (!body.is_empty()).then_some(body) } }
    }
}

impl<B: Body<Data = Bytes>> Body for AuthBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().state.project() {
            BodyProjection::Inner { body } => body.poll_frame(cx),
            BodyProjection::Refusal { body } => Poll::Ready(body.take().map(Frame::data).map(Ok)),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.state {
            BodyState::Inner { body } => body.is_end_stream(),
            BodyState::Refusal { body } => body.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.state {
            BodyState::Inner { body } => body.size_hint(),
            BodyState::Refusal { body } => {
                SizeHint::with_exact(body.as_ref().map_or(0, Bytes::len) as u64)
            }
        }
    }
}
