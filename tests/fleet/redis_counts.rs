//! Sessions in a database and nothing but counts in Redis: while Redis is out of reach, logins go on
//! and the limits hold for the process alone.

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode, header};
use tower::ServiceExt;
use tower_bearer::{Issuer, LoginRouter, RedisStore, SqliteStore};

use crate::alone;
use crate::servers::Redis;
use crate::service::PASSWORD;

async fn post(app: &Router, path: &str, body: &str, name: &str) -> StatusCode {
    let body = body.replace("NAME", name);
    let content_type = if body.starts_with('{') {
        "application/json"
    } else {
        "application/x-www-form-urlencoded"
    };
    let request = Request::post(path).header(header::CONTENT_TYPE, content_type);
    app.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::await_holding_lock, reason = "the other tests are to wait")]
async fn r182_without_redis_its_counts_go_on_in_the_process() {
    let _alone = alone();
    let Some(redis) = Redis::start() else { return };
    let store = SqliteStore::connect("sqlite::memory:").await.unwrap();
    let counts = RedisStore::connect(&redis.url()).await.unwrap();
    let app = LoginRouter::new(store, Issuer::for_tests()).throttle_store(counts).into_router();
    let register = format!(r#"{{"username":"NAME","password":"{PASSWORD}"}}"#);
    let log_in = format!("grant_type=password&username=NAME&password={PASSWORD}");
    let guess = "grant_type=password&username=NAME&password=wrong";

    assert_eq!(post(&app, "/register", &register, "alice").await, StatusCode::CREATED);
    assert_eq!(post(&app, "/token", &log_in, "alice").await, StatusCode::OK);
    redis.stop();
    assert_eq!(post(&app, "/register", &register, "bob").await, StatusCode::CREATED);
    assert_eq!(post(&app, "/token", &log_in, "bob").await, StatusCode::OK);
    for _ in 0..5 {
        assert_eq!(post(&app, "/token", guess, "bob").await, StatusCode::BAD_REQUEST);
    }
    assert_eq!(post(&app, "/token", &log_in, "bob").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(post(&app, "/token", &log_in, "alice").await, StatusCode::OK);
    redis.resume();
    assert_eq!(post(&app, "/token", &log_in, "alice").await, StatusCode::OK);
}
