//! Tokens that are revoked before they expire (requirements 22, 31, 128).

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use http::header::RETRY_AFTER;
use http::{Request, Response, StatusCode};
use tower::{ServiceBuilder, ServiceExt};
use tower_bearer::{
    AuthErrorKind, CurrentUser, Grant, Issuer, JwtAuthLayer, Revocations, SubjectStore, Token,
    scopes,
};

use super::support::{Answer, Away, ask, bearer, request, subject, token};

/// What is true of every token, and which stores were asked, in order.
#[derive(Clone)]
struct Stores(Arc<(Mutex<State>, Mutex<Vec<&'static str>>)>);

#[derive(Clone, Copy, PartialEq)]
enum State {
    Good,
    Revoked,
    Away,
}

impl Revocations for Stores {
    type Error = Away;

    async fn is_revoked(&self, _: &Token) -> Result<bool, Away> {
        self.0.1.lock().unwrap().push("revocations");
        tokio::task::yield_now().await;
        match *self.0.0.lock().unwrap() {
            State::Good => Ok(false),
            State::Revoked => Ok(true),
            State::Away => Err(Away),
        }
    }
}

impl SubjectStore for Stores {
    type Subject = String;
    type Error = Away;

    async fn active_subject(&self, token: &Token) -> Result<Option<String>, Away> {
        self.0.1.lock().unwrap().push("users");
        Ok(token.subject().map(str::to_uppercase))
    }
}

impl Stores {
    fn new(state: State) -> Self {
        Self(Arc::new((Mutex::new(state), Mutex::default())))
    }

    fn set(&self, state: State) {
        *self.0.0.lock().unwrap() = state;
    }

    fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.1.lock().unwrap())
    }
}

fn layer(issuer: &Issuer, stores: &Stores) -> JwtAuthLayer {
    JwtAuthLayer::new(issuer.verifier().unwrap()).revocations(stores.clone())
}

fn app(layer: JwtAuthLayer) -> Router {
    Router::new().route("/", get(subject)).layer(layer)
}

fn refused(answer: &Answer) -> (StatusCode, AuthErrorKind) {
    (answer.status, answer.kind.expect("a refusal"))
}

#[tokio::test]
async fn r128_a_revoked_token_is_refused_from_the_next_request_on() {
    let (issuer, stores) = (Issuer::for_tests(), Stores::new(State::Good));
    let app = app(layer(&issuer, &stores));
    let token = token(&issuer);
    assert_eq!(ask(&app, bearer(&token)).await.body, "alice");
    stores.set(State::Revoked);
    let answer = ask(&app, bearer(&token)).await;
    assert_eq!(refused(&answer), (StatusCode::UNAUTHORIZED, AuthErrorKind::Revoked));
    assert_eq!(answer.parameter("error").as_deref(), Some("invalid_token"));
    assert!(answer.body.contains("token_revoked"), "{answer:?}");
    stores.set(State::Good);
    assert_eq!(ask(&app, bearer(&token)).await.body, "alice", "nothing is remembered");
}

#[tokio::test]
async fn the_cost_is_one_question_for_a_valid_token_and_none_for_others() {
    let (issuer, stores) = (Issuer::for_tests(), Stores::new(State::Good));
    let app = app(layer(&issuer, &stores));
    for _ in 0..3 {
        ask(&app, bearer(&token(&issuer))).await;
        assert_eq!(stores.asked(), ["revocations"]);
    }
    let foreign = token(&Issuer::for_tests());
    for request in [request([]), bearer("x"), request([b"Bearer"]), bearer(&foreign)] {
        ask(&app, request).await;
        assert!(stores.asked().is_empty());
    }
}

#[tokio::test]
async fn r31_while_the_store_is_away_nothing_is_said_about_the_token() {
    let (issuer, stores) = (Issuer::for_tests(), Stores::new(State::Away));
    let layers = [
        layer(&issuer, &stores),
        layer(&issuer, &stores).optional(),
        layer(&issuer, &stores).optional_even_if_invalid(),
        layer(&issuer, &stores).users(stores.clone()),
    ];
    for layer in layers {
        let answer = ask(&app(layer), bearer(&token(&issuer))).await;
        assert_eq!(refused(&answer), (StatusCode::SERVICE_UNAVAILABLE, AuthErrorKind::Unavailable));
        assert_eq!(answer.headers[RETRY_AFTER], "1");
        assert_eq!(answer.challenge, None);
    }
    assert!(!stores.asked().contains(&"users"));
}

#[tokio::test]
async fn revocation_comes_before_the_user_and_both_before_the_policy() {
    let (issuer, stores) = (Issuer::for_tests(), Stores::new(State::Revoked));
    let layer = layer(&issuer, &stores).users(stores.clone()).require(scopes(["a"]));
    let app = app(layer);
    let (bare, scoped) = (Grant::new("alice"), Grant::new("alice").scopes(["a"]));
    let (bare, scoped) = (issuer.issue(&bare).unwrap(), issuer.issue(&scoped).unwrap());
    for token in [&bare, &scoped] {
        assert_eq!(ask(&app, bearer(token)).await.kind, Some(AuthErrorKind::Revoked));
        assert_eq!(stores.asked(), ["revocations"]);
    }
    stores.set(State::Good);
    assert_eq!(ask(&app, bearer(&bare)).await.kind, Some(AuthErrorKind::InsufficientScope));
    stores.asked();
    assert_eq!(ask(&app, bearer(&scoped)).await.status, StatusCode::OK);
    assert_eq!(stores.asked(), ["revocations", "users"]);
}

#[tokio::test]
async fn r39_where_a_token_is_optional_a_revoked_one_is_still_refused() {
    let (issuer, stores) = (Issuer::for_tests(), Stores::new(State::Revoked));
    let open = |layer: JwtAuthLayer| {
        Router::new()
            .route("/", get(async |token: Option<Token>| token.is_some().to_string()))
            .layer(layer)
    };
    let optional = open(layer(&issuer, &stores).optional());
    assert_eq!(ask(&optional, request([])).await.body, "false");
    let answer = ask(&optional, bearer(&token(&issuer))).await;
    assert_eq!(refused(&answer), (StatusCode::UNAUTHORIZED, AuthErrorKind::Revoked));
    let lenient = open(layer(&issuer, &stores).optional_even_if_invalid());
    assert_eq!(ask(&lenient, bearer(&token(&issuer))).await.body, "false");
}

#[tokio::test]
async fn a_service_without_axum_gets_token_and_user() {
    let (issuer, stores) = (Issuer::for_tests(), Stores::new(State::Good));
    let service = ServiceBuilder::new().layer(layer(&issuer, &stores).users(stores)).service_fn(
        |request: Request<axum::body::Body>| async move {
            let user = CurrentUser::<String>::of(request.extensions()).unwrap().clone();
            let token = request.extensions().get::<Token>().unwrap();
            let subject = token.subject().unwrap_or_default();
            Ok::<_, std::convert::Infallible>(Response::new(format!("{user} {subject}")))
        },
    );
    let response = service.oneshot(bearer(&token(&issuer))).await.unwrap();
    assert_eq!(super::support::answer(response).await.body, "ALICE alice");
}
