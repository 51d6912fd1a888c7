//! Where an API key may be, beside what, and who else sees it (requirements 195, 196, 201).

use axum::body::Body;
use http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, VARY};
use http::{HeaderValue, Request};
use tower_bearer::{AuthErrorKind, Issuer, JwtAuthLayer, TokenSource};

use super::api_keys::{Keys, app, both, in_authorization, only, refused, with_key};
use super::support::{ask, at, bearer, request, token};

#[tokio::test]
async fn r195_a_key_and_a_token_at_once_are_a_400() {
    let issuer = Issuer::for_tests();
    let keys = Keys::default();
    let query = JwtAuthLayer::new(issuer.verifier().unwrap())
        .api_keys(keys.clone())
        .token_source(TokenSource::query("access_token"));
    let app = app(query);
    let add = |mut request: Request<Body>, name: &'static str, value: &str| {
        request.headers_mut().append(name, HeaderValue::from_str(value).unwrap());
        request
    };
    let token = token(&issuer);
    let requests = [
        add(bearer(&token), "x-api-key", "good"),
        add(bearer("malformed!"), "x-api-key", "good"),
        add(bearer(&token), "authorization", "ApiKey good"),
        at(&format!("/?access_token={token}"), with_key("good")),
        at(&format!("/?access_token={token}"), in_authorization("good")),
        add(with_key("good"), "x-api-key", "good"),
        add(in_authorization("good"), "x-api-key", "good"),
        add(in_authorization("good"), "authorization", "ApiKey good"),
    ];
    for request in requests {
        let shown = format!("{request:?}");
        let answer = ask(&app, request).await;
        assert_eq!(refused(&answer), (400, AuthErrorKind::MultipleCredentials), "{shown}");
        assert_eq!(answer.parameter("error").as_deref(), Some("invalid_request"));
        assert_eq!(keys.asked(), 0, "{shown}");
    }
}

#[tokio::test]
async fn r195_a_route_of_keys_alone_does_not_look_at_tokens() {
    let mut request = bearer("whatever");
    request.headers_mut().append("x-api-key", HeaderValue::from_static("good"));
    assert_eq!(ask(&app(only()), request).await.body, "key of alice");
    let answer = ask(&app(only()), bearer("whatever")).await;
    assert_eq!(refused(&answer), (401, AuthErrorKind::MissingCredentials));
}

#[tokio::test]
async fn r195_a_cookie_gives_way_to_a_key() {
    let issuer = Issuer::for_tests();
    let app = app(both(&issuer).token_source(TokenSource::cookie("access")).strip_credentials());
    let mut request = with_key("good");
    let cookie = format!("access={}", token(&issuer));
    request.headers_mut().append(COOKIE, HeaderValue::from_str(&cookie).unwrap());
    assert_eq!(ask(&app, request).await.body, "key of alice");
    // Neither is left.
    let mut request = at("/headers", with_key("good"));
    request.headers_mut().append(COOKIE, HeaderValue::from_str(&cookie).unwrap());
    assert_eq!(ask(&app, request).await.body, "{}");
    assert_eq!(ask(&app, at("/headers", in_authorization("good"))).await.body, "{}");
}

#[tokio::test]
async fn r196_a_key_in_the_query_is_none() {
    let issuer = Issuer::for_tests();
    let keys = Keys::default();
    let layer = JwtAuthLayer::new(issuer.verifier().unwrap()).api_keys(keys.clone());
    for layer in [layer, JwtAuthLayer::api_keys_only(keys.clone())] {
        let app = app(layer);
        for name in ["api_key", "x-api-key", "X-API-Key", "apikey", "key", "access_token"] {
            let answer = ask(&app, at(&format!("/?{name}=good"), request([]))).await;
            assert_eq!(refused(&answer), (401, AuthErrorKind::MissingCredentials), "{name}");
        }
    }
    assert_eq!(keys.asked(), 0);
}

#[tokio::test]
async fn a_malformed_key_is_a_400() {
    let issuer = Issuer::for_tests();
    let long = "x".repeat(20_000);
    let mut not_ascii = request([]);
    not_ascii.headers_mut().append("x-api-key", HeaderValue::from_bytes(b"g\xc3\xb6d").unwrap());
    let malformed = AuthErrorKind::MalformedCredentials;
    for (request, kind) in [
        (with_key(""), malformed),
        (with_key("two words"), malformed),
        (not_ascii, malformed),
        (in_authorization(""), malformed),
        (in_authorization("two words"), malformed),
        (in_authorization("a\tb"), malformed),
        (with_key(&long), AuthErrorKind::CredentialsTooLong),
        (in_authorization(&long), AuthErrorKind::CredentialsTooLong),
    ] {
        let answer = ask(&app(both(&issuer)), request).await;
        assert_eq!(refused(&answer), (400, kind));
        assert_eq!(
            (answer.challenge, answer.others),
            (None, vec![r#"ApiKey realm="api""#.to_owned()])
        );
        assert!(answer.body.contains("invalid_request"), "{}", answer.body);
    }
}

#[tokio::test]
async fn r201_answers_to_a_key_are_kept_from_shared_caches() {
    let issuer = Issuer::for_tests();
    let answer = ask(&app(both(&issuer)), with_key("good")).await;
    assert_eq!(answer.headers[CACHE_CONTROL], "private");
    assert_eq!(answer.headers[VARY], "x-api-key");
    // By themselves (RFC 9111, section 3.5).
    let answer = ask(&app(both(&issuer)), in_authorization("good")).await;
    assert!(!answer.headers.contains_key(CACHE_CONTROL));
    let answer = ask(&app(both(&issuer).optional()), at("/anonymous", request([]))).await;
    let vary: Vec<_> = answer.headers.get_all(VARY).iter().collect();
    assert_eq!(vary, ["authorization", "x-api-key"]);
}

#[tokio::test]
async fn the_key_stays_where_it_was_unless_it_is_stripped() {
    let body = ask(&app(only()), at("/headers", in_authorization("good"))).await.body;
    assert!(body.contains(AUTHORIZATION.as_str()), "{body}");
}
