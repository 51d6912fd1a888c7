//! Servers that are only simulated, for tests whose time is, too.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};

use super::client::AnswerBody;
use super::{Fetcher, HttpClient};

/// What a URL answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: HeaderMap,
    pub(crate) body: Behaviour,
}

#[derive(Clone, Debug)]
pub(crate) enum Behaviour {
    All(Bytes),
    /// The beginning, and then the connection breaks.
    Torn(Bytes),
    /// A byte each second, for ever.
    Drip,
    /// A MiB after the other, so many of them.
    Flood(usize),
    /// No answer at all.
    Hang,
    /// The connection is refused.
    Away,
    Panic,
    /// As the answer it holds, after some time.
    After(Duration, Box<Self>),
}

impl Answer {
    pub(crate) fn ok(body: impl Into<Bytes>) -> Self {
        Self::from(Behaviour::All(body.into()))
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::ok("") }
    }

    pub(crate) fn redirect(to: &str) -> Self {
        Self::status(302).header("location", to)
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(name, HeaderValue::from_str(value).unwrap());
        self
    }

    pub(crate) fn after(mut self, time: Duration) -> Self {
        self.body = Behaviour::After(time, Box::new(self.body));
        self
    }
}

impl From<Behaviour> for Answer {
    fn from(body: Behaviour) -> Self {
        Self { status: 200, headers: HeaderMap::new(), body }
    }
}

type Route = Arc<dyn Fn(&Request<Bytes>) -> Answer + Send + Sync>;

/// All the servers there are. A URL that has no answer is 404.
#[derive(Clone, Default)]
pub(crate) struct Network(Arc<Inner>);

#[derive(Default)]
struct Inner {
    routes: Mutex<HashMap<String, Route>>,
    seen: Mutex<Vec<Request<Bytes>>>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
    bytes: AtomicUsize,
}

impl Network {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn answer(&self, url: &str, answer: impl Into<Answer>) {
        let answer = answer.into();
        self.answer_with(url, move |_| answer.clone());
    }

    pub(crate) fn answer_with(
        &self,
        url: &str,
        answer: impl Fn(&Request<Bytes>) -> Answer + Send + Sync + 'static,
    ) {
        self.0.routes.lock().unwrap().insert(url.to_owned(), Arc::new(answer));
    }

    /// The requests so far, in their order.
    pub(crate) fn seen(&self) -> MutexGuard<'_, Vec<Request<Bytes>>> {
        self.0.seen.lock().unwrap()
    }

    pub(crate) fn count(&self, url: &str) -> usize {
        self.seen().iter().filter(|request| *request.uri() == *url).count()
    }

    /// How many requests are being answered now.
    pub(crate) fn in_flight(&self) -> usize {
        self.0.in_flight.load(Ordering::SeqCst)
    }

    /// The largest number of requests that were being answered at once.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.0.most_in_flight.load(Ordering::SeqCst)
    }

    /// How many bytes of bodies were taken.
    pub(crate) fn bytes(&self) -> usize {
        self.0.bytes.load(Ordering::SeqCst)
    }

    pub(crate) fn client(&self) -> HttpClient {
        let network = self.clone();
        HttpClient::from_service(tower::service_fn(move |request| network.clone().serve(request)))
    }

    pub(crate) fn fetcher(&self) -> Fetcher {
        Fetcher {
            client: self.client(),
            timeout: Duration::from_secs(5),
            max_bytes: 1024 * 1024,
            insecure_http: false,
        }
    }

    async fn serve(self, request: Request<Bytes>) -> io::Result<Response<AnswerBody>> {
        let route = self.0.routes.lock().unwrap().get(&request.uri().to_string()).cloned();
        let answer = route.map_or_else(|| Answer::status(404), |route| route(&request));
        self.seen().push(request);
        let flight = Flight::begin(&self.0);
        let mut behaviour = answer.body;
        while let Behaviour::After(time, then) = behaviour {
            tokio::time::sleep(time).await;
            behaviour = *then;
        }
        let body = match behaviour {
            Behaviour::Hang => std::future::pending().await,
            Behaviour::Away => return Err(io::ErrorKind::ConnectionRefused.into()),
            Behaviour::Panic => panic!("as the test wants it"),
            behaviour => body(behaviour, flight),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(answer.status).unwrap();
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

fn body(behaviour: Behaviour, flight: Flight) -> AnswerBody {
    let frames = stream::unfold((0, flight), move |(sent, flight)| {
        let behaviour = behaviour.clone();
        async move {
            let data = match behaviour {
                Behaviour::All(bytes) | Behaviour::Torn(bytes) if sent == 0 => Ok(bytes),
                Behaviour::Torn(_) if sent == 1 => Err(io::ErrorKind::UnexpectedEof.into()),
                Behaviour::Flood(mebibytes) if sent < mebibytes => {
                    Ok(Bytes::from(vec![b' '; 1024 * 1024]))
                }
                Behaviour::Drip => {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    Ok(Bytes::from_static(b" "))
                }
                _ => return None,
            };
            if let Ok(data) = &data {
                flight.0.bytes.fetch_add(data.len(), Ordering::SeqCst);
            }
            let frame = data.map(Frame::data).map_err(|error: io::Error| error.into());
            Some((frame, (sent + 1, flight)))
        }
    });
    StreamBody::new(frames).boxed_unsync()
}

/// A request that is being answered, until its body is dropped.
struct Flight(Arc<Inner>);

impl Flight {
    fn begin(inner: &Arc<Inner>) -> Self {
        let now = inner.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        inner.most_in_flight.fetch_max(now, Ordering::SeqCst);
        Self(Arc::clone(inner))
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}
