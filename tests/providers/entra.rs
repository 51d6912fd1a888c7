//! Microsoft Entra ID: two versions of issuers, keys without `alg` that all tenants share, scopes in
//! `scp`, and tokens that are nobody's to verify but Microsoft's.

use std::collections::HashSet;

use serde_json::{Value, json};
use tower_bearer::{
    AuthErrorKind, ConfigError, JwtAuthLayer, Verifier, any_of, any_role, any_scope, scopes,
};

use super::support::{Api, KEY, NOW, OTHER, Provider, X5C, with};

const TENANT: &str = "11111111-aaaa-4111-8111-111111111111";
const CUSTOMER: &str = "22222222-bbbb-4222-8222-222222222222";
const API: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
const KID: &str = "i0mY1pqYfV6Ry5Xb3qyQ3kUJ3pU";

fn v2(tenant: &str) -> String {
    format!("https://login.microsoftonline.com/{tenant}/v2.0")
}

fn v1(tenant: &str) -> String {
    format!("https://sts.windows.net/{tenant}/")
}

/// One set for all tenants, in which no key has an `alg`.
fn keys(issuer: &str) -> Value {
    let key = |kid: &str| {
        json!({
            "use": "sig", "kid": kid, "x5t": kid, "x5c": [X5C],
            "cloud_instance_name": "microsoftonline.com", "issuer": issuer,
        })
    };
    json!({"keys": [OTHER.jwk(key("H9nj5AOSswMphg1SFx7jaV-lB9w")), KEY.jwk(key(KID))]})
}

