//! Pages of other sites, and whoever does not say that it is none (requirement 14).

use http::Method;
use http::header::{COOKIE, WWW_AUTHENTICATE};
use serde_json::{Value, json};
use tower_bearer::{ConfigError, Issuer, LoginRouter, MemoryStore};

use super::{NAME, apps, cookie, request};
use crate::support::{Answer, App, PASSWORD, apps_with};

const SITE: &str = "sec-fetch-site";
const ORIGIN: &str = "origin";

/// Pages that are not ours, and a program that says nothing.
const OTHERS: &[&[(&str, &str)]] = &[
    &[],
    &[(SITE, "cross-site")],
    &[(SITE, "same-site")],
    &[(SITE, "cross-site"), (ORIGIN, "null")],
    &[(SITE, "same-site"), (ORIGIN, "https://other.app.example")],
    &[(ORIGIN, "null")],
    &[(ORIGIN, "https://evil.example")],
    &[(ORIGIN, "https://app.example.evil.example")],
    &[(ORIGIN, "https://app.example:8443")],
    &[(ORIGIN, "http://app.example")],
    &[(ORIGIN, "https://app.example"), (ORIGIN, "https://app.example")],
];
const OURS: &[&[(&str, &str)]] = &[
    &[(SITE, "same-origin")],
    &[(SITE, "none")],
    &[(SITE, "same-origin"), (ORIGIN, "null")],
    &[(ORIGIN, "https://app.example")],
];

#[track_caller]
fn assert_cross_site(answer: &Answer) {
    answer.assert_error(403, "forbidden");
    assert!(!answer.headers.contains_key(WWW_AUTHENTICATE), "no new token would help");
    answer.assert_no_cookie();
}

async fn post(app: &App, path: &str, headers: &[(&str, &str)], token: Option<&str>) -> Answer {
    app.send(request(Method::POST, path, headers, token, &Value::Null)).await
}

#[tokio::test]
async fn r14_a_page_of_another_site_can_not_use_the_cookie() {
    for app in apps().await {
        let (_, mut token) = app.signed_in().await;
        for headers in OTHERS {
            for path in ["/refresh", "/logout"] {
                assert_cross_site(&post(&app, path, headers, Some(&token)).await);
                // Nor one that is broken, to have it cleared.
                assert_cross_site(&post(&app, path, headers, Some("a,b")).await);
            }
        }
        for headers in OURS {
            token = post(&app, "/refresh", headers, Some(&token)).await.token();
        }
        post(&app, "/logout", OURS[0], Some(&token)).await.assert_cleared();
    }
}

#[tokio::test]
async fn r14_a_page_of_another_site_logs_nobody_in() {
    for app in apps_with!(|router| router.sign_in_on_register().refresh_cookie(cookie())).await {
        let login = json!({ "username": "admin", "password": PASSWORD });
        for (index, headers) in OTHERS.iter().enumerate() {
            let register = json!({ "username": format!("user{index}"), "password": PASSWORD });
            for (path, body) in [("/login", &login), ("/register", &register)] {
                let refused = app.send(request(Method::POST, path, headers, None, body)).await;
                assert_cross_site(&refused);
            }
        }
        for (index, headers) in OURS.iter().enumerate() {
            let register = json!({ "username": format!("user{index}"), "password": PASSWORD });
            for (path, body) in [("/login", &login), ("/register", &register)] {
                app.send(request(Method::POST, path, headers, None, body)).await.token();
            }
        }
    }
}

#[tokio::test]
async fn r14_who_sends_no_cookie_and_gets_none_needs_no_proof() {
    for app in apps().await {
        assert_eq!(app.register("alice").await.status, 201);
        let login = app.password_grant("alice", &[]).await;
        let next = app.refresh(&login.text("refresh_token")).await;
        next.assert_no_cookie();
        let body = json!({ "refresh_token": next.text("refresh_token") });
        let out = app.json("/logout", body).await;
        assert_eq!(out.status, 204);
        out.assert_no_cookie();
        // As it is withheld from another site (`SameSite=Strict`), there is nothing to clear either.
        for path in ["/refresh", "/logout"] {
            let refused = post(&app, path, &[(SITE, "cross-site")], None).await;
            refused.assert_error(400, "invalid_request");
            refused.assert_no_cookie();
        }
    }
}

#[tokio::test]
async fn r14_a_sibling_origin_may_be_trusted() {
    let sibling = &[(SITE, "same-site"), (ORIGIN, "https://www.app.example")][..];
    for app in apps_with!(|router| {
        let router = router.refresh_cookie(cookie());
        router.trust_origin("https://www.app.example").unwrap()
    })
    .await
    {
        let login = json!({ "username": "admin", "password": PASSWORD });
        let login = app.send(request(Method::POST, "/login", sibling, None, &login)).await;
        let next = post(&app, "/refresh", sibling, Some(&login.token())).await.token();
        for headers in OTHERS {
            assert_cross_site(&post(&app, "/refresh", headers, Some(&next)).await);
        }
        post(&app, "/logout", sibling, Some(&next)).await.assert_cleared();
    }
}

#[test]
fn a_trusted_origin_is_an_origin_and_needs_a_cookie() {
    let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests());
    let error = router.clone().trust_origin("https://a.example").unwrap_err();
    assert!(matches!(error, ConfigError::InvalidValue { .. }), "{error}");
    assert!(error.to_string().contains("refresh_cookie"), "{error}");
    let router = router.refresh_cookie(cookie());
    router.clone().trust_origin("https://a.example").unwrap();
    router.clone().trust_origin("http://localhost:5173").unwrap();
    // Whoever is on the way writes the pages of the last.
    for text in ["", "a.example", "null", "*", "https://a.example/", "http://a.example"] {
        let error = router.clone().trust_origin(text).unwrap_err();
        assert!(matches!(error, ConfigError::InvalidValue { .. }), "{text}: {error}");
    }
}

#[tokio::test]
async fn r14_the_host_of_http_2_is_in_the_uri_and_its_cookie_in_several_fields() {
    for app in apps().await {
        let (_, token) = app.signed_in().await;
        for (host, status) in [("other.example", 403), ("app.example", 200)] {
            let headers = [(ORIGIN, "https://app.example"), ("cookie", "a=b")];
            let mut request = request(Method::POST, "/refresh", &headers, None, &Value::Null);
            request.headers_mut().append(COOKIE, format!("{NAME}={token}").parse().unwrap());
            request.headers_mut().remove("host");
            *request.uri_mut() = format!("https://{host}/refresh").parse().unwrap();
            assert_eq!(app.send(request).await.status, status, "{host}");
        }
    }
}
