//! What the endpoints answer: tokens, users, and errors from a closed set.

use std::borrow::Cow;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::Value;

use crate::issue::IssueError;
use crate::meter::{self, STORE_ERRORS};
use crate::password::PasswordError;
use crate::refresh::RefreshError;
use crate::store::{Session, StoreError, User};

/// An access token and a refresh token (RFC 6749, section 5.1).
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = auth::Tokens))]
pub(super) struct Tokens {
    pub(super) access_token: String,
    pub(super) token_type: &'static str,
    pub(super) expires_in: u64,
    /// Absent where it is in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub(super) refresh_token: Option<String>,
    /// Since the Unix epoch.
    #[serde(skip)]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    pub(super) refresh_expires_at: Duration,
    pub(super) scope: String,
}

// A type of its own, so that a field is shown only when somebody writes it down here.
/// A user as clients see one.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = auth::User))]
pub(super) struct ShownUser<'a> {
    id: &'a str,
    username: &'a str,
    #[cfg_attr(feature = "openapi", schema(required))]
    email: Option<&'a str>,
    email_verified: bool,
    #[cfg_attr(feature = "openapi", schema(required))]
    name: Option<&'a str>,
    is_active: bool,
    roles: &'a [String],
    scopes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    profile: Option<Value>,
}

impl<'a> ShownUser<'a> {
    /// With the profile, where users have one. An address that waits for its confirmation is shown
    /// instead of the one that it is to replace.
    pub(super) fn new(user: &'a User, profile: Option<Value>) -> Self {
        Self {
            id: &user.id,
            username: &user.username,
            email: user.pending_email.as_deref().or(user.email.as_deref()),
            email_verified: user.email_verified && user.pending_email.is_none(),
            name: user.name.as_deref(),
            is_active: user.is_active,
            roles: &user.roles,
            scopes: &user.scopes,
            profile,
        }
    }
}

/// A session as its user sees it. Times are whole seconds since the Unix epoch.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = auth::Session))]
pub(super) struct ShownSession<'a> {
    id: &'a str,
    client_id: &'a str,
    scope: &'a str,
    #[cfg_attr(feature = "openapi", schema(required))]
    device: Option<&'a str>,
    created_at: u64,
    last_used_at: u64,
    expires_at: u64,
    is_current: bool,
}

impl<'a> ShownSession<'a> {
    pub(super) fn new(session: &'a Session, current: Option<&str>) -> Self {
        Self {
            id: &session.id,
            client_id: &session.client_id,
            scope: &session.scope,
            device: session.device.as_deref(),
            created_at: session.created_at.as_secs(),
            last_used_at: session.last_used_at.as_secs(),
            expires_at: session.expires_at.as_secs(),
            is_current: current == Some(session.id.as_str()),
        }
    }
}

/// JSON that no cache keeps (RFC 6749, section 5.1).
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let Ok(body) = serde_json::to_vec(body) else {
        // Strings, numbers and lists of strings have no way to fail.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// It is done, and there is nothing to show.
pub(super) fn no_content() -> Response {
    (StatusCode::NO_CONTENT, [(CACHE_CONTROL, "no-store")]).into_response()
}

/// Something may come of it later, or nothing: that is not said.
pub(super) fn accepted() -> Response {
    json(
        StatusCode::ACCEPTED,
        &Accepted { message: "if there is a mail to send, it is on its way" },
    )
}

/// What was asked for is done as far as it can be.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = auth::Accepted))]
pub(super) struct Accepted {
    message: &'static str,
}

/// An error of RFC 6749, section 5.2, or one in its shape.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    error: &'static str,
    description: Cow<'static, str>,
    field: Option<&'static str>,
    /// In seconds.
    retry_after: Option<u64>,
    challenge: Option<HeaderValue>,
}

/// An error of RFC 6749, section 5.2, or one in its shape; with a field, where one is to blame.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = auth::Error))]
pub(super) struct FailureBody<'a> {
    error: &'a str,
    error_description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    field: Option<&'a str>,
}

impl Failure {
    const fn new(status: StatusCode, error: &'static str, description: &'static str) -> Self {
        let description = Cow::Borrowed(description);
        Self { status, error, description, field: None, retry_after: None, challenge: None }
    }

    pub(super) const fn invalid_request(description: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }

