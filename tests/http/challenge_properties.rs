//! Whatever a challenge is made of, a client reads one challenge with these values, or the
//! configuration is refused (requirements 24-26, 32).

use proptest::prelude::*;
use tower_bearer::{Challenge, Issuer, JwtAuthLayer};

use super::support::read;

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC*",
        "[ -~]*",
        r#"[\\" ,=a\t\r\n\x00\x7f]*"#,
        Just(r#"", error="x"#.to_owned()),
        Just("a\r\nSet-Cookie: b=c".to_owned()),
    ]
}

fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn r25_r26_any_realm_reads_back_or_is_refused(realm in any_text()) {
        let layer = JwtAuthLayer::new(Issuer::for_tests().verifier().unwrap());
        prop_assert_eq!(layer.realm(&realm).is_ok(), is_printable(&realm));
        match Challenge::new("Bearer", &realm) {
            Ok(challenge) => {
                let text = challenge.to_string();
                http::HeaderValue::from_str(&text).unwrap();
                prop_assert_eq!(read(&text), ("Bearer", vec![("realm".to_owned(), realm)]));
            }
            Err(_) => prop_assert!(!is_printable(&realm)),
        }
    }

    #[test]
    fn r24_r25_any_parameter_reads_back_or_is_refused(
        scheme in prop_oneof!["[A-Za-z]{1,8}", any_text()],
        parameters in prop::collection::vec(
            (
                prop_oneof![
                    "[a-z_]{1,8}",
                    Just("error".to_owned()),
                    Just("error_description".to_owned()),
                    Just("error_uri".to_owned()),
                    Just("scope".to_owned()),
                    any_text(),
                ],
                any_text(),
            ),
            0..4,
        ),
    ) {
        let mut expected = vec![("realm".to_owned(), "api".to_owned())];
        let Ok(mut challenge) = Challenge::new(&scheme, "api") else {
            prop_assert!(scheme.is_empty() || scheme.contains(|c: char| !is_token(c)));
            return Ok(());
        };
        for (name, value) in parameters {
            if let Ok(longer) = challenge.clone().parameter(&name, &value) {
                challenge = longer;
                let limited: &[char] = match name.as_str() {
                    "error" | "error_description" => &['"', '\\'],
                    "error_uri" => &['"', '\\', ' '],
                    _ => &[],
                };
                prop_assert!(!value.contains(limited));
                prop_assert!(name != "scope" || value.split(' ').all(|scope| !scope.is_empty()));
                expected.push((name, value));
            }
        }
        let text = challenge.to_string();
        http::HeaderValue::from_str(&text).unwrap();
        prop_assert_eq!(read(&text), (scheme.as_str(), expected));
    }
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[test]
fn r24_a_parameter_occurs_once_in_whatever_case() {
    let challenge = Challenge::new("Basic", "api").unwrap();
    assert!(challenge.clone().parameter("Realm", "x").is_err());
    let challenge = challenge.parameter("charset", "UTF-8").unwrap();
    assert!(challenge.parameter("CHARSET", "x").is_err());
}
