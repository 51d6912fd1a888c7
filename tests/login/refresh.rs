//! Refresh and logout (requirements 109-122).

use std::sync::Arc;
use std::time::Duration;

use http::{Method, header};
use serde_json::json;
use tower_bearer::{Grant, RefreshTokens};

use super::support::{PASSWORD, apps, apps_with};

#[tokio::test]
async fn r109_a_refresh_token_is_good_for_one_exchange() {
    for app in apps().await {
        let first = app.password_grant("admin", &[]).await;
        let fields =
            [("grant_type", "refresh_token"), ("refresh_token", &first.text("refresh_token"))];
        let second = app.form("/token", &fields).await;
        assert_eq!(second.status, 200, "{second:?}");
        assert_ne!(second.text("refresh_token"), first.text("refresh_token"));
        let third = app.refresh(&second.text("refresh_token")).await;
        assert_eq!(third.headers[header::CACHE_CONTROL], "no-store");
        let (one, two) = (
            app.claims(&first.text("access_token")).await,
            app.claims(&third.text("access_token")).await,
        );
        assert_eq!(one["sid"], two["sid"]);
        assert_eq!(one["sub"], two["sub"]);
        assert_ne!(one["jti"], two["jti"]);
    }
}

#[tokio::test]
async fn r86_a_refreshed_token_tells_when_and_how_the_user_logged_in() {
    for app in apps().await {
        let began = app.clock.now().as_secs();
        let mut answer = app.password_grant("admin", &[]).await;
        for _ in 0..3 {
            let claims = app.claims(&answer.text("access_token")).await;
            assert_eq!((&claims["auth_time"], &claims["amr"]), (&json!(began), &json!(["pwd"])));
            app.clock.advance(Duration::from_secs(3600));
            answer = app.refresh(&answer.text("refresh_token")).await;
        }
    }
}

