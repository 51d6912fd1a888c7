//! Where the token is (requirements 8, 9, 11-13, 17, 202).

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::AppendHeaders;
use axum::routing::get;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderName, StatusCode};
use tower_bearer::{
    AuthErrorKind, Issuer, JwtAuthLayer, RequestHead, Token, TokenCookie, TokenSource,
};

use super::support::{Answer, ask, at, bearer, request, token};

/// Answers with what the handler sees of the request: subject, query, and the headers that may
/// carry a token.
async fn seen(token: Option<Token>, request: Request) -> String {
    let value = |name: &HeaderName| {
        let values = request.headers().get_all(name).iter();
        let values: Vec<_> = values.map(|value| value.to_str().unwrap()).collect();
        values.join("|")
    };
    let subject = token.as_ref().and_then(Token::subject).unwrap_or("nobody").to_owned();
    let query = request.uri().query().unwrap_or_default();
    let carriers = [&AUTHORIZATION, &COOKIE, &SEC_WEBSOCKET_PROTOCOL].map(value);
    format!("{subject} ?{query} {carriers:?}")
}

fn layer(issuer: &Issuer, sources: impl IntoIterator<Item = TokenSource>) -> JwtAuthLayer {
    let layer = JwtAuthLayer::new(issuer.verifier().unwrap());
    sources.into_iter().fold(layer, JwtAuthLayer::token_source)
}

fn app(layer: JwtAuthLayer) -> Router {
    Router::new().route("/", get(seen)).layer(layer)
}

fn with<const N: usize>(headers: [(HeaderName, &str); N]) -> http::Request<Body> {
    let mut request = request([]);
    for (name, value) in headers {
        request.headers_mut().append(name, value.parse().unwrap());
    }
    request
}

fn refused(answer: &Answer) -> (u16, AuthErrorKind) {
    (answer.status.as_u16(), answer.kind.expect("a refusal"))
}

