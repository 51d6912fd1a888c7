//! Limits of attempts (requirements 105, 174-178, 181, 182).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, header};
use serde_json::{Value, json};
use tower_bearer::{
    AddressSource, AuditRecord, Clock, LoginRouter, LoginThrottle, MemoryStore, PeerAddr, Rate,
    RefreshStore, StoreError, ThrottleState, ThrottleStore, TrustedProxies, UserStore,
};

use super::support::{Answer, App, PASSWORD, app, app_with_stores, postgres, redis, sqlite};

const MINUTE: Duration = Duration::from_secs(60);
const HOME: &str = "192.0.2.1:50000";

/// An app on each store, which counts in it.
macro_rules! throttled_apps {
    ($change:expr) => {
        async {
            let mut apps = Vec::new();
            let store = MemoryStore::new();
            apps.push(app(store.clone(), |it| changed(it.throttle_store(store), $change)).await);
            let store = sqlite().await;
            apps.push(app(store.clone(), |it| changed(it.throttle_store(store), $change)).await);
            if let Some(store) = postgres().await {
                let counts = store.clone();
                apps.push(app(store, |it| changed(it.throttle_store(counts), $change)).await);
            }
            if let Some(store) = redis().await {
                // One server for all tests: names and addresses are the same in many.
                let counts = store.clone().prefix(&unique());
                let change = |it: LoginRouter<_, _>| changed(it.throttle_store(counts), $change);
                apps.push(app_with_stores(sqlite().await, store, change).await);
            }
            apps
        }
    };
}

/// Has the type that a closure alone would lack.
fn changed<U, R>(
    router: LoginRouter<U, R>,
    change: impl FnOnce(LoginRouter<U, R>) -> LoginRouter<U, R>,
) -> LoginRouter<U, R> {
    change(router)
}