#[tokio::test]
async fn r110_reuse_ends_the_session_and_no_other() {
    for app in apps().await {
        let old = app.password_grant("admin", &[]).await.text("refresh_token");
        let elsewhere = app.password_grant("admin", &[]).await.text("refresh_token");
        let new = app.refresh(&old).await.text("refresh_token");
        app.refresh(&old).await.assert_error(400, "invalid_grant");
        app.refresh(&new).await.assert_error(400, "invalid_grant");
        assert_eq!(app.refresh(&elsewhere).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r111_of_50_parallel_refreshes_one_succeeds() {
    for app in apps().await {
        let app = Arc::new(app);
        let token = app.password_grant("admin", &[]).await.text("refresh_token");
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (app, token) = (Arc::clone(&app), token.clone());
                tokio::spawn(async move { app.refresh(&token).await })
            })
            .collect();
        let mut winners = Vec::new();
        for task in tasks {
            let answer = task.await.unwrap();
            match answer.status.as_u16() {
                200 => winners.push(answer.text("refresh_token")),
                _ => answer.assert_error(400, "invalid_grant"),
            }
        }
        assert_eq!(winners.len(), 1);
        // The losers were reuse, so the winner's session is over too.
        app.refresh(&winners[0]).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn r114_a_refresh_narrows_and_never_widens() {
    for app in apps().await {
        let first = app.password_grant("admin", &[("scope", "me items:read")]).await;
        let token = first.text("refresh_token");
        let with_scope =
            |token: &str, scope: &str| json!({ "refresh_token": token, "scope": scope });
        for wider in ["items:write", "me items:write", "me me2"] {
            let answer = app.json("/refresh", with_scope(&token, wider)).await;
            answer.assert_error(400, "invalid_scope");
        }
        let narrowed = app.json("/refresh", with_scope(&token, "me")).await;
        assert_eq!(narrowed.text("scope"), "me");
        let claims = app.claims(&narrowed.text("access_token")).await;
        assert_eq!(claims["scope"], "me");
        let whole = app.refresh(&narrowed.text("refresh_token")).await;
        assert_eq!(whole.text("scope"), "me items:read", "the session keeps its scope");
    }
}

#[tokio::test]
async fn r115_a_refresh_token_is_of_one_client() {
    for app in apps().await {
        let token =
            app.password_grant("admin", &[("client_id", "cli")]).await.text("refresh_token");
        for other in ["web", "first-party", "CLI"] {
            let body = json!({ "refresh_token": token, "client_id": other });
            app.json("/refresh", body).await.assert_error(400, "invalid_grant");
        }
        let own = json!({ "refresh_token": token, "client_id": "cli" });
        let answer = app.json("/refresh", own).await;
        assert_eq!(answer.status, 200, "the refusals did not use it up");
        let claims = app.claims(&answer.text("access_token")).await;
        assert_eq!(claims["client_id"], "cli");
        // Whoever does not say who they are is taken for the client that logged in.
        let unnamed = app.refresh(&answer.text("refresh_token")).await;
        let claims = app.claims(&unnamed.text("access_token")).await;
        assert_eq!(claims["client_id"], "cli");
    }
}

#[tokio::test]
async fn r116_r117_a_session_has_an_end_and_a_longest_pause() {
    let refresh = || {
        RefreshTokens::new()
            .lifetime(Duration::from_secs(1000))
            .idle_timeout(Duration::from_secs(300))
    };
    let apps = apps_with!(|r| r.refresh_tokens(refresh())).await;
    for app in apps {
        let idle = app.password_grant("admin", &[]).await.text("refresh_token");
        let mut token = app.password_grant("admin", &[]).await.text("refresh_token");
        for _ in 0..3 {
            app.clock.advance(Duration::from_secs(299));
            token = app.refresh(&token).await.text("refresh_token");
        }
        app.refresh(&idle).await.assert_error(400, "invalid_grant");
        app.clock.advance(Duration::from_secs(1000 - 3 * 299));
        app.refresh(&token).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn r121_the_kinds_of_token_do_not_stand_in_for_each_other() {
    for app in apps().await {
        let answer = app.password_grant("admin", &[]).await;
        app.refresh(&answer.text("access_token")).await.assert_error(400, "invalid_grant");
        let me = app.with_token(Method::GET, "/me", &answer.text("refresh_token")).await;
        assert_eq!(me.status, 401);
    }
}

#[tokio::test]
async fn refresh_takes_a_form_with_its_grant_type_or_json() {
    for app in apps().await {
        let token = app.password_grant("admin", &[]).await.text("refresh_token");
        app.form("/refresh", &[("refresh_token", &token)])
            .await
            .assert_error(400, "invalid_request");
        let fields = [("grant_type", "password"), ("refresh_token", token.as_str())];
        app.form("/refresh", &fields).await.assert_error(400, "unsupported_grant_type");
        for body in ["{}", r#"{"refresh_token":null}"#, r#"{"refresh_token":7}"#, "[]", ""] {
            app.post("/refresh", "application/json", body)
                .await
                .assert_error(400, "invalid_request");
        }
        app.post("/refresh", "text/plain", &token).await.assert_error(400, "invalid_request");
        for nonsense in ["x", "a.b", &token[1..], &format!("{token}A"), &token.replace('.', "-")] {
            app.refresh(nonsense).await.assert_error(400, "invalid_grant");
        }
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        assert_eq!(app.form("/refresh", &fields).await.status, 200);
    }
}

#[tokio::test]
async fn logout_ends_the_session_by_either_token_and_forgives() {
    for app in apps().await {
        let login = || async { app.password_grant("admin", &[]).await };
        let by_refresh = login().await;
        let by_bearer = login().await;
        let by_form = login().await;
        let other = login().await;
        let refresh = json!({ "refresh_token": by_refresh.text("refresh_token") });
        for _ in 0..2 {
            assert_eq!(app.json("/logout", refresh.clone()).await.status, 204);
        }
        let bearer = by_bearer.text("access_token");
        for _ in 0..2 {
            assert_eq!(app.with_token(Method::POST, "/logout", &bearer).await.status, 204);
        }
        let token = by_form.text("refresh_token");
        assert_eq!(app.form("/logout", &[("refresh_token", &token)]).await.status, 204);
        for ended in [by_refresh, by_bearer, by_form] {
            app.refresh(&ended.text("refresh_token")).await.assert_error(400, "invalid_grant");
        }
        assert_eq!(app.refresh(&other.text("refresh_token")).await.status, 200);

        assert_eq!(app.form("/logout", &[("refresh_token", "unknown")]).await.status, 204);
        assert_eq!(app.with_token(Method::POST, "/logout", "dead.or.wrong").await.status, 204);
        let again = login().await.text("access_token");
        let request = http::Request::post("/logout")
            .header(header::AUTHORIZATION, format!("Bearer {again}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(axum::body::Body::empty())
            .unwrap();
        assert_eq!(app.send(request).await.status, 204);
        app.post("/logout", "", "").await.assert_error(400, "invalid_request");
        app.json("/logout", json!({})).await.assert_error(400, "invalid_request");
        app.post("/logout", "text/plain", "x").await.assert_error(400, "invalid_request");
    }
}

#[tokio::test]
async fn r129_logout_works_with_an_expired_access_token_and_a_refresh_token() {
    for app in apps().await {
        let answer = app.password_grant("admin", &[]).await;
        app.clock.advance(Duration::from_secs(3600));
        let (access, refresh) = (answer.text("access_token"), answer.text("refresh_token"));
        let request = http::Request::post("/logout")
            .header(header::AUTHORIZATION, format!("Bearer {access}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(axum::body::Body::from(json!({ "refresh_token": refresh }).to_string()))
            .unwrap();
        assert_eq!(app.send(request).await.status, 204);
        app.refresh(&refresh).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn a_token_of_nobody_is_refused() {
    for app in apps().await {
        let token = app.issuer.issue(&Grant::new("gone")).unwrap();
        let me = app.with_token(Method::GET, "/me", &token).await;
        assert_eq!(me.status, 401);
        let challenge = me.headers[header::WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
        let long = "x".repeat(1024) + PASSWORD;
        let fields = [("grant_type", "password"), ("username", "admin"), ("password", &long)];
        app.form("/token", &fields).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn r113_tabs_that_refresh_at_once_get_the_same_answer() {
    let interval = || RefreshTokens::new().reuse_interval(Duration::from_secs(10));
    for app in apps_with!(|r| r.refresh_tokens(interval())).await {
        let token = app.password_grant("admin", &[]).await.text("refresh_token");
        let (first, second) = (app.refresh(&token).await, app.refresh(&token).await);
        app.clock.advance(Duration::from_secs(5));
        let third = app.refresh(&token).await;
        assert_eq!(first.status, 200, "{first:?}");
        assert_eq!((&first, &first), (&second, &third));
        let narrower = json!({ "refresh_token": token, "scope": "me" });
        app.json("/refresh", narrower).await.assert_error(400, "invalid_grant");
        app.refresh(&first.text("refresh_token")).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn r184_a_login_too_many_ends_the_session_that_was_used_least_recently() {
    for app in apps_with!(|r| r.refresh_tokens(RefreshTokens::new().most_sessions(2))).await {
        let log_in = || async { app.password_grant("admin", &[]).await.text("refresh_token") };
        let first = log_in().await;
        app.clock.advance(Duration::from_secs(1));
        let second = log_in().await;
        app.clock.advance(Duration::from_secs(1));
        let first = app.refresh(&first).await.text("refresh_token");
        log_in().await;
        app.refresh(&second).await.assert_error(400, "invalid_grant");
        assert_eq!(app.refresh(&first).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r111_r113_of_50_parallel_refreshes_all_get_the_same_answer() {
    let interval = || RefreshTokens::new().reuse_interval(Duration::from_secs(10));
    for app in apps_with!(|r| r.refresh_tokens(interval())).await {
        let app = Arc::new(app);
        let token = app.password_grant("admin", &[]).await.text("refresh_token");
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (app, token) = (Arc::clone(&app), token.clone());
                tokio::spawn(async move { app.refresh(&token).await })
            })
            .collect();
        let mut bodies = std::collections::HashSet::new();
        for task in tasks {
            let answer = task.await.unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
            bodies.insert(answer.body);
        }
        assert_eq!(bodies.len(), 1);
    }
}
