//! Google: access tokens that are no JWTs, ID tokens of users and service accounts, and the assertion
//! that Identity-Aware Proxy adds.

use serde::Deserialize;
use serde_json::{Value, json};
use tower_bearer::{AuthErrorKind, JwtAuthLayer, RequestHead, Token, TokenSource, Verifier};

use super::support::{Api, Ec, KEY, NOW, OTHER, Provider, with};

const ISSUER: &str = "https://accounts.google.com";
const SERVICE: &str = "https://orders-abcdefghij-ew.a.run.app";
const CALLER: &str = "shop@acme-prod.iam.gserviceaccount.com";
const KID: &str = "6ce11aecf9eb14024a44bbfd1bcf8b32a12287fa";

fn provider() -> Provider {
    Provider {
        issuer: ISSUER.to_owned(),
        metadata: json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
            "device_authorization_endpoint": "https://oauth2.googleapis.com/device/code",
            "token_endpoint": "https://oauth2.googleapis.com/token",
            "userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
            "revocation_endpoint": "https://oauth2.googleapis.com/revoke",
            "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
            "response_types_supported": ["code", "token", "id_token", "code token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile"],
        }),
        keys: json!({"keys": [
            OTHER.jwk(json!({"kid": "e8731ec6d8a3cd9d7b0a0f5f4e2b1a0c9d8e7f60", "alg": "RS256", "use": "sig"})),
            KEY.jwk(json!({"kid": KID, "alg": "RS256", "use": "sig"})),
        ]}),
    }
}

fn header() -> Value {
    json!({"alg": "RS256", "kid": KID, "typ": "JWT"})
}

/// The ID token of a service account, for a service by its URL.
fn claims() -> Value {
    json!({
        "aud": SERVICE,
        "azp": "112010400000000710080",
        "email": CALLER,
        "email_verified": true,
        "exp": NOW + 3_600,
        "iat": NOW - 5,
        "iss": ISSUER,
        "sub": "112010400000000710080",
    })
}

fn token(changes: Value) -> String {
    KEY.sign(&header(), &with(claims(), changes))
}

async fn verifier() -> Verifier {
    provider().builder().audience(SERVICE).build().await.unwrap()
}

fn is_the_shop(token: &Token) -> bool {
    #[derive(Deserialize)]
    struct Caller {
        email: String,
        email_verified: bool,
    }
    token.claims::<Caller>().is_ok_and(|caller| caller.email_verified && caller.email == CALLER)
}

const TOLD: &str = "112010400000000710080 scopes= roles=";

/// Anybody with a Google account can get an ID token for any audience, so that the caller counts.
#[tokio::test]
async fn a_service_account_is_known_by_its_verified_address() {
    let api = Api::of(JwtAuthLayer::new(verifier().await).require(is_the_shop));
    api.takes(&token(json!({})), TOLD).await;
    let stranger = "stranger@elsewhere.iam.gserviceaccount.com";
    for changes in [
        json!({"email": stranger}),
        json!({"email_verified": false}),
        json!({"email_verified": null}),
        json!({"email": null, "email_verified": null}),
        json!({"email": [CALLER]}),
    ] {
        api.refuses(&token(changes), AuthErrorKind::Forbidden).await;
    }
    assert_eq!(Api::new(verifier().await).ask(&token(json!({"email": stranger}))).await.body, TOLD);
}

#[tokio::test]
async fn tokens_for_other_services_and_clients_are_refused() {
    let api = Api::new(verifier().await);
    for audience in [
        "https://orders-abcdefghij-ew.a.run.app/",
        "https://other-abcdefghij-ew.a.run.app",
        "1008719970978-hb24n2dstb40o45d4feuo2ukqmcc6381.apps.googleusercontent.com",
    ] {
        api.refuses(&token(json!({"aud": audience})), AuthErrorKind::InvalidAudience).await;
    }
    let self_signed = token(json!({"iss": CALLER, "sub": CALLER}));
    api.refuses(&self_signed, AuthErrorKind::InvalidIssuer).await;
}

