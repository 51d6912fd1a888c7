//! Optional authentication, missing layers, preflights, nesting, extractors.

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http::{Method, Request, StatusCode};
use serde::Deserialize;
use tower_bearer::{
    AuthErrorKind, Claims, Grant, Issuer, JwtAuthLayer, Token, require, require_role,
    require_scopes,
};

use super::support::{app, ask, at, bearer, request, subject, token};

#[derive(Deserialize)]
struct Tenant {
    sub: String,
    tenant: String,
}

async fn tenant(Claims(claims): Claims<Tenant>) -> String {
    format!("{} of {}", claims.sub, claims.tenant)
}

async fn maybe_tenant(claims: Option<Claims<Tenant>>) -> String {
    claims.map_or("nobody".to_owned(), |Claims(claims)| claims.sub)
}

async fn maybe(token: Option<Token>) -> String {
    token.and_then(|token| token.subject().map(str::to_owned)).unwrap_or("nobody".to_owned())
}

#[tokio::test]
async fn r39_optional_lets_the_absent_pass_and_not_the_wrong() {
    let issuer = Issuer::for_tests();
    let app = Router::new()
        .route("/", get(maybe))
        .route("/claims", get(maybe_tenant))
        .route("/must", get(subject))
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()).optional());
    let grant = Grant::new("alice").claim("tenant", "acme");
    let token = issuer.issue(&grant).unwrap();
    for path in ["/", "/claims"] {
        assert_eq!(ask(&app, at(path, request([]))).await.body, "nobody");
        assert_eq!(ask(&app, at(path, request([b"Basic YTpi"]))).await.body, "nobody");
        assert_eq!(ask(&app, at(path, bearer(&token))).await.body, "alice");
        let wrong = ask(&app, at(path, bearer("a.b.c"))).await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
        assert_eq!(wrong.parameter("error").as_deref(), Some("invalid_token"));
        let malformed = ask(&app, at(path, request([b"Bearer"]))).await;
        assert_eq!(malformed.status, StatusCode::BAD_REQUEST);
    }
    let answer = ask(&app, at("/must", request([]))).await;
    assert_eq!(answer.challenge.as_deref(), Some(r#"Bearer realm="api""#));
}

#[tokio::test]
async fn r39_a_mode_of_its_own_takes_the_wrong_for_absent() {
    let issuer = Issuer::for_tests();
    let layer = JwtAuthLayer::new(issuer.verifier().unwrap()).optional_even_if_invalid();
    let app =
        Router::new().route("/", get(maybe)).route("/must", get(subject)).layer(layer.clone());
    let forged = token(&Issuer::for_tests());
    for request in [
        request([]),
        request([b"Bearer"]),
        bearer("a.b.c"),
        bearer(&forged),
        request([b"Bearer a", b"Bearer b"]),
    ] {
        assert_eq!(ask(&app, request).await.body, "nobody");
    }
    assert_eq!(ask(&app, bearer(&token(&issuer))).await.body, "alice");
    let answer = ask(&app, at("/must", bearer(&forged))).await;
    assert_eq!(answer.challenge.as_deref(), Some(r#"Bearer realm="api""#));
    let strict = Router::new().route("/", get(maybe)).layer(layer.optional());
    assert_eq!(ask(&strict, bearer(&forged)).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn r40_without_the_layer_nobody_is_anonymous() {
    let issuer = Issuer::for_tests();
    let app = Router::new()
        .route("/token", get(subject))
        .route("/maybe", get(maybe))
        .route("/claims", get(tenant))
        .route("/maybe-claims", get(maybe_tenant))
        .route("/scope", get(|| async { "in" }).route_layer(require_scopes(["a"])))
        .route("/role", get(|| async { "in" }).route_layer(require_role("a")))
        .route("/policy", get(|| async { "in" }).route_layer(require(|_: &Token| true)));
    for path in ["/token", "/maybe", "/claims", "/maybe-claims", "/scope", "/role", "/policy"] {
        for request in [request([]), bearer(&token(&issuer))] {
            let answer = ask(&app, at(path, request)).await;
            assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
            assert_eq!(answer.challenge, None, "{path}");
            assert!(answer.body.contains("JwtAuthLayer"), "the text names the layer: {path}");
        }
    }
}

#[tokio::test]
async fn claims_of_another_shape_are_an_invalid_token() {
    let issuer = Issuer::for_tests();
    let app =
        Router::new().route("/", get(tenant)).layer(JwtAuthLayer::new(issuer.verifier().unwrap()));
    let answer = ask(&app, bearer(&token(&issuer))).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.kind, Some(AuthErrorKind::InvalidClaims));
    assert_eq!(answer.parameter("error").as_deref(), Some("invalid_token"));
    let token = issuer.issue(&Grant::new("alice").claim("tenant", "acme")).unwrap();
    assert_eq!(ask(&app, bearer(&token)).await.body, "alice of acme");
}

#[tokio::test]
async fn r35_a_preflight_passes_and_a_plain_options_does_not() {
    let issuer = Issuer::for_tests();
    let open = Router::new()
        .route("/", axum::routing::options(|| async { "cors" }).post(subject))
        .route_layer(require_scopes(["a"]))
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()));
    let options = |preflight: bool| {
        let mut request = Request::builder().method(Method::OPTIONS).uri("/");
        if preflight {
            request = request
                .header("origin", "https://app.example")
                .header("access-control-request-method", "POST");
        }
        request.body(Body::empty()).unwrap()
    };
    assert_eq!(ask(&open, options(true)).await.body, "cors");
    assert_eq!(ask(&open, options(false)).await.status, StatusCode::UNAUTHORIZED);
    let forgotten = Router::new()
        .route("/", axum::routing::options(|| async { "cors" }))
        .route_layer(require_scopes(["a"]));
    assert_eq!(ask(&forgotten, options(true)).await.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn nested_layers_each_verify_for_themselves() {
    let issuer = Issuer::for_tests();
    let (outer, inner) = (issuer.clone().audience("outer"), issuer.clone().audience("inner"));
    let app = Router::new()
        .route("/", get(subject))
        .layer(JwtAuthLayer::new(inner.verifier().unwrap()).realm("inner").unwrap())
        .layer(JwtAuthLayer::new(outer.verifier().unwrap()).realm("outer").unwrap());
    assert_eq!(ask(&app, bearer(&token(&issuer))).await.body, "alice");
    let twice = issuer.verifier().unwrap();
    let same = Router::new()
        .route("/", get(subject))
        .layer(JwtAuthLayer::new(twice.clone()))
        .layer(JwtAuthLayer::new(twice));
    assert_eq!(ask(&same, bearer(&token(&issuer))).await.body, "alice");

    // Two issuers: whom the outer accepts, the inner still refuses.
    let other = Issuer::for_tests();
    let mixed = Router::new()
        .route("/", get(subject))
        .layer(JwtAuthLayer::new(other.verifier().unwrap()).realm("inner").unwrap())
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()));
    let answer = ask(&mixed, bearer(&token(&issuer))).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.parameter("realm").as_deref(), Some("inner"));
}

#[tokio::test]
async fn the_check_comes_before_the_body_is_read() {
    let issuer = Issuer::for_tests();
    async fn create(body: String) -> String {
        body
    }
    let app = Router::new()
        .route("/", post(create).route_layer(require_scopes(["write"])))
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()));
    let bad_body = || {
        let mut request = bearer(&token(&issuer));
        *request.method_mut() = Method::POST;
        *request.body_mut() = Body::from(vec![0xff]);
        request
    };
    assert_eq!(ask(&app, bad_body()).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn r38_unknown_paths_are_404_under_route_layer() {
    let issuer = Issuer::for_tests();
    let app = Router::new()
        .route("/", get(subject))
        .route_layer(JwtAuthLayer::new(issuer.verifier().unwrap()));
    assert_eq!(ask(&app, at("/nowhere", request([]))).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ask(&app, request([])).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_extractor_leaves_the_token_for_the_next() {
    let issuer = Issuer::for_tests();
    async fn both(first: Token, second: Token) -> String {
        format!("{:?} {:?}", first.subject(), second.subject())
    }
    let twice =
        Router::new().route("/", get(both)).layer(JwtAuthLayer::new(issuer.verifier().unwrap()));
    assert_eq!(ask(&twice, bearer(&token(&issuer))).await.body, r#"Some("alice") Some("alice")"#);
    assert_eq!(ask(&app(&issuer), bearer(&token(&issuer))).await.body, "alice");
}

#[tokio::test]
async fn a_token_that_somebody_else_left_is_not_this_layers() {
    let (issuer, other) = (Issuer::for_tests(), Issuer::for_tests());
    let foreign = other.verifier().unwrap().verify(&token(&other)).await.unwrap();
    let app = Router::new()
        .route("/", get(maybe))
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()).optional());
    let mut request = request([]);
    request.extensions_mut().insert(foreign);
    assert_eq!(ask(&app, request).await.body, "nobody");
}
