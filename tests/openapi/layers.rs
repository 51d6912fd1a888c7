//! What layers write into the operations behind them.

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::{Response, header};
use serde_json::{Value, json};
use tower_bearer::{
    ApiKeyVerifier, Issuer, JwtAuthLayer, MemoryStore, PasswordFlow, Rejection, TokenSource,
    require_role, require_scopes, scopes,
};
use utoipa::OpenApi;

#[utoipa::path(get, path = "/posts", responses(
    (status = 200, description = "Posts.", body = Vec<String>),
    (status = 403, description = "It is Sunday.", body = String),
))]
async fn posts() -> &'static str {
    "[]"
}

#[derive(OpenApi)]
#[openapi(paths(posts))]
struct Posts;

fn layer() -> JwtAuthLayer {
    JwtAuthLayer::new(Issuer::for_tests().verifier().unwrap())
}

fn operation(api: &utoipa::openapi::OpenApi) -> Value {
    serde_json::to_value(api).unwrap()["paths"]["/posts"]["get"].clone()
}

#[test]
fn scopes_of_both_layers_are_in_every_way() {
    let layer = layer()
        .require(scopes(["posts:read"]))
        .token_source(TokenSource::cookie("__Host-access"))
        .token_source(TokenSource::query("access_token"))
        .api_keys(ApiKeyVerifier::new(MemoryStore::new()));
    let mut api = Posts::openapi();
    require_scopes(["posts:write"]).document(&mut api);
    layer.document(&mut api);
    PasswordFlow::new("/token").refresh_url("/refresh").scope("other", "Other").document(&mut api);
    let scopes = ["posts:write", "posts:read"];
    let ways = json!([
        { "oauth2": scopes },
        { "bearer": scopes },
        { "cookie.__Host-access": scopes },
        { "query.access_token": scopes },
        { "apiKey": scopes },
    ]);
    assert_eq!(operation(&api)["security"], ways);
    let schemes = serde_json::to_value(&api).unwrap()["components"]["securitySchemes"].clone();
    assert_eq!(schemes["bearer"]["bearerFormat"], "JWT");
    assert_eq!(
        (&schemes["apiKey"]["in"], &schemes["apiKey"]["name"]),
        (&json!("header"), &json!("X-API-Key"))
    );
    let flow = &schemes["oauth2"]["flows"]["password"];
    assert_eq!((&flow["tokenUrl"], &flow["refreshUrl"]), (&json!("/token"), &json!("/refresh")));
    let described = json!({ "other": "Other", "posts:read": "", "posts:write": "" });
    assert_eq!(flow["scopes"], described);
    for status in ["400", "401", "403", "429", "503"] {
        assert!(operation(&api)["responses"][status].is_object(), "{status}");
    }
}

#[tokio::test]
async fn what_is_documented_is_what_is_answered() {
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    let layer = layer().require(scopes(["posts:read"]));
    let mut api = Posts::openapi();
    layer.document(&mut api);
    let app: Router = Router::new().route("/posts", get(posts)).layer(layer);
    let answer = app.oneshot(http::Request::get("/posts").body(axum::body::Body::empty()).unwrap());
    let (head, body) = answer.await.unwrap().into_parts();
    let documented = operation(&api)["responses"]["401"].clone();
    let challenge = &documented["headers"]["WWW-Authenticate"]["example"];
    assert_eq!(challenge, head.headers[header::WWW_AUTHENTICATE].to_str().unwrap());
    let body = body.collect().await.unwrap().to_bytes();
    let document = crate::document::Document::new(&api);
    let asked = (&http::Method::GET, "/posts");
    assert_eq!(document.fault(asked, 401, &head.headers, &body), None);
    // And the other way round: the check sees what is not as documented.
    assert!(document.fault(asked, 402, &head.headers, &body).is_some());
    assert!(document.fault(asked, 401, &head.headers, b"{\"error\":1}").is_some());
    assert!(document.fault(asked, 401, &http::HeaderMap::new(), &body).is_some());
}

#[test]
fn an_answer_of_the_operations_own_stays_beside_that_of_the_layer() {
    let mut api = Posts::openapi();
    require_role("editor").document(&mut api);
    layer().document(&mut api);
    let answer = operation(&api)["responses"]["403"].clone();
    let description = answer["description"].as_str().unwrap();
    assert!(description.starts_with("It is Sunday.") && description.contains("not enough"));
    assert_eq!(answer["content"]["text/plain"]["schema"]["type"], "string");
    let rejection = &answer["content"]["application/json"]["schema"]["$ref"];
    assert_eq!(rejection, "#/components/schemas/auth.Rejection");
    assert!(answer["headers"]["WWW-Authenticate"]["required"].is_null());
    assert_eq!(operation(&api)["security"], json!([{ "bearer": [] }]));
}

#[test]
fn a_layer_that_asks_for_nothing_says_so() {
    let mut api = Posts::openapi();
    layer().optional().document(&mut api);
    assert_eq!(operation(&api)["security"], json!([{ "bearer": [] }, {}]));
    let mut api = Posts::openapi();
    layer().optional().require(scopes(["posts:read"])).document(&mut api);
    assert_eq!(operation(&api)["security"], json!([{ "bearer": ["posts:read"] }]));
    let mut api = Posts::openapi();
    JwtAuthLayer::api_keys_only(ApiKeyVerifier::new(MemoryStore::new())).document(&mut api);
    assert_eq!(operation(&api)["security"], json!([{ "apiKey": [] }]));
    let challenge =
        operation(&api)["responses"]["401"]["headers"]["WWW-Authenticate"]["example"].clone();
    assert_eq!(challenge, r#"ApiKey realm="api""#);
}

#[test]
fn a_body_of_the_applications_own_has_its_type() {
    let layer = layer().on_reject(|rejection: &Rejection| {
        let mut response = Response::new(Bytes::from(rejection.description()));
        let html = header::HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, html);
        response
    });
    let mut api = Posts::openapi();
    layer.document(&mut api);
    let content = operation(&api)["responses"]["401"]["content"].clone();
    assert_eq!(content, json!({ "text/html": { "schema": { "type": "string" } } }));
}
