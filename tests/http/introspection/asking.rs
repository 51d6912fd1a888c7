//! How the server is asked (requirement 130, from the side of who asks).

use axum::Router;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header;
use tower_bearer::{
    AuthErrorKind, Claims, ConfigError, Grant, HttpClient, Issuer, JwtAuthLayer, TokenKind,
    Verifier, require_scopes,
};

use super::server::{Server, URL, active, form, inactive, json_answer, verify};
use crate::support::{ask, bearer};

#[tokio::test]
async fn r130_the_token_is_posted_with_the_credentials_of_the_client() {
    let server = Server::says(active());
    let (verifier, _) = server.verifier(|builder| builder);
    verify(&verifier, "a+b/c~d-e._==").await.unwrap();
    let request = server.last_request();
    assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", URL));
    let headers = request.headers();
    assert_eq!(headers[header::CONTENT_TYPE], "application/x-www-form-urlencoded");
    assert_eq!(headers[header::ACCEPT], "application/json");
    assert_eq!(headers[header::AUTHORIZATION], "Basic YXBpOnNlY3JldA==");
    assert!(headers[header::AUTHORIZATION].is_sensitive());
    assert_eq!(form(request.body(), "token").unwrap(), "a+b/c~d-e._==");
    assert_eq!(form(request.body(), "token_type_hint").unwrap(), "access_token");
    assert_eq!(form(request.body(), "client_id"), None);
}

#[tokio::test]
async fn r99_an_id_and_a_secret_are_encoded_as_in_a_form_before_base64() {
    let (id, secret) = ("https://api.test:8080/a b", "pa:ss%2B+wörd &=");
    let server = Server::says(active());
    let (verifier, _) = server.verifier(|builder| builder.client_secret_basic(id, secret));
    verify(&verifier, "opaque").await.unwrap();
    let value = server.last_request().headers()[header::AUTHORIZATION].clone();
    let text = value.to_str().unwrap().strip_prefix("Basic ").unwrap().to_owned();
    let text = String::from_utf8(STANDARD.decode(text).unwrap()).unwrap();
    assert_eq!(
        text, "https%3A%2F%2Fapi.test%3A8080%2Fa+b:pa%3Ass%252B%2Bw%C3%B6rd+%26%3D",
        "one colon, and nothing but ASCII"
    );
    // Read back as a server does.
    let (left, right) = text.split_once(':').unwrap();
    let read = |part: &str| {
        let (name, _) = form_urlencoded::parse(part.as_bytes()).next().unwrap();
        name.into_owned()
    };
    assert_eq!((read(left).as_str(), read(right).as_str()), (id, secret));
}

#[tokio::test]
async fn r130_other_ways_to_authenticate_put_the_credentials_where_they_belong() {
    let server = Server::says(active());
    let (id, secret) = ("a&b=c", "s: %+ö");
    let (verifier, _) = server.verifier(|builder| builder.client_secret_post(id, secret));
    verify(&verifier, "opaque").await.unwrap();
    let request = server.last_request();
    assert!(!request.headers().contains_key(header::AUTHORIZATION));
    assert_eq!(form(request.body(), "client_id").unwrap(), id);
    assert_eq!(form(request.body(), "client_secret").unwrap(), secret);

    let (verifier, _) = server.verifier(|builder| builder.bearer_token("abc.def"));
    verify(&verifier, "opaque").await.unwrap();
    let request = server.last_request();
    assert_eq!(request.headers()[header::AUTHORIZATION], "Bearer abc.def");

    let (verifier, _) = server.verifier(|builder| builder.tls_client_auth("api"));
    verify(&verifier, "opaque").await.unwrap();
    let request = server.last_request();
    assert!(!request.headers().contains_key(header::AUTHORIZATION));
    assert_eq!(form(request.body(), "client_id").unwrap(), "api");
    assert_eq!(form(request.body(), "client_secret"), None);
}

#[test]
fn r164_the_secret_is_in_no_debug_text() {
    let builder = || Verifier::introspect(URL).audience("api");
    let builders = [
        builder().client_secret_basic("api", "hush-hush"),
        builder().client_secret_post("api", "hush-hush"),
        builder().bearer_token("hush-hush"),
    ];
    for builder in builders {
        assert!(!format!("{builder:?}").contains("hush"), "{builder:?}");
        let verifier = builder.build().unwrap();
        assert!(!format!("{verifier:?}").contains("hush"), "{verifier:?}");
        assert!(!format!("{verifier:?}").contains("aHVzaC1odXNo"), "{verifier:?}");
    }
}

