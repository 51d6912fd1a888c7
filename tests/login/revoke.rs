//! Tokens given back (requirements 124 to 127).

use std::time::Duration;

use http::{Method, header};
use serde_json::json;
use tower_bearer::{Grant, Issuer, MemoryStore, RefreshStore};

use super::clients::{SECRET, basic, clients};
use super::support::{Answer, App, PASSWORD, app, apps, apps_with};

async fn revoke(app: &App, token: &str, more: &[(&str, &str)]) -> Answer {
    app.form("/revoke", &[&[("token", token)], more].concat()).await
}

#[track_caller]
fn assert_done(answer: &Answer) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.is_empty(), "{answer:?}");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
}

async fn me(app: &App, token: &str) -> u16 {
    app.with_token(Method::GET, "/me", token).await.status.as_u16()
}

#[tokio::test]
async fn r124_what_is_no_token_or_over_is_answered_as_what_was_revoked() {
    for app in apps_with!(|router| router.revocations()).await {
        let foreign = Issuer::for_tests().issue(&Grant::new("admin")).unwrap();
        let tokens = app.password_grant("admin", &[]).await;
        let expired = tokens.text("access_token");
        app.clock.advance(Duration::from_secs(31 * 24 * 3600));
        let (access, refresh) = (&expired, &tokens.text("refresh_token"));
        for token in ["x", "a.b", "a.b.c", "\0", &foreign, access, refresh, refresh, "\u{e9}"] {
            assert_done(&revoke(&app, token, &[]).await);
        }
    }
}

#[tokio::test]
async fn r125_a_form_with_a_token_is_required_and_a_wrong_hint_does_no_harm() {
    for app in apps_with!(|router| router.revocations()).await {
        app.form("/revoke", &[]).await.assert_error(400, "invalid_request");
        app.form("/revoke", &[("token", "")]).await.assert_error(400, "invalid_request");
        let body = json!({ "token": "x" });
        app.json("/revoke", body).await.assert_error(400, "invalid_request");
        let get = app.with_token(Method::GET, "/revoke?token=x", "x").await;
        assert_eq!(
            (get.status.as_u16(), &get.headers[header::ALLOW]),
            (405, &"POST".parse().unwrap())
        );
        for hint in ["refresh_token", "access_token", "x"] {
            let tokens = app.password_grant("admin", &[]).await;
            let hint = [("token_type_hint", hint)];
            let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
            assert_done(&revoke(&app, &access, &hint).await);
            assert_eq!(me(&app, &access).await, 401);
            let next = app.refresh(&refresh).await;
            assert_eq!(next.status, 200, "an access token is revoked alone");
            assert_done(&revoke(&app, &next.text("refresh_token"), &hint).await);
            app.refresh(&next.text("refresh_token")).await.assert_error(400, "invalid_grant");
        }
    }
}

#[tokio::test]
async fn r126_revoking_a_refresh_token_ends_the_access_tokens_too() {
    for app in apps_with!(|router| router.revocations()).await {
        let first = app.password_grant("admin", &[]).await;
        let second = app.refresh(&first.text("refresh_token")).await;
        let other = app.password_grant("admin", &[]).await;
        assert_done(&revoke(&app, &second.text("refresh_token"), &[]).await);
        for tokens in [first, second] {
            assert_eq!(me(&app, &tokens.text("access_token")).await, 401);
        }
        assert_eq!(me(&app, &other.text("access_token")).await, 200);
        // One that was used before is a token of the session, too.
        let used = other.text("refresh_token");
        let last = app.refresh(&used).await;
        assert_done(&revoke(&app, &used, &[]).await);
        app.refresh(&last.text("refresh_token")).await.assert_error(400, "invalid_grant");
        assert_eq!(me(&app, &last.text("access_token")).await, 401);
    }
}

#[tokio::test]
async fn r127_the_token_of_another_client_is_not_revoked_and_nobody_is_told() {
    for app in apps_with!(|router| router.clients(clients()).revocations()).await {
        let header = basic("worker", SECRET);
        let password = [("grant_type", "password"), ("username", "admin"), ("password", PASSWORD)];
        let page = app.password_grant("admin", &[("client_id", "page")]).await;
        let worker = app.form_as("/token", &[&header], &password).await;
        for member in ["access_token", "refresh_token"] {
            let (of_page, of_worker) = (page.text(member), worker.text(member));
            assert_done(&revoke(&app, &of_page, &[("client_id", "other")]).await);
            assert_done(&app.form_as("/revoke", &[&header], &[("token", &of_page)]).await);
            // Of a confidential client, by whoever has not proved to be it.
            assert_done(&revoke(&app, &of_worker, &[]).await);
            assert_done(&revoke(&app, &of_worker, &[("client_id", "page")]).await);
            let named = revoke(&app, &of_worker, &[("client_id", "worker")]).await;
            named.assert_invalid_client();
            let wrong = app.form_as("/revoke", &[&basic("worker", "x")], &[("token", "x")]).await;
            wrong.assert_invalid_client();
            for tokens in [&page, &worker] {
                assert_eq!(me(&app, &tokens.text("access_token")).await, 200, "{member}");
            }
        }
        for member in ["access_token", "refresh_token"] {
            assert_done(&revoke(&app, &page.text(member), &[("client_id", "page")]).await);
            let fields = [("token", &*worker.text(member))];
            assert_done(&app.form_as("/revoke", &[&header], &fields).await);
        }
        for tokens in [&page, &worker] {
            assert_eq!(me(&app, &tokens.text("access_token")).await, 401);
        }
    }
}

#[tokio::test]
async fn a_revoked_token_stays_so_for_as_long_as_a_verifier_is_lenient() {
    let store = MemoryStore::new();
    let app = app(store.clone(), |router| router.revocations()).await;
    let access = app.password_grant("admin", &[]).await.text("access_token");
    let other = app.password_grant("admin", &[]).await.text("access_token");
    revoke(&app, &access, &[]).await;
    // Expired for 20 seconds; the verifier lets pass 30.
    app.clock.advance(app.issuer.lifetime() + Duration::from_secs(20));
    store.delete_expired_sessions(app.clock.now()).await.unwrap();
    assert_eq!(me(&app, &other).await, 200);
    assert_eq!(me(&app, &access).await, 401);
}

#[tokio::test]
async fn without_revocations_refresh_tokens_alone_can_be_revoked() {
    for app in apps().await {
        let tokens = app.password_grant("admin", &[("client_id", "phone")]).await;
        let access = tokens.text("access_token");
        revoke(&app, &access, &[]).await.assert_error(400, "unsupported_token_type");
        // Nobody learns from that whether a token of somebody else is good.
        assert_done(&revoke(&app, &access, &[("client_id", "other")]).await);
        assert_done(&revoke(&app, &tokens.text("refresh_token"), &[]).await);
        app.refresh(&tokens.text("refresh_token")).await.assert_error(400, "invalid_grant");
        assert_eq!(me(&app, &access).await, 200);
    }
}
