//! API keys beside tokens and instead of them (requirements 190, 192 to 194).

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::routing::get;
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use tower::{Layer, Service, ServiceExt};
use tower_bearer::{
    ApiKeyCheck, ApiKeySource, AuthErrorKind, Challenge, Claims, CurrentUser, Grant, Issuer,
    JwtAuthLayer, RejectionFormat, Revocations, SubjectStore, Token, TokenKind, VerifiedApiKey,
    check_async, require, require_role, require_scopes, scopes,
};

use super::support::{Answer, ask, at, bearer, request, token};

/// Knows `good` with the scope `data:read`, `busy`, and nothing else; counts what it is asked.
#[derive(Clone, Default)]
pub(super) struct Keys(Arc<AtomicUsize>);

impl ApiKeySource for Keys {
    type Error = std::fmt::Error;

    async fn check_api_key(&self, key: &str) -> Result<ApiKeyCheck, std::fmt::Error> {
        self.0.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        match key {
            "good" => {
                let mut key = VerifiedApiKey::new("key-1", "alice");
                key.scopes = vec!["data:read".to_owned(), "no scope".to_owned()];
                key.expires_at = Some(Duration::from_secs(1_800_000_000));
                Ok(ApiKeyCheck::Valid(key))
            }
            "busy" => Ok(ApiKeyCheck::RateExceeded { retry_after: Duration::from_millis(1500) }),
            "down" => Err(std::fmt::Error),
            _ => Ok(ApiKeyCheck::Invalid),
        }
    }
}

