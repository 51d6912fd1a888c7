//! Where a user is logged in: listed, ended one by one, ended all at once.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, header};
use serde_json::{Value, json};
use tower_bearer::{Endpoint, Grant, Issuer, LoginRouter, MemoryStore};

use super::support::{Answer, App, PASSWORD, apps, apps_with};

/// Logs in from a device.
async fn log_in(app: &App, user: &str, device: &str) -> (String, String) {
    let body = json!({ "username": user, "password": PASSWORD, "client_id": "phone" });
    let mut request = Request::post("/login").body(Body::from(body.to_string())).unwrap();
    request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    if !device.is_empty() {
        request.headers_mut().insert(header::USER_AGENT, device.parse().unwrap());
    }
    let answer = app.send(request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    (answer.text("access_token"), answer.text("refresh_token"))
}

async fn list(app: &App, token: &str) -> Vec<Value> {
    let answer = app.with_token(Method::GET, "/sessions", token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    answer.json().as_array().unwrap().clone()
}

impl Answer {
    #[track_caller]
    fn assert_401(&self) {
        assert_eq!(self.status, 401, "{self:?}");
        assert!(self.headers.contains_key(header::WWW_AUTHENTICATE), "{self:?}");
    }
}

async fn end(app: &App, token: &str, path: &str) -> Answer {
    app.with_token(Method::DELETE, path, token).await
}

#[tokio::test]
async fn r185_the_list_has_device_and_last_use_with_the_last_used_first() {
    for app in apps().await {
        app.register("alice").await;
        app.register("bob").await;
        log_in(&app, "bob", "other").await;
        let (phone, refresh) = log_in(&app, "alice", "  Phone/1.0 (x; y) ").await;
        app.clock.advance(Duration::from_secs(10));
        let (laptop, _) = log_in(&app, "alice", "").await;
        let phone_id = app.claims(&phone).await["sid"].clone();
        let laptop_id = app.claims(&laptop).await["sid"].clone();
        let phone = json!({
            "id": phone_id, "client_id": "phone", "scope": "me items:read",
            "device": "Phone/1.0 (x; y)", "created_at": 1_700_000_000,
            "last_used_at": 1_700_000_000, "expires_at": 1_700_000_000 + 30 * 24 * 3600,
            "is_current": false,
        });
        let sessions = list(&app, &laptop).await;
        assert_eq!(sessions.len(), 2, "{sessions:?}");
        assert_eq!(sessions[1], phone);
        assert_eq!(sessions[0]["id"], laptop_id);
        assert_eq!(sessions[0]["device"], Value::Null);
        assert_eq!(sessions[0]["is_current"], true);

        app.clock.advance(Duration::from_secs(10));
        let refreshed = app.refresh(&refresh).await.text("access_token");
        let sessions = list(&app, &refreshed).await;
        assert_eq!(sessions[0]["id"], phone_id);
        assert_eq!(sessions[0]["last_used_at"], 1_700_000_020);
        assert_eq!(sessions[0]["created_at"], 1_700_000_000);
        assert_eq!(sessions[0]["is_current"], true);

        // What is over is not listed, whether it was cleaned up or not.
        app.clock.advance(Duration::from_secs(30 * 24 * 3600 - 20));
        let (late, _) = log_in(&app, "bob", &"x".repeat(5000)).await;
        let sessions = list(&app, &late).await;
        assert_eq!(sessions.len(), 1, "{sessions:?}");
        assert_eq!(sessions[0]["device"].as_str().unwrap().len(), 256);
    }
}

#[tokio::test]
async fn one_session_is_ended_and_nobody_elses() {
    for app in apps().await {
        app.register("alice").await;
        app.register("bob").await;
        let (phone, phone_refresh) = log_in(&app, "alice", "phone").await;
        let (laptop, laptop_refresh) = log_in(&app, "alice", "laptop").await;
        let (bob, bob_refresh) = log_in(&app, "bob", "laptop").await;
        let path = |claims: Value| format!("/sessions/{}", claims["sid"].as_str().unwrap());
        let foreign = path(app.claims(&bob).await);
        for unknown in [foreign.as_str(), "/sessions/unknown", "/sessions/%00", "/sessions/%27"] {
            end(&app, &laptop, unknown).await.assert_error(404, "not_found");
        }
        let phone_path = path(app.claims(&phone).await);
        assert_eq!(end(&app, &laptop, &phone_path).await.status, 204);
        end(&app, &laptop, &phone_path).await.assert_error(404, "not_found");
        app.refresh(&phone_refresh).await.assert_error(400, "invalid_grant");
        // This one, too.
        let laptop_refresh = app.refresh(&laptop_refresh).await.text("refresh_token");
        assert_eq!(end(&app, &laptop, &path(app.claims(&laptop).await)).await.status, 204);
        app.refresh(&laptop_refresh).await.assert_error(400, "invalid_grant");
        assert_eq!(app.refresh(&bob_refresh).await.status, 200);
        // Whoever holds the access token of an ended session sees and ends nothing any more.
        let (last, last_refresh) = log_in(&app, "alice", "").await;
        for (method, path) in [(Method::GET, "/sessions"), (Method::DELETE, "/sessions?all=true")] {
            app.with_token(method, path, &laptop).await.assert_401();
        }
        let refused = end(&app, &laptop, &path(app.claims(&last).await)).await;
        refused.assert_401();
        // The user is as active as ever.
        assert_eq!(refused.text("error_code"), "token_revoked");
        assert_eq!(app.refresh(&last_refresh).await.status, 200);
    }
}

#[tokio::test]
async fn the_session_of_another_user_makes_no_token_live() {
    for app in apps().await {
        app.register("alice").await;
        let bob = app.register("bob").await.text("id");
        let (of_alice, refresh) = log_in(&app, "alice", "").await;
        let of_alice = app.claims(&of_alice).await["sid"].as_str().unwrap().to_owned();
        let crossed = app.issuer.issue(&Grant::new(bob).session_id(of_alice)).unwrap();
        for (method, path) in [(Method::GET, "/sessions"), (Method::DELETE, "/sessions?all=true")] {
            app.with_token(method, path, &crossed).await.assert_401();
        }
        assert_eq!(app.refresh(&refresh).await.status, 200);
    }
}

#[tokio::test]
async fn all_others_are_ended_and_with_all_this_one_too() {
    for app in apps().await {
        app.register("alice").await;
        app.register("bob").await;
        let (_, bob) = log_in(&app, "bob", "laptop").await;
        let mut others = Vec::new();
        for _ in 0..3 {
            others.push(log_in(&app, "alice", "other").await.1);
        }
        let (access, refresh) = log_in(&app, "alice", "this").await;
        let kept = "/sessions?all=false&other=1";
        for path in ["/sessions", kept] {
            assert_eq!(end(&app, &access, path).await.status, 204, "{path}");
        }
        for other in others {
            app.refresh(&other).await.assert_error(400, "invalid_grant");
        }
        assert_eq!(list(&app, &access).await.len(), 1);
        let refresh = app.refresh(&refresh).await.text("refresh_token");
        for unclear in ["/sessions?all", "/sessions?all=1", "/sessions?all=true&all=false"] {
            end(&app, &access, unclear).await.assert_error(400, "invalid_request");
        }
        assert_eq!(end(&app, &access, "/sessions?all=true").await.status, 204);
        app.refresh(&refresh).await.assert_error(400, "invalid_grant");
        assert_eq!(app.refresh(&bob).await.status, 200);
    }
}

#[tokio::test]
async fn nobody_sees_or_ends_sessions_without_a_token() {
    for app in apps().await {
        for (method, path) in [
            (Method::GET, "/sessions"),
            (Method::DELETE, "/sessions"),
            (Method::DELETE, "/sessions/1"),
        ] {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            let answer = app.send(request).await;
            assert_eq!(answer.status, 401, "{path}");
            assert_eq!(answer.headers[header::WWW_AUTHENTICATE], r#"Bearer realm="api""#);
        }
    }
}

#[tokio::test]
async fn a_router_nested_under_a_parameter_ends_sessions_too() {
    for app in apps_with!(|router| router.path(Endpoint::Session, "/devices/{id}")).await {
        let app = App { router: Router::new().nest("/{tenant}/auth", app.router), ..app };
        let fields = [("grant_type", "password"), ("username", "admin"), ("password", PASSWORD)];
        let token = app.form("/acme/auth/token", &fields).await.text("access_token");
        let id = app.claims(&token).await["sid"].as_str().unwrap().to_owned();
        let odd = end(&app, &token, "/acme/auth/devices/%FF").await;
        odd.assert_error(404, "not_found");
        let ended = end(&app, &token, &format!("/acme/auth/devices/{id}")).await;
        assert_eq!(ended.status, 204, "{ended:?}");
    }
}

#[test]
#[should_panic(expected = "has no {id} in it")]
fn a_path_without_the_session_stops_the_start() {
    let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests());
    let _ = router.path(Endpoint::Session, "/devices").into_router();
}
