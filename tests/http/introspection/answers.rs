//! Which answers make a token (requirements 45, 131 and 132, from the side of who asks).

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use tower_bearer::{AuthErrorKind, TokenKind};

use super::server::{
    NOW, Server, active, active_with, active_without, inactive, json_answer, said, text_answer,
    verify,
};

#[tokio::test]
async fn r132_what_the_server_says_is_what_the_token_holds() {
    let answer = active_with(json!({
        "client_id": "app", "username": "Alice", "iss": "https://id.test", "jti": "1",
        "sid": "session", "roles": ["admin"], "nbf": NOW, "aud": ["other", "api"],
    }));
    let token = said(answer).await.unwrap();
    assert_eq!(token.kind(), TokenKind::Introspected);
    assert!(!token.is_api_key());
    assert_eq!(token.subject(), Some("alice"));
    assert_eq!(token.client_id(), Some("app"));
    assert_eq!(token.issuer(), Some("https://id.test"));
    assert_eq!(token.id(), Some("1"));
    assert_eq!(token.session_id(), Some("session"));
    assert!(token.audiences().eq(["other", "api"]));
    assert!(token.has_scope("posts:read") && token.has_role("admin"));
    let time = |seconds| std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    assert_eq!(token.expires_at(), Some(time(NOW + 3600)));
    assert_eq!(token.issued_at(), Some(time(NOW)));
    assert_eq!(token.not_before(), Some(time(NOW)));
    assert!(!format!("{token:?}").contains("posts:read"));
}

#[tokio::test]
async fn r45_acr_and_auth_time_and_all_else_are_in_the_claims() {
    #[derive(Deserialize)]
    struct Login {
        acr: String,
        auth_time: u64,
        username: String,
        active: bool,
        tenant: Value,
    }
    let answer = json!({
        "acr": "urn:mfa", "auth_time": NOW - 60, "username": "Alice", "tenant": { "id": 1.5 },
    });
    let login: Login = said(active_with(answer)).await.unwrap().claims().unwrap();
    assert_eq!((login.acr.as_str(), login.auth_time), ("urn:mfa", NOW - 60));
    assert_eq!((login.username.as_str(), login.active), ("Alice", true));
    assert_eq!(login.tenant, json!({ "id": 1.5 }));
}

#[tokio::test]
async fn r131_what_is_not_active_is_refused_whatever_else_is_said() {
    for answer in [inactive(), active_with(json!({ "active": false }))] {
        assert_eq!(said(answer).await.unwrap_err(), AuthErrorKind::Inactive);
    }
}

#[tokio::test]
async fn r131_an_answer_that_does_not_say_whether_it_is_active_says_nothing_of_the_token() {
    let broken = [
        json!({}),
        active_without("active"),
        active_with(json!({ "active": null })),
        active_with(json!({ "active": "true" })),
        active_with(json!({ "active": 1 })),
        active_with(json!({ "active": [true] })),
        active_with(json!({ "exp": "soon" })),
        active_with(json!({ "sub": 1 })),
        active_with(json!({ "aud": { "api": true } })),
    ];
    for answer in broken {
        assert_eq!(said(answer.clone()).await.unwrap_err(), AuthErrorKind::Unavailable, "{answer}");
    }
    let texts: [&[u8]; 9] = [
        b"",
        b"true",
        b"[]",
        b"[{\"active\":true}]",
        b"{\"active\":true",
        b"{\"active\":true} {}",
        b"\xEF\xBB\xBF{\"active\":true}",
        b"{\"active\":true,\"sub\":\"\xFF\"}",
        b"<html>",
    ];
    for text in texts {
        let server = Server::new(move |_| text_answer(text));
        let (verifier, _) =
            server.verifier(|builder| builder.insecure_missing_token_type().any_audience());
        let kind = verify(&verifier, "opaque").await.unwrap_err();
        assert_eq!(kind, AuthErrorKind::Unavailable, "{text:?}");
    }
}

#[tokio::test]
async fn r131_a_member_that_comes_twice_at_any_depth_is_no_answer() {
    for twice in [
        r#""active": false"#,
        r#""\u0061ctive": false"#,
        r#""sub": "bob""#,
        r#""x": { "y": 1, "y": 2 }"#,
        r#""x": [{ "y": 1, "\u0079": 2 }]"#,
    ] {
        let text = active().to_string().replacen('}', &format!(",{twice}}}"), 1);
        let server = Server::new(move |_| text_answer(text.clone()));
        let (verifier, _) = server.verifier(|builder| builder);
        let kind = verify(&verifier, "opaque").await.unwrap_err();
        assert_eq!(kind, AuthErrorKind::Unavailable, "{twice}");
    }
}

