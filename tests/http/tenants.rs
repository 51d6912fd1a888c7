//! Families of issuers, each known by asking for it, and requests that wait for that
//! (requirements 72, 31).

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use tokio::sync::watch;
use tower_bearer::{
    AuthErrorKind, Clock, Grant, Issuer, JwtAuthLayer, SigningKey, TenantsBuilder, Verifier,
};

use super::support::{Answer, Away, ask, bearer, subject};

pub(super) const PREFIX: &str = "https://id.example/";

/// The tenants that there are, with their keys; how often it was asked; whether it answers.
#[derive(Clone)]
pub(super) struct Directory(Arc<Inner>);

struct Inner {
    keys: Mutex<HashMap<String, SigningKey>>,
    asked: AtomicUsize,
    fails: Mutex<bool>,
    open: watch::Sender<bool>,
}

impl Directory {
    pub(super) fn of(tenants: &[&str]) -> Self {
        let key = |name: &&str| (issuer(name), SigningKey::generate_hs256().unwrap());
        Self(Arc::new(Inner {
            keys: Mutex::new(tenants.iter().map(key).collect()),
            asked: AtomicUsize::new(0),
            fails: Mutex::new(false),
            open: watch::channel(true).0,
        }))
    }

    /// Lets whoever asks wait from now on.
    pub(super) fn close(self) -> Self {
        self.0.open.send_replace(false);
        self
    }

    pub(super) fn open(&self) {
        self.0.open.send_replace(true);
    }

    pub(super) fn fail(&self, fails: bool) {
        *self.0.fails.lock().unwrap() = fails;
    }

    pub(super) fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }

    fn forget(&self, tenant: &str) {
        self.0.keys.lock().unwrap().remove(&issuer(tenant));
    }

    async fn find(self, issuer: String) -> Result<Option<Verifier>, Away> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        let mut open = self.0.open.subscribe();
        open.wait_for(|open| *open).await.unwrap();
        if *self.0.fails.lock().unwrap() {
            return Err(Away);
        }
        let key = self.0.keys.lock().unwrap().get(&issuer).cloned();
        let build = |key| Verifier::builder(&key).issuer(issuer).audience("api").build().unwrap();
        Ok(key.map(build))
    }

    pub(super) fn builder(&self) -> TenantsBuilder {
        let directory = self.clone();
        Verifier::tenants(PREFIX, move |issuer| directory.clone().find(issuer))
    }

    pub(super) fn verifier(&self) -> Verifier {
        self.builder().build().unwrap()
    }

    /// A token that a tenant has signed.
    pub(super) fn token(&self, tenant: &str) -> String {
        let issuer = self.issuer(tenant).audience("api");
        issuer.issue(&Grant::new("alice").scopes(["a"])).unwrap()
    }

    pub(super) fn issuer(&self, tenant: &str) -> Issuer {
        let key = self.0.keys.lock().unwrap()[&issuer(tenant)].clone();
        Issuer::new(key).issuer(issuer(tenant))
    }
}

pub(super) fn issuer(tenant: &str) -> String {
    format!("{PREFIX}{tenant}")
}

/// A token of whoever calls himself so.
pub(super) fn made_up(issuer: &str) -> String {
    let own = Issuer::new(SigningKey::generate_hs256().unwrap()).issuer(issuer).audience("api");
    own.issue(&Grant::new("mallory")).unwrap()
}

pub(super) fn app(verifier: Verifier) -> Router {
    Router::new().route("/", get(subject)).layer(JwtAuthLayer::new(verifier))
}

fn clock() -> Clock {
    Clock::manual(Duration::from_secs(1_800_000_000))
}

const SECOND: Duration = Duration::from_secs(1);

pub(super) fn is_refused(answer: &Answer, kind: AuthErrorKind) {
    assert_eq!((answer.status, answer.kind), (StatusCode::UNAUTHORIZED, Some(kind)));
    assert_eq!(answer.parameter("error").as_deref(), Some("invalid_token"));
}

/// Nothing is said of the token, which may well be good.
pub(super) fn is_away(answer: &Answer) {
    let expected = (StatusCode::SERVICE_UNAVAILABLE, Some(AuthErrorKind::Unavailable));
    assert_eq!((answer.status, answer.kind), expected);
    assert_eq!(answer.headers[RETRY_AFTER], "1");
    assert!(!answer.headers.contains_key(WWW_AUTHENTICATE));
}

