//! A service as the page on deployment has it, with a few routes that tell what arrived.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;

use axum::extract::ConnectInfo;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::{any, get};
use axum::{Json, Router};
use http::{HeaderMap, header};
use serde_json::{Value, json};
use tower_bearer::{
    Grant, Issuer, JwtAuthLayer, LoginRouter, MemoryStore, SchemeSource, Settings, Token,
    TokenCookie, TokenSource, require_https,
};

use crate::service::SECRET;

pub(crate) struct App {
    pub(crate) addr: SocketAddr,
    issuer: Issuer,
}

impl App {
    /// That trusts a proxy on this machine.
    pub(crate) fn start() -> Self {
        Self::with(&[("TRUSTED_PROXIES", "127.0.0.1")])
    }

    /// It runs on a thread that lasts as long as the tests.
    pub(crate) fn with(variables: &[(&str, &str)]) -> Self {
        let settings = Settings::from_vars(
            [
                ("DATABASE_URL", "sqlite::memory:"),
                ("JWT_SECRET", SECRET),
                ("JWT_ISSUER", "https://api.example.com"),
                ("JWT_AUDIENCE", "api"),
                ("LOGIN_RATE", "off"),
                ("LOGIN_RATE_PER_ADDRESS", "3/hour"),
            ]
            .iter()
            .chain(variables)
            .copied(),
        );
        let settings = settings.unwrap();
        let app = app(&settings).into_make_service_with_connect_info::<SocketAddr>();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let addr = listener.local_addr().unwrap();
        thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, app).await.unwrap();
            });
        });
        Self { addr, issuer: settings.issuer() }
    }

    /// The header of a request with a token.
    pub(crate) fn bearer(&self) -> String {
        format!("Authorization: Bearer {}", self.token(0))
    }

    /// A token with so many characters that nobody needs.
    pub(crate) fn token(&self, padding: usize) -> String {
        self.issuer.issue(&Grant::new("alice").claim("padding", "x".repeat(padding))).unwrap()
    }
}

fn app(settings: &Settings) -> Router {
    let proxies = settings.trusted_proxies().unwrap();
    let proxies =
        proxies.peer(|extensions| Some(extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip()));
    let issuer = settings.issuer();
    let auth = JwtAuthLayer::new(issuer.verifier().unwrap())
        .token_source(TokenSource::websocket_protocol());
    let login = LoginRouter::new(MemoryStore::new(), issuer).settings(settings).unwrap();
    Router::new()
        .route("/hello", get(async |token: Token| token.subject().unwrap().to_owned()))
        .route("/arrived", get(arrived))
        .route("/cookie/{bytes}", get(cookie))
        .route("/upload", any(async |body: axum::body::Bytes| body.len().to_string()))
        .route("/echo", any(open))
        .layer(auth)
        .nest("/auth", login.into_router())
        .layer(require_https(SchemeSource::forwarded(proxies)))
}

/// The headers of proxies, as they arrived.
async fn arrived(headers: HeaderMap) -> Json<Value> {
    let lines = |name: &str| -> Vec<String> {
        headers.get_all(name).iter().map(|it| it.to_str().unwrap().to_owned()).collect()
    };
    Json(json!({
        "for": lines("x-forwarded-for"),
        "proto": lines("x-forwarded-proto"),
        "forwarded": lines("forwarded"),
        "host": lines("host"),
    }))
}

async fn cookie(
    axum::extract::Path(bytes): axum::extract::Path<usize>,
) -> [(header::HeaderName, http::HeaderValue); 1] {
    let cookie = TokenCookie::new("__Host-access").strict();
    let lifetime = std::time::Duration::from_secs(60);
    [(header::SET_COOKIE, cookie.set(&"x".repeat(bytes), lifetime).unwrap())]
}

async fn open(_: Token, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(echo)
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message @ Message::Text(_))) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}
