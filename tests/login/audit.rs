//! What the audit trail has of each act, and what it never has.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use http::{Method, Request, header};
use serde_json::{Value, json};
use tower_bearer::{
    AccountStore, AddressSource, AuditRecord, Clock, Hasher, Issuer, LoginRouter, MemoryStore,
    NewUser, PeerAddr, TrustedProxies, UserChange, UserStore, Username,
};

use super::clients::{basic, clients};
use super::support::{App, PASSWORD, app, apps_with};

#[derive(Clone, Default)]
struct Records(Arc<Mutex<Vec<Value>>>);

impl Records {
    fn sink(&self) -> impl Fn(&AuditRecord) + Send + Sync + 'static {
        let records = self.0.clone();
        move |record| records.lock().unwrap().push(serde_json::to_value(record).unwrap())
    }

    /// What came since the last call, which must carry none of these.
    #[track_caller]
    fn take(&self, secrets: &[&str]) -> Vec<Value> {
        let taken = std::mem::take(&mut *self.0.lock().unwrap());
        let text = Value::from(taken.clone()).to_string();
        for secret in [PASSWORD, "argon2"].iter().chain(secrets) {
            assert!(!text.contains(secret), "{secret:?} is in {text}");
        }
        taken
    }
}

/// An app on each store, with the trail of all.
async fn audited() -> Vec<(App, Records)> {
    let records = Records::default();
    let apps = apps_with!(|router| router.audit(records.sink())).await;
    apps.into_iter().map(|app| (app, records.clone())).collect()
}

#[tokio::test]
async fn an_account_is_recorded_and_so_is_a_conflict() {
    for (app, records) in audited().await {
        let id = app.register("alice").await.text("id");
        let registered = json!([
            { "at": 1_700_000_000, "event": "user.registered", "user_id": id },
        ]);
        assert_eq!(Value::from(records.take(&["alice"])), registered);
        app.register("ALICE").await.assert_error(409, "conflict");
        let conflict = json!([
            { "at": 1_700_000_000, "event": "user.register_conflict", "field": "username" },
        ]);
        assert_eq!(Value::from(records.take(&["ALICE"])), conflict);
        let refused = json!({ "username": "bob", "password": "short" });
        app.json("/register", refused).await.assert_error(422, "invalid_field");
        assert!(records.take(&["short"]).is_empty(), "nothing happened");
    }
}

#[tokio::test]
async fn every_failed_login_is_recorded_with_its_reason() {
    for (app, records) in audited().await {
        let id = app.register("alice").await.text("id");
        records.take(&[]);
        let long = "x".repeat(4000);
        let attempts = [
            ("mallory", PASSWORD, None, None, "unknown_user"),
            ("\u{0} no name", PASSWORD, None, None, "unknown_user"),
            ("alice", "hunter2hunter2", None, Some(id.as_str()), "wrong_password"),
            ("alice", &long, None, Some(id.as_str()), "wrong_password"),
            ("mallory", &long, None, None, "unknown_user"),
            // Whoever is told that the scope is wrong has learned that the password is right.
            ("alice", PASSWORD, Some("admin"), Some(id.as_str()), "invalid_scope"),
        ];
        for (name, password, scope, user_id, reason) in attempts {
            let mut fields = vec![
                ("grant_type", "password"),
                ("username", name),
                ("password", password),
                ("client_id", "phone"),
            ];
            fields.extend(scope.map(|scope| ("scope", scope)));
            assert_eq!(app.form("/token", &fields).await.status, 400);
            let expected = json!([{
                "at": 1_700_000_000, "event": "login.failed", "user_id": user_id,
                "client_id": "phone", "reason": reason,
            }]);
            let secrets = [name, password];
            assert_eq!(Value::from(records.take(&secrets)), expected, "{name} {reason}");
        }
        let by_email = json!({ "email": "nobody@example.org", "password": PASSWORD });
        app.json("/login", by_email).await.assert_error(400, "invalid_grant");
        assert_eq!(records.take(&["nobody@"])[0]["reason"], "unknown_user");
    }
}

