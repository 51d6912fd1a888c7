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
        assert!(strict.check_at_hand(&token(&typ(name))).is_ok(), "{name}");
        assert!(lenient.check_at_hand(&token(&typ(name))).is_ok(), "{name}");
    }
    for name in ["JWT", "jwt", "application/jwt"] {
        assert_eq!(
            strict.check_at_hand(&token(&typ(name))).unwrap_err(),
            AuthErrorKind::WrongTokenType
        );
        assert!(lenient.check_at_hand(&token(&typ(name))).is_ok(), "{name}");
    }
    for name in ["rt+jwt", "dpop+jwt", "", "application/", "text/at+jwt", "at+jwt ", "a/at+jwt"] {
        for verifier in [&strict, &lenient] {
            let kind = verifier.check_at_hand(&token(&typ(name))).unwrap_err();
            assert_eq!(kind, AuthErrorKind::WrongTokenType, "{name}");
        }
    }
    let untyped = token(r#"{"alg":"HS256"}"#);
    assert_eq!(strict.check_at_hand(&untyped).unwrap_err(), AuthErrorKind::WrongTokenType);
    assert!(lenient.check_at_hand(&untyped).is_ok());
}

#[test]
fn r74_no_kind_of_token_is_taken_for_another() {
    let bench = Bench::new();
    const KINDS: [&str; 4] = ["at+jwt", "rt+jwt", "reset+jwt", "verify+jwt"];
    let lenient = bench.builder().build().unwrap();
    for wanted in KINDS {
        let verifier = bench.builder().token_type(wanted).build().unwrap();
        for given in KINDS {
            for spelling in [given.to_owned(), given.to_uppercase(), format!("application/{given}")]
            {
                let header = format!(r#"{{"alg":"HS256","typ":"{spelling}"}}"#);
                let token = sign(&bench.key, &header, &claims(""));
                let verdict = verifier.check_at_hand(&token).map(drop);
                let expected =
                    if wanted == given { Ok(()) } else { Err(AuthErrorKind::WrongTokenType) };
                assert_eq!(verdict, expected, "{spelling} where {wanted} is wanted");
                assert_eq!(lenient.check_at_hand(&token).is_ok(), given == "at+jwt", "{spelling}");
            }
        }
    }
}

#[test]
fn r82_the_issuers_verifier_takes_access_tokens_alone() {
    let bench = Bench::new();
    let issuer = Issuer::new(bench.key.clone()).issuer("https://me").audience("api");
    let issuer = issuer.clock(bench.clock.clone());
    let (strict, mixed) =
        (issuer.verifier().unwrap(), issuer.verifier_with(KeySet::new()).unwrap());
    let token = |header: &str| sign(&bench.key, header, &claims(""));
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "APPLICATION/AT+JWT", "At+Jwt"] {
        assert!(
            strict.check_at_hand(&token(&format!(r#"{{"alg":"HS256","typ":"{typ}"}}"#))).is_ok()
        );
    }
    for header in [
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"HS256","typ":"JWT"}"#,
        r#"{"alg":"HS256","typ":"jwt"}"#,
        r#"{"alg":"HS256","typ":"application/jwt"}"#,
        r#"{"alg":"HS256","cty":"at+jwt"}"#,
        r#"{"alg":"HS256","typ":"at+jwt+x"}"#,
        r#"{"alg":"HS256","typ":"application/x/at+jwt"}"#,
    ] {
        assert_eq!(
            strict.check_at_hand(&token(header)).unwrap_err(),
            AuthErrorKind::WrongTokenType
        );
    }
    for header in [r#"{"alg":"HS256","typ":null}"#, r#"{"alg":"HS256","typ":["at+jwt"]}"#] {
        assert_eq!(
            strict.check_at_hand(&token(header)).unwrap_err(),
            AuthErrorKind::MalformedToken
        );
    }
    assert!(
        mixed.check_at_hand(&token(r#"{"alg":"HS256","typ":"JWT"}"#)).is_ok(),
        "as it documents"
    );
}

#[test]
fn r62_ed25519_is_eddsa_by_another_name() {
    let pem = include_str!("../../../tests/keys/ed25519.pem");
    let key = SigningKey::from_pem(Algorithm::EdDSA, pem).unwrap();
    let verifier = Verifier::builder(&key).any_audience().build().unwrap();
    for (name, expected) in [
        ("EdDSA", Ok(())),
        ("Ed25519", Ok(())),
        ("Ed448", Err(AuthErrorKind::AlgorithmMismatch)),
        ("ed25519", Err(AuthErrorKind::AlgorithmMismatch)),
        ("ESP256", Err(AuthErrorKind::AlgorithmMismatch)),
    ] {
        let token = sign(&key, &format!(r#"{{"alg":"{name}"}}"#), r#"{"exp":99999999999}"#);
        assert_eq!(verifier.check_at_hand(&token).map(drop), expected, "{name}");
    }
    // A key may say it too.
    let jwk = r#"{"kty":"OKP","crv":"Ed25519","alg":"Ed25519",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    assert_eq!(VerifyingKey::from_jwk(jwk).unwrap().algorithm(), Algorithm::EdDSA);
}

#[test]
fn r87_an_id_token_and_an_access_token_do_not_stand_in_for_each_other() {
    let bench = Bench::new();
    let token = |typ: &str, rest: &str| {
        sign(&bench.key, &format!(r#"{{"alg":"HS256","typ":"{typ}"}}"#), &claims(rest))
    };
    // As OpenID Connect Core, section 2, has it: the client is the audience.
    let id_token = token("JWT", r#""nonce":"n","azp":"api","auth_time":1"#);
    let access_token = token("at+jwt", r#""client_id":"web","scope":"openid""#);
    let resource = bench.builder().token_type("at+jwt").build().unwrap();
    let client = bench.builder().token_type("JWT").build().unwrap();
    assert_eq!(resource.check_at_hand(&id_token).unwrap_err(), AuthErrorKind::WrongTokenType);
    assert_eq!(client.check_at_hand(&access_token).unwrap_err(), AuthErrorKind::WrongTokenType);
    assert!(
        resource.check_at_hand(&access_token).is_ok() && client.check_at_hand(&id_token).is_ok()
    );
}

#[test]
fn r83_no_particular_client_id_is_asked_for() {
    let bench = Bench::new();
    let verifier = bench.builder().token_type("at+jwt").build().unwrap();
    for client_id in [None, Some("web"), Some("first-party"), Some("\u{1F511} another")] {
        let rest = client_id.map_or(String::new(), |id| format!(r#""client_id":"{id}""#));
        let token = sign(&bench.key, r#"{"alg":"HS256","typ":"at+jwt"}"#, &claims(&rest));
        assert_eq!(verifier.check_at_hand(&token).unwrap().client_id(), client_id);
    }
}