impl Keys {
    pub(super) fn asked(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

async fn who(token: Token) -> String {
    let kind = if token.is_api_key() { "key" } else { "token" };
    format!("{kind} of {}", token.subject().unwrap_or_default())
}

pub(super) fn app(layer: JwtAuthLayer) -> Router {
    Router::new()
        .route("/", get(who))
        .route("/data", get(who).route_layer(require_scopes(["data:read"])))
        .route("/write", get(who).route_layer(require_scopes(["data:write"])))
        .route("/admin", get(who).route_layer(require_role("admin")))
        .route("/people", get(who).route_layer(require(|token: &Token| !token.is_api_key())))
        .route("/claims", get(|_: Claims<serde_json::Value>| async { "claims" }))
        .route(
            "/anonymous",
            get(|token: Option<Token>| async move { format!("{}", token.is_some()) }),
        )
        .route("/headers", get(|headers: HeaderMap| async move { format!("{headers:?}") }))
        .layer(layer)
}

pub(super) fn both(issuer: &Issuer) -> JwtAuthLayer {
    JwtAuthLayer::new(issuer.verifier().unwrap()).api_keys(Keys::default())
}

pub(super) fn only() -> JwtAuthLayer {
    JwtAuthLayer::api_keys_only(Keys::default())
}

pub(super) fn with_key(key: &str) -> Request<axum::body::Body> {
    let mut request = request([]);
    request.headers_mut().append("x-api-key", HeaderValue::from_str(key).unwrap());
    request
}

pub(super) fn in_authorization(key: &str) -> Request<axum::body::Body> {
    request([format!("ApiKey {key}").as_bytes()])
}

pub(super) fn refused(answer: &Answer) -> (u16, AuthErrorKind) {
    (answer.status.as_u16(), answer.kind.expect("a refusal"))
}

#[tokio::test]
async fn r190_a_missing_key_is_a_401_with_a_challenge() {
    let answer = ask(&app(only()), request([])).await;
    assert_eq!(refused(&answer), (401, AuthErrorKind::MissingCredentials));
    assert_eq!((answer.challenge, answer.others), (None, vec![r#"ApiKey realm="api""#.to_owned()]));

    let issuer = Issuer::for_tests();
    let answer = ask(&app(both(&issuer)), at("/data", request([]))).await;
    assert_eq!(answer.challenge.as_deref(), Some(r#"Bearer realm="api""#));
    assert_eq!(answer.others, [r#"ApiKey realm="api""#]);

    for layer in
        [only().realm("the \"shop\"").unwrap(), both(&issuer).realm("the \"shop\"").unwrap()]
    {
        let offered = Challenge::new("ApiKey", "another").unwrap();
        let answer = ask(&app(layer.other_challenge(offered).unwrap()), request([])).await;
        assert_eq!(answer.others, [r#"ApiKey realm="the \"shop\"""#], "a scheme is offered once");
    }
}

#[tokio::test]
async fn a_layer_without_keys_knows_nothing_of_them() {
    let issuer = Issuer::for_tests();
    let app = app(JwtAuthLayer::new(issuer.verifier().unwrap()));
    for request in [with_key("good"), in_authorization("good")] {
        let answer = ask(&app, request).await;
        assert_eq!(refused(&answer), (401, AuthErrorKind::MissingCredentials));
        assert_eq!(answer.others, [""; 0]);
    }
}

#[tokio::test]
async fn a_key_passes_in_either_header() {
    let issuer = Issuer::for_tests();
    for layer in [both(&issuer), only()] {
        let app = app(layer);
        let lower_case = request([b"apikey   good"]);
        for request in [with_key("good"), in_authorization("good"), lower_case] {
            let answer = ask(&app, at("/data", request)).await;
            assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "key of alice"));
        }
    }
    let answer = ask(&app(both(&issuer)), bearer(&token(&issuer))).await;
    assert_eq!(answer.body, "token of alice");
}

#[tokio::test]
async fn r192_a_key_that_is_not_valid_is_one_401() {
    let issuer = Issuer::for_tests();
    for request in [with_key("unknown"), in_authorization("unknown")] {
        let answer = ask(&app(both(&issuer)), at("/data", request)).await;
        assert_eq!(refused(&answer), (401, AuthErrorKind::InvalidApiKey));
        // Nothing was wrong with a token: there was none.
        assert_eq!(answer.challenge.as_deref(), Some(r#"Bearer realm="api""#));
        assert_eq!(answer.others, [r#"ApiKey realm="api""#]);
        assert!(answer.body.contains("invalid_api_key"), "{}", answer.body);
    }
    let answer = ask(&app(only()), with_key("unknown")).await;
    assert_eq!((answer.challenge, answer.others), (None, vec![r#"ApiKey realm="api""#.to_owned()]));
    let problem = only().rejection_format(RejectionFormat::Problem);
    let answer = ask(&app(problem), with_key("unknown")).await;
    assert!(answer.body.contains(r#""detail":"the API key is not valid""#), "{}", answer.body);
    let hidden = ask(&app(only().hide_reason()), with_key("unknown")).await;
    assert_eq!(hidden.body, r#"{"error":"invalid_token","error_code":"invalid_token"}"#);
}

#[tokio::test]
async fn r193_a_key_is_a_principal_of_its_own() {
    async fn seen(token: Token) {
        assert_eq!(token.kind(), TokenKind::ApiKey);
        assert_eq!((token.id(), token.subject()), (Some("key-1"), Some("alice")));
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        assert_eq!((token.expires_at(), token.issued_at()), (Some(end), None));
        assert_eq!((token.session_id(), token.client_id(), token.issuer()), (None, None, None));
        assert_eq!(token.scopes().collect::<Vec<_>>(), ["data:read"], "what is no scope is none");
        assert_eq!(token.roles().count() + token.audiences().count(), 0);
        assert!(token.claims::<serde_json::Value>().is_err());
    }
    let app_of_keys = Router::new().route("/", get(seen)).layer(only());
    assert_eq!(ask(&app_of_keys, with_key("good")).await.status, StatusCode::OK);

    let issuer = Issuer::for_tests();
    let app = app(both(&issuer));
    for path in ["/people", "/admin"] {
        let answer = ask(&app, at(path, with_key("good"))).await;
        assert_eq!(refused(&answer), (403, AuthErrorKind::Forbidden), "{path}");
        assert_eq!(
            (answer.challenge, answer.others),
            (None, vec![r#"ApiKey realm="api""#.to_owned()])
        );
    }
    assert_eq!(ask(&app, at("/people", bearer(&token(&issuer)))).await.status, StatusCode::OK);
    assert_eq!(
        issuer.verifier().unwrap().verify(&token(&issuer)).await.unwrap().kind(),
        TokenKind::Jwt
    );
}

#[tokio::test]
async fn r193_what_asks_for_claims_refuses_a_key() {
    let issuer = Issuer::for_tests();
    let answer = ask(&app(both(&issuer)), at("/claims", with_key("good"))).await;
    assert_eq!(refused(&answer), (403, AuthErrorKind::ApiKeyNotAccepted));
    assert!(answer.body.contains("api_key_not_accepted"), "{}", answer.body);
    // A token would do.
    assert_eq!(answer.challenge.as_deref(), Some(r#"Bearer realm="api""#));
    assert_eq!(answer.others, [""; 0]);
    let answer = ask(&app(both(&issuer)), at("/claims", bearer(&token(&issuer)))).await;
    assert_eq!(answer.body, "claims");
}

#[tokio::test]
async fn r194_a_key_that_lacks_a_scope_is_told_in_its_own_scheme() {
    let issuer = Issuer::for_tests();
    let of_the_layer = both(&issuer).require(scopes(["data:write"]));
    let later =
        both(&issuer).require((scopes(["data:write"]), check_async(|_: Token| async { true })));
    for (layer, path) in
        [(both(&issuer), "/write"), (only(), "/write"), (of_the_layer, "/"), (later, "/")]
    {
        let answer = ask(&app(layer), at(path, with_key("good"))).await;
        assert_eq!(refused(&answer), (403, AuthErrorKind::InsufficientScope));
        assert_eq!(answer.challenge, None, "`error` is a parameter of Bearer");
        assert_eq!(answer.others, [r#"ApiKey realm="api", scope="data:write""#]);
        assert!(answer.body.contains(r#""error":"insufficient_scope""#), "{}", answer.body);
    }
    let narrow = issuer.issue(&Grant::new("alice").scopes(["data:read"])).unwrap();
    let answer = ask(&app(both(&issuer)), at("/write", bearer(&narrow))).await;
    assert_eq!(answer.parameter("error").as_deref(), Some("insufficient_scope"));
    assert_eq!(answer.others, [""; 0]);
    // What passes the layer's own policy, at once or later, passes.
    let asked =
        both(&issuer).require((scopes(["data:read"]), check_async(|_: Token| async { true })));
    assert_eq!(ask(&app(asked), with_key("good")).await.body, "key of alice");
    let denied = both(&issuer).require(check_async(|_: Token| async { false }));
    let answer = ask(&app(denied), with_key("good")).await;
    assert_eq!(refused(&answer), (403, AuthErrorKind::Forbidden));
}

#[tokio::test]
async fn r194_a_key_that_is_used_too_often_has_to_wait() {
    let issuer = Issuer::for_tests();
    for layer in [both(&issuer), only(), only().optional(), only().optional_even_if_invalid()] {
        let answer = ask(&app(layer), at("/anonymous", with_key("busy"))).await;
        assert_eq!(refused(&answer), (429, AuthErrorKind::ApiKeyRateExceeded));
        assert_eq!(answer.headers[RETRY_AFTER], "2", "in whole seconds, and not too early");
        assert_eq!((answer.challenge, answer.others), (None, vec![]));
        assert!(answer.body.contains(r#""error":"rate_exceeded""#), "{}", answer.body);
    }
}

#[tokio::test]
async fn r31_while_the_source_is_away_nothing_is_said_about_the_key() {
    for layer in [only(), only().optional_even_if_invalid()] {
        let answer = ask(&app(layer), at("/anonymous", with_key("down"))).await;
        assert_eq!(refused(&answer), (503, AuthErrorKind::Unavailable));
        assert_eq!(answer.headers[RETRY_AFTER], "1");
        assert_eq!((answer.challenge, answer.others), (None, vec![]));
    }
}

#[tokio::test]
async fn r39_optional_keys() {
    let issuer = Issuer::for_tests();
    for optional in [both(&issuer).optional(), only().optional()] {
        let app = app(optional);
        assert_eq!(ask(&app, at("/anonymous", request([]))).await.body, "false");
        assert_eq!(ask(&app, at("/anonymous", with_key("good"))).await.body, "true");
        let answer = ask(&app, at("/anonymous", with_key("bad"))).await;
        assert_eq!(refused(&answer), (401, AuthErrorKind::InvalidApiKey));
    }
    let lenient = app(both(&issuer).optional_even_if_invalid());
    for request in [with_key("bad"), with_key("two words")] {
        assert_eq!(ask(&lenient, at("/anonymous", request)).await.body, "false");
    }
    let answer = ask(&lenient, at("/data", with_key("bad"))).await;
    assert_eq!(refused(&answer), (401, AuthErrorKind::MissingCredentials));
}

#[tokio::test]
async fn a_preflight_needs_no_key_and_an_outer_key_is_not_an_inner_layers() {
    let mut preflight = request([]);
    *preflight.method_mut() = Method::OPTIONS;
    let asked = HeaderValue::from_static("GET");
    preflight.headers_mut().insert("access-control-request-method", asked);
    assert_eq!(ask(&app(only()), preflight).await.status, StatusCode::METHOD_NOT_ALLOWED);

    let issuer = Issuer::for_tests();
    let inner = JwtAuthLayer::new(issuer.verifier().unwrap()).optional();
    let nested = Router::new().route("/", get(who)).layer(inner).layer(only());
    let answer = ask(&nested, with_key("good")).await;
    assert_eq!(refused(&answer), (401, AuthErrorKind::MissingCredentials));
    assert_eq!(answer.challenge.as_deref(), Some(r#"Bearer realm="api""#));
}

#[tokio::test]
async fn r128_whether_a_key_was_revoked_its_source_knows() {
    #[derive(Clone)]
    struct All;

    impl Revocations for All {
        type Error = Infallible;

        async fn is_revoked(&self, _: &Token) -> Result<bool, Infallible> {
            Ok(true)
        }
    }

    let issuer = Issuer::for_tests();
    let app = app(both(&issuer).revocations(All));
    assert_eq!(ask(&app, with_key("good")).await.body, "key of alice");
    let answer = ask(&app, bearer(&token(&issuer))).await;
    assert_eq!(refused(&answer), (401, AuthErrorKind::Revoked));
}

#[tokio::test]
async fn r73_the_owner_of_a_key_is_loaded_as_that_of_a_token() {
    #[derive(Clone)]
    struct People(bool);

    impl SubjectStore for People {
        type Subject = String;
        type Error = Infallible;

        async fn active_subject(&self, token: &Token) -> Result<Option<String>, Infallible> {
            Ok(token.subject().filter(|_| self.0).map(str::to_uppercase))
        }
    }

    async fn name(CurrentUser(name): CurrentUser<String>, token: Token) -> String {
        assert!(token.is_api_key());
        name
    }
    let app = |people| Router::new().route("/", get(name)).layer(only().users(people));
    assert_eq!(ask(&app(People(true)), with_key("good")).await.body, "ALICE");
    let answer = ask(&app(People(false)), with_key("good")).await;
    assert_eq!(refused(&answer), (401, AuthErrorKind::InactiveSubject));
    assert_eq!(answer.others, [r#"ApiKey realm="api""#]);
}

/// Counts its clones: a request that waits takes one, and one that does not takes none.
struct Counted(Arc<AtomicUsize>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(&self.0))
    }
}

impl tower::Service<Request<axum::body::Body>> for Counted {
    type Response = http::Response<axum::body::Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<axum::body::Body>) -> Self::Future {
        std::future::ready(Ok(http::Response::default()))
    }
}

#[tokio::test]
async fn a_token_is_not_waited_for_where_keys_are_taken_too() {
    let issuer = Issuer::for_tests();
    let clones = Arc::new(AtomicUsize::new(0));
    let mut service = both(&issuer).layer(Counted(Arc::clone(&clones)));
    for (request, expected) in [(bearer(&token(&issuer)), 0), (with_key("good"), 1)] {
        let future = service.ready().await.unwrap().call(request);
        assert_eq!(clones.swap(0, Ordering::SeqCst), expected);
        assert_eq!(future.await.unwrap().status(), StatusCode::OK);
    }
}
