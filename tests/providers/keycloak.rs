//! Keycloak: roles of the realm and of clients, an encryption key in the set, `typ` among the claims.

use serde_json::{Value, json};
use tower_bearer::{
    Algorithm, AuthErrorKind, Grant, Issuer, JwtAuthLayer, SigningKey, Token, role,
};

use super::support::{Api, KEY, NOW, OTHER, Provider, X5C, with};

const ISSUER: &str = "https://sso.example/realms/shop";

fn provider() -> Provider {
    let endpoint = |path: &str| format!("{ISSUER}/protocol/openid-connect/{path}");
    Provider {
        issuer: ISSUER.to_owned(),
        metadata: json!({
            "issuer": ISSUER,
            "authorization_endpoint": endpoint("auth"),
            "token_endpoint": endpoint("token"),
            "introspection_endpoint": endpoint("token/introspect"),
            "userinfo_endpoint": endpoint("userinfo"),
            "end_session_endpoint": endpoint("logout"),
            "jwks_uri": endpoint("certs"),
            "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
            "response_types_supported": ["code", "none", "id_token", "token"],
            "subject_types_supported": ["public", "pairwise"],
            "id_token_signing_alg_values_supported":
                ["PS384", "RS384", "EdDSA", "ES384", "HS256", "HS512", "ES256", "RS256", "HS384",
                 "ES512", "PS256", "PS512", "RS512"],
            "id_token_encryption_alg_values_supported":
                ["ECDH-ES+A256KW", "RSA-OAEP", "RSA-OAEP-256", "RSA1_5"],
            "claims_parameter_supported": true,
            "mtls_endpoint_aliases": {"token_endpoint": endpoint("token")},
            "backchannel_logout_supported": true,
        }),
        keys: json!({"keys": [
            OTHER.jwk(json!({
                "kid": "hR1pMZFvkJ4cEEF0WQ4k9eNYyk1TgLRmSBZxBBDSJDY", "alg": "RSA-OAEP", "use": "enc",
                "x5c": [X5C], "x5t": "K9oUzEdQhOqkUmZBcIF7Y3rRkq8",
                "x5t#S256": "4ZVy1WgJ5aA6BAmCJ9Nk0PTSb2cNqCG1oUWhnrmrWtg",
            })),
            KEY.jwk(json!({
                "kid": KID, "alg": "RS256", "use": "sig",
                "x5c": [X5C], "x5t": "X7VOFHTTeWyXiPNxqZTOmqPXl5I",
                "x5t#S256": "oZHXpQvyXzPZEoM7Tz2tTzXgQ0zFWdQvJqvXqjz3oJk",
            })),
        ]}),
    }
}

const KID: &str = "qOo_nCbZW8Ez6LJ7YfE1oVYxnZ0Av3zcUOYTzAxQw0c";

fn header() -> Value {
    json!({"alg": "RS256", "typ": "JWT", "kid": KID})
}

/// An access token of a user, for `account` and, by an audience mapper, the API.
fn claims() -> Value {
    json!({
        "exp": NOW + 300,
        "iat": NOW - 5,
        "auth_time": NOW - 5,
        "jti": "onrtac:35a0f9c3-1f1c-4b11-9c5d-9ff5d0f3c1f1",
        "iss": ISSUER,
        "aud": ["shop-api", "account"],
        "sub": "9d1c6f58-6b8b-4b5e-9a0e-1c2d3e4f5a6b",
        "typ": "Bearer",
        "azp": "shop-web",
        "sid": "7c0ad0f5-4c5f-4d5e-8f13-0a0c4b1b2c3d",
        "acr": "1",
        "allowed-origins": ["https://shop.example"],
        "realm_access": {"roles": ["default-roles-shop", "offline_access", "customer"]},
        "resource_access": {
            "shop-api": {"roles": ["editor"]},
            "account": {"roles": ["manage-account", "view-profile"]},
        },
        "scope": "openid profile email orders:read",
        "email_verified": true,
        "name": "Alice Example",
        "preferred_username": "alice",
        "email": "alice@shop.example",
    })
}

fn token(changes: Value) -> String {
    KEY.sign(&header(), &with(claims(), changes))
}

const ALICE: &str = "9d1c6f58-6b8b-4b5e-9a0e-1c2d3e4f5a6b scopes=openid,profile,email,orders:read";

#[tokio::test]
async fn r85_roles_of_the_realm_and_of_clients_are_never_merged() {
    let realm = provider().builder().audience("shop-api").roles_claim(["realm_access", "roles"]);
    let client = provider().builder().audience("shop-api").roles_claim([
        "resource_access",
        "shop-api",
        "roles",
    ]);
    let (realm, client) = (realm.build().await.unwrap(), client.build().await.unwrap());
    let told = format!("{ALICE} roles=default-roles-shop,offline_access,customer");
    Api::new(realm.clone()).takes(&token(json!({})), &told).await;
    Api::new(client.clone()).takes(&token(json!({})), &format!("{ALICE} roles=editor")).await;

    // Whoever names a role of a client as one of the realm is called gets nothing by it.
    let named_alike =
        token(json!({"resource_access": {"shop-web": {"roles": ["customer", "editor"]}},
        "realm_access": {"roles": ["editor"]}}));
    let customers = Api::of(JwtAuthLayer::new(realm).require(role("customer")));
    customers.refuses(&named_alike, AuthErrorKind::Forbidden).await;
    let editors = Api::of(JwtAuthLayer::new(client).require(role("editor")));
    editors.refuses(&named_alike, AuthErrorKind::Forbidden).await;
    editors.takes(&token(json!({})), &format!("{ALICE} roles=editor")).await;
}

