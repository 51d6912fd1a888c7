//! Accounts in the hands of an administrator (requirements 73, 122, 183, 185).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Method, Request, header};
use serde_json::{Value, json};
use tower_bearer::{
    ApiKeyStore, ApiKeys, AuditRecord, MemoryStore, NewApiKey, RefreshStore, UserStore, Username,
};

use super::support::{Answer, App, app, apps_with};

async fn log_in(app: &App, name: &str) -> (String, String) {
    let answer = app.password_grant(name, &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    (answer.text("access_token"), answer.text("refresh_token"))
}

async fn admin(app: &App) -> String {
    log_in(app, "admin").await.0
}

async fn patch(app: &App, token: &str, id: &str, body: Value) -> Answer {
    app.json_with_token(Method::PATCH, &format!("/users/{id}"), token, body).await
}

async fn get(app: &App, token: &str, path: &str) -> Answer {
    app.with_token(Method::GET, path, token).await
}

async fn delete(app: &App, token: &str, path: &str) -> Answer {
    app.with_token(Method::DELETE, path, token).await
}

/// Whether a token is good for anything.
async fn me(app: &App, token: &str) -> u16 {
    get(app, token, "/me").await.status.as_u16()
}

#[tokio::test]
async fn r73_only_an_administrator_of_this_moment_gets_in() {
    for app in apps_with!(|router| router.administration("admin")).await {
        let boss = admin(&app).await;
        let alice = app.register("alice").await.text("id");
        let (plain, _) = log_in(&app, "alice").await;
        let everything = |id: &str| {
            [
                (Method::GET, "/users".to_owned()),
                (Method::GET, format!("/users/{id}")),
                (Method::PATCH, format!("/users/{id}")),
                (Method::DELETE, format!("/users/{id}")),
                (Method::DELETE, format!("/users/{id}/sessions")),
            ]
        };
        for id in [alice.as_str(), "unknown"] {
            for (method, path) in everything(id) {
                let anonymous = Request::builder().method(&method).uri(&path);
                let none = app.send(anonymous.body("".into()).unwrap()).await;
                assert_eq!(none.status, 401, "{method} {path}");
                assert_eq!(none.headers[header::WWW_AUTHENTICATE], r#"Bearer realm="api""#);
                let answer = app.json_with_token(method, &path, &plain, json!({})).await;
                assert_eq!(answer.status, 403, "{path}: {answer:?}");
            }
        }

        // Who becomes one needs a new token; who is none any more needs no new one to be out.
        assert_eq!(patch(&app, &boss, &alice, json!({ "roles": ["admin"] })).await.status, 200);
        assert_eq!(get(&app, &plain, "/users").await.status, 403);
        let (second, _) = log_in(&app, "alice").await;
        assert_eq!(get(&app, &second, "/users").await.status, 200);
        assert_eq!(patch(&app, &boss, &alice, json!({ "roles": [] })).await.status, 200);
        for (method, path) in everything(&alice) {
            let answer = app.json_with_token(method, &path, &second, json!({})).await;
            assert_eq!(answer.status, 403, "{path}: {answer:?}");
        }
        // Nor does the token of an ended session help.
        assert_eq!(app.with_token(Method::POST, "/logout", &boss).await.status, 204);
        assert_eq!(get(&app, &boss, "/users").await.status, 401);
    }
}

#[tokio::test]
async fn users_are_listed_in_pages() {
    for app in apps_with!(|router| router.administration("admin")).await {
        let token = admin(&app).await;
        let mut expected = vec!["admin".to_owned()];
        for number in 0..4 {
            app.register(&format!("user{number}")).await;
            expected.push(format!("user{number}"));
        }
        let whole = get(&app, &token, "/users").await;
        assert_eq!(whole.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(whole.json()["next"], json!(null));
        assert_eq!(whole.json()["users"].as_array().unwrap().len(), 5);

        let (mut names, mut sizes) = (Vec::new(), Vec::new());
        let mut path = "/users?limit=2".to_owned();
        loop {
            let page = get(&app, &token, &path).await.json();
            let users = page["users"].as_array().unwrap().clone();
            sizes.push(users.len());
            names.extend(users.iter().map(|user| user["username"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/users?limit=2&after={next}");
        }
        names.sort();
        assert_eq!((names, sizes), (expected, vec![2, 2, 1]));
        // A last page that is full says so.
        assert_eq!(get(&app, &token, "/users?limit=5").await.json()["next"], json!(null));
        let beyond = get(&app, &token, "/users?after=%F4%8F%BF%BF&x=1").await.json();
        assert_eq!(beyond, json!({ "users": [], "next": null }));
        let nul = get(&app, &token, "/users?after=%00").await.json();
        assert_eq!(nul["users"].as_array().unwrap().len(), 5);
        for bad in [
            "limit=0",
            "limit=101",
            "limit=-1",
            "limit=x",
            "limit=",
            "limit=1&limit=1",
            "after=a&after=b",
        ] {
            let answer = get(&app, &token, &format!("/users?{bad}")).await;
            answer.assert_error(400, "invalid_request");
        }
    }
}

#[tokio::test]
async fn a_user_is_shown_without_the_hash() {
    for app in apps_with!(|router| router.administration("admin")).await {
        let token = admin(&app).await;
        let mut expected = app.register("alice").await.json();
        expected["created_at"] = json!(1_700_000_000);
        let id = expected["id"].as_str().unwrap();
        let shown = get(&app, &token, &format!("/users/{id}")).await;
        assert_eq!((shown.status.as_u16(), shown.json()), (200, expected.clone()));
        let list = get(&app, &token, "/users").await;
        assert!(list.json()["users"].as_array().unwrap().contains(&expected));
        assert!(!String::from_utf8_lossy(&list.body).contains("argon2"));
        for unknown in ["unknown", "%00", "%FF", "'%20OR%201=1"] {
            let path = format!("/users/{unknown}");
            get(&app, &token, &path).await.assert_error(404, "not_found");
            delete(&app, &token, &path).await.assert_error(404, "not_found");
            delete(&app, &token, &format!("{path}/sessions")).await.assert_error(404, "not_found");
            let answer = patch(&app, &token, unknown, json!({ "is_active": false })).await;
            answer.assert_error(404, "not_found");
        }
    }
}

#[tokio::test]
async fn r122_r183_whoever_is_disabled_is_out_at_once() {
    for app in apps_with!(|router| router.administration("admin").revocations()).await {
        let boss = admin(&app).await;
        let id = app.register("alice").await.text("id");
        let (access, refresh) = log_in(&app, "alice").await;
        let disabled = patch(&app, &boss, &id, json!({ "is_active": false })).await;
        assert_eq!((disabled.status.as_u16(), &disabled.json()["is_active"]), (200, &json!(false)));
        app.refresh(&refresh).await.assert_error(400, "invalid_grant");
        assert_eq!(me(&app, &access).await, 401);
        let mut denied = app.password_grant("alice", &[]).await;
        let mut unknown = app.password_grant("nobody", &[]).await;
        for answer in [&mut denied, &mut unknown] {
            answer.headers.remove(header::DATE);
        }
        assert_eq!(denied, unknown);

        let enabled = patch(&app, &boss, &id, json!({ "is_active": true })).await;
        assert_eq!(enabled.json()["is_active"], true);
        // The old session stays over.
        app.refresh(&refresh).await.assert_error(400, "invalid_grant");
        app.clock.advance(Duration::from_secs(1));
        assert_eq!(me(&app, &log_in(&app, "alice").await.0).await, 200);
    }
}

#[tokio::test]
async fn r122_roles_and_scopes_change_with_the_next_refresh() {
    for app in apps_with!(|router| router.administration("admin")).await {
        let boss = admin(&app).await;
        let id = app.register("alice").await.text("id");
        let (access, refresh) = log_in(&app, "alice").await;
        let body = json!({ "roles": ["editor", "editor", "caf\u{e9} owner"], "scopes": ["me"] });
        let changed = patch(&app, &boss, &id, body).await.json();
        assert_eq!(changed["roles"], json!(["editor", "caf\u{e9} owner"]));
        assert_eq!(changed["scopes"], json!(["me"]));
        assert_eq!(me(&app, &access).await, 200, "until it expires");
        let refreshed = app.refresh(&refresh).await;
        let claims = app.claims(&refreshed.text("access_token")).await;
        assert_eq!(claims["roles"], json!(["editor", "caf\u{e9} owner"]));
        assert_eq!(claims["scope"], "me");
        // What is not named stays.
        let same = patch(&app, &boss, &id, json!({ "scopes": [], "roles": null })).await.json();
        assert_eq!((&same["roles"], &same["scopes"]), (&changed["roles"], &json!([])));
        assert_eq!(patch(&app, &boss, &id, json!({})).await.json(), same);
    }
}

#[tokio::test]
async fn r122_older_tokens_are_refused_where_that_is_asked_for() {
    for app in apps_with!(|router| router.administration("admin").revocations()).await {
        let boss = admin(&app).await;
        let id = app.register("alice").await.text("id");
        let (first, refresh) = log_in(&app, "alice").await;
        app.clock.advance(Duration::from_secs(1));
        // With more rights, the token that is got at once is good.
        patch(&app, &boss, &id, json!({ "roles": ["editor", "critic"] })).await;
        assert_eq!(me(&app, &first).await, 401);
        let answer = app.refresh(&refresh).await;
        let second = answer.text("access_token");
        assert_eq!(me(&app, &second).await, 200);
        // With less, nothing of the same second passes for younger.
        patch(&app, &boss, &id, json!({ "roles": ["critic"] })).await;
        assert_eq!(me(&app, &second).await, 401);
        app.clock.advance(Duration::from_secs(1));
        let third = app.refresh(&answer.text("refresh_token")).await.text("access_token");
        assert_eq!(me(&app, &third).await, 200);
        assert_eq!(app.claims(&third).await["roles"], json!(["critic"]));
        assert_eq!(me(&app, &boss).await, 200, "others are not concerned");
        // Tried again, as after a fault, it does what the first try may have left.
        patch(&app, &boss, &id, json!({ "roles": ["critic"] })).await;
        assert_eq!(me(&app, &third).await, 401);
    }
}

#[tokio::test]
async fn mass_assignment_by_an_administrator_has_no_effect() {
    for app in apps_with!(|router| router.administration("admin")).await {
        let boss = admin(&app).await;
        let before = app.register("alice").await.json();
        let id = before["id"].as_str().unwrap();
        let everything = json!({
            "id": "1", "username": "bob", "email": "x@example.org", "email_verified": true,
            "pending_email": "x@example.org", "name": "x", "password": "another password",
            "password_hash": "x", "created_at": 0, "profile": {},
        });
        let mut after = patch(&app, &boss, id, everything).await.json();
        after.as_object_mut().unwrap().remove("created_at");
        assert_eq!(after, before);
        log_in(&app, "alice").await;
    }
}

#[tokio::test]
async fn roles_and_scopes_keep_rules() {
    for app in apps_with!(|router| router.administration("admin")).await {
        let boss = admin(&app).await;
        let user = app.register("alice").await.json();
        let id = user["id"].as_str().unwrap();
        for (body, field) in [
            (json!({ "is_active": "no", "roles": ["x"] }), "is_active"),
            (json!({ "is_active": 0 }), "is_active"),
            (json!({ "roles": "admin" }), "roles"),
            (json!({ "roles": [7] }), "roles"),
            (json!({ "roles": [""] }), "roles"),
            (json!({ "roles": ["a\0b"] }), "roles"),
            (json!({ "roles": ["r".repeat(129)] }), "roles"),
            (json!({ "scopes": ["a b"], "is_active": false }), "scopes"),
            (json!({ "scopes": [""] }), "scopes"),
            (json!({ "scopes": ["\u{e4}"] }), "scopes"),
            (json!({ "scopes": { "a": 1 } }), "scopes"),
        ] {
            let answer = patch(&app, &boss, id, body).await;
            answer.assert_error(422, "invalid_field");
            assert_eq!(answer.text("field"), field, "{answer:?}");
        }
        let mut after = get(&app, &boss, &format!("/users/{id}")).await.json();
        after.as_object_mut().unwrap().remove("created_at");
        assert_eq!(after, user);
    }
}

#[tokio::test]
async fn r183_a_deleted_user_is_gone_with_all_sessions() {
    for app in apps_with!(|router| router.administration("admin").revocations()).await {
        let boss = admin(&app).await;
        let id = app.register("alice").await.text("id");
        let (access, refresh) = log_in(&app, "alice").await;
        let deleted = delete(&app, &boss, &format!("/users/{id}")).await;
        assert_eq!((deleted.status.as_u16(), deleted.body), (204, vec![]));
        app.refresh(&refresh).await.assert_error(400, "invalid_grant");
        assert_eq!(me(&app, &access).await, 401);
        app.password_grant("alice", &[]).await.assert_error(400, "invalid_grant");
        get(&app, &boss, &format!("/users/{id}")).await.assert_error(404, "not_found");
        delete(&app, &boss, &format!("/users/{id}")).await.assert_error(404, "not_found");
        // The name is free, and is another's.
        assert_ne!(app.register("alice").await.text("id"), id);
    }
}

#[tokio::test]
async fn r192_the_api_keys_of_a_deleted_user_are_revoked() {
    let store = MemoryStore::new();
    let app = app(store.clone(), |it| it.administration("admin").api_keys(ApiKeys::new())).await;
    let id = app.register("alice").await.text("id");
    let key = NewApiKey::new(&id, "key").scopes(["me"]);
    let key = ApiKeys::new().issue(&store, key, app.clock.now()).await.unwrap().stored.id;
    assert!(store.find_api_key(&key).await.unwrap().is_some());
    let boss = admin(&app).await;
    assert_eq!(delete(&app, &boss, &format!("/users/{id}")).await.status, 204);
    assert!(store.find_api_key(&key).await.unwrap().is_none());
}

#[tokio::test]
async fn nobody_locks_themselves_out() {
    for app in apps_with!(|router| router.administration("admin")).await {
        let boss = admin(&app).await;
        let id = app.claims(&boss).await["sub"].as_str().unwrap().to_owned();
        for body in [
            json!({ "is_active": false }),
            json!({ "roles": [] }),
            json!({ "roles": ["Admin", "editor"], "is_active": true }),
        ] {
            patch(&app, &boss, &id, body).await.assert_error(409, "conflict");
        }
        let path = format!("/users/{id}");
        delete(&app, &boss, &path).await.assert_error(409, "conflict");
        assert_eq!(get(&app, &boss, &path).await.json()["roles"], json!(["admin"]));
        // What leaves the way in open is theirs to do.
        let body = json!({ "is_active": true, "roles": ["editor", "admin"], "scopes": ["me"] });
        assert_eq!(patch(&app, &boss, &id, body).await.status, 200);
        assert_eq!(get(&app, &boss, "/users").await.status, 200);
    }
}

#[tokio::test]
async fn r185_an_administrator_ends_the_sessions_of_a_user() {
    for app in apps_with!(|router| router.administration("admin")).await {
        let boss = admin(&app).await;
        let id = app.register("alice").await.text("id");
        app.register("bob").await;
        let (_, one) = log_in(&app, "alice").await;
        let (_, other) = log_in(&app, "alice").await;
        let (_, of_bob) = log_in(&app, "bob").await;
        assert_eq!(delete(&app, &boss, &format!("/users/{id}/sessions")).await.status, 204);
        for refresh in [one, other] {
            app.refresh(&refresh).await.assert_error(400, "invalid_grant");
        }
        assert_eq!(app.refresh(&of_bob).await.status, 200);
        log_in(&app, "alice").await;
    }
}

#[tokio::test]
async fn the_trail_has_who_did_what_to_whom() {
    let trail: Arc<Mutex<Vec<Value>>> = Arc::default();
    let sink = || {
        let trail = Arc::clone(&trail);
        move |record: &AuditRecord| {
            trail.lock().unwrap().push(serde_json::to_value(record).unwrap())
        }
    };
    for app in apps_with!(|router| router.administration("admin").audit(sink())).await {
        let boss = admin(&app).await;
        let actor = app.claims(&boss).await["sub"].clone();
        let id = app.register("alice").await.text("id");
        let mut sessions = Vec::new();
        for _ in 0..2 {
            sessions.push(app.claims(&log_in(&app, "alice").await.0).await["sid"].clone());
        }
        trail.lock().unwrap().clear();
        let path = format!("/users/{id}");
        delete(&app, &boss, &format!("{path}/sessions")).await;
        let mut ended = std::mem::take(&mut *trail.lock().unwrap());
        ended.sort_by_key(|event| event["session_id"] != sessions[0]);
        let at = 1_700_000_000;
        let end = |session: &Value, reason: &str| {
            json!({ "at": at, "event": "session.ended", "user_id": id, "session_id": session,
                    "reason": reason })
        };
        let expected = [end(&sessions[0], "ended_by_admin"), end(&sessions[1], "ended_by_admin")];
        assert_eq!(ended, expected);

        let last = app.claims(&log_in(&app, "alice").await.0).await["sid"].clone();
        trail.lock().unwrap().clear();
        patch(&app, &boss, &id, json!({ "roles": ["r"], "scopes": ["s"] })).await;
        patch(&app, &boss, &id, json!({ "roles": ["r"], "is_active": true })).await;
        patch(&app, &boss, &id, json!({ "is_active": false })).await;
        patch(&app, &boss, &id, json!({ "is_active": true })).await;
        delete(&app, &boss, &path).await;
        let by =
            |event: &str| json!({ "at": at, "event": event, "user_id": id, "actor_id": actor });
        let with = |mut event: Value, member: &str, value: Value| {
            event[member] = value;
            event
        };
        let expected = json!([
            with(by("user.roles_changed"), "roles", json!(["r"])),
            with(by("user.scopes_changed"), "scopes", json!(["s"])),
            by("user.disabled"),
            end(&last, "user_gone"),
            by("user.enabled"),
            by("user.deleted"),
        ]);
        assert_eq!(Value::from(std::mem::take(&mut *trail.lock().unwrap())), expected);
    }
}

#[tokio::test]
async fn without_administration_there_is_no_such_route() {
    let store = MemoryStore::new();
    let app = app(store.clone(), |router| router.accounts()).await;
    let boss = admin(&app).await;
    assert_eq!(get(&app, &boss, "/users").await.status, 404);
    // Whatever the role is called.
    let app = super::support::app(MemoryStore::new(), |it| it.administration("root")).await;
    let boss = admin(&app).await;
    assert_eq!(get(&app, &boss, "/users").await.status, 403);
    let user = store.find_user_by_username(&Username::new("admin").unwrap()).await.unwrap();
    assert_eq!(store.sessions_of(&user.unwrap().id, app.clock.now()).await.unwrap().len(), 1);
}
