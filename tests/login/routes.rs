//! Routes chosen, renamed and dropped; composing with other routers.

use axum::Router;
use axum::routing::get;
use http::{Method, Request};
use serde_json::json;
use tower::ServiceExt;
use tower_bearer::{
    Endpoint, Issuer, JwtAuthLayer, LoginRouter, MemoryStore, SigningKey, require_scopes,
};

use super::support::{PASSWORD, apps_with};

#[tokio::test]
async fn r89_endpoints_are_renamed_and_the_password_grant_is_left_out() {
    let mut apps =
        apps_with!(|r| r.path(Endpoint::Register, "/sign-up").without(Endpoint::Token)).await;
    let chosen = [Endpoint::Register, Endpoint::Login, Endpoint::Me];
    apps.extend(apps_with!(|r| r.only(chosen).path(Endpoint::Register, "/sign-up")).await);
    for app in apps {
        let body = json!({ "username": "alice", "password": PASSWORD });
        assert_eq!(app.json("/register", body.clone()).await.status, 404);
        assert_eq!(app.json("/sign-up", body.clone()).await.status, 201);
        assert_eq!(app.json("/token", body.clone()).await.status, 404);
        assert_eq!(app.json("/login", body).await.status, 200);
        assert_eq!(app.with_token(Method::GET, "/me", "x").await.status, 401);
    }
}

#[tokio::test]
async fn it_composes_with_a_router_that_has_a_state() {
    #[derive(Clone)]
    struct State;
    let issuer = Issuer::for_tests();
    let auth = JwtAuthLayer::new(issuer.verifier().unwrap()).realm("mine").unwrap();
    let login = LoginRouter::new(MemoryStore::new(), issuer).auth(auth.clone());
    let app: Router = Router::new()
        .route("/items", get(|| async { "items" }).route_layer(require_scopes(["a"])))
        .layer(auth)
        .nest("/auth", login.into_router().with_state(()))
        .with_state(State);
    let request = Request::get("/auth/me").body(axum::body::Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.headers()["www-authenticate"], r#"Bearer realm="mine""#);
}

#[test]
#[should_panic(expected = "no audience is set")]
fn an_incomplete_issuer_stops_the_start() {
    let issuer = Issuer::new(SigningKey::generate_hs256().unwrap()).issuer("https://me");
    let _ = LoginRouter::new(MemoryStore::new(), issuer).into_router();
}
