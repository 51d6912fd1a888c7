//! How much there is to do, for those who look after the others.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use sqlx::SqlitePool;

use crate::answer::Failure;

#[derive(Serialize)]
pub(crate) struct Report {
    owners: i64,
    tasks: i64,
    done: i64,
}

pub(crate) async fn read(State(pool): State<SqlitePool>) -> Result<Json<Report>, Failure> {
    let (owners, tasks, done) = sqlx::query_as(
        "SELECT COUNT(DISTINCT owner), COUNT(*), COUNT(*) FILTER (WHERE done) FROM tasks",
    )
    .fetch_one(&pool)
    .await?;
    Ok(Json(Report { owners, tasks, done }))
}
