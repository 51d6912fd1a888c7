//! Reads request bodies, up to a limit.

use axum::body::Body;
use axum::extract::Request;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body::Body as _;
use http_body_util::BodyExt;
use zeroize::Zeroizing;

use super::answer::Failure;
use super::params::Params;

/// How much of a body that is too large is still read, and thrown away. A server that answers and
/// hangs up while the client is sending makes many clients report a broken connection, not 413.
const DRAINED: usize = 4 * 1024 * 1024;

/// What the `Content-Type` of a request says (RFC 9110, section 8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContentType {
    Absent,
    Form,
    Json,
    Other,
}

impl ContentType {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(CONTENT_TYPE).iter();
        let Some(value) = values.next() else { return Self::Absent };
        let essence = value.to_str().ok().and_then(|value| value.split(';').next());
        match essence.map(str::trim) {
            _ if values.next().is_some() => Self::Other,
            Some(text) if text.eq_ignore_ascii_case("application/x-www-form-urlencoded") => {
                Self::Form
            }
            Some(text) if text.eq_ignore_ascii_case("application/json") => Self::Json,
            _ => Self::Other,
        }
    }
}

/// The parameters of a request, from a form or from JSON.
pub(super) async fn params(
    request: Request,
    limit: usize,
    content_type: ContentType,
) -> Result<Params, Failure> {
    let body = read(request.into_body(), limit).await?;
    parse(&body, content_type)
}

/// The parameters of a request to a route that takes nothing but a form, as those of OAuth do.
pub(super) async fn form_params(request: Request, limit: usize) -> Result<Params, Failure> {
    let content_type = ContentType::of(request.headers());
    if content_type != ContentType::Form {
        let failure =
            Failure::invalid_request("the content type must be application/x-www-form-urlencoded");
        return Err(refuse(request, limit, failure).await);
    }
    params(request, limit, content_type).await
}

/// The parameters of a request to a route that takes nothing but JSON.
pub(super) async fn json_params(request: Request, limit: usize) -> Result<Params, Failure> {
    let content_type = ContentType::of(request.headers());
    if content_type != ContentType::Json {
        return Err(refuse(request, limit, Failure::unsupported_media_type()).await);
    }
    params(request, limit, content_type).await
}

/// The parameters of a request whose body may be left out, whatever type a client then says it has.
pub(super) async fn optional_params(
    request: Request,
    limit: usize,
    content_type: ContentType,
) -> Result<Params, Failure> {
    let body = read(request.into_body(), limit).await?;
    if body.is_empty() { Ok(Params::default()) } else { parse(&body, content_type) }
}

fn parse(body: &[u8], content_type: ContentType) -> Result<Params, Failure> {
    match content_type {
        ContentType::Form => Params::from_form(body),
        ContentType::Json => Params::from_json(body),
        ContentType::Absent | ContentType::Other => {
            Err(Failure::invalid_request("the content type is not supported here"))
        }
    }
}

/// Reads the body and drops it, so that a refusal by its type alone reaches the client.
async fn refuse(request: Request, limit: usize, failure: Failure) -> Failure {
    match read(request.into_body(), limit).await {
        Ok(_) => failure,
        Err(worse) => worse,
    }
}

/// Cleared from memory when it is dropped, as there may be a password in it. The room for all of
/// it is taken at once: a buffer that grows leaves copies behind.
async fn read(mut body: Body, limit: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let length = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.unwrap_or(limit).min(limit)));
    let mut total = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Failure::invalid_request("the body could not be read"))?;
        let Ok(data) = frame.into_data() else { continue };
        total = total.saturating_add(data.len());
        if total <= limit {
            bytes.extend_from_slice(&data);
        } else if total > DRAINED {
            break;
        }
    }
    if total > limit { Err(Failure::too_large()) } else { Ok(bytes) }
}