#[test]
fn r130_what_can_not_work_is_told_when_the_verifier_is_built() {
    let builder = |url: &str| Verifier::introspect(url).client_secret_basic("api", "secret");
    let fault = |url: &str| builder(url).audience("api").build().unwrap_err();
    for url in [
        "",
        "introspect",
        "http://id.test/introspect",
        "ftp://id.test/introspect",
        "https://user:secret@id.test/introspect",
        "https://id.test/introspect#x",
    ] {
        let error = fault(url);
        assert!(
            matches!(
                error,
                ConfigError::InvalidValue { setting: "URL of the introspection endpoint", .. }
            ),
            "{url}: {error}"
        );
        assert!(!error.to_string().contains("secret@"));
    }
    for url in ["http://localhost:1/x", "http://127.0.0.1:1/x", "http://[::1]:1/x", URL] {
        assert!(builder(url).audience("api").build().is_ok(), "{url}");
    }
    assert!(builder("http://id.test/x").insecure_http().any_audience().build().is_ok());
    assert_eq!(builder(URL).build().unwrap_err(), ConfigError::NoAudienceDecision);
    let anonymous = Verifier::introspect(URL).audience("api").build().unwrap_err();
    assert!(anonymous.to_string().contains("client_secret_basic"), "{anonymous}");
    let zero = std::time::Duration::ZERO;
    let broken = [
        builder(URL).client_secret_basic("", "secret"),
        builder(URL).client_secret_post("api", ""),
        builder(URL).bearer_token("two words"),
        builder(URL).tls_client_auth(""),
        builder(URL).timeout(zero),
        builder(URL).capacity(0),
        builder(URL).max_concurrent_requests(0),
        builder(URL).roles_claim(["scope"]),
    ];
    for builder in broken {
        let error = builder.audience("api").build().unwrap_err();
        assert!(matches!(error, ConfigError::InvalidValue { .. }), "{error}");
    }
    let late = builder(URL).audience("api").leeway(std::time::Duration::from_secs(301)).build();
    assert!(matches!(late.unwrap_err(), ConfigError::LeewayTooLong { .. }));
}

#[tokio::test]
async fn r130_what_is_no_bearer_token_is_not_asked_about() {
    let server = Server::says(active());
    let (verifier, _) = server.verifier(|builder| builder);
    for token in ["", " ", "a b", "a\r\nb", "=", "a=b", "ä", "\0", "a&token=b", "%41"] {
        let kind = verify(&verifier, token).await.unwrap_err();
        assert_eq!(kind, AuthErrorKind::MalformedToken, "{token:?}");
    }
    let long = "a".repeat(8 * 1024 + 1);
    assert_eq!(verify(&verifier, &long).await.unwrap_err(), AuthErrorKind::CredentialsTooLong);
    assert_eq!(server.calls(), 0);
    assert!(verify(&verifier, &long[1..]).await.is_ok());
}

#[tokio::test]
async fn r130_a_jwt_never_leaves_where_there_is_a_verifier_of_jwts() {
    let issuer = Issuer::for_tests();
    let server = Server::says(active());
    let (opaque, _) = server.verifier(|builder| builder);
    let both = Verifier::jwt_or_opaque(issuer.verifier().unwrap(), opaque.clone()).unwrap();
    let jwt = issuer.issue(&Grant::new("bob")).unwrap();
    let token = verify(&both, &jwt).await.unwrap();
    assert_eq!((token.kind(), token.subject()), (TokenKind::Jwt, Some("bob")));
    let foreign = Issuer::for_tests().issue(&Grant::new("bob")).unwrap();
    let unsigned = format!("{}.", foreign.rsplit_once('.').unwrap().0);
    let spaced = format!("{}.e30.AA", "IAogeyJhbGciOiJIUzI1NiJ9"); // " \n {"alg":"HS256"}"
    for jwt in [&foreign, &unsigned, &spaced, "e30.e30.AA", "e30..", "eyJh.e30.A"] {
        assert!(verify(&both, jwt).await.is_err(), "{jwt}");
    }
    assert_eq!(server.calls(), 0);
    // What has dots and no header is opaque, and so is what is encrypted.
    let opaques = ["opaque", "ory_at_abc.def", "a.b.c", "...", "eyJhbGciOiJkaXIifQ.a.b.c.d"];
    for token in opaques {
        let token = verify(&both, token).await.unwrap();
        assert_eq!((token.kind(), token.subject()), (TokenKind::Introspected, Some("alice")));
    }
    assert_eq!(server.calls(), opaques.len());
    // By itself it introspects JWTs, too.
    let token = verify(&opaque, &jwt).await.unwrap();
    assert_eq!(token.kind(), TokenKind::Introspected);
    assert_eq!(form(server.last_request().body(), "token"), Some(jwt));
}

