//! A server that knows tokens, and counts who asks.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::Full;
use serde_json::{Value, json};
use tower_bearer::{AuthErrorKind, Clock, HttpClient, IntrospectionBuilder, Token, Verifier};

pub(crate) const NOW: u64 = 1_700_000_000;
pub(crate) const URL: &str = "https://id.test/introspect";

type Answer = dyn Fn(&str) -> Response<Bytes> + Send + Sync;

#[derive(Clone)]
pub(crate) struct Server(Arc<State>);

struct State {
    requests: Mutex<Vec<Request<Bytes>>>,
    answer: Mutex<Arc<Answer>>,
    delay: Mutex<Duration>,
}

impl Server {
    /// One that answers by the token.
    pub(crate) fn new(answer: impl Fn(&str) -> Response<Bytes> + Send + Sync + 'static) -> Self {
        Self(Arc::new(State {
            requests: Mutex::default(),
            answer: Mutex::new(Arc::new(answer)),
            delay: Mutex::default(),
        }))
    }

    /// One that says this of every token.
    pub(crate) fn says(answer: Value) -> Self {
        Self::new(move |_| json_answer(&answer))
    }

    pub(crate) fn turns_to(
        &self,
        answer: impl Fn(&str) -> Response<Bytes> + Send + Sync + 'static,
    ) {
        *self.0.answer.lock().unwrap() = Arc::new(answer);
    }

    pub(crate) fn takes(&self, delay: Duration) {
        *self.0.delay.lock().unwrap() = delay;
    }

    /// How many requests came.
    pub(crate) fn calls(&self) -> usize {
        self.0.requests.lock().unwrap().len()
    }

    pub(crate) fn last_request(&self) -> Request<Bytes> {
        self.0.requests.lock().unwrap().last().unwrap().clone()
    }

    pub(crate) fn client(&self) -> HttpClient {
        let server = self.clone();
        HttpClient::from_service(tower::service_fn(move |request: Request<Bytes>| {
            let server = server.clone();
            async move {
                let token = form(request.body(), "token").unwrap();
                server.0.requests.lock().unwrap().push(request);
                let delay = *server.0.delay.lock().unwrap();
                // Even one without delay lets others run.
                tokio::task::yield_now().await;
                if !delay.is_zero() {
                    tokio::time::sleep(delay).await;
                }
                let answer = Arc::clone(&server.0.answer.lock().unwrap());
                Ok::<_, Infallible>(answer(&token).map(Full::new))
            }
        }))
    }

    /// A verifier that asks it, for the audience `api`, on a clock that stands still.
    pub(crate) fn verifier(
        &self,
        change: impl FnOnce(IntrospectionBuilder) -> IntrospectionBuilder,
    ) -> (Verifier, Clock) {
        let clock = Clock::manual(Duration::from_secs(NOW));
        let builder = Verifier::introspect(URL)
            .client_secret_basic("api", "secret")
            .audience("api")
            .http_client(self.client())
            .clock(clock.clone());
        (change(builder).build().unwrap(), clock)
    }
}

/// What an active token is said to be.
pub(crate) fn active() -> Value {
    json!({
        "active": true, "token_type": "Bearer", "sub": "alice", "aud": "api", "iat": NOW,
        "exp": NOW + 3600, "scope": "posts:read",
    })
}

/// That of an active token, with these members instead.
pub(crate) fn active_with(members: Value) -> Value {
    let mut answer = active();
    for (name, value) in members.as_object().unwrap() {
        answer[name] = value.clone();
    }
    answer
}

pub(crate) fn active_without(member: &str) -> Value {
    let mut answer = active();
    answer.as_object_mut().unwrap().remove(member);
    answer
}

pub(crate) fn inactive() -> Value {
    json!({ "active": false })
}

pub(crate) fn json_answer(answer: &Value) -> Response<Bytes> {
    text_answer(answer.to_string())
}

pub(crate) fn text_answer(answer: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(answer.into());
    let json = "application/json;charset=UTF-8".parse().unwrap();
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

pub(crate) fn status(status: u16) -> Response<Bytes> {
    let mut response = json_answer(&json!({ "error": "x" }));
    *response.status_mut() = status.try_into().unwrap();
    response
}

/// A field of a form.
pub(crate) fn form(body: &[u8], name: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(body);
    fields.find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
}

pub(crate) async fn verify(verifier: &Verifier, token: &str) -> Result<Token, AuthErrorKind> {
    verifier.verify(token).await.map_err(|error| error.kind())
}

/// What becomes of a token of which a server says this.
pub(crate) async fn said(answer: Value) -> Result<Token, AuthErrorKind> {
    verify(&Server::says(answer).verifier(|builder| builder).0, "opaque").await
}

/// What becomes of tokens that come at once.
pub(crate) async fn verify_all(
    verifier: &Verifier,
    tokens: impl IntoIterator<Item = String>,
) -> Vec<Result<Token, AuthErrorKind>> {
    let verify_one = |token: String| {
        let verifier = verifier.clone();
        tokio::spawn(async move { verify(&verifier, &token).await })
    };
    let tasks: Vec<_> = tokens.into_iter().map(verify_one).collect();
    let mut found = Vec::new();
    for task in tasks {
        found.push(task.await.unwrap());
    }
    found
}
