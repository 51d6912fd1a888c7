//! The client of our own, over real sockets that only listen on this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;

const AUTHORITY: &str = include_str!("../../../tests/keys/authority.crt");
const CERTIFICATE: &str = include_str!("../../../tests/keys/localhost.crt");
const CERTIFICATE_KEY: &str = include_str!("../../../tests/keys/localhost.pem");

/// A server on a thread of its own, which lasts as long as the test.
struct Server {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
    answer: Arc<Mutex<String>>,
}

impl Server {
    fn new(answer: String, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            answer: Arc::new(Mutex::new(answer)),
        };
        let (requests, answer) = (Arc::clone(&server.requests), Arc::clone(&server.answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answer = answer.lock().unwrap().clone();
                // A client that goes away is no fault of the server.
                let _ = match &tls {
                    None => serve(stream, &answer, &requests),
                    Some(tls) => {
                        let session = rustls::ServerConnection::new(Arc::clone(tls)).unwrap();
                        serve(rustls::StreamOwned::new(session, stream), &answer, &requests)
                    }
                };
            }
        });
        server
    }

    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}/keys", self.address)
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn serve(stream: impl Read + Write, answer: &str, requests: &AtomicUsize) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line)? > 2 {
        line.clear();
    }
    requests.fetch_add(1, Ordering::SeqCst);
    stream.get_mut().write_all(answer.as_bytes())?;
    stream.get_mut().flush()
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn redirect(to: &str) -> String {
    format!(
        "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

fn tls() -> Arc<rustls::ServerConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(CERTIFICATE_KEY.as_bytes()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config)
}

async fn build(url: &str, client: HttpClient) -> Result<Verifier, String> {
    let keys = RemoteKeySet::at(url).http_client(client);
    let builder = Verifier::remote(keys).any_issuer().audience("api");
    builder.build().await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_client_of_our_own_fetches_over_http() {
    let key = Key::new("1");
    let server = Server::new(ok(&set(&[&key])), None);
    let verifier = build(&server.url("http"), HttpClient::new()).await.unwrap();
    let token = key.issuer.issue(&Grant::new("alice")).unwrap();
    assert!(verify(&verifier, &token).await.is_ok());
    assert_eq!(server.requests(), 1);
}

/// A proxy elsewhere, which the environment names for what is on other machines, would be whoever is
/// on the way. The environment is that of a process, so that this is one of its own.
#[test]
fn r187_http_to_this_machine_goes_through_no_proxy() {
    let mut itself = std::process::Command::new(std::env::current_exe().unwrap());
    itself.args(["--exact", "jwks::tests::wire::the_client_of_our_own_fetches_over_http"]);
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        itself.env(name, "http://127.0.0.1:1");
    }
    for name in ["NO_PROXY", "no_proxy", "REQUEST_METHOD"] {
        itself.env_remove(name);
    }
    let output = itself.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[tokio::test]
async fn r187_the_client_of_our_own_follows_no_redirect_to_another_server() {
    let other = Server::new(ok(&set(&[&Key::new("1")])), None);
    let server = Server::new(redirect(&other.url("http")), None);
    let error = build(&server.url("http"), HttpClient::new()).await.unwrap_err();
    assert!(error.contains("redirects to") && error.contains(&other.url("http")), "{error}");
    assert_eq!((server.requests(), other.requests()), (1, 0));
    *server.answer.lock().unwrap() = redirect("/keys");
    let error = build(&server.url("http"), HttpClient::new()).await.unwrap_err();
    assert!(error.contains("on and on"), "{error}");
}

#[tokio::test]
async fn a_torn_answer_of_a_real_server_names_its_reason() {
    let torn = ok("{}").replace("Content-Length: 2", "Content-Length: 200");
    let server = Server::new(torn, None);
    let error = build(&server.url("http"), HttpClient::new()).await.unwrap_err();
    assert!(error.contains("broke off") && error.contains(&server.url("http")), "{error}");
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = build(&format!("http://{gone}/keys"), HttpClient::new()).await.unwrap_err();
    assert!(error.to_lowercase().contains("connection refused"), "{error}");
}

#[tokio::test]
async fn pitfall_an_authority_of_ones_own_is_possible_and_nobody_elses_is_trusted() {
    let key = Key::new("1");
    let server = Server::new(ok(&set(&[&key])), Some(tls()));
    let error = build(&server.url("https"), HttpClient::new()).await.unwrap_err();
    assert!(error.contains("HttpClient::with_root_certificates"), "{error}");
    assert_eq!(server.requests(), 0);

    let client = HttpClient::with_root_certificates(AUTHORITY).unwrap();
    let verifier = build(&server.url("https"), client.clone()).await.unwrap();
    let token = key.issuer.issue(&Grant::new("alice")).unwrap();
    assert!(verify(&verifier, &token).await.is_ok());
    assert_eq!(server.requests(), 1);

    // Its certificate is for another name.
    let by_name = server.url("https").replace("127.0.0.1", "127.0.0.2");
    assert!(build(&by_name, client).await.is_err());
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_named_for_that() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/keys", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for mut stream in listener.incoming().flatten() {
            // Whatever is read of its greeting, and whether it hears the answer.
            let _ = stream.read(&mut [0; 16 * 1024]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            open.push(stream);
        }
    });
    let error = build(&url, HttpClient::new()).await.unwrap_err();
    assert!(error.contains("speaks no TLS"), "{error}");
}

#[test]
fn what_is_no_certificate_is_refused() {
    for bad in [
        "",
        "text",
        CERTIFICATE_KEY,
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let error = HttpClient::with_root_certificates(bad).unwrap_err();
        assert!(matches!(error, ConfigError::InvalidValue { setting: "root certificates", .. }));
    }
    assert!(HttpClient::with_root_certificates(format!("{AUTHORITY}{AUTHORITY}")).is_ok());
}
