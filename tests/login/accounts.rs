//! Register and me (requirements 108, 160, 164; parity rows 4 to 7).

use std::sync::Arc;

use http::{Method, header};
use serde_json::json;

use tower_bearer::{AccountStore, Hasher, Issuer, LoginRouter, MemoryStore, UserChange};

use super::support::{App, PASSWORD, apps};

#[tokio::test]
async fn register_and_me_show_the_user_and_never_the_hash() {
    for app in apps().await {
        let body = json!({
            "username": "Alice", "password": PASSWORD, "email": "alice@example.com",
            "name": "Alice Liddell", "unknown": [1, {}],
        });
        let registered = app.json("/register", body).await;
        assert_eq!(registered.status, 201, "{registered:?}");
        let user = registered.json();
        let expected = json!({
            "id": user["id"], "username": "Alice", "email": "alice@example.com",
            "email_verified": false, "name": "Alice Liddell", "is_active": true, "roles": [],
            "scopes": ["me", "items:read"],
        });
        assert_eq!(user, expected);
        assert_eq!(registered.headers[header::CACHE_CONTROL], "no-store");

        let token = app.password_grant("alice", &[]).await.text("access_token");
        let me = app.with_token(Method::GET, "/me", &token).await;
        assert_eq!((me.status.as_u16(), me.json()), (200, expected));
        assert_eq!(app.claims(&token).await["sub"], user["id"]);

        let anonymous = app.with_token(Method::GET, "/me", "x").await;
        assert_eq!(anonymous.status, 401);
        let none = app.send(http::Request::get("/me").body("".into()).unwrap()).await;
        assert_eq!(none.headers[header::WWW_AUTHENTICATE], r#"Bearer realm="api""#);
    }
}

#[tokio::test]
async fn mass_assignment_has_no_effect() {
    for app in apps().await {
        let body = json!({
            "username": "eve", "password": PASSWORD, "roles": ["admin"], "scopes": ["items:write"],
            "is_superuser": true, "is_active": false, "id": "1", "password_hash": "x",
        });
        let user = app.json("/register", body).await.json();
        assert_eq!(user["roles"], json!([]));
        assert_eq!(user["scopes"], json!(["me", "items:read"]));
        assert_eq!(user["is_active"], true);
        assert_ne!(user["id"], "1");
    }
}

#[tokio::test]
async fn a_taken_name_or_address_is_a_conflict() {
    for app in apps().await {
        let body = |username: &str, email: &str| json!({ "username": username, "password": PASSWORD, "email": email });
        assert_eq!(app.json("/register", body("alice", "a@example.com")).await.status, 201);
        for (username, email, field) in [
            ("alice", "b@example.com", "username"),
            ("ALICE", "b@example.com", "username"),
            ("\u{ff41}lice", "b@example.com", "username"),
            ("bob", "A@EXAMPLE.com", "email"),
        ] {
            let answer = app.json("/register", body(username, email)).await;
            answer.assert_error(409, "conflict");
            assert_eq!(answer.text("field"), field);
        }
    }
}

#[tokio::test]
async fn r108_one_rule_for_names_in_register_and_login() {
    for app in apps().await {
        // The same letters composed and decomposed, in either case.
        assert_eq!(app.register("Zo\u{eb}").await.status, 201);
        app.register("zoe\u{308}").await.assert_error(409, "conflict");
        for name in ["Zo\u{eb}", "ZOE\u{308}", "zo\u{eb}"] {
            assert_eq!(app.password_grant(name, &[]).await.status, 200, "{name}");
        }
        for name in
            ["a\0b", "a\nb", "a b", "\u{202e}admin", "x@y", "", "a\u{200b}b", &"x".repeat(65)]
        {
            let answer = app.register(name).await;
            answer.assert_error(422, "invalid_field");
            assert_eq!(answer.text("field"), "username");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r108_of_parallel_registrations_one_succeeds() {
    for app in apps().await {
        let app = Arc::new(app);
        let tasks: Vec<_> = (0..16)
            .map(|n| {
                let app = Arc::clone(&app);
                let name = if n % 2 == 0 { "alice" } else { "ALICE" };
                tokio::spawn(async move { app.register(name).await.status.as_u16() })
            })
            .collect();
        let mut created = 0;
        for task in tasks {
            match task.await.unwrap() {
                201 => created += 1,
                409 => {}
                other => panic!("{other}"),
            }
        }
        assert_eq!(created, 1);
    }
}

#[tokio::test]
async fn fields_that_break_a_rule_are_named() {
    for app in apps().await {
        let with = |member: &str, value: serde_json::Value| {
            let mut body = json!({ "username": "alice", "password": PASSWORD });
            body[member] = value;
            body
        };
        for (body, field) in [
            (json!({ "password": PASSWORD }), "username"),
            (json!({ "username": "alice" }), "password"),
            (with("username", json!(null)), "username"),
            (with("username", json!(7)), "username"),
            (with("password", json!("")), "password"),
            (with("password", json!("seven77")), "password"),
            (with("password", json!("x".repeat(1025))), "password"),
            (with("password", json!(["x"])), "password"),
            (with("email", json!("nonsense")), "email"),
            (with("email", json!(7)), "email"),
            (with("name", json!("a\u{7}b")), "name"),
            (with("name", json!("n".repeat(257))), "name"),
        ] {
            let answer = app.json("/register", body).await;
            answer.assert_error(422, "invalid_field");
            assert_eq!(answer.text("field"), field, "{answer:?}");
            assert!(!answer.text("error_description").is_empty());
        }
        assert_eq!(app.json("/register", with("email", json!(null))).await.status, 201);
    }
}

#[tokio::test]
async fn r160_the_whole_password_counts() {
    for app in apps().await {
        let long = "p".repeat(1023);
        let register = |password: String| json!({ "username": format!("u{}", password.len()), "password": password });
        for end in ["a"] {
            let body = register(format!("{long}{end}"));
            assert_eq!(app.json("/register", body).await.status, 201);
        }
        let login = |password: String| json!({ "username": "u1024", "password": password });
        assert_eq!(app.json("/login", login(format!("{long}a"))).await.status, 200);
        let wrong = app.json("/login", login(format!("{long}b"))).await;
        wrong.assert_error(400, "invalid_grant");
        let nul = json!({ "username": "nul", "password": "before\0after" });
        assert_eq!(app.json("/register", nul.clone()).await.status, 201);
        assert_eq!(app.json("/login", nul).await.status, 200);
        let cut = json!({ "username": "nul", "password": "before\0other" });
        app.json("/login", cut).await.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn r73_r94_r122_a_disabled_user_is_out_at_once() {
    let store = MemoryStore::new();
    let issuer = Issuer::for_tests();
    let hasher = Hasher::builder().insecure_parameters(8, 1, 1).build().unwrap();
    let router = LoginRouter::new(store.clone(), issuer.clone()).hasher(hasher.clone());
    let clock = tower_bearer::Clock::system();
    let app =
        App { router: router.default_scopes(["a", "b"]).into_router(), clock, issuer, hasher };
    let id = app.register("alice").await.text("id");
    let login = app.password_grant("alice", &[]).await;
    let unknown = app.password_grant("nobody", &[]).await;

    // What a user has lost since the login, a refresh does not give back.
    assert!(store.update_user(&id, &UserChange::new().scopes(["b"])).await.unwrap().is_some());
    let lost = json!({ "refresh_token": login.text("refresh_token"), "scope": "a" });
    app.json("/refresh", lost).await.assert_error(400, "invalid_scope");
    let narrowed = app.refresh(&login.text("refresh_token")).await;
    assert_eq!(narrowed.text("scope"), "b");

    assert!(store.update_user(&id, &UserChange::new().is_active(false)).await.unwrap().is_some());
    let before = app.hasher.computations();
    assert_eq!(app.password_grant("alice", &[]).await, unknown);
    assert_eq!(app.hasher.computations() - before, 1);
    let me = app.with_token(Method::GET, "/me", &narrowed.text("access_token")).await;
    assert_eq!(me.status, 401);
    app.refresh(&narrowed.text("refresh_token")).await.assert_error(400, "invalid_grant");
    // The session is over for good.
    assert!(store.update_user(&id, &UserChange::new().is_active(true)).await.unwrap().is_some());
    app.refresh(&narrowed.text("refresh_token")).await.assert_error(400, "invalid_grant");
}
