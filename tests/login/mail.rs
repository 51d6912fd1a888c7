//! Mails, what they carry, and what can't be swapped for what.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, header};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower_bearer::{
    ApiKeys, AuditRecord, LoginRouter, LoginThrottle, Mail, MailError, MailKind, MailLinks,
    MailQueue, Mailer, MemoryStore, Rate,
};

use super::support::{Answer, App, PASSWORD, app};

pub(crate) const NEW: &str = "a wide meadow in June";
pub(crate) const ALICE: &str = "alice@example.com";

/// Keeps mails instead of sending them.
#[derive(Clone, Default)]
pub(crate) struct Outbox(Arc<Mutex<Vec<Mail>>>);

impl Mailer for Outbox {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.0.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

/// An app, and what comes of it beside answers.
pub(crate) struct MailApp {
    pub(crate) app: App,
    pub(crate) beside: Beside,
}

/// What comes of an app beside answers.
#[derive(Clone)]
pub(crate) struct Beside {
    pub(crate) outbox: Outbox,
    pub(crate) queue: MailQueue,
    pub(crate) records: Arc<Mutex<Vec<Value>>>,
}

impl Beside {
    pub(crate) fn new() -> Self {
        let outbox = Outbox::default();
        let queue = MailQueue::new(outbox.clone());
        Self { outbox, queue, records: Arc::default() }
    }
}

/// An app on each store, with mails and a trail.
macro_rules! mail_apps {
    ($change:expr) => {
        async {
            use crate::mail::{Beside, MailApp, audited, changed, links};
            use crate::support::{app_with_stores, apps_with, redis, sqlite};
            let made = std::sync::Mutex::new(Vec::new());
            let beside = || {
                made.lock().unwrap().push(Beside::new());
                made.lock().unwrap().last().unwrap().clone()
            };
            let mut apps = apps_with!(|router| {
                let beside = beside();
                let router = router.mailer(beside.queue.clone()).mail_links(links());
                changed(audited(router, &beside.records), $change)
            })
            .await;
            if let Some(store) = redis().await {
                let (tokens, beside) = (store.clone(), beside());
                let router = |router: tower_bearer::LoginRouter<_, _>| {
                    let router = router.mailer_with_store(beside.queue.clone(), tokens);
                    changed(audited(router.mail_links(links()), &beside.records), $change)
                };
                apps.push(app_with_stores(sqlite().await, store, router).await);
            }
            let made = made.into_inner().unwrap();
            let apps = apps.into_iter().zip(made).map(|(app, beside)| MailApp { app, beside });
            apps.collect::<Vec<_>>()
        }
    };
}
pub(crate) use mail_apps;

/// Has the type that a closure alone would lack.
pub(crate) fn changed<U, R>(
    router: LoginRouter<U, R>,
    change: impl FnOnce(LoginRouter<U, R>) -> LoginRouter<U, R>,
) -> LoginRouter<U, R> {
    change(router)
}

pub(crate) fn audited<U: tower_bearer::UserStore, R: tower_bearer::RefreshStore>(
    router: LoginRouter<U, R>,
    records: &Arc<Mutex<Vec<Value>>>,
) -> LoginRouter<U, R> {
    let records = records.clone();
    router.audit(move |record: &AuditRecord| {
        records.lock().unwrap().push(serde_json::to_value(record).unwrap());
    })
}

pub(crate) fn links() -> MailLinks {
    MailLinks::new("https://app.example.org").unwrap()
}

impl MailApp {
    /// The mails since the last call.
    pub(crate) async fn mails(&self) -> Vec<Mail> {
        assert!(self.beside.queue.drain(Duration::from_secs(60)).await);
        std::mem::take(&mut *self.beside.outbox.0.lock().unwrap())
    }

    /// The one mail since the last call, which is of this kind and to this address.
    #[track_caller]
    pub(crate) fn one(mails: Vec<Mail>, kind: MailKind, to: &str) -> Mail {
        let [mail] = <[Mail; 1]>::try_from(mails).unwrap_or_else(|mails| panic!("{mails:?}"));
        assert_eq!((mail.kind, mail.to.as_str()), (kind, to));
        mail
    }

