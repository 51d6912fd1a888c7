//! The refresh token of a browser in a cookie (requirements 8, 13, 14).

mod cross_site;
mod exchange;
mod logout;
mod modes;

use axum::body::Body;
use http::header::{COOKIE, HOST, SET_COOKIE};
use http::{Method, Request, header};
use serde_json::{Value, json};
use tower_bearer::TokenCookie;

use super::support::{Answer, App, PASSWORD, apps_with};

const NAME: &str = "__Host-refresh";
/// Nothing less, whatever the cookie was told (requirement 13).
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";
const OWN_PAGE: &[(&str, &str)] =
    &[("sec-fetch-site", "same-origin"), ("origin", "https://app.example")];
const DAY: u64 = 24 * 3600;

fn cookie() -> TokenCookie {
    TokenCookie::new(NAME)
}

async fn apps() -> Vec<App> {
    apps_with!(|router| router.refresh_cookie(cookie())).await
}

/// A request as pages make them; an empty body is none, without a type.
fn request(
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    token: Option<&str>,
    body: &Value,
) -> Request<Body> {
    let builder = Request::builder().method(method).uri(path).header(HOST, "app.example");
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let builder = match body.is_empty() {
        true => builder,
        false => builder.header(header::CONTENT_TYPE, "application/json"),
    };
    let builder =
        headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    let builder = match token {
        Some(token) => builder.header(COOKIE, format!("theme=dark; {NAME}={token}")),
        None => builder,
    };
    builder.body(Body::from(body)).unwrap()
}

impl App {
    /// A POST by a page of the service, with this token in the cookie.
    async fn page(&self, path: &str, token: Option<&str>, body: Value) -> Answer {
        self.send(request(Method::POST, path, OWN_PAGE, token, &body)).await
    }

    /// The same with an access token.
    async fn page_as(&self, access: &str, method: Method, path: &str, token: &str) -> Answer {
        let bearer = format!("Bearer {access}");
        let headers = [OWN_PAGE, &[("authorization", bearer.as_str())]].concat();
        self.send(request(method, path, &headers, Some(token), &Value::Null)).await
    }

    /// An exchange, and the token in its cookie.
    async fn refreshed(&self, token: &str) -> (Answer, String) {
        let answer = self.page("/refresh", Some(token), Value::Null).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let token = answer.token();
        (answer, token)
    }

    /// A login, and the token in its cookie.
    async fn signed_in(&self) -> (Answer, String) {
        let body = json!({ "username": "admin", "password": PASSWORD });
        let answer = self.page("/login", None, body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let token = answer.token();
        (answer, token)
    }
}

impl Answer {
    /// The value of the cookie and its `Max-Age`, if the answer sets it; the rest never differs.
    #[track_caller]
    fn cookie(&self) -> Option<(String, u64)> {
        let mut all = self.headers.get_all(SET_COOKIE).iter();
        let header = all.next()?;
        assert!(all.next().is_none(), "one cookie, once");
        assert!(header.is_sensitive());
        assert_eq!(self.headers[header::CACHE_CONTROL], "no-store");
        let (pair, rest) = header.to_str().unwrap().split_once("; Max-Age=").unwrap();
        let (max_age, attributes) = rest.split_once("; ").unwrap();
        assert_eq!(attributes, ATTRIBUTES);
        let value = pair.strip_prefix(NAME).unwrap().strip_prefix('=').unwrap();
        Some((value.to_owned(), max_age.parse().unwrap()))
    }

    /// The token that the cookie brings, which is nowhere else in the answer.
    #[track_caller]
    fn token(&self) -> String {
        let (token, max_age) = self.cookie().unwrap_or_else(|| panic!("no cookie: {self:?}"));
        assert!(!token.is_empty() && max_age > 0, "{self:?}");
        assert_eq!(self.json()["refresh_token"], Value::Null);
        assert!(!String::from_utf8_lossy(&self.body).contains(&token));
        token
    }

    #[track_caller]
    fn assert_cleared(&self) {
        assert_eq!(self.cookie(), Some((String::new(), 0)), "{self:?}");
    }

    #[track_caller]
    fn assert_no_cookie(&self) {
        assert_eq!(self.cookie(), None, "{self:?}");
    }
}
