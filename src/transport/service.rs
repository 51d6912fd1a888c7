//! The service that the layer makes.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use tower_service::Service;

use super::RequireHttpsFuture;
use super::layer::Settings;
use crate::body::AuthBody;
use crate::gate;
use crate::meter::{self, NO_HTTPS, RefusedBy};

/// The service of [`RequireHttpsLayer`](crate::RequireHttpsLayer).
///
/// # Examples
///
/// See [`require_https`](crate::require_https).
#[derive(Clone)]
pub struct RequireHttps<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S> RequireHttps<S> {
    pub(super) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for RequireHttps<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    ResBody: Body<Data = Bytes>,
{
    type Response = Response<AuthBody<ResBody>>;
    type Error = S::Error;
    type Future = RequireHttpsFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (parts, body) = request.into_parts();
        if self.settings.source.is_https(&parts) {
            let response = self.inner.call(Request::from_parts(parts, body));
            return RequireHttpsFuture::inner(response, self.settings.hsts.clone());
        }
        // What the readied service had reserved is given back at once, as in `gate::pass`.
        drop(gate::take_ready(&mut self.inner));
        RequireHttpsFuture::refused(self.settings.refuse(&parts))
    }
}

impl Settings {
    fn refuse(&self, parts: &Parts) -> Response<Bytes> {
        let (reason, by) = (NO_HTTPS, RefusedBy::Https.name());
        crate::trace::debug!(target: "tower_bearer::request", reason, by, "request refused");
        meter::refused(None, RefusedBy::Https);
        let _ = (reason, by);
        #[cfg(feature = "tonic")]
        if self.is_grpc {
            return crate::reject::https_required();
        }
        match self.pages.as_ref().and_then(|pages| pages.location(parts)) {
            Some(location) => redirect(location),
            None => forbidden(&parts.method),
        }
    }
}

/// Nothing of it depends on the request but whether it has a body.
fn forbidden(method: &Method) -> Response<Bytes> {
    const BODY: &str = r#"{"error":"forbidden","error_description":"https is required"}"#;
    let body = if method == Method::HEAD { "" } else { BODY };
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    *response.status_mut() = StatusCode::FORBIDDEN;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // By hand, so that the answer to HEAD has it, too.
    headers.insert(CONTENT_LENGTH, HeaderValue::from(BODY.len()));
    response
}

fn redirect(location: HeaderValue) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, location);
    response
}

impl<S: fmt::Debug> fmt::Debug for RequireHttps<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequireHttps").field("inner", &self.inner).finish_non_exhaustive()
    }
}
