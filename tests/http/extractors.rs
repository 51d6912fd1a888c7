//! Scopes and roles in the signature of a handler (requirements 21, 23, 27, 40).

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use tower_bearer::{
    AuthErrorKind, Grant, HasRole, Issuer, JwtAuthLayer, RequiredRoles, RequiredScopes, Scoped,
};

use super::support::{ask, at, bearer, request};

struct Items;

impl RequiredScopes for Items {
    const SCOPES: &'static [&'static str] = &["items:read", "items:list"];
}

struct Staff;

impl RequiredRoles for Staff {
    const ROLES: &'static [&'static str] = &["teacher", "admin"];
}

async fn items(token: Scoped<Items>) -> String {
    token.token().subject().unwrap().to_owned()
}

async fn grades(token: HasRole<Staff>) -> String {
    token.token().subject().unwrap().to_owned()
}

fn routes() -> Router {
    Router::new().route("/items", get(items)).route("/grades", get(grades))
}

#[tokio::test]
async fn r23_r27_extractors_answer_as_the_layers_do() {
    let issuer = Issuer::for_tests();
    let app = routes().layer(JwtAuthLayer::new(issuer.verifier().unwrap()));
    let token = |grant: Grant| bearer(&issuer.issue(&grant).unwrap());
    let held = || Grant::new("alice").scopes(["items:list", "items:read"]).roles(["admin"]);
    for path in ["/items", "/grades"] {
        let answer = ask(&app, at(path, token(held()))).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "alice"));
    }
    let other = || Grant::new("alice").scopes(["items:read"]).roles(["student", "Admin"]);
    let answer = ask(&app, at("/items", token(other()))).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.parameter("error").as_deref(), Some("insufficient_scope"));
    assert_eq!(answer.parameter("scope").as_deref(), Some("items:read items:list"));
    let answer = ask(&app, at("/grades", token(other()))).await;
    assert_eq!(answer.kind, Some(AuthErrorKind::Forbidden));
    assert_eq!(answer.challenge.as_deref(), Some(r#"Bearer realm="api""#));
}

#[tokio::test]
async fn r21_r40_without_a_token_and_without_a_layer() {
    let issuer = Issuer::for_tests();
    let app = routes().layer(JwtAuthLayer::new(issuer.verifier().unwrap()).optional());
    let answer = ask(&app, at("/items", request([]))).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let challenge = r#"Bearer realm="api", scope="items:read items:list""#;
    assert_eq!(answer.challenge.as_deref(), Some(challenge));
    let answer = ask(&app, at("/grades", request([]))).await;
    assert_eq!(answer.challenge.as_deref(), Some(r#"Bearer realm="api""#));
    for path in ["/items", "/grades"] {
        let answer = ask(&routes(), at(path, request([]))).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
}
