//! Okta: custom authorization servers, whose scopes are an array, and the org's own, whose tokens are
//! for Okta.

use serde_json::{Value, json};
use tower_bearer::{AuthErrorKind, JwtAuthLayer, Verifier, role, scopes};

use super::support::{Api, KEY, NOW, Provider, with};

const ISSUER: &str = "https://acme.okta.com/oauth2/default";
const KID: &str = "cN0_MrSxJAFgCAc4hFNkpYrDU9OHLA4Hr5zHVhJLxB8";

fn provider() -> Provider {
    let endpoint = |path: &str| format!("{ISSUER}/v1/{path}");
    Provider {
        issuer: ISSUER.to_owned(),
        metadata: json!({
            "issuer": ISSUER,
            "authorization_endpoint": endpoint("authorize"),
            "token_endpoint": endpoint("token"),
            "userinfo_endpoint": endpoint("userinfo"),
            "registration_endpoint": "https://acme.okta.com/oauth2/v1/clients",
            "jwks_uri": endpoint("keys"),
            "response_types_supported": ["code", "id_token", "code id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["orders:read", "openid", "profile", "email", "offline_access"],
            "introspection_endpoint": endpoint("introspect"),
            "revocation_endpoint": endpoint("revoke"),
            "end_session_endpoint": endpoint("logout"),
            "dpop_signing_alg_values_supported": ["RS256", "ES256"],
        }),
        keys: json!({"keys": [KEY.jwk(json!({"alg": "RS256", "kid": KID, "use": "sig"}))]}),
    }
}

/// Without `typ`.
fn header() -> Value {
    json!({"kid": KID, "alg": "RS256"})
}

fn claims() -> Value {
    json!({
        "ver": 1,
        "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE",
        "iss": ISSUER,
        "aud": "api://default",
        "iat": NOW - 5,
        "exp": NOW + 3_600,
        "cid": "0oa1gjh63g214q0Hq0g4",
        "uid": "00u1gjh63g214q0Hq0g5",
        "scp": ["openid", "profile", "orders:read"],
        "auth_time": NOW - 60,
        "sub": "alice@acme.example",
        "groups": ["Everyone", "Shop Editors"],
    })
}

fn token(changes: Value) -> String {
    KEY.sign(&header(), &with(claims(), changes))
}

const ALICE: &str = "alice@acme.example scopes=openid,profile,orders:read";

async fn verifier() -> Verifier {
    provider().builder().audience("api://default").roles_claim(["groups"]).build().await.unwrap()
}

#[tokio::test]
async fn r84_r85_scopes_are_an_array_and_groups_the_roles() {
    let told = format!("{ALICE} roles=Everyone,Shop Editors");
    let layer = JwtAuthLayer::new(verifier().await);
    let readers = Api::of(layer.clone().require(scopes(["orders:read"])));
    readers.takes(&token(json!({})), &told).await;
    readers.refuses(&token(json!({"scp": ["openid"]})), AuthErrorKind::InsufficientScope).await;
    // One element is one scope: a blank in it makes no two of it.
    readers
        .refuses(&token(json!({"scp": ["openid orders:read"]})), AuthErrorKind::InsufficientScope)
        .await;
    let editors = Api::of(layer.require(role("Shop Editors")));
    editors.takes(&token(json!({})), &told).await;
    editors.refuses(&token(json!({"groups": ["Everyone"]})), AuthErrorKind::Forbidden).await;
    editors.refuses(&token(json!({"groups": null})), AuthErrorKind::Forbidden).await;
}

#[tokio::test]
async fn r72_the_tokens_of_other_authorization_servers_are_refused() {
    let api = Api::new(verifier().await);
    for issuer in [
        "https://acme.okta.com/oauth2/aus1abcd2EFGH3ijk4x7",
        "https://acme.okta.com/oauth2/default/",
        "https://acme-admin.okta.com/oauth2/default",
        "https://acme.oktapreview.com/oauth2/default",
    ] {
        api.refuses(&token(json!({"iss": issuer})), AuthErrorKind::InvalidIssuer).await;
    }
    api.refuses(&token(json!({"aud": "api://other"})), AuthErrorKind::InvalidAudience).await;
}

/// Those of the org's own authorization server are for Okta: its issuer, its audience, its type.
#[tokio::test]
async fn r74_tokens_of_the_org_itself_are_not_ones_own_to_verify() {
    let org = json!({"iss": "https://acme.okta.com", "aud": "https://acme.okta.com"});
    Api::new(verifier().await).refuses(&token(org.clone()), AuthErrorKind::InvalidIssuer).await;
    // Even where somebody takes its issuer and audience for those of an API.
    let typed = with(header(), json!({"typ": "application/okta-internal-at+jwt"}));
    let signed = KEY.sign(&typed, &with(claims(), org));
    let metadata = json!({"issuer": "https://acme.okta.com",
        "jwks_uri": "https://acme.okta.com/oauth2/v1/keys"});
    let issuer = "https://acme.okta.com".to_owned();
    let org = Provider { issuer, metadata: with(provider().metadata, metadata), ..provider() };
    let api = Api::new(org.builder().audience("https://acme.okta.com").build().await.unwrap());
    api.refuses(&signed, AuthErrorKind::WrongTokenType).await;
}

/// An ID token has the client as its audience and no `scp`; a program has itself as its subject.
#[tokio::test]
async fn r87_id_tokens_and_programs() {
    let api = Api::new(verifier().await);
    let id_token = token(json!({
        "jti": "ID.radCQMOQUmyvcTBmmIL0J6BaS60apUEiC7", "aud": "0oa1gjh63g214q0Hq0g4", "cid": null,
        "uid": null, "scp": null, "sub": "00u1gjh63g214q0Hq0g5", "amr": ["pwd"],
    }));
    api.refuses(&id_token, AuthErrorKind::InvalidAudience).await;
    let program = token(json!({
        "cid": "0oa2program", "sub": "0oa2program", "uid": null, "auth_time": null, "groups": null,
        "scp": ["orders:read"],
    }));
    api.takes(&program, "0oa2program scopes=orders:read roles=").await;
    // Bound to a key of its client, it is no bearer token.
    let bound = token(json!({"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}));
    api.refuses(&bound, AuthErrorKind::KeyBound).await;
}
