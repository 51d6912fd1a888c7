//! Clients at addresses of their own, in plain text and over TLS.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::client::{self, Answer};

/// A client outside.
pub(crate) const ALICE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Another one.
pub(crate) const BOB: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
/// Where nginx connects from, unless told otherwise.
pub(crate) const PROXY: Ipv4Addr = Ipv4Addr::LOCALHOST;

const AUTHORITY: &str = include_str!("../keys/authority.crt");

/// A request in plain text; `target` is method and path.
pub(crate) fn plain(
    from: Ipv4Addr,
    to: SocketAddr,
    target: &str,
    headers: &[&str],
    body: &[u8],
) -> Answer {
    exchange(connect(from, to), target, headers, body)
}

/// The same over TLS.
pub(crate) fn secure(
    from: Ipv4Addr,
    to: SocketAddr,
    target: &str,
    headers: &[&str],
    body: &[u8],
) -> Answer {
    exchange(tls(from, to), target, headers, body)
}

fn exchange(mut stream: impl Read + Write, target: &str, headers: &[&str], body: &[u8]) -> Answer {
    stream.write_all(&client::head(target, headers, Some(body.len()))).unwrap();
    // A server that refuses a body need not read it.
    let _ = stream.write_all(body).and_then(|()| stream.flush());
    client::receive(&mut stream)
}

/// A connection whose other end sees this address.
pub(crate) fn connect(from: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        socket.connect(to).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

pub(crate) fn tls(from: Ipv4Addr, to: SocketAddr) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(AUTHORITY.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let session = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(session, connect(from, to))
}
