//! What refusals look like (requirements 18-31).

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::{Response, StatusCode, header};
use tower_bearer::{
    AuthErrorKind, Claims, Clock, ConfigError, Grant, Issuer, JwtAuthLayer, Rejection,
    require_any_scope, require_role, require_scopes, scopes,
};

use super::support::{Answer, app, ask, at, bearer, parameters, request, subject, token};

#[tokio::test]
async fn r18_r19_every_401_has_a_challenge_with_a_parameter() {
    let issuer = Issuer::for_tests();
    let app = app(&issuer);
    for request in [request([]), bearer("x"), bearer("a.b.c"), request([b"Basic YTpi"])] {
        let answer = ask(&app, request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.parameter("realm").as_deref(), Some("api"));
    }
}

#[tokio::test]
async fn r20_without_credentials_no_error_is_named() {
    let issuer = Issuer::for_tests();
    let answer = ask(&app(&issuer), request([])).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.challenge.as_deref(), Some(r#"Bearer realm="api""#));
    assert_eq!(answer.body, r#"{"error_description":"authentication required"}"#);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
}

#[tokio::test]
async fn the_layer_that_let_the_token_in_is_the_one_that_answers() {
    let (issuer, other) = (Issuer::for_tests(), Issuer::for_tests());
    let layer = |of: &Issuer| JwtAuthLayer::new(of.verifier().unwrap());
    // One whose answers are its own, and one whose answers are the defaults.
    let inner_layers = [(layer(&issuer).realm("inner").unwrap(), "inner"), (layer(&issuer), "api")];
    for ((inner, realm), outer) in
        inner_layers.iter().flat_map(|inner| [(inner, &issuer), (inner, &other)])
    {
        let app = Router::new()
            .route("/", get(subject).route_layer(require_scopes(["items:write"])))
            .route("/claims", get(async |_: Claims<u8>| "in"))
            .layer(inner.clone())
            .layer(layer(outer).realm("outer").unwrap().optional_even_if_invalid());
        for (path, status) in [("/", StatusCode::FORBIDDEN), ("/claims", StatusCode::UNAUTHORIZED)]
        {
            let answer = ask(&app, at(path, bearer(&token(&issuer)))).await;
            assert_eq!(answer.status, status, "{path}");
            assert_eq!(answer.parameter("realm").as_deref(), Some(*realm), "{path}");
        }
    }
}

/// Both forms in which a route's own scopes reach its 401.
fn scoped_apps(issuer: &Issuer) -> [Router; 2] {
    let auth = JwtAuthLayer::new(issuer.verifier().unwrap());
    [
        Router::new().route(
            "/",
            get(subject).route_layer(auth.clone().require(scopes(["items:read", "items:list"]))),
        ),
        Router::new()
            .route("/", get(subject).route_layer(require_scopes(["items:read", "items:list"])))
            .layer(auth.optional()),
    ]
}

#[tokio::test]
async fn r21_a_401_names_the_scopes_of_the_route() {
    let issuer = Issuer::for_tests();
    for app in scoped_apps(&issuer) {
        let answer = ask(&app, request([])).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let expected = r#"Bearer realm="api", scope="items:read items:list""#;
        assert_eq!(answer.challenge.as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn r22_a_wrong_token_is_an_invalid_token() {
    let clock = Clock::manual(Duration::from_secs(1_700_000_000));
    let issuer = Issuer::for_tests().clock(clock.clone());
    let app = app(&issuer);
    let expired = token(&issuer);
    clock.advance(Duration::from_secs(24 * 3600));
    let forged = token(&Issuer::for_tests().clock(clock));
    for (token, kind, text) in [
        (expired.as_str(), AuthErrorKind::Expired, "the token is expired"),
        (forged.as_str(), AuthErrorKind::InvalidSignature, "the signature is invalid"),
        ("not-a-jwt", AuthErrorKind::MalformedToken, "the token is malformed"),
    ] {
        let answer = ask(&app, bearer(token)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let expected =
            format!(r#"Bearer realm="api", error="invalid_token", error_description="{text}""#);
        assert_eq!(answer.challenge, Some(expected));
        assert_eq!(answer.kind, Some(kind));
        let code = kind.code().unwrap();
        let expected = format!(
            r#"{{"error":"invalid_token","error_description":"{text}","error_code":"{code}"}}"#
        );
        assert_eq!(answer.body, expected);
    }
}

#[tokio::test]
async fn r23_r24_a_403_names_what_is_required_and_not_what_is_held() {
    let issuer = Issuer::for_tests();
    let grant = Grant::new("alice").scopes(["items:read", "held:only"]);
    let token = issuer.issue(&grant).unwrap();
    for app in scoped_apps(&issuer) {
        let answer = ask(&app, bearer(&token)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        let begin =
            r#"Bearer realm="api", error="insufficient_scope", scope="items:read items:list","#;
        assert!(answer.challenge.as_ref().unwrap().starts_with(begin), "{answer:?}");
        assert_eq!(answer.parameter("scope").as_deref(), Some("items:read items:list"));
        assert_eq!(answer.parameter("realm").as_deref(), Some("api"));
        assert_eq!(answer.kind, Some(AuthErrorKind::InsufficientScope));
        assert!(!format!("{answer:?}").contains("held:only"));
    }
    let any = Router::new()
        .route("/", get(subject).route_layer(require_any_scope(["a", "b"])))
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()));
    let answer = ask(&any, bearer(&token)).await;
    assert_eq!(answer.parameter("scope").as_deref(), Some("a"), "the first alternative");
}

#[tokio::test]
async fn r26_the_realm_is_quoted_and_checked() {
    let issuer = Issuer::for_tests();
    let layer = || JwtAuthLayer::new(issuer.verifier().unwrap());
    let app = |layer| Router::new().route("/", get(subject)).layer(layer);
    for realm in ["My API", r#"a "b" c"#, r"back\slash", r#"\""#, ""] {
        let answer = ask(&app(layer().realm(realm).unwrap()), request([])).await;
        assert_eq!(answer.parameters(), [("realm".to_owned(), realm.to_owned())]);
    }
    for realm in ["a\r\nSet-Cookie: x", "a\nb", "a\0b", "a\tb", "caf\u{e9}", "\u{7f}"] {
        let error = layer().realm(realm).unwrap_err();
        assert!(matches!(error, ConfigError::InvalidHeaderText { setting: "realm", .. }));
    }
    let answer = ask(&app(layer().realm("other").unwrap()), bearer("x")).await;
    assert_eq!(answer.parameter("realm").as_deref(), Some("other"));
}

#[tokio::test]
async fn r27_a_lacking_role_is_no_lacking_scope() {
    let issuer = Issuer::for_tests();
    let app = Router::new()
        .route("/", get(subject).route_layer(require_role("admin")))
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()));
    let answer = ask(&app, bearer(&token(&issuer))).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.challenge.as_deref(), Some(r#"Bearer realm="api""#));
    let expected =
        r#"{"error":"forbidden","error_description":"access denied","error_code":"access_denied"}"#;
    assert_eq!(answer.body, expected);
    let admin = issuer.issue(&Grant::new("root").roles(["admin"])).unwrap();
    assert_eq!(ask(&app, bearer(&admin)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn on_reject_makes_the_body_and_the_crate_the_rest() {
    let issuer = Issuer::for_tests();
    let layer = JwtAuthLayer::new(issuer.verifier().unwrap()).on_reject(|rejection: &Rejection| {
        let mut response = Response::new(Bytes::from(format!("no: {}", rejection.description())));
        response.headers_mut().insert("x-mine", "1".parse().unwrap());
        response.headers_mut().insert(header::WWW_AUTHENTICATE, "Basic".parse().unwrap());
        response
    });
    // Policies and extractors inside the layer answer with it too.
    let app = Router::new()
        .route("/", get(subject))
        .route("/admin", get(subject).route_layer(require_role("admin")))
        .layer(layer.optional());
    let seen = |answer: Answer| (answer.status, answer.challenge.unwrap(), answer.body);
    let answer = ask(&app, request([])).await;
    assert_eq!(answer.headers["x-mine"], "1");
    let realm = r#"Bearer realm="api""#.to_owned();
    let body = "no: authentication required".to_owned();
    assert_eq!(seen(answer), (StatusCode::UNAUTHORIZED, realm.clone(), body));
    let answer = ask(&app, at("/admin", bearer(&token(&issuer)))).await;
    assert_eq!(seen(answer), (StatusCode::FORBIDDEN, realm, "no: access denied".to_owned()));
    let answer = ask(&app, bearer("x")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.body, "no: the token is malformed");
}

#[test]
fn the_reader_of_challenges_can_fail() {
    for malformed in ["Bearer", "Bearer realm=api", "Basic realm=\"a\"", "Bearer realm=\"a"] {
        assert!(std::panic::catch_unwind(|| parameters(malformed)).is_err(), "{malformed}");
    }
}
