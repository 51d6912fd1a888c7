//! The router of accounts with a verifier that remembers tokens (requirements 128, 131, 189).

use std::time::Duration;

use http::{Method, header};
use serde_json::json;
use tower_bearer::{
    AccountStore, Clock, Hasher, Issuer, JwtAuthLayer, LoginRouter, MemoryStore, TokenCache,
    UserChange, Verifier,
};

use super::clients::{SECRET, basic, clients};
use super::support::{App, PASSWORD};

/// An app, its verifier and its store; what it says is remembered for longer than tokens live.
fn cached() -> (App, Verifier, MemoryStore) {
    let clock = Clock::manual(Duration::from_secs(1_700_000_000));
    let issuer = Issuer::for_tests().clock(clock.clone()).leeway(Duration::ZERO);
    let cache = TokenCache::new(100).lifetime(Duration::MAX);
    let verifier = issuer.verifier().unwrap().cached(cache);
    let hasher = Hasher::builder().insecure_parameters(8, 1, 1).build().unwrap();
    let store = MemoryStore::new();
    let router = LoginRouter::new(store.clone(), issuer.clone())
        .auth(JwtAuthLayer::new(verifier.clone()).users(store.clone()))
        .revocations()
        .clients(clients())
        .hasher(hasher.clone())
        .into_router();
    (App { router, clock, issuer, hasher }, verifier, store)
}

async fn log_in(app: &App) -> String {
    let fields = [("grant_type", "password"), ("username", "alice"), ("password", PASSWORD)];
    let answer = app.form_as("/token", &[&basic("worker", SECRET)], &fields).await;
    answer.text("access_token")
}

async fn is_active(app: &App, token: &str) -> bool {
    let fields = [("token", token)];
    let answer = app.form_as("/introspect", &[&basic("worker", SECRET)], &fields).await;
    answer.json()["active"].as_bool().unwrap()
}

async fn me(app: &App, token: &str) -> u16 {
    app.with_token(Method::GET, "/me", token).await.status.as_u16()
}

#[tokio::test]
async fn r128_r131_r189_a_remembered_token_ends_as_any_other() {
    let (app, verifier, store) = cached();
    assert_eq!(app.register("alice").await.status, 201);
    let log_in = || log_in(&app);
    let (logged_out, revoked, expired) = (log_in().await, log_in().await, log_in().await);
    for token in [&logged_out, &revoked, &expired] {
        assert_eq!((me(&app, token).await, is_active(&app, token).await), (200, true));
    }
    let counters = verifier.cache_counters().unwrap();
    assert_eq!((counters.misses(), counters.hits()), (3, 3), "the router uses it everywhere");

    assert_eq!(app.with_token(Method::POST, "/logout", &logged_out).await.status, 204);
    let fields = [("token", revoked.as_str())];
    assert_eq!(app.form_as("/revoke", &[&basic("worker", SECRET)], &fields).await.status, 200);
    for token in [&logged_out, &revoked] {
        assert_eq!((me(&app, token).await, is_active(&app, token).await), (401, false));
    }
    assert_eq!((me(&app, &expired).await, is_active(&app, &expired).await), (200, true));

    app.clock.advance(app.issuer.lifetime());
    assert_eq!((me(&app, &expired).await, is_active(&app, &expired).await), (401, false));

    let disabled = log_in().await;
    assert_eq!(me(&app, &disabled).await, 200);
    let claims = app.claims(&disabled).await;
    let id = claims["sub"].as_str().unwrap();
    let change = UserChange::new().is_active(false);
    store.update_user(id, &change).await.unwrap();
    assert_eq!((me(&app, &disabled).await, is_active(&app, &disabled).await), (401, false));
    assert_eq!(counters.evictions(), 0);
}
