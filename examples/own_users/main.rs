//! Users in a table of one's own, and the crate's sessions beside it, in one SQLite database.
//!
//! ```text
//! cargo run --example own_users --features login,sqlite
//! ```
//!
//! [`accounts`] is all that it takes.

mod accounts;

use std::error::Error;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use tower_bearer::{CurrentUser, Issuer, JwtAuthLayer, LoginRouter, SigningKey, SqliteStore, User};

use accounts::Accounts;

fn app(users: Accounts, sessions: SqliteStore) -> Result<Router, Box<dyn Error>> {
    let issuer = Issuer::new(SigningKey::generate_hs256()?).issuer("https://me").audience("api");
    let auth = JwtAuthLayer::new(issuer.verifier()?).users(users.clone());
    let login = LoginRouter::with_stores(users, sessions, issuer).auth(auth.clone());
    let hello = get(|CurrentUser(user): CurrentUser<User>| async move {
        format!("hello, {}", user.username)
    });
    Ok(Router::new().route("/hello", hello).layer(auth).nest("/auth", login.into_router()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // "sqlite://app.db?mode=rwc" in practice.
    let sessions = SqliteStore::connect("sqlite::memory:").await?;
    // The table would be there already.
    sqlx::query(accounts::TABLE).execute(sessions.pool()).await?;
    let app = app(Accounts(sessions.pool().clone()), sessions)?;

    let account = r#"{"username":"alice","password":"correct horse battery"}"#;
    let ask = async |path: &str, json: &'static str| {
        let json = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json))?;
        answer(&app, json).await
    };
    let (status, user) = ask("/auth/register", account).await?;
    println!("POST /auth/register: {status} {user}");
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(ask("/auth/register", account).await?.0, StatusCode::CONFLICT);

    let (status, tokens) = ask("/auth/login", account).await?;
    println!("POST /auth/login: {status}");
    assert_eq!(status, StatusCode::OK);
    let tokens: Value = serde_json::from_str(&tokens)?;
    let token = tokens["access_token"].as_str().unwrap_or_default();
    let hello = Request::get("/hello")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())?;
    let (status, text) = answer(&app, hello).await?;
    println!("GET /hello: {status} {text}");
    assert_eq!((status, text.as_str()), (StatusCode::OK, "hello, alice"));
    Ok(())
}

async fn answer(
    app: &Router,
    request: Request<Body>,
) -> Result<(StatusCode, String), Box<dyn Error>> {
    let answer = app.clone().oneshot(request).await?;
    let (status, body) = (answer.status(), answer.into_body().collect().await?.to_bytes());
    Ok((status, String::from_utf8(body.to_vec())?))
}
