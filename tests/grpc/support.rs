//! The services, their server and their clients.

use std::net::SocketAddr;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use futures_util::{Stream, StreamExt, future, stream};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_server::{
    ServerReflection, ServerReflectionServer,
};
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};
use tower_bearer::{
    AuthError, AuthErrorKind, Claims, Clock, Grant, HasRole, Issuer, JwtAuthLayer, RejectionFormat,
    RequiredRoles, RequiredScopes, Scoped, Token,
};

pub(crate) const START: Duration = Duration::from_secs(1_800_000_000);

pub(crate) fn issuer(clock: &Clock) -> Issuer {
    Issuer::for_tests().clock(clock.clone())
}

pub(crate) fn clock() -> Clock {
    Clock::manual(START)
}

pub(crate) fn token(issuer: &Issuer) -> String {
    issuer.issue(&Grant::new("alice")).unwrap()
}

/// The layer as it stands around a service of tonic.
pub(crate) fn layer(issuer: &Issuer) -> JwtAuthLayer {
    JwtAuthLayer::new(issuer.verifier().unwrap()).rejection_format(RejectionFormat::Grpc)
}

/// Answers whoever is let in, and asks for more of those who name a service.
#[derive(Clone)]
pub(crate) struct Doctor {
    pub(crate) clock: Clock,
    /// Each makes every stream answer once.
    pub(crate) ticks: broadcast::Sender<()>,
}

struct Write;

impl RequiredScopes for Write {
    const SCOPES: &'static [&'static str] = &["items:write"];
}

struct Admin;

impl RequiredRoles for Admin {
    const ROLES: &'static [&'static str] = &["admin"];
}

#[derive(serde::Deserialize)]
struct Tenant {
    tenant: String,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Doctor {
    pub(crate) fn new(clock: &Clock) -> Self {
        Self { clock: clock.clone(), ticks: broadcast::channel(16).0 }
    }

    /// Waits for streams that listen.
    pub(crate) fn tick(&self) {
        assert!(self.ticks.send(()).unwrap() > 0);
    }

    fn ticking(&self) -> impl Stream<Item = Result<HealthCheckResponse, Status>> + use<> {
        let ticks = self.ticks.subscribe();
        stream::unfold(ticks, async |mut ticks| {
            ticks.recv().await.ok().map(|()| (Ok(serving()), ticks))
        })
    }
}

/// These answers, if they end before this time is over; else a status that says that the token is
/// expired. The guide shows it.
fn until<T>(
    left: Duration,
    answers: impl Stream<Item = Result<T, Status>>,
) -> impl Stream<Item = Result<T, Status>> {
    let expired = stream::once(async move {
        tokio::time::sleep(left).await;
        Some(Err(Status::from(AuthError::from(AuthErrorKind::Expired))))
    });
    let answers = answers.map(Some).chain(stream::iter([None]));
    stream::select(answers, expired).scan((), |(), answer| future::ready(answer))
}

fn serving() -> HealthCheckResponse {
    HealthCheckResponse { status: ServingStatus::Serving.into() }
}

#[tonic::async_trait]
impl Health for Doctor {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let extensions = request.extensions();
        let who = match request.get_ref().service.as_str() {
            "write" => Scoped::<Write>::of(extensions)?.token().subject().map(str::to_owned),
            "admin" => HasRole::<Admin>::of(extensions)?.token().subject().map(str::to_owned),
            "tenant" => Some(Claims::<Tenant>::of(extensions)?.0.tenant),
            "public" => Some("everybody".to_owned()),
            _ => Token::of(extensions)?.subject().map(str::to_owned),
        };
        let mut response = Response::new(serving());
        let who = MetadataValue::try_from(who.unwrap_or_default()).unwrap();
        response.metadata_mut().insert("who", who);
        Ok(response)
    }

    type WatchStream = Answers<HealthCheckResponse>;

