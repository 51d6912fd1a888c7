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
use sqlx::SqlitePool;
use tower_bearer::Token;

use crate::answer::Failure;
use crate::body::{Form, Input, Line};

#[derive(Serialize)]
pub(crate) struct Task {
    id: i64,
    title: String,
    done: bool,
}

/// A task as clients write it: with POST a new one, with PUT the whole of an old one.
#[derive(Deserialize)]
pub(crate) struct Draft {
    title: Line,
    #[serde(default)]
    done: bool,
}

impl Form for Draft {
    const EXPECTED: &'static str = "a task is a title of 1 to 200 characters without control characters, and done, true or \
         false, which may be left out";
}

pub(crate) async fn list(
    token: Token,
    State(pool): State<SqlitePool>,
) -> Result<Json<Vec<Task>>, Failure> {
    let rows: Vec<(i64, String, bool)> =
        sqlx::query_as("SELECT id, title, done FROM tasks WHERE owner = ? ORDER BY id")
            .bind(owner(&token)?)
            .fetch_all(&pool)
            .await?;
    Ok(Json(rows.into_iter().map(|(id, title, done)| Task { id, title, done }).collect()))
}

pub(crate) async fn create(
    token: Token,
    State(pool): State<SqlitePool>,
    Input(Draft { title, done }): Input<Draft>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Task>), Failure> {
    let title = title.into_string();
    let inserted = sqlx::query("INSERT INTO tasks (owner, title, done) VALUES (?, ?, ?)")
        .bind(owner(&token)?)
        .bind(&title)
        .bind(done)
        .execute(&pool)
        .await?;
    let id = inserted.last_insert_rowid();
    let location = [(LOCATION, format!("/tasks/{id}"))];
    Ok((StatusCode::CREATED, location, Json(Task { id, title, done })))
}

pub(crate) async fn read(
    token: Token,
    TaskId(id): TaskId,
    State(pool): State<SqlitePool>,
) -> Result<Json<Task>, Failure> {
    let row: Option<(String, bool)> =
        sqlx::query_as("SELECT title, done FROM tasks WHERE id = ? AND owner = ?")
            .bind(id)
            .bind(owner(&token)?)
            .fetch_optional(&pool)
            .await?;
    let (title, done) = row.ok_or(Failure::NotFound)?;
    Ok(Json(Task { id, title, done }))
}

pub(crate) async fn replace(
    token: Token,
    TaskId(id): TaskId,
    State(pool): State<SqlitePool>,
    Input(Draft { title, done }): Input<Draft>,
) -> Result<Json<Task>, Failure> {
    let title = title.into_string();
    let updated = sqlx::query("UPDATE tasks SET title = ?, done = ? WHERE id = ? AND owner = ?")
        .bind(&title)
        .bind(done)
        .bind(id)
        .bind(owner(&token)?)
        .execute(&pool)
        .await?;
    if updated.rows_affected() == 0 {
        return Err(Failure::NotFound);
    }
    Ok(Json(Task { id, title, done }))
}

pub(crate) async fn delete(
    token: Token,
    TaskId(id): TaskId,
    State(pool): State<SqlitePool>,
) -> Result<StatusCode, Failure> {
    let deleted = sqlx::query("DELETE FROM tasks WHERE id = ? AND owner = ?")
        .bind(id)
        .bind(owner(&token)?)
        .execute(&pool)
        .await?;
    if deleted.rows_affected() == 0 {
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
