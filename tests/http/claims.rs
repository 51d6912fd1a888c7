//! Where roles are, and what scopes hold (requirements 84, 85).

use serde_json::{Value, json};
use tower_bearer::{
    Algorithm, ConfigError, Grant, Issuer, SigningKey, Token, Verifier, VerifierBuilder,
    VerifyingKey,
};

const SECRET: &str = "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE";

fn builder() -> VerifierBuilder {
    let key = VerifyingKey::from_secret(Algorithm::HS256, SECRET).unwrap();
    Verifier::builder(key).any_audience()
}

async fn token(builder: VerifierBuilder, claims: Value) -> Token {
    let issuer = Issuer::new(SigningKey::hs256(SECRET).unwrap());
    let mut grant = Grant::new("alice");
    for (name, value) in claims.as_object().unwrap() {
        grant = match (name.as_str(), value) {
            ("scope", Value::String(scope)) => grant.scopes(scope.split(' ')),
            _ => grant.claim(name, value.clone()),
        };
    }
    let jwt = issuer.issuer("https://me").audience("api").issue(&grant).unwrap();
    builder.build().unwrap().verify(&jwt).await.unwrap()
}

fn roles(token: &Token) -> Vec<&str> {
    token.roles().collect()
}

fn keycloak() -> Value {
    json!({
        "realm_access": {"roles": ["offline", "user"]},
        "resource_access": {
            "my.api": {"roles": ["editor"]},
            "account": {"roles": ["manage-account"]},
        },
        "groups": "staff",
        "https://example.com/roles": ["namespaced"],
        "role": ["not me"],
    })
}

#[tokio::test]
async fn r85_roles_come_from_one_claim_and_are_never_merged() {
    let paths: [(&[&str], &[&str]); 9] = [
        (&["realm_access", "roles"], &["offline", "user"]),
        (&["resource_access", "my.api", "roles"], &["editor"]),
        (&["resource_access", "account", "roles"], &["manage-account"]),
        (&["resource_access", "other", "roles"], &[]),
        (&["resource_access", "my.api"], &[]),
        (&["resource_access"], &[]),
        (&["groups"], &["staff"]),
        (&["groups", "roles"], &[]),
        (&["https://example.com/roles"], &["namespaced"]),
    ];
    for (path, expected) in paths {
        let token = token(builder().roles_claim(path.iter().copied()), keycloak()).await;
        assert_eq!(roles(&token), expected, "{path:?}");
        assert!(expected.iter().all(|role| token.has_role(role)));
    }
    assert!(roles(&token(builder(), keycloak()).await).is_empty(), "`roles` is the default");
}

#[tokio::test]
async fn r85_the_last_path_counts_and_odd_shapes_hold_no_role() {
    let both = builder().roles_claim(["groups"]).roles_claim(["realm_access", "roles"]);
    assert_eq!(roles(&token(both, keycloak()).await), ["offline", "user"]);
    for odd in [json!(null), json!(1), json!([["a"]]), json!({"roles": {"a": "b"}}), json!([1])] {
        let token =
            token(builder().roles_claim(["realm_access", "roles"]), json!({"realm_access": odd}))
                .await;
        assert!(roles(&token).is_empty());
    }
}

#[test]
fn r85_a_path_is_names_and_no_registered_claim() {
    for path in [&[][..], &[""], &["a", ""], &["sub"], &["scope"], &["aud", "roles"]] {
        let error = builder().roles_claim(path.iter().copied()).build().unwrap_err();
        assert!(matches!(error, ConfigError::InvalidValue { .. }), "{path:?}");
    }
}

#[tokio::test]
async fn hierarchical_scopes_are_held_only_where_asked_for() {
    let claims = || json!({"scp": "items:* posts:read a:b:* * :* x*"});
    let plain = token(builder(), claims()).await;
    let hierarchical = token(builder().hierarchical_scopes(), claims()).await;
    for scope in ["items:read", "items:read:own", "items:*", "posts:read", "a:b:c", "*", ":*"] {
        assert!(hierarchical.has_scope(scope), "{scope}");
    }
    for scope in
        ["items", "items:", "itemsets:read", "posts:write", "posts:*", "a:x", "b", ":b", "xy", ""]
    {
        assert!(!hierarchical.has_scope(scope), "{scope}");
        assert!(!plain.has_scope(scope), "{scope}");
    }
    for scope in ["items:read", "a:b:c"] {
        assert!(!plain.has_scope(scope), "{scope}");
    }
    assert!(plain.has_scope("items:*"));
}

#[tokio::test]
async fn r84_scopes_are_one_text_or_an_array_in_scope_or_scp() {
    for claims in [
        json!({"scope": "a b"}),
        json!({"scp": "a b"}),
        json!({"scp": ["a", "b"]}),
        json!({"scope": "a b", "scp": "c"}),
    ] {
        let token = token(builder(), claims).await;
        assert_eq!(token.scopes().collect::<Vec<_>>(), ["a", "b"]);
    }
    let split = token(builder(), json!({"scp": ["a b"]})).await;
    assert_eq!(split.scopes().count(), 0, "one element is one scope");
    let minted = token(builder(), json!({"scp": 1})).await;
    assert_eq!(minted.scopes().count(), 0);
}
