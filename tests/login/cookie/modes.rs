//! The cookie beside the other choices of a router.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tower_bearer::{
    AuditRecord, Issuer, JwtAuthLayer, LoginRouter, MemoryStore, RefreshTokens, TokenCookie,
    TokenSource,
};

use super::{DAY, NAME, OWN_PAGE, apps, cookie, request};
use crate::clients::{SECRET, basic, clients};
use crate::support::{PASSWORD, app, apps_with};

#[tokio::test]
async fn r13_a_user_who_registers_is_signed_in_with_the_cookie() {
    for app in apps_with!(|router| router.sign_in_on_register().refresh_cookie(cookie())).await {
        let (_, old) = app.signed_in().await;
        let body = json!({ "username": "alice", "password": PASSWORD });
        let answer = app.page("/register", Some(&old), body.clone()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.json()["user"]["username"], "alice");
        let token = answer.token();
        assert_eq!(app.page("/refresh", Some(&token), Value::Null).await.status, 200);
        app.page("/refresh", Some(&old), Value::Null).await.assert_error(400, "invalid_grant");
        let taken = app.page("/register", None, body).await;
        taken.assert_error(409, "conflict");
        taken.assert_no_cookie();
    }
}

#[tokio::test]
async fn who_registers_and_is_not_signed_in_gets_no_cookie() {
    for app in apps().await {
        let (_, token) = app.signed_in().await;
        let body = json!({ "username": "alice", "password": PASSWORD });
        let answer = app.page("/register", Some(&token), body).await;
        assert_eq!(answer.status, 201);
        answer.assert_no_cookie();
        assert_eq!(app.page("/refresh", Some(&token), Value::Null).await.status, 200);
    }
}

