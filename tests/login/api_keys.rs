//! API keys: made, listed, revoked, and kept from the account (requirements 191 to 194).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Method, Request, header};
use serde_json::{Value, json};
use tower_bearer::{
    ApiKeyStore, ApiKeyVerifier, ApiKeys, AuditRecord, Clock, Endpoint, Issuer, JwtAuthLayer,
    LoginRouter, MailKind, MemoryStore, RefreshStore, UserStore, require_scopes,
};

use super::mail::{ALICE, NEW, mail_apps};
use super::support::{Answer, App, PASSWORD, app, app_with_stores, postgres, redis, sqlite};

type Trail = Arc<Mutex<Vec<Value>>>;

/// An app whose users have keys, with a route for keys and tokens, on each store.
async fn apps() -> Vec<(App, Trail)> {
    let mut apps = Vec::new();
    apps.push(with_keys(MemoryStore::new(), None::<MemoryStore>).await);
    apps.push(with_keys(sqlite().await, None::<MemoryStore>).await);
    if let Some(store) = postgres().await {
        apps.push(with_keys(store, None::<MemoryStore>).await);
    }
    if let Some(sessions) = redis().await {
        apps.push(with_keys(sqlite().await, Some(sessions)).await);
    }
    apps
}

async fn with_keys<U: UserStore + ApiKeyStore + RefreshStore, R: RefreshStore>(
    users: U,
    sessions: Option<R>,
) -> (App, Trail) {
    let trail = Trail::default();
    let sink = Arc::clone(&trail);
    let record = move |record: &AuditRecord| {
        let event = serde_json::to_value(&record.event).unwrap();
        sink.lock().unwrap().push(event);
    };
    let rules = || ApiKeys::new().max_per_user(3);
    let mut app = match sessions {
        None => app(users.clone(), |router| router.api_keys(rules()).audit(record)).await,
        Some(sessions) => {
            app_with_stores(users.clone(), sessions, |router| {
                router.api_keys(rules()).audit(record)
            })
            .await
        }
    };
    let keys = ApiKeyVerifier::new(users).clock(app.clock.clone());
    let auth = JwtAuthLayer::new(app.issuer.verifier().unwrap()).api_keys(keys);
    let data = get(|| async { "data" }).route_layer(require_scopes(["items:read"]));
    let api = Router::new().route("/data", data).layer(auth);
    app.router = app.router.merge(api);
    (app, trail)
}

async fn log_in(app: &App, user: &str) -> String {
    app.password_grant(user, &[]).await.text("access_token")
}

async fn make(app: &App, token: &str, body: &Value) -> Answer {
    let request = Request::post("/api-keys")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    app.send(request).await
}

async fn with_key(app: &App, path: &str, key: &str) -> Answer {
    app.send(Request::get(path).header("x-api-key", key).body(Body::empty()).unwrap()).await
}

