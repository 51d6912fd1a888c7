//! What the document of a router has in it, and what the router answers.

use std::collections::BTreeSet;

use http::Method;
use serde_json::json;
use tower_bearer::{Endpoint, Issuer, JwtAuthLayer, LoginRouter, MemoryStore, RejectionFormat};

use crate::document::Document;
use crate::support::{App, Outbox, PASSWORD, SECRET, add_admin, modes, plain, whole};

const METHODS: [Method; 5] =
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

#[tokio::test]
async fn the_document_has_the_operations_of_the_router_and_no_others() {
    for login in modes() {
        let app = App::new(login);
        let operations = app.document.operations();
        assert!(operations.len() >= 11, "{operations:?}");
        let paths: BTreeSet<&String> = operations.iter().map(|(_, path)| path).collect();
        for path in paths {
            for method in METHODS {
                let asked = app.send(method.clone(), &path.replace("{id}", "x"), &[], "").await;
                let is_offered = operations.contains(&(method.clone(), path.clone()));
                assert_eq!(asked.0 != 405, is_offered, "{method} {path}");
            }
        }
    }
}

/// So that none can be forgotten: by the names that the router has for its own paths.
#[test]
fn every_endpoint_that_is_offered_is_documented() {
    let login = whole(plain(), &Outbox::default());
    let names = format!("{login:?}");
    let documented = Document::new(&login.openapi());
    let paths: BTreeSet<String> =
        documented.operations().into_iter().map(|(_, path)| path).collect();
    let offered: BTreeSet<String> =
        names.split('"').filter(|text| text.starts_with('/')).map(str::to_owned).collect();
    assert_eq!(offered.len(), 19);
    assert_eq!(paths, offered);
}

#[test]
fn endpoints_stand_where_they_were_put_or_not_at_all() {
    let login = plain()
        .path(Endpoint::Register, "/sign-up")
        .path(Endpoint::Session, "/{tenant}/sessions/{id}")
        .without(Endpoint::Token)
        .without(Endpoint::Revoke);
    let document = Document::new(&login.openapi());
    let paths = document.json()["paths"].as_object().unwrap();
    assert!(paths.contains_key("/sign-up"));
    for absent in ["/register", "/token", "/revoke", "/introspect", "/users", "/api-keys"] {
        assert!(!paths.contains_key(absent), "{absent}");
    }
    let session = &paths["/{tenant}/sessions/{id}"]["delete"];
    assert_eq!(session["parameters"][0]["name"], "tenant");
    assert_eq!(session["parameters"][1]["name"], "id");
    assert_eq!(session["operationId"], "auth_delete_tenant_sessions_id");
    let alone =
        Document::new(&plain().only([Endpoint::Me]).path(Endpoint::Me, "/users/me").openapi());
    assert_eq!(alone.operations(), [(Method::GET, "/users/me".to_owned())]);
}

#[test]
fn names_are_unique_and_references_lead_somewhere() {
    for login in modes() {
        let document = Document::new(&login.openapi());
        let mut ids = BTreeSet::new();
        for (method, path) in document.operations() {
            let (_, operation) = document.operation(&method, &path).unwrap();
            assert!(ids.insert(operation["operationId"].to_string()), "{operation}");
        }
        let text = document.json().to_string();
        for reference in text.split("\"#").skip(1).map(|text| text.split('"').next().unwrap()) {
            assert!(document.json().pointer(reference).is_some(), "{reference}");
        }
        let schemes = document.json()["components"]["securitySchemes"].as_object().unwrap();
        for (method, path) in document.operations() {
            let (_, operation) = document.operation(&method, &path).unwrap();
            for way in operation["security"].as_array().into_iter().flatten() {
                assert!(way.as_object().unwrap().keys().all(|name| schemes.contains_key(name)));
            }
        }
    }
}

