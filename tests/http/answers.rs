//! The shapes that a refusal can be given (requirements 30, 32-37).

use axum::Router;
use axum::routing::get;
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Value, json};
use tower_bearer::{
    AuthErrorKind, Challenge, Denial, EXPOSED_HEADERS, Grant, Issuer, JwtAuthLayer,
    RejectionFormat, check_async, require_role, scopes,
};

use super::support::{Answer, ask, at, bearer, read, request, subject};

fn layer(issuer: &Issuer) -> JwtAuthLayer {
    JwtAuthLayer::new(issuer.verifier().unwrap())
}

/// A route that needs a scope, and one that needs a role.
fn app(layer: JwtAuthLayer) -> Router {
    Router::new()
        .route("/", get(subject).route_layer(layer.clone().require(scopes(["a"]))))
        .route("/admin", get(subject).route_layer(require_role("admin")).route_layer(layer))
}

/// No credentials, malformed ones, a wrong token, a lacking scope, a lacking role.
async fn refusals(app: &Router, issuer: &Issuer) -> Vec<Answer> {
    let token = issuer.issue(&Grant::new("alice")).unwrap();
    vec![
        ask(app, request([])).await,
        ask(app, request([b"Bearer"])).await,
        ask(app, bearer("x")).await,
        ask(app, bearer(&token)).await,
        ask(app, at("/admin", bearer(&token))).await,
    ]
}

fn but_for_the_body(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    headers.remove(header::CONTENT_TYPE);
    headers.remove(header::CONTENT_LENGTH);
    headers
}

fn parsed(answers: &[Answer]) -> Vec<Value> {
    answers.iter().map(|answer| serde_json::from_str(&answer.body).unwrap()).collect()
}

