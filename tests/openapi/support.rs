//! A login router with all that there is, and its document.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, header};
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower::ServiceExt;
use tower_bearer::{
    ApiKeys, Client, Clients, Hasher, Issuer, LoginRouter, LoginThrottle, Mail, MailError,
    MailQueue, Mailer, MemoryStore, NewUser, RegisterMode, TokenCookie, UserStore, Username,
};
use utoipa::ToSchema;

use crate::document::Document;

pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const SECRET: &str = "gZ1yq0x7mJ4VfQ5sTn8Lr2WcKe9HbUpA";

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Profile {
    display_name: Option<String>,
}

pub(crate) type Login = LoginRouter<MemoryStore, MemoryStore>;

/// Mails, for who looks for a token in them.
#[derive(Clone, Default)]
pub(crate) struct Outbox(Arc<Mutex<Vec<String>>>);

impl Mailer for Outbox {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.0.lock().unwrap().extend(mail.token().map(str::to_owned));
        Ok(())
    }
}

impl Outbox {
    pub(crate) fn is_waiting(&self) -> bool {
        !self.0.lock().unwrap().is_empty()
    }

    pub(crate) async fn token(&self) -> String {
        loop {
            if let Some(token) = self.0.lock().unwrap().pop() {
                return token;
            }
            tokio::task::yield_now().await;
        }
    }
}

pub(crate) fn plain() -> Login {
    LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
}

/// All endpoints.
pub(crate) fn whole(login: Login, outbox: &Outbox) -> Login {
    let gateway = Client::confidential("gateway", SECRET).unwrap().may_introspect().unwrap();
    login
        .clients(Clients::new().client(gateway).unwrap())
        .profile_with_schema::<Profile>()
        .mailer(MailQueue::new(outbox.clone()))
        .accounts()
        .api_keys(ApiKeys::new())
        .administration("admin")
        .revocations()
        .default_scopes(["me"])
        .throttle(LoginThrottle::off())
}

pub(crate) struct App {
    pub(crate) router: Router,
    pub(crate) document: Document,
}

impl App {
    pub(crate) fn new(login: Login) -> Self {
        let login = login.hasher(Hasher::builder().insecure_parameters(8, 1, 1).build().unwrap());
        let document = Document::new(&login.openapi());
        Self { router: login.into_router(), document }
    }

    /// Sends JSON, or nothing, and holds the answer against the document.
    pub(crate) async fn send(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, HeaderMap, Value) {
        let mut request = Request::builder().method(method.clone()).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response =
            self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await;
        let (head, body) = response.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let path = target.split('?').next().unwrap();
        let status = head.status.as_u16();
        let fault = self.document.fault((&method, path), status, &head.headers, &body);
        assert_eq!(fault, None, "{method} {target}");
        (status, head.headers, serde_json::from_slice(&body).unwrap_or_default())
    }

    pub(crate) async fn json(
        &self,
        method: Method,
        target: &str,
        token: &str,
        body: &Value,
    ) -> (u16, Value) {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![(header::CONTENT_TYPE.as_str(), "application/json")];
        if !token.is_empty() {
            headers.push((header::AUTHORIZATION.as_str(), &bearer));
        }
        let (status, _, body) = self.send(method, target, &headers, &body.to_string()).await;
        (status, body)
    }

    pub(crate) async fn form(&self, target: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = [(header::CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded")];
        let (status, _, body) = self.send(Method::POST, target, &headers, &body).await;
        (status, body)
    }

    /// Registers somebody and answers with tokens.
    pub(crate) async fn tokens(&self, name: &str) -> Value {
        let email = format!("{name}@example.com");
        let body = json!({ "username": name, "password": PASSWORD, "email": email });
        assert_eq!(self.json(Method::POST, "/register", "", &body).await.0, 201);
        self.log_in(name).await
    }

    pub(crate) async fn log_in(&self, name: &str) -> Value {
        let fields = [("grant_type", "password"), ("username", name), ("password", PASSWORD)];
        let (status, tokens) = self.form("/token", &fields).await;
        assert_eq!(status, 200);
        tokens
    }
}

/// An administrator of a store.
pub(crate) async fn add_admin(store: &MemoryStore) {
    let hasher = Hasher::builder().insecure_parameters(8, 1, 1).build().unwrap();
    let hash = hasher.hash(PASSWORD).await.unwrap();
    let admin = NewUser::new(Username::new("admin").unwrap(), hash).roles(["admin"]).scopes(["me"]);
    store.insert_user(admin, std::time::Duration::from_secs(1)).await.unwrap();
}

/// Every mode that changes the document.
pub(crate) fn modes() -> Vec<Login> {
    let outbox = Outbox::default();
    vec![
        plain(),
        whole(plain(), &outbox),
        whole(plain(), &outbox).register_mode(RegisterMode::Private),
        whole(plain(), &outbox)
            .sign_in_on_register()
            .refresh_cookie(TokenCookie::new("__Host-refresh")),
        plain().refresh_cookie(TokenCookie::new("__Host-refresh")),
    ]
}
