//! Requests whose token is judged after a wait: whatever else the layer does comes after it, and as
//! it comes without a wait (requirements 31, 39, 72, 73).

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Request, StatusCode, Uri};
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower::buffer::BufferLayer;
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};
use tower_bearer::{
    AuthErrorKind, Check, Clock, CurrentUser, Grant, Issuer, JwtAuthLayer, Policy, PolicyRequest,
    Revocations, SubjectStore, Token, TokenSource, check_async, role, scopes,
};

use super::services::{Strict, ready, with};
use super::support::{Answer, Away, answer, ask, at, bearer, request, subject};
use super::tenants::{Directory, is_away, issuer, made_up};

/// The layer's answer to a request that had to wait, and whose tenant has become known since.
async fn after_a_wait(
    change: impl Fn(JwtAuthLayer) -> JwtAuthLayer,
    request: impl Fn(&Directory) -> Request<axum::body::Body>,
) -> Answer {
    let directory = Directory::of(&["a"]).close();
    let layer = change(JwtAuthLayer::new(directory.verifier()));
    let app = Router::new().route("/", get(maybe)).route("/must", get(subject)).layer(layer);
    let mut asking = task::spawn(ask(&app, request(&directory)));
    assert_pending!(asking.poll());
    directory.open();
    asking.await
}

async fn maybe(token: Option<Token>) -> String {
    token.and_then(|token| token.subject().map(str::to_owned)).unwrap_or("nobody".to_owned())
}

fn good(directory: &Directory) -> Request<axum::body::Body> {
    bearer(&directory.token("a"))
}

fn forged(_: &Directory) -> Request<axum::body::Body> {
    bearer(&made_up(&issuer("a")))
}

fn of_no_tenant(_: &Directory) -> Request<axum::body::Body> {
    bearer(&made_up(&issuer("z")))
}

#[tokio::test]
async fn a_policy_judges_after_the_wait() {
    let all = after_a_wait(|layer| layer.require(scopes(["a"])), good).await;
    assert_eq!((all.status, all.body.as_str()), (StatusCode::OK, "alice"));

    let lacking = after_a_wait(|layer| layer.require(scopes(["a", "b"])), good).await;
    assert_eq!(lacking.status, StatusCode::FORBIDDEN);
    assert_eq!(lacking.parameter("error").as_deref(), Some("insufficient_scope"));
    assert_eq!(lacking.parameter("scope").as_deref(), Some("a b"));

    let forbidden = after_a_wait(|layer| layer.require(role("staff")), good).await;
    assert_eq!(forbidden.status, StatusCode::FORBIDDEN);

    for held in ["a", "b"] {
        let later = move || {
            check_async(move |token: Token| async move {
                tokio::task::yield_now().await;
                token.has_scope(held)
            })
        };
        let status = after_a_wait(|layer| layer.require(later()), good).await.status;
        assert_eq!(status, if held == "a" { StatusCode::OK } else { StatusCode::FORBIDDEN });
    }

    // Nobody is told what is lacking before it is known who asks.
    let refused = after_a_wait(|layer| layer.require(scopes(["b"])), forged).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.kind, Some(AuthErrorKind::InvalidSignature));
    assert_eq!(refused.parameter("scope"), None);
}

/// Method and path, as without a wait.
struct ReadsOwn;

impl Policy for ReadsOwn {
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        let own = request.uri().path().strip_prefix('/') == request.token().subject();
        Check::allow_if(own && request.method() == http::Method::GET)
    }
}

#[tokio::test]
async fn a_policy_sees_the_same_request_after_a_wait() {
    let directory = Directory::of(&["a"]);
    for (method, path, status) in [
        ("GET", "/alice?a=b", StatusCode::OK),
        ("GET", "/bob", StatusCode::FORBIDDEN),
        ("DELETE", "/alice", StatusCode::FORBIDDEN),
    ] {
        let directory = directory.clone().close();
        let layer = JwtAuthLayer::new(directory.verifier()).require(ReadsOwn);
        let app = Router::new().route("/{name}", get(subject).delete(subject)).layer(layer);
        for waits in [true, false] {
            let mut request = at(path, good(&directory));
            *request.method_mut() = method.parse().unwrap();
            let mut asking = task::spawn(ask(&app, request));
            let answer = match asking.poll() {
                Poll::Ready(answer) => answer,
                Poll::Pending => {
                    assert!(waits);
                    directory.open();
                    asking.await
                }
            };
            assert_eq!(answer.status, status, "{method} {path} {waits}");
        }
    }
}

