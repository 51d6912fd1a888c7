//! A user's changes of the own account (requirement 108; parity rows 4 to 7).

use std::sync::{Arc, Mutex};

use http::{Method, header};
use serde_json::{Value, json};
use tower_bearer::{AuditRecord, LoginThrottle, Rate};

use super::support::{Answer, App, PASSWORD, apps, apps_with};

/// Registers with an address and a name, and logs in.
async fn alice(app: &App) -> (String, Value) {
    let body = json!({
        "username": "alice", "password": PASSWORD, "email": "alice@example.com", "name": "Alice",
    });
    let user = app.json("/register", body).await.json();
    (app.password_grant("alice", &[]).await.text("access_token"), user)
}

async fn patch(app: &App, token: &str, body: Value) -> Answer {
    app.json_with_token(Method::PATCH, "/me", token, body).await
}

async fn put(app: &App, token: &str, body: Value) -> Answer {
    app.json_with_token(Method::PUT, "/me", token, body).await
}

async fn me(app: &App, token: &str) -> Value {
    app.with_token(Method::GET, "/me", token).await.json()
}

async fn log_in(app: &App, email: &str) -> u16 {
    let body = json!({ "email": email, "password": PASSWORD });
    app.json("/login", body).await.status.as_u16()
}

#[tokio::test]
async fn a_patch_changes_what_it_names() {
    for app in apps_with!(|router| router.accounts()).await {
        let (token, mut expected) = alice(&app).await;
        for (body, name) in [
            (json!({}), json!("Alice")),
            (json!({ "name": "Zo\u{eb} \u{1F600}" }), json!("Zo\u{eb} \u{1F600}")),
            (json!({ "unknown": 1 }), json!("Zo\u{eb} \u{1F600}")),
            (json!({ "name": null }), json!(null)),
            (json!({ "name": "x'; DROP TABLE users --" }), json!("x'; DROP TABLE users --")),
            (json!({ "name": "" }), json!(null)),
        ] {
            expected["name"] = name;
            let answer = patch(&app, &token, body).await;
            assert_eq!((answer.status.as_u16(), answer.json()), (200, expected.clone()));
            assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
            assert_eq!(me(&app, &token).await, expected);
        }
    }
}

#[tokio::test]
async fn a_put_takes_what_was_shown_and_keeps_what_is_absent() {
    for app in apps_with!(|router| router.accounts()).await {
        let (token, mut expected) = alice(&app).await;
        // What was read can be put back.
        let answer = put(&app, &token, expected.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, expected.clone()));
        expected["name"] = json!("A.");
        assert_eq!(put(&app, &token, json!({ "name": "A." })).await.json(), expected);
        assert_eq!(put(&app, &token, json!({})).await.json(), expected);
        expected["name"] = json!(null);
        assert_eq!(put(&app, &token, json!({ "name": null })).await.json(), expected);
        assert_eq!(me(&app, &token).await, expected);
    }
}

#[tokio::test]
async fn mass_assignment_has_no_effect_on_the_own_account() {
    for app in apps_with!(|router| router.accounts()).await {
        let (token, expected) = alice(&app).await;
        let everything = json!({
            "id": "1", "sub": "1", "user_id": "1", "username": "admin", "is_active": false,
            "roles": ["admin"], "scopes": ["items:write"], "scope": "items:write",
            "email_verified": true, "pending_email": "x@example.org", "password": "another one",
            "password_hash": "x", "hash": "x", "created_at": 0, "is_superuser": true,
            "profile": { "roles": ["admin"] }, "name": "Alice",
        });
        for method in [Method::PATCH, Method::PUT] {
            let answer = app.json_with_token(method, "/me", &token, everything.clone()).await;
            assert_eq!((answer.status.as_u16(), answer.json()), (200, expected.clone()));
        }
        let again = app.password_grant("alice", &[]).await;
        assert_eq!(again.status, 200, "the password is the old one");
        let claims = app.claims(&again.text("access_token")).await;
        assert_eq!((&claims["sub"], &claims["scope"]), (&expected["id"], &json!("me items:read")));
        assert!(claims.get("roles").is_none_or(|roles| *roles == json!([])), "{claims}");
    }
}