#[tokio::test]
async fn r131_a_content_type_other_than_json_is_no_answer() {
    let types =
        ["", "text/html", "text/plain", "application/token-introspection+jwt", "application/jsonp"];
    for content_type in types {
        let server = Server::new(move |_| {
            let mut answer = json_answer(&active());
            match content_type {
                "" => drop(answer.headers_mut().remove("content-type")),
                some => drop(answer.headers_mut().insert("content-type", some.parse().unwrap())),
            }
            answer
        });
        let (verifier, _) = server.verifier(|builder| builder);
        let kind = verify(&verifier, "opaque").await.unwrap_err();
        assert_eq!(kind, AuthErrorKind::Unavailable, "{content_type}");
    }
    let server = Server::new(|_| {
        let mut answer = json_answer(&active());
        answer.headers_mut().insert("content-type", "Application/JSON".parse().unwrap());
        answer
    });
    assert!(verify(&server.verifier(|builder| builder).0, "opaque").await.is_ok());
}

#[tokio::test]
async fn r132_the_claims_are_judged_by_the_rules_of_this_service() {
    let refused = [
        (active_with(json!({ "aud": "other" })), AuthErrorKind::InvalidAudience),
        (active_without("aud"), AuthErrorKind::InvalidAudience),
        (active_with(json!({ "aud": [] })), AuthErrorKind::InvalidAudience),
        (active_with(json!({ "aud": null })), AuthErrorKind::InvalidAudience),
        (active_with(json!({ "aud": "API" })), AuthErrorKind::InvalidAudience),
        (active_with(json!({ "exp": NOW - 30 })), AuthErrorKind::Expired),
        (active_with(json!({ "exp": 0 })), AuthErrorKind::Expired),
        (active_with(json!({ "nbf": NOW + 31 })), AuthErrorKind::NotYetValid),
        (active_with(json!({ "iat": NOW + 31 })), AuthErrorKind::IssuedInFuture),
        (active_with(json!({ "cnf": { "jkt": "x" } })), AuthErrorKind::KeyBound),
    ];
    for (answer, kind) in refused {
        assert_eq!(said(answer.clone()).await.unwrap_err(), kind, "{answer}");
    }
    let accepted = [
        active_without("exp"),
        active_without("iat"),
        active_without("sub"),
        active_with(json!({ "exp": null, "nbf": null, "sub": null, "username": null })),
        active_with(json!({ "exp": NOW as f64 + 0.5 })),
        active_with(json!({ "exp": NOW - 29, "nbf": NOW + 30 })),
    ];
    for answer in accepted {
        assert!(said(answer.clone()).await.is_ok(), "{answer}");
    }
}

#[tokio::test]
async fn r132_the_issuer_and_the_age_count_where_they_are_asked_for() {
    let server = Server::new(|token| {
        json_answer(&match token {
            "theirs" => active_with(json!({ "iss": "https://other.test" })),
            "silent" => active(),
            "old" => active_with(json!({ "iss": "https://id.test", "iat": NOW - 91 })),
            _ => active_with(json!({ "iss": "https://id.test" })),
        })
    });
    let age = std::time::Duration::from_secs(60);
    let (verifier, _) =
        server.verifier(|builder| builder.issuer("https://id.test").max_token_age(age));
    assert!(verify(&verifier, "ours").await.is_ok());
    assert_eq!(verify(&verifier, "theirs").await.unwrap_err(), AuthErrorKind::InvalidIssuer);
    assert_eq!(verify(&verifier, "silent").await.unwrap_err(), AuthErrorKind::InvalidIssuer);
    assert_eq!(verify(&verifier, "old").await.unwrap_err(), AuthErrorKind::Expired);
}

