//! The layer with a verifier that remembers tokens: what still runs at each request, and what never gets
//! into the cache (requirements 128, 183, 189).

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::{HeaderValue, Method, Request, StatusCode};
use tower_bearer::{
    AuthErrorKind, Clock, Grant, Issuer, JwtAuthLayer, Revocations, SubjectStore, Token,
    TokenCache, TokenSource, Verifier, check_async, require, require_role, require_scopes, scopes,
};

use super::api_keys::Keys;
use super::support::{ask, at, bearer, request, subject, token};

fn cached(issuer: &Issuer) -> Verifier {
    issuer.verifier().unwrap().cached(TokenCache::new(100))
}

/// Hits, misses, and how many are remembered.
fn counts(verifier: &Verifier) -> (u64, u64, usize) {
    let counters = verifier.cache_counters().unwrap();
    (counters.hits(), counters.misses(), counters.len())
}

fn app(layer: JwtAuthLayer) -> Router {
    Router::new().route("/", get(subject)).layer(layer)
}

/// Something that was said of a user or a token, and may be taken back.
#[derive(Clone, Default)]
struct Void(Arc<AtomicBool>, Arc<AtomicUsize>);

impl Void {
    fn set(&self, void: bool) {
        self.0.store(void, Ordering::SeqCst);
    }

    fn ask(&self) -> bool {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.load(Ordering::SeqCst)
    }

    fn asked(&self) -> usize {
        self.1.load(Ordering::SeqCst)
    }
}

impl Revocations for Void {
    type Error = Infallible;

    async fn is_revoked(&self, _: &Token) -> Result<bool, Infallible> {
        Ok(self.ask())
    }
}

impl SubjectStore for Void {
    type Subject = String;
    type Error = Infallible;

    async fn active_subject(&self, token: &Token) -> Result<Option<String>, Infallible> {
        let subject = token.subject().map(str::to_owned);
        Ok(if self.ask() { None } else { subject })
    }
}

#[tokio::test]
async fn r128_r189_a_token_is_revoked_though_it_is_remembered() {
    let (issuer, revoked) = (Issuer::for_tests(), Void::default());
    let verifier = cached(&issuer);
    let app = app(JwtAuthLayer::new(verifier.clone()).revocations(revoked.clone()));
    let token = token(&issuer);
    for _ in 0..3 {
        assert_eq!(ask(&app, bearer(&token)).await.body, "alice");
    }
    revoked.set(true);
    let answer = ask(&app, bearer(&token)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.kind, Some(AuthErrorKind::Revoked));
    assert_eq!((counts(&verifier), revoked.asked()), ((3, 1, 1), 4), "it is asked each time");
    revoked.set(false);
    assert_eq!(ask(&app, bearer(&token)).await.body, "alice", "nor is its answer remembered");
}

#[tokio::test]
async fn r183_r189_a_user_is_disabled_though_the_token_is_remembered() {
    let (issuer, gone) = (Issuer::for_tests(), Void::default());
    let verifier = cached(&issuer);
    let app = app(JwtAuthLayer::new(verifier.clone()).users(gone.clone()));
    let token = token(&issuer);
    for _ in 0..3 {
        assert_eq!(ask(&app, bearer(&token)).await.body, "alice");
    }
    gone.set(true);
    let answer = ask(&app, bearer(&token)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.kind, Some(AuthErrorKind::InactiveSubject));
    assert_eq!((counts(&verifier), gone.asked()), ((3, 1, 1), 4));
}

