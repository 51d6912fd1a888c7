//! What a service publishes of itself (requirements 135-138).

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::{Value, json};
use tower::{Service, ServiceExt};
use tower_bearer::{
    Algorithm, ApiKeyCheck, ApiKeySource, AuthErrorKind, ConfigError, Grant, Issuer, JwtAuthLayer,
    KeySet, ResourceMetadata, SigningKey, SigningKeys, TokenSource, Verifier, WellKnown, scopes,
};

use super::support::{Answer, answer, ask, at, bearer, request, subject, token};

const RESOURCE: &str = "https://api.example/v1";
const PATH: &str = "/.well-known/oauth-protected-resource/v1";
const URL: &str = "https://api.example/.well-known/oauth-protected-resource/v1";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn layer(issuer: &Issuer) -> JwtAuthLayer {
    JwtAuthLayer::new(issuer.verifier().unwrap())
}

fn metadata() -> ResourceMetadata {
    ResourceMetadata::new(RESOURCE).unwrap().authorization_server("https://id.example").unwrap()
}

fn document(service: &WellKnown) -> Value {
    serde_json::from_str(service.body()).unwrap()
}

/// The resource and its metadata, as a service would have them.
fn app(layer: JwtAuthLayer, metadata: &ResourceMetadata) -> Router {
    Router::new()
        .route("/", get(subject).route_layer(layer.clone().require(scopes(["a"]))))
        .route("/any", get(subject))
        .layer(layer)
        .route_service(&metadata.path(), metadata.service())
}

async fn send(service: &WellKnown, method: Method, headers: HeaderMap) -> Answer {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.headers_mut() = headers;
    answer(service.clone().oneshot(request).await.unwrap()).await
}

#[tokio::test]
async fn r135_the_document_is_the_resource_and_what_was_said_of_it() {
    let issuer = Issuer::for_tests();
    let least = ResourceMetadata::new(RESOURCE).unwrap();
    let app = app(layer(&issuer).resource_metadata(&least).unwrap(), &least);
    let answer = ask(&app, at(PATH, request([]))).await;
    assert_eq!(answer.status, StatusCode::OK, "without a token");
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(
        serde_json::from_str::<Value>(&answer.body).unwrap(),
        json!({"resource": RESOURCE, "bearer_methods_supported": ["header"]}),
    );
    let mut head = at(PATH, request([]));
    *head.method_mut() = Method::HEAD;
    let head = ask(&app, head).await;
    assert_eq!((head.status, &head.headers), (answer.status, &answer.headers));
    assert_eq!(head.body, "");
    let full = metadata()
        .authorization_server("https://other.example/tenant/")
        .and_then(|it| it.scopes_supported(["a", "b:c"]))
        .and_then(|it| it.resource_documentation("https://docs.example/?page=api"))
        .and_then(|it| it.resource_policy_uri("https://docs.example/policy"))
        .and_then(|it| it.resource_tos_uri("https://docs.example/terms"))
        .and_then(|it| it.jwks_uri("https://api.example/keys"))
        .and_then(|it| it.member("resource_name#de", "Beiträge"))
        .and_then(|it| it.member("dpop_bound_access_tokens_required", false))
        .unwrap()
        .resource_name("Posts");
    let expected = json!({
        "resource": RESOURCE,
        "authorization_servers": ["https://id.example", "https://other.example/tenant/"],
        "scopes_supported": ["a", "b:c"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Posts",
        "resource_name#de": "Beiträge",
        "resource_documentation": "https://docs.example/?page=api",
        "resource_policy_uri": "https://docs.example/policy",
        "resource_tos_uri": "https://docs.example/terms",
        "jwks_uri": "https://api.example/keys",
        "dpop_bound_access_tokens_required": false,
    });
    assert_eq!(document(&full.service()), expected);
    // A later call replaces an earlier one, and what says nothing is left out.
    let emptied = full
        .resource_name("")
        .member("resource_name#de", Value::Null)
        .and_then(|it| it.scopes_supported([""; 0]))
        .unwrap();
    let members = document(&emptied.service());
    for gone in ["resource_name", "resource_name#de", "scopes_supported"] {
        assert_eq!(members.get(gone), None);
    }
}

#[test]
fn r135_what_would_not_be_found_or_understood_is_an_error() {
    let invalid = |result: Result<ResourceMetadata, ConfigError>| {
        matches!(result, Err(ConfigError::InvalidValue { .. }))
    };
    for url in ["", "api", "http://api.example", "https://a.example/?q", "https://a.example/#f"] {
        assert!(invalid(ResourceMetadata::new(url)), "{url}");
        assert!(invalid(metadata().authorization_server(url)), "{url}");
    }
    assert!(invalid(metadata().resource_documentation("docs")));
    assert!(invalid(metadata().resource_policy_uri("javascript:alert(1)")));
    assert!(invalid(metadata().resource_tos_uri("https://a.example/#f")));
    assert!(invalid(metadata().jwks_uri("http://a.example")));
    assert!(invalid(metadata().scopes_supported(["a b"])));
    assert!(invalid(metadata().member("resource", "https://other.example")));
    assert!(invalid(metadata().member("bearer_methods_supported", ["body"].as_slice())));
}

#[tokio::test]
async fn r136_challenges_name_the_configured_url_whatever_the_host() {
    let issuer = Issuer::for_tests();
    let metadata = metadata();
    let app = app(layer(&issuer).resource_metadata(&metadata).unwrap(), &metadata);
    for name in ["host", "x-forwarded-host", "forwarded", "x-original-host"] {
        let hostile = |path| {
            let mut request = at(path, request([]));
            let value = if name == "forwarded" { "host=evil.example" } else { "evil.example" };
            request.headers_mut().insert(name, value.parse().unwrap());
            request
        };
        let refused = ask(&app, hostile("/")).await;
        assert_eq!(refused.parameter("resource_metadata").as_deref(), Some(URL));
        let published = ask(&app, hostile(PATH)).await;
        assert_eq!(published.status, StatusCode::OK);
        assert!(!format!("{refused:?}{published:?}").contains("evil"), "{name}");
        // Nor by the target of the request.
        let absolute = ask(&app, hostile("https://evil.example/")).await;
        assert_eq!(absolute.parameter("resource_metadata").as_deref(), Some(URL));
    }
}

#[tokio::test]
async fn r136_a_challenge_names_the_metadata_where_another_token_helps() {
    let issuer = Issuer::for_tests();
    let metadata = metadata();
    let app = app(layer(&issuer).resource_metadata(&metadata).unwrap(), &metadata);
    for (request, status, is_named) in [
        (request([]), 401, true),
        (bearer("x"), 401, true),
        (bearer(&token(&issuer)), 403, true),
        (request([b"Bearer"]), 400, false),
    ] {
        let answer = ask(&app, request).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.parameter("resource_metadata").is_some(), is_named, "{answer:?}");
    }
}

