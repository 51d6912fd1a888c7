//! Answers to what went wrong, in the form that the crate's own answers have: `error` for
//! programs and `error_description` for people.

use std::error::Error;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tower_bearer::{ConfigError, StoreError};
use utoipa::ToSchema;

/// What went wrong.
#[derive(Serialize, ToSchema)]
pub(crate) struct Fault {
    /// For programs.
    error: &'static str,
    /// For people.
    error_description: &'static str,
}

#[derive(Debug)]
pub(crate) enum Failure {
    BrokenBody,
    InvalidJson,
    /// Nobody to own what is stored: an issuer whom we trust left the `sub` out.
    NoSubject,
    NotFound,
    MethodNotAllowed,
    TooLarge,
    /// A key and a token, of which nobody knows as whom the request wants to be served.
    TwoCredentials,
    UnsupportedMediaType,
    InvalidField {
        expected: &'static str,
    },
    Store(StoreError),
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        use StatusCode as Status;
        let (status, error, description) = match self {
            Self::BrokenBody => {
                (Status::BAD_REQUEST, "invalid_request", "the body could not be read")
            }
            Self::InvalidJson => {
                (Status::BAD_REQUEST, "invalid_request", "the body is not a JSON object")
            }
            Self::NoSubject => (Status::FORBIDDEN, "forbidden", "the token names no user"),
            Self::NotFound => (Status::NOT_FOUND, "not_found", "there is nothing here"),
            Self::MethodNotAllowed => (
                Status::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "the method is not supported here; see the header Allow",
            ),
            Self::TooLarge => {
                (Status::PAYLOAD_TOO_LARGE, "invalid_request", "the body is too large")
            }
            Self::TwoCredentials => {
                (Status::BAD_REQUEST, "invalid_request", "the request has more than one credential")
            }
            Self::UnsupportedMediaType => (
                Status::UNSUPPORTED_MEDIA_TYPE,
                "invalid_request",
                "the content type must be application/json",
            ),
            Self::InvalidField { expected } => {
                (Status::UNPROCESSABLE_ENTITY, "invalid_field", expected)
            }
            Self::Store(error) => {
                // What the database says is for the log alone.
                tracing::error!(error = &error as &dyn Error, "the store failed");
                if error.is_unavailable() {
                    (
                        Status::SERVICE_UNAVAILABLE,
                        "temporarily_unavailable",
                        "the service is busy; try again",
                    )
                } else {
                    (Status::INTERNAL_SERVER_ERROR, "server_error", "something went wrong")
                }
            }
        };
        let body = Json(Fault { error, error_description: description });
        if status == Status::SERVICE_UNAVAILABLE {
            (status, [(RETRY_AFTER, "1")], body).into_response()
        } else {
            (status, body).into_response()
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ConfigError> for Failure {
    /// A verified token that is no bearer token does not come in.
    fn from(_: ConfigError) -> Self {
        Self::BrokenBody
    }
}