#[tokio::test]
async fn a_users_way_through_all_endpoints_is_as_documented() {
    let outbox = Outbox::default();
    let store = MemoryStore::new();
    add_admin(&store).await;
    let app = App::new(whole(LoginRouter::new(store, Issuer::for_tests()), &outbox));
    let tokens = app.tokens("alice").await;
    let verification = outbox.token().await;
    let (access, refresh) =
        (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    let (get, post, delete, patch) = (Method::GET, Method::POST, Method::DELETE, Method::PATCH);
    let none = json!({});

    let statuses = [
        app.json(get.clone(), "/me", access, &none).await.0,
        app.json(
            patch.clone(),
            "/me",
            access,
            &json!({ "name": "Alice", "profile": { "display_name": "A" } }),
        )
        .await
        .0,
        app.json(Method::PUT, "/me", access, &json!({ "profile": null })).await.0,
        app.json(get.clone(), "/sessions", access, &none).await.0,
        app.json(post.clone(), "/login", "", &json!({ "username": "alice", "password": PASSWORD }))
            .await
            .0,
        app.json(post.clone(), "/refresh", "", &json!({ "refresh_token": refresh })).await.0,
    ];
    assert_eq!(statuses, [200; 6]);
    let key = json!({ "name": "backup", "scopes": ["me"], "expires_in": 60 });
    let (made, key) = app.json(post.clone(), "/api-keys", access, &key).await;
    let key = format!("/api-keys/{}", key["id"].as_str().unwrap());
    let (listed, keys) = app.json(get.clone(), "/api-keys", access, &none).await;
    let revoked = app.json(delete.clone(), &key, access, &none).await.0;
    assert_eq!((made, listed, keys.as_array().unwrap().len(), revoked), (201, 200, 1, 204));

    let gateway = [("client_id", "gateway"), ("client_secret", SECRET)];
    for token in [access, "made-up"] {
        let fields = [&[("token", token)], &gateway[..]].concat();
        let (status, body) = app.form("/introspect", &fields).await;
        assert_eq!((status, body["active"].as_bool()), (200, Some(token == access)));
    }
    assert_eq!(app.form("/introspect", &[("token", access)]).await.0, 401);

    let change = json!({ "current_password": PASSWORD, "new_password": "another staple battery" });
    let statuses = [
        app.json(post.clone(), "/verify-email", "", &json!({ "token": verification })).await.0,
        app.json(post.clone(), "/verify-email", "", &json!({ "email": "alice@example.com" }))
            .await
            .0,
        app.json(post.clone(), "/password", access, &change).await.0,
    ];
    assert_eq!(statuses, [204, 202, 204]);
    let forgot = json!({ "email": "alice@example.com" });
    while outbox.is_waiting() {
        outbox.token().await;
    }
    assert_eq!(app.json(post.clone(), "/forgot-password", "", &forgot).await.0, 202);
    let reset = json!({ "token": outbox.token().await, "new_password": PASSWORD });
    assert_eq!(app.json(post.clone(), "/reset-password", "", &reset).await.0, 204);

    let admin = app.log_in("admin").await;
    let admin = admin["access_token"].as_str().unwrap();
    let (status, page) = app.json(get.clone(), "/users?limit=1", admin, &none).await;
    assert_eq!((status, page["next"].is_string()), (200, true));
    let (_, all) = app.json(get.clone(), "/users", admin, &none).await;
    let alice =
        all["users"].as_array().unwrap().iter().find(|it| it["username"] == "alice").unwrap();
    let alice = format!("/users/{}", alice["id"].as_str().unwrap());
    let statuses = [
        app.json(get.clone(), &alice, admin, &none).await.0,
        app.json(patch, &alice, admin, &json!({ "roles": ["teacher"] })).await.0,
        app.json(delete.clone(), &format!("{alice}/sessions"), admin, &none).await.0,
        app.json(delete.clone(), &alice, admin, &none).await.0,
        app.json(get, &alice, admin, &none).await.0,
        app.json(delete.clone(), "/sessions/x", admin, &none).await.0,
        app.json(delete, "/sessions?all=true", admin, &none).await.0,
        app.json(post, "/logout", admin, &none).await.0,
        app.form("/revoke", &[("token", admin)]).await.0,
    ];
    assert_eq!(statuses, [200, 200, 204, 204, 404, 404, 204, 204, 200]);
}

#[tokio::test]
async fn refusals_have_the_form_of_the_layer() {
    let formats = [
        (RejectionFormat::OAuth, "application/json", "auth.Rejection"),
        (RejectionFormat::Problem, "application/problem+json", "auth.Problem"),
        (RejectionFormat::Detail, "application/json", "auth.Detail"),
    ];
    for (format, media_type, schema) in formats {
        let verifier = Issuer::for_tests().verifier().unwrap();
        let layer = JwtAuthLayer::new(verifier).rejection_format(format);
        let app = App::new(plain().auth(layer));
        assert_eq!(app.send(Method::GET, "/me", &[], "").await.0, 401);
        let (_, operation) = app.document.operation(&Method::GET, "/me").unwrap();
        let content = &operation["responses"]["401"]["content"][media_type];
        assert_eq!(content["schema"]["$ref"], format!("#/components/schemas/{schema}"));
    }
}

#[tokio::test]
async fn the_cookie_of_refresh_tokens_is_documented_where_there_is_one() {
    use tower_bearer::TokenCookie;
    let app = App::new(plain().refresh_cookie(TokenCookie::new("__Host-refresh")));
    let body = json!({ "username": "alice", "password": PASSWORD });
    assert_eq!(app.json(Method::POST, "/register", "", &body).await.0, 201);
    let page = [("content-type", "application/json"), ("sec-fetch-site", "same-origin")];
    let (status, headers, tokens) =
        app.send(Method::POST, "/login", &page, &body.to_string()).await;
    assert_eq!((status, tokens.get("refresh_token")), (200, None));
    let cookie = headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let with_cookie = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(app.send(Method::POST, "/refresh", &with_cookie, "").await.0, 200);
    let foreign = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(app.send(Method::POST, "/refresh", &foreign, "").await.0, 403);
    assert_eq!(app.send(Method::POST, "/logout", &foreign, "").await.0, 403);
    assert_eq!(app.send(Method::POST, "/logout", &with_cookie, "").await.0, 204);

    let json = app.document.json();
    let scheme = &json["components"]["securitySchemes"]["refreshCookie"];
    assert_eq!((&scheme["in"], &scheme["name"]), (&json!("cookie"), &json!("__Host-refresh")));
    let required = &json["components"]["schemas"]["auth.Tokens"]["required"];
    assert!(!required.as_array().unwrap().contains(&json!("refresh_token")));
    let without = Document::new(&plain().openapi());
    let required = &without.json()["components"]["schemas"]["auth.Tokens"]["required"];
    assert!(required.as_array().unwrap().contains(&json!("refresh_token")));
    assert!(!without.json().to_string().contains("refreshCookie"));
}

#[test]
fn the_documents_at_well_known_locations_are_documented() {
    use tower_bearer::{Algorithm, Clock, SigningKeys};
    let clock = Clock::system();
    let keys = SigningKeys::new_jwks(Algorithm::EdDSA, clock.now()).unwrap();
    let issuer = Issuer::new(SigningKeys::from_jwks(&keys).unwrap())
        .issuer("https://me.example")
        .audience("api");
    let login = LoginRouter::new(MemoryStore::new(), issuer);
    let metadata = login.metadata("https://me.example/auth").unwrap();
    let document = Document::new(&metadata.openapi());
    let router = metadata.into_router();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json"] {
        let app = App { router: router.clone(), document: document.clone() };
        assert!(document.operation(&Method::GET, path).is_some());
        let (status, headers, _) = runtime.block_on(app.send(Method::GET, path, &[], ""));
        assert_eq!(status, 200);
        let known = [("if-none-match", headers["etag"].to_str().unwrap())];
        assert_eq!(runtime.block_on(app.send(Method::GET, path, &known, "")).0, 304);
    }
}