#[tokio::test]
async fn r137_the_methods_are_the_carriers_of_the_layer() {
    let issuer = Issuer::for_tests();
    let plain = metadata();
    let with_query = metadata().query_tokens();
    let query = || layer(&issuer).token_source(TokenSource::query("access_token"));
    let in_query = || at(&format!("/any?access_token={}", token(&issuer)), request([]));
    for (layer, metadata, methods) in [
        (layer(&issuer), &plain, json!(["header"])),
        (query(), &with_query, json!(["header", "query"])),
        // A cookie, or a subprotocol, has no name in RFC 9728.
        (layer(&issuer).token_source(TokenSource::cookie("t")), &plain, json!(["header"])),
        (layer(&issuer).token_source(TokenSource::websocket_protocol()), &plain, json!(["header"])),
    ] {
        let layer = layer.resource_metadata(metadata).unwrap();
        assert_eq!(document(&metadata.service())["bearer_methods_supported"], methods);
        // And so it is: the header is a way in, the query where it is named.
        let app = app(layer, metadata);
        let by_header = ask(&app, at("/any", bearer(&token(&issuer)))).await;
        let by_query = ask(&app, in_query()).await;
        assert_eq!(by_header.status, StatusCode::OK);
        assert_eq!(by_query.status == StatusCode::OK, methods == json!(["header", "query"]));
    }
}

