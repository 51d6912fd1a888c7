//! A `LoginRouter` below `/auth`, and an API below `/api` that takes its tokens.

use axum::Router;
use axum::routing::{get, post};
use tower_bearer::{
    Challenge, Client, Clients, Issuer, JwtAuthLayer, LoginRouter, LoginThrottle, MemoryStore,
    ResourceMetadata, SigningKeys, require_scopes, scopes,
};

/// Both have characters that mean something in forms, in header fields, and between an ID and a secret.
const BACKEND: (&str, &str) = ("back end:1 & co", "s3cret:with+plus%20 and=more&of?them");
const GATEWAY: (&str, &str) = ("gateway", "gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA");

pub(super) fn routes(url: &str) -> Router {
    let (store, issuer) = (MemoryStore::new(), issuer(url));
    let resource = ResourceMetadata::new(format!("{url}/api")).unwrap();
    let resource = resource.authorization_server(format!("{url}/auth")).unwrap();
    let auth = JwtAuthLayer::new(issuer.verifier().unwrap()).revocations(store.clone());
    let login = LoginRouter::new(store, issuer)
        .clients(clients())
        .revocations()
        .default_scopes(["orders:read", "orders:write", "reports:read"])
        // All tests together are one address.
        .throttle(LoginThrottle::new().per_address(None));
    let server = login.metadata(&format!("{url}/auth")).unwrap();
    let digest = Challenge::new("Digest", "old").unwrap().parameter("qop", "auth, auth-int");
    let archive = Router::new().route("/archive", get(|| async { "archive" })).layer(
        auth.clone()
            .realm(r#"the "old" \ one, closed=yes"#)
            .and_then(|auth| auth.other_challenge(digest?))
            .unwrap(),
    );
    let auth = auth.resource_metadata(&resource).unwrap();
    let readers = auth.clone().require(scopes(["orders:read"]));
    let api = Router::new()
        .route("/audits", post(|| async {}).route_layer(require_scopes(["audits:write"])))
        .layer(auth)
        .route("/orders", get(|| async { "orders" }).route_layer(readers))
        .merge(archive);
    Router::new()
        .nest("/auth", login.into_router())
        .nest("/api", api)
        .merge(server.into_router())
        .route_service(&resource.path(), resource.service())
}

fn issuer(url: &str) -> Issuer {
    // Of most algorithms, a secret among them.
    let keys = include_str!("../../keys/private.jwks.json");
    Issuer::new(SigningKeys::from_jwks(keys).unwrap())
        .issuer(format!("{url}/auth"))
        .audience(format!("{url}/api"))
}

fn clients() -> Clients {
    let backend = Client::confidential(BACKEND.0, BACKEND.1).unwrap();
    let gateway = Client::confidential(GATEWAY.0, GATEWAY.1).unwrap().may_introspect().unwrap();
    let page = Client::public("page").unwrap().scopes(["orders:read"]).unwrap();
    Clients::new().client(backend).unwrap().client(gateway).unwrap().client(page).unwrap()
}
