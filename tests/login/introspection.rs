//! A service that asks this router about tokens (requirements 121 and 130 to 133, from both sides).

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt;
use tower_bearer::{
    AccountStore, AuthErrorKind, Client, CurrentUser, HttpClient, IntrospectionBuilder,
    JwtAuthLayer, MemoryStore, Token, TokenKind, User, UserChange, Verifier,
};

use super::clients::{ODD, SECRET, apps, basic, clients};
use super::support::{App, PASSWORD, app};

const LATER: Duration = Duration::from_secs(31);

/// A service of which the router is the server.
fn service(app: &App) -> IntrospectionBuilder {
    let router = app.router.clone();
    let client = router.map_request(|request: Request<Bytes>| request.map(Body::from));
    Verifier::introspect("https://issuer.test/introspect")
        .client_secret_basic("worker", SECRET)
        .issuer("https://issuer.test")
        .audience("test")
        .http_client(HttpClient::from_service(client))
        .clock(app.clock.clone())
}

async fn verify(verifier: &Verifier, token: &str) -> Result<Token, AuthErrorKind> {
    verifier.verify(token).await.map_err(|error| error.kind())
}

/// An access and a refresh token of a client with a secret.
async fn log_in_as(app: &App, client: &str) -> (String, String) {
    let fields = [("grant_type", "password"), ("username", "admin"), ("password", PASSWORD)];
    let answer = app.form_as("/token", &[&basic(client, SECRET)], &fields).await;
    (answer.text("access_token"), answer.text("refresh_token"))
}

#[tokio::test]
async fn r132_a_token_of_ours_is_what_our_endpoint_says_of_it() {
    for app in apps().await {
        let verifier = service(&app).build().unwrap();
        let (access, _) = log_in_as(&app, "worker").await;
        let token = verify(&verifier, &access).await.unwrap();
        let claims = app.claims(&access).await;
        assert_eq!(token.kind(), TokenKind::Introspected);
        assert_eq!(token.subject(), claims["sub"].as_str());
        assert_eq!(token.id(), claims["jti"].as_str());
        assert_eq!(token.client_id(), Some("worker"));
        assert!(token.has_scope("items:write"));
        let told: Value = token.claims().unwrap();
        assert_eq!(
            (&told["username"], &told["auth_time"]),
            (&"admin".into(), &claims["auth_time"])
        );
        for junk in ["x", "a.b.c", &access[1..]] {
            assert_eq!(verify(&verifier, junk).await.unwrap_err(), AuthErrorKind::Inactive);
        }
        app.clock.advance(Duration::from_secs(900));
        assert!(verify(&verifier, &access).await.is_ok(), "within the leeway of both");
        app.clock.advance(Duration::from_secs(31));
        assert_eq!(verify(&verifier, &access).await.unwrap_err(), AuthErrorKind::Inactive);
    }
}

#[tokio::test]
async fn r133_a_token_that_was_revoked_is_refused_after_the_cache_time() {
    for app in apps().await {
        let verifier = service(&app).build().unwrap();
        let strict = service(&app).cache_for(Duration::ZERO).build().unwrap();
        let (access, _) = log_in_as(&app, "worker").await;
        assert!(verify(&verifier, &access).await.is_ok());
        assert!(verify(&strict, &access).await.is_ok());
        app.with_token(Method::POST, "/logout", &access).await;
        assert!(verify(&verifier, &access).await.is_ok(), "as the docs say");
        assert_eq!(verify(&strict, &access).await.unwrap_err(), AuthErrorKind::Inactive);
        app.clock.advance(LATER);
        assert_eq!(verify(&verifier, &access).await.unwrap_err(), AuthErrorKind::Inactive);
    }
}

#[tokio::test]
async fn r121_a_refresh_token_opens_no_service_though_it_is_active() {
    for app in apps().await {
        let verifier = service(&app).build().unwrap();
        let (_, refresh) = log_in_as(&app, "worker").await;
        let fields = [("token", refresh.as_str())];
        let told = app.form_as("/introspect", &[&basic("worker", SECRET)], &fields).await;
        assert_eq!(told.json()["active"], true, "to its own client");
        assert_eq!(verify(&verifier, &refresh).await.unwrap_err(), AuthErrorKind::WrongTokenType);
        let (_, of_another) = log_in_as(&app, ODD).await;
        assert_eq!(verify(&verifier, &of_another).await.unwrap_err(), AuthErrorKind::Inactive);
        // Not even where nothing else would tell it apart.
        let lax = service(&app).any_audience().build().unwrap();
        assert_eq!(verify(&lax, &refresh).await.unwrap_err(), AuthErrorKind::WrongTokenType);
    }
}