#[tokio::test]
async fn r116_a_token_that_is_not_stored_lies_in_the_cookie_until_it_expires() {
    let rules = RefreshTokens::stateless();
    for app in apps_with!(|router| {
        router.stateless_refresh_tokens(rules.clone()).revocations().refresh_cookie(cookie())
    })
    .await
    {
        let (login, token) = app.signed_in().await;
        assert_eq!(login.cookie().unwrap().1, 7 * DAY);
        app.clock.advance(Duration::from_secs(DAY));
        let next = app.page("/refresh", Some(&token), Value::Null).await;
        assert_eq!(next.cookie(), Some((token.clone(), 6 * DAY)));
        // A login revokes the one that it replaces, and so does a logout.
        let body = json!({ "username": "admin", "password": PASSWORD });
        let new = app.page("/login", Some(&token), body).await.token();
        let refused = app.page("/refresh", Some(&token), Value::Null).await;
        refused.assert_error(400, "invalid_grant");
        refused.assert_cleared();
        app.page("/logout", Some(&new), Value::Null).await.assert_cleared();
        app.page("/refresh", Some(&new), Value::Null).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn a_token_that_browsers_would_drop_is_a_fault_and_no_silence() {
    let scopes: Vec<String> = (0..200).map(|n| format!("resource-{n}:read-and-write")).collect();
    let app = app(MemoryStore::new(), |router| {
        let router = router.stateless_refresh_tokens(RefreshTokens::stateless()).revocations();
        router.default_scopes(scopes).refresh_cookie(cookie())
    })
    .await;
    assert_eq!(app.register("alice").await.status, 201);
    let mut body = json!({ "username": "alice", "password": PASSWORD });
    let login = app.page("/login", None, body.clone()).await;
    login.assert_error(500, "server_error");
    login.assert_no_cookie();
    let all = body.clone();
    body["scope"] = "resource-7:read-and-write".into();
    let token = app.page("/login", None, body).await.token();
    // Whoever gets no new cookie keeps the old one, and it is good.
    app.page("/login", Some(&token), all).await.assert_error(500, "server_error");
    assert_eq!(app.page("/refresh", Some(&token), Value::Null).await.status, 200);
}

#[tokio::test]
async fn r101_r115_a_cookie_is_no_way_around_the_secret_of_a_client() {
    for app in apps_with!(|router| router.clients(clients()).refresh_cookie(cookie())).await {
        let body = json!({ "username": "admin", "password": PASSWORD });
        let authorization = basic("worker", SECRET);
        let headers = [OWN_PAGE, &[("authorization", authorization.as_str())]].concat();
        let login = app.send(request(Method::POST, "/login", &headers, None, &body)).await;
        let token = login.token();
        for path in ["/refresh", "/logout"] {
            let refused = app.page(path, Some(&token), Value::Null).await;
            refused.assert_error(401, "invalid_client");
            refused.assert_no_cookie();
        }
        let login =
            app.page("/login", Some(&token), json!({ "username": "admin", "password": PASSWORD, "client_id": "page", "scope": "items:read" })).await;
        let of_page = login.token();
        let next =
            app.send(request(Method::POST, "/refresh", &headers, Some(&token), &Value::Null)).await;
        assert_eq!(next.status, 200, "the login of a page ends no session of a worker: {next:?}");
        assert_eq!(app.claims(&next.text("access_token")).await["client_id"], "worker");
        // One that names another client leaves the cookie to the page whose it is.
        let other = app.page("/refresh", Some(&of_page), json!({ "client_id": "other" })).await;
        assert!(other.status.is_client_error(), "{other:?}");
        other.assert_no_cookie();
        // That of a page is of this page, whether it says so or not.
        let next = app.page("/refresh", Some(&of_page), json!({ "client_id": "page" })).await;
        let next = app.page("/refresh", Some(&next.token()), Value::Null).await;
        assert_eq!(app.claims(&next.text("access_token")).await["client_id"], "page");
    }
}

#[tokio::test]
async fn r113_tabs_that_refresh_at_once_get_the_same_cookie_where_that_is_allowed() {
    let rules = RefreshTokens::new().reuse_interval(Duration::from_secs(10));
    for app in
        apps_with!(|router| router.refresh_tokens(rules.clone()).refresh_cookie(cookie())).await
    {
        let (_, token) = app.signed_in().await;
        let (one, two) = tokio::join!(
            app.page("/refresh", Some(&token), Value::Null),
            app.page("/refresh", Some(&token), Value::Null),
        );
        assert_eq!(one.token(), two.token());
        app.clock.advance(Duration::from_secs(11));
        let late = app.page("/refresh", Some(&token), Value::Null).await;
        late.assert_error(400, "invalid_grant");
        late.assert_cleared();
    }
}

#[tokio::test]
async fn r105_who_is_refused_for_the_site_has_used_no_attempt() {
    for app in apps().await {
        let body = json!({ "username": "admin", "password": "wrong" });
        for _ in 0..200 {
            let refused = app
                .send(request(
                    Method::POST,
                    "/login",
                    &[("sec-fetch-site", "cross-site")],
                    None,
                    &body,
                ))
                .await;
            refused.assert_error(403, "forbidden");
        }
        app.signed_in().await;
    }
}

#[tokio::test]
async fn the_audit_trail_tells_of_a_session_that_was_replaced_and_of_no_token() {
    let records = Arc::new(Mutex::new(Vec::new()));
    let sink = records.clone();
    let app = app(MemoryStore::new(), |router| {
        let sink = move |record: &AuditRecord| {
            sink.lock().unwrap().push(serde_json::to_value(record).unwrap());
        };
        router.audit(sink).refresh_cookie(cookie())
    })
    .await;
    let (login, old) = app.signed_in().await;
    let old_session = app.claims(&login.text("access_token")).await["sid"].clone();
    let body = json!({ "username": "admin", "password": PASSWORD });
    let new = app.page("/login", Some(&old), body).await.token();
    let new = app.page("/refresh", Some(&new), Value::Null).await.token();
    app.page("/logout", Some(&new), Value::Null).await.assert_cleared();
    let records = Value::from(records.lock().unwrap().clone());
    let field = |name: &str| -> Vec<Value> {
        records.as_array().unwrap().iter().map(|record| record[name].clone()).collect()
    };
    let expected =
        ["login.succeeded", "login.succeeded", "session.ended", "token.refreshed", "session.ended"];
    assert_eq!(field("event"), expected);
    assert_eq!(records[2]["reason"], "replaced");
    assert_eq!(records[2]["session_id"], old_session);
    assert_eq!(records[4]["reason"], "logout");
    for token in [old, new] {
        assert!(!records.to_string().contains(&token));
    }
}

#[test]
#[should_panic = "does not begin with __Host-"]
fn r13_the_cookie_is_for_this_host_alone() {
    let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests());
    let _ = router.refresh_cookie(TokenCookie::new("refresh").strict());
}

#[test]
#[should_panic = "takes access tokens out of the cookie of refresh tokens"]
fn a_layer_that_looks_for_access_tokens_in_the_cookie_is_a_fault() {
    let issuer = Issuer::for_tests();
    let layer =
        JwtAuthLayer::new(issuer.verifier().unwrap()).token_source(TokenSource::cookie(NAME));
    let router = LoginRouter::new(MemoryStore::new(), issuer).auth(layer);
    let _ = router.refresh_cookie(cookie()).into_router();
}
