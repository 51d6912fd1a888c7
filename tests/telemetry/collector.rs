//! The program of the page against a collector: spans over OTLP and gRPC, as they arrive there.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::middleware::from_fn;
use axum::routing::get;
use http::{Request, header};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tower::ServiceExt;
use tower_bearer::{Grant, Issuer, JwtAuthLayer, TokenSource};

use crate::http_support::subject;
use crate::setup::{provider, record_user, subscriber, traced};

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        self.0.lock().unwrap().push(request.into_inner());
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attribute<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a Value> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    found.value.as_ref()?.value.as_ref()
}

fn text(value: &str) -> Option<Value> {
    Some(Value::StringValue(value.to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_refusal_arrives_in_the_trace_of_the_caller() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let collector = Collector::default();
    let server = tonic::transport::Server::builder()
        .add_service(TraceServiceServer::new(collector.clone()))
        .serve_with_incoming(TcpListenerStream::new(listener));
    let server = tokio::spawn(server);

    let issuer = Issuer::for_tests();
    let layer = JwtAuthLayer::new(issuer.verifier().unwrap());
    let app = Router::new()
        .route("/me", get(subject).route_layer(from_fn(record_user)))
        .route("/anonymous", get(subject))
        .layer(layer.token_source(TokenSource::query("access_token")));
    let app = traced(app);
    let (good, forged) = [&issuer, &Issuer::for_tests()]
        .map(|issuer| issuer.issue(&Grant::new("alice")).unwrap())
        .into();
    let request = |target: &str| {
        Request::get(target)
            .header("traceparent", format!("00-{TRACE_ID}-{CALLER}-01"))
            .body(Body::empty())
            .unwrap()
    };
    let with = |target: &str, token: &str| {
        let mut request = request(target);
        let value = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, value);
        request
    };
    let provider = provider(&url).unwrap();
    // Where there is one subscriber, tracing asks whichever thread comes to an event first whether anybody
    // wants it, for good; the threads of other tests have none. Of two it asks both.
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    let guard = tracing::subscriber::set_default(subscriber(&provider));
    let requests = [
        with("/me", &good),
        with("/me", &forged),
        with("/anonymous", &good),
        request(&format!("/anonymous?access_token={forged}")),
    ];
    for request in requests {
        app.clone().oneshot(request).await.unwrap();
    }
    drop(guard);
    tokio::task::spawn_blocking(move || provider.shutdown()).await.unwrap().unwrap();
    server.abort();

    let exported = collector.0.lock().unwrap().clone();
    let everything = format!("{exported:?}");
    for part in good.split('.').chain(forged.split('.')) {
        assert!(!everything.contains(part), "a part of a token is in a span");
    }
    let resources = exported.iter().flat_map(|request| &request.resource_spans);
    let spans: Vec<&Span> =
        resources.flat_map(|spans| &spans.scope_spans).flat_map(|scope| &scope.spans).collect();
    assert_eq!(spans.len(), 4, "{spans:#?}");
    for span in &spans {
        assert_eq!((span.name.as_str(), hex(&span.trace_id)), ("request", TRACE_ID.to_owned()));
        assert_eq!(hex(&span.parent_span_id), CALLER);
    }
    let seen = |span: &Span| {
        ["url.path", "http.response.status_code", "auth.refused", "enduser.id"]
            .map(|name| attribute(&span.attributes, name).cloned())
    };
    let [passed, refused, anonymous, in_query] = spans[..] else { unreachable!() };
    let status = |status| Some(Value::IntValue(status));
    assert_eq!(seen(passed), [text("/me"), status(200), None, text("alice")]);
    assert_eq!(seen(refused), [text("/me"), status(401), text("invalid_signature"), None]);
    assert_eq!(seen(anonymous), [text("/anonymous"), status(200), None, None]);
    assert_eq!(seen(in_query), [text("/anonymous"), status(401), text("invalid_signature"), None]);
    assert_eq!(passed.events, []);
    let [event] = &refused.events[..] else { panic!("{:#?}", refused.events) };
    assert_eq!(event.name, "request refused");
    for (name, value) in [("reason", "invalid_signature"), ("by", "layer")] {
        assert_eq!(attribute(&event.attributes, name).cloned(), text(value));
    }
}
