//! Pages for a browser: a cookie, a check of where requests come from, refusals of its own; and a
//! route that is open in several ways.

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::service::{PASSWORD, Service};

/// Logs in with a token and answers with the `Cookie` header of a browser.
fn cookie(service: &Service, token: &str) -> String {
    let answer = service.ask("POST /web/session", token, "");
    assert_eq!(answer.status, 204, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let cookie = answer.header("set-cookie").unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(pair, format!("__Host-access={token}"));
    let age = attributes.strip_prefix("Max-Age=").unwrap().split_once(';').unwrap();
    assert!((890..=900).contains(&age.0.parse::<u64>().unwrap()), "15 minutes: {attributes}");
    assert_eq!(age.1, " Path=/; Secure; HttpOnly; SameSite=Strict");
    format!("Cookie: {pair}")
}

#[test]
fn r013_r073_a_page_greets_the_user_of_the_cookie() {
    let service = Service::start(&[]);
    let token = service.user("alice");
    let cookie = cookie(&service, &token);
    service.ask("POST /tasks", &token, r#"{"title":"learn"}"#);
    let page = service.send("GET /web", &[&cookie], "");
    assert_eq!((page.status, page.body.as_str()), (200, "Hello, alice. Open tasks: 1.\n"));
    assert_eq!(page.header("cache-control"), Some("private"));
    // The cookie opens the pages and nothing else.
    assert_eq!(service.send("GET /tasks", &[&cookie], "").status, 401);
    // A script of the API may use the same route with its header.
    assert_eq!(service.ask("GET /web", &token, "").status, 200);
}

#[test]
fn r036_a_refusal_of_a_page_is_a_page_with_the_same_status_and_challenge() {
    let service = Service::start(&[]);
    for (headers, challenge) in [
        (vec![], r#"Bearer realm="api""#.to_owned()),
        (
            vec!["Cookie: __Host-access=a.b.c"],
            r#"Bearer realm="api", error="invalid_token", error_description="the token is malformed""#
                .to_owned(),
        ),
    ] {
        let page = service.send("GET /web", &headers, "");
        assert_eq!(page.status, 401);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(page.header("www-authenticate"), Some(challenge.as_str()));
        assert!(page.body.contains("<p>Log in, and try again.</p>"), "{page:?}");
    }
}

#[test]
fn r014_a_page_of_another_site_ends_no_session() {
    let service = Service::start(&[]);
    let cookie = cookie(&service, &service.user("alice"));
    for foreign in ["Sec-Fetch-Site: cross-site", "Origin: https://evil.example", "X-None: 1"] {
        let answer = service.send("DELETE /web/session", &[&cookie, foreign], "");
        assert_eq!(answer.status, 403, "{foreign}");
        assert_eq!((answer.header("www-authenticate"), answer.header("set-cookie")), (None, None));
    }
    for own in ["Sec-Fetch-Site: same-origin", "Origin: https://tasks.test"] {
        let answer = service.send("DELETE /web/session", &[&cookie, own], "");
        assert_eq!(answer.status, 204, "{own}");
        assert!(answer.header("set-cookie").unwrap().starts_with("__Host-access=; Max-Age=0;"));
    }
}

#[tokio::test]
async fn r073_a_disabled_user_is_out_at_once_and_one_of_several_ways_is_enough() {
    let service = Service::start(&[]);
    let token = service.user("alice");
    let cookie = cookie(&service, &token);
    let file = SqliteConnectOptions::new().filename(service.path("tasks.db"));
    let mut database = SqliteConnection::connect_with(&file).await.unwrap();
    let mut run = async |sql: &'static str| {
        sqlx::query(sql).execute(&mut database).await.unwrap();
    };
    let ask = |token: &str| service.ask("GET /reports/owners", token, "");
    let log_in = || service.log_in("alice", PASSWORD).text("access_token");

    assert_eq!(ask(&token).text("error"), "forbidden");
    run(r#"UPDATE tower_bearer_users SET roles = '["teacher"]'"#).await;
    let teacher = ask(&log_in());
    assert_eq!(teacher.text("error"), "insufficient_scope");
    assert!(teacher.header("www-authenticate").unwrap().contains(r#"scope="items:write""#));
    run(r#"UPDATE tower_bearer_users SET scopes = '["items:write"]'"#).await;
    assert_eq!(ask(&log_in()).status, 200);
    run(r#"UPDATE tower_bearer_users SET roles = '["admin"]', scopes = '["me"]'"#).await;
    let admin = log_in();
    assert_eq!(ask(&admin).status, 200);

    run("UPDATE tower_bearer_users SET is_active = 0").await;
    assert_eq!(service.send("GET /web", &[&cookie], "").status, 401);
    assert_eq!(ask(&admin).text("error_code"), "inactive_subject");
}
