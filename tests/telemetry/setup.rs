use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_bearer::{AuthError, Token};
use tower_http::trace::TraceLayer;
use tracing::field::Empty;
use tracing::{Level, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;

/// Sends spans to a collector, such as `http://127.0.0.1:4317`, in batches.
pub fn provider(collector: &str) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(collector).build()?;
    let service = Resource::builder().with_service_name("tasks").build();
    Ok(SdkTracerProvider::builder().with_resource(service).with_batch_exporter(exporter).build())
}

/// The log on standard error, and spans with the events in them.
pub fn subscriber(provider: &SdkTracerProvider) -> impl Subscriber + Send + Sync + use<> {
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // Refusals are DEBUG, so that they fill no log; a trace should have them.
    let traced =
        Targets::new().with_default(Level::INFO).with_target("tower_bearer::request", Level::DEBUG);
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("tasks"));
    tracing_subscriber::registry()
        .with(log.with_filter(Targets::new().with_default(Level::INFO)))
        .with(spans.with_filter(traced))
}

/// Puts a span around each request. Outside of everything that is to be seen in it.
pub fn traced(app: Router) -> Router {
    let layer = TraceLayer::new_for_http();
    app.layer(layer.make_span_with(request_span).on_response(record_response))
}

fn request_span<B>(request: &http::Request<B>) -> Span {
    let method = request.method().as_str();
    let span = tracing::info_span!(
        "request",
        otel.kind = "server",
        http.request.method = method,
        url.path = request.uri().path(),
        http.response.status_code = Empty,
        auth.refused = Empty,
        enduser.id = Empty,
    );
    let caller = TraceContextPropagator::new().extract(&Headers(request.headers()));
    // It fails where no collector is configured.
    let _ = span.set_parent(caller);
    span
}

fn record_response<B>(response: &http::Response<B>, _: Duration, span: &Span) {
    span.record("http.response.status_code", i64::from(response.status().as_u16()));
    if let Some(refused) = response.extensions().get::<AuthError>() {
        span.record("auth.refused", refused.kind().code().unwrap_or("missing_credentials"));
    }
}

/// Where traces may name users: `axum::middleware::from_fn(record_user)` inside of a `JwtAuthLayer`.
pub async fn record_user(token: Token, request: Request, next: Next) -> Response {
    Span::current().record("enduser.id", token.subject());
    next.run(request).await
}

struct Headers<'h>(&'h HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}
