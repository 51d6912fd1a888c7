//! What programs may read with an API key of their user's.
//!
//! ```text
//! curl -i "$URL/auth/api-keys" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
//!     -d '{"name":"backup","scopes":["data:read"]}'
//! curl -i "$URL/public-api/data" -H "X-API-Key: $KEY"
//! ```

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use serde::Serialize;
use tower_bearer::Token;

use crate::answer::Failure;
use crate::database::{Database, query};

/// How far the user is whose key it is.
#[derive(Serialize)]
pub(crate) struct Progress {
    owner: String,
    tasks: i64,
    done: i64,
}

pub(crate) async fn data(
    key: Token,
    headers: HeaderMap,
    State(database): State<Database>,
) -> Result<Json<Progress>, Failure> {
    // The layer looks at keys and at nothing else.
    if headers.contains_key("x-api-key") && headers.contains_key(AUTHORIZATION) {
        return Err(Failure::TwoCredentials);
    }
    let owner = key.subject().ok_or(Failure::NoSubject)?;
    let (tasks, done) = query!(database, |pool| {
        let sql = "SELECT COUNT(*), COUNT(*) FILTER (WHERE done) FROM tasks WHERE owner = $1";
        sqlx::query_as(sql).bind(owner).fetch_one(pool)
    })?;
    Ok(Json(Progress { owner: owner.to_owned(), tasks, done }))
}