async fn list(app: &App, token: &str) -> Value {
    let answer = app.with_token(Method::GET, "/api-keys", token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    answer.json()
}

#[tokio::test]
async fn r191_a_key_is_shown_once() {
    for (app, trail) in apps().await {
        app.register("alice").await;
        let token = log_in(&app, "alice").await;
        let body = json!({ "name": " backup ", "scopes": ["items:read"], "expires_in": 3600 });
        let answer = make(&app, &token, &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        let (id, key) = (answer.text("id"), answer.text("key"));
        let mut shown = json!({
            "id": id, "name": "backup", "prefix": format!("tb_{id}"), "scopes": ["items:read"],
            "created_at": 1_700_000_000, "expires_at": 1_700_003_600, "last_used_at": null,
        });
        assert!(key.starts_with(&format!("tb_{id}_")));
        assert_eq!(list(&app, &token).await, json!([shown]));
        shown["key"] = json!(key);
        assert_eq!(answer.json(), shown);

        let events = trail.lock().unwrap().clone();
        let made = events.iter().find(|event| event["event"] == "api_key.created").unwrap();
        let user = app.claims(&token).await["sub"].clone();
        assert_eq!(
            *made,
            json!({ "event": "api_key.created", "key_id": id, "user_id": user,
                "scopes": ["items:read"] })
        );
        let secret = key.rsplit('_').next().unwrap();
        assert!(!json!(events).to_string().contains(secret));
    }
}

/// Reset tokens are made by the queue, which a test waits for.
#[tokio::test]
async fn r173_a_reset_revokes_the_keys_of_the_user_and_a_change_keeps_them() {
    for it in mail_apps!(|it| it.api_keys(ApiKeys::new())).await {
        let (id, _) = it.registered("alice", ALICE).await;
        it.registered("bob", "bob@example.com").await;
        let [of_alice, of_bob] = ["alice", "bob"].map(|user| it.log_in(user, PASSWORD));
        let (of_alice, of_bob) = (of_alice.await, of_bob.await.text("access_token"));
        let of_alice = of_alice.text("access_token");
        let backup = json!({ "name": "backup", "scopes": ["me"] });
        let made = make(&it.app, &of_alice, &backup).await.text("id");
        let other = make(&it.app, &of_alice, &backup).await.text("id");
        make(&it.app, &of_bob, &backup).await;

        let body = json!({ "current_password": PASSWORD, "new_password": NEW });
        let changed = it.app.json_with_token(Method::POST, "/password", &of_alice, body).await;
        assert_eq!(changed.status, 204);
        assert_eq!(list(&it.app, &of_alice).await.as_array().unwrap().len(), 2);

        it.mails().await;
        it.forgot(ALICE).await;
        let token = it.token(MailKind::ResetPassword, ALICE).await;
        it.events(&[]);
        assert_eq!(it.reset(&token, "another meadow in May").await.status, 204);
        let mut revoked: Vec<_> = it.events(&[]);
        revoked.retain(|event| event["event"] == "api_key.revoked");
        assert!(revoked.iter().all(|event| event["user_id"] == id.as_str()));
        let mut revoked: Vec<_> = revoked.iter().map(|event| event["key_id"].clone()).collect();
        revoked.sort_by_key(ToString::to_string);
        let mut expected = [json!(made), json!(other)];
        expected.sort_by_key(ToString::to_string);
        assert_eq!(revoked, expected);

        let login = it.log_in("alice", "another meadow in May").await.text("access_token");
        assert_eq!(list(&it.app, &login).await, json!([]));
        assert_eq!(list(&it.app, &of_bob).await.as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn r194_a_key_opens_what_its_scopes_do_until_it_expires() {
    for (app, _) in apps().await {
        app.register("alice").await;
        let token = log_in(&app, "alice").await;
        let reads = json!({ "name": "reads", "scopes": ["items:read", "me"], "expires_in": 3600 });
        let reads = make(&app, &token, &reads).await.text("key");
        let narrow =
            make(&app, &token, &json!({ "name": "me", "scopes": ["me"] })).await.text("key");
        app.clock.advance(Duration::from_secs(90));
        assert_eq!(with_key(&app, "/data", &reads).await.body, b"data");
        let answer = with_key(&app, "/data", &narrow).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text("error").as_str()),
            (403, "insufficient_scope")
        );
        let used: Vec<_> = list(&app, &token).await.as_array().unwrap().clone();
        let by_name = |name: &str| used.iter().find(|key| key["name"] == name).unwrap();
        assert_eq!(by_name("reads")["last_used_at"], 1_700_000_090);
        assert_eq!(by_name("me")["last_used_at"], 1_700_000_090);
        assert_eq!(by_name("me")["expires_at"], 1_700_000_000 + 90 * 24 * 3600);

        app.clock.advance(Duration::from_secs(3600 - 90));
        let expired = with_key(&app, "/data", &reads).await;
        let unknown = with_key(&app, "/data", &format!("{reads}0")).await;
        assert_eq!(expired.status, 401);
        assert_eq!(expired, unknown, "r192");
        let token = log_in(&app, "alice").await;
        assert_eq!(list(&app, &token).await.as_array().unwrap().len(), 2, "until it is revoked");
    }
}

#[tokio::test]
async fn r192_a_revoked_key_is_as_one_that_never_was() {
    for (app, trail) in apps().await {
        app.register("alice").await;
        app.register("bob").await;
        let (alice, bob) = (log_in(&app, "alice").await, log_in(&app, "bob").await);
        let answer = make(&app, &alice, &json!({ "name": "x", "scopes": ["items:read"] })).await;
        let (id, key) = (answer.text("id"), answer.text("key"));
        let path = format!("/api-keys/{id}");
        app.with_token(Method::DELETE, &path, &bob).await.assert_error(404, "not_found");
        assert_eq!(list(&app, &bob).await, json!([]));
        assert_eq!(with_key(&app, "/data", &key).await.status, 200);
        let answer = app.with_token(Method::DELETE, &path, &alice).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0));
        app.with_token(Method::DELETE, &path, &alice).await.assert_error(404, "not_found");
        app.with_token(Method::DELETE, "/api-keys/%FF", &alice)
            .await
            .assert_error(404, "not_found");

        let revoked = with_key(&app, "/data", &key).await;
        assert_eq!(revoked.status, 401);
        assert_eq!(revoked, with_key(&app, "/data", "tb_never_was").await);
        let user = app.claims(&alice).await["sub"].clone();
        let events = trail.lock().unwrap().clone();
        let revoked = events.iter().filter(|event| event["event"] == "api_key.revoked");
        let expected = json!({ "event": "api_key.revoked", "key_id": id, "user_id": user });
        assert_eq!(revoked.collect::<Vec<_>>(), [&expected]);
    }
}

#[tokio::test]
async fn r194_a_key_gets_no_scope_that_its_maker_lacks() {
    for (app, trail) in apps().await {
        app.register("alice").await;
        let token = log_in(&app, "alice").await;
        let narrow = app.password_grant("alice", &[("scope", "me")]).await.text("access_token");
        for (token, scopes) in [
            (&token, json!(["items:write"])),
            (&token, json!(["items:read", "items:write"])),
            (&token, json!(["items:read me"])),
            (&token, json!([""])),
            // The user holds it, and this token does not.
            (&narrow, json!(["items:read"])),
        ] {
            let answer = make(&app, token, &json!({ "name": "x", "scopes": scopes })).await;
            answer.assert_error(400, "invalid_scope");
        }
        assert_eq!(list(&app, &token).await, json!([]));
        assert_eq!(
            make(&app, &narrow, &json!({ "name": "x", "scopes": ["me"] })).await.status,
            201
        );
        let made = trail.lock().unwrap().clone();
        assert_eq!(made.iter().filter(|event| event["event"] == "api_key.created").count(), 1);
    }
}

#[tokio::test]
async fn what_breaks_a_rule_is_told() {
    for (app, _) in apps().await {
        app.register("alice").await;
        let token = log_in(&app, "alice").await;
        let year = 365 * 24 * 3600;
        for (body, field) in [
            (json!({ "scopes": ["me"] }), "name"),
            (json!({ "name": 7, "scopes": ["me"] }), "name"),
            (json!({ "name": " ", "scopes": ["me"] }), "name"),
            (json!({ "name": "a\u{0}b", "scopes": ["me"] }), "name"),
            (json!({ "name": "x".repeat(101), "scopes": ["me"] }), "name"),
            (json!({ "name": "x" }), "scopes"),
            (json!({ "name": "x", "scopes": [] }), "scopes"),
            (json!({ "name": "x", "scopes": "me" }), "scopes"),
            (json!({ "name": "x", "scopes": ["me", 7] }), "scopes"),
            (json!({ "name": "x", "scopes": ["me"], "expires_in": 0 }), "expires_in"),
            (json!({ "name": "x", "scopes": ["me"], "expires_in": -1 }), "expires_in"),
            (json!({ "name": "x", "scopes": ["me"], "expires_in": 1.5 }), "expires_in"),
            (json!({ "name": "x", "scopes": ["me"], "expires_in": "60" }), "expires_in"),
            (json!({ "name": "x", "scopes": ["me"], "expires_in": year + 1 }), "expires_in"),
            (json!({ "name": "x", "scopes": ["me"], "expires_in": u64::MAX }), "expires_in"),
            (json!({ "name": "x", "scopes": ["me"], "expires_in": 1e300 }), "expires_in"),
        ] {
            let answer = make(&app, &token, &body).await;
            answer.assert_error(422, "invalid_field");
            assert_eq!(answer.text("field"), field, "{body}");
        }
        make(&app, &token, &json!([])).await.assert_error(400, "invalid_request");
        // Both are the same number (RFC 8259, section 6).
        for lifetime in [json!(year), json!(60), json!(60.0)] {
            let body = json!({ "name": "x", "scopes": ["me"], "expires_in": lifetime });
            assert_eq!(make(&app, &token, &body).await.status, 201);
        }
        let fourth = make(&app, &token, &json!({ "name": "x", "scopes": ["me"] })).await;
        fourth.assert_error(409, "conflict");
    }
}

#[tokio::test]
async fn whoever_has_no_live_session_makes_and_revokes_no_key() {
    for (app, _) in apps().await {
        app.register("alice").await;
        let token = log_in(&app, "alice").await;
        let body = json!({ "name": "x", "scopes": ["me"] });
        let id = make(&app, &token, &body).await.text("id");
        let path = format!("/api-keys/{id}");
        assert_eq!(app.with_token(Method::POST, "/logout", &token).await.status, 204);
        let requests = [
            make(&app, &token, &body).await,
            app.with_token(Method::GET, "/api-keys", &token).await,
            app.with_token(Method::DELETE, &path, &token).await,
            app.send(Request::get("/api-keys").body(Body::empty()).unwrap()).await,
        ];
        for answer in requests {
            assert_eq!(answer.status, 401, "{answer:?}");
            assert!(answer.headers.contains_key(header::WWW_AUTHENTICATE));
        }
        let token = log_in(&app, "alice").await;
        assert_eq!(list(&app, &token).await.as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn r193_no_endpoint_of_the_account_takes_a_key() {
    for (app, _) in apps().await {
        app.register("alice").await;
        let tokens = app.password_grant("alice", &[]).await;
        let (token, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
        let session = app.claims(&token).await["sid"].as_str().unwrap().to_owned();
        let made =
            make(&app, &token, &json!({ "name": "x", "scopes": ["me", "items:read"] })).await;
        let (id, key) = (made.text("id"), made.text("key"));
        assert_eq!(with_key(&app, "/data", &key).await.status, 200, "the key is good");
        let endpoints = [
            (Method::GET, "/me".to_owned()),
            (Method::GET, "/sessions".to_owned()),
            (Method::DELETE, "/sessions".to_owned()),
            (Method::DELETE, format!("/sessions/{session}")),
            (Method::GET, "/api-keys".to_owned()),
            (Method::POST, "/api-keys".to_owned()),
            (Method::DELETE, format!("/api-keys/{id}")),
            (Method::POST, "/logout".to_owned()),
            (Method::POST, "/refresh".to_owned()),
            (Method::POST, "/token".to_owned()),
            (Method::POST, "/login".to_owned()),
        ];
        for (method, path) in endpoints {
            for (name, value) in [
                ("x-api-key", key.clone()),
                ("authorization", format!("ApiKey {key}")),
                ("authorization", format!("Bearer {key}")),
            ] {
                let request = Request::builder().method(&method).uri(&path).header(name, value);
                let answer = app.send(request.body(Body::empty()).unwrap()).await;
                let is_open = ["/logout", "/refresh", "/token", "/login"].contains(&path.as_str());
                let is_refused = match answer.status.as_u16() {
                    401 => answer.headers.contains_key(header::WWW_AUTHENTICATE),
                    400 | 415 => is_open,
                    // Logging out with what is no token ends nothing.
                    204 => path == "/logout",
                    _ => false,
                };
                assert!(is_refused, "{method} {path} {name}: {answer:?}");
            }
        }
        let answer = app.refresh(&key).await;
        answer.assert_error(400, "invalid_grant");
        // Nothing ended.
        assert_eq!(app.refresh(&refresh).await.status, 200);
        assert_eq!(with_key(&app, "/data", &key).await.status, 200);
    }
}

#[tokio::test]
async fn r193_the_layer_of_the_router_takes_no_keys_even_if_it_was_told_to() {
    let (store, issuer) = (MemoryStore::new(), Issuer::for_tests());
    let auth =
        JwtAuthLayer::new(issuer.verifier().unwrap()).api_keys(ApiKeyVerifier::new(store.clone()));
    let router = LoginRouter::new(store.clone(), issuer.clone())
        .api_keys(ApiKeys::new())
        .auth(auth)
        .into_router();
    let user = tower_bearer::NewUser::new(tower_bearer::Username::new("alice").unwrap(), "hash");
    let now = Clock::system().now();
    let alice = store.insert_user(user.scopes(["me"]), now).await.unwrap().id;
    let new = tower_bearer::NewApiKey::new(&alice, "x").scopes(["me"]);
    let key = ApiKeys::new().issue(&store, new, now).await.unwrap().key;
    for path in ["/me", "/sessions", "/api-keys"] {
        let request = Request::get(path).header("x-api-key", key.as_str());
        let request = request.body(Body::empty()).unwrap();
        let answer = tower::ServiceExt::oneshot(router.clone(), request).await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
        let challenges: Vec<_> =
            answer.headers().get_all(header::WWW_AUTHENTICATE).iter().collect();
        assert_eq!(challenges, [r#"Bearer realm="api""#]);
    }
}

#[test]
#[should_panic(expected = "takes no tokens, but API keys alone")]
fn a_layer_of_keys_alone_guards_no_account() {
    let store = MemoryStore::new();
    let auth = JwtAuthLayer::api_keys_only(ApiKeyVerifier::new(store.clone()));
    let _ = LoginRouter::new(store, Issuer::for_tests()).auth(auth).into_router();
}

#[test]
#[should_panic(expected = "has no {id}")]
fn the_path_of_a_key_has_its_id() {
    let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests()).api_keys(ApiKeys::new());
    let _ = router.path(Endpoint::ApiKey, "/key").into_router();
}

#[tokio::test]
async fn without_the_option_there_are_no_such_routes() {
    let app = app(MemoryStore::new(), |router| router).await;
    app.register("alice").await;
    let token = log_in(&app, "alice").await;
    assert_eq!(app.with_token(Method::GET, "/api-keys", &token).await.status, 404);
}