#[tokio::test]
async fn r72_each_tenant_has_keys_of_its_own() {
    let directory = Directory::of(&["a", "b"]);
    let app = app(directory.verifier());
    for tenant in ["a", "b", "a"] {
        assert_eq!(ask(&app, bearer(&directory.token(tenant))).await.body, "alice");
        is_refused(
            &ask(&app, bearer(&made_up(&issuer(tenant)))).await,
            AuthErrorKind::InvalidSignature,
        );
    }
    let forged = directory.issuer("a").issuer(issuer("b")).audience("api");
    let forged = forged.issue(&Grant::new("mallory")).unwrap();
    is_refused(&ask(&app, bearer(&forged)).await, AuthErrorKind::InvalidSignature);
    assert_eq!(directory.asked(), 2);
}

#[tokio::test]
async fn a_hundred_requests_at_once_ask_for_their_tenant_once() {
    let directory = Directory::of(&["a"]).close();
    let app = app(directory.verifier());
    let token = directory.token("a");
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (app, request) = (app.clone(), bearer(&token));
        requests.spawn(async move { ask(&app, request).await });
    }
    tokio::task::yield_now().await;
    assert_eq!(directory.asked(), 1);
    directory.open();
    let answers = requests.join_all().await;
    assert!(answers.len() == 100 && answers.iter().all(|answer| answer.body == "alice"));
    assert_eq!(directory.asked(), 1);
}

#[tokio::test]
async fn a_hundred_requests_at_once_share_a_refusal_and_a_failure_too() {
    for fails in [false, true] {
        let directory = Directory::of(&[]).close();
        directory.fail(fails);
        let app = app(directory.verifier());
        let mut requests = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let (app, request) = (app.clone(), bearer(&made_up(&issuer("a"))));
            requests.spawn(async move { ask(&app, request).await });
        }
        tokio::task::yield_now().await;
        directory.open();
        for answer in requests.join_all().await {
            if fails {
                is_away(&answer);
            } else {
                is_refused(&answer, AuthErrorKind::InvalidIssuer);
            }
        }
        assert_eq!(directory.asked(), 1);
    }
}

/// Whoever gives up leaves the asking to the next who waits.
#[tokio::test]
async fn a_request_that_is_given_up_while_it_waits_stops_nobody() {
    let directory = Directory::of(&["a"]).close();
    let app = app(directory.verifier());
    let token = directory.token("a");
    let mut first = tokio_test::task::spawn(ask(&app, bearer(&token)));
    let mut second = tokio_test::task::spawn(ask(&app, bearer(&token)));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    drop(first);
    directory.open();
    assert_eq!(second.await.body, "alice");
    assert_eq!(ask(&app, bearer(&token)).await.body, "alice");
    assert_eq!(directory.asked(), 2);
}

#[tokio::test]
async fn that_an_issuer_is_no_tenant_is_remembered_for_a_minute() {
    let (directory, clock) = (Directory::of(&["a"]), clock());
    let app = app(directory.builder().clock(clock.clone()).build().unwrap());
    let token = directory.token("a");
    let key = directory.0.keys.lock().unwrap().remove(&issuer("a")).unwrap();
    for (asked, wait) in [(1, 0), (1, 59), (2, 1), (2, 30)] {
        clock.advance(wait * SECOND);
        is_refused(&ask(&app, bearer(&token)).await, AuthErrorKind::InvalidIssuer);
        assert_eq!(directory.asked(), asked);
    }
    directory.0.keys.lock().unwrap().insert(issuer("a"), key);
    clock.advance(30 * SECOND);
    assert_eq!(ask(&app, bearer(&token)).await.body, "alice", "it has signed up meanwhile");
}

#[tokio::test]
async fn r31_a_resolver_that_fails_is_a_503_and_asked_again_after_a_second() {
    let (directory, clock) = (Directory::of(&["a", "b"]), clock());
    let app = app(directory.builder().clock(clock.clone()).build().unwrap());
    assert_eq!(ask(&app, bearer(&directory.token("b"))).await.body, "alice");
    directory.fail(true);
    for _ in 0..3 {
        is_away(&ask(&app, bearer(&directory.token("a"))).await);
        is_away(&ask(&app, bearer(&made_up(&issuer("a")))).await);
        assert_eq!(directory.asked(), 2, "not asked for each");
        assert_eq!(ask(&app, bearer(&directory.token("b"))).await.body, "alice", "known");
    }
    directory.fail(false);
    clock.advance(SECOND - Duration::from_millis(1));
    is_away(&ask(&app, bearer(&directory.token("a"))).await);
    clock.advance(Duration::from_millis(1));
    assert_eq!(ask(&app, bearer(&directory.token("a"))).await.body, "alice");
    assert_eq!(directory.asked(), 3);
}