/// Google has written its issuer in two ways.
#[tokio::test]
async fn r72_the_issuer_without_https_is_another_and_has_to_be_named() {
    let old = token(json!({"iss": "accounts.google.com"}));
    Api::new(verifier().await).refuses(&old, AuthErrorKind::InvalidIssuer).await;
    let jwks_uri = provider().metadata["jwks_uri"].clone();
    let metadata = json!({ "jwks_uri": jwks_uri });
    let bare = Provider { issuer: "accounts.google.com".into(), metadata, ..provider() };
    let bare = bare.builder().audience(SERVICE);
    let both = Verifier::of_issuers([verifier().await, bare.build().await.unwrap()]).unwrap();
    let api = Api::new(both);
    api.takes(&old, TOLD).await;
    api.takes(&token(json!({})), TOLD).await;
    api.refuses(&token(json!({"iss": "http://accounts.google.com"})), AuthErrorKind::InvalidIssuer)
        .await;
}

#[tokio::test]
async fn access_tokens_are_no_jwts() {
    let api = Api::new(verifier().await);
    for opaque in ["ya29.a0AfB_byCmadeUp", "ya29.c.c0ASRK0GamadeUp", "1//0gmadeUp"] {
        let answer = api.ask(opaque).await;
        assert_eq!(answer.status, http::StatusCode::UNAUTHORIZED);
        assert_eq!(answer.kind, Some(AuthErrorKind::MalformedToken), "{opaque}");
    }
}

const IAP: &str = "https://cloud.google.com/iap";
const BACKEND: &str = "/projects/123456789/global/backendServices/987654321";
const ASSERTION: &str = "x-goog-iap-jwt-assertion";

/// No metadata, and a set whose keys have `alg` and `use`, and coordinates of the curve.
fn iap(key: &Ec) -> Provider {
    let keys = json!({"keys": [
        Ec::generate().jwk(json!({"alg": "ES256", "kid": "2nMJtw", "use": "sig"})),
        key.jwk(json!({"alg": "ES256", "kid": "LYyP2g", "use": "sig"})),
    ]});
    let metadata = json!({"jwks_uri": "https://www.gstatic.com/iap/verify/public_key-jwk"});
    Provider { issuer: IAP.to_owned(), metadata, keys }
}

#[tokio::test]
async fn the_assertion_of_identity_aware_proxy_comes_in_its_own_header() {
    let key = Ec::generate();
    let verifier = iap(&key).builder().audience(BACKEND).build().await.unwrap();
    let assertion = TokenSource::custom(|request: &RequestHead<'_>| {
        Some(request.headers.get(ASSERTION)?.to_str().ok()?.to_owned())
    })
    .sent_unasked();
    let api = Api::of(JwtAuthLayer::new(verifier).token_source(assertion));
    let header = json!({"alg": "ES256", "typ": "JWT", "kid": "LYyP2g"});
    let claims = json!({
        "aud": BACKEND, "email": "alice@acme.example", "exp": NOW + 590, "iat": NOW - 10, "iss": IAP,
        "hd": "acme.example", "sub": "accounts.google.com:112010400000000710080",
        "google": {"access_levels": ["accessPolicies/1/accessLevels/trusted"]},
    });
    let told = "accounts.google.com:112010400000000710080 scopes= roles=";
    let good = key.sign(&header, &claims);
    assert_eq!(api.ask_with(ASSERTION, &good).await.body, told);

    let other = with(claims.clone(), json!({"aud": "/projects/123456789/apps/other"}));
    let id_token = with(claims.clone(), json!({"iss": ISSUER}));
    for (token, kind) in [
        (key.sign(&header, &other), AuthErrorKind::InvalidAudience),
        (key.sign(&header, &id_token), AuthErrorKind::InvalidIssuer),
        (Ec::generate().sign(&header, &claims), AuthErrorKind::InvalidSignature),
        (
            KEY.sign(&with(header, json!({"alg": "RS256"})), &claims),
            AuthErrorKind::AlgorithmMismatch,
        ),
    ] {
        assert_eq!(api.ask_with(ASSERTION, &token).await.kind, Some(kind));
    }
    // What whoever goes around the proxy can write is not looked at.
    let unsigned = api.ask_with("x-goog-authenticated-user-email", "alice@acme.example").await;
    assert_eq!(unsigned.kind, Some(AuthErrorKind::MissingCredentials));
}
