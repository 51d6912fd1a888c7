//! Pages for a browser: the token comes in a cookie, which a script can't read, and refusals are
//! pages too.
//!
//! ```text
//! curl -i -X POST "$URL/web/session" -H "Authorization: Bearer $TOKEN"
//! ```

use std::time::SystemTime;

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use bytes::Bytes;
use tower_bearer::{CurrentUser, JwtAuthLayer, Rejection, Token, TokenCookie, TokenSource, User};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Failure;
use crate::database::{Database, query};
use crate::openapi::guarded;

/// Browsers keep a name that begins like this to one host and to HTTPS; to this machine they send
/// it over plain HTTP as well.
const COOKIE: &str = "__Host-access";

/// `auth` verifies what comes in `Authorization`; the pages take the cookie beside it.
pub(crate) fn routes(auth: JwtAuthLayer) -> OpenApiRouter<Database> {
    let page = auth.clone().token_source(TokenSource::cookie(COOKIE)).on_reject(refusal);
    guarded(&page, OpenApiRouter::new().routes(routes!(welcome)).routes(routes!(end)))
        .merge(guarded(&auth, OpenApiRouter::new().routes(routes!(begin))))
}

/// Greets the user.
#[utoipa::path(get, path = "/web", tag = "web",
    responses((status = 200, description = "A greeting.", body = String, content_type = "text/plain")))]
async fn welcome(
    CurrentUser(user): CurrentUser<User>,
    State(database): State<Database>,
) -> Result<String, Failure> {
    let open: i64 = query!(database, |pool| {
        sqlx::query_scalar("SELECT COUNT(*) FROM tasks WHERE owner = $1 AND NOT done")
            .bind(&user.id)
            .fetch_one(pool)
    })?;
    Ok(format!("Hello, {}. Open tasks: {open}.\n", user.username))
}

/// Puts the token of the request into the cookie, for as long as it lives.
#[utoipa::path(post, path = "/web/session", tag = "web",
    responses((status = 204, description = "The browser has the cookie.", headers(("Set-Cookie", description = "The access token.")))))]
async fn begin(token: Token, headers: HeaderMap) -> Result<impl IntoResponse, Failure> {
    let text = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let text = text.and_then(|text| text.split_once(' ')).map_or("", |(_, text)| text.trim_start());
    let expires_at = token.expires_at().unwrap_or(SystemTime::UNIX_EPOCH);
    let lifetime = expires_at.duration_since(SystemTime::now()).unwrap_or_default();
    let cookie = TokenCookie::new(COOKIE).strict().set(text, lifetime)?;
    Ok(without_content(cookie))
}

/// Clears the cookie.
#[utoipa::path(delete, path = "/web/session", tag = "web",
    responses((status = 204, description = "The browser has no cookie.", headers(("Set-Cookie", description = "The end of the cookie.")))))]
async fn end() -> impl IntoResponse {
    without_content(TokenCookie::new(COOKIE).strict().clear())
}

fn without_content(cookie: HeaderValue) -> impl IntoResponse {
    let no_store = HeaderValue::from_static("no-store");
    (StatusCode::NO_CONTENT, [(SET_COOKIE, cookie), (CACHE_CONTROL, no_store)])
}

/// The description is one of constants, so that nothing in it needs an escape.
fn refusal(rejection: &Rejection) -> Response<Bytes> {
    let page = format!(
        "<!doctype html><html lang=\"en\"><title>{status}</title><h1>{description}</h1>\
         <p>{advice}</p></html>\n",
        advice = if rejection.status() == StatusCode::UNAUTHORIZED {
            "Log in, and try again."
        } else {
            "Go back, and try again."
        },
        status = rejection.status(),
        description = rejection.description(),
    );
    let mut response = Response::new(Bytes::from(page));
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, html);
    response
}
