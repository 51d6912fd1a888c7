//! A provider: its keys, its documents, its tokens; and a service that trusts it.

use std::convert::Infallible;
use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::ServiceExt;
use tower_bearer::{
    AuthError, AuthErrorKind, Clock, HttpClient, JwtAuthLayer, RemoteKeySet, Token, Verifier,
    VerifierBuilder,
};

/// When every token of these tests is looked at.
pub(crate) const NOW: u64 = 1_800_000_000;

/// The key that signs, the one before it, and one of somebody else.
pub(crate) static KEY: LazyLock<Rsa> = LazyLock::new(Rsa::generate);
pub(crate) static OTHER: LazyLock<Rsa> = LazyLock::new(Rsa::generate);

pub(crate) struct Rsa(RsaKeyPair);

impl Rsa {
    fn generate() -> Self {
        Self(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    /// Its members of RFC 7518, section 6.3.1, beside those that a provider adds.
    pub(crate) fn jwk(&self, others: Value) -> Value {
        // An RSAPublicKey in DER: the modulus, and the exponent in the last five bytes.
        let der = self.0.public_key().as_ref();
        let (modulus, exponent) = der.split_at(der.len() - 5);
        assert_eq!(exponent, [2, 3, 1, 0, 1]);
        let modulus = URL_SAFE_NO_PAD.encode(&modulus[modulus.len() - 256..]);
        with(json!({"kty": "RSA", "n": modulus, "e": "AQAB"}), others)
    }

    /// A token with this header and these claims, whatever they are.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = encode(header, claims);
        let mut signature = vec![0; self.0.public_modulus_len()];
        let random = SystemRandom::new();
        self.0.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

pub(crate) struct Ec(EcdsaKeyPair);

impl Ec {
    pub(crate) fn generate() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn jwk(&self, others: Value) -> Value {
        // An uncompressed point: a byte, then both coordinates.
        let point = self.0.public_key().as_ref();
        let [x, y] = [&point[1..33], &point[33..]].map(|part| URL_SAFE_NO_PAD.encode(part));
        with(json!({"kty": "EC", "crv": "P-256", "x": x, "y": y}), others)
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = encode(header, claims);
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn encode(header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}")
}

/// An object with members set, added or, by `null`, taken away.
pub(crate) fn with(mut object: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            object.as_object_mut().unwrap().remove(name);
        } else {
            object[name] = value.clone();
        }
    }
    object
}

/// What a provider publishes: its metadata below its issuer, and its keys where those say. One without
/// an `issuer` in its metadata has none, and its keys are known by their URL.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) issuer: String,
    pub(crate) metadata: Value,
    pub(crate) keys: Value,
}

impl Provider {
    /// The lines of `docs/providers.md`, up to the issuer, asking this provider and nobody else.
    pub(crate) fn builder(&self) -> VerifierBuilder<RemoteKeySet> {
        let keys = match self.metadata.get("issuer") {
            Some(_) => RemoteKeySet::discover(&self.issuer),
            None => RemoteKeySet::at(self.keys_url()),
        };
        Verifier::remote(keys.http_client(self.client()))
            .issuer(&self.issuer)
            .clock(Clock::manual(Duration::from_secs(NOW)))
    }

    fn keys_url(&self) -> &str {
        self.metadata["jwks_uri"].as_str().unwrap()
    }

    fn client(&self) -> HttpClient {
        let provider = self.clone();
        HttpClient::from_service(tower::service_fn(move |request: Request<Bytes>| {
            let response = provider.answer(&request.uri().to_string());
            async move { Ok::<_, Infallible>(response) }
        }))
    }

    fn answer(&self, url: &str) -> Response<Full<Bytes>> {
        let issuer = self.issuer.strip_suffix('/').unwrap_or(&self.issuer);
        let document = if url == self.keys_url() {
            &self.keys
        } else if url == format!("{issuer}/.well-known/openid-configuration") {
            &self.metadata
        } else {
            panic!("{url} is nowhere to look for anything");
        };
        let response = Response::builder().header(header::CONTENT_TYPE, "application/json");
        response.body(Full::from(document.to_string())).unwrap()
    }
}

/// A service that answers with what it makes of a token.
pub(crate) struct Api(Router);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) kind: Option<AuthErrorKind>,
    pub(crate) body: String,
}

impl Api {
    pub(crate) fn new(verifier: Verifier) -> Self {
        Self::of(JwtAuthLayer::new(verifier))
    }

    pub(crate) fn of(layer: JwtAuthLayer) -> Self {
        let told = async |token: Token| {
            let list = |items: Vec<&str>| items.join(",");
            let (scopes, roles) = (list(token.scopes().collect()), list(token.roles().collect()));
            format!("{} scopes={scopes} roles={roles}", token.subject().unwrap_or("nobody"))
        };
        Self(Router::new().route("/", get(told)).layer(layer))
    }

    pub(crate) async fn ask(&self, token: &str) -> Answer {
        self.ask_with(header::AUTHORIZATION.as_str(), &format!("Bearer {token}")).await
    }

    pub(crate) async fn ask_with(&self, name: &str, value: &str) -> Answer {
        let request = Request::get("/").header(name, value).body(Body::empty()).unwrap();
        let response = self.0.clone().oneshot(request).await.unwrap();
        let (status, kind) =
            (response.status(), response.extensions().get::<AuthError>().map(AuthError::kind));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, kind, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// That a token gets in, and as what.
    pub(crate) async fn takes(&self, token: &str, told: &str) {
        let answer = self.ask(token).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, told), "{answer:?}");
    }

    pub(crate) async fn refuses(&self, token: &str, kind: AuthErrorKind) {
        let answer = self.ask(token).await;
        let status = match kind {
            AuthErrorKind::Forbidden | AuthErrorKind::InsufficientScope => StatusCode::FORBIDDEN,
            _ => StatusCode::UNAUTHORIZED,
        };
        assert_eq!((answer.status, answer.kind), (status, Some(kind)), "{}", answer.body);
    }
}

/// Stands for a certificate. Nobody reads it.
pub(crate) const X5C: &str = "MIICmzCCAYMCBgGLjbNvZzANBgkqhkiG9w0BAQsFADARMQ8wDQYDVQQDDAZtYWRlLXVw";