#[tokio::test]
async fn what_is_known_of_a_tenant_is_good_for_an_hour_or_as_long_as_was_said() {
    for (lifetime, seconds) in [(None, 3600), (Some(90 * SECOND), 90)] {
        let (directory, clock) = (Directory::of(&["a"]), clock());
        let builder = directory.builder().clock(clock.clone());
        let builder = match lifetime {
            Some(lifetime) => builder.remember_for(lifetime),
            None => builder,
        };
        let app = app(builder.build().unwrap());
        let token = directory.token("a");
        assert_eq!(ask(&app, bearer(&token)).await.body, "alice");
        directory.forget("a");
        clock.advance((seconds - 1) * SECOND);
        assert_eq!(ask(&app, bearer(&token)).await.body, "alice");
        clock.advance(SECOND);
        is_refused(&ask(&app, bearer(&token)).await, AuthErrorKind::InvalidIssuer);
        assert_eq!(directory.asked(), 2);
    }
}

/// Whoever finds that the hour is over makes room for the next answer, and not for one after that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_is_asked_for_once_an_hour_by_many_threads() {
    let (directory, clock) = (Directory::of(&["a"]), clock());
    let verifier = directory.builder().clock(clock.clone()).build().unwrap();
    let token = directory.token("a");
    for round in 1..=1000 {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (verifier, token) = (verifier.clone(), token.clone());
            tasks.spawn(async move { verifier.verify(&token).await.is_ok() });
        }
        assert!(tasks.join_all().await.into_iter().all(|verified| verified));
        assert_eq!(directory.asked(), round);
        clock.advance(3600 * SECOND);
    }
}

/// A resolver that mistakes one tenant for another lets nobody in, and does not send the client for
/// a token that would be no better.
#[tokio::test]
async fn r72_a_verifier_of_another_issuer_is_a_503_and_never_used() {
    let key = SigningKey::generate_hs256().unwrap();
    let of = |name: &str| Issuer::new(key.clone()).issuer(name).audience("api");
    let verifier = |name: &str| of(name).verifier().unwrap();
    let others = [
        verifier(&issuer("b")),
        verifier(PREFIX),
        verifier(&issuer("a/")),
        Verifier::builder(&key).any_audience().build().unwrap(),
        Verifier::of_issuers([verifier(&issuer("a"))]).unwrap(),
        Directory::of(&["a"]).verifier(),
    ];
    for (at, other) in others.into_iter().enumerate() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let tenants = Verifier::tenants(PREFIX, move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
            let other = other.clone();
            async move { Ok::<_, Away>(Some(other)) }
        });
        let app = app(tenants.build().unwrap());
        for _ in 0..2 {
            for tenant in ["a", "b"].map(issuer) {
                if at == 0 && tenant == issuer("b") {
                    continue;
                }
                is_away(
                    &ask(&app, bearer(&of(&tenant).issue(&Grant::new("alice")).unwrap())).await,
                );
            }
        }
        assert!(asked.load(Ordering::SeqCst) <= 2, "nor asked for at every request");
    }
}

#[tokio::test(start_paused = true)]
async fn names_that_are_made_up_push_no_tenant_out() {
    const TENANTS: [&str; 3] = ["a", "b", "c"];
    let (directory, clock) = (Directory::of(&TENANTS), clock());
    let app = app(directory.builder().clock(clock).max_tenants(3).build().unwrap());
    for tenant in TENANTS {
        assert_eq!(ask(&app, bearer(&directory.token(tenant))).await.body, "alice");
    }
    for number in 0..3000 {
        let token = made_up(&issuer(&format!("made-up-{number}")));
        is_refused(&ask(&app, bearer(&token)).await, AuthErrorKind::InvalidIssuer);
    }
    // At once, too, and none of them answered yet.
    let closed = directory.clone().close();
    let mut waiting = tokio::task::JoinSet::new();
    for number in 3000..6000 {
        let request = bearer(&made_up(&issuer(&format!("made-up-{number}"))));
        let app = app.clone();
        waiting.spawn(async move { ask(&app, request).await });
    }
    for _ in 0..3000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(directory.asked(), 3003 + 64, "the others wait for their turn");
    for tenant in TENANTS {
        assert_eq!(ask(&app, bearer(&directory.token(tenant))).await.body, "alice");
    }
    closed.open();
    waiting.join_all().await;
    for tenant in TENANTS {
        assert_eq!(ask(&app, bearer(&directory.token(tenant))).await.body, "alice");
    }
    assert_eq!(directory.asked(), 6003, "all three are still known");
}

