//! Accounts: changed by their users, and by administrators; passwords.

use serde_json::{Value, json};

use crate::service::{JSON, PASSWORD, Service, until};

const ADMIN: [(&str, &str); 2] =
    [("ADMIN_USERNAME", "root"), ("ADMIN_PASSWORD", "a long password")];

#[test]
fn a_user_has_a_profile_of_this_service_and_changes_it() {
    let service = Service::start(&[]);
    let body = json!({
        "username": "alice", "password": PASSWORD, "roles": ["admin"], "scopes": ["items:write"],
        "profile": { "display_name": "Alice", "locale": "de-CH", "is_admin": true },
    });
    let registered = service.send("POST /auth/register", &[JSON], body.to_string());
    assert_eq!(registered.status, 201, "{registered:?}");
    let profile = json!({ "display_name": "Alice", "locale": "de-CH" });
    assert_eq!(registered.json()["profile"], profile);
    assert_eq!(registered.json()["roles"], json!([]));
    assert_eq!(registered.json()["scopes"], json!(["me", "items:read", "data:read"]));

    let token = service.log_in("alice", PASSWORD).text("access_token");
    let change = |method: &str, body: Value| {
        service.ask(&format!("{method} /auth/me"), &token, &body.to_string())
    };
    let body = json!({ "name": "Alice A.", "roles": ["admin"], "is_active": false, "id": "x" });
    let changed = change("PATCH", body);
    assert_eq!((changed.status, &changed.json()["name"]), (200, &json!("Alice A.")), "{changed:?}");
    assert_eq!((&changed.json()["profile"], &changed.json()["roles"]), (&profile, &json!([])));
    let changed = change("PUT", json!({ "profile": { "locale": "en" } }));
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.json()["profile"], json!({ "display_name": "Alice", "locale": "en" }));
    assert_eq!(changed.json()["name"], "Alice A.");
    assert_eq!(service.ask("GET /users/me", &token, "").json(), changed.json());
    for profile in [json!("x"), json!({ "display_name": "" }), json!({ "locale": "de_CH" })] {
        let refused = change("PATCH", json!({ "profile": profile }));
        assert_eq!((refused.status, &refused.json()["field"]), (422, &json!("profile")));
    }
}

#[test]
fn a_new_address_is_unverified_and_signs_nobody_in() {
    let service = Service::start(&[]);
    let body =
        format!(r#"{{"username":"alice","password":"{PASSWORD}","email":"alice@example.org"}}"#);
    assert_eq!(service.send("POST /auth/register", &[JSON], body).status, 201);
    let log_in = |email: &str| service.log_in(email, PASSWORD);
    let token = log_in("alice@example.org").text("access_token");
    let changed = service.ask("PATCH /auth/me", &token, r#"{"email":"new@example.org"}"#);
    assert_eq!(changed.status, 200, "{changed:?}");
    let shown = (&changed.json()["email"], &changed.json()["email_verified"]);
    assert_eq!(shown, (&json!("new@example.org"), &json!(false)));
    assert_eq!(log_in("new@example.org").status, 400);
    assert_eq!(log_in("alice@example.org").status, 200);
}

#[test]
fn a_new_password_ends_the_other_sessions() {
    let service = Service::start(&[]);
    service.user("alice");
    let (this, other) = (service.log_in("alice", PASSWORD), service.log_in("alice", PASSWORD));
    let token = this.text("access_token");
    let change = |current: &str, new: &str| {
        let body = json!({ "current_password": current, "new_password": new });
        service.ask("POST /auth/password", &token, &body.to_string())
    };
    assert_eq!(change("wrong", "another long one").status, 400);
    assert_eq!(change(PASSWORD, "short").json()["field"], "new_password");
    assert_eq!(change(PASSWORD, "another long one").status, 204);
    assert_eq!(service.ask("GET /tasks", &token, "").status, 200);
    assert_eq!(service.refresh(&this.text("refresh_token")).status, 200);
    assert_eq!(service.ask("GET /tasks", &other.text("access_token"), "").status, 401);
    assert_eq!(service.refresh(&other.text("refresh_token")).status, 400);
    assert_eq!(service.log_in("alice", PASSWORD).status, 400);
    assert_eq!(service.log_in("alice", "another long one").status, 200);
}

#[test]
fn r183_administrators_list_change_and_delete_users() {
    let service = Service::start(&ADMIN);
    let root = service.log_in("root", "a long password").text("access_token");
    let alice = service.user("alice");
    let bob = service.user("bob");
    for target in ["GET /auth/users", "GET /auth/users/x", "DELETE /auth/users/x"] {
        assert_eq!(service.send(target, &[], "").status, 401, "{target}");
        assert_eq!(service.ask(target, &alice, "").status, 403, "{target}");
    }
    let page = service.ask("GET /auth/users?limit=2", &root, "").json();
    assert_eq!(page["users"].as_array().unwrap().len(), 2);
    let next = page["next"].as_str().unwrap();
    let rest = service.ask(&format!("GET /auth/users?limit=2&after={next}"), &root, "").json();
    assert_eq!((rest["users"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    let id = |token: &str| service.ask("GET /auth/me", token, "").text("id");
    let (alice_id, bob_id) = (id(&alice), id(&bob));
    let patch = |id: &str, body: &str| service.ask(&format!("PATCH /auth/users/{id}"), &root, body);

    let changed = patch(&alice_id, r#"{"roles":["teacher"],"scopes":["me"],"username":"x"}"#);
    assert_eq!((changed.status, &changed.json()["username"]), (200, &json!("alice")));
    // A token that says what is not so any more is refused.
    assert_eq!(service.ask("GET /items", &alice, "").status, 401);
    // What is issued in the second in which something was lost counts as older.
    let teacher = until(|| {
        let token = service.log_in("alice", PASSWORD).text("access_token");
        (service.ask("GET /tasks", &token, "").status == 200).then_some(token)
    });
    assert_eq!(service.ask("GET /reports", &teacher, "").status, 200);
    assert_eq!(service.ask("GET /items", &teacher, "").status, 403);

    assert_eq!(patch(&bob_id, r#"{"is_active":false}"#).status, 200);
    assert_eq!(service.ask("GET /tasks", &bob, "").status, 401);
    assert_eq!(service.log_in("bob", PASSWORD).status, 400);
    assert_eq!(patch(&bob_id, r#"{"is_active":true}"#).status, 200);
    assert_eq!(service.log_in("bob", PASSWORD).status, 200);

    let delete = |id: &str| service.ask(&format!("DELETE /auth/users/{id}"), &root, "").status;
    assert_eq!((delete(&bob_id), delete(&bob_id)), (204, 404));
    assert_eq!(service.log_in("bob", PASSWORD).status, 400);
    assert_eq!(service.register("bob").status, 201);
    assert_eq!(delete(&id(&root)), 409, "nobody locks themselves out");
}
