//! Claims of the application's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::header;
use serde_json::{Value, json};
use tower_bearer::{MemoryStore, Session, StoreError, User};

use super::support::{app, apps_with};

#[tokio::test]
async fn the_claims_of_the_hook_are_in_every_token_as_they_are_then() {
    #[derive(serde::Serialize)]
    struct Tenancy {
        tenant: String,
        session: String,
        asked: usize,
    }

    let asked = Arc::new(AtomicUsize::new(0));
    let hook = || {
        let asked = Arc::clone(&asked);
        move |user: User, session: Session| {
            let asked = asked.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::task::yield_now().await;
                let tenant = format!("tenant-of-{}", user.username);
                Ok(Tenancy { tenant, session: session.id, asked })
            }
        }
    };
    for app in apps_with!(|router| router.claims(hook())).await {
        let first = app.password_grant("admin", &[]).await;
        let one = app.claims(&first.text("access_token")).await;
        assert_eq!(one["tenant"], "tenant-of-admin");
        assert_eq!(one["session"], one["sid"]);
        assert_eq!((&one["roles"], &one["amr"]), (&json!(["admin"]), &json!(["pwd"])));
        let second = app.refresh(&first.text("refresh_token")).await;
        let two = app.claims(&second.text("access_token")).await;
        assert_eq!(two["asked"].as_u64(), one["asked"].as_u64().map(|asked| asked + 1));
        assert_eq!(two["sid"], one["sid"]);
    }
}

#[tokio::test]
async fn claims_that_mean_something_already_are_refused() {
    for name in [
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "jti",
        "client_id",
        "sid",
        "scope",
        "scp",
        "roles",
        "cnf",
        "auth_time",
        "amr",
        "acr",
    ] {
        let hook = move |_: User, _: Session| async move {
            Ok::<Value, StoreError>(json!({ "tenant": "acme", name: "secret-of-the-hook" }))
        };
        for app in apps_with!(|router| router.claims(hook)).await {
            let answer = app.password_grant("admin", &[]).await;
            answer.assert_error(500, "server_error");
            let text = String::from_utf8(answer.body).unwrap();
            assert!(!text.contains("secret-of-the-hook") && !text.contains("tenant"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_hook_that_fails_gives_no_token_and_takes_none() {
    let failing = Arc::new(AtomicUsize::new(0));
    let hook = || {
        let failing = Arc::clone(&failing);
        move |_: User, _: Session| {
            let failing = failing.load(Ordering::SeqCst);
            async move {
                match failing {
                    0 => Ok(json!({ "tenant": "acme" })),
                    1 => Err(StoreError::unavailable("the database of tenants is away")),
                    2 => Err(StoreError::new("damaged")),
                    _ => Ok(json!(["no map"])),
                }
            }
        }
    };
    for app in apps_with!(|router| router.claims(hook())).await {
        failing.store(0, Ordering::SeqCst);
        let refresh = app.password_grant("admin", &[]).await.text("refresh_token");
        for (failure, status, error) in [
            (1, 503, "temporarily_unavailable"),
            (2, 500, "server_error"),
            (3, 500, "server_error"),
        ] {
            failing.store(failure, Ordering::SeqCst);
            let answer = app.refresh(&refresh).await;
            answer.assert_error(status, error);
            assert_eq!(answer.headers.contains_key(header::RETRY_AFTER), status == 503);
            app.password_grant("admin", &[]).await.assert_error(status, error);
        }
        failing.store(0, Ordering::SeqCst);
        let answer = app.refresh(&refresh).await;
        assert_eq!(answer.status, 200, "the refresh token is as good as before");
        // A login that failed left no session behind.
        let access = answer.text("access_token");
        let sessions = app.with_token(http::Method::GET, "/sessions", &access).await.json();
        assert_eq!(sessions.as_array().unwrap().len(), 1, "{sessions}");
    }
}

#[tokio::test]
async fn a_hook_may_say_nothing() {
    let hook = |_: User, _: Session| async { Ok(json!({})) };
    let app = app(MemoryStore::new(), |router| router.claims(hook)).await;
    let answer = app.password_grant("admin", &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}