#[tokio::test]
async fn r36_three_shapes_and_one_status_and_challenge() {
    let issuer = Issuer::for_tests();
    let oauth = refusals(&app(layer(&issuer)), &issuer).await;
    let problem = layer(&issuer).rejection_format(RejectionFormat::Problem);
    let problem = refusals(&app(problem), &issuer).await;
    let detail = layer(&issuer).rejection_format(RejectionFormat::Detail);
    let detail = refusals(&app(detail), &issuer).await;
    for ((oauth, problem), detail) in oauth.iter().zip(&problem).zip(&detail) {
        for other in [problem, detail] {
            assert_eq!(other.status, oauth.status);
            assert_eq!(but_for_the_body(&other.headers), but_for_the_body(&oauth.headers));
        }
        assert_eq!(oauth.headers[header::CONTENT_TYPE], "application/json");
        assert_eq!(problem.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(detail.headers[header::CONTENT_TYPE], "application/json");
    }
    assert_eq!(
        parsed(&problem),
        [
            json!({"type": "about:blank", "title": "Unauthorized", "status": 401,
                "detail": "authentication required"}),
            json!({"type": "about:blank", "title": "Bad Request", "status": 400,
                "detail": "the credentials are malformed", "error": "invalid_request",
                "error_code": "malformed_credentials"}),
            json!({"type": "about:blank", "title": "Unauthorized", "status": 401,
                "detail": "the token is malformed", "error": "invalid_token",
                "error_code": "malformed_token"}),
            json!({"type": "about:blank", "title": "Forbidden", "status": 403,
                "detail": "the token lacks a required scope", "error": "insufficient_scope",
                "error_code": "insufficient_scope"}),
            json!({"type": "about:blank", "title": "Forbidden", "status": 403,
                "detail": "access denied", "error": "forbidden", "error_code": "access_denied"}),
        ]
    );
    assert_eq!(
        parsed(&detail),
        [
            json!({"detail": "authentication required"}),
            json!({"detail": "the credentials are malformed"}),
            json!({"detail": "the token is malformed"}),
            json!({"detail": "the token lacks a required scope"}),
            json!({"detail": "access denied"}),
        ]
    );
}

#[tokio::test]
async fn r30_hidden_reasons_leave_only_invalid_token() {
    let issuer = Issuer::for_tests();
    for (format, body) in [
        (RejectionFormat::OAuth, json!({"error": "invalid_token", "error_code": "invalid_token"})),
        (RejectionFormat::Detail, json!({"detail": "the token is not valid"})),
        (
            RejectionFormat::Problem,
            json!({"type": "about:blank", "title": "Unauthorized", "status": 401,
                "detail": "the token is not valid", "error": "invalid_token",
                "error_code": "invalid_token"}),
        ),
    ] {
        let app = app(layer(&issuer).rejection_format(format).hide_reason());
        let foreign = Issuer::for_tests().issue(&Grant::new("alice")).unwrap();
        let mut seen = Vec::new();
        for token in ["x", "a.b.c", &foreign] {
            let answer = ask(&app, bearer(token)).await;
            assert_eq!(serde_json::from_str::<Value>(&answer.body).unwrap(), body);
            let challenge = r#"Bearer realm="api", error="invalid_token""#;
            assert_eq!(answer.challenge.as_deref(), Some(challenge));
            seen.push(answer.kind.unwrap());
        }
        // The application is told.
        assert!(seen.contains(&AuthErrorKind::InvalidSignature));
        assert!(seen.contains(&AuthErrorKind::MalformedToken));
        // What is not about the validity of a token is told as ever.
        let others = refusals(&app, &issuer).await;
        assert_eq!(others[3].parameter("error").as_deref(), Some("insufficient_scope"));
        assert!(others[3].parameter("error_description").is_some());
    }
}

#[tokio::test]
async fn r32_r33_each_scheme_has_a_line_and_only_bearer_an_error() {
    let issuer = Issuer::for_tests();
    let others =
        ["DPoP", "Basic", "ApiKey"].map(|scheme| Challenge::new(scheme, "a, \"b\"").unwrap());
    let add = |layer: JwtAuthLayer, challenge| layer.other_challenge(challenge).unwrap();
    let layer = others.into_iter().fold(layer(&issuer), add);
    let bearer = Challenge::new("bearer", "api").unwrap();
    assert!(layer.clone().other_challenge(bearer).is_err(), "one challenge of a scheme");
    let answers = refusals(&app(layer), &issuer).await;
    for answer in &answers[..3] {
        let expected: &[&str] = match answer.status {
            StatusCode::UNAUTHORIZED => &["DPoP", "Basic", "ApiKey"],
            _ => &[],
        };
        let realm = [("realm".to_owned(), "a, \"b\"".to_owned())];
        let seen: Vec<_> = answer.others.iter().map(|line| read(line)).collect();
        assert!(seen.iter().all(|(_, parameters)| *parameters == realm), "{seen:?}");
        assert_eq!(seen.iter().map(|(scheme, _)| *scheme).collect::<Vec<_>>(), expected);
    }
    assert_eq!(answers[0].parameter("error"), None);
    assert_eq!(answers[2].parameter("error").as_deref(), Some("invalid_token"));
    for answer in &answers[3..] {
        assert!(answer.others.is_empty(), "a 403 asks for no other scheme");
    }
}

#[tokio::test]
async fn r34_what_a_page_of_another_origin_may_read_is_all_there_is() {
    // What every page may read (Fetch, "CORS-safelisted response-header name").
    let safe = [header::CONTENT_LENGTH, header::CONTENT_TYPE];
    let issuer = Issuer::for_tests();
    let away = layer(&issuer).require(check_async(|_| async { Err(Denial::Unavailable) }));
    let token = issuer.issue(&Grant::new("alice")).unwrap();
    let away = Router::new().route("/", get(subject)).layer(away);
    let mut answers = refusals(&app(layer(&issuer)), &issuer).await;
    answers.push(ask(&away, bearer(&token)).await);
    let mut seen: Vec<_> = answers.iter().flat_map(|answer| answer.headers.keys()).collect();
    seen.sort_by_key(|name| name.as_str());
    seen.dedup();
    seen.retain(|name| !safe.contains(name));
    assert_eq!(seen, [&header::RETRY_AFTER, &header::WWW_AUTHENTICATE]);
    assert!(seen.into_iter().all(|name| EXPOSED_HEADERS.contains(name)));
}

#[tokio::test]
async fn r21_the_scope_can_be_kept_out_of_the_401() {
    let issuer = Issuer::for_tests();
    let answers = refusals(&app(layer(&issuer).hide_scope()), &issuer).await;
    assert_eq!(answers[0].challenge.as_deref(), Some(r#"Bearer realm="api""#));
    assert_eq!(answers[3].parameter("scope").as_deref(), Some("a"));
}

#[tokio::test]
async fn a_responder_leaves_nothing_that_contradicts_the_answer() {
    let issuer = Issuer::for_tests();
    let layer = layer(&issuer).on_reject(|_| {
        let mut response = http::Response::new(bytes::Bytes::from("no"));
        for name in [header::RETRY_AFTER, header::TRANSFER_ENCODING, header::CONTENT_LENGTH] {
            response.headers_mut().insert(name, "7".parse().unwrap());
        }
        response
    });
    let answer = ask(&app(layer), request([])).await;
    assert_eq!(answer.headers[header::CONTENT_LENGTH], "2");
    assert!(!answer.headers.contains_key(header::RETRY_AFTER));
    assert!(!answer.headers.contains_key(header::TRANSFER_ENCODING));
}

#[tokio::test]
async fn r37_head_is_answered_as_get_without_the_body() {
    let issuer = Issuer::for_tests();
    let token = issuer.issue(&Grant::new("alice")).unwrap();
    for format in [RejectionFormat::OAuth, RejectionFormat::Problem, RejectionFormat::Detail] {
        let app = app(layer(&issuer).rejection_format(format));
        let requests = || {
            [
                request([]),
                request([b"Bearer"]),
                bearer("x"),
                bearer(&token),
                at("/admin", bearer(&token)),
            ]
        };
        for (get, mut head) in requests().into_iter().zip(requests()) {
            *head.method_mut() = Method::HEAD;
            let (get, head) = (ask(&app, get).await, ask(&app, head).await);
            assert_eq!((head.status, &head.headers), (get.status, &get.headers));
            assert_eq!(get.headers[header::CONTENT_LENGTH], get.body.len().to_string());
            assert!(!get.body.is_empty() && head.body.is_empty());
        }
    }
}
