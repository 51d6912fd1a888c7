//! The schemas of what is read, which are written by hand, against what is read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use http::Method;
use serde_json::{Value, json};
use tower_bearer::{Issuer, LoginRouter, MemoryStore};

use crate::support::{App, Outbox, PASSWORD, add_admin, modes, plain, whole};

const FORM: &str = "application/x-www-form-urlencoded";

/// Names of parameters in the handlers: what follows one of these, in quotes.
const READERS: [&str; 8] = [
    ".text(\"",
    ".texts(\"",
    ".flag(\"",
    ".seconds(\"",
    ".value(\"",
    "required(&params, \"",
    "optional(&params, \"",
    "optional(params, \"",
];

/// What is read is documented, and what is documented is read.
#[test]
fn the_schemas_have_the_members_that_the_handlers_read() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/login");
    let mut read = BTreeSet::new();
    collect(&src, &mut read);
    // `texts(&params, "roles", ..)` of the administration.
    let mut documented = BTreeSet::new();
    for login in modes() {
        let app = App::new(login);
        for (method, path) in app.document.operations() {
            let (_, operation) = app.document.operation(&method, &path).unwrap();
            for content in operation["requestBody"]["content"].as_object().into_iter().flatten() {
                members(&content.1["schema"], &mut documented);
            }
        }
    }
    // By RFC 7009, section 2.1, a client may send it, and a server need not look.
    assert!(documented.remove("token_type_hint"));
    assert_eq!(documented, read);
}

fn collect(directory: &Path, read: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, read);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            let text: String = text.lines().filter(|line| !line.trim().starts_with("//")).collect();
            for reader in READERS.iter().chain(&["texts(&params, \""]) {
                for after in text.split(reader).skip(1) {
                    read.insert(after.split('"').next().unwrap().to_owned());
                }
            }
        }
    }
}

fn members(schema: &Value, names: &mut BTreeSet<String>) {
    names.extend(schema["properties"].as_object().into_iter().flat_map(|all| all.keys().cloned()));
    for way in schema["oneOf"].as_array().into_iter().flatten() {
        members(way, names);
    }
}

/// A body that keeps its schema is not malformed; without a member that is required it is, and so it
/// is with one of another type.
#[tokio::test]
async fn what_the_schemas_ask_for_is_asked_for() {
    let store = MemoryStore::new();
    add_admin(&store).await;
    let app = App::new(whole(LoginRouter::new(store, Issuer::for_tests()), &Outbox::default()));
    let tokens = app.tokens("alice").await;
    let admin = app.log_in("admin").await["access_token"].as_str().unwrap().to_owned();
    let alice = tokens["access_token"].as_str().unwrap().to_owned();
    let (_, user) = app.json(Method::GET, "/me", &alice, &json!({})).await;
    let user = format!("/users/{}", user["id"].as_str().unwrap());
    let refresh = tokens["refresh_token"].clone();
    let cases = [
        (
            "POST",
            "/register",
            "",
            json!({ "username": "bob", "password": PASSWORD, "email": "bob@example.com", "name": "Bob", "profile": {} }),
        ),
        (
            "POST",
            "/login",
            "",
            json!({ "username": "alice", "password": PASSWORD, "scope": "me", "client_id": "page" }),
        ),
        ("POST", "/login", "", json!({ "email": "alice@example.com", "password": PASSWORD })),
        (
            "PATCH",
            "/me",
            &alice,
            json!({ "name": "Alice", "email": "a@example.com", "profile": { "display_name": "A" } }),
        ),
        ("POST", "/api-keys", &alice, json!({ "name": "x", "scopes": ["me"], "expires_in": 60.0 })),
        ("PATCH", &user, &admin, json!({ "is_active": true, "roles": ["a"], "scopes": ["me"] })),
        ("POST", "/forgot-password", "", json!({ "email": "x@example.com" })),
        ("POST", "/verify-email", "", json!({ "email": "x@example.com" })),
        ("POST", "/refresh", "", json!({ "refresh_token": refresh, "scope": "me" })),
        (
            "POST",
            "/password",
            &alice,
            json!({ "current_password": PASSWORD, "new_password": PASSWORD }),
        ),
    ];
    for (method, path, token, body) in cases {
        let method: Method = method.parse().unwrap();
        let (_, operation) = app.document.operation(&method, path).unwrap();
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let is_valid = |body: &Value| app.document.mismatch(schema, body).is_none();
        // What is spoilt comes first: what is good may be good once.
        for name in body.as_object().unwrap().keys() {
            let mut wrong = body.clone();
            wrong[name] = json!({ "no": ["such", "type"] });
            if name != "profile" {
                assert!(!is_valid(&wrong), "{path}: {wrong}");
                let (status, _) = app.json(method.clone(), path, token, &wrong).await;
                assert!([400, 422].contains(&status), "{path}: {status} for {wrong}");
            }
            let mut less = body.clone();
            less.as_object_mut().unwrap().remove(name);
            if !is_valid(&less) {
                let (status, _) = app.json(method.clone(), path, token, &less).await;
                assert!([400, 422].contains(&status), "{path}: {status} for {less}");
            }
        }
        assert!(is_valid(&body), "{path}: {body}");
        let (status, answer) = app.json(method, path, token, &body).await;
        assert!(status < 300, "{path}: {status} for {body}: {answer}");
    }
}

#[test]
fn forms_are_documented_as_forms() {
    let app = App::new(whole(plain(), &Outbox::default()));
    for path in ["/token", "/refresh", "/logout", "/revoke", "/introspect"] {
        let (_, operation) = app.document.operation(&Method::POST, path).unwrap();
        let contents = operation["requestBody"]["content"].as_object().unwrap();
        assert!(contents.contains_key(FORM), "{path}");
        let takes_json = ["/refresh", "/logout"].contains(&path);
        assert_eq!(contents.contains_key("application/json"), takes_json, "{path}");
    }
}
