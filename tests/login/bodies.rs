//! Bodies that are too large, malformed or of the wrong type.

use super::support::{PASSWORD, apps, apps_with};

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_body_above_16_kib_is_413_on_every_route() {
    for app in apps().await {
        let before = app.hasher.computations();
        for size in [16 * 1024 + 1, 1024 * 1024] {
            let filler = "x".repeat(size);
            for (path, content_type) in [
                ("/register", "application/json"),
                ("/login", "application/json"),
                ("/token", FORM),
                ("/token", "text/plain"),
                ("/refresh", FORM),
                ("/logout", "application/json"),
            ] {
                let answer = app.post(path, content_type, &filler).await;
                answer.assert_error(413, "invalid_request");
            }
        }
        assert_eq!(app.hasher.computations(), before);
    }
}

#[tokio::test]
async fn the_limit_is_a_setting() {
    for app in apps_with!(|r| r.body_limit(64)).await {
        assert_eq!(app.register("a-name-that-makes-the-body-long").await.status, 413);
        let body = format!("grant_type=password&username=admin&password={}", &PASSWORD[..7]);
        assert_eq!(app.post("/token", FORM, &body).await.status, 400);
    }
}

#[tokio::test]
async fn malformed_json_is_an_invalid_request() {
    for app in apps().await {
        for path in ["/register", "/login", "/refresh", "/logout"] {
            for body in [
                "",
                "{",
                "null",
                "[]",
                "\"text\"",
                r#"{"username":"a","username":"b","password":"c"}"#,
                r#"{"username":"a","\u0075sername":"b"}"#,
                "{\"username\":\"\u{1}\"}",
                r#"{"username":"\ud800"}"#,
                "{} {}",
                "\u{feff}{}",
            ] {
                let answer = app.post(path, "application/json", body).await;
                answer.assert_error(400, "invalid_request");
            }
            let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
            let answer = app.post(path, "application/json", &deep).await;
            answer.assert_error(400, "invalid_request");
        }
    }
}

#[tokio::test]
async fn json_routes_ask_for_json() {
    for app in apps().await {
        for path in ["/register", "/login"] {
            for content_type in ["", "text/plain", FORM, "text/json", "application/jsonx"] {
                let answer = app.post(path, content_type, "{}").await;
                answer.assert_error(415, "invalid_request");
            }
        }
        let body = format!(r#"{{"username":"alice","password":"{PASSWORD}"}}"#);
        let answer = app.post("/register", "application/json; charset=utf-8", &body).await;
        assert_eq!(answer.status, 201);
    }
}
