//! Refresh tokens of which nothing is stored.

use std::time::Duration;

use http::{Method, header};
use serde_json::{Value, json};
use tower_bearer::{AccountStore, MemoryStore, RefreshTokens, UserChange, UserStore, Username};

use super::support::{Answer, App, PASSWORD, app, apps_with};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn stateless() -> Vec<App> {
    apps_with!(|router| router.stateless_refresh_tokens(RefreshTokens::stateless())).await
}

async fn log_in(app: &App, more: &[(&str, &str)]) -> Answer {
    let answer = app.password_grant("admin", more).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

#[tokio::test]
async fn a_refresh_token_lasts_from_the_login_on_and_is_handed_back() {
    for app in stateless().await {
        let first = log_in(&app, &[]).await;
        let token = first.text("refresh_token");
        let began = app.clock.now().as_secs();
        for _ in 0..3 {
            app.clock.advance(2 * DAY);
            let next = app.refresh(&token).await;
            assert_eq!(next.text("refresh_token"), token);
            assert_eq!(next.headers[header::CACHE_CONTROL], "no-store");
            let claims = app.claims(&next.text("access_token")).await;
            assert_eq!(claims["auth_time"], began);
            assert_eq!(claims["sid"], Value::Null);
            assert_eq!(claims["roles"], json!(["admin"]));
            let sessions =
                app.with_token(Method::GET, "/sessions", &next.text("access_token")).await;
            assert_eq!(sessions.json(), json!([]));
        }
        app.clock.advance(DAY + Duration::from_secs(60));
        app.refresh(&token).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn r074_r121_signed_refresh_and_access_tokens_do_not_stand_in_for_each_other() {
    for app in stateless().await {
        let answer = log_in(&app, &[]).await;
        let (access, refresh) = (answer.text("access_token"), answer.text("refresh_token"));
        assert_eq!(app.with_token(Method::GET, "/me", &access).await.status, 200);
        assert_eq!(app.with_token(Method::GET, "/me", &refresh).await.status, 401);
        // Nor where tokens of other types are taken.
        let lenient = app.issuer.verifier_with(tower_bearer::KeySet::new()).unwrap();
        assert!(lenient.verify(&access).await.is_ok());
        assert!(lenient.verify(&refresh).await.is_err());
        app.refresh(&access).await.assert_error(400, "invalid_grant");
        let mut forged = refresh.clone();
        let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
        forged.push(last);
        app.refresh(&forged).await.assert_error(400, "invalid_grant");
        assert_eq!(app.refresh(&refresh).await.status, 200);
    }
    // An opaque one is refused here, and a signed one where they are opaque.
    let opaque = app(MemoryStore::new(), |router| router).await;
    let signed = app(MemoryStore::new(), |router| {
        router.stateless_refresh_tokens(RefreshTokens::stateless())
    })
    .await;
    let token = log_in(&opaque, &[]).await.text("refresh_token");
    signed.refresh(&token).await.assert_error(400, "invalid_grant");
    let token = log_in(&signed, &[]).await.text("refresh_token");
    opaque.refresh(&token).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn r103_r114_r115_scope_and_client_are_those_of_the_login() {
    for app in stateless().await {
        let login = log_in(&app, &[("scope", "me items:read"), ("client_id", "cli")]).await;
        let token = login.text("refresh_token");
        let ask = async |more: Value| {
            let mut body = json!({ "refresh_token": token });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            app.json("/refresh", body).await
        };
        ask(json!({ "client_id": "web" })).await.assert_error(400, "invalid_grant");
        ask(json!({ "scope": "items:write" })).await.assert_error(400, "invalid_scope");
        let narrowed = ask(json!({ "scope": "me", "client_id": "cli" })).await;
        assert_eq!(narrowed.text("scope"), "me");
        let claims = app.claims(&narrowed.text("access_token")).await;
        assert_eq!((&claims["client_id"], &claims["scope"]), (&json!("cli"), &json!("me")));
        assert_eq!(ask(json!({})).await.text("scope"), "me items:read");
    }
}

#[tokio::test]
async fn r118_r122_a_new_password_ends_all_and_so_does_an_account_that_is_disabled() {
    let store = MemoryStore::new();
    let app =
        app(store.clone(), |router| router.stateless_refresh_tokens(RefreshTokens::stateless()))
            .await;
    let token = log_in(&app, &[]).await.text("refresh_token");
    let user = store.find_user_by_username(&Username::new("admin").unwrap()).await.unwrap();
    let user = user.unwrap();
    let lesser = UserChange::new().scopes(["me"]).roles(Vec::<String>::new());
    store.update_user(&user.id, &lesser).await.unwrap();
    let lesser = app.refresh(&token).await;
    assert_eq!(lesser.text("scope"), "me");
    assert_eq!(app.claims(&lesser.text("access_token")).await["roles"], Value::Null);

    store.update_user(&user.id, &UserChange::new().is_active(false)).await.unwrap();
    app.refresh(&token).await.assert_error(400, "invalid_grant");
    store.update_user(&user.id, &UserChange::new().is_active(true)).await.unwrap();
    assert_eq!(app.refresh(&token).await.status, 200);

    let hash = app.hasher.hash("another password").await.unwrap();
    assert!(store.replace_password_hash(&user.id, user.password_hash(), &hash).await.unwrap());
    app.refresh(&token).await.assert_error(400, "invalid_grant");
    assert!(store.delete_user(&user.id).await.unwrap());
    app.refresh(&token).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_hash_that_is_renewed_at_the_login_is_that_of_its_token() {
    let store = MemoryStore::new();
    let weaker = tower_bearer::Hasher::builder().insecure_parameters(8, 1, 1).build().unwrap();
    let stronger = tower_bearer::Hasher::builder().insecure_parameters(16, 1, 1).build().unwrap();
    let app = app(store.clone(), |router| {
        router.hasher(stronger).stateless_refresh_tokens(RefreshTokens::stateless())
    })
    .await;
    let name = Username::new("admin").unwrap();
    let before = store.find_user_by_username(&name).await.unwrap().unwrap();
    assert!(weaker.verify(PASSWORD, Some(before.password_hash())).await.unwrap().is_match());
    let token = log_in(&app, &[]).await.text("refresh_token");
    let after = store.find_user_by_username(&name).await.unwrap().unwrap();
    assert_ne!(before.password_hash(), after.password_hash());
    assert_eq!(app.refresh(&token).await.status, 200);
}

#[tokio::test]
async fn r128_with_revocations_logging_out_and_revoking_end_what_is_presented() {
    let apps = apps_with!(|router| router
        .revocations()
        .stateless_refresh_tokens(RefreshTokens::stateless()))
    .await;
    for app in apps {
        let me = async |token: &str| app.with_token(Method::GET, "/me", token).await.status;
        let kept = log_in(&app, &[]).await;
        let answer = log_in(&app, &[]).await;
        let (access, refresh) = (answer.text("access_token"), answer.text("refresh_token"));
        let request = http::Request::post("/logout")
            .header(header::AUTHORIZATION, format!("Bearer {access}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(axum::body::Body::from(json!({ "refresh_token": refresh }).to_string()))
            .unwrap();
        assert_eq!(app.send(request).await.status, 204);
        app.refresh(&refresh).await.assert_error(400, "invalid_grant");
        assert_eq!(me(&access).await, 401);

        let answer = log_in(&app, &[]).await;
        let refresh = answer.text("refresh_token");
        assert_eq!(app.form("/revoke", &[("token", &refresh)]).await.status, 200);
        app.refresh(&refresh).await.assert_error(400, "invalid_grant");
        let access = answer.text("access_token");
        assert_eq!(me(&access).await, 200);
        let refresh = kept.text("refresh_token");
        assert_eq!(app.refresh(&refresh).await.status, 200);

        let end = async |path: &str| app.with_token(Method::DELETE, path, &access).await;
        end("/sessions").await.assert_error(400, "unsupported_token_type");
        assert_eq!(end("/sessions?all=true").await.status, 204);
        app.refresh(&refresh).await.assert_error(400, "invalid_grant");
        assert_eq!(me(&access).await, 401);
    }
    // Without, there is nowhere to write it down.
    for app in stateless().await {
        let refresh = log_in(&app, &[]).await.text("refresh_token");
        let logout = app.json("/logout", json!({ "refresh_token": refresh })).await;
        assert_eq!(logout.status, 204);
        let access = app.refresh(&refresh).await.text("access_token");
        let all = app.with_token(Method::DELETE, "/sessions?all=true", &access).await;
        all.assert_error(400, "unsupported_token_type");
        let revoke = app.form("/revoke", &[("token", &refresh)]).await;
        revoke.assert_error(400, "unsupported_token_type");
        assert_eq!(app.refresh(&refresh).await.status, 200);
    }
}

#[tokio::test]
async fn r118_a_new_password_ends_access_tokens_too_where_revocations_are_on() {
    let apps = apps_with!(|router| {
        router.stateless_refresh_tokens(RefreshTokens::stateless()).revocations()
    });
    for app in apps.await {
        let other = log_in(&app, &[]).await;
        app.clock.advance(Duration::from_secs(1));
        let token = log_in(&app, &[]).await.text("access_token");
        let new = "a wide meadow in June";
        let body = json!({ "current_password": PASSWORD, "new_password": new });
        let changed = app.json_with_token(Method::POST, "/password", &token, body).await;
        assert_eq!(changed.status, 204, "{changed:?}");
        let me = app.with_token(Method::GET, "/me", &other.text("access_token")).await;
        assert_eq!(me.status, 401);
        app.refresh(&other.text("refresh_token")).await.assert_error(400, "invalid_grant");
        // Whoever logs in at once is in.
        let again = app.json("/login", json!({ "username": "admin", "password": new })).await;
        let me = app.with_token(Method::GET, "/me", &again.text("access_token")).await;
        assert_eq!(me.status, 200);
    }
}

#[tokio::test]
async fn r122_r185_an_administrator_ends_tokens_of_which_nothing_is_stored() {
    let apps = apps_with!(|router| {
        router
            .stateless_refresh_tokens(RefreshTokens::stateless())
            .revocations()
            .administration("admin")
    });
    for app in apps.await {
        let boss = log_in(&app, &[]).await.text("access_token");
        let path = format!("/users/{}", app.register("alice").await.text("id"));
        let patch = async |body| app.json_with_token(Method::PATCH, &path, &boss, body).await;
        let token = app.password_grant("alice", &[]).await.text("refresh_token");
        // What is gained comes with the next access token, and nobody has to log in for it.
        patch(json!({ "roles": ["editor"] })).await;
        let gained = app.refresh(&token).await.text("access_token");
        assert_eq!(app.claims(&gained).await["roles"], json!(["editor"]));
        // A loss ends all, for as long as a refresh token lasts.
        patch(json!({ "roles": [] })).await;
        app.clock.advance(Duration::from_secs(3600));
        app.refresh(&token).await.assert_error(400, "invalid_grant");

        let token = app.password_grant("alice", &[]).await.text("refresh_token");
        let boss = log_in(&app, &[]).await.text("access_token");
        let ended = app.with_token(Method::DELETE, &format!("{path}/sessions"), &boss).await;
        assert_eq!(ended.status, 204);
        app.refresh(&token).await.assert_error(400, "invalid_grant");
    }
}
