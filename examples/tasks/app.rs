//! The routes, and who may use them.

use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use serde_json::{Value, json};
use tower_bearer::{
    Endpoint, Hasher, Issuer, JwtAuthLayer, LoginRouter, PasswordPolicy, RefreshTokens,
    SqliteStore, any_of, any_role, role, scopes,
};

use crate::answer::Failure;
use crate::settings::Settings;
use crate::{body, items, reports, tasks, web};

/// What a newly registered user may do.
const USER_SCOPES: [&str; 2] = ["me", "items:read"];
/// What there is to be allowed.
pub(crate) const ALL_SCOPES: [&str; 3] = ["me", "items:read", "items:write"];
/// At least 8 characters, at most 1024 bytes.
pub(crate) const PASSWORD_POLICY: PasswordPolicy = PasswordPolicy::asvs_l1();

pub(crate) fn app(
    store: &SqliteStore,
    issuer: Issuer,
    auth: JwtAuthLayer,
    hasher: Hasher,
    settings: &Settings,
) -> Router {
    let login = LoginRouter::new(store.clone(), issuer)
        .auth(auth.clone())
        .hasher(hasher)
        .password_policy(PASSWORD_POLICY)
        .refresh_tokens(RefreshTokens::new().lifetime(settings.session_lifetime))
        .default_scopes(USER_SCOPES)
        .body_limit(body::LIMIT);
    // The user answers under two paths: a router of that one endpoint for the second.
    let me = login.clone().only([Endpoint::Me]).path(Endpoint::Me, "/users/me");

    // Each route has its own layer, which verifies the token and asks for the route's scopes. So
    // the 401 can name them: one layer around all routes would refuse before it knows the route.
    // It also leaves unknown paths and wrong methods their 404 and 405.
    let reads_items = auth.clone().require(scopes(["items:read"]));
    let writes_items = auth.clone().require(scopes(["items:write"]));
    let sees_reports = auth.clone().require(any_role(["teacher", "admin"]));
    // Here the user is loaded with every request, so that one who is disabled is out at once. The
    // other routes save the question, and take tokens of a trusted issuer whose users are not ours.
    let with_user = auth.clone().users(store.clone());
    // One of several ways, each of which may ask for several things.
    let lists_owners = with_user
        .clone()
        .require(any_of((role("admin"), (role("teacher"), scopes(["items:write"])))));
    Router::new()
        .route("/tasks", get(tasks::list).post(tasks::create).route_layer(auth.clone()))
        .route(
            "/tasks/{id}",
            get(tasks::read).put(tasks::replace).delete(tasks::delete).route_layer(auth),
        )
        .route("/items", get(items::list).route_layer(reads_items))
        .route("/items", post(items::create).route_layer(writes_items))
        .route("/reports", get(reports::read).route_layer(sees_reports))
        .route("/reports/owners", get(reports::owners).route_layer(lists_owners))
        .merge(web::routes(with_user))
        .with_state(store.pool().clone())
        .route("/health", get(health))
        .nest("/auth", login.into_router())
        .merge(me.into_router())
        .fallback(async || Failure::NotFound)
        .method_not_allowed_fallback(async || Failure::MethodNotAllowed)
        .layer(middleware::from_fn(body::read_in_whole))
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}
