//! A registry of clients from JSON.

use serde_json::json;
use tower_bearer::{Clients, ConfigError};

use super::clients::{SECRET, basic};
use super::support::{PASSWORD, apps_with};

const LOGIN: [(&str, &str); 3] =
    [("grant_type", "password"), ("username", "admin"), ("password", PASSWORD)];

/// The SHA-256 of [`SECRET`], by `sha256sum`.
const HASH: &str = "b0220dec169f39795c45e5768ad4f265084296e11eb1a505fbebff76c9477d82";

const PREVIOUS_HASH: &str = "b56367c71d83cc26cbf9fbc8ffaf75251ab707d52fd0d6fad61933c225baed48";

#[tokio::test]
async fn a_hash_does_for_the_secret_and_is_none_itself() {
    let clients = || {
        let json = json!({ "clients": [{ "id": "worker", "secret_sha256": HASH }] });
        Clients::from_json(&json.to_string()).unwrap()
    };
    for app in apps_with!(|router| router.clients(clients())).await {
        let answer = app.form_as("/token", &[&basic("worker", SECRET)], &LOGIN).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        app.form_as("/token", &[&basic("worker", HASH)], &LOGIN).await.assert_invalid_client();
    }
}

#[tokio::test]
async fn r101_a_secret_is_changed_while_the_previous_one_is_good_too() {
    const PREVIOUS: &str = "u7S0pU2Vn1xQdEHdQ3lXcmFqj2bTt9YkKfIW5oLAZrM";
    for previous in [
        json!({ "id": "worker", "secret_sha256": HASH, "previous_secret": PREVIOUS }),
        // `sha256sum` of the previous one.
        json!({ "client_id": "worker", "client_secret": SECRET,
            "previous_secret_sha256": PREVIOUS_HASH }),
    ] {
        let clients = || {
            let json = json!({ "clients": [previous] });
            Clients::from_json(&json.to_string()).unwrap()
        };
        for app in apps_with!(|router| router.clients(clients())).await {
            for secret in [SECRET, PREVIOUS] {
                let answer = app.form_as("/token", &[&basic("worker", secret)], &LOGIN).await;
                assert_eq!(answer.status, 200, "{answer:?}");
            }
            for wrong in [HASH, PREVIOUS_HASH, "", &SECRET[1..]] {
                let answer = app.form_as("/token", &[&basic("worker", wrong)], &LOGIN).await;
                answer.assert_invalid_client();
            }
        }
    }
}

#[test]
fn a_registry_is_read_from_json() {
    let hash = HASH;
    let good = json!({ "registered_only": true, "clients": [
        { "id": "page", "scopes": ["a", "b:c"] },
        { "id": "one", "secret": SECRET, "may_introspect": true },
        { "id": "two", "secret_sha256": hash },
        { "id": "three", "secret_sha256": hash.to_uppercase() },
    ]});
    let clients = Clients::from_json(&good.to_string()).unwrap();
    let shown = format!("{clients:?}");
    assert!(shown.contains("page") && shown.contains("registered_only: true"), "{shown}");
    assert!(!shown.contains(SECRET) && !shown.contains(hash), "{shown}");
    Clients::from_json(" \n{}").unwrap();

    let short = &SECRET[..31];
    for (client, expected) in [
        (json!({ "id": "x", "secret": short }), "at least 32 characters"),
        (json!({ "id": "x", "secret": "ab".repeat(40) }), "is random"),
        (json!({ "id": "x", "secret": format!("{SECRET}\u{e9}") }), "printable ASCII"),
        (json!({ "id": "x", "secret": SECRET, "secret_sha256": hash }), "leave one out"),
        (json!({ "id": "x", "secret_sha256": &hash[1..] }), "64 hexadecimal digits"),
        (json!({ "id": "x", "secret_sha256": hash.replace('3', "g") }), "64 hexadecimal digits"),
        (json!({ "id": "x", "previous_secret": SECRET }), "only a client with a secret"),
        (json!({ "id": "x", "secret": SECRET, "previous_secret": short }), "at least 32"),
        (
            json!({ "id": "x", "secret": SECRET, "previous_secret": SECRET,
                "previous_secret_sha256": hash }),
            "two previous secrets",
        ),
        (json!({ "id": "" }), "1 to 256 characters"),
        (json!({ "id": "\u{e9}" }), "1 to 256 characters"),
        (json!({ "id": "x", "may_introspect": true }), "only a client with a secret"),
        (json!({ "id": "x", "scopes": ["a b"] }), "a scope is"),
        (json!({ "id": "page" }), "another with this ID"),
        (json!({ "id": "x", "secrets": SECRET }), "at line 1"),
        (json!({ "id": "x", "scopes": SECRET }), "at line 1"),
        (json!({ "secret": SECRET }), "at line 1"),
    ] {
        let text = json!({ "clients": [{ "id": "page" }, client] }).to_string();
        let error = Clients::from_json(&text).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        for secret in [SECRET, short, hash] {
            assert!(!format!("{error} {error:?}").contains(secret), "{error}");
        }
    }
    for text in ["", "[]", "{\"clients\": {}}", "{\"client\": []}", "null"] {
        let error = Clients::from_json(text).unwrap_err();
        assert!(matches!(error, ConfigError::InvalidClients { .. }), "{text}: {error}");
    }
}
