//! The token endpoint and its JSON twin (requirements 89-104, 179).

use http::{Method, header};
use serde_json::json;

use super::support::{Answer, PASSWORD, apps};

#[tokio::test]
async fn r90_the_token_endpoint_takes_post_only() {
    for app in apps().await {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::HEAD] {
            let answer = app.with_token(method.clone(), "/token", "x").await;
            assert_eq!(answer.status, 405, "{method}");
            assert_eq!(answer.headers[header::ALLOW], "POST", "{method}");
        }
    }
}

#[tokio::test]
async fn r91_the_token_endpoint_takes_forms_only() {
    for app in apps().await {
        let body = "grant_type=password&username=admin&password=correct+horse+battery+staple";
        for content_type in
            ["application/json", "", "text/plain", "multipart/form-data", "application/x-www-form"]
        {
            app.post("/token", content_type, body).await.assert_error(400, "invalid_request");
        }
        for content_type in [
            "application/x-www-form-urlencoded",
            "Application/X-WWW-Form-Urlencoded; charset=utf-8",
        ] {
            assert_eq!(app.post("/token", content_type, body).await.status, 200);
        }
        let not_utf8 = app.form("/token", &[]).await;
        not_utf8.assert_error(400, "invalid_request");
        let body = "grant_type=password&username=admin&password=%FF";
        let answer = app.post("/token", "application/x-www-form-urlencoded", body).await;
        answer.assert_error(400, "invalid_request");
    }
}

#[tokio::test]
async fn r92_the_grant_type_is_required_and_known() {
    for app in apps().await {
        let fields = [("username", "admin"), ("password", PASSWORD)];
        app.form("/token", &fields).await.assert_error(400, "invalid_request");
        for grant_type in ["authorization_code", "client_credentials", "Password", "password "] {
            let answer = app.password_grant_of(grant_type).await;
            answer.assert_error(400, "unsupported_grant_type");
        }
        app.password_grant_of("").await.assert_error(400, "invalid_request");
    }
}

impl super::support::App {
    async fn password_grant_of(&self, grant_type: &str) -> Answer {
        let fields = [("grant_type", grant_type), ("username", "admin"), ("password", PASSWORD)];
        self.form("/token", &fields).await
    }
}

#[tokio::test]
async fn r93_repeated_parameters_are_refused_and_unknown_ones_ignored() {
    for app in apps().await {
        for repeated in [("username", "other"), ("grant_type", "password"), ("password", "x")] {
            app.password_grant("admin", &[repeated]).await.assert_error(400, "invalid_request");
        }
        let twice = [("x", "1"), ("x", "2")];
        app.password_grant("admin", &twice).await.assert_error(400, "invalid_request");
        let ignored = [("role", "admin"), ("client_secret", ""), ("scope", "")];
        assert_eq!(app.password_grant("admin", &ignored).await.status, 200);
        for (username, password) in [("", PASSWORD), ("admin", "")] {
            let fields =
                [("grant_type", "password"), ("username", username), ("password", password)];
            app.form("/token", &fields).await.assert_error(400, "invalid_request");
        }
    }
}

/// Every way in which a login can fail looks the same.
#[tokio::test]
async fn r94_r179_failures_are_alike_and_cost_one_hash_each() {
    for app in apps().await {
        let mut seen: Vec<Answer> = Vec::new();
        for (username, password) in [
            ("admin", "wrong password"),
            ("nobody", PASSWORD),
            ("nobody@example.com", PASSWORD),
            ("no such\u{0}name", PASSWORD),
            ("a b", PASSWORD),
            ("' OR '1'='1", PASSWORD),
            ("admin", "x"),
        ] {
            let before = app.hasher.computations();
            let fields =
                [("grant_type", "password"), ("username", username), ("password", password)];
            let answer = app.form("/token", &fields).await;
            answer.assert_error(400, "invalid_grant");
            assert_eq!(app.hasher.computations() - before, 1, "{username:?}");
            seen.push(answer);
            let before = app.hasher.computations();
            let body = json!({ "username": username, "password": password });
            let answer = app.json("/login", body).await;
            assert_eq!(app.hasher.computations() - before, 1, "{username:?}");
            seen.push(answer);
        }
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
    }
}

#[tokio::test]
async fn r95_r96_a_login_answers_with_tokens_that_no_cache_keeps() {
    for app in apps().await {
        app.register("Alice_1").await;
        let by_name = json!({ "username": "alice_1", "password": PASSWORD });
        for answer in [
            app.password_grant("Alice_1", &[]).await,
            app.password_grant("ALICE_1", &[("client_id", "cli")]).await,
            app.json("/login", by_name).await,
        ] {
            assert_eq!(answer.status, 200);
            assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
            assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
            assert_eq!(answer.headers[header::PRAGMA], "no-cache");
            let body = answer.json();
            assert_eq!(body["token_type"], "Bearer");
            assert_eq!(body["expires_in"], 900);
            assert_eq!(body["scope"], "me items:read");
            assert_eq!(body.as_object().unwrap().len(), 5);
            let claims = app.claims(&answer.text("access_token")).await;
            assert_eq!(claims["scope"], "me items:read");
            assert_eq!(claims["exp"], 1_700_000_900);
            assert!(claims["sid"].is_string());
            assert!(["first-party", "cli"].contains(&claims["client_id"].as_str().unwrap()));
        }
        app.password_grant("Alice_1", &[("password", "x")])
            .await
            .assert_error(400, "invalid_request");
    }
}