#[tokio::test]
async fn a_session_is_recorded_from_login_to_logout() {
    for (app, records) in audited().await {
        let id = app.register("alice").await.text("id");
        records.take(&[]);
        let first = app.password_grant("alice", &[("client_id", "phone")]).await;
        let (access, refresh) = (first.text("access_token"), first.text("refresh_token"));
        let session = app.claims(&access).await["sid"].clone();
        let event = |name: &str| {
            json!([{
                "at": 1_700_000_000, "event": name, "user_id": id, "session_id": session,
                "client_id": "phone",
            }])
        };
        let secrets = [access.as_str(), refresh.as_str()];
        assert_eq!(Value::from(records.take(&secrets)), event("login.succeeded"));

        let second = app.refresh(&refresh).await;
        let refreshed = second.text("refresh_token");
        let secrets = [access.as_str(), refresh.as_str(), refreshed.as_str()];
        assert_eq!(Value::from(records.take(&secrets)), event("token.refreshed"));

        app.refresh("no token").await.assert_error(400, "invalid_grant");
        assert!(records.take(&[]).is_empty(), "of nobody's session");

        let logout = app.with_token(Method::POST, "/logout", &access).await;
        assert_eq!(logout.status, 204);
        let ended = json!([{
            "at": 1_700_000_000, "event": "session.ended", "user_id": id, "session_id": session,
            "reason": "logout",
        }]);
        assert_eq!(Value::from(records.take(&secrets)), ended);
        app.with_token(Method::POST, "/logout", &access).await;
        app.json("/logout", json!({ "refresh_token": refreshed })).await;
        assert!(records.take(&[]).is_empty(), "it ended once");

        let third = app.password_grant("alice", &[]).await.text("refresh_token");
        records.take(&[]);
        app.json("/logout", json!({ "refresh_token": third })).await;
        assert_eq!(records.take(&[&third])[0]["reason"], "logout");
    }
}

#[tokio::test]
async fn what_a_user_ends_from_another_session_is_recorded() {
    for (app, records) in audited().await {
        app.register("alice").await;
        let mut ids = Vec::new();
        let mut last = String::new();
        for _ in 0..3 {
            last = app.password_grant("alice", &[]).await.text("access_token");
            ids.push(app.claims(&last).await["sid"].as_str().unwrap().to_owned());
        }
        records.take(&[]);
        app.with_token(Method::DELETE, &format!("/sessions/{}", ids[0]), &last).await;
        app.with_token(Method::DELETE, "/sessions", &last).await;
        let ended = records.take(&[&last]);
        assert_eq!(ended.len(), 2, "{ended:?}");
        for (record, id) in ended.iter().zip(&ids) {
            assert_eq!(record["event"], "session.ended");
            assert_eq!(
                (&record["session_id"], &record["reason"]),
                (&json!(id), &json!("ended_by_user"))
            );
        }
    }
}

#[tokio::test]
async fn a_reused_refresh_token_is_recorded_with_the_session_that_it_ends() {
    for (app, records) in audited().await {
        let id = app.register("alice").await.text("id");
        let first = app.password_grant("alice", &[]).await;
        let refresh = first.text("refresh_token");
        let session = app.claims(&first.text("access_token")).await["sid"].clone();
        app.refresh(&refresh).await;
        records.take(&[]);
        app.refresh(&refresh).await.assert_error(400, "invalid_grant");
        let expected = json!([
            {
                "at": 1_700_000_000, "event": "token.reuse_detected", "user_id": id,
                "session_id": session, "client_id": "first-party",
            },
            {
                "at": 1_700_000_000, "event": "session.ended", "user_id": id,
                "session_id": session, "reason": "reuse",
            },
        ]);
        assert_eq!(Value::from(records.take(&[&refresh])), expected);
        app.refresh(&refresh).await.assert_error(400, "invalid_grant");
        assert!(records.take(&[]).is_empty(), "there is no session any more");
    }
}

/// A router over one user, whose account a test may disable.
async fn with_user(active: bool, hash: String, records: &Records) -> App {
    let clock = Clock::manual(std::time::Duration::from_secs(1_700_000_000));
    let issuer = Issuer::for_tests().clock(clock.clone());
    let hasher = Hasher::builder().insecure_parameters(8, 2, 1).build().unwrap();
    let store = MemoryStore::new();
    let user = NewUser::new(Username::new("alice").unwrap(), hash);
    let user = store.insert_user(user, clock.now()).await.unwrap();
    assert!(
        store.update_user(&user.id, &UserChange::new().is_active(active)).await.unwrap().is_some()
    );
    let proxies = TrustedProxies::new(["10.0.0.0/8"]).unwrap();
    let router = LoginRouter::new(store, issuer.clone())
        .hasher(hasher.clone())
        .audit(records.sink())
        .client_address(AddressSource::x_forwarded_for(proxies))
        .into_router();
    App { router, clock, issuer, hasher }
}

#[tokio::test]
async fn a_disabled_account_and_a_renewed_hash_are_recorded() {
    let records = Records::default();
    let outdated = Hasher::builder().insecure_parameters(8, 1, 1).build().unwrap();
    let hash = outdated.hash(PASSWORD).await.unwrap();
    let app = with_user(false, hash.clone(), &records).await;
    app.password_grant("alice", &[]).await.assert_error(400, "invalid_grant");
    let failed = records.take(&[&hash]);
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0]["reason"], "disabled");

    let app = with_user(true, hash.clone(), &records).await;
    for expected in [&["password.rehashed", "login.succeeded"][..], &["login.succeeded"]] {
        assert_eq!(app.password_grant("alice", &[]).await.status, 200);
        let records = records.take(&[&hash]);
        let events: Vec<&Value> = records.iter().map(|record| &record["event"]).collect();
        assert_eq!(events, expected);
    }
}

