//! What a token is good for (requirements 130 to 132).

use std::time::Duration;

use http::{Method, header};
use serde_json::{Value, json};
use tower_bearer::{AccountStore, Client, Grant, Issuer, RefreshTokens, UserChange};

use super::clients::{SECRET, apps, basic, clients};
use super::support::{App, PASSWORD, apps_with};

/// As the client that may.
async fn introspect(app: &App, token: &str) -> Value {
    let fields = [("token", token), ("token_type_hint", "x")];
    let answer = app.form_as("/introspect", &[&basic("worker", SECRET)], &fields).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    answer.json()
}

async fn log_in(app: &App) -> (String, String) {
    let fields = [("grant_type", "password"), ("username", "admin"), ("password", PASSWORD)];
    let answer = app.form_as("/token", &[&basic("worker", SECRET)], &fields).await;
    (answer.text("access_token"), answer.text("refresh_token"))
}

#[tokio::test]
async fn r130_who_asks_is_a_client_that_may() {
    let with_others = || {
        let unprivileged = Client::confidential("unprivileged", SECRET).unwrap();
        clients().client(unprivileged).unwrap()
    };
    for app in apps_with!(|router| router.clients(with_others())).await {
        let (token, _) = log_in(&app).await;
        let fields = [("token", token.as_str())];
        app.form("/introspect", &fields).await.assert_invalid_client();
        let bearer = format!("Bearer {token}");
        app.form_as("/introspect", &[&bearer], &fields).await.assert_invalid_client();
        for header in [basic("worker", "wrong"), basic("page", "")] {
            app.form_as("/introspect", &[&header], &fields).await.assert_invalid_client();
        }
        for id in ["page", "worker", "unknown"] {
            let named = [fields[0], ("client_id", id)];
            app.form("/introspect", &named).await.assert_invalid_client();
        }
        let header = basic("unprivileged", SECRET);
        let answer = app.form_as("/introspect", &[&header], &fields).await;
        answer.assert_error(403, "unauthorized_client");
        let body = [fields[0], ("client_id", "worker"), ("client_secret", SECRET)];
        assert_eq!(app.form("/introspect", &body).await.json()["active"], true);
        let header = basic("worker", SECRET);
        let none = app.form_as("/introspect", &[&header], &[]).await;
        none.assert_error(400, "invalid_request");
        let body = json!({ "token": token, "client_id": "worker", "client_secret": SECRET });
        app.json("/introspect", body).await.assert_error(400, "invalid_request");
    }
}

#[tokio::test]
async fn r131_whatever_is_wrong_the_answer_is_that_it_is_not_active() {
    let plain = apps().await;
    let checked = apps_with!(|router| router.clients(clients()).revocations()).await;
    for app in plain.into_iter().chain(checked) {
        let inactive = json!({ "active": false });
        let foreign = Issuer::for_tests().issue(&Grant::new("admin")).unwrap();
        let unknown = app.issuer.issue(&Grant::new("nobody")).unwrap();
        for token in ["x", "a.b.c", "\0", foreign.as_str(), &unknown] {
            assert_eq!(introspect(&app, token).await, inactive, "{token}");
        }
        // Of a session that has ended, both; and a refresh token that was used.
        let (access, refresh) = log_in(&app).await;
        assert_eq!(introspect(&app, &access).await["active"], true);
        assert_eq!(introspect(&app, &refresh).await["active"], true);
        app.with_token(Method::POST, "/logout", &access).await;
        assert_eq!(introspect(&app, &access).await, inactive);
        assert_eq!(introspect(&app, &refresh).await, inactive);
        let (_, refresh) = log_in(&app).await;
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        app.form_as("/refresh", &[&basic("worker", SECRET)], &fields).await;
        assert_eq!(introspect(&app, &refresh).await, inactive);
        // Expired.
        let (access, refresh) = log_in(&app).await;
        app.clock.advance(Duration::from_secs(3600));
        assert_eq!(introspect(&app, &access).await, inactive);
        assert_eq!(introspect(&app, &refresh).await["active"], true);
        app.clock.advance(Duration::from_secs(30 * 24 * 3600));
        assert_eq!(introspect(&app, &refresh).await, inactive);
    }
}

#[tokio::test]
async fn r131_a_revoked_token_and_that_of_a_disabled_user_are_not_active() {
    for app in apps_with!(|router| router.clients(clients()).revocations()).await {
        let (access, refresh) = log_in(&app).await;
        let fields = [("token", access.as_str())];
        app.form_as("/revoke", &[&basic("worker", SECRET)], &fields).await;
        assert_eq!(introspect(&app, &access).await, json!({ "active": false }));
        assert_eq!(introspect(&app, &refresh).await["active"], true);
    }
    let store = tower_bearer::MemoryStore::new();
    let app = super::support::app(store.clone(), |router| router.clients(clients())).await;
    let (access, refresh) = log_in(&app).await;
    let id = app.claims(&access).await["sub"].as_str().unwrap().to_owned();
    store.update_user(&id, &UserChange::new().is_active(false)).await.unwrap();
    for token in [access, refresh] {
        assert_eq!(introspect(&app, &token).await, json!({ "active": false }));
    }
}

#[tokio::test]
async fn r132_an_active_access_token_is_told_of_as_it_is() {
    for app in apps().await {
        let (access, _) = log_in(&app).await;
        let claims = app.claims(&access).await;
        let expected = json!({
            "active": true, "scope": "me items:read items:write", "client_id": "worker",
            "username": "admin", "token_type": "Bearer", "exp": 1_700_000_900,
            "iat": 1_700_000_000, "sub": claims["sub"], "aud": "test",
            "iss": "https://issuer.test", "jti": claims["jti"], "auth_time": 1_700_000_000,
        });
        assert_eq!(introspect(&app, &access).await, expected);
    }
}

#[tokio::test]
async fn r45_how_and_when_the_user_logged_in_is_told() {
    for app in apps().await {
        let (access, _) = log_in(&app).await;
        let user = app.claims(&access).await["sub"].as_str().unwrap().to_owned();
        let grant = Grant::new(user).claim("acr", "urn:mfa").claim("auth_time", 1_699_999_000);
        let told = introspect(&app, &app.issuer.issue(&grant).unwrap()).await;
        assert_eq!((&told["acr"], &told["auth_time"]), (&json!("urn:mfa"), &json!(1_699_999_000)));
    }
}

#[tokio::test]
async fn r132_a_refresh_token_is_told_of_to_its_own_client_and_is_no_bearer_token() {
    for app in apps().await {
        let (access, refresh) = log_in(&app).await;
        let expected = json!({
            "active": true, "scope": "me items:read items:write", "client_id": "worker",
            "username": "admin", "exp": 1_700_000_000 + 30 * 24 * 3600, "iat": 1_700_000_000,
            "sub": app.claims(&access).await["sub"],
        });
        assert_eq!(introspect(&app, &refresh).await, expected);
        let other = app.password_grant("admin", &[("client_id", "page")]).await;
        let inactive = json!({ "active": false });
        assert_eq!(introspect(&app, &other.text("refresh_token")).await, inactive);
        let of_other = introspect(&app, &other.text("access_token")).await;
        assert_eq!((&of_other["active"], &of_other["client_id"]), (&json!(true), &json!("page")));
    }
    let endless = || RefreshTokens::new().lifetime(Duration::MAX);
    for app in apps_with!(|router| router.clients(clients()).refresh_tokens(endless())).await {
        let (_, refresh) = log_in(&app).await;
        let told = introspect(&app, &refresh).await;
        assert_eq!((&told["active"], told.get("exp")), (&json!(true), None));
    }
}
