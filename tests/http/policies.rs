//! Policies, alone and together, at once and later.

use std::borrow::Cow;

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use tower_bearer::{
    AuthErrorKind, Check, Denial, Grant, Issuer, JwtAuthLayer, Policy, PolicyRequest, RequireLayer,
    Token, any_of, any_role, any_scope, check_async, not, require, require_any_role,
    require_any_scope, require_scopes, role, scopes,
};

use super::support::{Answer, ask, at, bearer};

async fn under(layer: RequireLayer, grant: Grant) -> Answer {
    let issuer = Issuer::for_tests();
    let app = Router::new()
        .route("/own/alice", get(|| async { "in" }).route_layer(layer))
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()));
    ask(&app, at("/own/alice", bearer(&issuer.issue(&grant).unwrap()))).await
}

fn alice() -> Grant {
    Grant::new("alice").scopes(["a", "b"]).roles(["teacher"])
}

#[tokio::test]
async fn each_policy_allows_and_denies() {
    for allowed in [
        require_scopes(["a"]),
        require_scopes(["b", "a"]),
        require_any_scope(["x", "b"]),
        require_any_role(["admin", "teacher"]),
        require(|token: &Token| token.subject() == Some("alice")),
        require((scopes(["a"]), role("teacher"))),
        require(any_of((scopes(["x"]), role("teacher")))),
        require(any_of((scopes(["a", "b"]), scopes(["x"])))),
        require(any_of((role("admin"), (scopes(["a"]), role("teacher"))))),
        require(not(role("admin"))),
        require(not(scopes(["x"]))),
        require((scopes(["a"]), not(any_of((role("admin"), role("root")))))),
        require(not(not(scopes(["a"])))),
        require(not(check_async(|_| async { false }))),
        require(check_async(|token: Token| async move { token.has_scope("a") })),
        require(check_async(|_| async { Ok::<(), Denial>(()) })),
    ] {
        assert_eq!(under(allowed, alice()).await.status, StatusCode::OK);
    }
    use AuthErrorKind::{Forbidden, InsufficientScope};
    for (denied, kind, scope) in [
        (require_scopes(["a", "x"]), InsufficientScope, Some("a x")),
        (require_scopes(["A"]), InsufficientScope, Some("A")),
        (require_any_scope(["x", "y"]), InsufficientScope, Some("x")),
        (require_any_role(["admin", "Teacher"]), Forbidden, None),
        (require(|token: &Token| token.subject() == Some("bob")), Forbidden, None),
        (require((scopes(["a"]), role("admin"))), Forbidden, None),
        (require((scopes(["a"]), scopes(["x"]))), InsufficientScope, Some("a x")),
        (require(any_of((role("admin"), scopes(["x", "y"])))), InsufficientScope, Some("x y")),
        (require(any_of((role("admin"), any_role(["root"])))), Forbidden, None),
        (require(any_scope(["x", "y"])), InsufficientScope, Some("x")),
        (require(any_of((role("admin"), (scopes(["a"]), role("x"))))), Forbidden, None),
        (
            require(any_of((role("admin"), (scopes(["a", "x"]), role("teacher"))))),
            InsufficientScope,
            Some("a x"),
        ),
        (require(not(role("teacher"))), Forbidden, None),
        (require(not(scopes(["a"]))), Forbidden, None),
        (require((scopes(["a"]), not(role("teacher")))), Forbidden, None),
        (require(not(check_async(|_| async { true }))), Forbidden, None),
        (require(check_async(|_| async { false })), Forbidden, None),
        (require(check_async(|_| async { Err(Denial::Forbidden) })), Forbidden, None),
    ] {
        let answer = under(denied, alice()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.kind, Some(kind));
        assert_eq!(answer.parameter("scope").as_deref(), scope);
    }
}

