//! Clients with a secret (requirements 98 to 101, 103).

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Request, header};
use serde_json::json;
use tower_bearer::{Client, Clients, ConfigError};

use super::support::{Answer, App, PASSWORD, apps_with};

pub(crate) const SECRET: &str = "gZ1yq0x7mJ4VfQ5s+Tn8Lr2WcK:e9Hb%UpA";
pub(crate) const ODD: &str = "a:b%c+d e";

/// A worker with a secret, one with an odd name, and a page without one.
pub(crate) fn clients() -> Clients {
    let add = |clients: Clients, client: Result<Client, ConfigError>| {
        clients.client(client.unwrap()).unwrap()
    };
    let worker = Client::confidential("worker", SECRET).and_then(Client::may_introspect);
    let page = Client::public("page").and_then(|page| page.scopes(["items:read", "other"]));
    let clients = [worker, Client::confidential(ODD, SECRET), page];
    clients.into_iter().fold(Clients::new(), add)
}

pub(crate) async fn apps() -> Vec<App> {
    apps_with!(|router| router.clients(clients())).await
}

/// As a form is written.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub(crate) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

impl App {
    /// A form with these values of `Authorization`.
    pub(crate) async fn form_as(
        &self,
        path: &str,
        authorization: &[&str],
        fields: &[(&str, &str)],
    ) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        for value in authorization {
            request.headers_mut().append(header::AUTHORIZATION, value.parse().unwrap());
        }
        self.send(request).await
    }
}

const LOGIN: [(&str, &str); 3] =
    [("grant_type", "password"), ("username", "admin"), ("password", PASSWORD)];

fn login<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    LOGIN.into_iter().chain(more.iter().copied()).collect()
}

