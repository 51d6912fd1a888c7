//! Items: one list for everybody. Scopes tell who may read it and who may add to it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Failure;
use crate::body::{Form, Input, Line};
use crate::database::{Database, inserted, query};

#[derive(Serialize, ToSchema)]
pub(crate) struct Item {
    id: i64,
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = ItemDraft)]
pub(crate) struct Draft {
    name: Line,
}

impl Form for Draft {
    const EXPECTED: &'static str =
        "an item is a name of 1 to 200 characters without control characters";
}

/// Lists all items.
#[utoipa::path(
    get,
    path = "/items",
    operation_id = "list_items",
    tag = "items",
    responses((status = 200, description = "All items.", body = Vec<Item>))
)]
pub(crate) async fn list(State(database): State<Database>) -> Result<Json<Vec<Item>>, Failure> {
    let rows: Vec<(i64, String)> = query!(database, |pool| {
        sqlx::query_as("SELECT id, name FROM items ORDER BY id").fetch_all(pool)
    })?;
    Ok(Json(rows.into_iter().map(|(id, name)| Item { id, name }).collect()))
}

/// Adds an item.
#[utoipa::path(
    post,
    path = "/items",
    operation_id = "create_item",
    tag = "items",
    request_body = Draft,
    responses((status = 201, description = "The item.", body = Item))
)]
pub(crate) async fn create(
    State(database): State<Database>,
    Input(Draft { name }): Input<Draft>,
) -> Result<(StatusCode, Json<Item>), Failure> {
    let name = name.into_string();
    let rows = query!(database, |pool| {
        sqlx::query_as("INSERT INTO items (name) VALUES ($1) RETURNING id")
            .bind(&name)
            .fetch_all(pool)
    })?;
    Ok((StatusCode::CREATED, Json(Item { id: inserted(rows)?, name })))
}