fn unique() -> String {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    format!("throttle-{}:", NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
}

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

fn form_from(peer: &str, path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap();
    if !peer.is_empty() {
        request.extensions_mut().insert(PeerAddr(peer.parse().unwrap()));
    }
    request
}

impl App {
    /// `peer` is an address with a port, or nothing.
    async fn log_in_from(&self, peer: &str, username: &str, password: &str) -> Answer {
        let fields = [("grant_type", "password"), ("username", username), ("password", password)];
        self.send(form_from(peer, "/token", &fields)).await
    }

    async fn fail(&self, times: usize, peer: &str, username: &str) {
        for attempt in 0..times {
            let answer = self.log_in_from(peer, username, "wrong").await;
            assert_eq!(answer.status, 400, "{username} {attempt}: {answer:?}");
        }
    }

    async fn register_from(&self, peer: &str, body: Value) -> Answer {
        let mut request = Request::post("/register")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        request.extensions_mut().insert(PeerAddr(peer.parse().unwrap()));
        self.send(request).await
    }
}

impl Answer {
    #[track_caller]
    fn assert_throttled(&self, seconds: u64) {
        self.assert_error(429, "too_many_requests");
        assert_eq!(self.headers[header::RETRY_AFTER], seconds.to_string());
    }
}

#[tokio::test]
async fn r105_guesses_are_limited_at_the_token_endpoint_and_at_its_json_twin() {
    for app in throttled_apps!(|it| it).await {
        app.fail(3, HOME, "admin").await;
        let guess = json!({ "username": "admin", "password": "wrong" });
        for _ in 0..2 {
            app.json("/login", guess.clone()).await.assert_error(400, "invalid_grant");
        }
        app.log_in_from(HOME, "admin", "wrong").await.assert_throttled(60);
        app.json("/login", guess).await.assert_throttled(60);
    }
}

#[tokio::test]
async fn r174_an_account_is_not_tried_more_than_100_times_without_a_pause() {
    let throttle =
        LoginThrottle::new().per_account(rate("1000/second")).per_address(None).backoff(false);
    for app in throttled_apps!(|it| it.throttle(throttle.clone())).await {
        app.fail(100, HOME, "admin").await;
        app.clock.advance(Duration::from_secs(899));
        app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(1);
        app.clock.advance(Duration::from_secs(1));
        app.fail(1, HOME, "admin").await;
        app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(900);
        // A success ends the row.
        app.clock.advance(15 * MINUTE);
        assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
        app.fail(2, HOME, "admin").await;
    }
}

#[tokio::test]
async fn r175_an_account_is_limited_wherever_the_attempts_come_from() {
    for app in throttled_apps!(|it| it).await {
        let mut attempt = 0;
        for seconds in [60, 120, 240, 480, 900, 900] {
            for _ in 0..5 {
                attempt += 1;
                app.fail(1, &format!("198.51.100.{attempt}:1"), "admin").await;
            }
            app.log_in_from("203.0.113.1:1", "admin", "wrong").await.assert_throttled(seconds);
            app.clock.advance(Duration::from_secs(seconds));
        }
        assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
        app.fail(5, HOME, "admin").await;
        app.log_in_from(HOME, "admin", "wrong").await.assert_throttled(60);
    }
}

#[tokio::test]
async fn r175_an_address_is_limited_whichever_accounts_it_tries() {
    for app in throttled_apps!(|it| it).await {
        for attempt in 0..20 {
            app.fail(1, HOME, &format!("user{attempt}")).await;
        }
        app.log_in_from(HOME, "another", "wrong").await.assert_throttled(60);
        app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(60);
        // Whoever is refused for the address counts against no account.
        for _ in 0..10 {
            app.log_in_from(HOME, "admin", "wrong").await.assert_throttled(60);
        }
        assert_eq!(app.log_in_from("198.51.100.1:1", "admin", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn r175_the_rates_are_those_that_are_set() {
    let throttle = LoginThrottle::new().per_account(rate("8/3s")).per_address(None).backoff(false);
    for app in throttled_apps!(|it| it.throttle(throttle.clone())).await {
        app.fail(8, HOME, "admin").await;
        app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(1);
        app.clock.advance(Duration::from_secs(3));
        assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
    }
    for app in throttled_apps!(|it| it.throttle(LoginThrottle::off())).await {
        app.fail(120, HOME, "admin").await;
        assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn r176_a_refusal_says_when_to_come_back_and_is_not_kept() {
    for app in throttled_apps!(|it| it).await {
        app.fail(5, HOME, "admin").await;
        app.clock.advance(Duration::from_millis(59_001));
        let answer = app.log_in_from(HOME, "admin", PASSWORD).await;
        answer.assert_throttled(1);
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
        let expected = json!({
            "error": "too_many_requests",
            "error_description": "there were too many attempts; try again later",
        });
        assert_eq!(answer.json(), expected);
        assert!(answer.headers.keys().all(|name| !name.as_str().contains("ratelimit")));
        app.clock.advance(Duration::from_millis(999));
        assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn r177_the_address_is_the_rightmost_one_that_is_no_trusted_proxy() {
    let source = || AddressSource::x_forwarded_for(TrustedProxies::new(["10.0.0.0/8"]).unwrap());
    let throttle = LoginThrottle::new().per_address(rate("3/minute"));
    for app in throttled_apps!(|it| it.throttle(throttle.clone()).client_address(source())).await {
        let send = async |peer: &str, forwarded: &str, name: &str| {
            let fields = [("grant_type", "password"), ("username", name), ("password", "wrong")];
            let mut request = form_from(peer, "/token", &fields);
            request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
            app.send(request).await.status
        };
        // What the client itself wrote moves nothing.
        for spoofed in ["203.0.113.1", "203.0.113.2", "203.0.113.3"] {
            let forwarded = format!("{spoofed}, 192.0.2.7, 10.0.0.8");
            assert_eq!(send("10.0.0.9:1", &forwarded, spoofed).await, 400);
        }
        assert_eq!(send("10.0.0.9:1", "203.0.113.4, 192.0.2.7", "x").await, 429);
        assert_eq!(send("10.0.0.9:1", "192.0.2.7, 192.0.2.8", "x").await, 400);
        assert_eq!(send("192.0.2.7:1", "192.0.2.9", "x").await, 429);
    }
}

#[tokio::test]
async fn r177_ipv6_counts_by_network_and_no_address_counts_together() {
    for app in throttled_apps!(|it| it).await {
        for attempt in 0..20 {
            let peer = format!("[2001:db8:0:1::{attempt:x}]:1");
            app.fail(1, &peer, &format!("user{attempt}")).await;
        }
        app.log_in_from("[2001:db8:0:1:9::]:1", "x", "wrong").await.assert_throttled(60);
        app.fail(1, "[2001:db8:0:2::1]:1", "x").await;
        for attempt in 0..20 {
            app.fail(1, "", &format!("other{attempt}")).await;
        }
        app.log_in_from("", "x", "wrong").await.assert_throttled(60);
    }
}

#[tokio::test]
async fn r178_right_and_wrong_known_and_unknown_are_refused_alike_and_hash_nothing() {
    for app in throttled_apps!(|it| it).await {
        let names = ["admin", "nobody", "nobody@example.org", "\u{0} no name"];
        for (number, name) in names.into_iter().enumerate() {
            app.fail(5, &format!("192.0.2.{number}:1"), name).await;
        }
        let before = app.hasher.computations();
        let expected = app.log_in_from(HOME, "admin", PASSWORD).await;
        expected.assert_throttled(60);
        for name in names {
            for password in [PASSWORD, "wrong", &"x".repeat(4000)] {
                assert_eq!(app.log_in_from(HOME, name, password).await, expected, "{name}");
            }
        }
        assert_eq!(app.hasher.computations(), before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r178_of_50_attempts_at_once_as_many_pass_as_the_limit_has() {
    let throttle = LoginThrottle::new().per_address(rate("7/minute"));
    for app in throttled_apps!(|it| it.throttle(throttle.clone())).await {
        let app = Arc::new(app);
        for (same_account, limit) in [(true, 5), (false, 7)] {
            let before = app.hasher.computations();
            let tasks: Vec<_> = (0..50)
                .map(|number| {
                    let app = Arc::clone(&app);
                    tokio::spawn(async move {
                        let (name, peer) = if same_account {
                            ("admin".to_owned(), format!("198.51.100.{number}:1"))
                        } else {
                            (format!("user{number}"), HOME.to_owned())
                        };
                        app.log_in_from(&peer, &name, "wrong").await.status
                    })
                })
                .collect();
            let (mut passed, mut refused) = (0, 0);
            for task in tasks {
                match task.await.unwrap().as_u16() {
                    400 => passed += 1,
                    429 => refused += 1,
                    other => panic!("{other}"),
                }
            }
            assert_eq!((passed, refused), (limit, 50 - limit));
            assert_eq!(app.hasher.computations() - before, limit);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn logins_at_once_that_are_right_all_succeed() {
    for app in throttled_apps!(|it| it).await {
        let app = Arc::new(app);
        let tasks: Vec<_> = (0..30)
            .map(|_| {
                let app = Arc::clone(&app);
                tokio::spawn(async move { app.log_in_from(HOME, "admin", PASSWORD).await.status })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), 200);
        }
    }
}

#[tokio::test]
async fn r181_a_success_clears_the_account_and_not_the_address() {
    for app in throttled_apps!(|it| it).await {
        for round in 0..4 {
            app.fail(4, HOME, "admin").await;
            app.fail(1, HOME, &format!("user{round}")).await;
            if round < 3 {
                assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
            }
        }
        // 20 of them failed; the successes were none of these.
        app.log_in_from(HOME, "user", "wrong").await.assert_throttled(60);
        app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(60);
        assert_eq!(app.log_in_from("198.51.100.1:1", "admin", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn r181_successes_never_use_up_an_address() {
    for app in throttled_apps!(|it| it).await {
        for _ in 0..30 {
            assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
        }
        app.fail(5, HOME, "admin").await;
    }
}

#[tokio::test]
async fn r182_who_is_logged_in_stays_so_while_others_guess() {
    for app in throttled_apps!(|it| it).await {
        let tokens = app.log_in_from(HOME, "admin", PASSWORD).await;
        for attempt in 0..20 {
            let name = if attempt < 5 { "admin".to_owned() } else { format!("user{attempt}") };
            app.fail(1, HOME, &name).await;
        }
        app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(60);
        let refresh = tokens.text("refresh_token");
        for path in ["/refresh", "/token"] {
            // A token that is none counts for nothing either.
            for _ in 0..30 {
                let fields = [("grant_type", "refresh_token"), ("refresh_token", "none")];
                app.send(form_from(HOME, path, &fields)).await.assert_error(400, "invalid_grant");
            }
        }
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let refreshed = app.send(form_from(HOME, "/refresh", &fields)).await;
        assert_eq!(refreshed.status, 200);
        let access = refreshed.text("access_token");
        assert_eq!(app.with_token(Method::GET, "/me", &access).await.status, 200);
        assert_eq!(app.with_token(Method::POST, "/logout", &access).await.status, 204);
    }
}

#[tokio::test]
async fn the_names_of_an_account_count_together() {
    for app in throttled_apps!(|it| it).await {
        let alice =
            json!({ "username": "Alice", "password": PASSWORD, "email": "Alice@Example.com" });
        assert_eq!(app.json("/register", alice).await.status, 201);
        app.fail(2, HOME, "alice").await;
        app.fail(1, HOME, "ALICE").await;
        app.fail(2, HOME, "alice@example.com").await;
        for name in ["alice", "ALICE@example.COM"] {
            app.log_in_from(HOME, name, PASSWORD).await.assert_throttled(60);
        }
        // The spellings of a name that nobody has count together as well.
        app.fail(3, HOME, "nobody").await;
        app.fail(2, HOME, "NOBODY").await;
        app.log_in_from(HOME, "Nobody", "wrong").await.assert_throttled(60);
    }
}

#[tokio::test]
async fn registrations_have_a_limit_of_their_own() {
    let throttle = LoginThrottle::new().registrations(rate("2/minute"));
    for app in throttled_apps!(|it| it.throttle(throttle.clone())).await {
        let user = |name: &str| json!({ "username": name, "password": PASSWORD });
        // What breaks a rule has cost nothing.
        for _ in 0..5 {
            let short = json!({ "username": "one", "password": "short" });
            app.register_from(HOME, short).await.assert_error(422, "invalid_field");
        }
        for name in ["one", "two"] {
            assert_eq!(app.register_from(HOME, user(name)).await.status, 201);
        }
        let before = app.hasher.computations();
        app.register_from(HOME, user("three")).await.assert_throttled(30);
        assert_eq!(app.hasher.computations(), before);
        assert_eq!(app.register_from("198.51.100.1:1", user("three")).await.status, 201);
        assert_eq!(app.log_in_from(HOME, "one", PASSWORD).await.status, 200);
    }
}

type Locks = Arc<Mutex<Vec<(String, Duration)>>>;

#[tokio::test]
async fn a_lock_is_recorded_each_time_and_told_of_once() {
    let records: Arc<Mutex<Vec<Value>>> = Arc::default();
    let locks = Locks::default();
    let sink = || {
        let records = records.clone();
        move |record: &AuditRecord| {
            records.lock().unwrap().push(serde_json::to_value(record).unwrap());
        }
    };
    let told = locks.clone();
    let throttle = LoginThrottle::new().on_lock(move |notice| {
        assert_eq!(notice.address, Some([192, 0, 2, 1].into()));
        told.lock().unwrap().push((notice.user_id, notice.pause));
    });
    for app in throttled_apps!(|it| it.throttle(throttle.clone()).audit(sink())).await {
        let id = app.register("alice").await.text("id");
        records.lock().unwrap().clear();
        let events = || {
            let taken = std::mem::take(&mut *records.lock().unwrap());
            taken.into_iter().filter(|it| it["event"] != "login.failed").collect::<Vec<Value>>()
        };
        app.fail(4, HOME, "alice").await;
        assert!(events().is_empty());
        // The last attempt that the limit has is right, and so there is no lock.
        assert_eq!(app.log_in_from(HOME, "alice", PASSWORD).await.status, 200);
        assert_eq!(events().len(), 1, "login.succeeded alone");
        assert!(locks.lock().unwrap().is_empty());

        for (user_id, name) in [(json!(id), "alice"), (Value::Null, "nobody")] {
            for (at, seconds) in [(0, 60), (60, 120)] {
                app.fail(5, HOME, name).await;
                let record = |event: &str, member: &str| {
                    json!({
                        "at": app.clock.now().as_secs(), "address": "192.0.2.1", "event": event,
                        "user_id": user_id, member: seconds,
                    })
                };
                app.log_in_from(HOME, name, PASSWORD).await.assert_throttled(seconds);
                let expected =
                    [record("login.locked", "seconds"), record("login.throttled", "retry_after")];
                assert_eq!(events(), expected, "{at}");
                app.clock.advance(Duration::from_secs(seconds));
            }
        }
        let told = std::mem::take(&mut *locks.lock().unwrap());
        assert_eq!(told, [(id, MINUTE)], "not of the second pause, nor of nobody's");
    }
}

/// Two routers over one store of users, each with a clock of its own.
async fn two_nodes<S: UserStore + RefreshStore + ThrottleStore>(store: S) -> [App; 2] {
    let first = app(store.clone(), |it| it.throttle_store(store.clone())).await;
    let clock = Clock::manual(first.clock.now());
    let issuer = first.issuer.clone().clock(clock.clone());
    let router = LoginRouter::new(store.clone(), issuer.clone())
        .hasher(first.hasher.clone())
        .throttle_store(store)
        .into_router();
    let hasher = first.hasher.clone();
    [first, App { router, clock, issuer, hasher }]
}

async fn counts_are_those_of_all_nodes([one, other]: [App; 2]) {
    one.fail(3, HOME, "admin").await;
    other.fail(2, HOME, "admin").await;
    for node in [&one, &other] {
        node.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(60);
    }
}

async fn a_clock_that_is_ahead_locks_for_15_minutes_at_most([ahead, node]: [App; 2]) {
    ahead.clock.advance(Duration::from_secs(7 * 24 * 3600));
    ahead.fail(5, HOME, "admin").await;
    node.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(900);
    node.clock.advance(Duration::from_secs(899));
    node.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(1);
    node.clock.advance(Duration::from_secs(1));
    assert_eq!(node.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn nodes_on_one_store_have_one_limit() {
    counts_are_those_of_all_nodes(two_nodes(MemoryStore::new()).await).await;
    counts_are_those_of_all_nodes(two_nodes(sqlite().await).await).await;
    if let Some(store) = postgres().await {
        counts_are_those_of_all_nodes(two_nodes(store).await).await;
    }
}

#[tokio::test]
async fn no_clock_locks_an_account_for_longer_than_the_longest_pause() {
    let test = a_clock_that_is_ahead_locks_for_15_minutes_at_most;
    test(two_nodes(MemoryStore::new()).await).await;
    test(two_nodes(sqlite().await).await).await;
    if let Some(store) = postgres().await {
        test(two_nodes(store).await).await;
    }
}

/// A store that is out of reach.
#[derive(Clone)]
struct Gone;

impl ThrottleStore for Gone {
    async fn find_throttle(&self, _: &[u8; 32]) -> Result<Option<String>, StoreError> {
        Err(StoreError::unavailable("gone"))
    }

    async fn replace_throttle(
        &self,
        _: &[u8; 32],
        _: Option<&str>,
        _: Option<&ThrottleState>,
    ) -> Result<bool, StoreError> {
        Err(StoreError::unavailable("gone"))
    }

    async fn delete_expired_throttles(&self, _: Duration) -> Result<u64, StoreError> {
        Err(StoreError::unavailable("gone"))
    }
}

#[tokio::test]
async fn without_their_store_limits_hold_for_the_process() {
    let app = app(MemoryStore::new(), |it| it.throttle_store(Gone)).await;
    app.fail(4, HOME, "admin").await;
    assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
    app.fail(5, HOME, "admin").await;
    app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(60);
}

#[tokio::test]
async fn without_a_store_of_their_own_limits_hold_as_well() {
    let app = app(MemoryStore::new(), |it| it).await;
    app.fail(5, HOME, "admin").await;
    app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(60);
}
