//! Tasks belong to one user; items and reports to those with the scope or role.

use serde_json::json;

use crate::service::Service;

#[test]
fn a_task_is_made_read_replaced_and_deleted() {
    let service = Service::start(&[]);
    let alice = service.user("alice");

    let made = service.ask("POST /tasks", &alice, r#"{"title":"milk","colour":"red"}"#);
    assert_eq!(made.status, 201);
    let id = made.json()["id"].clone();
    assert_eq!(made.json(), json!({ "id": id, "title": "milk", "done": false }));
    let path = made.header("location").unwrap();
    assert_eq!(path, format!("/tasks/{id}"));

    assert_eq!(service.ask(&format!("GET {path}"), &alice, "").json(), made.json());
    let replaced = service.ask(&format!("PUT {path}"), &alice, r#"{"title":"bread","done":true}"#);
    assert_eq!(replaced.status, 200);
    assert_eq!(replaced.json(), json!({ "id": id, "title": "bread", "done": true }));
    // What is left out has its default: PUT replaces the whole.
    let replaced = service.ask(&format!("PUT {path}"), &alice, r#"{"title":"bread"}"#);
    assert_eq!(replaced.json()["done"], false);
    assert_eq!(service.ask("GET /tasks", &alice, "").json(), json!([replaced.json()]));

    let deleted = service.ask(&format!("DELETE {path}"), &alice, "");
    assert_eq!((deleted.status, deleted.body.as_str()), (204, ""));
    for method in ["GET", "PUT", "DELETE"] {
        let body = if method == "PUT" { r#"{"title":"x"}"# } else { "" };
        assert_eq!(service.ask(&format!("{method} {path}"), &alice, body).status, 404, "{method}");
    }
    let next = service.ask("POST /tasks", &alice, r#"{"title":"eggs"}"#);
    assert_ne!(next.json()["id"], id, "a number is never given twice");
}

#[test]
fn nobody_sees_or_changes_the_task_of_another() {
    let service = Service::start(&[]);
    let (alice, bob) = (service.user("alice"), service.user("bob"));
    let made = service.ask("POST /tasks", &alice, r#"{"title":"secret"}"#);
    let path = made.header("location").unwrap();

    let unknown = service.ask("GET /tasks/4711", &bob, "");
    assert_eq!((unknown.status, unknown.text("error").as_str()), (404, "not_found"));
    for method in ["GET", "PUT", "DELETE"] {
        let body = if method == "PUT" { r#"{"title":"mine","done":true}"# } else { "" };
        let answer = service.ask(&format!("{method} {path}"), &bob, body);
        assert_eq!(answer.status, 404, "{method}");
        assert_eq!(answer.body, unknown.body, "{method}: another's task is as good as none");
    }
    assert_eq!(service.ask("GET /tasks", &bob, "").json(), json!([]));
    assert_eq!(service.ask("GET /tasks", &alice, "").json(), json!([made.json()]));
}

#[test]
fn a_malformed_number_is_no_task() {
    let service = Service::start(&[]);
    let alice = service.user("alice");
    for id in ["abc", "-1", "1.0", "99999999999999999999", "%FF", "1'--", "%00"] {
        let answer = service.ask(&format!("GET /tasks/{id}"), &alice, "");
        assert_eq!((answer.status, answer.text("error").as_str()), (404, "not_found"), "{id}");
    }
}

#[test]
fn r021_r023_items_need_a_scope_and_name_it() {
    let service =
        Service::start(&[("ADMIN_USERNAME", "root"), ("ADMIN_PASSWORD", "a long password")]);
    let alice = service.user("alice");
    let admin = service.log_in("root", "a long password").text("access_token");

    let made = service.ask("POST /items", &admin, r#"{"name":"pen"}"#);
    assert_eq!((made.status, &made.json()["name"]), (201, &json!("pen")));
    assert_eq!(service.ask("POST /items", &alice, r#"{"name":"ink"}"#).status, 403);
    let items = service.ask("GET /items", &alice, "");
    assert_eq!((items.status, items.json()), (200, json!([made.json()])));

    for (target, scope) in [("GET /items", "items:read"), ("POST /items", "items:write")] {
        let answer = service.send(target, &[], "");
        assert_eq!(answer.status, 401);
        let challenge = format!(r#"Bearer realm="api", scope="{scope}""#);
        assert_eq!(answer.header("www-authenticate"), Some(challenge.as_str()), "{target}");
    }
}
