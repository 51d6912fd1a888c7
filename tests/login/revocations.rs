//! Access tokens that end before they expire (requirements 31, 126, 128, 183).

use std::cell::RefCell;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::{Method, header};
use serde_json::json;
use tower_bearer::{
    AccountStore, JwtAuthLayer, MemoryStore, RevocationStore, Revocations, Token, UserStore,
    Username,
};

use super::support::{Answer, App, app_with_stores, apps, apps_with, sqlite};

/// An app on each store, each with a second router beside it, on the same store.
async fn two_nodes() -> Vec<(App, App)> {
    let routers = RefCell::new(Vec::new());
    let apps = apps_with!(|router| {
        routers.borrow_mut().push(router.clone().revocations().into_router());
        router.revocations()
    });
    let apps = apps.await;
    let other = |(app, router): (App, Router)| {
        let (clock, issuer, hasher) = (app.clock.clone(), app.issuer.clone(), app.hasher.clone());
        (app, App { router, clock, issuer, hasher })
    };
    apps.into_iter().zip(routers.into_inner()).map(other).collect()
}

async fn me(app: &App, token: &str) -> Answer {
    app.with_token(Method::GET, "/me", token).await
}

/// Refused on both nodes, for being revoked.
async fn assert_dead(nodes: &(App, App), token: &str) {
    for app in [&nodes.0, &nodes.1] {
        for (method, path) in [(Method::GET, "/me"), (Method::GET, "/sessions")] {
            let answer = app.with_token(method, path, token).await;
            assert_eq!(answer.status, 401, "{path}: {answer:?}");
            assert_eq!(answer.text("error_code"), "token_revoked");
            let challenge = answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap();
            assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
        }
    }
}

#[tokio::test]
async fn r128_after_logout_the_access_token_is_dead_on_every_node() {
    for nodes in two_nodes().await {
        let (app, other) = &nodes;
        for by_refresh_token in [false, true] {
            let tokens = app.password_grant("admin", &[]).await;
            let bystander = other.password_grant("admin", &[]).await.text("access_token");
            let access = tokens.text("access_token");
            assert_eq!(me(app, &access).await.status, 200);
            assert_eq!(me(other, &access).await.status, 200);
            let logout = if by_refresh_token {
                let body = json!({ "refresh_token": tokens.text("refresh_token") });
                app.json("/logout", body).await
            } else {
                app.with_token(Method::POST, "/logout", &access).await
            };
            assert_eq!(logout.status, 204);
            assert_dead(&nodes, &access).await;
            assert_eq!(me(other, &bystander).await.status, 200);
            // Logging out again is no error.
            assert_eq!(app.with_token(Method::POST, "/logout", &access).await.status, 204);
        }
    }
}

#[tokio::test]
async fn without_revocations_an_access_token_outlives_its_session() {
    for app in apps().await {
        let access = app.password_grant("admin", &[]).await.text("access_token");
        app.with_token(Method::POST, "/logout", &access).await;
        assert_eq!(me(&app, &access).await.status, 200);
    }
}

#[tokio::test]
async fn r126_every_access_token_of_a_session_ends_with_it() {
    for nodes in two_nodes().await {
        let (app, _) = &nodes;
        let first = app.password_grant("admin", &[]).await;
        let second = app.refresh(&first.text("refresh_token")).await;
        let (one, two) = (first.text("access_token"), second.text("access_token"));
        assert_eq!(me(app, &one).await.status, 200, "a refresh leaves the earlier ones");
        // A refresh token that comes twice.
        app.refresh(&first.text("refresh_token")).await.assert_error(400, "invalid_grant");
        for token in [one, two] {
            assert_dead(&nodes, &token).await;
        }
    }
}

