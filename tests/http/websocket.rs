//! A WebSocket that opens with a token, and closes when the token ends (requirement 202).

use std::time::SystemTime;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;
use futures_util::{SinkExt, StreamExt};
use http::header::SEC_WEBSOCKET_PROTOCOL;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::DuplexStream;
use tokio_tungstenite::tungstenite::Message as Received;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tower_bearer::{Grant, Issuer, JwtAuthLayer, Token, TokenSource};

/// "Unauthorized", among the codes that are an application's own (RFC 6455, section 7.4.2).
const TOKEN_EXPIRED: u16 = 4401;

async fn open(token: Token, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| echo(token, socket))
}

/// Echoes until the token ends, and no longer.
async fn echo(token: Token, mut socket: WebSocket) {
    let ends = token.expires_at().unwrap_or(SystemTime::UNIX_EPOCH);
    let left = ends.duration_since(SystemTime::now()).unwrap_or_default();
    let echoing = async {
        while let Some(Ok(message @ Message::Text(_))) = socket.recv().await {
            socket.send(message).await.unwrap();
        }
    };
    if tokio::time::timeout(left, echoing).await.is_err() {
        let reason = "the token is expired".into();
        let close = CloseFrame { code: TOKEN_EXPIRED, reason };
        socket.send(Message::Close(Some(close))).await.unwrap();
    }
}

fn serve(issuer: &Issuer) -> DuplexStream {
    let layer = JwtAuthLayer::new(issuer.verifier().unwrap());
    let app = Router::new()
        .route("/", any(open))
        .layer(layer.token_source(TokenSource::websocket_protocol()));
    let (client, server) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(server), TowerToHyperService::new(app))
            .with_upgrades()
            .await
            .unwrap();
    });
    client
}

fn handshake(protocols: &str) -> http::Request<()> {
    let mut request = "ws://api.example/".into_client_request().unwrap();
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocols.parse().unwrap());
    request
}

// Time stands still until nothing else is left to do, and then jumps to the next timer.
#[tokio::test(start_paused = true)]
async fn r202_a_websocket_opens_with_a_token_and_closes_when_it_ends() {
    let issuer = Issuer::for_tests();
    let token = issuer.issue(&Grant::new("alice")).unwrap();
    let request = handshake(&format!("bearer, {token}"));
    let (mut socket, response) =
        tokio_tungstenite::client_async(request, serve(&issuer)).await.unwrap();
    assert_eq!(response.headers()[SEC_WEBSOCKET_PROTOCOL], "bearer", "as a browser asks for");
    socket.send(Received::text("hello")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Received::text("hello"));
    let Received::Close(Some(close)) = socket.next().await.unwrap().unwrap() else {
        panic!("the token has ended");
    };
    assert_eq!(
        (u16::from(close.code), close.reason.as_str()),
        (TOKEN_EXPIRED, "the token is expired")
    );
}

#[tokio::test]
async fn r202_without_a_valid_token_no_websocket_opens() {
    let issuer = Issuer::for_tests();
    for (protocols, status) in [("chat", 401), ("bearer, a.b.c", 401), ("bearer", 400)] {
        let opened = tokio_tungstenite::client_async(handshake(protocols), serve(&issuer)).await;
        let Err(tokio_tungstenite::tungstenite::Error::Http(response)) = opened else {
            panic!("no WebSocket: {protocols}");
        };
        assert_eq!(response.status().as_u16(), status);
        assert!(response.headers().contains_key(http::header::WWW_AUTHENTICATE));
    }
}