    /// Goes on whatever becomes of the token, but for the service `while valid`.
    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let token = Token::of(request.extensions())?;
        let answers = stream::iter([Ok(serving())]).chain(self.ticking());
        if request.get_ref().service != "while valid" {
            return Ok(Response::new(Box::pin(answers)));
        }
        let now = SystemTime::UNIX_EPOCH + self.clock.now();
        let left = token.expires_at().map(|end| end.duration_since(now).unwrap_or_default());
        Ok(Response::new(Box::pin(until(left.unwrap_or(Duration::MAX), answers))))
    }
}

/// Sends back what it gets.
#[derive(Clone)]
pub(crate) struct Mirror;

#[tonic::async_trait]
impl ServerReflection for Mirror {
    type ServerReflectionInfoStream = Answers<ServerReflectionResponse>;

    async fn server_reflection_info(
        &self,
        request: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
        Token::of(request.extensions())?;
        let answers = request.into_inner().map(|message| {
            let valid_host = message?.host;
            Ok(ServerReflectionResponse { valid_host, ..Default::default() })
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

/// A server that runs until it is dropped.
pub(crate) struct Served {
    pub(crate) addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Runs what this makes of connections that come in.
pub(crate) async fn serve<F>(run: impl FnOnce(TcpListenerStream) -> F) -> Served
where
    F: Future<Output = Result<(), tonic::transport::Error>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let serving = run(TcpListenerStream::new(listener));
    let task = tokio::spawn(async move { serving.await.unwrap() });
    Served { addr, task }
}

/// Both services behind one layer.
pub(crate) async fn both(layer: JwtAuthLayer, doctor: &Doctor) -> Served {
    let server = Server::builder()
        .layer(layer)
        .add_service(HealthServer::new(doctor.clone()))
        .add_service(ServerReflectionServer::new(Mirror));
    serve(|incoming| server.serve_with_incoming(incoming)).await
}

/// What a client sends with every call.
#[derive(Clone)]
pub(crate) struct Credentials(Vec<(&'static str, MetadataValue<Ascii>)>);

impl Interceptor for Credentials {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        for (name, value) in &self.0 {
            request.metadata_mut().append(*name, value.clone());
        }
        Ok(request)
    }
}

pub(crate) fn with(metadata: &[(&'static str, &str)]) -> Credentials {
    Credentials(metadata.iter().map(|(name, value)| (*name, value.parse().unwrap())).collect())
}

pub(crate) fn bearer(token: &str) -> Credentials {
    with(&[("authorization", &format!("Bearer {token}"))])
}

pub(crate) async fn channel(addr: SocketAddr) -> Channel {
    // A server that hangs must fail the test and not stall it.
    let endpoint = Endpoint::from_shared(format!("http://{addr}")).unwrap();
    endpoint.timeout(Duration::from_secs(60)).connect().await.unwrap()
}

pub(crate) type Health1 = HealthClient<InterceptedService<Channel, Credentials>>;
pub(crate) type Mirror1 = ServerReflectionClient<InterceptedService<Channel, Credentials>>;

pub(crate) async fn health(served: &Served, credentials: Credentials) -> Health1 {
    HealthClient::with_interceptor(channel(served.addr).await, credentials)
}

pub(crate) async fn mirror(served: &Served, credentials: Credentials) -> Mirror1 {
    ServerReflectionClient::with_interceptor(channel(served.addr).await, credentials)
}

pub(crate) fn about(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

/// Who is told to have asked.
pub(crate) async fn ask(
    served: &Served,
    credentials: Credentials,
    service: &str,
) -> Result<String, Status> {
    let answer = health(served, credentials).await.check(about(service)).await?;
    assert_eq!(answer.get_ref(), &serving());
    Ok(answer.metadata().get("who").unwrap().to_str().unwrap().to_owned())
}

/// What clients see of a refusal: the code, the `error-code`, the text.
pub(crate) fn seen(status: &Status) -> (Code, Option<&str>, &str) {
    (status.code(), metadata(status, "error-code"), status.message())
}

/// The value of a name that occurs once, or nothing.
pub(crate) fn metadata<'a>(status: &'a Status, name: &'static str) -> Option<&'a str> {
    let mut values = status.metadata().get_all(name).iter();
    let value = values.next().map(|value| value.to_str().unwrap());
    assert!(values.next().is_none(), "{name} occurs twice");
    value
}
