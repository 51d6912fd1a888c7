//! The page at `/`, for people: `page/` has its files. `page/auth-client.ts` is made to be copied.
//!
//! Browsers run the `*.js`, which the TypeScript compiler makes of the `*.ts`.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Scripts and styles are those of this origin and in files, and data goes to it alone. Text can't
/// become a script: the page has no place where a string is read as HTML. Forms are sent by
/// scripts, and not at all without them, so that no password gets into an address.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Path, content type and content.
const FILES: [(&str, &str, &str); 8] = [
    ("/", HTML, include_str!("page/index.html")),
    ("/style.css", CSS, include_str!("page/style.css")),
    ("/icon.svg", SVG, include_str!("page/icon.svg")),
    ("/page.js", SCRIPT, include_str!("page/page.js")),
    ("/form.js", SCRIPT, include_str!("page/form.js")),
    ("/lists.js", SCRIPT, include_str!("page/lists.js")),
    ("/words.js", SCRIPT, include_str!("page/words.js")),
    ("/auth-client.js", SCRIPT, include_str!("page/auth-client.js")),
];

pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES.into_iter().fold(Router::new(), |router, (path, kind, content)| {
        router.route(path, get(async move |headers: HeaderMap| file(&headers, kind, content)))
    })
}

/// Browsers ask each time, so that all files are of one release, and get a file that they have not.
fn file(headers: &HeaderMap, kind: &'static str, content: &'static str) -> Response {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    let tag = format!("\"{:x}\"", hasher.finish());
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|tags| tags.split(',')).any(|known| known.trim() == tag);
    let about: [(HeaderName, HeaderValue); 6] = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (ETAG, HeaderValue::try_from(tag).expect("digits and quotes are visible ASCII")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    if is_known {
        (StatusCode::NOT_MODIFIED, about).into_response()
    } else {
        (about, content).into_response()
    }
}
