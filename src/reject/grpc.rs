//! Refusals as statuses of gRPC.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use tonic::metadata::{GRPC_CONTENT_TYPE, MetadataMap};
use tonic::{Code, Status};

use super::{Rejection, Surroundings};
use crate::AuthError;

/// The code of the closed set: JSON bodies have it as `error_code`.
const ERROR_CODE: HeaderName = HeaderName::from_static("error-code");

/// Milliseconds until a client of gRPC tries again by itself (gRFC A6, "Pushback").
const PUSHBACK: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

/// The refusal as a status, whatever the format of its layer: what a handler of tonic returns.
///
/// | status of HTTP | code |
/// |---|---|
/// | 400, 401 | `UNAUTHENTICATED` |
/// | 403 | `PERMISSION_DENIED` |
/// | 429 | `RESOURCE_EXHAUSTED` |
/// | 500 | `INTERNAL` |
/// | 503 | `UNAVAILABLE` |
///
/// Malformed credentials are `UNAUTHENTICATED` and no `INVALID_ARGUMENT`, which speaks of the message:
/// nobody has looked at that, and what helps are credentials.
///
/// The message is [`Rejection::description`]. The metadata has the challenges as `www-authenticate`,
/// [`Rejection::error_code`] as `error-code`, and where waiting helps `retry-after` in seconds and
/// `grpc-retry-pushback-ms`, which clients with a policy of retries obey by themselves.
///
/// # Examples
///
/// ```
/// use tonic::{Code, Request, Status};
/// use tower_bearer::Token;
///
/// fn greet(request: Request<()>) -> Result<String, Status> {
///     let token = Token::of(request.extensions())?;
///     Ok(format!("hello {:?}", token.subject()))
/// }
///
/// // Nobody put a layer around it.
/// assert_eq!(greet(Request::new(())).unwrap_err().code(), Code::Internal);
/// ```
impl From<Rejection> for Status {
    fn from(rejection: Rejection) -> Self {
        rejection.report();
        status(&rejection)
    }
}

/// As that of a [`Rejection`], with the challenge that a layer has by default: for a handler that
/// finds out for itself that a token is not good any more.
///
/// # Examples
///
/// ```
/// use tonic::{Code, Status};
/// use tower_bearer::{AuthError, AuthErrorKind};
///
/// let ended = Status::from(AuthError::from(AuthErrorKind::Expired));
/// assert_eq!(ended.code(), Code::Unauthenticated);
/// assert_eq!(ended.message(), "the token is expired");
/// assert_eq!(ended.metadata().get("error-code").unwrap(), "token_expired");
/// ```
impl From<AuthError> for Status {
    fn from(error: AuthError) -> Self {
        status(&Rejection::new(error.kind(), Surroundings::default()))
    }
}

pub(super) fn respond(rejection: &Rejection) -> Response<Bytes> {
    response(&status(rejection))
}

/// What `require_https` answers: nobody has looked at credentials.
pub(crate) fn https_required() -> Response<Bytes> {
    response(&Status::permission_denied("https is required"))
}

/// An answer of headers alone. It has no `Content-Length`: what gRPC sends is framed by HTTP/2.
fn response(status: &Status) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    response.headers_mut().insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
    // It is a 200, which caches might keep.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // It fails where a text is no header value even after tonic has encoded it, which none of ours
    // is. Without a status clients read INTERNAL, never OK.
    let written = status.add_header(response.headers_mut());
    debug_assert!(written.is_ok(), "a constant text is no header value");
    response
}

fn status(rejection: &Rejection) -> Status {
    let mut metadata = HeaderMap::new();
    rejection.add_headers(&mut metadata);
    if let Some(code) = rejection.error_code() {
        metadata.insert(ERROR_CODE, HeaderValue::from_static(code));
    }
    if let Some(after) = rejection.retry_after() {
        let millis = u64::try_from(after.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        metadata.insert(PUSHBACK, HeaderValue::from(millis.max(1)));
    }
    let metadata = MetadataMap::from_headers(metadata);
    Status::with_metadata(code(rejection.status()), rejection.description(), metadata)
}

fn code(status: StatusCode) -> Code {
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::PermissionDenied,
        StatusCode::TOO_MANY_REQUESTS => Code::ResourceExhausted,
        StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
        // A refusal must not read as success, whatever comes to be added.
        _ => Code::Internal,
    }
}
