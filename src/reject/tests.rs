//! What is constant about refusals.

use super::*;
use crate::challenge::is_description;

/// Every kind, in the order of `docs/ERRORS.md`; the first test counts them.
const KINDS: &[AuthErrorKind] = &[
    AuthErrorKind::MissingCredentials,
    AuthErrorKind::MalformedCredentials,
    AuthErrorKind::MultipleCredentials,
    AuthErrorKind::CredentialsTooLong,
    AuthErrorKind::MalformedToken,
    AuthErrorKind::UnsupportedHeader,
    AuthErrorKind::UnknownKey,
    AuthErrorKind::AlgorithmMismatch,
    AuthErrorKind::InvalidSignature,
    AuthErrorKind::WrongTokenType,
    AuthErrorKind::InvalidClaims,
    AuthErrorKind::Expired,
    AuthErrorKind::NotYetValid,
    AuthErrorKind::IssuedInFuture,
    AuthErrorKind::InvalidIssuer,
    AuthErrorKind::InvalidAudience,
    AuthErrorKind::KeyBound,
    AuthErrorKind::Inactive,
    AuthErrorKind::InactiveSubject,
    AuthErrorKind::Revoked,
    AuthErrorKind::InvalidApiKey,
    AuthErrorKind::ApiKeyRateExceeded,
    AuthErrorKind::ApiKeyNotAccepted,
    AuthErrorKind::InsufficientScope,
    AuthErrorKind::Forbidden,
    AuthErrorKind::CrossSite,
    AuthErrorKind::Unavailable,
    AuthErrorKind::MissingLayer,
];

#[test]
fn r30_the_table_of_errors_is_what_the_code_says() {
    let table = include_str!("../../docs/ERRORS.md");
    let written: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
    let name = |text: Option<&str>| text.map_or("–".to_owned(), |text| format!("`{text}`"));
    let expected: Vec<String> = KINDS
        .iter()
        .map(|kind| {
            let (status, error, code) =
                (kind.status().as_u16(), name(kind.error()), name(kind.code()));
            format!("| `{kind:?}` | {status} | {error} | {code} | {} |", kind.description())
        })
        .collect();
    assert_eq!(written, expected);
    let source = include_str!("../error/auth.rs");
    let (_, rest) = source.split_once("pub enum AuthErrorKind {").unwrap();
    let (variants, _) = rest.split_once("\n}").unwrap();
    let variants = variants.lines().filter(|line| line.trim_end().ends_with(','));
    assert_eq!(variants.count(), KINDS.len(), "every kind is in the list of this test");
}

#[test]
fn r25_r30_codes_and_texts_are_constants_that_fit_a_header_and_a_json_string() {
    for kind in KINDS {
        let texts = [Some(kind.description()), kind.error(), kind.code()];
        assert!(texts.into_iter().flatten().all(|text| text.bytes().all(is_description)));
    }
    let mut codes: Vec<_> = KINDS.iter().filter_map(|kind| kind.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), KINDS.len() - 1, "a code each, and none without credentials");
}

#[test]
fn r18_r31_only_what_new_credentials_can_mend_is_challenged() {
    for kind in KINDS {
        let rejection = Rejection::new(*kind, Surroundings::default());
        let challenged = !matches!(
            kind,
            AuthErrorKind::Unavailable
                | AuthErrorKind::MissingLayer
                | AuthErrorKind::CrossSite
                | AuthErrorKind::ApiKeyRateExceeded
        );
        assert_eq!(rejection.challenges().count(), usize::from(challenged), "{kind:?}");
        let response = rejection.to_response(&Method::GET);
        assert_eq!(response.status(), kind.status());
        let waits = *kind == AuthErrorKind::Unavailable;
        assert_eq!(response.headers().contains_key(RETRY_AFTER), waits, "{kind:?}");
    }
}

#[test]
fn a_refusal_that_is_kept_answers_as_one_that_is_made_anew() {
    let layer = |realm| {
        let mut surroundings = Surroundings::default();
        surroundings.set_realm(realm).unwrap();
        surroundings.take_api_keys(true);
        surroundings
    };
    let mut kept = layer("a");
    let answers_as_new = |kept: &Surroundings, realm| {
        let scopes = [Some("b"), None, Some("b c"), Some("b")];
        for (kind, scope) in KINDS.iter().flat_map(|kind| scopes.map(|scope| (*kind, scope))) {
            for (by_key, seconds) in
                [(false, None), (true, None), (false, Some(3)), (true, Some(4)), (false, None)]
            {
                let answer = |of: Surroundings| {
                    let of = if by_key { of.by_api_key() } else { of };
                    let after = seconds.map(Duration::from_secs);
                    let refusal = Rejection::new(kind, of).with_scope(scope.map(Arc::from));
                    let answer = refusal.with_retry_after(after).to_response(&Method::GET);
                    let (parts, body) = answer.into_parts();
                    (parts.status, parts.headers, body)
                };
                let (old, new) = (answer(kept.clone()), answer(layer(realm)));
                assert_eq!(old, new, "{kind:?} {scope:?} {by_key} {seconds:?}");
            }
        }
    };
    answers_as_new(&kept, "a");
    kept.set_realm("d").unwrap();
    answers_as_new(&kept, "d");
}

#[cfg(feature = "tonic")]
#[test]
fn every_refusal_is_a_status_of_grpc() {
    use tonic::{Code, Status};

    let mut surroundings = Surroundings::default();
    surroundings.set_responder(Responder::Format(RejectionFormat::Grpc));
    let table = include_str!("../../docs/ERRORS.md");
    for kind in KINDS {
        // The first is put together, the second copied.
        for _ in 0..2 {
            let rejection = Rejection::new(*kind, surroundings.clone());
            let response = rejection.to_response(&Method::POST);
            assert_eq!(response.status(), StatusCode::OK);
            assert!(response.body().is_empty());
            let headers = response.headers();
            assert!(!headers.contains_key(CONTENT_LENGTH), "{kind:?}");
            let status = Status::from_header_map(headers).unwrap();
            assert_ne!(status.code(), Code::Ok);
            assert_eq!(status.message(), kind.description());
            let code = headers.get("error-code").map(|code| code.to_str().unwrap());
            assert_eq!(code, kind.code());
            assert_eq!(
                headers.contains_key("grpc-retry-pushback-ms"),
                headers.contains_key(RETRY_AFTER)
            );
            let challenges: Vec<_> = headers.get_all(WWW_AUTHENTICATE).iter().cloned().collect();
            assert_eq!(challenges, rejection.challenges().collect::<Vec<_>>());
            let number = i32::from(status.code());
            let line = format!("`{}` ({number})", name_of(status.code()));
            let http = kind.status().as_u16().to_string();
            let told = |row: &&str| row.contains(&line) && row.contains(&http);
            assert!(table.lines().any(|row| told(&row)), "{kind:?}: {http} {line}");
        }
    }
}

/// As gRPC writes it.
#[cfg(feature = "tonic")]
fn name_of(code: tonic::Code) -> String {
    let mut name = String::new();
    for character in format!("{code:?}").chars() {
        if character.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(character.to_ascii_uppercase());
    }
    name
}
