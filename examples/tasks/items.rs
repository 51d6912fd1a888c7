//! Items: one list for everybody. Scopes tell who may read it and who may add to it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;

use crate::answer::Failure;
use crate::body::{Form, Input, Line};

#[derive(Serialize)]
pub(crate) struct Item {
    id: i64,
    name: String,
}

#[derive(Deserialize)]
pub(crate) struct Draft {
    name: Line,
}

impl Form for Draft {
    const EXPECTED: &'static str =
        "an item is a name of 1 to 200 characters without control characters";
}

pub(crate) async fn list(State(pool): State<SqlitePool>) -> Result<Json<Vec<Item>>, Failure> {
    let rows: Vec<(i64, String)> =
        sqlx::query_as("SELECT id, name FROM items ORDER BY id").fetch_all(&pool).await?;
    Ok(Json(rows.into_iter().map(|(id, name)| Item { id, name }).collect()))
}

pub(crate) async fn create(
    State(pool): State<SqlitePool>,
    Input(Draft { name }): Input<Draft>,
) -> Result<(StatusCode, Json<Item>), Failure> {
    let name = name.into_string();
    let inserted =
        sqlx::query("INSERT INTO items (name) VALUES (?)").bind(&name).execute(&pool).await?;
    Ok((StatusCode::CREATED, Json(Item { id: inserted.last_insert_rowid(), name })))
}
