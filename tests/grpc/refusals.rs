//! Each refusal, as a client sees it (requirements 18, 25, 26, 31).

use std::collections::BTreeSet;
use std::time::Duration;

use tonic::Code;
use tower_bearer::{
    ApiKeyCheck, ApiKeySource, Grant, Issuer, Revocations, SigningKey, Token, TokenSource, role,
    scopes,
};

use super::support::{
    Doctor, ask, bearer, both, clock, issuer, layer, metadata, seen, token, with,
};

#[tokio::test]
async fn a_valid_token_is_let_through_and_its_subject_known() {
    let clock = clock();
    let issuer = issuer(&clock);
    let served = both(layer(&issuer), &Doctor::new(&clock)).await;
    assert_eq!(ask(&served, bearer(&token(&issuer)), "").await.unwrap(), "alice");
}

#[tokio::test]
async fn r25_r26_wrong_credentials_are_unauthenticated_and_say_why() {
    let clock = clock();
    let issuer = issuer(&clock);
    let served = both(layer(&issuer), &Doctor::new(&clock)).await;
    let good = token(&issuer);
    let forged = Issuer::new(SigningKey::generate_hs256().unwrap()).clock(clock.clone());
    let forged = forged.issuer("https://issuer.test").audience("api");
    let old = issuer.clone().access_token_lifetime(Duration::from_secs(60));
    let old = token(&old);
    let foreign = token(&issuer.clone().issuer("https://other.test"));
    clock.advance(Duration::from_secs(120));

    let twice = format!("Bearer {good}");
    let cases = [
        (with(&[]), None, "authentication required"),
        (bearer("x"), Some("malformed_token"), "the token is malformed"),
        (bearer(&token(&forged)), Some("invalid_signature"), "the signature is invalid"),
        (bearer(&old), Some("token_expired"), "the token is expired"),
        (bearer(&foreign), Some("invalid_issuer"), "the token is of another issuer"),
        (
            with(&[("authorization", "Bearer")]),
            Some("malformed_credentials"),
            "the credentials are malformed",
        ),
        (
            with(&[("authorization", &twice), ("authorization", &twice)]),
            Some("multiple_credentials"),
            "more than one credential was sent",
        ),
    ];
    for (credentials, code, text) in cases {
        let refused = ask(&served, credentials, "").await.expect_err(text);
        assert_eq!(seen(&refused), (Code::Unauthenticated, code, text));
        let challenge = metadata(&refused, "www-authenticate").unwrap();
        assert!(challenge.starts_with(r#"Bearer realm="api""#), "{challenge}");
        assert_eq!(challenge.contains(text), code.is_some(), "{challenge}");
        assert_eq!(metadata(&refused, "retry-after"), None);
        assert_eq!(metadata(&refused, "grpc-retry-pushback-ms"), None);
    }
    assert_eq!(ask(&served, bearer(&good), "").await.unwrap(), "alice");
}

#[tokio::test]
async fn who_may_not_is_denied_and_told_the_scopes() {
    let clock = clock();
    let issuer = issuer(&clock);
    let served = both(layer(&issuer).require(scopes(["a", "b"])), &Doctor::new(&clock)).await;
    let lacking = issuer.issue(&Grant::new("alice").scopes(["a"])).unwrap();
    let refused = ask(&served, bearer(&lacking), "").await.unwrap_err();
    let expected = "the token lacks a required scope";
    assert_eq!(seen(&refused), (Code::PermissionDenied, Some("insufficient_scope"), expected));
    let challenge = metadata(&refused, "www-authenticate").unwrap();
    assert!(challenge.contains(r#"scope="a b""#), "{challenge}");

    let served = both(layer(&issuer).require(role("admin")), &Doctor::new(&clock)).await;
    let user = issuer.issue(&Grant::new("alice").roles(["user"])).unwrap();
    let refused = ask(&served, bearer(&user), "").await.unwrap_err();
    assert_eq!(seen(&refused), (Code::PermissionDenied, Some("access_denied"), "access denied"));
    let admin = issuer.issue(&Grant::new("alice").roles(["admin"])).unwrap();
    assert_eq!(ask(&served, bearer(&admin), "").await.unwrap(), "alice");
}

#[tokio::test]
async fn a_reason_that_is_hidden_is_in_nothing_that_a_client_sees() {
    let clock = clock();
    let issuer = issuer(&clock);
    let served = both(layer(&issuer).hide_reason(), &Doctor::new(&clock)).await;
    let old = token(&issuer);
    clock.advance(Duration::from_secs(86_400));
    let refused = ask(&served, bearer(&old), "").await.unwrap_err();
    let expected = (Code::Unauthenticated, Some("invalid_token"), "the token is not valid");
    assert_eq!(seen(&refused), expected);
    assert!(!format!("{refused:?}").contains("expired"), "{refused:?}");
}

/// Knows the tokens of these subjects as revoked, and can't tell about `nobody`.
struct Revoked(BTreeSet<&'static str>);

impl Revocations for Revoked {
    type Error = std::fmt::Error;

    async fn is_revoked(&self, token: &Token) -> Result<bool, std::fmt::Error> {
        tokio::task::yield_now().await;
        match token.subject() {
            Some("nobody") | None => Err(std::fmt::Error),
            Some(subject) => Ok(self.0.contains(subject)),
        }
    }
}

#[tokio::test]
async fn r31_a_store_that_is_away_makes_clients_come_again_and_keep_their_tokens() {
    let clock = clock();
    let issuer = issuer(&clock);
    let revoked = Revoked(["mallory"].into());
    let served = both(layer(&issuer).revocations(revoked), &Doctor::new(&clock)).await;
    let of = |name: &str| bearer(&issuer.issue(&Grant::new(name)).unwrap());
    assert_eq!(ask(&served, of("alice"), "").await.unwrap(), "alice");
    let refused = ask(&served, of("mallory"), "").await.unwrap_err();
    let expected = (Code::Unauthenticated, Some("token_revoked"), "the token is revoked");
    assert_eq!(seen(&refused), expected);

    let refused = ask(&served, of("nobody"), "").await.unwrap_err();
    let text = "authentication is temporarily unavailable";
    assert_eq!(seen(&refused), (Code::Unavailable, Some("temporarily_unavailable"), text));
    assert_eq!(metadata(&refused, "www-authenticate"), None);
    assert_eq!(metadata(&refused, "retry-after"), Some("1"));
    assert_eq!(metadata(&refused, "grpc-retry-pushback-ms"), Some("1000"));
}

/// Knows one key, which is used too often.
struct Busy;

impl ApiKeySource for Busy {
    type Error = std::convert::Infallible;

    async fn check_api_key(&self, key: &str) -> Result<ApiKeyCheck, Self::Error> {
        let busy = ApiKeyCheck::RateExceeded { retry_after: Duration::from_micros(1_500_500) };
        Ok(if key == "busy" { busy } else { ApiKeyCheck::Invalid })
    }
}

#[tokio::test]
async fn a_key_that_is_used_too_often_exhausts_its_rate() {
    let clock = clock();
    let issuer = issuer(&clock);
    let served = both(layer(&issuer).api_keys(Busy), &Doctor::new(&clock)).await;
    let refused = ask(&served, with(&[("x-api-key", "busy")]), "").await.unwrap_err();
    let expected =
        (Code::ResourceExhausted, Some("rate_exceeded"), "the API key is used too often");
    assert_eq!(seen(&refused), expected);
    assert_eq!(metadata(&refused, "retry-after"), Some("2"));
    assert_eq!(metadata(&refused, "grpc-retry-pushback-ms"), Some("1501"));

    // Both schemes are offered, each in a value of its own.
    let refused = ask(&served, with(&[("x-api-key", "old")]), "").await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let values = refused.metadata().get_all("www-authenticate").iter();
    let values: Vec<&str> = values.map(|value| value.to_str().unwrap()).collect();
    assert_eq!(values, [r#"Bearer realm="api""#, r#"ApiKey realm="api""#]);
}

#[tokio::test]
async fn r14_a_cookie_from_another_site_is_denied() {
    let clock = clock();
    let issuer = issuer(&clock);
    let layer = layer(&issuer).token_source(TokenSource::cookie("__Host-access"));
    let served = both(layer, &Doctor::new(&clock)).await;
    let cookie = format!("__Host-access={}", token(&issuer));
    let from = |site| with(&[("cookie", cookie.as_str()), ("sec-fetch-site", site)]);
    assert_eq!(ask(&served, from("same-origin"), "").await.unwrap(), "alice");
    let refused = ask(&served, from("cross-site"), "").await.unwrap_err();
    let text = "the request comes from another site";
    assert_eq!(seen(&refused), (Code::PermissionDenied, Some("cross_site_request"), text));
    assert_eq!(metadata(&refused, "www-authenticate"), None);
}
