//! What the router publishes of itself (requirements 46, 134, 136, 138).

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use tower_bearer::{
    Algorithm, Client, Clients, ConfigError, Endpoint, Grant, Hasher, HttpClient, Issuer,
    JwtAuthLayer, KeySet, LoginRouter, MemoryStore, RemoteKeySet, SigningKey, SigningKeys,
    Verifier,
};

use super::clients::SECRET;
use super::support::PASSWORD;

type Login = LoginRouter<MemoryStore, MemoryStore>;

const ME: &str = "https://me.example";
const PATH: &str = "/.well-known/oauth-authorization-server";

fn issuer(identifier: &str) -> Issuer {
    let private = SigningKeys::new_jwks(Algorithm::ES256, Duration::ZERO).unwrap();
    Issuer::new(SigningKeys::from_jwks(&private).unwrap()).issuer(identifier).audience("api")
}

fn login(identifier: &str) -> Login {
    LoginRouter::new(MemoryStore::new(), issuer(identifier))
}

async fn fetch(app: &Router, path: &str) -> (StatusCode, http::HeaderMap, String) {
    // Whatever the host is said to be.
    let request = Request::get(path).header(header::HOST, "evil.example").body(Body::empty());
    let (parts, body) = app.clone().oneshot(request.unwrap()).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    (parts.status, parts.headers, String::from_utf8(body).unwrap())
}

async fn document(app: &Router, path: &str) -> Value {
    let (status, headers, body) = fetch(app, path).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    assert!(!body.contains("evil"), "{body}");
    serde_json::from_str(&body).unwrap()
}

async fn metadata(login: &Login) -> Value {
    document(&login.metadata("https://me.example/auth").unwrap().into_router(), PATH).await
}

#[tokio::test]
async fn r134_the_document_has_what_the_router_offers() {
    let expected = json!({
        "issuer": ME,
        "jwks_uri": "https://me.example/.well-known/jwks.json",
        "token_endpoint": "https://me.example/auth/token",
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint": "https://me.example/auth/revoke",
        "revocation_endpoint_auth_methods_supported": ["none"],
        "grant_types_supported": ["password", "refresh_token"],
        "response_types_supported": [],
    });
    assert_eq!(metadata(&login(ME)).await, expected);

    // Secrets alone: there are no keys to show.
    let key = SigningKey::generate_hs256().unwrap();
    let secret = Issuer::new(key).issuer(ME).audience("api");
    let secret = LoginRouter::new(MemoryStore::new(), secret);
    let mut without_keys = expected.clone();
    without_keys.as_object_mut().unwrap().remove("jwks_uri");
    assert_eq!(metadata(&secret).await, without_keys);
    let app = secret.metadata(ME).unwrap().into_router();
    assert_eq!(fetch(&app, "/.well-known/jwks.json").await.0, StatusCode::NOT_FOUND);

    // Renamed and left out.
    let renamed = login(ME).path(Endpoint::Token, "/oauth/token").without(Endpoint::Revoke);
    let renamed = metadata(&renamed).await;
    assert_eq!(renamed["token_endpoint"], "https://me.example/auth/oauth/token");
    assert_eq!(renamed.get("revocation_endpoint"), None);
    assert_eq!(renamed.get("revocation_endpoint_auth_methods_supported"), None);
    let least = metadata(&login(ME).only([Endpoint::Login, Endpoint::Me])).await;
    let expected = json!({
        "issuer": ME,
        "jwks_uri": "https://me.example/.well-known/jwks.json",
        "grant_types_supported": [],
        "response_types_supported": [],
    });
    assert_eq!(least, expected, "both lists are always there");
}