impl Answer {
    /// 401 with the challenge of clients and no other.
    #[track_caller]
    pub(crate) fn assert_invalid_client(&self) {
        self.assert_error(401, "invalid_client");
        let challenges: Vec<_> = self.headers.get_all(header::WWW_AUTHENTICATE).iter().collect();
        assert_eq!(challenges, [r#"Basic realm="api""#]);
    }
}

#[tokio::test]
async fn r98_an_unauthenticated_client_gets_the_challenge_of_basic_and_no_other() {
    for app in apps().await {
        for (authorization, fields) in [
            (vec![basic("worker", "wrong")], login(&[])),
            (vec![basic("unknown", SECRET)], login(&[])),
            (vec![basic("page", SECRET)], login(&[])),
            (vec!["Basic".to_owned()], login(&[])),
            (vec!["basic !!!".to_owned()], login(&[])),
            (vec![format!("Basic {}", STANDARD.encode("worker"))], login(&[])),
            (vec![format!("Basic {}", STANDARD.encode("%ff:x"))], login(&[])),
            (vec![], login(&[("client_id", "worker"), ("client_secret", "wrong")])),
            (vec![], login(&[("client_id", "unknown"), ("client_secret", SECRET)])),
        ] {
            let authorization: Vec<&str> = authorization.iter().map(String::as_str).collect();
            let answer = app.form_as("/token", &authorization, &fields).await;
            answer.assert_invalid_client();
        }
    }
    let named = || clients().realm(r#"the "office""#).unwrap();
    for app in apps_with!(|router| router.clients(named())).await {
        let answer = app.form_as("/token", &[&basic("worker", "wrong")], &LOGIN).await;
        let challenge = &answer.headers[header::WWW_AUTHENTICATE];
        assert_eq!(challenge, r#"Basic realm="the \"office\"""#);
    }
}

#[tokio::test]
async fn r99_id_and_secret_are_encoded_as_in_a_form() {
    for app in apps().await {
        for id in ["worker", ODD] {
            for scheme in ["Basic", "bASIC"] {
                let header = basic(id, SECRET).replace("Basic", scheme);
                let answer = app.form_as("/token", &[&header], &LOGIN).await;
                assert_eq!(answer.status, 200, "{id}: {answer:?}");
                let claims = app.claims(&answer.text("access_token")).await;
                assert_eq!(claims["client_id"], id);
            }
        }
        // Not encoded, the first colon ends the ID, and a plus is a space.
        let raw = format!("Basic {}", STANDARD.encode(format!("{ODD}:{SECRET}")));
        app.form_as("/token", &[&raw], &LOGIN).await.assert_invalid_client();
        let unpadded = basic("worker", SECRET);
        let unpadded = unpadded.trim_end_matches('=');
        assert_eq!(app.form_as("/token", &[unpadded], &LOGIN).await.status, 200);
        // What some clients send that have neither.
        let empty = format!("Basic {}", STANDARD.encode(":"));
        assert_eq!(app.form_as("/token", &[&empty], &LOGIN).await.status, 200);
        let without_secret = format!("Basic {}", STANDARD.encode("page:"));
        let answer = app.form_as("/token", &[&without_secret], &LOGIN).await;
        assert_eq!(app.claims(&answer.text("access_token")).await["client_id"], "page");
        let without_secret = format!("Basic {}", STANDARD.encode("worker:"));
        app.form_as("/token", &[&without_secret], &LOGIN).await.assert_invalid_client();
    }
}

#[tokio::test]
async fn r100_a_client_authenticates_in_one_way_and_never_in_the_query() {
    for app in apps().await {
        let header = basic("worker", SECRET);
        let secret = ("client_secret", SECRET);
        for fields in [
            login(&[("client_id", "worker"), secret]),
            login(&[secret]),
            login(&[("client_id", "page")]),
            login(&[("client_id", "WORKER")]),
        ] {
            let answer = app.form_as("/token", &[&header], &fields).await;
            answer.assert_error(400, "invalid_request");
            assert!(!answer.headers.contains_key(header::WWW_AUTHENTICATE));
        }
        let twice = app.form_as("/token", &[&header, &header], &LOGIN).await;
        twice.assert_error(400, "invalid_request");
        app.form("/token", &login(&[secret])).await.assert_error(400, "invalid_request");
        let named = login(&[("client_id", "worker")]);
        assert_eq!(app.form_as("/token", &[&header], &named).await.status, 200);
        let both = login(&[("client_id", "worker"), secret]);
        assert_eq!(app.form("/token", &both).await.status, 200);
        let query = format!("/token?client_id=worker&client_secret={}", encoded(SECRET));
        app.form(&query, &named).await.assert_invalid_client();
        let answer = app.form(&query, &LOGIN).await;
        let claims = app.claims(&answer.text("access_token")).await;
        assert_eq!(claims["client_id"], "first-party", "the query is not looked at");
    }
}

#[tokio::test]
async fn r101_a_confidential_client_authenticates_and_a_public_one_names_itself() {
    for app in apps().await {
        app.form("/token", &login(&[("client_id", "worker")])).await.assert_invalid_client();
        let body = json!({ "username": "admin", "password": PASSWORD, "client_id": "worker" });
        app.json("/login", body).await.assert_invalid_client();
        let body = json!({
            "username": "admin", "password": PASSWORD, "client_id": "worker", "client_secret": SECRET
        });
        assert_eq!(app.json("/login", body).await.status, 200);
        for id in ["page", "unknown"] {
            let answer = app.form("/token", &login(&[("client_id", id)])).await;
            assert_eq!(app.claims(&answer.text("access_token")).await["client_id"], id);
        }
        // A wrong password costs the client nothing, and the other way: no password is tried.
        let before = app.hasher.computations();
        app.form("/token", &login(&[("client_id", "worker")])).await.assert_invalid_client();
        assert_eq!(app.hasher.computations(), before);
    }
}

#[tokio::test]
async fn r101_the_refresh_tokens_of_a_confidential_client_are_of_use_to_it_alone() {
    for app in apps().await {
        let header = basic("worker", SECRET);
        let tokens = app.form_as("/token", &[&header], &LOGIN).await;
        let refresh = tokens.text("refresh_token");
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        for path in ["/token", "/refresh"] {
            app.form(path, &fields).await.assert_invalid_client();
            let named = [&fields[..], &[("client_id", "worker")]].concat();
            app.form(path, &named).await.assert_invalid_client();
            let wrong = [&fields[..], &[("client_id", "page")]].concat();
            app.form(path, &wrong).await.assert_error(400, "invalid_grant");
            let other = app.form_as(path, &[&basic(ODD, SECRET)], &fields).await;
            other.assert_error(400, "invalid_grant");
        }
        app.refresh(&refresh).await.assert_invalid_client();
        let logout = json!({ "refresh_token": refresh });
        app.json("/logout", logout).await.assert_invalid_client();
        app.form_as("/logout", &[&basic(ODD, SECRET)], &fields[1..]).await.assert_invalid_client();
        let next = app.form_as("/refresh", &[&header], &fields).await;
        assert_eq!(next.status, 200, "the refusals did not use it up: {next:?}");
        let refresh = next.text("refresh_token");
        let fields = [("refresh_token", refresh.as_str())];
        assert_eq!(app.form_as("/logout", &[&header], &fields).await.status, 204);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let ended = app.form_as("/refresh", &[&header], &fields).await;
        ended.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn r103_a_scope_is_the_users_and_the_clients() {
    for app in apps().await {
        let page = [("client_id", "page")];
        let answer = app.form("/token", &login(&page)).await;
        assert_eq!(answer.text("scope"), "items:read");
        let asked = login(&[page[0], ("scope", "items:write items:read other")]);
        let answer = app.form("/token", &asked).await;
        assert_eq!(answer.text("scope"), "items:read");
        assert_eq!(app.claims(&answer.text("access_token")).await["scope"], "items:read");
        let next = app.refresh(&answer.text("refresh_token")).await;
        assert_eq!(next.text("scope"), "items:read");
        let none = login(&[page[0], ("scope", "items:write")]);
        app.form("/token", &none).await.assert_error(400, "invalid_scope");
    }
}

#[tokio::test]
async fn only_registered_clients_where_that_is_asked_for() {
    for app in apps_with!(|router| router.clients(clients().registered_only())).await {
        app.form("/token", &LOGIN).await.assert_invalid_client();
        app.form("/token", &login(&[("client_id", "unknown")])).await.assert_invalid_client();
        let answer = app.form("/token", &login(&[("client_id", "page")])).await;
        assert_eq!(app.refresh(&answer.text("refresh_token")).await.status, 200);
        assert_eq!(app.form_as("/token", &[&basic("worker", SECRET)], &LOGIN).await.status, 200);
    }
    let with_default = || {
        let client = Client::confidential("first-party", SECRET).unwrap();
        clients().client(client).unwrap()
    };
    for app in apps_with!(|router| router.clients(with_default())).await {
        // Whoever names none is this one, and has to prove it.
        app.form("/token", &LOGIN).await.assert_invalid_client();
        let header = basic("first-party", SECRET);
        assert_eq!(app.form_as("/token", &[&header], &LOGIN).await.status, 200);
    }
}

#[tokio::test]
async fn without_a_registry_what_is_sent_for_a_secret_is_not_looked_at() {
    for app in super::support::apps().await {
        let fields = login(&[("client_id", "page"), ("client_secret", "x")]);
        let answer = app.form_as("/token", &["Basic !!!"], &fields).await;
        assert_eq!(app.claims(&answer.text("access_token")).await["client_id"], "page");
        assert_eq!(app.form("/introspect", &[("token", "x")]).await.status, 404);
    }
}
