//! A WebSocket through nginx: requirement 202.

use tokio_tungstenite::tungstenite::client::{IntoClientRequest, client};
use tokio_tungstenite::tungstenite::{self, HandshakeError, Message};

use crate::app::App;
use crate::from::{ALICE, connect, tls};
use crate::nginx::Nginx;

fn handshake(header: &'static str, value: &str) -> http::Request<()> {
    let mut request = "wss://localhost/echo".into_client_request().unwrap();
    request.headers_mut().insert(header, value.parse().unwrap());
    request
}

#[test]
fn r202_a_websocket_opens_through_nginx_with_a_token() {
    let app = App::start();
    let Some(nginx) = Nginx::before(app.addr) else { return };
    let token = app.token(0);
    for (header, value) in [
        ("authorization", format!("Bearer {token}")),
        ("sec-websocket-protocol", format!("bearer, {token}")),
    ] {
        let opened = client(handshake(header, &value), tls(ALICE, nginx.https));
        let (mut socket, _) = opened.unwrap_or_else(|error| panic!("{header}: {error}"));
        socket.send(Message::text("hello")).unwrap();
        assert_eq!(socket.read().unwrap(), Message::text("hello"));
        socket.close(None).unwrap();
    }
    let refused = |answer: Option<http::StatusCode>| answer.map(|status| status.as_u16());
    let without = client(handshake("sec-websocket-protocol", "chat"), tls(ALICE, nginx.https));
    assert_eq!(refused(status(without.err().unwrap())), Some(401));
    // In plain text it is refused before anybody looks at the token, whatever the client says.
    let mut request = handshake("authorization", &format!("Bearer {token}"));
    request.headers_mut().insert("x-forwarded-proto", "wss".parse().unwrap());
    let plain = client(request, connect(ALICE, nginx.http));
    assert_eq!(refused(status(plain.err().unwrap())), Some(403));
}

fn status<S: tungstenite::handshake::HandshakeRole>(
    error: HandshakeError<S>,
) -> Option<http::StatusCode> {
    match error {
        HandshakeError::Failure(tungstenite::Error::Http(response)) => Some(response.status()),
        _ => None,
    }
}
