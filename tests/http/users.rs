//! The users whom tokens name (requirements 31, 73).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use http::header::RETRY_AFTER;
use http::{Request, Response, StatusCode};
use tower::{ServiceBuilder, ServiceExt};
use tower_bearer::{
    AuthErrorKind, CurrentUser, Grant, Issuer, JwtAuthLayer, SubjectStore, Token, check_async,
    require_scopes, role, scopes,
};

use super::support::{Answer, Away, ask, at, bearer, request, token};

/// The state of the one user, and how often it was asked for.
#[derive(Clone)]
struct People(Arc<(Mutex<State>, AtomicUsize)>);

#[derive(Clone, Copy)]
enum State {
    Active,
    Gone,
    Away,
}

#[derive(Clone)]
struct Person(String);

impl SubjectStore for People {
    type Subject = Person;
    type Error = Away;

    async fn active_subject(&self, token: &Token) -> Result<Option<Person>, Away> {
        self.0.1.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        match *self.0.0.lock().unwrap() {
            State::Active => Ok(token.subject().map(|subject| Person(subject.to_uppercase()))),
            State::Gone => Ok(None),
            State::Away => Err(Away),
        }
    }
}

impl People {
    fn new(state: State) -> Self {
        Self(Arc::new((Mutex::new(state), AtomicUsize::new(0))))
    }

    fn set(&self, state: State) {
        *self.0.0.lock().unwrap() = state;
    }

    fn loads(&self) -> usize {
        self.0.1.swap(0, Ordering::SeqCst)
    }
}

async fn name(CurrentUser(Person(name)): CurrentUser<Person>) -> String {
    name
}

async fn twice(one: CurrentUser<Person>, other: Option<CurrentUser<Person>>) -> String {
    format!("{} {}", one.0.0, other.unwrap().0.0)
}

async fn perhaps(user: Option<CurrentUser<Person>>) -> String {
    user.map_or("nobody".to_owned(), |user| user.0.0)
}

fn layer(issuer: &Issuer, people: &People) -> JwtAuthLayer {
    JwtAuthLayer::new(issuer.verifier().unwrap()).users(people.clone())
}

fn app(layer: JwtAuthLayer) -> Router {
    Router::new()
        .route("/", get(name))
        .route("/twice", get(twice))
        .route("/perhaps", get(perhaps))
        .route("/plain", get(|| async { "plain" }))
        .route("/scoped", get(name).route_layer(require_scopes(["a"])))
        .layer(layer)
}

fn refused(answer: &Answer) -> (StatusCode, AuthErrorKind) {
    (answer.status, answer.kind.expect("a refusal"))
}

#[tokio::test]
async fn r73_a_user_is_loaded_once_a_request() {
    let (issuer, people) = (Issuer::for_tests(), People::new(State::Active));
    let app = app(layer(&issuer, &people));
    for (path, body) in
        [("/", "ALICE"), ("/twice", "ALICE ALICE"), ("/perhaps", "ALICE"), ("/plain", "plain")]
    {
        let answer = ask(&app, at(path, bearer(&token(&issuer)))).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, body));
        assert_eq!(people.loads(), 1, "{path}");
    }
    for request in [request([]), bearer("x"), request([b"Bearer"])] {
        ask(&app, request).await;
        assert_eq!(people.loads(), 0, "nobody is looked up for a request without a valid token");
    }
}

