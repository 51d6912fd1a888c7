//! What programs may read with an API key of their user's.
//!
//! ```text
//! curl -i "$URL/auth/api-keys" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
//!     -d '{"name":"backup","scopes":["data:read"]}'
//! curl -i "$URL/public-api/data" -H "X-API-Key: $KEY"
//! ```

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tower_bearer::Token;
use utoipa::ToSchema;

use crate::answer::Failure;
use crate::database::{Database, query};

/// How far the user is whose key it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Progress {
    owner: String,
    tasks: i64,
    done: i64,
}

/// Refuses two credentials at once: the layer behind this looks at keys and at nothing else.
pub(crate) async fn one_credential(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if headers.contains_key("x-api-key") && headers.contains_key(AUTHORIZATION) {
        let challenge = [(WWW_AUTHENTICATE, r#"ApiKey realm="api""#)];
        return (challenge, Failure::TwoCredentials).into_response();
    }
    next.run(request).await
}

/// Shows how far the user is whose key it is.
#[utoipa::path(get, path = "/public-api/data", operation_id = "read_data", tag = "public-api",
    responses((status = 200, description = "The numbers.", body = Progress)))]
pub(crate) async fn data(
    key: Token,
    State(database): State<Database>,
) -> Result<Json<Progress>, Failure> {
    let owner = key.subject().ok_or(Failure::NoSubject)?;
    let (tasks, done) = query!(database, |pool| {
        let sql = "SELECT COUNT(*), COUNT(*) FILTER (WHERE done) FROM tasks WHERE owner = $1";
        sqlx::query_as(sql).bind(owner).fetch_one(pool)
    })?;
    Ok(Json(Progress { owner: owner.to_owned(), tasks, done }))
}
