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

#[derive(Serialize)]
pub(crate) struct Owner {
    owner: String,
    open: i64,
}

pub(crate) async fn owners(State(pool): State<SqlitePool>) -> Result<Json<Vec<Owner>>, Failure> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT owner, COUNT(*) FILTER (WHERE NOT done) FROM tasks GROUP BY owner ORDER BY owner",
    )
    .fetch_all(&pool)
    .await?;
    Ok(Json(rows.into_iter().map(|(owner, open)| Owner { owner, open }).collect()))
}
