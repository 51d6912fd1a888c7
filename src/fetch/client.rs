//! The client that requests go out by.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use tower_service::Service;

use crate::ConfigError;

/// Shorter than servers keep an idle connection, so that few requests meet one that was just closed.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

type BoxError = Box<dyn Error + Send + Sync>;
pub(super) type AnswerBody = UnsyncBoxBody<Bytes, BoxError>;
type Sending = Pin<Box<dyn Future<Output = Result<Response<AnswerBody>, BoxError>> + Send>>;
type SendRequest = dyn Fn(Request<Bytes>) -> Sending + Send + Sync;

/// The HTTP client that keys are fetched, and other servers are asked, with.
///
/// By default a client of our own: TLS by rustls, with the root certificates of the system; through
/// the proxy that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name, but for `http` to this machine, which
/// does not leave it. It follows no redirects and unpacks no compression. Cheap to clone; the clones share their connections.
///
/// # Examples
///
/// One's own service as the client, here one that knows the answer:
///
/// ```
/// use std::convert::Infallible;
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use tower_bearer::HttpClient;
///
/// let client = HttpClient::from_service(tower::service_fn(|request: Request<Bytes>| async move {
///     assert_eq!(request.uri(), "https://id.example/keys");
///     Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"{\"keys\":[]}"))))
/// }));
/// # let _ = client;
/// ```
#[derive(Clone)]
pub struct HttpClient {
    send: Arc<SendRequest>,
    kind: &'static str,
}

impl HttpClient {
    /// The client that is used by default. All of them are the same one, whose connections they share:
    /// the root certificates of the system are loaded once, at the first request.
    pub fn new() -> Self {
        static SHARED: OnceLock<Result<Clients, String>> = OnceLock::new();
        let send = |request| -> Sending {
            let clients = SHARED.get_or_init(|| {
                Clients::new(builder()).map_err(|error| super::error::chain(&error.without_url()))
            });
            match clients {
                Ok(clients) => Box::pin(clients.clone().send(request)),
                Err(error) => Box::pin(async { Err(BoxError::from(error.as_str())) }),
            }
        };
        Self { send: Arc::new(send), kind: "default" }
    }

    /// A client that trusts these certificate authorities (PEM, one or more certificates) beside
    /// those of the system: for a provider inside a company.
    ///
    /// Make one and clone it: each loads the root certificates of the system.
    ///
    /// # Errors
    ///
    /// When the text has no certificate in PEM, or one that can't be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{ConfigError, HttpClient};
    ///
    /// let error = HttpClient::with_root_certificates("-----BEGIN PRIVATE KEY-----").unwrap_err();
    /// assert!(matches!(error, ConfigError::InvalidValue { setting: "root certificates", .. }));
    /// ```
    pub fn with_root_certificates(pem: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let invalid = |rule| ConfigError::InvalidValue { setting: "root certificates", rule };
        let rule = "they are one or more certificates in PEM (`BEGIN CERTIFICATE`)";
        let roots = reqwest::Certificate::from_pem_bundle(pem.as_ref());
        let roots = roots.map_err(|_| invalid(rule))?;
        if roots.is_empty() {
            return Err(invalid(rule));
        }
        let clients = Clients::new(builder().tls_certs_merge(roots));
        let clients = clients.map_err(|_| invalid("one of them can't be read as a certificate"))?;
        let send = move |request| -> Sending { Box::pin(clients.clone().send(request)) };
        Ok(Self { send: Arc::new(send), kind: "own roots" })
    }

    /// A client of one's own: any tower service that sends a request and returns the answer, with a
    /// proxy, metrics or certificates as you need them.
    ///
    /// It must not follow redirects, which are followed here, within the same origin only; and it
    /// must not unpack compressed answers without a limit of its own. Limits of time and size, and
    /// the rule of `https`, are kept here. If it panics, that request fails.
    pub fn from_service<S, B>(service: S) -> Self
    where
        S: Service<Request<Bytes>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let send = move |request| -> Sending {
            let mut service = service.clone();
            Box::pin(async move {
                poll_fn(|context| service.poll_ready(context)).await.map_err(Into::into)?;
                let answer = service.call(request).await.map_err(Into::into)?;
                Ok(answer.map(|body| body.map_err(Into::into).boxed_unsync()))
            })
        };
        Self { send: Arc::new(send), kind: "service" }
    }

    /// Sends one request. A panic of a service is its error: what runs here is to go on.
    pub(super) async fn send(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<AnswerBody>, BoxError> {
        let panicked = || BoxError::from("the HTTP client panicked");
        let mut sending =
            catch_unwind(AssertUnwindSafe(|| (self.send)(request))).map_err(|_| panicked())?;
        poll_fn(|context| {
            let poll = catch_unwind(AssertUnwindSafe(|| sending.as_mut().poll(context)));
            poll.unwrap_or_else(|_| std::task::Poll::Ready(Err(panicked())))
        })
        .await
    }
}

fn builder() -> reqwest::ClientBuilder {
    // Others in the same program may turn features of it on that would change this.
    reqwest::Client::builder()
        .tls_backend_rustls()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
}

/// Those of our own.
#[derive(Clone)]
struct Clients {
    usual: reqwest::Client,
    /// For `http` to this machine. A proxy elsewhere would be whoever is on the way.
    direct: reqwest::Client,
}

impl Clients {
    fn new(usual: reqwest::ClientBuilder) -> Result<Self, reqwest::Error> {
        // It needs no certificates, whose loading takes time.
        let direct = builder().no_proxy().tls_certs_only([]).build()?;
        Ok(Self { usual: usual.build()?, direct })
    }

    async fn send(self, request: Request<Bytes>) -> Result<Response<AnswerBody>, BoxError> {
        let request: reqwest::Request = request.try_into()?;
        let is_plain = request.url().scheme() == "http";
        let is_direct = is_plain && super::is_safe(request.url());
        let client = if is_direct { self.direct } else { self.usual };
        let answer = client.execute(request).await.map_err(reqwest::Error::without_url)?;
        let answer: Response<reqwest::Body> = answer.into();
        Ok(answer.map(|body| body.map_err(|error| error.without_url().into()).boxed_unsync()))
    }
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HttpClient").field(&self.kind).finish()
    }
}