#[test]
fn r137_metadata_that_contradicts_the_layer_is_an_error() {
    let issuer = Issuer::for_tests();
    let query = || TokenSource::query("access_token");
    let error = layer(&issuer).token_source(query()).resource_metadata(&metadata()).unwrap_err();
    assert!(error.to_string().contains("ResourceMetadata::query_tokens"), "{error}");
    let error = layer(&issuer).resource_metadata(&metadata().query_tokens()).unwrap_err();
    assert!(error.to_string().contains("TokenSource::query"), "{error}");
    // In the other order, at the start too.
    let described = layer(&issuer).resource_metadata(&metadata()).unwrap();
    let add = std::panic::AssertUnwindSafe(|| described.token_source(query()));
    let added = std::panic::catch_unwind(add);
    assert!(added.is_err());

    struct NoKeys;
    impl ApiKeySource for NoKeys {
        type Error = std::convert::Infallible;

        async fn check_api_key(&self, _: &str) -> Result<ApiKeyCheck, Self::Error> {
            unreachable!("nobody asks")
        }
    }
    assert!(JwtAuthLayer::api_keys_only(NoKeys).resource_metadata(&metadata()).is_err());
}

fn issuer(private: &str) -> Issuer {
    Issuer::new(SigningKeys::from_jwks(private).unwrap())
        .issuer("https://me.example")
        .audience("api")
}

/// What a client has that fetched the keys.
fn verifier(jwks: &WellKnown) -> Verifier {
    let keys = KeySet::from_jwks(jwks.body()).unwrap();
    Verifier::builder(keys).issuer("https://me.example").audience("api").build().unwrap()
}

#[tokio::test]
async fn r138_the_published_keys_verify_tokens_and_nothing_else_is_published() {
    let private = include_str!("../keys/private.jwks.json");
    let own: Value = serde_json::from_str(private).unwrap();
    for at in 0..5 {
        // Each key of the file signs in turn; the secret of HMAC is among them all the time.
        let mut keys = own.clone();
        keys["keys"].as_array_mut().unwrap().swap(0, at);
        let issuer = issuer(&keys.to_string());
        let jwks = WellKnown::jwks(&issuer).unwrap();
        assert_eq!(jwks.path(), "/.well-known/jwks.json");
        let published = document(&jwks);
        let published = published["keys"].as_array().unwrap();
        assert_eq!(published.len(), 5);
        for key in published {
            for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
                assert_eq!(key.get(private), None);
            }
            for name in ["kty", "kid", "alg"] {
                assert!(key[name].is_string());
            }
            assert_eq!(key["use"], "sig");
        }
        for secret in own["keys"].as_array().unwrap() {
            for member in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                if let Some(text) = secret[member].as_str() {
                    assert!(!jwks.body().contains(text), "{member}");
                }
            }
        }
        let token = issuer.issue(&Grant::new("alice")).unwrap();
        assert!(verifier(&jwks).verify(&token).await.is_ok());
    }
    let secrets = Issuer::for_tests();
    assert_eq!(WellKnown::jwks(&secrets).unwrap_err(), ConfigError::NoPublicKey);
}

#[tokio::test]
async fn r138_tokens_from_before_and_after_a_rotation_verify_with_either_set() {
    let before = SigningKeys::new_jwks(Algorithm::ES256, DAY).unwrap();
    let after = SigningKeys::rotate_jwks(&before, None, 3 * DAY).unwrap();
    let later = SigningKeys::rotate_jwks(&after, None, 5 * DAY).unwrap();
    let [before, after, later] = [&before, &after, &later].map(|private| issuer(private));
    let sets = [&before, &after, &later].map(|issuer| WellKnown::jwks(issuer).unwrap());
    let tokens =
        [&before, &after, &later].map(|issuer| issuer.issue(&Grant::new("alice")).unwrap());
    for (at, jwks) in sets.iter().enumerate() {
        for (of, token) in tokens.iter().enumerate() {
            let verified = verifier(jwks).verify(token).await;
            if at.abs_diff(of) <= 1 {
                assert!(verified.is_ok(), "a set of one rotation earlier or later");
            } else {
                assert_eq!(verified.unwrap_err().kind(), AuthErrorKind::UnknownKey);
            }
        }
    }
}

#[tokio::test]
async fn r138_a_key_in_pem_is_published_under_the_kid_of_its_tokens() {
    for (algorithm, pem) in [
        (Algorithm::ES256, include_str!("../keys/p256.pem")),
        (Algorithm::EdDSA, include_str!("../keys/ed25519.pem")),
        (Algorithm::PS512, include_str!("../keys/rsa2048.pem")),
    ] {
        let key = SigningKey::from_pem(algorithm, pem).unwrap();
        let issuer = Issuer::new(key.clone()).issuer("https://me.example").audience("api");
        let jwks = WellKnown::jwks(&issuer).unwrap();
        assert_eq!(document(&jwks)["keys"][0]["kid"], key.key_id().unwrap());
        let token = issuer.issue(&Grant::new("alice")).unwrap();
        assert!(verifier(&jwks).verify(&token).await.is_ok());
    }
}

