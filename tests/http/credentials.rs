//! How the credential is read from the request (requirements 1-15).

use http::StatusCode;
use tower_bearer::{AuthErrorKind, Issuer};

use super::support::{Answer, app, ask, bearer, request, token};

async fn with(values: &[&str]) -> Answer {
    let issuer = Issuer::for_tests();
    let values: Vec<String> =
        values.iter().map(|value| value.replace("TOKEN", &token(&issuer))).collect();
    let request = match values.as_slice() {
        [] => request([]),
        [one] => request([one.as_bytes()]),
        [one, two] => request([one.as_bytes(), two.as_bytes()]),
        _ => unreachable!("no test sends more"),
    };
    ask(&app(&issuer), request).await
}

#[tokio::test]
async fn r1_a_bearer_token_is_accepted() {
    let answer = with(&["Bearer TOKEN"]).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "alice"));
}

#[tokio::test]
async fn r2_the_scheme_has_no_case() {
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        assert_eq!(with(&[&format!("{scheme} TOKEN")]).await.status, StatusCode::OK, "{scheme}");
    }
}

#[tokio::test]
async fn r3_spaces_part_scheme_and_token_and_a_tab_does_not() {
    assert_eq!(with(&["Bearer  TOKEN"]).await.status, StatusCode::OK);
    for value in ["Bearer\tTOKEN", "Bearer \tTOKEN", "Bearer\t TOKEN"] {
        assert_invalid_request(&with(&[value]).await, value);
    }
}

#[tokio::test]
async fn r4_a_token_is_a_b64token() {
    for value in [
        "Bearer a,b",
        "Bearer a\"b",
        "Bearer a\\b",
        "Bearer a b",
        "Bearer TOKEN TOKEN",
        "Bearer TOKEN,",
        "Bearer t\u{f6}ken",
        "Bearer a=b",
        "Bearer =",
        "Bearer TOKEN ",
    ] {
        assert_invalid_request(&with(&[value]).await, value);
    }
    // Good characters, but no JWT: a token that is wrong, not a request that is malformed.
    for value in ["Bearer abc", "Bearer a+b/c~d", "Bearer abc==", "Bearer TOKEN="] {
        let answer = with(&[value]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{value}");
        assert_eq!(answer.parameter("error").as_deref(), Some("invalid_token"), "{value}");
    }
}

#[tokio::test]
async fn r5_bearer_without_a_token_is_malformed() {
    for value in ["Bearer", "Bearer ", "Bearer    ", "bearer"] {
        assert_invalid_request(&with(&[value]).await, value);
    }
}

#[tokio::test]
async fn r6_two_authorization_lines_are_refused() {
    for values in [
        ["Bearer TOKEN", "Bearer TOKEN"],
        ["Bearer TOKEN", "Basic YTpi"],
        ["Basic YTpi", "Bearer TOKEN"],
    ] {
        let answer = with(&values).await;
        assert_invalid_request(&answer, values[1]);
        assert_eq!(answer.kind, Some(AuthErrorKind::MultipleCredentials));
    }
}

#[tokio::test]
async fn r7_another_scheme_is_no_credential() {
    for value in ["Basic YTpi", "Foo TOKEN", "BearerTOKEN", "Bear", "Digest a=b", "", "Bearer,x"] {
        let answer = with(&[value]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{value}");
        assert_eq!(answer.challenge.as_deref(), Some(r#"Bearer realm="api""#), "{value}");
        assert_eq!(answer.kind, Some(AuthErrorKind::MissingCredentials), "{value}");
    }
}

#[tokio::test]
async fn r10_a_token_in_the_query_is_none() {
    let issuer = Issuer::for_tests();
    let path = format!("/?access_token={}", token(&issuer));
    let answer = ask(&app(&issuer), super::support::at(&path, request([]))).await;
    assert_eq!(answer.kind, Some(AuthErrorKind::MissingCredentials));
}

#[tokio::test]
async fn r15_credentials_above_8_kib_are_refused_unread() {
    for length in [8 * 1024, 16 * 1024] {
        let answer = with(&[&format!("Bearer {}", "a".repeat(length))]).await;
        assert_invalid_request(&answer, "a long token");
        assert_eq!(answer.kind, Some(AuthErrorKind::CredentialsTooLong));
    }
    let fits = with(&[&format!("Bearer {}", "a".repeat(8 * 1024 - 7))]).await;
    assert_eq!(fits.kind, Some(AuthErrorKind::MalformedToken));
}

#[tokio::test]
async fn any_bytes_as_authorization_are_answered_with_4xx() {
    let issuer = Issuer::for_tests();
    let app = app(&issuer);
    for value in [&b"\xff\xfe"[..], b"Bearer \xff", b"\x80earer x", b"Bearer a.\xc3\xa4.c"] {
        let answer = ask(&app, request([value])).await;
        assert!(answer.status.is_client_error(), "{value:?}");
        assert!(answer.challenge.is_some(), "{value:?}");
    }
    assert_eq!(ask(&app, bearer("a.!.c")).await.status, StatusCode::BAD_REQUEST);
}

fn assert_invalid_request(answer: &Answer, what: &str) {
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}");
    assert_eq!(answer.parameter("error").as_deref(), Some("invalid_request"), "{what}");
}