#[tokio::test]
async fn r189_policies_are_asked_at_each_request() {
    let issuer = Issuer::for_tests();
    let verifier = cached(&issuer);
    let allowed = Arc::new(AtomicBool::new(true));
    let layer = JwtAuthLayer::new(verifier.clone());
    let (now, later) = (Arc::clone(&allowed), Arc::clone(&allowed));
    let at_once = require(move |_: &Token| now.load(Ordering::SeqCst));
    let after = require(check_async(move |_: Token| {
        let allowed = later.load(Ordering::SeqCst);
        async move { allowed }
    }));
    let strict = get(subject).layer(layer.clone().require(scopes(["admin"])));
    let app = Router::new()
        .route("/", get(subject))
        .route("/at-once", get(subject).route_layer(at_once))
        .route("/after", get(subject).route_layer(after))
        .route("/scope", get(subject).route_layer(require_scopes(["posts:write"])))
        .route("/role", get(subject).route_layer(require_role("admin")))
        .layer(layer)
        .merge(Router::new().route("/strict", strict));
    let token = issuer.issue(&Grant::new("alice").scopes(["posts:read"])).unwrap();
    for allow in [true, false, true] {
        allowed.store(allow, Ordering::SeqCst);
        let expected = if allow { StatusCode::OK } else { StatusCode::FORBIDDEN };
        for path in ["/at-once", "/after"] {
            assert_eq!(ask(&app, at(path, bearer(&token))).await.status, expected, "{path}");
        }
        // What one route let pass, another does not.
        assert_eq!(ask(&app, bearer(&token)).await.status, StatusCode::OK);
        for path in ["/scope", "/role", "/strict"] {
            let answer = ask(&app, at(path, bearer(&token))).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
    assert_eq!(counts(&verifier), (17, 1, 1), "all routes share it");
}

#[tokio::test]
async fn r63_r189_a_token_ends_while_it_is_remembered() {
    let clock = Clock::manual(Duration::from_secs(1_700_000_000));
    let issuer = Issuer::for_tests().clock(clock.clone()).leeway(Duration::ZERO);
    let verifier = cached(&issuer);
    let app = app(JwtAuthLayer::new(verifier.clone()));
    let token = token(&issuer);
    for _ in 0..2 {
        assert_eq!(ask(&app, bearer(&token)).await.status, StatusCode::OK);
    }
    clock.advance(issuer.lifetime());
    let answer = ask(&app, bearer(&token)).await;
    assert_eq!(
        (answer.status, answer.kind.unwrap()),
        (StatusCode::UNAUTHORIZED, AuthErrorKind::Expired)
    );
    assert_eq!(counts(&verifier), (1, 2, 0));
}

/// A request that is let through without a token, or with another credential, leaves nothing behind that
/// would let the next one through.
#[tokio::test]
async fn r189_what_passes_without_being_verified_is_never_remembered() {
    let (issuer, stranger) = (Issuer::for_tests(), Issuer::for_tests());
    let forged = token(&stranger);
    let maybe = |token: Option<Token>| async move { token.is_some().to_string() };
    let verifier = cached(&issuer);
    let base = JwtAuthLayer::new(verifier.clone()).api_keys(Keys::default());
    let route = || Router::new().route("/", get(maybe).options(maybe));
    let lax = route().layer(base.clone().optional_even_if_invalid());
    let optional = route().layer(base.clone().optional());
    let strict = route().layer(base);

    for _ in 0..3 {
        for value in [forged.as_str(), "a.b.c", "good"] {
            assert_eq!(ask(&lax, bearer(value)).await.body, "false", "{value}");
        }
        assert_eq!(ask(&lax, request([])).await.body, "false");
        assert_eq!(ask(&optional, request([])).await.body, "false");
        let mut with_key = request([]);
        with_key.headers_mut().insert("x-api-key", HeaderValue::from_static("good"));
        assert_eq!(ask(&strict, with_key).await.body, "true", "the token of a key");
        // A preflight passes without any credential.
        let mut preflight = request([]);
        *preflight.method_mut() = Method::OPTIONS;
        let method = HeaderValue::from_static("GET");
        preflight.headers_mut().insert("access-control-request-method", method);
        assert_eq!(ask(&strict, preflight).await.body, "false");
        // The text of a key, or of a token that another layer let pass, is no token for it.
        for value in [forged.as_str(), "good"] {
            assert_eq!(ask(&strict, bearer(value)).await.status, StatusCode::UNAUTHORIZED);
        }
    }
    let (hits, misses, len) = counts(&verifier);
    assert_eq!((hits, misses, len), (0, 6, 0), "the forged one, twice a round");
    assert_eq!(ask(&lax, bearer(&token(&issuer))).await.body, "true");
    assert_eq!(counts(&verifier).2, 1);
}

#[tokio::test]
async fn r189_a_token_is_the_same_wherever_it_was_found() {
    let issuer = Issuer::for_tests();
    let verifier = cached(&issuer);
    let layer =
        JwtAuthLayer::new(verifier.clone()).token_source(TokenSource::query("access_token"));
    let app = app(layer);
    let token = token(&issuer);
    assert_eq!(ask(&app, bearer(&token)).await.body, "alice");
    let query = Request::get(format!("/?access_token={token}")).body(axum::body::Body::empty());
    assert_eq!(ask(&app, query.unwrap()).await.body, "alice");
    assert_eq!(counts(&verifier), (1, 1, 1));
}
