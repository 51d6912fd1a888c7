//! API keys: made by a user, for a program, and good for `/public-api/data` alone.

use serde_json::json;

use crate::service::{JSON, Service};

#[test]
fn r191_r193_r194_a_key_reads_the_data_of_its_owner_and_nothing_else() {
    let service = Service::start(&[]);
    let alice = service.user("alice");
    service.ask("POST /tasks", &alice, r#"{"title":"one","done":true}"#);
    service.ask("POST /tasks", &alice, r#"{"title":"two"}"#);
    let me = service.ask("GET /auth/me", &alice, "").json();

    let body = r#"{"name":"backup","scopes":["data:read"],"expires_in":3600}"#;
    let made = service.ask("POST /auth/api-keys", &alice, body);
    assert_eq!(made.status, 201);
    let (id, key) = (made.text("id"), made.text("key"));
    for header in [format!("X-API-Key: {key}"), format!("Authorization: ApiKey {key}")] {
        let data = service.send("GET /public-api/data", &[&header], "");
        assert_eq!(data.status, 200, "{data:?}");
        assert_eq!(data.json(), json!({ "owner": me["id"], "tasks": 2, "done": 1 }));
        for target in ["GET /tasks", "GET /auth/me", "GET /auth/api-keys", "DELETE /auth/sessions"]
        {
            assert_eq!(service.send(target, &[&header], "").status, 401, "{target}");
        }
    }
    let listed = service.ask("GET /auth/api-keys", &alice, "");
    assert_eq!(listed.json()[0]["id"], json!(id));
    assert!(listed.json()[0].get("key").is_none(), "{listed:?}");

    let bob = service.user("bob");
    let path = format!("DELETE /auth/api-keys/{id}");
    assert_eq!(service.ask(&path, &bob, "").status, 404);
    assert_eq!(service.ask(&path, &alice, "").status, 204);
    let header = format!("X-API-Key: {key}");
    assert_eq!(service.send("GET /public-api/data", &[&header], "").status, 401);
}

#[test]
fn r190_r194_r195_what_is_no_key_with_the_scope_is_refused_in_its_own_words() {
    let service = Service::start(&[]);
    let alice = service.user("alice");
    let make = |scope: &str| {
        let body = format!(r#"{{"name":"x","scopes":["{scope}"]}}"#);
        service.ask("POST /auth/api-keys", &alice, &body)
    };
    let get = |headers: &[&str]| service.send("GET /public-api/data", headers, "");
    let bearer = format!("Authorization: Bearer {alice}");

    for headers in [vec![], vec![bearer.as_str()], vec!["X-API-Key: nonsense"]] {
        let refused = get(&headers);
        assert_eq!(refused.status, 401, "{headers:?}");
        let challenge = refused.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("ApiKey "), "{challenge}");
    }
    let narrow = format!("X-API-Key: {}", make("items:read").text("key"));
    let refused = get(&[&narrow]);
    assert_eq!((refused.status, refused.text("error").as_str()), (403, "insufficient_scope"));
    assert!(refused.header("www-authenticate").unwrap().contains(r#"scope="data:read""#));

    let key = format!("X-API-Key: {}", make("data:read").text("key"));
    for key in [key.as_str(), "X-API-Key: nonsense"] {
        let both = get(&[key, &bearer]);
        assert_eq!((both.status, both.text("error").as_str()), (400, "invalid_request"));
        assert_eq!(both.header("www-authenticate"), Some(r#"ApiKey realm="api""#));
    }
    assert_eq!(get(&[&key]).status, 200);

    // Nobody makes a key that can do more than they can.
    assert_eq!(make("items:write").text("error"), "invalid_scope");
    assert_eq!(service.send("POST /auth/api-keys", &[JSON], "{}").status, 401);
}
