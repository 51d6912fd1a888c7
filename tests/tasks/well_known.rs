//! What the service publishes of itself, where it knows its URL (requirements 134-136, 138).

use std::sync::Arc;

use serde_json::{Value, json};

use crate::service::{NONE, PASSWORD, Service, directory, refusal, run};

const HOSTILE: &str = "X-Forwarded-Host: evil.example";

fn published(service: &Service, path: &str) -> Value {
    let answer = service.send(&format!("GET /.well-known/{path}"), &[HOSTILE], "");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("public, max-age=3600"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    answer.json()
}

#[test]
fn r134_r136_a_refusal_leads_to_the_metadata_and_the_keys() {
    let dir = Arc::new(directory());
    assert_eq!(run(dir.path(), &["key", "new", "keys.json", "--algorithm", "ES256"]).0, Some(0));
    let variables = [("PUBLIC_URL", "https://tasks.example/app/"), ("JWT_KEYS_FILE", "keys.json")];
    let service = Service::start_in(Arc::clone(&dir), &variables);

    let refused = service.send("GET /tasks", &[HOSTILE], "");
    let challenge = refused.header("www-authenticate").unwrap();
    let url = "https://tasks.example/.well-known/oauth-protected-resource/app";
    assert!(challenge.contains(&format!("resource_metadata=\"{url}\"")), "{challenge}");

    let scopes = json!(["me", "items:read", "items:write", "data:read"]);
    assert_eq!(
        published(&service, "oauth-protected-resource/app"),
        json!({
            "resource": "https://tasks.example/app",
            "authorization_servers": ["https://tasks.example/app"],
            "scopes_supported": scopes,
            "bearer_methods_supported": ["header"],
        })
    );
    assert_eq!(
        published(&service, "oauth-authorization-server/app"),
        json!({
            "issuer": "https://tasks.example/app",
            "jwks_uri": "https://tasks.example/.well-known/jwks.json",
            "token_endpoint": "https://tasks.example/app/auth/token",
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint": "https://tasks.example/app/auth/revoke",
            "revocation_endpoint_auth_methods_supported": ["none"],
            "grant_types_supported": ["password", "refresh_token"],
            "response_types_supported": [],
            "scopes_supported": scopes,
        })
    );
    let keys = published(&service, "jwks.json");
    let (code, public, _) = run(dir.path(), &["key", "public", "keys.json"]);
    assert_eq!(code, Some(0));
    assert_eq!(keys, serde_json::from_str::<Value>(&public).unwrap());
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2, "the next one, too");

    service.user("alice");
    let token = service.log_in("alice", PASSWORD).text("access_token");
    let header = crate::keys::header_of(&token);
    assert_eq!(header["kid"], keys["keys"][0]["kid"]);
}

#[test]
fn nothing_is_published_by_a_service_that_does_not_know_its_url() {
    let service = Service::start(NONE);
    for path in ["oauth-protected-resource", "oauth-authorization-server", "jwks.json"] {
        assert_eq!(service.send(&format!("GET /.well-known/{path}"), &[], "").status, 404);
    }
    let refused = service.send("GET /tasks", &[], "");
    assert!(!refused.header("www-authenticate").unwrap().contains("resource_metadata"));
}

#[test]
fn r138_secrets_are_not_published() {
    let service = Service::start(&[("PUBLIC_URL", "https://tasks.example")]);
    let server = published(&service, "oauth-authorization-server");
    assert_eq!(server.get("jwks_uri"), None);
    assert_eq!(service.send("GET /.well-known/jwks.json", &[], "").status, 404);
}

#[test]
fn r134_an_issuer_that_clients_would_refuse_stops_the_start() {
    let variables = [("PUBLIC_URL", "https://tasks.example"), ("JWT_ISSUER", "tasks")];
    let faults = refusal(directory().path(), &variables);
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert!(fault.ends_with("not valid: it begins with https://"), "{fault}");
}
