//! What is logged, and what never is (requirements 16, 40, 173, 191).

#![cfg(feature = "tracing")]
#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

#[allow(dead_code, reason = "shared with a binary that needs more of it")]
#[path = "http/support.rs"]
mod support;

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use http::header::COOKIE;
use tower_bearer::{Claims, Grant, Issuer, JwtAuthLayer, TokenSource, require_role};
use tracing::Level;

use support::{ask, at, bearer, request, subject};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All that is logged, at every level, while requests are answered.
async fn logged(app: &Router, requests: Vec<http::Request<axum::body::Body>>) -> String {
    logged_by(async {
        for request in requests {
            ask(app, request).await;
        }
    })
    .await
}

async fn logged_by(work: impl Future<Output = ()>) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    work.await;
    drop(guard);
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn r16_no_part_of_a_token_is_logged() {
    let issuer = Issuer::for_tests();
    let layer = JwtAuthLayer::new(issuer.verifier().unwrap())
        .token_source(TokenSource::query("access_token"))
        .token_source(TokenSource::cookie("at"));
    let app = Router::new()
        .route("/", get(subject))
        .route("/admin", get(subject).route_layer(require_role("admin")))
        .layer(layer);
    let good = issuer.issue(&Grant::new("alice-who-is-secret")).unwrap();
    let forged = Issuer::for_tests().issue(&Grant::new("alice-who-is-secret")).unwrap();
    let mut requests = Vec::new();
    for token in [&good, &forged] {
        let mut with_cookie = request([]);
        with_cookie.headers_mut().insert(COOKIE, format!("at={token}").parse().unwrap());
        requests.extend([
            bearer(token),
            at("/admin", bearer(token)),
            at(&format!("/?access_token={token}"), request([])),
            at(&format!("/?access_token={token}"), bearer(token)),
            with_cookie,
        ]);
    }
    let log = logged(&app, requests).await;
    assert!(log.contains("invalid_signature"), "there is a log: {log}");
    assert!(log.contains("access_denied"), "of policies too: {log}");
    for part in good.split('.').chain(forged.split('.')).chain(["alice-who-is-secret"]) {
        assert!(!log.contains(part), "{part} is logged");
    }
}

#[cfg(feature = "jwks")]
#[tokio::test]
async fn r16_why_keys_can_not_be_fetched_is_logged_and_no_part_of_a_token() {
    use tower_bearer::{AuthErrorKind, HttpClient, RemoteKeySet, Verifier};

    let away =
        HttpClient::from_service(tower::service_fn(|_: http::Request<bytes::Bytes>| async {
            Err::<http::Response<axum::body::Body>, _>(io::Error::other("the cable is cut"))
        }));
    let keys = RemoteKeySet::at("https://id.example/keys").http_client(away);
    let verifier = Verifier::remote(keys).any_issuer().audience("api").build_lazy().unwrap();
    let token = concat!(
        "eyJhbGciOiJFZERTQSIsImtpZCI6IjEifQ.eyJzdWIiOiJhbGljZS13aG8taXMtc2VjcmV0In0.",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    );
    let log = logged_by(async {
        let error = verifier.verify(token).await.unwrap_err();
        assert_eq!(error.kind(), AuthErrorKind::Unavailable);
    })
    .await;
    assert!(log.contains("keys could not be fetched"), "{log}");
    assert!(log.contains("https://id.example/keys: there is no answer: the cable is cut"), "{log}");
    for part in token.split('.') {
        assert!(!log.contains(part), "{part} is logged");
    }
}