#[tokio::test]
async fn r8_a_token_in_two_places_is_refused_and_a_header_beats_a_cookie() {
    let issuer = Issuer::for_tests();
    let token = token(&issuer);
    let custom = TokenSource::custom(|request: &RequestHead<'_>| {
        request.headers.get("x-token").map(|value| value.to_str().unwrap().to_owned())
    });
    let app = app(layer(
        &issuer,
        [
            TokenSource::cookie("at"),
            TokenSource::query("access_token"),
            TokenSource::websocket_protocol(),
            custom,
        ],
    ));
    let (header, query) = (format!("Bearer {token}"), format!("/?access_token={token}"));
    let own = HeaderName::from_static("x-token");
    let protocols = format!("bearer, {token}");
    for request in [
        at(&query, bearer(&token)),
        at(&query, bearer("another")),
        with([(AUTHORIZATION, &header), (own.clone(), &token)]),
        at(&query, with([(own.clone(), &token)])),
        with([
            (AUTHORIZATION, &header),
            (http::header::UPGRADE, "websocket"),
            (SEC_WEBSOCKET_PROTOCOL, &protocols),
        ]),
    ] {
        let answer = ask(&app, request).await;
        assert_eq!(refused(&answer), (400, AuthErrorKind::MultipleCredentials));
        assert_eq!(answer.parameter("error").as_deref(), Some("invalid_request"));
    }
    for cookie in ["at=x.y.z", "at=a; at=b", "at=\"", "at="] {
        for request in [
            with([(AUTHORIZATION, &header), (COOKIE, cookie)]),
            at(&query, with([(COOKIE, cookie)])),
            with([(own.clone(), &token), (COOKIE, cookie)]),
        ] {
            assert_eq!(ask(&app, request).await.status, StatusCode::OK, "{cookie}");
        }
    }
    // A wrong token in the header is not made good by the cookie.
    let cookie = format!("at={token}");
    let answer = ask(&app, with([(AUTHORIZATION, "Bearer x"), (COOKIE, &cookie)])).await;
    assert_eq!(refused(&answer), (401, AuthErrorKind::MalformedToken));
    // Another scheme is no token.
    let answer = ask(&app, with([(AUTHORIZATION, "Basic YTpi"), (COOKIE, &cookie)])).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn r9_the_query_is_read_strictly() {
    let issuer = Issuer::for_tests();
    let token = token(&issuer);
    let app = app(layer(&issuer, [TokenSource::query("access_token")]));
    for (query, expected) in [
        ("access_token=a&access_token=b", (400, AuthErrorKind::MultipleCredentials)),
        ("access_token=a&%61ccess_token=a", (400, AuthErrorKind::MultipleCredentials)),
        ("access_token=", (400, AuthErrorKind::MalformedCredentials)),
        ("access_token", (400, AuthErrorKind::MalformedCredentials)),
        ("access_token=%FF", (400, AuthErrorKind::MalformedCredentials)),
        ("access_token=%00", (400, AuthErrorKind::MalformedCredentials)),
        ("access_token=a+b", (400, AuthErrorKind::MalformedCredentials)),
        ("access_token=a.b.c", (401, AuthErrorKind::MalformedToken)),
        ("Access_Token=a", (401, AuthErrorKind::MissingCredentials)),
        ("x=access_token", (401, AuthErrorKind::MissingCredentials)),
    ] {
        let answer = ask(&app, at(&format!("/?{query}"), request([]))).await;
        assert_eq!(refused(&answer), expected, "{query}");
    }
    let long = format!("/?access_token={}", "a".repeat(8 * 1024 + 1));
    let answer = ask(&app, at(&long, request([]))).await;
    assert_eq!(refused(&answer), (400, AuthErrorKind::CredentialsTooLong));
    let escaped = token.replace('-', "%2D").replace('.', "%2e");
    for query in [format!("a=%FF&access_token={token}&b"), format!("access_token={escaped}")] {
        let answer = ask(&app, at(&format!("/?{query}"), request([]))).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn r11_answers_to_a_token_in_the_query_are_private() {
    let issuer = Issuer::for_tests();
    let token = token(&issuer);
    for (own, expected) in [
        (None, "private"),
        (Some("public, max-age=60"), "private"),
        (Some("max-age=60"), "private"),
        (Some("Private, max-age=60"), "Private, max-age=60"),
        (Some("no-store"), "no-store"),
    ] {
        let handler = get(async move || (own.map(|own| AppendHeaders([(CACHE_CONTROL, own)])), ""));
        let app = Router::new()
            .route("/", handler)
            .layer(layer(&issuer, [TokenSource::query("access_token")]));
        let answer = ask(&app, at(&format!("/?access_token={token}"), request([]))).await;
        assert_eq!(answer.headers[CACHE_CONTROL], expected);
        let answer = ask(&app, bearer(&token)).await;
        let cached = answer.headers.get(CACHE_CONTROL).map(|value| value.to_str().unwrap());
        assert_eq!(cached, own, "a header is known to caches");
    }
}

#[tokio::test]
async fn r12_a_form_body_is_no_place_for_a_token() {
    let issuer = Issuer::for_tests();
    let sources = [TokenSource::query("access_token"), TokenSource::cookie("access_token")];
    let app = app(layer(&issuer, sources));
    let mut form = with([(CONTENT_TYPE, "application/x-www-form-urlencoded")]);
    *form.body_mut() = Body::from(format!("access_token={}", token(&issuer)));
    let answer = ask(&app, form).await;
    assert_eq!(refused(&answer), (401, AuthErrorKind::MissingCredentials));
}

#[tokio::test]
async fn a_cookie_is_read_strictly() {
    let issuer = Issuer::for_tests();
    let token = token(&issuer);
    let app = app(layer(&issuer, [TokenSource::cookie("at")]));
    for (cookie, expected) in [
        ("at=a; at=b".to_owned(), (400, AuthErrorKind::MultipleCredentials)),
        (format!("at={token}; at={token}"), (400, AuthErrorKind::MultipleCredentials)),
        ("at=a.b.c".to_owned(), (401, AuthErrorKind::MalformedToken)),
        (format!("at=\"{token}\""), (401, AuthErrorKind::MalformedToken)),
        ("at=a b".to_owned(), (401, AuthErrorKind::MalformedToken)),
        ("at=".to_owned(), (401, AuthErrorKind::MissingCredentials)),
        (format!("AT={token}"), (401, AuthErrorKind::MissingCredentials)),
        (format!("xat={token}; atx={token}"), (401, AuthErrorKind::MissingCredentials)),
        (format!("at; {token}"), (401, AuthErrorKind::MissingCredentials)),
        (";;=;".to_owned(), (401, AuthErrorKind::MissingCredentials)),
    ] {
        let answer = ask(&app, with([(COOKIE, &cookie)])).await;
        assert_eq!(refused(&answer), expected, "{cookie}");
    }
    let cookie = format!("at={token}");
    for lines in [
        vec![format!("a=b; {cookie}")],
        vec![format!("a=b;{cookie};c=d")],
        vec!["a=b".to_owned(), cookie],
    ] {
        let mut request = request([]);
        for line in lines {
            request.headers_mut().append(COOKIE, line.parse().unwrap());
        }
        let answer = ask(&app, request).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.headers[CACHE_CONTROL], "private");
    }
}

#[test]
fn r13_a_token_cookie_is_for_one_host_and_no_script() {
    let attributes = |value: http::HeaderValue| {
        let text = value.to_str().unwrap().to_owned();
        text.split("; ").map(str::to_owned).collect::<Vec<_>>()
    };
    let cookie = TokenCookie::new("__Host-at");
    let set = cookie.set("a.b.c", Duration::from_millis(90_500)).unwrap();
    assert!(set.is_sensitive(), "it is a secret to whatever logs headers");
    assert_eq!(
        attributes(set),
        ["__Host-at=a.b.c", "Max-Age=90", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"]
    );
    assert_eq!(
        attributes(cookie.strict().clear()),
        ["__Host-at=", "Max-Age=0", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"]
    );
    for token in ["", "a; Domain=evil.example", "a b", "a\r\nb", "\u{e9}"] {
        assert!(TokenCookie::new("at").set(token, Duration::ZERO).is_err(), "{token:?}");
    }
    for name in ["", "a b", "a;b", "a=b", "a\r\nb", "\u{e9}"] {
        assert!(std::panic::catch_unwind(|| TokenCookie::new(name)).is_err(), "{name:?}");
        assert!(std::panic::catch_unwind(|| TokenSource::cookie(name)).is_err(), "{name:?}");
    }
}

#[tokio::test]
async fn r17_the_token_can_be_kept_from_the_inner_service() {
    let issuer = Issuer::for_tests();
    let token = token(&issuer);
    let sources = || [TokenSource::cookie("at"), TokenSource::query("access_token")];
    let shown = app(layer(&issuer, sources()));
    let hidden = app(layer(&issuer, sources()).strip_credentials());
    let cookies = format!("a=b; at={token}; c=d");
    let requests = || {
        [
            (bearer(&token), r#"alice ? ["", "", ""]"#),
            (with([(COOKIE, &cookies)]), r#"alice ? ["", "a=b; c=d", ""]"#),
            (with([(COOKIE, &format!("at={token}"))]), r#"alice ? ["", "", ""]"#),
            (
                at(&format!("/?a=%20b&access_token={token}&c"), request([])),
                r#"alice ?a=%20b&c ["", "", ""]"#,
            ),
            (at(&format!("/?access_token={token}"), request([])), r#"alice ? ["", "", ""]"#),
        ]
    };
    for (request, without) in requests() {
        assert_eq!(ask(&hidden, request).await.body, without);
    }
    for (request, _) in requests() {
        assert!(ask(&shown, request).await.body.contains(&token), "by default it stays");
    }
    // What did not carry the token stays as it is.
    let basic = with([(AUTHORIZATION, "Basic YTpi"), (COOKIE, &cookies)]);
    assert_eq!(ask(&hidden, basic).await.body, r#"alice ? ["Basic YTpi", "a=b; c=d", ""]"#);
    // A cookie that gave way is a token all the same.
    let both = with([(AUTHORIZATION, &format!("Bearer {token}")), (COOKIE, &cookies)]);
    assert_eq!(ask(&hidden, both).await.body, r#"alice ? ["", "a=b; c=d", ""]"#);
}

#[tokio::test]
async fn r202_a_websocket_offers_its_token_as_a_subprotocol() {
    let issuer = Issuer::for_tests();
    let token = token(&issuer);
    let layer = layer(&issuer, [TokenSource::websocket_protocol()]);
    let app = app(layer.clone());
    let handshake = |protocols: &str| {
        with([(http::header::UPGRADE, "WebSocket"), (SEC_WEBSOCKET_PROTOCOL, protocols)])
    };
    for (offered, left) in [
        (format!("bearer, {token}"), "bearer"),
        (format!("chat,bearer,{token},v2"), "chat, bearer, v2"),
    ] {
        let answer = ask(&app, handshake(&offered)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body, format!(r#"alice ? ["", "", "{left}"]"#));
        assert_eq!(answer.headers[SEC_WEBSOCKET_PROTOCOL], "bearer", "never the token");
    }
    for (offered, expected) in [
        ("bearer".to_owned(), (400, AuthErrorKind::MalformedCredentials)),
        ("bearer, a/b=c".to_owned(), (400, AuthErrorKind::MalformedCredentials)),
        (format!("bearer, {token}, bearer, b"), (400, AuthErrorKind::MultipleCredentials)),
        ("bearer, a.b.c".to_owned(), (401, AuthErrorKind::MalformedToken)),
        ("chat".to_owned(), (401, AuthErrorKind::MissingCredentials)),
        (format!("chat, {token}"), (401, AuthErrorKind::MissingCredentials)),
    ] {
        let answer = ask(&app, handshake(&offered)).await;
        assert_eq!(refused(&answer), expected, "{offered}");
        assert!(!answer.headers.contains_key(SEC_WEBSOCKET_PROTOCOL));
    }
    // Without a handshake it is not looked at.
    let answer = ask(&app, with([(SEC_WEBSOCKET_PROTOCOL, &format!("bearer, {token}"))])).await;
    assert_eq!(refused(&answer), (401, AuthErrorKind::MissingCredentials));
    // A token that is not valid is taken out too, where the request passes all the same.
    let lenient = self::app(layer.clone().optional_even_if_invalid());
    let answer = ask(&lenient, handshake("chat, bearer, a.b.c")).await;
    assert_eq!(answer.body, r#"nobody ? ["", "", "chat, bearer"]"#);
    assert_eq!(answer.headers[SEC_WEBSOCKET_PROTOCOL], "bearer");
    // What the service selected stays.
    let selects = get(async || [(SEC_WEBSOCKET_PROTOCOL, "chat")]);
    let app = Router::new().route("/", selects).layer(layer);
    let answer = ask(&app, handshake(&format!("chat, bearer, {token}"))).await;
    assert_eq!(answer.headers[SEC_WEBSOCKET_PROTOCOL], "chat");
}

#[tokio::test]
async fn a_custom_source_is_held_to_the_same_limits() {
    let issuer = Issuer::for_tests();
    for (text, expected) in [
        ("a".repeat(8 * 1024 + 1), (400, AuthErrorKind::CredentialsTooLong)),
        (String::new(), (401, AuthErrorKind::MalformedToken)),
        ("\u{0}\u{e9}".to_owned(), (401, AuthErrorKind::MalformedToken)),
    ] {
        let source = TokenSource::custom(move |_: &RequestHead<'_>| Some(text.clone()));
        let answer = ask(&app(layer(&issuer, [source])), request([])).await;
        assert_eq!(refused(&answer), expected);
    }
}

#[tokio::test]
async fn a_place_is_looked_at_once_however_often_it_is_named() {
    let issuer = Issuer::for_tests();
    let token = token(&issuer);
    let twice = [TokenSource::query("t"), TokenSource::query("t"), TokenSource::query("u")];
    let app = app(layer(&issuer, twice));
    for query in ["t", "u"] {
        let answer = ask(&app, at(&format!("/?{query}={token}"), request([]))).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert!(std::panic::catch_unwind(|| TokenSource::query("")).is_err());
}

#[test]
fn r16_the_head_of_a_request_shows_no_token() {
    let mut request = at("/path?access_token=hidden", with([(COOKIE, "at=hidden")]));
    request.extensions_mut().insert("hidden");
    let (tell, told) = std::sync::mpsc::channel();
    let source = TokenSource::custom(move |head: &RequestHead<'_>| {
        tell.send(format!("{head:?}")).unwrap();
        None
    });
    let app = app(layer(&Issuer::for_tests(), [source]));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(ask(&app, request));
    let shown = told.recv().unwrap();
    assert!(shown.contains("/path") && !shown.contains("hidden"), "{shown}");
}