#[tokio::test]
async fn the_encryption_key_is_skipped_and_the_other_stays() {
    let verifier = provider().builder().audience("shop-api").build().await.unwrap();
    let [status] = &verifier.key_status()[..] else { panic!("one issuer") };
    assert_eq!((status.source(), status.is_usable()), (ISSUER, true));
    assert_eq!(status.key_ids().collect::<Vec<_>>(), [KID]);
    assert_eq!(status.skipped().len(), 1);
}

#[tokio::test]
async fn r53_the_encryption_key_signs_nothing() {
    let api = Api::new(provider().builder().audience("shop-api").build().await.unwrap());
    let kid = provider().keys["keys"][0]["kid"].clone();
    let signed = |changes| OTHER.sign(&with(header(), changes), &claims());
    api.refuses(&signed(json!({"kid": kid})), AuthErrorKind::UnknownKey).await;
    api.refuses(&signed(json!({})), AuthErrorKind::InvalidSignature).await;
    api.refuses(&signed(json!({"kid": null})), AuthErrorKind::InvalidSignature).await;
}

#[tokio::test]
async fn tokens_of_other_realms_and_for_other_clients_are_refused() {
    let api = Api::new(provider().builder().audience("shop-api").build().await.unwrap());
    for issuer in [
        "https://sso.example/realms/master",
        "https://sso.example/realms/shop/",
        "https://sso.example/auth/realms/shop",
        "http://sso.example/realms/shop",
        "http://keycloak:8080/realms/shop",
    ] {
        api.refuses(&token(json!({"iss": issuer})), AuthErrorKind::InvalidIssuer).await;
    }
    // Without an audience mapper and roles of the client there is `account`, or nothing at all.
    for audience in [json!("account"), json!(["account", "shop-web"]), json!(null)] {
        api.refuses(&token(json!({"aud": audience})), AuthErrorKind::InvalidAudience).await;
    }
}

/// An ID token has the same header. Its audience is the client that logged in, and its `typ` is `ID`.
#[tokio::test]
async fn r87_an_id_token_is_no_access_token() {
    let id_token = |audience: &str| {
        token(json!({
            "typ": "ID", "aud": audience, "azp": audience, "scope": null, "realm_access": null,
            "resource_access": null, "at_hash": "5l-5tVbNzNiq1rNEeXnQLw", "nonce": "n-0S6_WzA2Mj",
        }))
    };
    let verifier = provider().builder().audience("shop-api").build().await.unwrap();
    let api = Api::new(verifier.clone());
    api.refuses(&id_token("shop-web"), AuthErrorKind::InvalidAudience).await;

    // Where the API is the client that logs users in, `typ` tells them apart.
    let is_access_token =
        |token: &Token| token.claims::<Value>().is_ok_and(|claims| claims["typ"] == "Bearer");
    let api = Api::of(JwtAuthLayer::new(verifier).require(is_access_token));
    api.refuses(&id_token("shop-api"), AuthErrorKind::Forbidden).await;
    api.takes(&token(json!({})), &format!("{ALICE} roles=")).await;
    // So does the header, where the client is told to use the type of RFC 9068.
    let strict =
        provider().builder().audience("shop-api").token_type("at+jwt").build().await.unwrap();
    let strict = Api::new(strict);
    let typed = KEY.sign(&with(header(), json!({"typ": "at+jwt"})), &claims());
    strict.takes(&typed, &format!("{ALICE} roles=")).await;
    strict.refuses(&id_token("shop-api"), AuthErrorKind::WrongTokenType).await;
}

#[tokio::test]
async fn a_token_of_a_service_account_has_no_email_and_gets_in() {
    let api = Api::new(provider().builder().audience("shop-api").build().await.unwrap());
    let service = token(json!({
        "azp": "reports", "client_id": "reports", "sub": "1f0e2d3c-0000-4000-8000-000000000001",
        "preferred_username": "service-account-reports", "clientHost": "192.0.2.7",
        "clientAddress": "192.0.2.7", "email": null, "name": null, "auth_time": null, "sid": null,
        "scope": "profile email", "email_verified": false,
    }));
    api.takes(&service, "1f0e2d3c-0000-4000-8000-000000000001 scopes=profile,email roles=").await;
    // With a lightweight token not even the subject is there.
    let lightweight = token(json!({"sub": null, "realm_access": null, "resource_access": null,
        "email": null, "name": null, "preferred_username": null}));
    api.takes(&lightweight, "nobody scopes=openid,profile,email,orders:read roles=").await;
}

/// A refresh token is for the realm itself, under a secret that it keeps.
#[tokio::test]
async fn r74_a_refresh_token_is_no_access_token() {
    let secret = SigningKey::insecure_from_guessable_secret(Algorithm::HS512, [0x5d; 64]).unwrap();
    let realm = Issuer::new(secret.with_key_id("3b1f0e2d-hs512")).issuer(ISSUER).audience(ISSUER);
    let refresh = realm.issue(&Grant::new("alice").claim("typ", "Refresh")).unwrap();
    let verifier =
        provider().builder().audience("shop-api").audience(ISSUER).build().await.unwrap();
    Api::new(verifier).refuses(&refresh, AuthErrorKind::UnknownKey).await;
}