#[cfg(feature = "store")]
#[tokio::test]
async fn r191_no_part_of_an_api_key_is_logged() {
    use tower_bearer::{
        ApiKeyVerifier, ApiKeys, Clock, MemoryStore, NewApiKey, NewUser, UserStore, Username,
    };

    let (store, now) = (MemoryStore::new(), Clock::system().now());
    let alice = NewUser::new(Username::new("alice").unwrap(), "hash");
    let alice = store.insert_user(alice, now).await.unwrap().id;
    let new = NewApiKey::new(&alice, "name-that-is-secret").scopes(["a"]);
    let issued = ApiKeys::new().issue(&store, new, now).await.unwrap();
    let app = Router::new()
        .route("/", get(subject))
        .route("/admin", get(subject).route_layer(require_role("admin")))
        .layer(JwtAuthLayer::api_keys_only(ApiKeyVerifier::new(store)));
    let key = issued.key.as_str();
    let mut requests = Vec::new();
    for key in [key.to_owned(), format!("{key}0")] {
        let mut own_header = request([]);
        own_header.headers_mut().insert("x-api-key", key.parse().unwrap());
        let in_authorization = request([format!("ApiKey {key}").as_bytes()]);
        requests.extend([own_header, at("/admin", in_authorization)]);
    }
    let log = logged(&app, requests).await;
    assert!(log.contains("invalid_api_key"), "there is a log: {log}");
    assert!(log.contains("access_denied"), "of policies too: {log}");
    let shown = format!("{log} {issued:?}");
    for part in
        [key.rsplit('_').next().unwrap(), &issued.stored.hash.map(|b| b.to_string()).join(", ")]
    {
        assert!(!shown.contains(part), "{part} is logged");
    }
    assert!(!log.contains("name-that-is-secret"), "{log}");
}

/// What a mailer says is its own affair, and may quote the mail.
#[cfg(feature = "login")]
#[tokio::test]
async fn r173_no_part_of_a_mail_is_logged_when_it_is_not_sent() {
    use std::time::Duration;
    use tower_bearer::{LoginRouter, Mail, MailError, MailQueue, Mailer, MemoryStore};

    #[derive(Clone, Default)]
    struct Refused(Arc<Mutex<Vec<Mail>>>, Arc<tokio::sync::Notify>);

    impl Mailer for Refused {
        async fn send(&self, mail: &Mail) -> Result<(), MailError> {
            self.1.notified().await;
            self.0.lock().unwrap().push(mail.clone());
            Err(MailError::new(format!("{} {:?}", mail.to, mail.token())))
        }
    }

    let refused = Refused::default();
    let queue = MailQueue::new(refused.clone()).capacity(1);
    let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests()).mailer(queue.clone());
    let app = router.into_router();
    let body = |path: &str, body: &str| {
        let request = http::Request::post(path).header("content-type", "application/json");
        request.body(axum::body::Body::from(body.to_owned())).unwrap()
    };
    let (who, forgot) = ("secret-who@example.com", r#"{"email":"secret-who@example.com"}"#);
    let register = format!(
        r#"{{"username":"alice","password":"correct horse battery staple","email":"{who}"}}"#
    );
    let log = logged_by(async {
        ask(&app, body("/register", &register)).await;
        // No room is left.
        ask(&app, body("/forgot-password", forgot)).await;
        refused.1.notify_one();
        assert!(queue.drain(Duration::from_secs(60)).await);
        for _ in 0..6 {
            refused.1.notify_one();
            ask(&app, body("/forgot-password", forgot)).await;
            assert!(queue.drain(Duration::from_secs(60)).await);
        }
    });
    let log = log.await;
    for said in [
        "kind=ResetPassword error=the mail can't be sent",
        "the queue of mails is full",
        "too many",
    ] {
        assert!(log.contains(said), "{said} is not in {log}");
    }
    let mails = refused.0.lock().unwrap();
    assert_eq!(mails.len(), 6);
    let tokens = mails.iter().map(|mail| mail.token().unwrap().split_once('_').unwrap().1);
    for part in tokens.chain([who, "secret-who"]) {
        assert!(!log.contains(part), "{part} is in {log}");
    }
}

#[derive(serde::Deserialize)]
struct Tenant {
    tenant: u64,
}