    pub(crate) async fn mail(&self, kind: MailKind, to: &str) -> Mail {
        Self::one(self.mails().await, kind, to)
    }

    /// The token of the one mail since the last call.
    pub(crate) async fn token(&self, kind: MailKind, to: &str) -> String {
        self.mail(kind, to).await.token().unwrap().to_owned()
    }

    /// The token of the one mail of a kind since the last call, whatever else was sent.
    pub(crate) async fn token_among(&self, kind: MailKind, to: &str) -> String {
        let mails = self.mails().await.into_iter().filter(|mail| mail.kind == kind).collect();
        Self::one(mails, kind, to).token().unwrap().to_owned()
    }

    /// Asks for another address by `PATCH /me`.
    pub(crate) async fn ask_for_address(&self, bearer: &str, email: &str) -> Answer {
        let body = json!({ "email": email });
        self.app.json_with_token(Method::PATCH, "/me", bearer, body).await
    }

    pub(crate) async fn register(&self, username: &str, email: &str) -> Answer {
        let body = json!({ "username": username, "password": PASSWORD, "email": email });
        self.app.json("/register", body).await
    }

    /// A user with an address, and the token that confirms it.
    pub(crate) async fn registered(&self, username: &str, email: &str) -> (String, String) {
        let answer = self.register(username, email).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let token = self.token(MailKind::VerifyEmail, email).await;
        (answer.text("id"), token)
    }

    pub(crate) async fn log_in(&self, username: &str, password: &str) -> Answer {
        let body = json!({ "username": username, "password": password });
        self.app.json("/login", body).await
    }

    pub(crate) async fn forgot(&self, email: &str) -> Answer {
        self.app.json("/forgot-password", json!({ "email": email })).await
    }

    pub(crate) async fn reset(&self, token: &str, password: &str) -> Answer {
        let body = json!({ "token": token, "new_password": password });
        self.app.json("/reset-password", body).await
    }

    pub(crate) async fn verify(&self, token: &str) -> Answer {
        self.app.json("/verify-email", json!({ "token": token })).await
    }

