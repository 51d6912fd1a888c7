//! Any body to the token endpoint: tokens for the one user's password and for nothing else, every
//! other answer one of a closed set. The first line of the input is the `Content-Type`, the second
//! `Authorization`, each left out where it is empty; the rest is the body.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt;
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;
use tower_bearer::{
    Clock, Hasher, Issuer, LoginRouter, LoginThrottle, MemoryStore, NewUser, RefreshStore,
    UserStore, Username, Verifier,
};
use tower_bearer_fuzz::{NOW, ready};

const PASSWORD: &str = "correct horse battery staple";
const SCOPES: [&str; 2] = ["me", "items:read"];
const BODY_LIMIT: usize = 1024;

struct Bench {
    runtime: Runtime,
    router: Router,
    store: MemoryStore,
    verifier: Verifier,
}

static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().build().unwrap();
    let clock = Clock::manual(Duration::from_secs(NOW));
    let issuer = Issuer::for_tests().clock(clock.clone());
    let hasher = Hasher::builder().insecure_parameters(8, 1, 1).build().unwrap();
    let store = MemoryStore::new();
    runtime.block_on(async {
        let hash = hasher.hash(PASSWORD).await.unwrap();
        let alice = NewUser::new(Username::new("alice").unwrap(), hash).scopes(SCOPES);
        store.insert_user(alice, clock.now()).await.unwrap();
    });
    let verifier = issuer.verifier().unwrap();
    // Or all inputs but the first few would be refused for their number.
    let router = LoginRouter::new(store.clone(), issuer)
        .hasher(hasher)
        .body_limit(BODY_LIMIT)
        .throttle(LoginThrottle::off());
    Bench { runtime, router: router.into_router(), store, verifier }
});

fuzz_target!(|data: &[u8]| -> Corpus {
    let mut lines = data.splitn(3, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (content_type, authorization, body) = (line(), line(), line());
    let mut request = Request::post("/token").body(Body::from(body.to_vec())).unwrap();
    for (name, value) in [(CONTENT_TYPE, content_type), (AUTHORIZATION, authorization)] {
        let Ok(value) = HeaderValue::from_bytes(value) else { return Corpus::Reject };
        if !value.is_empty() {
            request.headers_mut().insert(name, value);
        }
    }
    let answer = BENCH.runtime.block_on(ask(request));
    assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
    let json: BTreeMap<String, Value> = serde_json::from_slice(answer.body()).unwrap();

    let expected = expected(content_type, body);
    if answer.status() == StatusCode::OK {
        assert!(expected.contains(&"ok"), "tokens for {}", body.escape_ascii());
        assert_tokens(&json);
    } else {
        assert_refusal(answer.status(), &json, expected);
    }
    Corpus::Keep
});

async fn ask(request: Request<Body>) -> Response<Vec<u8>> {
    let (parts, body) = BENCH.router.clone().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    // Runs must not remember each other, nor fill the memory.
    BENCH.store.delete_expired_sessions(Duration::MAX).await.unwrap();
    Response::from_parts(parts, body)
}

/// What the endpoint may say: "ok", or an error of RFC 6749, section 5.2.
fn expected(content_type: &[u8], body: &[u8]) -> &'static [&'static str] {
    let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    let form = b"application/x-www-form-urlencoded";
    if body.len() > BODY_LIMIT || !essence.trim_ascii().eq_ignore_ascii_case(form) {
        return &["invalid_request"];
    }
    let pairs: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    let params: BTreeMap<&str, &str> =
        pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
    if params.len() < pairs.len() {
        return &["invalid_request"];
    }
    let of = |name: &str| params.get(name).copied().filter(|value| !value.is_empty());
    let right = of("username").is_some_and(is_alice) && of("password") == Some(PASSWORD);
    let scope = of("scope");
    let granted = scope.is_none_or(|scope| scope.split(' ').any(|one| SCOPES.contains(&one)));
    match of("grant_type") {
        None => &["invalid_request"],
        Some("password") if !right => &["invalid_request", "invalid_scope", "invalid_grant"],
        Some("password") if !granted => &["invalid_request", "invalid_scope"],
        // The plainest of logins succeeds. One that says more may have said it wrongly.
        Some("password") if params.len() == 3 => &["ok"],
        Some("password") => &["ok", "invalid_request", "invalid_scope"],
        // None is about.
        Some("refresh_token") => &["invalid_request", "invalid_scope", "invalid_grant"],
        Some(_) => &["invalid_request", "unsupported_grant_type"],
    }
}

fn is_alice(name: &str) -> bool {
    Username::new(name).is_ok_and(|name| name.key() == "alice")
}

fn assert_tokens(json: &BTreeMap<String, Value>) {
    let text = |name: &str| json[name].as_str().unwrap();
    assert_eq!(json.len(), 5);
    assert_eq!((text("token_type"), &json["expires_in"]), ("Bearer", &Value::from(900)));
    assert_eq!(text("refresh_token").len(), 87);
    assert!(text("scope").split(' ').all(|scope| SCOPES.contains(&scope)));
    let token = ready(BENCH.verifier.verify(text("access_token"))).unwrap();
    assert_eq!(token.scopes().collect::<Vec<_>>().join(" "), text("scope"));
}

fn assert_refusal(status: StatusCode, json: &BTreeMap<String, Value>, expected: &[&str]) {
    let error = json["error"].as_str().unwrap();
    let description = json["error_description"].as_str().unwrap();
    assert!(expected.contains(&error), "{error}: {description}");
    assert_eq!(json.len(), 2);
    let too_large = description == "the body is too large";
    assert_eq!(status, if too_large { 413 } else { 400 });
    // One of these, so that nothing of what was sent is in it.
    assert!(DESCRIPTIONS.contains(&description), "{description}");
}

const DESCRIPTIONS: &[&str] = &[
    "a parameter is repeated",
    "grant_type is required",
    "refresh_token is required",
    "the body is too large",
    "the client_id is malformed",
    "the content type must be application/x-www-form-urlencoded",
    "the credentials are not valid",
    "the form is not UTF-8",
    "the grant type is not supported here",
    "the scope is malformed, unknown or goes beyond what may be granted",
    "username and password are required",
];