#[tokio::test]
async fn r132_any_audience_roles_and_scopes_are_as_they_were_configured() {
    let answer = json!({
        "active": true, "token_type": "bearer", "scope": "items:*",
        "realm_access": { "roles": ["admin"] }, "resource_access": { "x": { "roles": ["root"] } },
    });
    let (verifier, _) = Server::says(answer).verifier(|builder| {
        builder.any_audience().roles_claim(["realm_access", "roles"]).hierarchical_scopes()
    });
    let token = verify(&verifier, "opaque").await.unwrap();
    assert!(token.has_scope("items:read"));
    assert!(token.roles().eq(["admin"]));
    assert_eq!(token.subject(), None);
}

#[tokio::test]
async fn r121_a_refresh_token_that_is_active_is_no_access_token() {
    let kinds = [
        // Okta, Spring and our own server: no type.
        active_without("token_type"),
        active_with(json!({ "token_type": null })),
        active_with(json!({ "token_type": null, "typ": "JWT" })),
        active_with(json!({ "token_type": "Bearer", "typ": 1 })),
        active_with(json!({ "token_type": "refresh_token" })),
        // Ory.
        active_with(json!({ "token_use": "refresh_token" })),
        // Keycloak.
        active_with(json!({ "typ": "Refresh" })),
        active_with(json!({ "typ": "Offline", "token_type": "Offline" })),
        active_with(json!({ "typ": "ID" })),
        active_with(json!({ "token_type": ["Bearer"] })),
        active_with(json!({ "token_type": "DPoP" })),
        active_with(json!({ "token_type": "N_A" })),
    ];
    for answer in kinds {
        let kind = said(answer.clone()).await.unwrap_err();
        assert_eq!(kind, AuthErrorKind::WrongTokenType, "{answer}");
    }
    let bound = json!({ "token_type": "DPoP", "cnf": { "jkt": "x" } });
    assert_eq!(said(active_with(bound)).await.unwrap_err(), AuthErrorKind::KeyBound);
    let access = [
        json!({ "token_type": "bearer" }),
        json!({ "token_use": "access_token" }),
        json!({ "typ": "JWT" }),
        // Some versions of Keycloak tell nothing else.
        json!({ "token_type": null, "typ": "Bearer" }),
        json!({ "token_type": null, "token_use": "access_token" }),
    ];
    for answer in access {
        assert!(said(active_with(answer.clone())).await.is_ok(), "{answer}");
    }
}

#[tokio::test]
async fn r121_a_server_that_tells_no_type_can_be_believed_by_name() {
    let untyped = Server::new(|token| {
        let mut answer = active_without("token_type");
        if token != "access" {
            answer["typ"] = token.into();
        }
        json_answer(&answer)
    });
    let (verifier, _) = untyped.verifier(|builder| builder.insecure_missing_token_type());
    assert!(verify(&verifier, "access").await.is_ok());
    assert_eq!(verify(&verifier, "Refresh").await.unwrap_err(), AuthErrorKind::WrongTokenType);
    let typed = Server::says(active_with(json!({ "token_type": "DPoP" })));
    let (verifier, _) = typed.verifier(|builder| builder.insecure_missing_token_type());
    assert_eq!(verify(&verifier, "x").await.unwrap_err(), AuthErrorKind::WrongTokenType);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn r131_nothing_but_active_true_makes_a_token(
        text in prop_oneof![
            any::<Vec<u8>>(),
            "[{}\\[\\]\":,a-z0-9 ]{0,40}".prop_map(String::into_bytes),
            any_answer().prop_map(|answer| answer.to_string().into_bytes()),
        ],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = text.clone();
        let server = Server::new(move |_| text_answer(answer.clone()));
        let (verifier, _) =
            server.verifier(|builder| builder.any_audience().insecure_missing_token_type());
        let found = runtime.block_on(verify(&verifier, "opaque"));
        let read: Option<Value> = serde_json::from_slice(&text).ok();
        let active = read.as_ref().and_then(|answer| answer.get("active"));
        match active {
            Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => prop_assert!(found.is_err()),
            _ => prop_assert_eq!(found.unwrap_err(), AuthErrorKind::Unavailable),
        }
    }
}

/// An object with members that mean something, and values of any kind.
fn any_answer() -> impl Strategy<Value = Value> {
    let names = ["active", "token_type", "aud", "exp", "nbf", "sub", "scope", "cnf", "typ", "x"];
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!([])),
        Just(json!(["api", 1])),
        Just(json!({ "x": null })),
    ];
    proptest::collection::btree_map(proptest::sample::select(names.to_vec()), value, 0..10)
        .prop_map(|members| json!(members))
}
