//! From the login to the cookie, and from one cookie to the next.

use std::time::Duration;

use http::header::{CONTENT_TYPE, COOKIE};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tower_bearer::RefreshTokens;

use super::{DAY, NAME, OWN_PAGE, apps, cookie, request};
use crate::support::{PASSWORD, apps_with};

#[tokio::test]
async fn r13_r119_a_login_puts_the_refresh_token_into_the_cookie_and_nowhere_else() {
    for app in apps().await {
        let (login, token) = app.signed_in().await;
        assert_eq!(login.cookie(), Some((token, 30 * DAY)));
        let body = login.json();
        let members: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["access_token", "expires_in", "scope", "token_type"]);
        let me = app.with_token(Method::GET, "/me", &login.text("access_token")).await;
        assert_eq!(me.text("username"), "admin");
        // Who is refused gets none.
        let wrong = json!({ "username": "admin", "password": "wrong" });
        let refused = app.page("/login", None, wrong).await;
        refused.assert_error(400, "invalid_grant");
        refused.assert_no_cookie();
    }
}

#[tokio::test]
async fn r109_r201_a_refresh_with_the_cookie_answers_with_the_next_cookie() {
    for app in apps().await {
        let (login, mut token) = app.signed_in().await;
        let began = app.clock.now().as_secs();
        // However a browser says that it sends nothing more.
        for body in
            [Value::Null, json!({}), json!({ "refresh_token": "" }), json!({ "scope": "me" })]
        {
            app.clock.advance(Duration::from_secs(60));
            let next = app.page("/refresh", Some(&token), body).await;
            assert_eq!(next.status, StatusCode::OK, "{next:?}");
            let new = next.token();
            assert_ne!(new, token);
            token = new;
            let (old, new) = (
                app.claims(&login.text("access_token")).await,
                app.claims(&next.text("access_token")).await,
            );
            assert_eq!((&old["sid"], &old["auth_time"]), (&new["sid"], &json!(began)));
        }
    }
}

#[tokio::test]
async fn a_refresh_without_a_body_may_have_any_content_type() {
    for app in apps().await {
        let (_, mut token) = app.signed_in().await;
        for content_type in
            ["application/json", "application/x-www-form-urlencoded", "text/plain;charset=UTF-8"]
        {
            let mut request =
                request(Method::POST, "/refresh", OWN_PAGE, Some(&token), &Value::Null);
            request.headers_mut().insert(CONTENT_TYPE, content_type.parse().unwrap());
            let next = app.send(request).await;
            assert_eq!(next.status, StatusCode::OK, "{content_type}: {next:?}");
            token = next.token();
        }
        // With one it must be right.
        let mut request = request(Method::POST, "/refresh", OWN_PAGE, Some(&token), &json!({}));
        request.headers_mut().insert(CONTENT_TYPE, "text/plain".parse().unwrap());
        let refused = app.send(request).await;
        refused.assert_error(400, "invalid_request");
        refused.assert_no_cookie();
    }
}

#[tokio::test]
async fn r116_r117_the_cookie_lasts_as_long_as_its_token() {
    let rules = RefreshTokens::new()
        .lifetime(Duration::from_secs(10 * DAY))
        .idle_timeout(Duration::from_secs(4 * DAY))
        .reuse_interval(Duration::from_secs(30));
    for app in
        apps_with!(|router| router.refresh_tokens(rules.clone()).refresh_cookie(cookie())).await
    {
        let (login, mut token) = app.signed_in().await;
        assert_eq!(login.cookie().unwrap().1, 4 * DAY);
        let mut lag = Duration::ZERO;
        for left in [4, 4, 1] {
            app.clock.advance(Duration::from_secs(3 * DAY) - lag);
            let next = app.page("/refresh", Some(&token), Value::Null).await;
            assert_eq!(next.cookie().unwrap().1, left * DAY);
            // A tab that comes a little later gets the same token, for what is left of its time.
            lag = Duration::from_secs(7);
            app.clock.advance(lag);
            let again = app.page("/refresh", Some(&token), Value::Null).await;
            assert_eq!(again.cookie(), Some((next.token(), left * DAY - 7)));
            token = next.token();
        }
        app.clock.advance(Duration::from_secs(DAY));
        let over = app.page("/refresh", Some(&token), Value::Null).await;
        over.assert_error(400, "invalid_grant");
        over.assert_cleared();
    }
}

#[tokio::test]
async fn r8_a_refresh_answers_as_it_was_asked() {
    for app in apps().await {
        let (_, in_cookie) = app.signed_in().await;
        let by_token = app.password_grant("admin", &[]).await;
        by_token.assert_no_cookie();
        let in_body = by_token.text("refresh_token");
        // A browser that has a cookie adds it to whatever is asked, and so may another site.
        for headers in [OWN_PAGE, &[("sec-fetch-site", "cross-site")]] {
            let body = json!({ "refresh_token": app.password_grant("admin", &[]).await.text("refresh_token") });
            let answer =
                app.send(request(Method::POST, "/refresh", headers, Some(&in_cookie), &body)).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            assert!(!answer.text("refresh_token").is_empty());
            answer.assert_no_cookie();
        }
        let wrong = json!({ "refresh_token": "wrong" });
        let refused = app.page("/refresh", Some(&in_cookie), wrong).await;
        refused.assert_error(400, "invalid_grant");
        refused.assert_no_cookie();
        assert_eq!(app.refresh(&in_body).await.status, 200);
        let next = app.page("/refresh", Some(&in_cookie), Value::Null).await;
        assert_eq!(next.status, 200, "nothing of that was for the cookie: {next:?}");
    }
}