fn documents() -> [WellKnown; 2] {
    let private = SigningKeys::new_jwks(Algorithm::EdDSA, DAY).unwrap();
    [WellKnown::jwks(&issuer(&private)).unwrap(), metadata().service()]
}

#[tokio::test]
async fn r138_documents_are_kept_for_an_hour_and_asked_for_again_by_their_tag() {
    for document in documents() {
        let get = send(&document, Method::GET, HeaderMap::new()).await;
        assert_eq!(get.status, StatusCode::OK);
        assert_eq!(get.body, document.body());
        assert_eq!(get.headers[header::CONTENT_TYPE], "application/json");
        assert_eq!(get.headers[header::CACHE_CONTROL], "public, max-age=3600");
        let tag = get.headers[header::ETAG].to_str().unwrap();

        let head = send(&document, Method::HEAD, HeaderMap::new()).await;
        assert_eq!((head.status, &head.headers), (get.status, &get.headers));
        assert_eq!(head.headers[header::CONTENT_LENGTH], get.body.len().to_string());
        assert_eq!(head.body, "");

        for (asked, status) in [
            (tag.to_owned(), StatusCode::NOT_MODIFIED),
            (format!("\"x\", W/{tag}"), StatusCode::NOT_MODIFIED),
            ("*".to_owned(), StatusCode::NOT_MODIFIED),
            ("\"x\"".to_owned(), StatusCode::OK),
            (tag.trim_matches('"').to_owned(), StatusCode::OK),
        ] {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, asked.parse().unwrap())]);
            let again = send(&document, Method::GET, headers).await;
            assert_eq!(again.status, status, "{asked}");
            assert_eq!(again.body.is_empty(), status == StatusCode::NOT_MODIFIED);
            assert_eq!(again.headers[header::ETAG], tag);
        }
        for (age, expected) in [(60, "public, max-age=60"), (0, "no-cache")] {
            let document = document.clone().max_age(Duration::from_secs(age));
            let get = send(&document, Method::GET, HeaderMap::new()).await;
            assert_eq!(get.headers[header::CACHE_CONTROL], expected);
            assert_eq!(get.headers[header::ETAG], tag, "the document is the same");
        }
    }
    let [one, two] = documents().map(|document| document.body().to_owned());
    assert_ne!(one, two);
    let [jwks, other] = [documents(), documents()].map(|[jwks, _]| jwks);
    let tag = |answer: Answer| answer.headers[header::ETAG].clone();
    let tags = [
        tag(send(&jwks, Method::GET, HeaderMap::new()).await),
        tag(send(&other, Method::GET, HeaderMap::new()).await),
    ];
    assert_ne!(tags[0], tags[1], "other keys, another tag");
}

#[tokio::test]
async fn documents_are_for_pages_of_every_origin_and_for_reading_alone() {
    for document in documents() {
        for method in [Method::GET, Method::HEAD] {
            let answer = send(&document, method, HeaderMap::new()).await;
            assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        }
        let preflight = send(&document, Method::OPTIONS, HeaderMap::new()).await;
        assert_eq!(preflight.status, StatusCode::NO_CONTENT);
        assert_eq!(preflight.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(preflight.headers[header::ACCESS_CONTROL_ALLOW_HEADERS], "*");
        assert_eq!(preflight.headers[header::ACCESS_CONTROL_ALLOW_METHODS], "GET, HEAD, OPTIONS");
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE] {
            let refused = send(&document, method, HeaderMap::new()).await;
            assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED);
            assert_eq!(refused.headers[header::ALLOW], "GET, HEAD, OPTIONS");
            assert_eq!(refused.body, "");
        }
    }
}

#[tokio::test]
async fn a_document_is_a_service_of_any_request_body() {
    let mut document = metadata().service();
    let answered = document.call(Request::new(7_u8)).await.unwrap();
    assert_eq!(answered.status(), StatusCode::OK);
    assert_eq!(answered.body(), document.body());
}