#[tokio::test]
async fn a_new_address_signs_nobody_in_before_it_is_confirmed() {
    for app in apps_with!(|router| router.accounts()).await {
        let (token, mut expected) = alice(&app).await;
        let answer = patch(&app, &token, json!({ "email": "new@example.org" })).await;
        expected["email"] = json!("new@example.org");
        assert_eq!((answer.status.as_u16(), answer.json()), (200, expected.clone()));
        assert_eq!(me(&app, &token).await, expected);
        assert_eq!(log_in(&app, "new@example.org").await, 400);
        assert_eq!(log_in(&app, "alice@example.com").await, 200);

        // Nobody holds an address by asking for it.
        let body = json!({ "username": "bob", "password": PASSWORD, "email": "new@example.org" });
        assert_eq!(app.json("/register", body).await.status, 201);
        assert_eq!(log_in(&app, "new@example.org").await, 200);
        let of_bob = app.password_grant("new@example.org", &[]).await.text("access_token");
        assert_eq!(me(&app, &of_bob).await["username"], "bob");

        // The old address, to the letter, gives the new one up.
        let back = patch(&app, &token, json!({ "email": "alice@example.com" })).await;
        assert_eq!(back.json()["email"], "alice@example.com");
    }
}

#[tokio::test]
async fn r108_an_address_of_another_account_is_a_conflict() {
    for app in apps_with!(|router| router.accounts()).await {
        let (token, expected) = alice(&app).await;
        let body = json!({ "username": "bob", "password": PASSWORD, "email": "bob@example.com" });
        assert_eq!(app.json("/register", body).await.status, 201);
        for taken in ["bob@example.com", "BOB@Example.com", "\u{ff22}ob@example.com"] {
            let body = json!({ "email": taken, "name": "not this either" });
            let answer = patch(&app, &token, body).await;
            answer.assert_error(409, "conflict");
            assert_eq!(answer.text("field"), "email");
        }
        assert_eq!(me(&app, &token).await, expected);
        // Of one's own address another spelling is none.
        let answer = patch(&app, &token, json!({ "email": "ALICE@example.com" })).await;
        assert_eq!(answer.json()["email"], "ALICE@example.com");
    }
}

#[tokio::test]
async fn an_address_is_replaced_and_not_removed() {
    for app in apps_with!(|router| router.accounts()).await {
        let (token, expected) = alice(&app).await;
        for (method, none) in [(Method::PATCH, json!(null)), (Method::PUT, json!(""))] {
            let body = json!({ "email": none, "name": "Alice" });
            let answer = app.json_with_token(method, "/me", &token, body).await;
            answer.assert_error(422, "invalid_field");
            assert_eq!(answer.text("field"), "email");
        }
        assert_eq!(me(&app, &token).await, expected);

        // Where there is none, none may be said; and one that was mistyped can be given up.
        app.register("bob").await;
        let token = app.password_grant("bob", &[]).await.text("access_token");
        assert_eq!(patch(&app, &token, json!({ "email": null })).await.status, 200);
        let first = patch(&app, &token, json!({ "email": "bob@exmaple.org" })).await;
        assert_eq!(first.json()["email"], "bob@exmaple.org");
        let none = patch(&app, &token, json!({ "email": null })).await;
        assert_eq!((none.status.as_u16(), &none.json()["email"]), (200, &json!(null)));
    }
}