#[tokio::test]
async fn r128_sessions_that_are_ended_from_another_take_their_tokens_with_them() {
    for nodes in two_nodes().await {
        let (app, _) = &nodes;
        let log_in = async || app.password_grant("admin", &[]).await.text("access_token");
        let (phone, laptop, this) = (log_in().await, log_in().await, log_in().await);
        let id = app.claims(&phone).await["sid"].as_str().unwrap().to_owned();
        let path = format!("/sessions/{id}");
        assert_eq!(app.with_token(Method::DELETE, &path, &this).await.status, 204);
        assert_dead(&nodes, &phone).await;
        assert_eq!(me(app, &laptop).await.status, 200);
        assert_eq!(app.with_token(Method::DELETE, "/sessions", &this).await.status, 204);
        assert_dead(&nodes, &laptop).await;
        assert_eq!(me(app, &this).await.status, 200);
        app.with_token(Method::DELETE, "/sessions?all=true", &this).await;
        assert_dead(&nodes, &this).await;
    }
}

#[tokio::test]
async fn r183_the_tokens_of_a_deleted_user_are_revoked_and_older_ones_by_their_time() {
    let store = MemoryStore::new();
    let app = app_with_stores(store.clone(), store.clone(), |router| router.revocations()).await;
    let admin = Username::new("admin").unwrap();
    let id = store.find_user_by_username(&admin).await.unwrap().unwrap().id;
    let old = app.password_grant("admin", &[]).await;
    app.clock.advance(Duration::from_secs(60));
    let now = app.clock.now();
    // The roles have changed, say.
    store.revoke_tokens_before(&id, now, now + app.issuer.lifetime(), now).await.unwrap();
    assert_eq!(me(&app, &old.text("access_token")).await.text("error_code"), "token_revoked");
    let new = app.refresh(&old.text("refresh_token")).await.text("access_token");
    assert_eq!(me(&app, &new).await.status, 200, "the session goes on");
    assert!(store.delete_user(&id).await.unwrap());
    assert_eq!(me(&app, &new).await.text("error_code"), "token_revoked");
}

/// Requests that a store out of reach must not let pass, nor make look like bad credentials.
#[tokio::test]
async fn r31_while_the_store_is_out_of_reach_nothing_passes_and_nothing_is_challenged() {
    let (users, sessions) = (MemoryStore::new(), sqlite().await);
    let app = app_with_stores(users, sessions.clone(), |router| router.revocations()).await;
    let tokens = app.password_grant("admin", &[]).await;
    let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
    assert_eq!(me(&app, &access).await.status, 200);
    sessions.pool().close().await;
    let answers = [
        me(&app, &access).await,
        app.with_token(Method::POST, "/logout", &access).await,
        app.form("/revoke", &[("token", &access)]).await,
        app.form("/revoke", &[("token", &refresh)]).await,
    ];
    for answer in answers {
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.headers[header::RETRY_AFTER], "1");
        assert!(!answer.headers.contains_key(header::WWW_AUTHENTICATE), "{answer:?}");
    }
}

/// Counts what it asks of the store that it wraps.
#[derive(Clone)]
struct Counted(MemoryStore, std::sync::Arc<std::sync::atomic::AtomicUsize>);

impl Revocations for Counted {
    type Error = tower_bearer::StoreError;

    async fn is_revoked(&self, token: &Token) -> Result<bool, Self::Error> {
        self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        self.0.is_revoked(token).await
    }
}

#[tokio::test]
async fn a_service_beside_the_router_asks_once_a_request() {
    let store = MemoryStore::new();
    let app = app_with_stores(store.clone(), store.clone(), |router| router).await;
    let counted = Counted(store, std::sync::Arc::default());
    let layer = JwtAuthLayer::new(app.issuer.verifier().unwrap()).revocations(counted.clone());
    let service = Router::new().route("/posts", get(|| async { "posts" })).layer(layer);
    let app = App { router: app.router.merge(service), ..app };
    let access = app.password_grant("admin", &[]).await.text("access_token");
    for (round, status) in [(1, 200), (2, 200), (3, 401)] {
        if round == 3 {
            app.with_token(Method::POST, "/logout", &access).await;
        }
        assert_eq!(app.with_token(Method::GET, "/posts", &access).await.status, status);
        assert_eq!(counted.1.load(std::sync::atomic::Ordering::SeqCst), round);
    }
}
