//! Request bodies: up to 16 KiB, and JSON of one form.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use utoipa::ToSchema;

use crate::answer::Failure;

/// The most bytes that a body may have.
pub(crate) const LIMIT: usize = 16 * 1024;

/// How much of a body that is too large is still read, and thrown away.
const DRAINED: usize = 4 * 1024 * 1024;

/// Reads a body before anything answers, a refusal included: a server that answers and hangs up
/// while the client is still sending makes many clients report a broken connection and no answer.
///
/// Of a body above the limit it passes one byte more than the limit on. So whoever reads it,
/// behind the check of the token, sees that it is too large, and nobody holds more in memory.
pub(crate) async fn read_in_whole(request: Request, next: Next) -> Response {
    let (parts, mut body) = request.into_parts();
    let mut bytes = Vec::new();
    let mut total = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Failure::BrokenBody.into_response() };
        let Ok(data) = frame.into_data() else { continue };
        total = total.saturating_add(data.len());
        let room = (LIMIT + 1).saturating_sub(bytes.len());
        bytes.extend_from_slice(&data[..data.len().min(room)]);
        if total > DRAINED {
            break;
        }
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// What a handler reads from a body.
pub(crate) trait Form: DeserializeOwned {
    /// How the JSON must look, for the client that sent something else.
    const EXPECTED: &'static str;
}

/// Extracts a [`Form`] from JSON. As every extractor it runs behind the layers of its route, so
/// that a request without a token learns nothing about its body.
pub(crate) struct Input<T>(pub(crate) T);

impl<T: Form, S: Send + Sync> FromRequest<S> for Input<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let is_json = is_json(request.headers());
        let bytes = Bytes::from_request(request, state).await.map_err(|_| Failure::BrokenBody)?;
        if bytes.len() > LIMIT {
            return Err(Failure::TooLarge);
        }
        if !is_json {
            return Err(Failure::UnsupportedMediaType);
        }
        // serde would also read an array, as the members in their order.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(Failure::InvalidJson);
        }
        serde_json::from_slice(&bytes).map(Self).map_err(|error| match error.classify() {
            Category::Data => Failure::InvalidField { expected: T::EXPECTED },
            _ => Failure::InvalidJson,
        })
    }
}

/// RFC 9110, section 8.3.1: parameters and the case of letters make no difference.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// A line of text: 1 to 200 characters, none of them a control character.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
pub(crate) struct Line(String);

impl Line {
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl TryFrom<String> for Line {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
            Ok(Self(text))
        } else {
            Err("not a line of 1 to 200 characters")
        }
    }
}