    /// The events since the last call, which carry none of these texts.
    #[track_caller]
    pub(crate) fn events(&self, secrets: &[&str]) -> Vec<Value> {
        let taken = std::mem::take(&mut *self.beside.records.lock().unwrap());
        let text = Value::from(taken.clone()).to_string();
        for secret in [PASSWORD, NEW, "argon2", "@example"].iter().chain(secrets) {
            assert!(!text.contains(secret), "{secret:?} is in {text}");
        }
        taken
    }
}

pub(crate) fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn r74_r173_no_token_is_good_for_what_another_is_for() {
    for it in mail_apps!(|it| it).await {
        let (id, verify) = it.registered("alice", ALICE).await;
        let login = it.log_in("alice", PASSWORD).await;
        it.forgot(ALICE).await;
        let reset = it.token(MailKind::ResetPassword, ALICE).await;
        let (access, refresh) = (login.text("access_token"), login.text("refresh_token"));
        let tokens = [
            ("access", access.as_str()),
            ("refresh", &refresh),
            ("verify", &verify),
            ("reset", &reset),
            ("key", &format!("tb_{}_{}", "0".repeat(24), "0".repeat(72))),
            ("id", &id),
        ];
        // All that is off the diagonal first: none of it uses anything up.
        for (name, token) in tokens {
            if name != "verify" {
                it.verify(token).await.assert_error(400, "invalid_grant");
            }
            if name != "reset" {
                it.reset(token, NEW).await.assert_error(400, "invalid_grant");
            }
            if name != "refresh" {
                it.app.refresh(token).await.assert_error(400, "invalid_grant");
            }
            if name != "access" {
                let me = it.app.with_token(Method::GET, "/me", token).await;
                assert_eq!(me.text("error"), "invalid_token", "{name}: {me:?}");
            }
        }
        let me = it.app.with_token(Method::GET, "/me", &access).await;
        assert_eq!(me.json()["email_verified"], false);
        assert_eq!(it.app.refresh(&refresh).await.status, 200);
        assert_eq!(it.verify(&verify).await.status, 204);
        assert_eq!(it.reset(&reset, NEW).await.status, 204);
    }
}

#[tokio::test]
async fn r74_r173_mailed_tokens_are_no_api_keys() {
    let (beside, store) = (Beside::new(), MemoryStore::new());
    let queue = beside.queue.clone();
    let app = app(store.clone(), |router| router.mailer(queue).api_keys(ApiKeys::new())).await;
    let it = MailApp { app, beside };
    let (_, verify) = it.registered("alice", ALICE).await;
    it.forgot(ALICE).await;
    let reset = it.token(MailKind::ResetPassword, ALICE).await;
    let keys = tower_bearer::ApiKeyVerifier::new(store);
    for token in [&verify, &reset] {
        use tower_bearer::{ApiKeyCheck, ApiKeySource};
        assert_eq!(keys.check_api_key(token).await.unwrap(), ApiKeyCheck::Invalid);
    }
    let bearer = it.log_in("alice", PASSWORD).await.text("access_token");
    let body = json!({ "name": "backup", "scopes": ["me"] });
    let key = it.app.json_with_token(Method::POST, "/api-keys", &bearer, body).await.text("key");
    it.verify(&key).await.assert_error(400, "invalid_grant");
    it.reset(&key, NEW).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn links_are_made_of_what_is_configured_and_never_of_the_request() {
    for it in mail_apps!(|it| it).await {
        it.registered("alice", ALICE).await;
        let request = Request::post("http://evil.example/forgot-password")
            .header(header::HOST, "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("forwarded", "host=evil.example")
            .header(header::ORIGIN, "https://evil.example")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({ "email": ALICE, "link": "https://evil.example" }).to_string()))
            .unwrap();
        assert_eq!(it.app.send(request).await.status, 202);
        let mail = it.mail(MailKind::ResetPassword, ALICE).await;
        let link =
            format!("https://app.example.org/reset-password?token={}", mail.token().unwrap());
        assert_eq!(mail.link(), Some(link.as_str()));
        assert!(!mail.text().body.contains("evil"), "{:?}", mail.text().body);
    }
}

#[tokio::test]
async fn no_endpoint_of_mails_is_there_without_a_mailer() {
    let app = app(MemoryStore::new(), |router| router).await;
    for path in ["/verify-email", "/forgot-password", "/reset-password"] {
        assert_eq!(app.json(path, json!({ "email": ALICE })).await.status, 404);
    }
    let body = json!({ "username": "alice", "password": PASSWORD, "email": ALICE });
    assert_eq!(app.json("/register", body).await.status, 201);
}

#[tokio::test]
async fn bodies_that_are_none_are_refused_alike_everywhere() {
    for it in mail_apps!(|it| it).await {
        for path in ["/verify-email", "/forgot-password", "/reset-password"] {
            it.app.post(path, "text/plain", "{}").await.assert_error(415, "invalid_request");
            it.app.json(path, json!([])).await.assert_error(400, "invalid_request");
            let large = json!({ "email": "x".repeat(20_000) });
            it.app.json(path, large).await.assert_error(413, "invalid_request");
            let get = it.app.with_token(Method::GET, path, "x").await;
            assert_eq!(
                (get.status.as_u16(), &get.headers[header::ALLOW]),
                (405, &"POST".parse().unwrap())
            );
        }
        for body in [json!({}), json!({ "email": 7 }), json!({ "email": "no address" })] {
            it.app.json("/forgot-password", body).await.assert_error(422, "invalid_field");
        }
        let both = json!({ "email": ALICE, "token": "x" });
        for body in [json!({}), both] {
            it.app.json("/verify-email", body).await.assert_error(400, "invalid_request");
        }
        for body in [json!({ "token": "x" }), json!({ "new_password": NEW })] {
            it.app.json("/reset-password", body).await.assert_error(422, "invalid_field");
        }
        assert!(it.mails().await.is_empty());
    }
}

#[tokio::test]
async fn nobody_is_flooded_with_mails_and_the_answers_stay_the_same() {
    for it in mail_apps!(|it| it).await {
        it.registered("alice", ALICE).await;
        let first = it.forgot(ALICE).await;
        let mut tokens = vec![it.token(MailKind::ResetPassword, ALICE).await];
        for spelling in [ALICE, "ALICE@example.com", "Alice@Example.com", "alice@EXAMPLE.COM"] {
            assert_eq!(it.forgot(spelling).await, first);
            tokens.push(it.token(MailKind::ResetPassword, ALICE).await);
        }
        for _ in 0..10 {
            assert_eq!(it.forgot(ALICE).await, first);
        }
        assert!(it.mails().await.is_empty(), "five in an hour");
        // Another kind, and another address, have counts of their own.
        let again = it.app.json("/verify-email", json!({ "email": ALICE })).await;
        assert_eq!(again, first);
        it.mail(MailKind::VerifyEmail, ALICE).await;
        it.app.clock.advance(Duration::from_secs(12 * 60));
        it.forgot(ALICE).await;
        it.mail(MailKind::ResetPassword, ALICE).await;
        // Whoever asked for the others has made none of them useless.
        assert_eq!(it.reset(&tokens[0], NEW).await.status, 204);
        it.mail(MailKind::PasswordChanged, ALICE).await;
    }
}

#[tokio::test]
async fn changes_of_a_password_flood_nobody_with_mails() {
    for it in mail_apps!(|it| it).await {
        // The address may be somebody else's.
        it.registered("alice", ALICE).await;
        let (mut old, mut sent) = (PASSWORD.to_owned(), 0);
        for number in 0..8 {
            let new = format!("a wide meadow in {number}");
            let login = it.log_in("alice", &old).await.text("access_token");
            let body = json!({ "current_password": old, "new_password": new });
            let changed = it.app.json_with_token(Method::POST, "/password", &login, body).await;
            assert_eq!(changed.status, 204, "{changed:?}");
            sent += it.mails().await.len();
            old = new;
        }
        assert_eq!(sent, 5, "five in an hour");
    }
}

#[tokio::test]
async fn requests_for_mails_from_one_address_are_limited() {
    let limit = || LoginThrottle::new().registrations("4/minute".parse::<Rate>().unwrap());
    for it in mail_apps!(|it| it.throttle(limit())).await {
        it.registered("alice", ALICE).await;
        for (path, email) in [
            ("/forgot-password", ALICE),
            ("/verify-email", ALICE),
            ("/forgot-password", "no@x.org"),
        ] {
            assert_eq!(it.app.json(path, json!({ "email": email })).await.status, 202);
        }
        let known = it.forgot(ALICE).await;
        known.assert_error(429, "too_many_requests");
        assert_eq!(it.forgot("nobody@example.com").await, known);
        assert_eq!(it.app.json("/verify-email", json!({ "email": ALICE })).await, known);
    }
}

/// Sends nothing before it is let.
#[derive(Clone, Default)]
struct Stuck(Outbox, Arc<Notify>);

impl Mailer for Stuck {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.1.notified().await;
        self.0.send(mail).await
    }
}

