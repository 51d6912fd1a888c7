//! Faults that authentication layers are known for, each by the test that would find it here.

use axum::routing::{get, post};
use axum::{Json, Router};
use http::{Method, StatusCode, header};
use serde::Deserialize;
use serde_json::Value;
use tower::{Service, ServiceBuilder};
use tower_bearer::{
    Grant, HasRole, Issuer, JwtAuthLayer, RequiredRoles, RequiredScopes, Scoped, Token,
    TokenSource, check_async, not, require, require_role, require_scopes, scopes,
};

use super::services::{Strict, ready, with};
use super::support::{answer, ask, at, bearer, request, subject, token};

fn layer(issuer: &Issuer) -> JwtAuthLayer {
    JwtAuthLayer::new(issuer.verifier().unwrap())
}

struct Writes;

impl RequiredScopes for Writes {
    const SCOPES: &'static [&'static str] = &["write"];
}

struct Staff;

impl RequiredRoles for Staff {
    const ROLES: &'static [&'static str] = &["staff"];
}

#[tokio::test]
async fn r28_a_malformed_request_is_400_and_a_lacking_token_is_not() {
    let issuer = Issuer::for_tests();
    let app = Router::new()
        .route("/", get(subject))
        .layer(layer(&issuer).token_source(TokenSource::query("access_token")));
    for request in [
        request([b"Bearer"]),
        request([b"Bearer a b"]),
        request([b"Bearer \xff"]),
        request([b"Bearer a", b"Bearer a"]),
        bearer(&"a".repeat(9000)),
        at("/?access_token=%FF", request([])),
        at("/?access_token=a&access_token=b", request([])),
    ] {
        let answer = ask(&app, request).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.parameter("error").as_deref(), Some("invalid_request"));
        assert_eq!(answer.parameter("realm").as_deref(), Some("api"));
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["error"], "invalid_request");
    }
    assert_eq!(ask(&app, request([])).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn nobody_is_a_401_at_every_guard_and_somebody_a_403() {
    let issuer = Issuer::for_tests();
    let later = || require(check_async(|_: Token| async { false }));
    let routes = Router::new()
        .route("/scope", get(async || "").route_layer(require_scopes(["write"])))
        .route("/role", get(async || "").route_layer(require_role("staff")))
        .route("/closure", get(async || "").route_layer(require(|_: &Token| false)))
        .route("/not", get(async || "").route_layer(require(not(|_: &Token| true))))
        .route("/later", get(async || "").route_layer(later()))
        .route("/scoped", get(async |_: Scoped<Writes>| ""))
        .route("/has-role", get(async |_: HasRole<Staff>| ""));
    for layer in [layer(&issuer), layer(&issuer).optional()] {
        let app = routes.clone().layer(layer);
        for path in ["/scope", "/role", "/closure", "/not", "/later", "/scoped", "/has-role"] {
            let nobody = ask(&app, at(path, request([]))).await;
            assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(nobody.parameter("error"), None, "{path}");
            let alice = ask(&app, at(path, bearer(&token(&issuer)))).await;
            assert_eq!(alice.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
}

#[derive(Deserialize)]
struct Post {
    title: String,
}

#[tokio::test]
async fn bad_json_does_not_win_over_a_403() {
    let issuer = Issuer::for_tests();
    let later = check_async(|token: Token| async move { token.has_role("staff") });
    let plain = || post(async |Json(post): Json<Post>| post.title);
    let app = Router::new()
        .route("/scope", plain().route_layer(require_scopes(["write"])))
        .route("/later", plain().route_layer(require(later)))
        .route("/scoped", post(async |_: Scoped<Writes>, Json(post): Json<Post>| post.title))
        .route("/has-role", post(async |_: HasRole<Staff>, Json(post): Json<Post>| post.title))
        .layer(layer(&issuer));
    let poor = token(&issuer);
    let rich = issuer.issue(&Grant::new("bob").scopes(["write"]).roles(["staff"])).unwrap();
    for path in ["/scope", "/later", "/scoped", "/has-role"] {
        for (body, parsed) in [
            (r#"{"title":"#, StatusCode::BAD_REQUEST),
            ("{}", StatusCode::UNPROCESSABLE_ENTITY),
            (r#"{"title":"good"}"#, StatusCode::OK),
        ] {
            let with_body = |mut request: http::Request<axum::body::Body>| {
                *request.method_mut() = Method::POST;
                let json = "application/json".parse().unwrap();
                request.headers_mut().insert(header::CONTENT_TYPE, json);
                *request.body_mut() = body.into();
                at(path, request)
            };
            for (request, status) in [
                (request([]), StatusCode::UNAUTHORIZED),
                (bearer(&poor), StatusCode::FORBIDDEN),
                (bearer(&rich), parsed),
            ] {
                assert_eq!(ask(&app, with_body(request)).await.status, status, "{path} {body}");
            }
        }
    }
}

#[tokio::test]
async fn policy_layers_call_the_service_that_was_ready() {
    let issuer = Issuer::for_tests();
    let later = check_async(|token: Token| async move {
        tokio::task::yield_now().await;
        token.has_scope("b")
    });
    let mut service = ServiceBuilder::new()
        .layer(layer(&issuer))
        .layer(require(scopes(["a"])))
        .layer(require(later))
        .concurrency_limit(1)
        .service(Strict::default());
    let both = issuer.issue(&Grant::new("alice").scopes(["a", "b"])).unwrap();
    let one = issuer.issue(&Grant::new("alice").scopes(["a"])).unwrap();
    for (token, status) in [
        (Some(&both), StatusCode::OK),
        (Some(&one), StatusCode::FORBIDDEN),
        (Some(&token(&issuer)), StatusCode::FORBIDDEN),
        (None, StatusCode::UNAUTHORIZED),
        (Some(&both), StatusCode::OK),
    ] {
        let token = token.map(String::as_str);
        let response = ready(&mut service).await.call(with(token)).await.unwrap();
        assert_eq!(answer(response).await.status, status);
    }
}