    /// One answer for an unknown user, a wrong password and a disabled account, and one for all
    /// that can be wrong with a refresh token.
    pub(super) const fn invalid_grant() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_grant", "the credentials are not valid")
    }

    /// One answer for all that can be wrong with a token that was mailed.
    pub(super) const fn invalid_one_time_token() -> Self {
        let description = "the token is wrong, used or expired";
        Self::new(StatusCode::BAD_REQUEST, "invalid_grant", description)
    }

    pub(super) fn is_invalid_grant(&self) -> bool {
        self.error == "invalid_grant"
    }

    pub(super) const fn invalid_scope() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid_scope",
            "the scope is malformed, unknown or goes beyond what may be granted",
        )
    }

    pub(super) const fn unsupported_grant_type() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "the grant type is not supported here",
        )
    }

    /// RFC 7009, section 2.2.1.
    pub(super) const fn unsupported_token_type() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "unsupported_token_type",
            "tokens of this type can't be revoked here",
        )
    }

    /// With the challenge of the scheme that clients have, never that of users.
    pub(super) fn invalid_client(challenge: Option<HeaderValue>) -> Self {
        let description = "the client is unknown or did not authenticate";
        let failure = Self::new(StatusCode::UNAUTHORIZED, "invalid_client", description);
        Self { challenge, ..failure }
    }

    pub(super) const fn unauthorized_client() -> Self {
        Self::new(StatusCode::FORBIDDEN, "unauthorized_client", "the client may not ask for this")
    }

    pub(super) const fn unsupported_media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "invalid_request",
            "the content type must be application/json",
        )
    }

    pub(super) const fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", "the body is too large")
    }

    pub(super) const fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is no such thing here")
    }

    pub(super) const fn taken(field: &'static str, description: &'static str) -> Self {
        let mut failure = Self::new(StatusCode::CONFLICT, "conflict", description);
        failure.field = Some(field);
        failure
    }

    pub(super) const fn conflict(description: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", description)
    }

    /// A field that breaks a rule; the reason is one of constants.
    pub(super) fn field(field: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            error: "invalid_field",
            description: reason.into(),
            field: Some(field),
            retry_after: None,
            challenge: None,
        }
    }

    pub(super) const fn cross_site() -> Self {
        let description =
            "no page of this service made the request; programs use the token endpoint";
        Self::new(StatusCode::FORBIDDEN, "forbidden", description)
    }

    /// RFC 6585, section 4. One answer for right and wrong passwords, known and unknown users.
    pub(super) const fn throttled(retry_after: u64) -> Self {
        let mut failure = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "there were too many attempts; try again later",
        );
        failure.retry_after = Some(retry_after);
        failure
    }

    pub(super) const fn unavailable() -> Self {
        let mut failure = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "the service is busy; try again",
        );
        failure.retry_after = Some(1);
        failure
    }

    pub(super) const fn server_error() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "something went wrong")
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = FailureBody {
            error: self.error,
            error_description: &self.description,
            field: self.field,
        };
        let mut response = json(self.status, &body);
        if let Some(challenge) = self.challenge {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Failure> for Response {
    fn from(failure: Failure) -> Self {
        failure.into_response()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        meter::count(&STORE_ERRORS, ["login"]);
        crate::trace::error!(target: "tower_bearer::login", %error, "the store failed");
        if error.is_unavailable() { Self::unavailable() } else { Self::server_error() }
    }
}

impl From<RefreshError> for Failure {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Invalid | RefreshError::Reused(_) => Self::invalid_grant(),
            RefreshError::InvalidScope => Self::invalid_scope(),
            RefreshError::Store(error) => error.into(),
        }
    }
}

impl From<PasswordError> for Failure {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Overloaded => Self::unavailable(),
            // No account has such a password.
            PasswordError::TooLong => Self::invalid_grant(),
            PasswordError::Unavailable => {
                crate::trace::error!(
                    target: "tower_bearer::login",
                    "passwords can't be hashed for want of threads or memory"
                );
                Self::unavailable()
            }
        }
    }
}

impl From<IssueError> for Failure {
    fn from(error: IssueError) -> Self {
        crate::trace::error!(target: "tower_bearer::login", %error, "no token could be issued");
        let _ = error;
        Self::server_error()
    }
}