#[tokio::test]
async fn r102_a_malformed_scope_is_invalid() {
    for app in apps().await {
        for scope in ["a  b", " a", "a ", "a\"b", "a\\b", "\u{e9}", "a\tb"] {
            let answer = app.password_grant("admin", &[("scope", scope)]).await;
            answer.assert_error(400, "invalid_scope");
        }
    }
}

#[tokio::test]
async fn r103_nobody_grants_themselves_a_scope() {
    for app in apps().await {
        app.register("alice").await;
        let answer =
            app.password_grant("alice", &[("scope", "items:write items:read admin")]).await;
        assert_eq!(answer.text("scope"), "items:read");
        let claims = app.claims(&answer.text("access_token")).await;
        assert_eq!(claims["scope"], "items:read");
        let answer = app.password_grant("alice", &[("scope", "items:write")]).await;
        answer.assert_error(400, "invalid_scope");
        let wrong = [("grant_type", "password"), ("username", "alice"), ("password", "wrong")];
        let answer = app.form("/token", &[&wrong[..], &[("scope", "items:write")]].concat()).await;
        answer.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn r104_without_a_scope_a_user_gets_their_own_and_is_told() {
    for app in apps().await {
        let answer = app.password_grant("admin", &[]).await;
        assert_eq!(answer.text("scope"), "me items:read items:write");
        let claims = app.claims(&answer.text("access_token")).await;
        assert_eq!(claims["roles"], json!(["admin"]));
    }
}

#[tokio::test]
async fn login_takes_exactly_one_of_username_and_email() {
    for app in apps().await {
        let alice = json!({
            "username": "alice", "password": PASSWORD, "email": "Alice@Example.com"
        });
        assert_eq!(app.json("/register", alice).await.status, 201);
        let by_email = json!({ "email": "alice@example.COM", "password": PASSWORD });
        assert_eq!(app.json("/login", by_email).await.status, 200);
        assert_eq!(app.password_grant("alice@example.com", &[]).await.status, 200);
        for body in [
            json!({ "password": PASSWORD }),
            json!({ "username": "alice", "email": "alice@example.com", "password": PASSWORD }),
            json!({ "username": "alice" }),
            json!({ "username": 7, "password": PASSWORD }),
            json!({ "username": "alice", "password": ["x"] }),
            json!([]),
        ] {
            app.json("/login", body).await.assert_error(400, "invalid_request");
        }
        // Each field is what it says.
        let crossed = json!({ "username": "alice@example.com", "password": PASSWORD });
        app.json("/login", crossed).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn r97_errors_have_their_members_and_characters_whatever_was_sent() {
    let hostile = "\"\\\u{1F600}\r\n\u{7f}<script>";
    for app in apps().await {
        let answers = [
            app.form("/token", &[("grant_type", hostile)]).await,
            app.form("/token", &[("grant_type", "password"), ("scope", hostile)]).await,
            app.form("/token", &[("grant_type", "password"), ("client_id", hostile)]).await,
            app.password_grant(hostile, &[]).await,
            app.password_grant("admin", &[("scope", "unknown")]).await,
            app.refresh(hostile).await,
            app.form("/revoke", &[]).await,
            app.post("/token", hostile.split('\r').next().unwrap_or_default(), "x").await,
        ];
        for answer in answers {
            assert_eq!(answer.status, 400, "{answer:?}");
            let body = answer.json();
            let names: Vec<&String> = body.as_object().unwrap().keys().collect();
            assert_eq!(names, ["error", "error_description"], "{answer:?}");
            for text in body.as_object().unwrap().values() {
                let is_allowed = |byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
                assert!(text.as_str().unwrap().bytes().all(is_allowed), "{answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn r106_tokens_and_their_ids_are_long_and_never_the_same() {
    use base64::Engine;
    let bytes =
        |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap().len();
    for app in apps().await {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..5 {
            let answer = app.password_grant("admin", &[]).await;
            let claims = app.claims(&answer.text("access_token")).await;
            let refresh_token = answer.text("refresh_token");
            let (session, secrets) = refresh_token.split_once('.').unwrap();
            // The secret that rotates has 256 bits of it, the one that stays 128.
            assert_eq!((bytes(session), bytes(secrets)), (16, 16 + 32));
            let parts = [session, &secrets[..21], &secrets[22..]].map(str::to_owned);
            let id = claims["jti"].as_str().unwrap();
            assert!(bytes(id) >= 16, "{id}");
            for text in parts.into_iter().chain([id.to_owned()]) {
                assert!(seen.insert(text), "it came twice");
            }
        }
    }
}

#[tokio::test]
async fn r107_an_access_token_is_for_its_audience_and_says_no_more_than_it_has_to() {
    for app in apps().await {
        let email = json!({ "username": "bob", "password": PASSWORD, "email": "bob@example.com",
            "name": "Bob Bobson" });
        assert_eq!(app.json("/register", email).await.status, 201);
        let claims = app.claims(&app.password_grant("bob", &[]).await.text("access_token")).await;
        assert_eq!(claims["aud"], "test");
        let names: Vec<&String> = claims.as_object().unwrap().keys().collect();
        let expected = [
            "amr",
            "aud",
            "auth_time",
            "client_id",
            "exp",
            "iat",
            "iss",
            "jti",
            "scope",
            "sid",
            "sub",
        ];
        assert_eq!(names, expected);
    }
}
