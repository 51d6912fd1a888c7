//! Logging out, revoking and introspecting: what ends a token ends it at once.

use std::sync::Arc;

use serde_json::json;

use crate::service::{PASSWORD, Service, directory};

const CLIENT_SECRET: &str = "gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA";

fn with_clients() -> Service {
    let dir = Arc::new(directory());
    let clients = json!({ "clients": [
        { "id": "gateway", "secret": CLIENT_SECRET, "may_introspect": true },
        { "id": "page", "scopes": ["me"] },
    ]});
    std::fs::write(dir.path().join("clients.json"), clients.to_string()).unwrap();
    Service::start_in(dir, &[("CLIENTS_FILE", "clients.json")])
}

#[test]
fn r126_r128_logging_out_and_revoking_end_the_access_token_at_once() {
    let service = Service::start(&[]);
    service.user("alice");
    for target in ["POST /auth/logout", "DELETE /auth/sessions?all=true"] {
        let token = service.log_in("alice", PASSWORD).text("access_token");
        assert_eq!(service.ask("GET /tasks", &token, "").status, 200);
        assert_eq!(service.ask(target, &token, "").status, 204, "{target}");
        let refused = service.ask("GET /tasks", &token, "");
        assert_eq!((refused.status, refused.text("error").as_str()), (401, "invalid_token"));
        assert_eq!(service.ask("GET /auth/me", &token, "").status, 401, "{target}");
        assert_eq!(service.ask("GET /users/me", &token, "").status, 401, "{target}");
    }
    for member in ["access_token", "refresh_token"] {
        let tokens = service.log_in("alice", PASSWORD);
        let body = format!("token={}", tokens.text(member));
        assert_eq!(service.post_form("/auth/revoke", &[], &body).status, 200);
        assert_eq!(service.ask("GET /tasks", &tokens.text("access_token"), "").status, 401);
        let session_goes_on = member == "access_token";
        let refreshed = service.refresh(&tokens.text("refresh_token"));
        assert_eq!(refreshed.status == 200, session_goes_on, "{member}: {refreshed:?}");
    }
}

#[test]
fn r130_r131_r132_a_client_with_a_secret_may_ask_about_tokens() {
    let service = with_clients();
    let token = service.user("alice");
    let body = format!("token={token}");
    let secret = format!("&client_id=gateway&client_secret={CLIENT_SECRET}");
    let basic = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("gateway:{CLIENT_SECRET}"),
    );
    let basic = format!("Authorization: Basic {basic}");
    for answer in [
        service.post_form("/auth/introspect", &[&basic], &body),
        service.post_form("/auth/introspect", &[], &format!("{body}{secret}")),
    ] {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["active"], true);
        assert_eq!(answer.json()["username"], "alice");
        assert_eq!(answer.json()["scope"], "me items:read data:read");
    }
    for headers in [vec![], vec!["Authorization: Basic Z2F0ZXdheTp3cm9uZw=="]] {
        assert_eq!(service.post_form("/auth/introspect", &headers, &body).status, 401);
    }
    let page = service.post_form("/auth/introspect", &[], &format!("{body}&client_id=page"));
    assert!([401, 403].contains(&page.status), "{page:?}");

    assert_eq!(service.ask("POST /auth/logout", &token, "").status, 204);
    let over = service.post_form("/auth/introspect", &[&basic], &body);
    assert_eq!((over.status, over.json()), (200, json!({ "active": false })));
    assert!(!service.end_of_log().contains(CLIENT_SECRET));
}

#[test]
fn r103_a_client_gets_no_scope_beyond_its_own() {
    let service = with_clients();
    service.user("alice");
    let body = "grant_type=password&username=alice&password=correct+horse+battery&client_id=page";
    let tokens = service.post_form("/auth/token", &[], body);
    assert_eq!(tokens.text("scope"), "me");
    assert_eq!(service.ask("GET /items", &tokens.text("access_token"), "").status, 403);
}

#[test]
fn without_clients_nobody_may_introspect() {
    let service = Service::start(&[]);
    assert_eq!(service.post_form("/auth/introspect", &[], "token=x").status, 404);
}
