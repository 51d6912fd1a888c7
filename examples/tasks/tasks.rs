//! Tasks: everybody sees and changes only their own.
//!
//! Every statement names the owner, so there is no separate check to forget. Another's task is as
//! good as none: 404 for both, so that nobody learns which numbers are taken.

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use serde::{Deserialize, Serialize};
use tower_bearer::Token;
use utoipa::ToSchema;

use crate::answer::{Failure, Fault};
use crate::body::{Form, Input, Line};
use crate::database::{Database, inserted, query};

#[derive(Serialize, ToSchema)]
pub(crate) struct Task {
    id: i64,
    title: String,
    done: bool,
}

/// A task as clients write it: with POST a new one, with PUT the whole of an old one.
#[derive(Deserialize, ToSchema)]
#[schema(as = TaskDraft)]
pub(crate) struct Draft {
    title: Line,
    #[serde(default)]
    done: bool,
}

impl Form for Draft {
    const EXPECTED: &'static str = "a task is a title of 1 to 200 characters without control characters, and done, true or \
         false, which may be left out";
}

/// Lists the tasks of the user.
#[utoipa::path(
    get,
    path = "/tasks",
    operation_id = "list_tasks",
    tag = "tasks",
    responses(
        (status = 200, description = "The tasks.", body = Vec<Task>),
        (status = 403, description = "The token names no user.", body = Fault),
    )
)]
pub(crate) async fn list(
    token: Token,
    State(database): State<Database>,
) -> Result<Json<Vec<Task>>, Failure> {
    let owner = owner(&token)?;
    let rows: Vec<(i64, String, bool)> = query!(database, |pool| {
        sqlx::query_as("SELECT id, title, done FROM tasks WHERE owner = $1 ORDER BY id")
            .bind(owner)
            .fetch_all(pool)
    })?;
    Ok(Json(rows.into_iter().map(|(id, title, done)| Task { id, title, done }).collect()))
}

/// Adds a task.
#[utoipa::path(
    post,
    path = "/tasks",
    operation_id = "create_task",
    tag = "tasks",
    request_body = Draft,
    responses(
        (status = 201, description = "The task.", body = Task, headers(("Location", description = "The task."))),
        (status = 403, description = "The token names no user.", body = Fault),
    )
)]
pub(crate) async fn create(
    token: Token,
    State(database): State<Database>,
    Input(Draft { title, done }): Input<Draft>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Task>), Failure> {
    let (owner, title) = (owner(&token)?, title.into_string());
    let rows = query!(database, |pool| {
        sqlx::query_as("INSERT INTO tasks (owner, title, done) VALUES ($1, $2, $3) RETURNING id")
            .bind(owner)
            .bind(&title)
            .bind(done)
            .fetch_all(pool)
    })?;
    let id = inserted(rows)?;
    let location = [(LOCATION, format!("/tasks/{id}"))];
    Ok((StatusCode::CREATED, location, Json(Task { id, title, done })))
}

/// Shows a task.
#[utoipa::path(
    get,
    path = "/tasks/{id}",
    operation_id = "read_task",
    tag = "tasks",
    params(("id" = i64, Path)),
    responses(
        (status = 200, description = "The task.", body = Task),
        (status = 403, description = "The token names no user.", body = Fault),
        (status = 404, description = "There is no such task of the user.", body = Fault),
    )
)]
pub(crate) async fn read(
    token: Token,
    TaskId(id): TaskId,
    State(database): State<Database>,
) -> Result<Json<Task>, Failure> {
    let owner = owner(&token)?;
    let row: Option<(String, bool)> = query!(database, |pool| {
        sqlx::query_as("SELECT title, done FROM tasks WHERE id = $1 AND owner = $2")
            .bind(id)
            .bind(owner)
            .fetch_optional(pool)
    })?;
    let (title, done) = row.ok_or(Failure::NotFound)?;
    Ok(Json(Task { id, title, done }))
}

/// Replaces a task.
#[utoipa::path(
    put,
    path = "/tasks/{id}",
    operation_id = "replace_task",
    tag = "tasks",
    params(("id" = i64, Path)),
    request_body = Draft,
    responses(
        (status = 200, description = "The task.", body = Task),
        (status = 403, description = "The token names no user.", body = Fault),
        (status = 404, description = "There is no such task of the user.", body = Fault),
    )
)]
pub(crate) async fn replace(
    token: Token,
    TaskId(id): TaskId,
    State(database): State<Database>,
    Input(Draft { title, done }): Input<Draft>,
) -> Result<Json<Task>, Failure> {
    let (owner, title) = (owner(&token)?, title.into_string());
    let updated = query!(database, |pool| {
        let sql = "UPDATE tasks SET title = $1, done = $2 WHERE id = $3 AND owner = $4";
        let statement = sqlx::query(sql).bind(&title).bind(done).bind(id).bind(owner);
        async { Ok(statement.execute(pool).await?.rows_affected()) }
    })?;
    if updated == 0 {
        return Err(Failure::NotFound);
    }
    Ok(Json(Task { id, title, done }))
}

/// Deletes a task.
#[utoipa::path(
    delete,
    path = "/tasks/{id}",
    operation_id = "delete_task",
    tag = "tasks",
    params(("id" = i64, Path)),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 403, description = "The token names no user.", body = Fault),
        (status = 404, description = "There is no such task of the user.", body = Fault),
    )
)]
pub(crate) async fn delete(
    token: Token,
    TaskId(id): TaskId,
    State(database): State<Database>,
) -> Result<StatusCode, Failure> {
    let owner = owner(&token)?;
    let deleted = query!(database, |pool| {
        let sql = "DELETE FROM tasks WHERE id = $1 AND owner = $2";
        let statement = sqlx::query(sql).bind(id).bind(owner);
        async { Ok(statement.execute(pool).await?.rows_affected()) }
    })?;
    if deleted == 0 {
        return Err(Failure::NotFound);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Whose tasks they are: the user whom the token names, by ID.
fn owner(token: &Token) -> Result<&str, Failure> {
    token.subject().ok_or(Failure::NoSubject)
}

/// The task's number in the path. What is no number is no task either: 404, not 400.
pub(crate) struct TaskId(i64);

impl<S: Send + Sync> FromRequestParts<S> for TaskId {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Path(id) =
            Path::from_request_parts(parts, state).await.map_err(|_| Failure::NotFound)?;
        Ok(Self(id))
    }
}