#[tokio::test]
async fn refusals_beyond_the_most_are_forgotten() {
    let directory = Directory::of(&[]);
    let app = app(directory.builder().clock(clock()).build().unwrap());
    for number in (0..3000).chain(0..3000) {
        let token = made_up(&issuer(&format!("made-up-{number}")));
        is_refused(&ask(&app, bearer(&token)).await, AuthErrorKind::InvalidIssuer);
    }
    let asked = directory.asked();
    assert!(asked > 4500, "of {} it is known that they are no tenants", 6000 - asked);
}

#[tokio::test]
async fn tenants_beyond_the_most_are_asked_for_anew() {
    let names: Vec<String> = (0..40).map(|number| format!("t{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let directory = Directory::of(&names);
    let small = app(directory.builder().max_tenants(4).build().unwrap());
    let large = app(directory.builder().max_tenants(40).build().unwrap());
    for (app, most) in [(&small, 80), (&large, 40)] {
        let before = directory.asked();
        for tenant in names.iter().chain(&names) {
            assert_eq!(ask(app, bearer(&directory.token(tenant))).await.body, "alice");
        }
        let asked = directory.asked() - before;
        assert!(asked <= most && (most == 40 || asked > 60), "{asked} of {most}");
    }
}

/// What a stranger writes into `iss` is a look-up in somebody's database.
#[tokio::test(start_paused = true)]
async fn r31_the_resolver_is_asked_64_times_at_once_and_what_waits_longer_than_a_second_is_a_503() {
    let directory = Directory::of(&["a"]);
    let app = app(directory.builder().clock(clock()).build().unwrap());
    assert_eq!(ask(&app, bearer(&directory.token("a"))).await.body, "alice");
    let directory = directory.close();
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..1000 {
        let (app, token) = (app.clone(), made_up(&issuer(&format!("made-up-{number}"))));
        asking.spawn(async move { ask(&app, bearer(&token)).await });
    }
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(directory.asked(), 1 + 64);
    let begin = tokio::time::Instant::now();
    for _ in 64..1000 {
        is_away(&asking.join_next().await.unwrap().unwrap());
    }
    assert_eq!((begin.elapsed().as_secs(), directory.asked()), (1, 1 + 64));
    assert_eq!(ask(&app, bearer(&directory.token("a"))).await.body, "alice", "known");
    directory.open();
    for answer in asking.join_all().await {
        is_refused(&answer, AuthErrorKind::InvalidIssuer);
    }
    let token = made_up(&issuer("one more"));
    is_refused(&ask(&app, bearer(&token)).await, AuthErrorKind::InvalidIssuer);
    assert_eq!(directory.asked(), 1 + 64 + 1, "the turns are given back");
}

#[tokio::test(start_paused = true)]
async fn r31_a_resolver_that_never_answers_is_a_503_after_five_seconds() {
    let (directory, clock) = (Directory::of(&["a"]).close(), clock());
    let app = app(directory.builder().clock(clock.clone()).build().unwrap());
    let token = directory.token("a");
    for round in 1..=2 {
        let begin = tokio::time::Instant::now();
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let (app, request) = (app.clone(), bearer(&token));
            waiting.spawn(async move { ask(&app, request).await });
        }
        waiting.join_all().await.iter().for_each(is_away);
        assert_eq!((begin.elapsed().as_secs(), directory.asked()), (5, round), "for all of them");
        clock.advance(SECOND);
    }
    directory.open();
    assert_eq!(ask(&app, bearer(&token)).await.body, "alice");
}

/// A machine may start years ahead, until its clock is set.
#[tokio::test]
async fn what_was_found_out_in_the_future_is_not_good_until_then() {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    let (directory, clock) = (Directory::of(&["a"]), clock());
    let app = app(directory.builder().clock(clock.clone()).build().unwrap());
    let (token, now) = (directory.token("a"), clock.now());
    let key = directory.0.keys.lock().unwrap().remove(&issuer("a")).unwrap();

    clock.set(now + YEAR);
    is_refused(&ask(&app, bearer(&token)).await, AuthErrorKind::InvalidIssuer);
    directory.0.keys.lock().unwrap().insert(issuer("a"), key);
    clock.set(now);
    assert_eq!(ask(&app, bearer(&token)).await.body, "alice", "it is a tenant");

    clock.set(now + 2 * YEAR);
    assert_eq!(ask(&app, bearer(&token)).await.body, "alice");
    directory.forget("a");
    clock.set(now);
    is_refused(&ask(&app, bearer(&token)).await, AuthErrorKind::InvalidIssuer);
}
