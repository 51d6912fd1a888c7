//! What the tests of this binary share.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use tower_bearer::{
    Clock, Hasher, Issuer, LoginRouter, NewUser, PasswordPolicy, PostgresStore, RedisStore,
    RefreshStore, RefreshTokens, SqliteStore, UserStore, Username,
};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A router on one of the stores, with what a test wants to turn or to count.
pub(crate) struct App {
    pub(crate) router: Router,
    pub(crate) clock: Clock,
    pub(crate) issuer: Issuer,
    pub(crate) hasher: Hasher,
}

/// One app on each store, built with a change: an expression that is evaluated once for each, as
/// its type differs.
macro_rules! apps_with {
    ($change:expr) => {
        async {
            use crate::support::{app, app_with_stores, postgres, redis, sqlite};
            let mut apps = vec![
                app(tower_bearer::MemoryStore::new(), $change).await,
                app(sqlite().await, $change).await,
            ];
            if let Some(store) = postgres().await {
                apps.push(app(store, $change).await);
            }
            if let Some(sessions) = redis().await {
                apps.push(app_with_stores(sqlite().await, sessions, $change).await);
            }
            apps
        }
    };
}
pub(crate) use apps_with;

/// One server for all: what tests look for has random names.
pub(crate) async fn redis() -> Option<RedisStore> {
    let server = crate::servers::redis()?;
    Some(RedisStore::connect(&server.url()).await.unwrap())
}

/// One app on each store.
pub(crate) async fn apps() -> Vec<App> {
    apps_with!(|router| router).await
}

pub(crate) async fn sqlite() -> SqliteStore {
    SqliteStore::connect("sqlite::memory:").await.unwrap()
}

pub(crate) async fn postgres() -> Option<PostgresStore> {
    let server = crate::servers::postgres()?;
    Some(PostgresStore::connect(&server.database().await).await.unwrap())
}

pub(crate) async fn app<S: UserStore + RefreshStore>(
    store: S,
    change: impl FnOnce(LoginRouter<S, S>) -> LoginRouter<S, S>,
) -> App {
    app_with_stores(store.clone(), store, change).await
}

/// An app whose users and sessions are kept apart.
pub(crate) async fn app_with_stores<U: UserStore, R: RefreshStore>(
    users: U,
    sessions: R,
    change: impl FnOnce(LoginRouter<U, R>) -> LoginRouter<U, R>,
) -> App {
    let clock = Clock::manual(Duration::from_secs(1_700_000_000));
    let issuer = Issuer::for_tests().clock(clock.clone());
    let hasher = Hasher::builder().insecure_parameters(8, 1, 1).build().unwrap();
    // Accounts cannot be disabled over HTTP, so one is there from the start that has a scope
    // and a role more than others.
    let hash = hasher.hash(PASSWORD).await.unwrap();
    let admin = NewUser::new(Username::new("admin").unwrap(), hash).roles(["admin"]).scopes([
        "me",
        "items:read",
        "items:write",
    ]);
    users.insert_user(admin, clock.now()).await.unwrap();
    let router = LoginRouter::with_stores(users, sessions, issuer.clone())
        .hasher(hasher.clone())
        .password_policy(PasswordPolicy::asvs_l1())
        .refresh_tokens(RefreshTokens::new())
        .default_scopes(["me", "items:read"]);
    let router = change(router);
    #[cfg(feature = "openapi")]
    let document = crate::document::Document::new(&router.openapi());
    let router = router.into_router();
    #[cfg(feature = "openapi")]
    let router = router.layer(axum::middleware::from_fn_with_state(document, as_documented));
    App { router, clock, issuer, hasher }
}

/// Holds every answer against the document of the router.
#[cfg(feature = "openapi")]
async fn as_documented(
    axum::extract::State(document): axum::extract::State<crate::document::Document>,
    request: Request<Body>,
    next: axum::middleware::Next,
) -> axum::response::Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let (head, body) = next.run(request).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let fault = document.fault((&method, &path), head.status.as_u16(), &head.headers, &body);
    assert_eq!(fault, None);
    axum::response::Response::from_parts(head, Body::from(body))
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn text(&self, member: &str) -> String {
        self.json()[member].as_str().unwrap_or_else(|| panic!("no {member}: {self:?}")).to_owned()
    }

    /// Asserts a status and an error code, and that no cache keeps the answer.
    #[track_caller]
    pub(crate) fn assert_error(&self, status: u16, error: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.text("error"), error, "{self:?}");
        assert_eq!(self.headers[header::CACHE_CONTROL], "no-store");
    }
}

impl App {
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn post(&self, path: &str, content_type: &str, body: &str) -> Answer {
        let mut request = Request::post(path).body(Body::from(body.to_owned())).unwrap();
        if !content_type.is_empty() {
            request.headers_mut().insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        }
        self.send(request).await
    }

    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.post(path, "application/x-www-form-urlencoded", &body).await
    }

    pub(crate) async fn json(&self, path: &str, body: Value) -> Answer {
        self.post(path, "application/json", &body.to_string()).await
    }

    pub(crate) async fn with_token(&self, method: Method, path: &str, token: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        self.send(request).await
    }

    pub(crate) async fn json_with_token(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    pub(crate) async fn register(&self, username: &str) -> Answer {
        let body = serde_json::json!({ "username": username, "password": PASSWORD });
        self.json("/register", body).await
    }

    pub(crate) async fn password_grant(&self, username: &str, more: &[(&str, &str)]) -> Answer {
        let mut fields =
            vec![("grant_type", "password"), ("username", username), ("password", PASSWORD)];
        fields.extend_from_slice(more);
        self.form("/token", &fields).await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        self.json("/refresh", serde_json::json!({ "refresh_token": refresh_token })).await
    }

    /// The claims of an access token of this app.
    pub(crate) async fn claims(&self, token: &str) -> Value {
        self.issuer.verifier().unwrap().verify(token).await.unwrap().claims().unwrap()
    }
}
