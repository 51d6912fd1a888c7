//! Requests through the layer, policies, extractors and `require_https`.

use axum::Router;
use axum::routing::get;
use http::Method;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, HeaderValue};
use tower_bearer::{
    ApiKeyVerifier, ApiKeys, Clock, HasRole, Issuer, JwtAuthLayer, MemoryStore, NewApiKey, NewUser,
    RequiredRoles, SchemeSource, Token, TokenCache, UserStore, Username, require_https,
    require_role,
};

use crate::http_support::{app, ask, at, bearer, request, subject, token};
use crate::recorded::changes;

struct Staff;

impl RequiredRoles for Staff {
    const ROLES: &'static [&'static str] = &["teacher"];
}

#[tokio::test]
async fn a_good_token_counts_once_and_its_time_once() {
    let issuer = Issuer::for_tests();
    let (app, token) = (app(&issuer), token(&issuer));
    for times in 1..=3 {
        let seen = changes(async {
            for _ in 0..times {
                assert_eq!(ask(&app, bearer(&token)).await.status, 200);
            }
        });
        let expected = [
            format!("requests_authenticated_total{{token}} {times}"),
            format!("verify_seconds {times}"),
        ];
        assert_eq!(seen.await, expected);
    }
}

#[tokio::test]
async fn a_refusal_counts_by_its_reason_and_by_whom() {
    let issuer = Issuer::for_tests();
    let app = Router::new()
        .route("/", get(subject))
        .route("/policy", get(subject).route_layer(require_role("admin")))
        .route("/extractor", get(async |_: HasRole<Staff>| ""))
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()))
        .route("/bare", get(subject));
    let (good, forged) = (token(&issuer), token(&Issuer::for_tests()));
    let refused = |reason, by| format!("requests_refused_total{{{reason},{by}}} 1");
    let verified = "verify_seconds 1".to_owned();
    let passed = "requests_authenticated_total{token} 1".to_owned();
    let cases = [
        (request([]), vec![refused("missing_credentials", "layer")]),
        (bearer(&forged), vec![refused("invalid_signature", "layer"), verified.clone()]),
        (bearer("no.jwt"), vec![refused("malformed_token", "layer"), verified.clone()]),
        (
            request([b"Bearer a b"]),
            vec![refused("malformed_credentials", "layer"), verified.clone()],
        ),
        (request([b"Bearer x", b"Bearer y"]), vec![refused("multiple_credentials", "layer")]),
        (
            at("/policy", bearer(&good)),
            vec![passed.clone(), refused("access_denied", "policy"), verified.clone()],
        ),
        (
            at("/extractor", bearer(&good)),
            vec![passed, refused("access_denied", "extractor"), verified],
        ),
        (at("/bare", bearer(&good)), vec![refused("missing_layer", "extractor")]),
    ];
    for (request, expected) in cases {
        let uri = request.uri().clone();
        let seen = changes(async {
            ask(&app, request).await;
        });
        assert_eq!(seen.await, expected, "{uri}");
    }
}

#[tokio::test]
async fn what_a_handler_of_tonic_refuses_counts_as_what_an_extractor_does() {
    let seen = changes(async {
        let status = Token::of(&http::Extensions::new()).map_err(tonic::Status::from).unwrap_err();
        assert_eq!(status.code(), tonic::Code::Internal);
    });
    assert_eq!(seen.await, ["requests_refused_total{missing_layer,extractor} 1"]);
}

#[tokio::test]
async fn what_is_documented_is_not_refused() {
    let layer = JwtAuthLayer::new(Issuer::for_tests().verifier().unwrap());
    let seen = changes(async {
        let mut document = tower_bearer::LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
            .administration("admin")
            .openapi();
        layer.document(&mut document);
        assert!(document.to_json().unwrap().contains("WWW-Authenticate"));
    });
    assert_eq!(seen.await, Vec::<String>::new());
}