#[tokio::test]
async fn a_full_queue_is_a_503_for_known_and_unknown_users_alike() {
    let stuck = Stuck::default();
    let queue = MailQueue::new(stuck.clone()).capacity(1);
    let app = app(MemoryStore::new(), |router| router.mailer(queue.clone())).await;
    let beside = Beside { outbox: stuck.0.clone(), queue, records: Arc::default() };
    let it = MailApp { app, beside };
    // Answers wait for no mail.
    assert_eq!(it.register("alice", ALICE).await.status, 201);
    let full = it.forgot(ALICE).await;
    full.assert_error(503, "temporarily_unavailable");
    assert_eq!(full.headers[header::RETRY_AFTER], "1");
    assert_eq!(it.forgot("nobody@example.com").await, full);
    assert_eq!(it.app.json("/verify-email", json!({ "email": ALICE })).await, full);
    // The account is there all the same, and the mail can be asked for later.
    assert_eq!(it.register("bob", "bob@example.com").await.status, 201);
    stuck.1.notify_one();
    it.mail(MailKind::VerifyEmail, ALICE).await;
    stuck.1.notify_one();
    let again = it.app.json("/verify-email", json!({ "email": "bob@example.com" })).await;
    assert_eq!(again.status, 202);
    it.mail(MailKind::VerifyEmail, "bob@example.com").await;
}
