//! Amazon Cognito: access tokens without an audience, told from ID tokens by `token_use`.

use serde::Deserialize;
use serde_json::{Value, json};
use tower_bearer::{AuthErrorKind, JwtAuthLayer, Token, Verifier, role, scopes};

use super::support::{Api, KEY, NOW, OTHER, Provider, with};

const ISSUER: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI";
const CLIENT: &str = "1example23456789";

fn provider() -> Provider {
    let domain = "https://shop.auth.eu-central-1.amazoncognito.com";
    Provider {
        issuer: ISSUER.to_owned(),
        metadata: json!({
            "authorization_endpoint": format!("{domain}/oauth2/authorize"),
            "end_session_endpoint": format!("{domain}/logout"),
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": ISSUER,
            "jwks_uri": format!("{ISSUER}/.well-known/jwks.json"),
            "response_types_supported": ["code", "token"],
            "revocation_endpoint": format!("{domain}/oauth2/revoke"),
            "scopes_supported": ["openid", "email", "phone", "profile"],
            "subject_types_supported": ["public"],
            "token_endpoint": format!("{domain}/oauth2/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "userinfo_endpoint": format!("{domain}/oauth2/userInfo"),
        }),
        // One key signs ID tokens, the other access tokens. Their IDs are padded base64.
        keys: json!({"keys": [
            OTHER.jwk(json!({"alg": "RS256", "kid": "1234example=", "use": "sig"})),
            KEY.jwk(json!({"alg": "RS256", "kid": "5678example+/=", "use": "sig"})),
        ]}),
    }
}

/// An access token.
fn claims() -> Value {
    json!({
        "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "cognito:groups": ["editors"],
        "iss": ISSUER,
        "version": 2,
        "client_id": CLIENT,
        "origin_jti": "bbbbbbbb-0000-4000-8000-00000000000b",
        "event_id": "cccccccc-0000-4000-8000-00000000000c",
        "token_use": "access",
        "scope": "openid shop/orders.read",
        "auth_time": NOW - 60,
        "exp": NOW + 3_600,
        "iat": NOW - 60,
        "jti": "dddddddd-0000-4000-8000-00000000000d",
        "username": "alice",
    })
}

fn token(changes: Value) -> String {
    KEY.sign(&json!({"kid": "5678example+/=", "alg": "RS256"}), &with(claims(), changes))
}

fn id_token() -> String {
    let claims = with(
        claims(),
        json!({
            "client_id": null, "username": null, "scope": null, "version": null, "aud": CLIENT,
            "token_use": "id", "cognito:username": "alice", "email": "alice@shop.example",
            "email_verified": true, "cognito:preferred_role": "arn:aws:iam::111122223333:role/editor",
        }),
    );
    OTHER.sign(&json!({"kid": "1234example=", "alg": "RS256"}), &claims)
}

const ALICE: &str =
    "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee scopes=openid,shop/orders.read roles=editors";

async fn verifier() -> Verifier {
    let builder = provider().builder().any_audience().roles_claim(["cognito:groups"]);
    builder.build().await.unwrap()
}

/// What stands in for the audience.
fn is_ours(token: &Token) -> bool {
    #[derive(Deserialize)]
    struct Use {
        token_use: String,
    }
    token.client_id() == Some(CLIENT)
        && token.claims::<Use>().is_ok_and(|claims| claims.token_use == "access")
}

async fn layer() -> JwtAuthLayer {
    JwtAuthLayer::new(verifier().await).require(is_ours)
}

#[tokio::test]
async fn an_access_token_of_our_client_gets_in_with_its_groups_and_scopes() {
    let told = ALICE;
    Api::of(layer().await).takes(&token(json!({})), told).await;
    let readers = Api::of(layer().await.require(scopes(["shop/orders.read"])));
    readers.takes(&token(json!({})), told).await;
    readers.refuses(&token(json!({"scope": "openid"})), AuthErrorKind::InsufficientScope).await;
    let editors = Api::of(layer().await.require(role("editors")));
    editors.takes(&token(json!({})), told).await;
    editors.refuses(&token(json!({"cognito:groups": null})), AuthErrorKind::Forbidden).await;
}

/// The pool signs for all of its clients, and no audience tells them apart.
#[tokio::test]
async fn r71_a_token_of_another_client_is_refused_by_the_policy() {
    let api = Api::of(layer().await);
    api.refuses(&token(json!({"client_id": "2other34567890"})), AuthErrorKind::Forbidden).await;
    api.refuses(&token(json!({"client_id": null})), AuthErrorKind::Forbidden).await;
    api.refuses(&token(json!({"client_id": [CLIENT]})), AuthErrorKind::Forbidden).await;
    // With an audience no access token would get in at all.
    let strict = Api::new(provider().builder().audience(CLIENT).build().await.unwrap());
    strict.refuses(&token(json!({})), AuthErrorKind::InvalidAudience).await;
}

#[tokio::test]
async fn r87_an_id_token_is_no_access_token() {
    Api::of(layer().await).refuses(&id_token(), AuthErrorKind::Forbidden).await;
    // Nor one that has the client of an access token.
    let api = Api::of(layer().await);
    for token_use in [json!("id"), json!(null), json!(["access"]), json!("Access")] {
        api.refuses(&token(json!({"token_use": token_use})), AuthErrorKind::Forbidden).await;
    }
    // Without the policy it would pass: `any_audience` has to be made up for.
    assert_eq!(Api::new(verifier().await).ask(&id_token()).await.status, http::StatusCode::OK);
    // A service that is meant for ID tokens has an audience to ask for.
    let strict = Api::new(provider().builder().audience(CLIENT).build().await.unwrap());
    strict.takes(&id_token(), "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee scopes= roles=").await;
}

#[tokio::test]
async fn r72_tokens_of_other_pools_and_regions_are_refused() {
    let api = Api::of(layer().await);
    for issuer in [
        "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other1234",
        "https://cognito-idp.us-east-1.amazonaws.com/eu-central-1_AbCdEfGhI",
        "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI/",
        "https://shop.auth.eu-central-1.amazoncognito.com",
    ] {
        api.refuses(&token(json!({"iss": issuer})), AuthErrorKind::InvalidIssuer).await;
    }
}

/// A program has its client's ID as its subject, and no groups.
#[tokio::test]
async fn a_token_by_client_credentials_gets_in() {
    let program = token(json!({
        "sub": CLIENT, "cognito:groups": null, "origin_jti": null, "event_id": null, "username": null,
        "scope": "shop/orders.read",
    }));
    Api::of(layer().await).takes(&program, "1example23456789 scopes=shop/orders.read roles=").await;
}
