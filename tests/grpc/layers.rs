//! Where the layers stand: around a server, a service, or a router that has other routes too.

use axum::routing::get;
use http::StatusCode;
use tonic::Code;
use tonic::service::{LayerExt, Routes};
use tonic::transport::Server;
use tonic_health::pb::health_server::HealthServer;
use tonic_reflection::pb::v1::server_reflection_server::ServerReflectionServer;
use tower::{ServiceBuilder, ServiceExt};
use tower_bearer::{
    Check, Denial, Grant, JwtAuthLayer, Policy, PolicyRequest, SchemeSource, Token, require,
    require_https, require_role,
};

use super::support::{
    Doctor, Mirror, ask, bearer, clock, health, issuer, layer, mirror, seen, serve, token, with,
};

#[tokio::test]
async fn a_layer_of_one_service_leaves_the_others_open() {
    let clock = clock();
    let issuer = issuer(&clock);
    let guarded = layer(&issuer).named_layer(ServerReflectionServer::new(Mirror));
    let server =
        Server::builder().add_service(HealthServer::new(Doctor::new(&clock))).add_service(guarded);
    let served = serve(|incoming| server.serve_with_incoming(incoming)).await;
    assert_eq!(ask(&served, with(&[]), "public").await.unwrap(), "everybody");
    let silent = futures_util::stream::pending;
    let mut client = mirror(&served, with(&[])).await;
    let refused = client.server_reflection_info(silent()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let mut client = mirror(&served, bearer(&token(&issuer))).await;
    assert!(client.server_reflection_info(silent()).await.is_ok());
}

#[tokio::test]
async fn a_policy_of_one_service_answers_in_the_voice_of_the_layer_around_the_server() {
    let clock = clock();
    let issuer = issuer(&clock);
    let doctor = HealthServer::new(Doctor::new(&clock));
    let server = Server::builder()
        .layer(layer(&issuer))
        .add_service(require_role("admin").named_layer(doctor));
    let served = serve(|incoming| server.serve_with_incoming(incoming)).await;
    let refused = ask(&served, bearer(&token(&issuer)), "").await.unwrap_err();
    assert_eq!(seen(&refused), (Code::PermissionDenied, Some("access_denied"), "access denied"));
    let admin = issuer.issue(&Grant::new("alice").roles(["admin"])).unwrap();
    assert_eq!(ask(&served, bearer(&admin), "").await.unwrap(), "alice");
    // Before anybody looks which services there are.
    let mut stranger = mirror(&served, with(&[])).await;
    let refused = stranger.server_reflection_info(futures_util::stream::pending()).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
}

/// Watching takes more than asking once.
struct ByMethod;

impl Policy for ByMethod {
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        let scope = match request.uri().path() {
            "/grpc.health.v1.Health/Check" => "health:check",
            "/grpc.health.v1.Health/Watch" => "health:watch",
            // What is added later is for nobody until somebody thinks of it.
            _ => return Check::Ready(Err(Denial::Forbidden)),
        };
        Check::scope_if(request.token().has_scope(scope))
    }
}

#[tokio::test]
async fn a_policy_tells_methods_apart_by_their_paths() {
    let clock = clock();
    let issuer = issuer(&clock);
    let layers = ServiceBuilder::new().layer(layer(&issuer)).layer(require(ByMethod)).into_inner();
    let server = Server::builder()
        .layer(layers)
        .add_service(HealthServer::new(Doctor::new(&clock)))
        .add_service(ServerReflectionServer::new(Mirror));
    let served = serve(|incoming| server.serve_with_incoming(incoming)).await;
    let checks = issuer.issue(&Grant::new("alice").scopes(["health:check"])).unwrap();
    assert_eq!(ask(&served, bearer(&checks), "").await.unwrap(), "alice");
    let mut client = health(&served, bearer(&checks)).await;
    let refused = client.watch(super::support::about("")).await.unwrap_err();
    assert_eq!(seen(&refused).1, Some("insufficient_scope"));
    let mut client = mirror(&served, bearer(&checks)).await;
    let refused = client.server_reflection_info(futures_util::stream::pending()).await;
    assert_eq!(seen(&refused.unwrap_err()).1, Some("access_denied"));
}

#[tokio::test]
async fn one_router_serves_grpc_and_json_each_with_refusals_of_its_own() {
    let clock = clock();
    let issuer = issuer(&clock);
    let routes = Routes::new(HealthServer::new(Doctor::new(&clock)));
    let grpc = routes.into_axum_router().layer(layer(&issuer));
    let json = JwtAuthLayer::new(issuer.verifier().unwrap());
    let api = axum::Router::new()
        .route("/me", get(async |token: Token| token.subject().unwrap_or_default().to_owned()))
        .route_layer(json);
    let app = api.fallback_service(grpc);
    let plain = || http::Request::get("/me").body(axum::body::Body::empty()).unwrap();
    let refused = app.clone().oneshot(plain()).await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);

    let router = Server::builder().add_routes(Routes::from(app));
    let served = serve(|incoming| router.serve_with_incoming(incoming)).await;
    assert_eq!(ask(&served, with(&[]), "").await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(ask(&served, bearer(&token(&issuer)), "").await.unwrap(), "alice");
}

#[tokio::test]
async fn plain_http_is_denied_to_clients_of_grpc_too() {
    let clock = clock();
    let issuer = issuer(&clock);
    let layers = ServiceBuilder::new()
        .layer(require_https(SchemeSource::connection()).grpc())
        .layer(layer(&issuer))
        .into_inner();
    let doctor = HealthServer::new(Doctor::new(&clock));
    let server = Server::builder().layer(layers).add_service(doctor);
    let served = serve(|incoming| server.serve_with_incoming(incoming)).await;
    // The same for all requests over plain HTTP.
    for credentials in [bearer(&token(&issuer)), bearer("x"), with(&[])] {
        let refused = ask(&served, credentials, "").await.unwrap_err();
        assert_eq!(seen(&refused), (Code::PermissionDenied, None, "https is required"));
    }
}