fn provider(tenant: &str) -> Provider {
    let at = |path: &str| format!("https://login.microsoftonline.com/{tenant}/{path}");
    Provider {
        issuer: v2(tenant),
        metadata: json!({
            "token_endpoint": at("oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported":
                ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": at("discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": v2(tenant),
            "request_uri_parameter_supported": false,
            "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
            "authorization_endpoint": at("oauth2/v2.0/authorize"),
            "http_logout_supported": true,
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
        }),
        keys: keys(&v2(tenant)),
    }
}

/// As an API gets them whose `accessTokenAcceptedVersion` is null.
fn provider_v1(tenant: &str) -> Provider {
    let jwks_uri = "https://login.windows.net/common/discovery/keys";
    let metadata = json!({"issuer": v1(tenant), "jwks_uri": jwks_uri});
    Provider {
        issuer: v1(tenant),
        metadata: with(provider(tenant).metadata, metadata),
        keys: keys(&v1(tenant)),
    }
}

fn header() -> Value {
    json!({"typ": "JWT", "alg": "RS256", "kid": KID})
}

fn claims() -> Value {
    json!({
        "aud": API,
        "iss": v2(TENANT),
        "iat": NOW - 10,
        "nbf": NOW - 10,
        "exp": NOW + 4_200,
        "aio": "AXQAi/8TAAAAmadeUp==",
        "azp": "bbbbbbbb-0000-4000-8000-00000000000b",
        "azpacr": "0",
        "name": "Alice Example",
        "oid": "cccccccc-0000-4000-8000-00000000000c",
        "preferred_username": "alice@example.com",
        "rh": "0.AXoAmadeUp.",
        "roles": ["Orders.Approver"],
        "scp": "Orders.Read access_as_user",
        "sub": "AmadeUpPairwiseSubject",
        "tid": TENANT,
        "uti": "madeUpIdentifier",
        "ver": "2.0",
    })
}

fn token(changes: Value) -> String {
    KEY.sign(&header(), &with(claims(), changes))
}

const ALICE: &str =
    "AmadeUpPairwiseSubject scopes=Orders.Read,access_as_user roles=Orders.Approver";

async fn verifier() -> Verifier {
    provider(TENANT).builder().audience(API).build().await.unwrap()
}

#[tokio::test]
async fn keys_without_alg_verify_and_scp_holds_the_scopes() {
    let api = Api::of(JwtAuthLayer::new(verifier().await).require(scopes(["Orders.Read"])));
    api.takes(&token(json!({})), ALICE).await;
    api.refuses(&token(json!({"scp": "Orders"})), AuthErrorKind::InsufficientScope).await;
    let unknown = KEY.sign(&with(header(), json!({"kid": "nextKeyThatIsNotHereYet"})), &claims());
    api.refuses(&unknown, AuthErrorKind::UnknownKey).await;
    // Who made the token chose what is in its header.
    let own_key = with(
        header(),
        json!({
            "x5t": KID, "x5c": [X5C], "jwk": OTHER.jwk(json!({})), "jku": "https://evil.example/keys",
        }),
    );
    api.takes(&KEY.sign(&own_key, &claims()), ALICE).await;
    api.refuses(&OTHER.sign(&own_key, &claims()), AuthErrorKind::InvalidSignature).await;
}

/// The same keys sign for every tenant, so that `iss` alone keeps them apart.
#[tokio::test]
async fn r72_a_token_of_another_tenant_has_a_right_signature_and_is_refused() {
    let api = Api::new(verifier().await);
    for issuer in [v2(CUSTOMER), v1(TENANT), v2("common"), v2("{tenantid}"), v2("organizations")] {
        let changes = json!({"iss": issuer, "tid": CUSTOMER});
        api.refuses(&token(changes), AuthErrorKind::InvalidIssuer).await;
    }
}

/// Which version a token has is up to the API, not to the client; its audience goes with it.
#[tokio::test]
async fn tokens_of_version_1_have_another_issuer_and_an_app_id_uri() {
    let uri = format!("api://{API}");
    let builder = provider_v1(TENANT).builder();
    let api = Api::new(builder.audience(API).audience(&uri).build().await.unwrap());
    let old = json!({
        "iss": v1(TENANT), "aud": uri, "ver": "1.0", "azp": null, "azpacr": null,
        "appid": "bbbbbbbb-0000-4000-8000-00000000000b", "appidacr": "0",
        "unique_name": "alice@example.com", "upn": "alice@example.com", "preferred_username": null,
    });
    let header = with(header(), json!({"x5t": KID}));
    let signed = |claims: Value| KEY.sign(&header, &claims);
    api.takes(&signed(with(claims(), old.clone())), ALICE).await;
    api.takes(&signed(with(with(claims(), old.clone()), json!({"aud": API}))), ALICE).await;
    let slashed = with(with(claims(), old), json!({"aud": format!("api://{API}/")}));
    api.refuses(&signed(slashed), AuthErrorKind::InvalidAudience).await;
    api.refuses(&token(json!({})), AuthErrorKind::InvalidIssuer).await;
}

/// A program of its own has roles and no scopes, a user scopes; an ID token of the same application
/// may have roles.
#[tokio::test]
async fn r87_what_an_application_may_is_a_role_and_an_id_token_holds_no_scope() {
    let program = token(json!({
        "scp": null, "roles": ["Orders.Read.All"], "azpacr": "1", "idtyp": "app", "name": null,
        "preferred_username": null, "sub": "dddddddd-0000-4000-8000-00000000000d",
    }));
    let id_token = token(json!({
        "scp": null, "azp": null, "nonce": "n-0S6_WzA2Mj", "at_hash": "madeUp", "email": "alice@example.com",
    }));
    let layer = JwtAuthLayer::new(verifier().await);
    let anybody = Api::new(verifier().await);
    anybody.takes(&id_token, "AmadeUpPairwiseSubject scopes= roles=Orders.Approver").await;
    let users = Api::of(layer.clone().require(scopes(["Orders.Read"])));
    users.refuses(&id_token, AuthErrorKind::InsufficientScope).await;
    users.refuses(&program, AuthErrorKind::InsufficientScope).await;
    let both = any_of((any_scope(["Orders.Read"]), any_role(["Orders.Read.All"])));
    let both = Api::of(layer.require(both));
    both.takes(&token(json!({})), ALICE).await;
    let told = "dddddddd-0000-4000-8000-00000000000d scopes= roles=Orders.Read.All";
    both.takes(&program, told).await;
    assert_eq!(both.ask(&id_token).await.status, http::StatusCode::FORBIDDEN);
}

/// The signature of a token for Microsoft Graph is over another header than the one that is sent.
#[tokio::test]
async fn tokens_for_microsoft_graph_are_not_ones_own_to_verify() {
    let api = Api::new(verifier().await);
    let hashed = with(header(), json!({"nonce": "madeUpHashOfTheNonce", "x5t": KID}));
    let signed = KEY.sign(&hashed, &with(claims(), json!({"aud": "https://graph.microsoft.com"})));
    let sent = KEY.sign(&with(hashed, json!({"nonce": "madeUpNonce"})), &claims());
    let sent = sent.split('.').next().unwrap().to_owned();
    let rest = signed.split_once('.').unwrap().1;
    api.refuses(&format!("{sent}.{rest}"), AuthErrorKind::InvalidSignature).await;
    api.refuses(&signed, AuthErrorKind::InvalidAudience).await;
}

/// What `common` and `organizations` publish has a template where tenants have their name.
#[tokio::test]
async fn r72_the_issuer_of_common_is_a_template_and_refused() {
    for name in ["common", "organizations"] {
        let template = with(provider(name).metadata, json!({"issuer": v2("{tenantid}")}));
        let common = Provider { metadata: template, ..provider(name) };
        match common.builder().audience(API).build().await.unwrap_err() {
            ConfigError::RemoteKeys { fault, .. } => {
                assert!(fault.contains("{tenantid}") && fault.contains(&v2(name)), "{fault}");
            }
            other => panic!("{other}"),
        }
        // Keys that are not fetched verify nothing, whatever the token.
        let lazy = Api::new(common.builder().audience(API).build_lazy().unwrap());
        for issuer in [v2(TENANT), v2(name), v2("{tenantid}")] {
            let answer = lazy.ask(&token(json!({"iss": issuer}))).await;
            assert_eq!(answer.status, http::StatusCode::SERVICE_UNAVAILABLE);
        }
    }
}

#[tokio::test]
async fn r72_several_tenants_are_known_by_name() {
    let customers = HashSet::from([v2(TENANT), v2(CUSTOMER)]);
    let resolver = move |issuer: String| {
        let is_customer = customers.contains(&issuer);
        async move {
            if !is_customer {
                return Ok(None);
            }
            let tenant = issuer.split('/').nth(3).unwrap_or_default();
            provider(tenant).builder().audience(API).build_lazy().map(Some)
        }
    };
    let tenants = Verifier::tenants("https://login.microsoftonline.com/", resolver);
    let verifier = tenants.build().unwrap();
    let api = Api::new(verifier.clone());
    assert!(verifier.key_status().is_empty(), "nobody has come yet");
    for tenant in [TENANT, CUSTOMER] {
        api.takes(&token(json!({"iss": v2(tenant), "tid": tenant})), ALICE).await;
    }
    let known: HashSet<String> =
        verifier.key_status().iter().map(|status| status.source().to_owned()).collect();
    assert_eq!(known, HashSet::from([v2(TENANT), v2(CUSTOMER)]));
    for tenant in ["33333333-cccc-4333-8333-333333333333", "common", "{tenantid}"] {
        let changes = json!({"iss": v2(tenant), "tid": tenant});
        api.refuses(&token(changes), AuthErrorKind::InvalidIssuer).await;
    }
    api.refuses(&token(json!({"iss": v1(TENANT)})), AuthErrorKind::InvalidIssuer).await;
    // Nor does the other issuer of a customer, where it is not named.
    let other = token(json!({"iss": v2(CUSTOMER).replace("/v2.0", "/")}));
    api.refuses(&other, AuthErrorKind::InvalidIssuer).await;
}