#[tokio::test]
async fn the_address_is_that_of_the_client_behind_the_proxy() {
    let records = Records::default();
    let app = with_user(true, "$none".to_owned(), &records).await;
    for (peer, address) in [("10.0.0.1:443", "192.0.2.7"), ("198.51.100.9:50000", "198.51.100.9")] {
        let body = format!("grant_type=password&username=alice&password={}", "x".repeat(20));
        let request = Request::post("/token")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("x-forwarded-for", "203.0.113.5, 192.0.2.7")
            .extension(PeerAddr(peer.parse().unwrap()))
            .body(Body::from(body))
            .unwrap();
        app.send(request).await.assert_error(400, "invalid_grant");
        assert_eq!(records.take(&[])[0]["address"], address);
    }
}

#[tokio::test]
async fn a_refused_client_is_recorded_and_named_if_it_is_known() {
    let records = Records::default();
    let apps = apps_with!(|router| router.audit(records.sink()).clients(clients())).await;
    for app in apps {
        let refused = |id: Option<&str>| json!([{ "at": 1_700_000_000, "event": "client.refused", "client_id": id }]);
        for (header, known) in [
            (basic("worker", "not the secret"), Some("worker")),
            (basic("hunter2hunter2", "not the secret"), None),
            ("Basic !!!".to_owned(), None),
        ] {
            let fields =
                [("grant_type", "password"), ("username", "admin"), ("password", PASSWORD)];
            app.form_as("/token", &[&header], &fields).await.assert_invalid_client();
            let taken = records.take(&["not the secret", "hunter2"]);
            assert_eq!(Value::from(taken), refused(known));
        }
        app.form("/introspect", &[("token", "x")]).await.assert_invalid_client();
        assert_eq!(Value::from(records.take(&[])), refused(None));
    }
}

#[tokio::test]
async fn a_revoked_token_is_recorded_as_what_it_was() {
    let records = Records::default();
    for app in apps_with!(|router| router.audit(records.sink()).revocations()).await {
        let tokens = app.password_grant("admin", &[("client_id", "phone")]).await;
        let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
        let claims = app.claims(&access).await;
        records.take(&[&access, &refresh]);
        app.form("/revoke", &[("token", &access)]).await;
        let revoked = json!([{
            "at": 1_700_000_000, "event": "token.revoked", "user_id": claims["sub"],
            "client_id": "phone",
        }]);
        assert_eq!(Value::from(records.take(&[&access])), revoked);
        app.form("/revoke", &[("token", &refresh)]).await;
        let ended = json!([{
            "at": 1_700_000_000, "event": "session.ended", "user_id": claims["sub"],
            "session_id": claims["sid"], "reason": "revoked",
        }]);
        assert_eq!(Value::from(records.take(&[&refresh])), ended);
        app.form("/revoke", &[("token", &refresh)]).await;
        app.form("/revoke", &[("token", "unknown")]).await;
        assert!(records.take(&[]).is_empty(), "nothing happened");
    }
}

#[tokio::test]
async fn what_has_begun_is_done_and_recorded_though_the_client_hangs_up() {
    let (sender, mut records) = tokio::sync::mpsc::unbounded_channel();
    let sink = move |record: &AuditRecord| {
        let _ = sender.send(serde_json::to_value(record).unwrap());
    };
    let app = app(MemoryStore::new(), |router| router.audit(sink)).await;
    let body = json!({ "username": "alice", "password": PASSWORD }).to_string();
    let request = Request::post("/register")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .unwrap();
    let mut asked = tokio_test::task::spawn(app.send(request));
    assert!(asked.poll().is_pending());
    drop(asked);
    let minute = std::time::Duration::from_secs(60);
    let record = tokio::time::timeout(minute, records.recv()).await.unwrap().unwrap();
    assert_eq!(record["event"], "user.registered");
    app.register("alice").await.assert_error(409, "conflict");
}

#[tokio::test]
async fn the_address_is_the_one_that_axum_knows_unless_the_server_says_another() {
    let records = Records::default();
    let app = app(MemoryStore::new(), |router| router.audit(records.sink())).await;
    for (said, expected) in [(None, "192.0.2.7"), (Some("198.51.100.9:1"), "198.51.100.9")] {
        let mut request = Request::post("/token").body(Body::empty()).unwrap();
        request
            .headers_mut()
            .insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
        *request.body_mut() = Body::from("grant_type=password&username=admin&password=wrong");
        let address: std::net::SocketAddr = "192.0.2.7:50000".parse().unwrap();
        request.extensions_mut().insert(axum::extract::ConnectInfo(address));
        if let Some(said) = said {
            request.extensions_mut().insert(PeerAddr(said.parse().unwrap()));
        }
        app.send(request).await.assert_error(400, "invalid_grant");
        assert_eq!(records.take(&[])[0]["address"], expected);
    }
}
