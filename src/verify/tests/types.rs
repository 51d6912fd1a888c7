//! Kinds of tokens, told apart by `typ` (RFC 8725, section 3.11).

use super::*;

#[test]
fn r75_types_compare_without_case_and_prefix() {
    let bench = Bench::new();
    let typ = |typ: &str| format!(r#"{{"alg":"HS256","typ":"{typ}"}}"#);
    let token = |header: &str| sign(&bench.key, header, &claims(""));
    let strict = bench.builder().token_type("at+jwt").build().unwrap();
    let lenient = bench.builder().build().unwrap();
    for name in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        assert!(strict.check(&token(&typ(name))).is_ok(), "{name}");
        assert!(lenient.check(&token(&typ(name))).is_ok(), "{name}");
    }
    for name in ["JWT", "jwt", "application/jwt"] {
        assert_eq!(strict.check(&token(&typ(name))).unwrap_err(), AuthErrorKind::WrongTokenType);
        assert!(lenient.check(&token(&typ(name))).is_ok(), "{name}");
    }
    for name in ["rt+jwt", "dpop+jwt", "", "application/", "text/at+jwt", "at+jwt ", "a/at+jwt"] {
        for verifier in [&strict, &lenient] {
            let kind = verifier.check(&token(&typ(name))).unwrap_err();
            assert_eq!(kind, AuthErrorKind::WrongTokenType, "{name}");
        }
    }
    let untyped = token(r#"{"alg":"HS256"}"#);
    assert_eq!(strict.check(&untyped).unwrap_err(), AuthErrorKind::WrongTokenType);
    assert!(lenient.check(&untyped).is_ok());
}