#[tokio::test]
async fn r99_an_odd_id_and_an_odd_secret_are_understood() {
    let odd = || {
        let client = Client::confidential("https://a:b%3A@c?d=+e f&", SECRET)
            .unwrap()
            .may_introspect()
            .unwrap();
        clients().client(client).unwrap()
    };
    let app = app(MemoryStore::new(), |router| router.clients(odd())).await;
    let (access, _) = log_in_as(&app, "worker").await;
    let ways = [
        service(&app).client_secret_basic("https://a:b%3A@c?d=+e f&", SECRET),
        service(&app).client_secret_post("https://a:b%3A@c?d=+e f&", SECRET),
    ];
    for way in ways {
        assert!(verify(&way.build().unwrap(), &access).await.is_ok());
    }
}

#[tokio::test]
async fn r130_a_service_with_wrong_credentials_does_not_tell_its_users_that_they_are_wrong() {
    let app = app(MemoryStore::new(), |router| router.clients(clients())).await;
    let (access, _) = log_in_as(&app, "worker").await;
    let wrong = [
        service(&app).client_secret_basic("worker", "wrong"),
        service(&app).client_secret_basic("unknown", SECRET),
        service(&app).client_secret_basic(ODD, SECRET), // which may not introspect
        service(&app).client_secret_post("worker", "wrong"),
        service(&app).bearer_token(access.clone()),
        service(&app).tls_client_auth("worker"),
    ];
    for builder in wrong {
        let layer = JwtAuthLayer::new(builder.build().unwrap());
        let guarded = Router::new().route("/", get(|| async {})).layer(layer);
        let request = Request::get("/")
            .header(header::AUTHORIZATION, format!("Bearer {access}"))
            .body(Body::empty())
            .unwrap();
        let answer = guarded.oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
        assert!(!answer.headers().contains_key(header::WWW_AUTHENTICATE));
    }
}

#[tokio::test]
async fn r183_users_and_revocations_are_asked_of_introspected_tokens_too() {
    let store = MemoryStore::new();
    let app = app(store.clone(), |router| router.clients(clients())).await;
    let name = |CurrentUser(user): CurrentUser<User>| async move { user.username };
    let verifier = service(&app).build().unwrap();
    let guarded = |layer| Router::new().route("/", get(name)).layer(layer);
    let status = async |router: Router, token: &str| {
        let request = Request::get("/")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        router.oneshot(request).await.unwrap().status()
    };
    let layer = JwtAuthLayer::new(verifier).users(store.clone()).revocations(store.clone());
    let router = guarded(layer);
    let (access, _) = log_in_as(&app, "worker").await;
    assert_eq!(status(router.clone(), &access).await, 200);
    // At once, and not after the cache time.
    let id = app.claims(&access).await["sub"].as_str().unwrap().to_owned();
    store.update_user(&id, &UserChange::new().is_active(false)).await.unwrap();
    assert_eq!(status(router, &access).await, 401);
}

#[tokio::test]
async fn r130_the_default_client_asks_our_router_over_a_real_connection() {
    let app = app(MemoryStore::new(), |router| router.clients(clients())).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/introspect", listener.local_addr().unwrap());
    let router = app.router.clone();
    tokio::spawn(async { axum::serve(listener, router).await });
    let verifier = Verifier::introspect(url)
        .client_secret_basic("worker", SECRET)
        .audience("test")
        .clock(app.clock.clone())
        .build()
        .unwrap();
    let (access, refresh) = log_in_as(&app, "worker").await;
    assert!(verify(&verifier, &access).await.is_ok());
    assert_eq!(verify(&verifier, &refresh).await.unwrap_err(), AuthErrorKind::WrongTokenType);
    assert_eq!(verify(&verifier, "x").await.unwrap_err(), AuthErrorKind::Inactive);
}