#[tokio::test]
async fn r134_clients_are_told_how_to_prove_who_they_are() {
    let worker = || Client::confidential("worker", SECRET).unwrap();
    let gateway = || worker().may_introspect().unwrap();
    let page = || Client::public("page").unwrap();
    let add = |clients: Clients, client| clients.client(client).unwrap();
    let both = json!(["client_secret_basic", "client_secret_post", "none"]);
    let secret = json!(["client_secret_basic", "client_secret_post"]);
    for (clients, methods, introspects) in [
        (Clients::new(), json!(["none"]), false),
        (add(Clients::new(), page()), json!(["none"]), false),
        (add(Clients::new(), gateway()), both.clone(), true),
        (add(add(Clients::new(), gateway()), page()).registered_only(), both, true),
        (add(Clients::new(), gateway()).registered_only(), secret.clone(), true),
    ] {
        let document = metadata(&login(ME).clients(clients)).await;
        assert_eq!(document["token_endpoint_auth_methods_supported"], methods);
        assert_eq!(document["revocation_endpoint_auth_methods_supported"], methods);
        let asked = document.get("introspection_endpoint").is_some();
        assert_eq!(asked, introspects);
        if introspects {
            let url = "https://me.example/auth/introspect";
            assert_eq!(document["introspection_endpoint"], url);
            assert_eq!(document["introspection_endpoint_auth_methods_supported"], secret);
        }
    }
    let without = login(ME).clients(add(Clients::new(), gateway())).without(Endpoint::Introspect);
    assert_eq!(metadata(&without).await.get("introspection_endpoint"), None);
}

#[tokio::test]
async fn r134_the_path_of_the_issuer_comes_behind_the_well_known_part() {
    for (identifier, path, jwks_uri) in [
        ("https://me.example", "", "https://me.example/.well-known/jwks.json"),
        ("https://me.example/", "", "https://me.example/.well-known/jwks.json"),
        ("https://me.example/a/b", "/a/b", "https://me.example/.well-known/jwks.json"),
        ("https://me.example:8443/a/", "/a", "https://me.example:8443/.well-known/jwks.json"),
        ("http://[::1]:8080/a", "/a", "http://[::1]:8080/.well-known/jwks.json"),
        ("https://me.example/:a/*b", "/:a/*b", "https://me.example/.well-known/jwks.json"),
    ] {
        let metadata = login(identifier).metadata("https://api.example/auth/").unwrap();
        assert!(metadata.url().ends_with(&format!("{PATH}{path}")));
        let app = metadata.clone().into_router();
        let document = document(&app, &format!("{PATH}{path}")).await;
        assert_eq!(document["issuer"], identifier, "letter by letter");
        assert_eq!(document["jwks_uri"], jwks_uri);
        assert_eq!(document["token_endpoint"], "https://api.example/auth/token");
        // Nor is it an OpenID provider.
        let other = format!("{path}/.well-known/openid-configuration");
        assert_eq!(fetch(&app, &other).await.0, StatusCode::NOT_FOUND);
    }
}

#[test]
fn r134_an_issuer_that_clients_would_refuse_is_an_error() {
    for identifier in [
        "me",
        "http://me.example",
        "https://me.example?tenant=1",
        "https://me.example/#me",
        "https://user@me.example",
    ] {
        let error = login(identifier).metadata("https://me.example").unwrap_err();
        let expected = "identifier of the issuer";
        assert!(
            matches!(error, ConfigError::InvalidValue { setting, .. } if setting == expected),
            "{identifier}"
        );
        let error = login(ME).metadata(identifier).unwrap_err();
        assert!(matches!(error, ConfigError::InvalidValue { .. }), "{identifier}");
    }
    let nameless = Issuer::new(SigningKey::generate_hs256().unwrap()).audience("api");
    let error = LoginRouter::new(MemoryStore::new(), nameless).metadata(ME).unwrap_err();
    assert_eq!(error, ConfigError::NoIssuer);
}

#[tokio::test]
async fn r46_the_metadata_lists_what_was_said_of_it() {
    let with = login(ME)
        .metadata(ME)
        .and_then(|it| it.scopes_supported(["posts:read", "posts:write"]))
        .and_then(|it| it.service_documentation("https://me.example/docs"))
        .unwrap()
        .acr_values_supported(["urn:example:mfa", "urn:example:password"])
        .max_age(Duration::from_secs(60));
    let app = with.clone().into_router();
    let shown = document(&app, PATH).await;
    assert_eq!(shown["acr_values_supported"], json!(["urn:example:mfa", "urn:example:password"]));
    assert_eq!(shown["scopes_supported"], json!(["posts:read", "posts:write"]));
    assert_eq!(shown["service_documentation"], "https://me.example/docs");
    for path in [PATH, "/.well-known/jwks.json"] {
        let (_, headers, _) = fetch(&app, path).await;
        assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=60");
    }
    let without = with.acr_values_supported([""; 0]).scopes_supported([""; 0]).unwrap();
    let without = document(&without.into_router(), PATH).await;
    assert_eq!(without.get("acr_values_supported"), None);
    assert_eq!(without.get("scopes_supported"), None);
    let metadata = || login(ME).metadata(ME).unwrap();
    assert!(metadata().scopes_supported(["a b"]).is_err());
    assert!(metadata().service_documentation("docs").is_err());
}