#[tokio::test]
async fn fields_that_break_a_rule_are_named_and_nothing_changes() {
    for app in apps_with!(|router| router.accounts()).await {
        let (token, expected) = alice(&app).await;
        for (body, field) in [
            (json!({ "name": "a\u{7}b", "email": "new@example.org" }), "name"),
            (json!({ "name": "a\0b" }), "name"),
            (json!({ "name": "n".repeat(257) }), "name"),
            (json!({ "name": 7 }), "name"),
            (json!({ "email": "nonsense", "name": "B" }), "email"),
            (json!({ "email": ["a@example.org"] }), "email"),
            (json!({ "email": "a\0@example.org" }), "email"),
        ] {
            for method in [Method::PATCH, Method::PUT] {
                let answer = app.json_with_token(method, "/me", &token, body.clone()).await;
                answer.assert_error(422, "invalid_field");
                assert_eq!(answer.text("field"), field, "{answer:?}");
            }
        }
        let large = json!({ "name": "n".repeat(20_000) });
        patch(&app, &token, large).await.assert_error(413, "invalid_request");
        let none = app.with_token(Method::PATCH, "/me", &token).await;
        none.assert_error(415, "invalid_request");
        assert_eq!(me(&app, &token).await, expected);
    }
}

#[tokio::test]
async fn r183_only_a_live_session_changes_the_account() {
    for app in apps_with!(|router| router.accounts()).await {
        let (token, _) = alice(&app).await;
        let logout = app.with_token(Method::POST, "/logout", &token).await;
        assert_eq!(logout.status, 204);
        let body = json!({ "email": "thief@example.org" });
        assert_eq!(patch(&app, &token, body.clone()).await.status, 401);
        assert_eq!(put(&app, &token, body.clone()).await.status, 401);
        assert_eq!(patch(&app, "x", body).await.status, 401);
    }
}

#[tokio::test]
async fn changes_of_address_are_limited_as_registrations_are() {
    let throttle = || LoginThrottle::new().registrations("2/minute".parse::<Rate>().unwrap());
    for app in apps_with!(|router| router.accounts().throttle(throttle())).await {
        let (token, _) = alice(&app).await;
        // Neither a name nor what is shown already counts.
        for _ in 0..3 {
            let same = json!({ "name": "A.", "email": "alice@example.com" });
            assert_eq!(patch(&app, &token, same).await.status, 200);
        }
        assert_eq!(patch(&app, &token, json!({ "email": "b@example.org" })).await.status, 200);
        let refused = patch(&app, &token, json!({ "email": "c@example.org" })).await;
        refused.assert_error(429, "too_many_requests");
        assert!(refused.headers.contains_key(header::RETRY_AFTER));
    }
}

#[tokio::test]
async fn the_trail_has_a_change_of_address_and_no_address() {
    let trail: Arc<Mutex<Vec<Value>>> = Arc::default();
    let sink = || {
        let trail = Arc::clone(&trail);
        move |record: &AuditRecord| {
            trail.lock().unwrap().push(serde_json::to_value(record).unwrap())
        }
    };
    for app in apps_with!(|router| router.accounts().audit(sink())).await {
        let (token, user) = alice(&app).await;
        trail.lock().unwrap().clear();
        for body in [
            json!({ "name": "B" }),
            json!({ "email": "alice@example.com" }),
            json!({ "email": "new@example.org" }),
        ] {
            assert_eq!(patch(&app, &token, body).await.status, 200);
        }
        let shown = json!({ "email": "new@example.org" });
        assert_eq!(put(&app, &token, shown).await.status, 200);
        let expected = json!([
            { "at": 1_700_000_000, "event": "email.change_requested", "user_id": user["id"] },
        ]);
        assert_eq!(Value::from(std::mem::take(&mut *trail.lock().unwrap())), expected);
    }
}

#[tokio::test]
async fn without_accounts_me_is_only_shown() {
    for app in apps().await {
        let (token, expected) = alice(&app).await;
        assert_eq!(patch(&app, &token, json!({ "name": "B" })).await.status, 405);
        assert_eq!(put(&app, &token, json!({ "name": "B" })).await.status, 405);
        assert_eq!(me(&app, &token).await, expected);
    }
}
