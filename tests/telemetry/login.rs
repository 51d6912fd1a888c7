//! Logins, passwords, mails, stores and housekeeping.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, header};
use http_body_util::BodyExt;
use metrics_util::debugging::DebuggingRecorder;
use serde_json::{Value, json};
use tower::ServiceExt;
use tower_bearer::{
    Clock, Hasher, Housekeeping, Issuer, LoginRouter, Mail, MailError, MailLinks, MailQueue,
    Mailer, MemoryStore, OneTimeTokenStore, PasswordPolicy, StoredOneTimeToken,
};

use crate::gone::Gone;
use crate::recorded::{changes, lines};

const PASSWORD: &str = "correct horse battery staple";

struct Outbox {
    fails: bool,
}

impl Mailer for Outbox {
    async fn send(&self, _: &Mail) -> Result<(), MailError> {
        match self.fails {
            true => Err(MailError::new("no such mailbox")),
            false => Ok(()),
        }
    }
}

fn hasher() -> Hasher {
    Hasher::builder().insecure_parameters(8, 1, 1).build().unwrap()
}

fn router(store: &MemoryStore) -> LoginRouter<MemoryStore, MemoryStore> {
    LoginRouter::new(store.clone(), Issuer::for_tests())
        .hasher(hasher())
        .password_policy(PasswordPolicy::asvs_l1())
}

async fn post(app: &Router, path: &str, body: Value) -> (u16, Value) {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn credentials(password: &str) -> Value {
    json!({ "username": "alice", "password": password })
}

fn account() -> Value {
    json!({ "username": "alice", "password": PASSWORD, "email": "alice@example.org" })
}

/// Of what changes, that which the threads of the hasher have no part in: they see another recorder.
async fn changes_without_hashes(work: impl Future<Output = ()>) -> Vec<String> {
    let mut lines = changes(work).await;
    lines.retain(|line| !line.starts_with("hash_"));
    lines
}

#[tokio::test]
async fn the_audit_trail_counts() {
    let app = router(&MemoryStore::new()).into_router();
    let event =
        |event, reason, times: u32| format!("audit_events_total{{{event},{reason}}} {times}");
    let registered = changes_without_hashes(async {
        assert_eq!(post(&app, "/register", account()).await.0, 201);
    });
    assert_eq!(registered.await, [event("user.registered", "none", 1)]);
    let failed = changes_without_hashes(async {
        assert_eq!(post(&app, "/login", credentials("wrong")).await.0, 400);
        let nobody = json!({ "username": "bob", "password": "wrong" });
        assert_eq!(post(&app, "/login", nobody).await.0, 400);
    });
    let expected =
        [event("login.failed", "unknown_user", 1), event("login.failed", "wrong_password", 1)];
    assert_eq!(failed.await, expected);
    let refresh = |token: &Value| json!({ "refresh_token": token });
    let replayed = changes_without_hashes(async {
        let (_, tokens) = post(&app, "/login", credentials(PASSWORD)).await;
        let old = &tokens["refresh_token"];
        assert_eq!(post(&app, "/refresh", refresh(old)).await.0, 200);
        assert_eq!(post(&app, "/refresh", refresh(old)).await.0, 400);
    });
    let expected = [
        event("login.succeeded", "none", 1),
        event("session.ended", "reuse", 1),
        event("token.refreshed", "none", 1),
        event("token.reuse_detected", "none", 1),
    ];
    assert_eq!(replayed.await, expected);
    let throttled = changes_without_hashes(async {
        let mut status = 400;
        while status == 400 {
            status = post(&app, "/login", credentials("wrong")).await.0;
        }
        assert_eq!(status, 429);
    });
    let throttled = throttled.await;
    assert!(throttled.contains(&event("login.throttled", "none", 1)), "{throttled:?}");
    assert!(throttled.contains(&event("login.locked", "none", 1)), "{throttled:?}");
}

/// Its threads are those of the whole process, so that other tests may hash meanwhile.
#[tokio::test]
async fn hashing_counts_its_waits_and_its_work() {
    let recorder = DebuggingRecorder::new();
    let snapshots = recorder.snapshotter();
    recorder.install().unwrap();
    let hasher = hasher();
    let hash = hasher.hash(PASSWORD).await.unwrap();
    assert!(hasher.verify(PASSWORD, Some(&hash)).await.unwrap().is_match());
    let seen = lines(&snapshots);
    let value = |name: &str| {
        let line = seen.iter().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in {seen:?}")).trim().parse::<f64>().unwrap()
    };
    assert!(value("hash_seconds") >= 2.0, "{seen:?}");
    assert!(value("hash_wait_seconds") >= 2.0, "{seen:?}");
}

#[tokio::test]
async fn mails_count_by_what_became_of_them() {
    for (fails, outcome) in [(false, "sent"), (true, "failed")] {
        let queue = MailQueue::new(Outbox { fails });
        let store = MemoryStore::new();
        let app = router(&store)
            .mailer(queue.clone())
            .mail_links(MailLinks::new("https://app.test").unwrap())
            .into_router();
        let seen = changes_without_hashes(async {
            assert_eq!(post(&app, "/register", account()).await.0, 201);
            assert!(queue.drain(Duration::from_secs(10)).await);
        });
        let mut expected = [
            "audit_events_total{user.registered,none} 1".to_owned(),
            format!("mails_total{{{outcome}}} 1"),
        ];
        expected.sort();
        assert_eq!(seen.await, expected, "the gauge is as before");
    }
    let queue = MailQueue::new(Outbox { fails: false }).capacity(1);
    let app = router(&MemoryStore::new()).mailer(queue).into_router();
    let forgot = json!({ "email": "nobody@example.org" });
    let seen = changes_without_hashes(async {
        // The second comes before the task of the first had its turn.
        let both = futures_util::future::join(
            post(&app, "/forgot-password", forgot.clone()),
            post(&app, "/forgot-password", forgot.clone()),
        );
        let ((first, _), (second, _)) = both.await;
        assert!(first.max(second) == 503, "{first} {second}");
    });
    let seen = seen.await;
    assert!(seen.contains(&"mails_total{queue_full} 1".to_owned()), "{seen:?}");
}

#[tokio::test]
async fn a_store_that_fails_counts() {
    let app = router(&MemoryStore::new()).throttle_store(Gone).into_router();
    let seen = changes_without_hashes(async {
        assert_eq!(post(&app, "/login", credentials("wrong")).await.0, 400);
    });
    let expected = [
        "audit_events_total{login.failed,unknown_user} 1",
        // For the next two seconds it is not asked.
        "store_errors_total{throttles} 1",
    ];
    assert_eq!(seen.await, expected);
}

#[tokio::test(start_paused = true)]
async fn housekeeping_counts_what_it_deletes_and_what_it_can_not() {
    let (store, now) = (MemoryStore::new(), Duration::from_secs(1_700_000_000));
    for hash in 1..=3 {
        let expiry = now + Duration::from_secs(hash.into());
        let row = StoredOneTimeToken::new([hash; 32], "alice", "x", "", now, expiry);
        store.insert_one_time_token(&row, 5).await.unwrap();
    }
    let housekeeping = Housekeeping::new(store.clone())
        .clock(Clock::manual(now + Duration::from_secs(2)))
        .one_time_tokens(store)
        .throttles(Gone);
    let seen = changes(async {
        housekeeping.run_until(tokio::time::sleep(Duration::from_secs(60))).await;
    });
    let expected =
        ["housekeeping_deleted_total{one_time_tokens} 2", "store_errors_total{housekeeping} 1"];
    assert_eq!(seen.await, expected);
}
