//! Services that trust an issuer elsewhere. A request makes one, with a clock of its own, and others
//! use it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt;
use tower_bearer::{Claims, Clock, ConfigError, JwtAuthLayer, Verifier, require_scopes};

#[derive(Clone)]
struct Service {
    api: Router,
    clock: Clock,
    verifier: Verifier,
}

type Services = Arc<Mutex<Vec<Service>>>;

pub(super) fn routes() -> Router {
    Router::new()
        .route("/", post(make))
        .route("/{id}/later", post(later))
        .route("/{id}/keys", get(keys))
        .route("/{id}/{*path}", any(pass_on))
        .with_state(Services::default())
}

#[derive(Deserialize)]
struct Wanted {
    issuers: Vec<String>,
    audience: String,
    /// Whether it starts before it has keys.
    #[serde(default)]
    lazy: bool,
    /// For opaque tokens beside JWTs.
    introspection: Option<Introspection>,
}

#[derive(Deserialize)]
struct Introspection {
    endpoint: String,
    client_id: String,
    client_secret: String,
    /// Whether the secret goes into the body, and not into the header.
    #[serde(default)]
    by_post: bool,
}

/// Makes a service, or tells why not.
async fn make(State(services): State<Services>, Json(wanted): Json<Wanted>) -> Json<Value> {
    let clock = Clock::manual(Clock::system().now());
    let verifier = match verifier(wanted, &clock).await {
        Ok(verifier) => verifier,
        Err(error) => return Json(json!({ "error": error.to_string() })),
    };
    let api = Router::new()
        .route("/orders", get(|| async { "orders" }).route_layer(require_scopes(["orders:read"])))
        .route("/orders", post(|| async {}).route_layer(require_scopes(["orders:write"])))
        .route("/claims", get(|Claims(claims): Claims<Value>| async { Json(claims) }))
        .layer(JwtAuthLayer::new(verifier.clone()));
    let mut services = services.lock().unwrap();
    services.push(Service { api, clock, verifier });
    Json(json!({ "id": services.len() - 1 }))
}

async fn verifier(wanted: Wanted, clock: &Clock) -> Result<Verifier, ConfigError> {
    let Wanted { issuers, audience, lazy, introspection } = wanted;
    let opaque = introspection.map(|introspection| {
        let Introspection { endpoint, client_id: id, client_secret: secret, .. } = &introspection;
        let builder = Verifier::introspect(endpoint).audience(&audience).clock(clock.clone());
        let builder = if introspection.by_post {
            builder.client_secret_post(id, secret)
        } else {
            builder.client_secret_basic(id, secret)
        };
        builder.build()
    });
    let mut jwt = Vec::new();
    for issuer in issuers {
        let builder = Verifier::discover(issuer).audience(&audience).clock(clock.clone());
        jwt.push(if lazy { builder.build_lazy()? } else { builder.build().await? });
    }
    let jwt = match jwt.len() {
        1 => jwt.remove(0),
        _ => Verifier::of_issuers(jwt)?,
    };
    match opaque {
        Some(opaque) => Verifier::jwt_or_opaque(jwt, opaque?),
        None => Ok(jwt),
    }
}

#[derive(Deserialize)]
struct Later {
    seconds: u64,
}

/// Lets time pass for a service.
async fn later(
    State(services): State<Services>,
    Path(id): Path<usize>,
    Json(later): Json<Later>,
) -> Json<Value> {
    services.lock().unwrap()[id].clock.advance(Duration::from_secs(later.seconds));
    Json(json!({}))
}

/// How the keys of its first issuer are doing.
async fn keys(State(services): State<Services>, Path(id): Path<usize>) -> Json<Value> {
    let status = services.lock().unwrap()[id].verifier.key_status().remove(0);
    Json(json!({
        "url": status.url(),
        "is_usable": status.is_usable(),
        "key_ids": status.key_ids().collect::<Vec<_>>(),
        "skipped": status.skipped(),
        "last_error": status.last_error(),
    }))
}

async fn pass_on(
    State(services): State<Services>,
    Path((id, path)): Path<(usize, String)>,
    mut request: Request,
) -> Response {
    let Some(Service { api, .. }) = services.lock().unwrap().get(id).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    *request.uri_mut() = format!("/{path}").parse().unwrap();
    api.oneshot(request).await.into_response()
}
