//! How much there is to do, for those who look after the others.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Failure;
use crate::database::{Database, query};

#[derive(Serialize, ToSchema)]
pub(crate) struct Report {
    owners: i64,
    tasks: i64,
    done: i64,
}

/// Counts all tasks, for teachers and administrators.
#[utoipa::path(get, path = "/reports", operation_id = "read_report", tag = "reports",
    responses((status = 200, description = "The numbers.", body = Report)))]
pub(crate) async fn read(State(database): State<Database>) -> Result<Json<Report>, Failure> {
    let (owners, tasks, done) = query!(database, |pool| {
        sqlx::query_as(
            "SELECT COUNT(DISTINCT owner), COUNT(*), COUNT(*) FILTER (WHERE done) FROM tasks",
        )
        .fetch_one(pool)
    })?;
    Ok(Json(Report { owners, tasks, done }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Owner {
    owner: String,
    open: i64,
}

/// Counts the open tasks of each user, for administrators, and for teachers with `items:write`.
#[utoipa::path(get, path = "/reports/owners", operation_id = "list_owners", tag = "reports",
    responses((status = 200, description = "Users with tasks.", body = Vec<Owner>)))]
pub(crate) async fn owners(State(database): State<Database>) -> Result<Json<Vec<Owner>>, Failure> {
    let rows: Vec<(String, i64)> = query!(database, |pool| {
        let sql = "SELECT owner, COUNT(*) FILTER (WHERE NOT done) FROM tasks \
                   GROUP BY owner ORDER BY owner";
        sqlx::query_as(sql).fetch_all(pool)
    })?;
    Ok(Json(rows.into_iter().map(|(owner, open)| Owner { owner, open }).collect()))
}
