//! Auth0: an issuer that ends in a slash, two audiences, permissions beside scopes, claims that are
//! named like URLs.

use serde_json::{Value, json};
use tower_bearer::{
    AuthErrorKind, Grant, Issuer, JwtAuthLayer, SigningKey, Token, Verifier, role, scopes,
};

use super::support::{Api, KEY, NOW, OTHER, Provider, X5C, with};

const ISSUER: &str = "https://acme.eu.auth0.com/";
const API: &str = "https://api.example/";
const KID: &str = "NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4QzQ2MDAyQjVDNjk1RTM2Qg";

fn provider() -> Provider {
    let endpoint = |path: &str| format!("{ISSUER}{path}");
    Provider {
        issuer: ISSUER.to_owned(),
        metadata: json!({
            "issuer": ISSUER,
            "authorization_endpoint": endpoint("authorize"),
            "token_endpoint": endpoint("oauth/token"),
            "device_authorization_endpoint": endpoint("oauth/device/code"),
            "userinfo_endpoint": endpoint("userinfo"),
            "mfa_challenge_endpoint": endpoint("mfa/challenge"),
            "jwks_uri": endpoint(".well-known/jwks.json"),
            "registration_endpoint": endpoint("oidc/register"),
            "revocation_endpoint": endpoint("oauth/revoke"),
            "scopes_supported": ["openid", "profile", "offline_access", "email"],
            "response_types_supported": ["code", "token", "id_token", "code token"],
            "code_challenge_methods_supported": ["S256", "plain"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["HS256", "RS256", "PS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "request_uri_parameter_supported": false,
        }),
        // The key in use, and the next one.
        keys: json!({"keys": [
            KEY.jwk(json!({"alg": "RS256", "use": "sig", "kid": KID, "x5t": KID, "x5c": [X5C]})),
            OTHER.jwk(json!({
                "alg": "RS256", "use": "sig", "kid": "c4VtSm9yZ2VuMTIzNDU2Nzg", "x5c": [X5C],
            })),
        ]}),
    }
}

/// The header of the profile "Auth0", which is the default.
fn header() -> Value {
    json!({"alg": "RS256", "typ": "JWT", "kid": KID})
}

fn claims() -> Value {
    json!({
        "https://api.example/roles": ["editor"],
        "iss": ISSUER,
        "sub": "auth0|6553da60a54af58e29493993",
        "aud": [API, "https://acme.eu.auth0.com/userinfo"],
        "iat": NOW - 5,
        "exp": NOW + 86_400,
        "scope": "openid profile read:posts",
        "azp": "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
        "permissions": ["read:posts", "write:posts"],
    })
}

fn token(changes: Value) -> String {
    KEY.sign(&header(), &with(claims(), changes))
}

async fn verifier() -> Verifier {
    provider().builder().audience(API).build().await.unwrap()
}

const ALICE: &str = "auth0|6553da60a54af58e29493993 scopes=openid,profile,read:posts";

#[tokio::test]
async fn one_of_two_audiences_is_the_api() {
    let api = Api::new(verifier().await);
    api.takes(&token(json!({})), &format!("{ALICE} roles=")).await;
    api.takes(&token(json!({"aud": API})), &format!("{ALICE} roles=")).await;
    for audience in [
        json!("https://acme.eu.auth0.com/userinfo"),
        json!("https://api.example"),
        json!("https://acme.eu.auth0.com/api/v2/"),
        json!(["K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja"]),
    ] {
        api.refuses(&token(json!({"aud": audience})), AuthErrorKind::InvalidAudience).await;
    }
}

#[tokio::test]
async fn r72_the_slash_is_part_of_the_issuer() {
    let api = Api::new(verifier().await);
    for issuer in
        ["https://acme.eu.auth0.com", "https://other.eu.auth0.com/", "https://login.acme.example/"]
    {
        api.refuses(&token(json!({"iss": issuer})), AuthErrorKind::InvalidIssuer).await;
    }
}

/// The permissions of a user are a claim of their own, which `roles_claim` may read.
#[tokio::test]
async fn r85_permissions_and_namespaced_roles_are_read_where_they_are() {
    let of = async |claim: &str| {
        let builder = provider().builder().audience(API).roles_claim([claim]);
        builder.build().await.unwrap()
    };
    let permissions = of("permissions").await;
    let api = Api::new(permissions.clone());
    api.takes(&token(json!({})), &format!("{ALICE} roles=read:posts,write:posts")).await;
    let writers = Api::of(JwtAuthLayer::new(permissions).require(role("write:posts")));
    writers.refuses(&token(json!({"permissions": []})), AuthErrorKind::Forbidden).await;
    writers.refuses(&token(json!({"permissions": null})), AuthErrorKind::Forbidden).await;
    // What a client may ask for is less than what its user holds.
    let by_scope = Api::of(JwtAuthLayer::new(verifier().await).require(scopes(["write:posts"])));
    by_scope.refuses(&token(json!({})), AuthErrorKind::InsufficientScope).await;

    let namespaced = Api::new(of("https://api.example/roles").await);
    namespaced.takes(&token(json!({})), &format!("{ALICE} roles=editor")).await;
}

/// The profile by RFC 9068: `client_id` for `azp`, and a type.
#[tokio::test]
async fn the_profile_of_rfc_9068_has_a_type_to_ask_for() {
    let strict = provider().builder().audience(API).token_type("at+jwt").build().await.unwrap();
    let strict =
        Api::of(JwtAuthLayer::new(strict).require(|token: &Token| {
            token.client_id() == Some("K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja")
        }));
    let rfc = with(
        claims(),
        json!({
            "azp": null, "client_id": "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja", "jti": "73WakrfVbNJBaAmhQtEeDv",
        }),
    );
    let typed = with(header(), json!({"typ": "at+jwt"}));
    strict.takes(&KEY.sign(&typed, &rfc), &format!("{ALICE} roles=")).await;
    strict.refuses(&KEY.sign(&header(), &rfc), AuthErrorKind::WrongTokenType).await;
    Api::new(verifier().await).takes(&KEY.sign(&typed, &rfc), &format!("{ALICE} roles=")).await;
}

/// Without `audience` in its request a client gets text that is no JWT; an encrypted one has five
/// parts.
#[tokio::test]
async fn opaque_and_encrypted_tokens_are_malformed() {
    let api = Api::new(verifier().await);
    api.refuses("W1gdVZ2sGxF0hFEEm0hvXnEYPoWbDKLN", AuthErrorKind::MalformedToken).await;
    let header =
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiaXNzIjoiaHR0cHM6Ly9hY21lLmV1LmF1dGgwLmNvbS8ifQ";
    api.refuses(&format!("{header}..aGVsbG8.aGVsbG8.aGVsbG8"), AuthErrorKind::MalformedToken).await;
}

#[tokio::test]
async fn machines_and_id_tokens() {
    let api = Api::new(verifier().await);
    let machine = token(json!({
        "sub": "awZfdIir8YFdGZWkvCejDoUb7SjTDicx@clients", "azp": "awZfdIir8YFdGZWkvCejDoUb7SjTDicx",
        "aud": API, "gty": "client-credentials", "scope": "read:posts", "permissions": ["read:posts"],
        "https://api.example/roles": null,
    }));
    let told = "awZfdIir8YFdGZWkvCejDoUb7SjTDicx@clients scopes=read:posts roles=";
    api.takes(&machine, told).await;
    let id_token = token(json!({
        "aud": "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja", "azp": null, "scope": null, "permissions": null,
        "nonce": "n-0S6_WzA2Mj", "nickname": "alice", "email": "alice@acme.example",
    }));
    api.refuses(&id_token, AuthErrorKind::InvalidAudience).await;
}

/// An API whose tokens are signed with HS256 has a secret of its own, which is no key in the set.
#[tokio::test]
async fn r52_a_token_under_a_secret_is_none_of_the_key_set() {
    let secret = "zV7-1yXlBm0tRhC8uQ2nKdE5sGjW9aPf";
    let own = Verifier::hs256(secret).unwrap().issuer(ISSUER).audience(API).build().unwrap();
    let issuer = Issuer::new(SigningKey::hs256(secret).unwrap().with_key_id(KID));
    let issuer = issuer.issuer(ISSUER).audience(API);
    let signed = issuer.issue(&Grant::new("alice")).unwrap();
    assert!(own.verify(&signed).await.is_ok());
    Api::new(verifier().await).refuses(&signed, AuthErrorKind::AlgorithmMismatch).await;
    assert_eq!(
        issuer.verifier().unwrap().verify(&token(json!({}))).await.unwrap_err().kind(),
        AuthErrorKind::AlgorithmMismatch
    );
}