/// All that a stranger needs: from the metadata to a token, and from the keys to whose it is.
#[tokio::test]
async fn r134_r138_a_client_finds_its_way_by_the_metadata_alone() {
    let issuer = issuer(ME);
    let hasher = Hasher::builder().insecure_parameters(8, 1, 1).build().unwrap();
    let login = LoginRouter::new(MemoryStore::new(), issuer.clone()).hasher(hasher);
    let metadata = login.metadata("https://me.example/auth").unwrap();
    let found = metadata.url();
    let app = Router::new()
        .route("/hello", get(|| async { "hello" }))
        .layer(JwtAuthLayer::new(issuer.verifier().unwrap()))
        .merge(metadata.into_router())
        .nest("/auth", login.into_router());
    let path = |url: &str| url.strip_prefix(ME).unwrap().to_owned();
    let server = document(&app, &path(&found)).await;
    let token_endpoint = path(server["token_endpoint"].as_str().unwrap());
    let jwks_uri = path(server["jwks_uri"].as_str().unwrap());

    let post = |path: &str, content_type: &str, body: String| {
        Request::post(path)
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from(body))
            .unwrap()
    };
    let body = json!({"username": "alice", "password": PASSWORD}).to_string();
    let registered = app.clone().oneshot(post("/auth/register", "application/json", body)).await;
    assert_eq!(registered.unwrap().status(), StatusCode::CREATED);
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("grant_type", "password"), ("username", "alice"), ("password", PASSWORD)])
        .finish();
    let form = "application/x-www-form-urlencoded";
    let tokens = app.clone().oneshot(post(&token_endpoint, form, body)).await.unwrap();
    let tokens = tokens.into_body().collect().await.unwrap().to_bytes();
    let tokens: Value = serde_json::from_slice(&tokens).unwrap();

    let (_, _, jwks) = fetch(&app, &jwks_uri).await;
    let verifier = Verifier::builder(KeySet::from_jwks(&jwks).unwrap())
        .issuer(server["issuer"].as_str().unwrap())
        .audience("api")
        .token_type("at+jwt")
        .build()
        .unwrap();
    let token = verifier.verify(tokens["access_token"].as_str().unwrap()).await.unwrap();
    assert_eq!(token.issuer(), Some(ME));
    let (status, headers, _) = fetch(&app, "/hello").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(headers.contains_key(header::WWW_AUTHENTICATE), "the rest still asks for a token");
}

#[tokio::test]
async fn r134_r138_a_verifier_elsewhere_discovers_the_router_and_its_keys() {
    for identifier in ["https://me.example", "https://me.example/", "https://me.example/a/b"] {
        let issuer = issuer(identifier);
        let login = LoginRouter::new(MemoryStore::new(), issuer.clone());
        let app = login.metadata("https://me.example/auth").unwrap().into_router();
        let client = HttpClient::from_service(tower::service_fn(move |request: Request<Bytes>| {
            assert_eq!(request.uri().host(), Some("me.example"));
            app.clone().oneshot(request.map(Body::from))
        }));
        let keys = RemoteKeySet::discover(identifier).http_client(client);
        let verifier = Verifier::remote(keys).audience("api").build().await.unwrap();
        let token = issuer.issue(&Grant::new("alice")).unwrap();
        assert_eq!(verifier.verify(&token).await.unwrap().issuer(), Some(identifier));
        let foreign = self::issuer(identifier).issue(&Grant::new("alice")).unwrap();
        assert!(verifier.verify(&foreign).await.is_err());
    }
}