#[tokio::test]
async fn no_request_gets_a_token_out_of_the_cookie_into_a_body() {
    for app in apps().await {
        let (_, token) = app.signed_in().await;
        let form = |fields: &str| {
            let mut request = request(Method::POST, "/token", OWN_PAGE, Some(&token), &Value::Null);
            let content_type = "application/x-www-form-urlencoded".parse().unwrap();
            request.headers_mut().insert(CONTENT_TYPE, content_type);
            *request.body_mut() = fields.to_owned().into();
            request
        };
        for fields in ["grant_type=refresh_token", "grant_type=refresh_token&refresh_token="] {
            let refused = app.send(form(fields)).await;
            refused.assert_error(400, "invalid_request");
            refused.assert_no_cookie();
        }
        assert_eq!(app.page("/refresh", Some(&token), Value::Null).await.status, 200);
    }
}

#[tokio::test]
async fn r110_a_stolen_cookie_that_comes_again_ends_the_session_and_is_cleared() {
    for app in apps().await {
        let (_, stolen) = app.signed_in().await;
        let latest = app.page("/refresh", Some(&stolen), Value::Null).await.token();
        for token in [&stolen, &latest] {
            let refused = app.page("/refresh", Some(token), Value::Null).await;
            refused.assert_error(400, "invalid_grant");
            refused.assert_cleared();
        }
    }
}

#[tokio::test]
async fn a_refusal_that_another_attempt_may_mend_leaves_the_cookie() {
    for app in apps().await {
        let (_, token) = app.signed_in().await;
        for (body, error) in [
            (json!({ "scope": "more" }), "invalid_scope"),
            (json!({ "scope": 1 }), "invalid_request"),
            (json!({ "refresh_token": 1 }), "invalid_request"),
            (json!({ "grant_type": "password" }), "unsupported_grant_type"),
            (json!({ "client_id": "\u{e9}" }), "invalid_request"),
        ] {
            let refused = app.page("/refresh", Some(&token), body).await;
            refused.assert_error(400, error);
            refused.assert_no_cookie();
        }
        assert_eq!(app.page("/refresh", Some(&token), Value::Null).await.status, 200);
    }
}

#[tokio::test]
async fn what_is_no_token_is_cleared_and_none_is_asked_for() {
    for app in apps().await {
        let refresh = |lines: &[String]| {
            let mut request = request(Method::POST, "/refresh", OWN_PAGE, None, &Value::Null);
            for line in lines {
                request.headers_mut().append(COOKIE, line.parse().unwrap());
            }
            app.send(request)
        };
        for value in ["x", "a b", "\"quoted\"", &"x".repeat(20_000)] {
            let refused = refresh(&[format!("{NAME}={value}")]).await;
            refused.assert_error(400, "invalid_grant");
            refused.assert_cleared();
        }
        for lines in [vec![], vec!["theme=dark".to_owned()], vec![format!("{NAME}=")]] {
            let refused = refresh(&lines).await;
            refused.assert_error(400, "invalid_request");
            refused.assert_no_cookie();
        }
        let (_, token) = app.signed_in().await;
        // Which of two is meant, nobody knows.
        let twice = refresh(&[format!("{NAME}={token}; {NAME}={token}")]).await;
        twice.assert_error(400, "invalid_request");
        twice.assert_cleared();
        // HTTP/2 parts the header at will (RFC 9113, section 8.2.3).
        let lines = ["theme=dark".to_owned(), format!("{NAME}={token}"), "lang=en".to_owned()];
        assert_eq!(refresh(&lines).await.status, 200);
    }
}

#[tokio::test]
async fn r184_a_login_ends_the_session_that_the_browser_was_in() {
    for app in apps().await {
        let (_, old) = app.signed_in().await;
        let (_, elsewhere) = app.signed_in().await;
        let body = json!({ "username": "admin", "password": "wrong" });
        app.page("/login", Some(&old), body).await.assert_error(400, "invalid_grant");
        let old = app.page("/refresh", Some(&old), Value::Null).await.token();
        let body = json!({ "username": "admin", "password": PASSWORD });
        let new = app.page("/login", Some(&old), body.clone()).await.token();
        app.page("/refresh", Some(&old), Value::Null).await.assert_error(400, "invalid_grant");
        for live in [new, elsewhere] {
            assert_eq!(app.page("/refresh", Some(&live), Value::Null).await.status, 200);
        }
        // What is left of an older cookie is in nobody's way.
        assert_eq!(app.page("/login", Some("x"), body).await.status, 200);
    }
}