#[tokio::test]
async fn r39_optional_judges_the_wrong_after_a_wait_as_without() {
    let passed = after_a_wait(JwtAuthLayer::optional, good).await;
    assert_eq!(passed.body, "alice");
    for (request, kind) in [
        (forged as fn(&Directory) -> _, AuthErrorKind::InvalidSignature),
        (of_no_tenant, AuthErrorKind::InvalidIssuer),
    ] {
        for change in [JwtAuthLayer::optional as fn(_) -> _, std::convert::identity] {
            let refused = after_a_wait(change, request).await;
            assert_eq!((refused.status, refused.kind), (StatusCode::UNAUTHORIZED, Some(kind)));
            assert_eq!(refused.parameter("error").as_deref(), Some("invalid_token"));
        }
        let passed = after_a_wait(JwtAuthLayer::optional_even_if_invalid, request).await;
        assert_eq!((passed.status, passed.body.as_str()), (StatusCode::OK, "nobody"));
        // And then asks for a token as if there had been none.
        let must = |layer: JwtAuthLayer| layer.optional_even_if_invalid().require(scopes(["a"]));
        let refused = after_a_wait(must, request).await;
        assert_eq!(refused.kind, Some(AuthErrorKind::MissingCredentials));
        assert_eq!(refused.challenge.as_deref(), Some(r#"Bearer realm="api", scope="a""#));
    }
    let directory = Directory::of(&[]).close();
    let layer = JwtAuthLayer::new(directory.verifier()).optional();
    let app = Router::new().route("/", get(maybe)).layer(layer);
    assert_eq!(ask(&app, request([])).await.body, "nobody", "waits for nobody");
}

/// That nobody can tell says nothing of the token: it is no reason to serve what the public sees.
#[tokio::test]
async fn r31_r39_what_nobody_can_tell_is_never_passed_as_anonymous() {
    for change in [
        std::convert::identity as fn(JwtAuthLayer) -> JwtAuthLayer,
        JwtAuthLayer::optional,
        JwtAuthLayer::optional_even_if_invalid,
    ] {
        let directory = Directory::of(&["a"]).close();
        directory.fail(true);
        let app = Router::new()
            .route("/", get(maybe))
            .layer(change(JwtAuthLayer::new(directory.verifier())));
        let mut asking = task::spawn(ask(&app, good(&directory)));
        assert_pending!(asking.poll());
        directory.open();
        is_away(&asking.await);
        is_away(&ask(&app, good(&directory)).await);
    }
}

#[tokio::test]
async fn a_credential_is_stripped_after_a_wait_too() {
    let seen = |headers: HeaderMap, uri: Uri, token: Token| async move {
        assert_eq!(token.subject(), Some("alice"));
        format!("{:?} {uri}", headers.get(AUTHORIZATION))
    };
    for strips in [false, true] {
        for in_query in [false, true] {
            let directory = Directory::of(&["a"]).close();
            let token = directory.token("a");
            let layer = JwtAuthLayer::new(directory.verifier())
                .token_source(TokenSource::query("access_token"));
            let layer = if strips { layer.strip_credentials() } else { layer };
            let app = Router::new().route("/", get(seen)).layer(layer);
            let request = if in_query {
                at(&format!("/?a=b&access_token={token}"), request([]))
            } else {
                at("/?a=b", bearer(&token))
            };
            let mut asking = task::spawn(ask(&app, request));
            assert_pending!(asking.poll());
            directory.open();
            let answer = asking.await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(answer.body.contains(&token), !strips, "{}", answer.body);
            assert!(answer.body.contains("a=b"));
            let kept_private = answer.headers.get("cache-control").map(|value| value == "private");
            assert_eq!(kept_private, in_query.then_some(true));
        }
    }
}

/// Stores in the order in which they were asked, and what they say.
#[derive(Clone, Default)]
struct Stores(Arc<Mutex<Vec<&'static str>>>, &'static str);

impl Revocations for Stores {
    type Error = Away;

    async fn is_revoked(&self, _: &Token) -> Result<bool, Away> {
        self.0.lock().unwrap().push("revocations");
        tokio::task::yield_now().await;
        if self.1 == "revocations are away" { Err(Away) } else { Ok(self.1 == "revoked") }
    }
}

impl SubjectStore for Stores {
    type Subject = String;
    type Error = Infallible;

    async fn active_subject(&self, token: &Token) -> Result<Option<String>, Infallible> {
        self.0.lock().unwrap().push("users");
        tokio::task::yield_now().await;
        Ok(token.subject().filter(|_| self.1 != "disabled").map(str::to_uppercase))
    }
}

#[tokio::test]
async fn r31_r73_the_stores_are_asked_after_a_wait_and_then_the_policy() {
    use AuthErrorKind::*;

    for (state, refusal, asked) in [
        ("good", None, &["revocations", "users"][..]),
        ("revoked", Some((StatusCode::UNAUTHORIZED, Revoked)), &["revocations"]),
        (
            "revocations are away",
            Some((StatusCode::SERVICE_UNAVAILABLE, Unavailable)),
            &["revocations"],
        ),
        ("disabled", Some((StatusCode::UNAUTHORIZED, InactiveSubject)), &["revocations", "users"]),
    ] {
        for lacking in [false, true] {
            let stores = Stores(Arc::default(), state);
            let directory = Directory::of(&["a"]).close();
            let layer = JwtAuthLayer::new(directory.verifier())
                .revocations(stores.clone())
                .users(stores.clone())
                .require(scopes([if lacking { "b" } else { "a" }]));
            let name = async |CurrentUser(name): CurrentUser<String>, _: Token| name;
            let app = Router::new().route("/", get(name)).layer(layer);
            let mut asking = task::spawn(ask(&app, good(&directory)));
            assert_pending!(asking.poll());
            assert!(stores.0.lock().unwrap().is_empty(), "of a token that may be anybody's");
            directory.open();
            let answer = asking.await;
            let lacks = lacking.then_some((StatusCode::FORBIDDEN, InsufficientScope));
            match refusal.or(lacks) {
                Some(refusal) => {
                    assert_eq!((answer.status, answer.kind), (refusal.0, Some(refusal.1)))
                }
                None => assert_eq!(answer.body, "ALICE"),
            }
            assert_eq!(*stores.0.lock().unwrap(), asked, "{state}");
        }
    }
    let stores = Stores::default();
    let refused = after_a_wait(|layer| layer.users(stores.clone()), forged).await;
    assert_eq!(refused.kind, Some(InvalidSignature));
    assert!(stores.0.lock().unwrap().is_empty(), "nobody is loaded for a forged token");
}

#[tokio::test]
async fn r72_claims_are_judged_after_a_wait_as_without() {
    let year = Duration::from_secs(365 * 24 * 3600);
    let now = Clock::system().now();
    let at = |time| move |issuer: Issuer| issuer.audience("api").clock(Clock::manual(time));
    let other = |issuer: Issuer| issuer.audience("other");
    let cases: [(&dyn Fn(Issuer) -> Issuer, _); 3] = [
        (&other, AuthErrorKind::InvalidAudience),
        (&at(now - year), AuthErrorKind::Expired),
        (&at(now + year), AuthErrorKind::IssuedInFuture),
    ];
    for (change, kind) in cases {
        let token = |directory: &Directory| {
            bearer(&change(directory.issuer("a")).issue(&Grant::new("alice")).unwrap())
        };
        let refused = after_a_wait(|layer| layer, token).await;
        assert_eq!((refused.status, refused.kind), (StatusCode::UNAUTHORIZED, Some(kind)));
    }
}

#[tokio::test]
async fn a_request_that_waits_for_its_tenant_holds_its_permit_and_no_other() {
    let directory = Directory::of(&["a"]).close();
    let layer = JwtAuthLayer::new(directory.verifier());
    let mut service = layer.layer(ConcurrencyLimit::new(Strict::default(), 1));
    let mut other = service.clone();
    let token = directory.token("a");

    // Given up while it waits.
    let mut given_up = task::spawn(ready(&mut service).await.call(with(Some(&token))));
    assert_pending!(given_up.poll());
    assert!(task::spawn(other.ready()).poll().is_pending());
    drop(given_up);
    assert!(task::spawn(other.ready()).poll().is_ready());

    // Refused after the wait.
    let mut refused = task::spawn(other.call(with(Some(&made_up(&issuer("z"))))));
    assert_pending!(refused.poll());
    assert!(task::spawn(service.ready()).poll().is_pending());
    directory.open();
    assert_eq!(assert_ready_ok!(refused.poll()).status(), StatusCode::UNAUTHORIZED);
    assert!(task::spawn(service.ready()).poll().is_ready(), "before the answer is dropped");

    // Passed, to the service that was ready.
    let response = service.call(with(Some(&token))).await.unwrap();
    assert_eq!(answer(response).await.body, "alice");
    assert!(task::spawn(other.ready()).poll().is_ready());
}

#[tokio::test]
async fn no_place_under_buffer_is_kept_by_a_refusal_after_a_wait() {
    for tenant in ["a", "z"] {
        let directory = Directory::of(&["a"]).close();
        let layer = JwtAuthLayer::new(directory.verifier());
        let mut service = ServiceBuilder::new()
            .layer(layer)
            .layer(BufferLayer::new(1))
            .service(Strict::default());
        let token = if tenant == "a" { directory.token(tenant) } else { made_up(&issuer(tenant)) };
        let mut waiting = task::spawn(ready(&mut service).await.call(with(Some(&token))));
        assert_pending!(waiting.poll());
        assert!(task::spawn(service.ready()).poll().is_pending());
        directory.open();
        let status = waiting.await.unwrap().status();
        assert_eq!(status == StatusCode::OK, tenant == "a");
        let response = ready(&mut service).await.call(with(None)).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert!(task::spawn(service.ready()).poll().is_ready());
    }
}
