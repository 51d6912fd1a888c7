//! An API whose tokens come from an issuer elsewhere, and what becomes of it while the issuer replaces
//! its keys and while it is away.
//!
//! ```text
//! cargo run --example external_issuer --features jwks
//! ```
//!
//! The API is [`api`]. The issuer, which in practice is Keycloak, Auth0 or whatever you have
//! (`docs/providers.md` has the lines for each), is played by [`Provider`], on this machine. Both are
//! told the time by one clock, so that a day takes no day.

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{get, post};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower::ServiceExt;
use tower_bearer::{
    Algorithm, Clock, ConfigError, Grant, Issuer, JwtAuthLayer, SigningKeys, Token, Verifier,
    require_scopes,
};

/// All that an API has to do.
async fn api(issuer: &str, clock: &Clock) -> Result<Router, ConfigError> {
    let verifier = Verifier::discover(issuer) // its metadata, and from there its keys
        .audience("api")
        .clock(clock.clone()) // for this tutorial alone
        .build()
        .await?;
    let hello = async |token: Token| format!("hello, {}", token.subject().unwrap_or_default());
    let orders = get(async || "no orders yet").route_layer(require_scopes(["orders:read"]));
    let routes = Router::new().route("/hello", get(hello)).route("/orders", orders);
    Ok(routes.layer(JwtAuthLayer::new(verifier)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock = Clock::manual(Clock::system().now());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let provider = Provider::new(&listener, &clock)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, provider.router())
        .with_graceful_shutdown(async { drop(stopped.await) });
    let server = tokio::spawn(server.into_future());
    let api = api(&provider.url, &clock).await?;
    println!("the API trusts {} and knows its keys", provider.url);

    println!("\nWithout a token, with one, and with one that lacks a scope:");
    expect(&api, "/hello", None, StatusCode::UNAUTHORIZED).await?;
    let token = provider.token().await?;
    expect(&api, "/hello", Some(&token), StatusCode::OK).await?;
    expect(&api, "/orders", Some(&token), StatusCode::FORBIDDEN).await?;

    println!("\nA day later the issuer signs with its next key, which it had published before:");
    clock.advance(Duration::from_secs(26 * 3600));
    provider.replace_keys(|keys| SigningKeys::rotate_jwks(keys, None, clock.now()))?;
    let before = provider.token().await?;
    expect(&api, "/hello", Some(&before), StatusCode::OK).await?;

    println!(
        "\nThe keys have leaked, and the issuer has others at once. They were fetched a moment"
    );
    println!("ago, and a `kid` that anybody can write brings no other fetch within 30 seconds:");
    provider.replace_keys(|_| SigningKeys::new_jwks(Algorithm::ES256, clock.now()))?;
    let after = provider.token().await?;
    expect(&api, "/hello", Some(&after), StatusCode::UNAUTHORIZED).await?;
    println!("30 seconds later the new keys are here, and the old ones gone:");
    clock.advance(Duration::from_secs(30));
    expect(&api, "/hello", Some(&after), StatusCode::OK).await?;
    expect(&api, "/hello", Some(&before), StatusCode::UNAUTHORIZED).await?;

    println!(
        "\nThe issuer is away. Its keys go on for a while; then nobody can tell, which is a 503:"
    );
    drop(stop);
    server.await??;
    clock.advance(Duration::from_secs(30 * 60));
    expect(&api, "/hello", Some(&after), StatusCode::OK).await?;
    clock.advance(Duration::from_secs(60 * 60));
    expect(&api, "/hello", Some(&after), StatusCode::SERVICE_UNAVAILABLE).await?;
    Ok(())
}

/// Asks the API, and tells what it answered.
async fn expect(
    api: &Router,
    path: &str,
    token: Option<&str>,
    expected: StatusCode,
) -> Result<(), Box<dyn Error>> {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let response = api.clone().oneshot(request.body(Body::empty())?).await?;
    let status = response.status();
    for name in [header::WWW_AUTHENTICATE, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            println!("  {name}: {}", value.to_str()?);
        }
    }
    let body = response.into_body().collect().await?.to_bytes();
    println!("  GET {path}: {status} {}", String::from_utf8_lossy(&body));
    assert_eq!(status, expected);
    Ok(())
}

/// The issuer: its URL and its private keys.
#[derive(Clone)]
struct Provider {
    url: String,
    keys: Arc<Mutex<String>>,
    clock: Clock,
}

impl Provider {
    fn new(listener: &TcpListener, clock: &Clock) -> Result<Self, Box<dyn Error>> {
        let keys = SigningKeys::new_jwks(Algorithm::ES256, clock.now())?;
        Ok(Self {
            url: format!("http://{}", listener.local_addr()?),
            keys: Arc::new(Mutex::new(keys)),
            clock: clock.clone(),
        })
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(self.clone())
    }

    fn keys(&self) -> String {
        self.keys.lock().expect("nobody panics with it").clone()
    }

    fn replace_keys(
        &self,
        new: impl Fn(&str) -> Result<String, ConfigError>,
    ) -> Result<(), ConfigError> {
        let new = new(&self.keys())?;
        *self.keys.lock().expect("nobody panics with it") = new;
        Ok(())
    }

    /// What a client does.
    async fn token(&self) -> Result<String, Box<dyn Error>> {
        let answer = self.router().oneshot(Request::post("/token").body(Body::empty())?).await?;
        assert_eq!(answer.status(), StatusCode::OK);
        let body = answer.into_body().collect().await?.to_bytes();
        let answer: serde_json::Value = serde_json::from_slice(&body)?;
        Ok(answer["access_token"].as_str().ok_or("no token")?.to_owned())
    }
}

/// OpenID Connect Discovery 1.0, section 4.2.
async fn metadata(State(provider): State<Provider>) -> axum::Json<serde_json::Value> {
    let url = &provider.url;
    axum::Json(json!({
        "issuer": url, "jwks_uri": format!("{url}/keys"), "token_endpoint": format!("{url}/token"),
    }))
}

/// The public half of its keys.
async fn keys(State(provider): State<Provider>) -> Result<String, StatusCode> {
    SigningKeys::public_jwks(&provider.keys()).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// A real one asks who the client is.
async fn token(
    State(provider): State<Provider>,
) -> Result<axum::Json<serde_json::Value>, StatusCode> {
    let issue = || -> Result<String, Box<dyn Error>> {
        let issuer = Issuer::new(SigningKeys::from_jwks(&provider.keys())?)
            .issuer(&provider.url)
            .audience("api")
            .access_token_lifetime(Duration::from_secs(24 * 3600))
            .clock(provider.clock.clone());
        Ok(issuer.issue(&Grant::new("shop").client_id("shop"))?)
    };
    let token = issue().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(axum::Json(json!({"access_token": token, "token_type": "Bearer", "expires_in": 86_400})))
}