#[tokio::test]
async fn a_part_of_a_scope_or_role_is_not_the_whole() {
    let grant = || Grant::new("alice").scopes(["items:read"]).roles(["administrator"]);
    for layer in [
        require_scopes(["items"]),
        require_scopes(["items:re"]),
        require_scopes(["items:read2"]),
        require_any_role(["admin"]),
    ] {
        assert_eq!(under(layer, grant()).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn policies_that_wait_combine() {
    let later = |allowed: bool| {
        check_async(move |_| async move {
            tokio::task::yield_now().await;
            allowed
        })
    };
    for (layer, status) in [
        (require((later(true), scopes(["a"]))), StatusCode::OK),
        (require((later(true), later(false))), StatusCode::FORBIDDEN),
        (require((later(true), scopes(["x"]))), StatusCode::FORBIDDEN),
        (require(any_of((later(false), later(true)))), StatusCode::OK),
        (require(any_of((later(false), role("teacher")))), StatusCode::OK),
        (require(any_of((later(false), scopes(["x"])))), StatusCode::FORBIDDEN),
    ] {
        assert_eq!(under(layer, alice()).await.status, status);
    }
}

struct OwnFolder;

impl Policy for OwnFolder {
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        Check::allow_if(request.uri().path().split('/').nth(2) == request.token().subject())
    }
}

#[tokio::test]
async fn a_policy_sees_the_request() {
    assert_eq!(under(require(OwnFolder), alice()).await.status, StatusCode::OK);
    assert_eq!(under(require(OwnFolder), Grant::new("bob")).await.status, StatusCode::FORBIDDEN);
}

struct Injecting;

impl Policy for Injecting {
    fn check(&self, _: &PolicyRequest<'_>) -> Check {
        Check::scope_if(false)
    }

    fn scopes(&self) -> Option<Cow<'_, str>> {
        Some("a\", error=\"x".into())
    }
}

#[tokio::test]
async fn what_is_no_scope_does_not_reach_the_header() {
    let answer = under(require(Injecting), alice()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.parameter("error").as_deref(), Some("insufficient_scope"));
    assert_eq!(answer.parameter("scope"), None);
}

#[tokio::test]
async fn one_layer_verifies_and_authorizes_with_every_policy_given() {
    let issuer = Issuer::for_tests();
    let auth = JwtAuthLayer::new(issuer.verifier().unwrap());
    let app = Router::new().route(
        "/",
        get(|| async { "in" })
            .route_layer(auth.require(scopes(["a"])).require(scopes(["z"])).require(role("r"))),
    );
    let ask_as = async |grant: Grant| ask(&app, bearer(&issuer.issue(&grant).unwrap())).await;
    let full = Grant::new("u").scopes(["a", "z"]).roles(["r"]);
    assert_eq!(ask_as(full).await.status, StatusCode::OK);
    let answer = ask_as(Grant::new("u").scopes(["a"]).roles(["r"])).await;
    assert_eq!(answer.parameter("scope").as_deref(), Some("a z"));
    let answer = ask_as(Grant::new("u").scopes(["a", "z"])).await;
    assert_eq!(answer.kind, Some(AuthErrorKind::Forbidden));
}

#[test]
fn policies_that_can_only_be_mistakes_panic_at_the_start() {
    fn panics(make: impl FnOnce() -> RequireLayer + std::panic::UnwindSafe) -> bool {
        std::panic::catch_unwind(make).is_err()
    }
    assert!(panics(|| require_scopes(Vec::<String>::new())));
    assert!(panics(|| require_any_scope(Vec::<String>::new())));
    assert!(panics(|| require_any_role(Vec::<String>::new())));
    for scope in ["", "a b", "a\"", "a\\", "\u{e9}", "a\n"] {
        assert!(panics(move || require_scopes([scope])), "{scope:?}");
    }
}

#[tokio::test]
async fn r31_a_policy_that_cannot_tell_is_no_denial() {
    let away = || check_async(|_| async { Err(Denial::Unavailable) });
    for layer in [
        require(away()),
        require(not(away())),
        require(not(not(away()))),
        require((away(), scopes(["a"]))),
        require((scopes(["a"]), away())),
        require(any_of((role("admin"), away()))),
        require(any_of((away(), scopes(["x"])))),
    ] {
        let answer = under(layer, alice()).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.challenge, None);
        assert_eq!(answer.headers[http::header::RETRY_AFTER], "1");
    }
    // What is decided without it is decided.
    let layer = require(any_of((away(), scopes(["a"]))));
    assert_eq!(under(layer, alice()).await.status, StatusCode::OK);
    let no = || check_async(|_| async { false });
    for (layer, kind) in [
        (require((away(), scopes(["x"]))), AuthErrorKind::InsufficientScope),
        (require((away(), no())), AuthErrorKind::Forbidden),
        (require((no(), away())), AuthErrorKind::Forbidden),
        (require((scopes(["x"]), role("x"))), AuthErrorKind::Forbidden),
        (require((role("x"), scopes(["x"]))), AuthErrorKind::Forbidden),
    ] {
        assert_eq!(under(layer, alice()).await.kind, Some(kind));
    }
}