#[test]
fn r130_verifiers_that_introspect_are_joined_in_one_way() {
    let jwt = || Issuer::for_tests().verifier().unwrap();
    let opaque = || Server::says(active()).verifier(|builder| builder.issuer("https://id.test")).0;
    let both = || Verifier::jwt_or_opaque(jwt(), opaque());
    let wrong = [
        Verifier::jwt_or_opaque(opaque(), opaque()),
        Verifier::jwt_or_opaque(both().unwrap(), opaque()),
        Verifier::jwt_or_opaque(jwt(), jwt()),
        Verifier::jwt_or_opaque(jwt(), both().unwrap()),
        Verifier::of_issuers([jwt(), opaque()]),
        Verifier::of_issuers([both().unwrap()]),
    ];
    for verifier in wrong {
        assert!(matches!(verifier.unwrap_err(), ConfigError::InvalidValue { .. }));
    }
    let several = Verifier::of_issuers([jwt()]).unwrap();
    assert!(Verifier::jwt_or_opaque(several, opaque()).is_ok());
}

#[tokio::test]
async fn r130_opaque_tokens_and_jwts_pass_one_layer_its_policies_and_extractors() {
    #[derive(serde::Deserialize)]
    struct Who {
        sub: String,
    }
    let issuer = Issuer::for_tests();
    let server =
        Server::new(|token| json_answer(&if token == "opaque" { active() } else { inactive() }));
    let (opaque, _) = server.verifier(|builder| builder);
    let verifier = Verifier::jwt_or_opaque(issuer.verifier().unwrap(), opaque).unwrap();
    let who = |Claims(who): Claims<Who>| async move { who.sub };
    let app = Router::new()
        .route("/", get(who).route_layer(require_scopes(["posts:read"])))
        .route("/write", get(who).route_layer(require_scopes(["posts:write"])))
        .layer(JwtAuthLayer::new(verifier));
    let jwt = issuer.issue(&Grant::new("bob").scopes(["posts:read"])).unwrap();
    for (token, subject) in [(jwt.as_str(), "bob"), ("opaque", "alice"), ("opaque", "alice")] {
        let answer = ask(&app, bearer(token)).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, subject));
        let answer = ask(&app, crate::support::at("/write", bearer(token))).await;
        assert_eq!(answer.kind, Some(AuthErrorKind::InsufficientScope));
        assert_eq!(answer.parameter("scope").as_deref(), Some("posts:write"));
    }
    assert_eq!(server.calls(), 1);
    let answer = ask(&app, bearer("other")).await;
    assert_eq!((answer.status.as_u16(), answer.kind), (401, Some(AuthErrorKind::Inactive)));
    assert_eq!(answer.parameter("error").as_deref(), Some("invalid_token"));
    let text = answer.parameter("error_description");
    assert_eq!(text.as_deref(), Some("the token is not active"));
}

#[tokio::test]
async fn r130_the_default_client_asks_over_a_real_connection() {
    let app = Router::new().route(
        "/introspect",
        axum::routing::post(|body: String| async move {
            let token = form(body.as_bytes(), "token").unwrap();
            axum::Json(if token == "opaque" { active_for_ever() } else { inactive() })
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async { axum::serve(listener, app).await });
    let verifier = Verifier::introspect(format!("http://{address}/introspect"))
        .client_secret_basic("api", "secret")
        .audience("api")
        .http_client(HttpClient::new())
        .build()
        .unwrap();
    assert_eq!(verify(&verifier, "opaque").await.unwrap().subject(), Some("alice"));
    assert_eq!(verify(&verifier, "other").await.unwrap_err(), AuthErrorKind::Inactive);
    server.abort();
    let _ = server.await;
    assert!(verify(&verifier, "opaque").await.is_ok(), "still remembered");
    assert_eq!(verify(&verifier, "third").await.unwrap_err(), AuthErrorKind::Unavailable);
}

fn active_for_ever() -> serde_json::Value {
    let mut answer = active();
    answer.as_object_mut().unwrap().remove("exp");
    answer
}