#[tokio::test]
async fn r73_a_user_who_is_gone_is_refused_at_once_on_every_route() {
    let (issuer, people) = (Issuer::for_tests(), People::new(State::Active));
    let app = app(layer(&issuer, &people));
    let token = token(&issuer);
    assert_eq!(ask(&app, bearer(&token)).await.status, StatusCode::OK);
    people.set(State::Gone);
    for path in ["/", "/twice", "/perhaps", "/plain", "/scoped"] {
        let answer = ask(&app, at(path, bearer(&token))).await;
        let expected = (StatusCode::UNAUTHORIZED, AuthErrorKind::InactiveSubject);
        assert_eq!(refused(&answer), expected, "{path}");
        assert_eq!(answer.parameter("error").as_deref(), Some("invalid_token"));
    }
    people.set(State::Active);
    assert_eq!(ask(&app, bearer(&token)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn r31_while_the_store_is_away_nothing_is_said_about_the_token() {
    let (issuer, people) = (Issuer::for_tests(), People::new(State::Away));
    let layers = [
        layer(&issuer, &people),
        layer(&issuer, &people).optional(),
        layer(&issuer, &people).optional_even_if_invalid(),
    ];
    for layer in layers {
        let answer = ask(&app(layer), at("/plain", bearer(&token(&issuer)))).await;
        assert_eq!(refused(&answer), (StatusCode::SERVICE_UNAVAILABLE, AuthErrorKind::Unavailable));
        assert_eq!(answer.headers[RETRY_AFTER], "1");
        assert_eq!(answer.challenge, None);
    }
}

#[tokio::test]
async fn r73_policies_of_the_layer_come_after_the_user() {
    let (issuer, people) = (Issuer::for_tests(), People::new(State::Gone));
    let scoped = layer(&issuer, &people).require(scopes(["a"]));
    let asked = scoped.clone().require(check_async(|_: Token| async { true }));
    let token = token(&issuer);
    let with_scope = issuer.issue(&Grant::new("alice").scopes(["a"])).unwrap();
    for layer in [scoped, asked] {
        let app = app(layer);
        people.set(State::Gone);
        let answer = ask(&app, bearer(&token)).await;
        assert_eq!(answer.kind, Some(AuthErrorKind::InactiveSubject), "not told what it lacks");
        people.set(State::Active);
        let answer = ask(&app, bearer(&token)).await;
        assert_eq!(answer.kind, Some(AuthErrorKind::InsufficientScope));
        assert_eq!(ask(&app, bearer(&with_scope)).await.body, "ALICE");
    }
}

#[tokio::test]
async fn r39_optional_users() {
    let (issuer, people) = (Issuer::for_tests(), People::new(State::Active));
    let optional = app(layer(&issuer, &people).optional());
    let answer = ask(&optional, at("/perhaps", request([]))).await;
    assert_eq!(answer.body, "nobody");
    let answer = ask(&optional, request([])).await;
    assert_eq!(refused(&answer), (StatusCode::UNAUTHORIZED, AuthErrorKind::MissingCredentials));
    people.set(State::Gone);
    let gone = at("/perhaps", bearer(&token(&issuer)));
    let answer = ask(&optional, gone).await;
    assert_eq!(refused(&answer), (StatusCode::UNAUTHORIZED, AuthErrorKind::InactiveSubject));
    let lenient = layer(&issuer, &people).optional_even_if_invalid();
    let answer = ask(&app(lenient.clone()), at("/perhaps", bearer(&token(&issuer)))).await;
    assert_eq!(answer.body, "nobody");
    let answer = ask(&app(lenient.require(role("x"))), bearer(&token(&issuer))).await;
    assert_eq!(refused(&answer), (StatusCode::UNAUTHORIZED, AuthErrorKind::MissingCredentials));
}

#[tokio::test]
async fn r40_without_a_store_or_with_another_one_it_is_an_error_of_the_service() {
    #[derive(Clone)]
    struct Other;

    impl SubjectStore for Other {
        type Subject = u8;
        type Error = Away;

        async fn active_subject(&self, _: &Token) -> Result<Option<u8>, Away> {
            Ok(Some(1))
        }
    }

    let issuer = Issuer::for_tests();
    let bare = JwtAuthLayer::new(issuer.verifier().unwrap());
    for layer in [bare.clone(), bare.users(Other)] {
        for path in ["/", "/perhaps"] {
            let answer = ask(&app(layer.clone()), at(path, bearer(&token(&issuer)))).await;
            assert_eq!(
                refused(&answer),
                (StatusCode::INTERNAL_SERVER_ERROR, AuthErrorKind::MissingLayer)
            );
        }
    }
    let alone = Router::new().route("/", get(name));
    let answer = ask(&alone, bearer(&token(&issuer))).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn an_outer_layers_user_is_not_an_inner_layers() {
    let (outer, inner) = (Issuer::for_tests(), Issuer::for_tests());
    let people = People::new(State::Active);
    let (nobody, unknown) = (
        (StatusCode::UNAUTHORIZED, AuthErrorKind::MissingCredentials),
        (StatusCode::INTERNAL_SERVER_ERROR, AuthErrorKind::MissingLayer),
    );
    for (inner, expected) in [(&inner, nobody), (&outer, unknown)] {
        let app = Router::new()
            .route("/", get(name))
            .layer(JwtAuthLayer::new(inner.verifier().unwrap()).optional_even_if_invalid())
            .layer(layer(&outer, &people));
        assert_eq!(refused(&ask(&app, bearer(&token(&outer))).await), expected);
    }
}

#[tokio::test]
async fn a_service_without_axum_reads_the_extensions() {
    let (issuer, people) = (Issuer::for_tests(), People::new(State::Active));
    let service = ServiceBuilder::new().layer(layer(&issuer, &people)).service_fn(
        |request: Request<axum::body::Body>| async move {
            let Person(name) = CurrentUser::of(request.extensions()).unwrap();
            Ok::<_, std::convert::Infallible>(Response::new(name.clone()))
        },
    );
    let response = service.oneshot(bearer(&token(&issuer))).await.unwrap();
    assert_eq!(super::support::answer(response).await.body, "ALICE");
}
