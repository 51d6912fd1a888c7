//! The ends of a session whose token is in the cookie.

use http::header::COOKIE;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tower_bearer::Grant;

use super::{NAME, OWN_PAGE, apps, request};
use crate::support::{Answer, App, PASSWORD};

async fn assert_over(app: &App, token: &str) {
    let refused = app.page("/refresh", Some(token), Value::Null).await;
    refused.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn r118_r129_a_logout_with_the_cookie_ends_its_session_and_clears_it() {
    for app in apps().await {
        for body in [Value::Null, json!({}), json!({ "scope": "me" })] {
            let (_, token) = app.signed_in().await;
            let (_, elsewhere) = app.signed_in().await;
            let out = app.page("/logout", Some(&token), body).await;
            assert_eq!(out.status, 204, "{out:?}");
            assert!(out.body.is_empty());
            out.assert_cleared();
            assert_over(&app, &token).await;
            // Once more, with what is over.
            let again = app.page("/logout", Some(&token), Value::Null).await;
            assert_eq!(again.status, 204);
            again.assert_cleared();
            assert_eq!(app.page("/refresh", Some(&elsewhere), Value::Null).await.status, 200);
        }
    }
}

#[tokio::test]
async fn r129_whoever_is_logged_out_already_has_what_they_want() {
    for app in apps().await {
        let page = |line: &str| {
            let mut request = request(Method::POST, "/logout", OWN_PAGE, None, &Value::Null);
            request.headers_mut().append(COOKIE, line.parse().unwrap());
            app.send(request)
        };
        // A browser drops what has expired, or another tab was faster.
        let out = app.page("/logout", None, Value::Null).await;
        assert_eq!(out.status, 204, "{out:?}");
        out.assert_cleared();
        for value in ["", "x", "a b"] {
            let out = page(&format!("{NAME}={value}")).await;
            assert_eq!(out.status, 204, "{out:?}");
            out.assert_cleared();
        }
        // Which of two sessions is to end, nobody knows; this must not look as if both had.
        let (_, token) = app.signed_in().await;
        let twice = page(&format!("{NAME}={token}; {NAME}={token}")).await;
        twice.assert_error(400, "invalid_request");
        twice.assert_cleared();
        assert_eq!(app.page("/refresh", Some(&token), Value::Null).await.status, 200);
    }
}

#[tokio::test]
async fn r8_a_logout_is_for_what_was_sent_on_purpose() {
    for app in apps().await {
        let (_, in_cookie) = app.signed_in().await;
        let login = app.password_grant("admin", &[]).await;
        let in_body = login.text("refresh_token");
        let out = app.page("/logout", Some(&in_cookie), json!({ "refresh_token": in_body })).await;
        assert_eq!(out.status, 204);
        out.assert_no_cookie();
        app.refresh(&in_body).await.assert_error(400, "invalid_grant");
        // An access token without a proof that a page of ours sends it: the cookie is not looked at.
        let access = app.password_grant("admin", &[]).await;
        let bearer = format!("Bearer {}", access.text("access_token"));
        let headers = [("authorization", bearer.as_str()), ("sec-fetch-site", "cross-site")];
        let out = app
            .send(request(Method::POST, "/logout", &headers, Some(&in_cookie), &Value::Null))
            .await;
        assert_eq!(out.status, 204, "{out:?}");
        out.assert_no_cookie();
        let refused = app.refresh(&access.text("refresh_token")).await;
        refused.assert_error(400, "invalid_grant");
        let (next, in_cookie) = app.refreshed(&in_cookie).await;
        // With one, both end, be they of one session or of two.
        let elsewhere = app.password_grant("admin", &[]).await;
        let access = elsewhere.text("access_token");
        let out = app.page_as(&access, Method::POST, "/logout", &in_cookie).await;
        assert_eq!(out.status, 204, "{next:?}");
        out.assert_cleared();
        assert_over(&app, &in_cookie).await;
        let refused = app.refresh(&elsewhere.text("refresh_token")).await;
        refused.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn r118_the_end_of_all_sessions_clears_the_cookie_and_so_does_the_end_of_this_one() {
    for app in apps().await {
        let (login, token) = app.signed_in().await;
        let (other, _) = app.signed_in().await;
        let (third, _) = app.signed_in().await;
        let access = login.text("access_token");
        let sid = |answer: Answer| {
            let app = &app;
            async move {
                let claims = app.claims(&answer.text("access_token")).await;
                format!("/sessions/{}", claims["sid"].as_str().unwrap())
            }
        };
        for path in [sid(other).await, "/sessions".to_owned()] {
            let ended = app.page_as(&access, Method::DELETE, &path, &token).await;
            assert_eq!(ended.status, 204);
            ended.assert_no_cookie();
        }
        let gone = app.page_as(&access, Method::DELETE, &sid(third).await, &token).await;
        gone.assert_error(404, "not_found");
        gone.assert_no_cookie();
        let (_, token) = app.refreshed(&token).await;
        let all = app.page_as(&access, Method::DELETE, "/sessions?all=true", &token).await;
        assert_eq!(all.status, 204);
        all.assert_cleared();
        assert_over(&app, &token).await;

        let (login, token) = app.signed_in().await;
        let access = login.text("access_token");
        let this = app.page_as(&access, Method::DELETE, &sid(login).await, &token).await;
        assert_eq!(this.status, 204);
        this.assert_cleared();
        assert_over(&app, &token).await;
    }
}

#[tokio::test]
async fn r118_a_new_password_leaves_the_cookie_of_whoever_set_it_alone() {
    for app in apps().await {
        let (login, token) = app.signed_in().await;
        let (_, elsewhere) = app.signed_in().await;
        let body = json!({ "current_password": PASSWORD, "new_password": "another good password" });
        let access = login.text("access_token");
        let changed = app.json_with_token(Method::POST, "/password", &access, body).await;
        assert_eq!(changed.status, 204, "{changed:?}");
        changed.assert_no_cookie();
        let refused = app.page("/refresh", Some(&elsewhere), Value::Null).await;
        refused.assert_error(400, "invalid_grant");
        refused.assert_cleared();
        assert_eq!(app.page("/refresh", Some(&token), Value::Null).await.status, 200);
    }
}

#[tokio::test]
async fn r129_an_expired_access_token_is_in_no_way_of_the_cookie() {
    for app in apps().await {
        let (_, token) = app.signed_in().await;
        let stale = app.issuer.issue(&Grant::new("x").client_id("y")).unwrap();
        app.clock.advance(std::time::Duration::from_secs(3600));
        let out = app.page_as(&stale, Method::POST, "/logout", &token).await;
        assert_eq!(out.status, StatusCode::NO_CONTENT);
        out.assert_cleared();
        assert_over(&app, &token).await;
    }
}