/// Why they do not fit would quote them.
#[tokio::test]
async fn r16_claims_that_do_not_fit_are_not_logged() {
    let issuer = Issuer::for_tests();
    let app = Router::new()
        .route("/", get(async |Claims(own): Claims<Tenant>| own.tenant.to_string()))
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()));
    let grant = Grant::new("alice").claim("tenant", "tenant-who-is-secret");
    let log = logged(&app, vec![bearer(&issuer.issue(&grant).unwrap())]).await;
    assert!(log.contains("claims do not fit"), "there is a log: {log}");
    assert!(!log.contains("tenant-who-is-secret"), "{log}");
}

#[tokio::test]
async fn r40_a_missing_layer_is_an_error_in_the_log() {
    let app = Router::new().route("/", get(subject));
    let log = logged(&app, vec![request([])]).await;
    assert!(log.contains("ERROR") && log.contains("no JwtAuthLayer around a route"), "{log}");
}

#[cfg(feature = "introspection")]
#[tokio::test]
async fn r191_why_a_server_can_not_be_asked_is_logged_and_no_secret_is() {
    use http::{Request, Response, StatusCode};
    use http_body_util::Full;
    use tower_bearer::{HttpClient, Verifier};

    type Answer = Result<Response<Full<bytes::Bytes>>, io::Error>;
    let json = |status: u16, body: &'static str| -> Answer {
        let mut answer = Response::new(Full::new(bytes::Bytes::from_static(body.as_bytes())));
        *answer.status_mut() = StatusCode::from_u16(status).unwrap();
        let headers = answer.headers_mut();
        headers.insert(http::header::CONTENT_TYPE, "application/json".parse().unwrap());
        Ok(answer)
    };
    let active = r#"{"active":true,"token_type":"Bearer","sub":"alice-who-is-secret"}"#;
    let untyped = r#"{"active":true,"sub":"alice-who-is-secret"}"#;
    type Case = (&'static str, Box<dyn Fn() -> Answer + Send + Sync>);
    let cases: [Case; 9] = [
        ("look at the ID and the secret of its client", Box::new(move || json(401, "{}"))),
        ("whether it may introspect", Box::new(move || json(403, "{}"))),
        ("introspection_endpoint", Box::new(move || json(404, "{}"))),
        ("cache_for", Box::new(move || json(429, "{}"))),
        ("its status should be 200", Box::new(move || json(500, active))),
        (
            "it has no boolean `active`",
            Box::new(move || json(200, "{\"sub\":\"alice-who-is-secret\"}")),
        ),
        ("names are unique", Box::new(move || json(200, "{\"active\":true,\"active\":true}"))),
        ("insecure_missing_token_type()", Box::new(move || json(200, untyped))),
        ("there is no answer", Box::new(|| Err(io::ErrorKind::ConnectionRefused.into()))),
    ];
    for (mend, answer) in cases {
        let answer = Arc::new(answer);
        let service = tower::service_fn(move |_: Request<bytes::Bytes>| {
            let answer = Arc::clone(&answer);
            async move { answer() }
        });
        let verifier = Verifier::introspect("https://id.test/introspect")
            .client_secret_basic("api", "hush-hush")
            .any_audience()
            .http_client(HttpClient::from_service(service))
            .build()
            .unwrap();
        let app = Router::new().route("/", get(subject)).layer(JwtAuthLayer::new(verifier));
        let log = logged(&app, vec![bearer("opaque-and-secret")]).await;
        assert!(log.contains(mend), "{mend}: {log}");
        let is_error = log.contains("ERROR") && log.contains("https://id.test/introspect");
        assert!(is_error || mend.starts_with("insecure"), "{log}");
        for secret in ["secret\"", "opaque-and", "alice", "hush", "aHVzaC1odXNo", "YXBpOmh1c2g"] {
            assert!(!log.contains(secret), "{secret}: {log}");
        }
    }
}