#[tokio::test]
async fn a_request_that_is_not_judged_counts_nowhere() {
    let app = app(&Issuer::for_tests());
    let mut preflight = request([]);
    *preflight.method_mut() = Method::OPTIONS;
    let asked = HeaderValue::from_static("GET");
    preflight.headers_mut().insert(ACCESS_CONTROL_REQUEST_METHOD, asked);
    let seen = changes(async {
        ask(&app, preflight).await;
    });
    assert_eq!(seen.await, Vec::<String>::new());
}

#[tokio::test]
async fn an_anonymous_request_counts_as_such_and_an_optional_extractor_refuses_nothing() {
    let issuer = Issuer::for_tests();
    let app: Router = Router::new()
        .route("/", get(async |token: Option<Token>| token.is_some().to_string()))
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()).optional());
    let seen = changes(async {
        assert_eq!(ask(&app, request([])).await.body, "false");
    });
    assert_eq!(seen.await, ["requests_authenticated_total{none} 1"]);
}

#[tokio::test]
async fn an_api_key_counts_as_one() {
    let (store, now) = (MemoryStore::new(), Clock::system().now());
    let alice = NewUser::new(Username::new("alice").unwrap(), "$argon2id$").scopes(["me"]);
    let alice = store.insert_user(alice, now).await.unwrap();
    let key = NewApiKey::new(&alice.id, "backup").scopes(["me"]);
    let key = ApiKeys::new().issue(&store, key, now).await.unwrap().key;
    let app: Router = Router::new()
        .route("/", get(async || ""))
        .layer(JwtAuthLayer::api_keys_only(ApiKeyVerifier::new(store)));
    let with = |key: &str| request([format!("ApiKey {key}").as_bytes()]);
    let seen = changes(async {
        assert_eq!(ask(&app, with(key.as_str())).await.status, 200);
    });
    assert_eq!(seen.await, ["requests_authenticated_total{api_key} 1"]);
    let seen = changes(async {
        assert_eq!(ask(&app, with("tb_wrong")).await.status, 401);
    });
    assert_eq!(seen.await, ["requests_refused_total{invalid_api_key,layer} 1"]);
}

#[tokio::test]
async fn plain_http_counts_as_a_refusal() {
    let app: Router =
        Router::new().route("/", get(async || "")).layer(require_https(SchemeSource::connection()));
    let seen = changes(async {
        assert_eq!(ask(&app, request([])).await.status, 403);
    });
    assert_eq!(seen.await, ["requests_refused_total{https_required,https} 1"]);
}

#[tokio::test]
async fn the_cache_counts_and_what_it_knows_takes_no_time() {
    let issuer = Issuer::for_tests();
    let verifier = issuer.verifier().unwrap().cached(TokenCache::new(2));
    let app: Router = Router::new().route("/", get(subject)).layer(JwtAuthLayer::new(verifier));
    let tokens: Vec<String> = (0..4).map(|_| token(&issuer)).collect();
    let ask_with = async |token: &str| {
        assert_eq!(ask(&app, bearer(token)).await.status, 200);
    };
    let seen = changes(async {
        ask_with(&tokens[0]).await;
        ask_with(&tokens[0]).await;
    });
    let expected = [
        "requests_authenticated_total{token} 2",
        "token_cache_lookups_total{hit} 1",
        "token_cache_lookups_total{miss} 1",
        "token_cache_tokens 1",
        "verify_seconds 1",
    ];
    assert_eq!(seen.await, expected);
    let seen = changes(async {
        for token in &tokens[1..] {
            ask_with(token).await;
        }
    });
    let expected = [
        "requests_authenticated_total{token} 3",
        "token_cache_evictions_total 2",
        "token_cache_lookups_total{miss} 3",
        "token_cache_tokens 1",
        "verify_seconds 3",
    ];
    assert_eq!(seen.await, expected);
    let seen = changes(async { drop(app) });
    assert_eq!(seen.await, ["token_cache_tokens -2"]);
}

#[tokio::test]
async fn the_same_without_a_recorder() {
    let issuer = Issuer::for_tests();
    assert_eq!(ask(&app(&issuer), bearer(&token(&issuer))).await.status, 200);
    assert_eq!(ask(&app(&issuer), request([])).await.status, 401);
}
