//! What the claims have to say (RFC 7519, section 4.1).

use super::*;

#[test]
fn r63_a_token_ends_at_exp() {
    let bench = Bench::new();
    let at = |exp: &str| bench.check(&format!(r#"{{"iss":"https://me","aud":"api","exp":{exp}}}"#));
    for (exp, valid) in [
        ("1699999999", false),
        ("1700000000", false),
        ("1700000000.5", true),
        ("1700000001", true),
        ("1.7000000005e9", true),
        ("-1", false),
        ("0", false),
    ] {
        match at(exp) {
            Ok(_) => assert!(valid, "{exp}"),
            Err(kind) => assert!(!valid && kind == AuthErrorKind::Expired, "{exp} {kind:?}"),
        }
    }
}

#[test]
fn r64_a_token_begins_at_nbf() {
    let bench = Bench::new();
    for (nbf, valid) in [("1699999999", true), ("1700000000", true), ("1700000000.5", false)] {
        match bench.check(&claims(&format!(r#""nbf":{nbf}"#))) {
            Ok(_) => assert!(valid, "{nbf}"),
            Err(kind) => assert!(!valid && kind == AuthErrorKind::NotYetValid, "{nbf}"),
        }
    }
}

#[test]
fn r65_one_leeway_for_all_times() {
    let bench = Bench::new();
    let within = |leeway: Option<u64>, claims: &str| {
        let mut builder = Verifier::builder(&bench.key).any_audience().clock(bench.clock.clone());
        if let Some(seconds) = leeway {
            builder = builder.leeway(Duration::from_secs(seconds));
        }
        let verifier = builder.build().unwrap();
        verifier.check_at_hand(&sign(&bench.key, r#"{"alg":"HS256"}"#, claims)).is_ok()
    };
    let exp = |offset: i64| format!(r#"{{"exp":{}}}"#, NOW as i64 + offset);
    let and = |name: &str, offset: i64| {
        format!(r#"{{"exp":{},"{name}":{}}}"#, NOW + 999, NOW as i64 + offset)
    };
    assert!(within(None, &exp(-29)) && !within(None, &exp(-30)), "30 seconds by default");
    assert!(within(Some(10), &exp(-9)) && !within(Some(10), &exp(-10)));
    for name in ["nbf", "iat"] {
        assert!(within(None, &and(name, 30)) && !within(None, &and(name, 31)), "{name}");
        assert!(within(Some(0), &and(name, 0)) && !within(Some(0), &and(name, 1)), "{name}");
    }
    let too_long = bench.builder().leeway(Duration::from_secs(301)).build().unwrap_err();
    assert_eq!(too_long, ConfigError::LeewayTooLong { seconds: 301 });
    assert!(bench.builder().leeway(Duration::from_secs(300)).build().is_ok());
}

#[test]
fn r66_dates_of_another_type_are_not_absent() {
    let bench = Bench::new();
    for date in ["\"1700000060\"", "null", "true", "[]", "1e400", "-1e400"] {
        for name in ["nbf", "iat"] {
            let kind = bench.kind(&claims(&format!(r#""{name}":{date}"#)));
            assert_eq!(kind, AuthErrorKind::InvalidClaims, "{name} {date}");
        }
        let kind = bench.kind(&format!(r#"{{"iss":"https://me","aud":"api","exp":{date}}}"#));
        assert_eq!(kind, AuthErrorKind::InvalidClaims, "exp {date}");
    }
}

#[test]
fn r67_a_token_without_exp_is_refused() {
    let bench = Bench::new();
    assert_eq!(bench.kind(r#"{"iss":"https://me","aud":"api"}"#), AuthErrorKind::InvalidClaims);
}

#[test]
fn r68_a_token_from_the_future_is_refused() {
    let bench = Bench::new();
    assert!(bench.check(&claims(r#""iat":1700000000"#)).is_ok());
    assert_eq!(bench.kind(&claims(r#""iat":1700000001"#)), AuthErrorKind::IssuedInFuture);
}

#[test]
fn r68_a_token_may_be_held_to_an_age() {
    let bench = Bench::new();
    let verifier = bench.builder().max_token_age(Duration::from_secs(60)).build().unwrap();
    let check =
        |claims: &str| verifier.check_at_hand(&sign(&bench.key, r#"{"alg":"HS256"}"#, claims));
    assert!(check(&claims(r#""iat":1699999941"#)).is_ok());
    let old = check(&claims(r#""iat":1699999940"#)).unwrap_err();
    assert_eq!(old, AuthErrorKind::Expired);
    assert_eq!(check(&claims("")).unwrap_err(), AuthErrorKind::InvalidClaims);
    assert!(bench.check(&claims(r#""iat":1"#)).is_ok(), "no limit by default");
}

#[test]
fn r69_r71_one_of_the_audiences_is_ours() {
    let bench = Bench::new();
    let with = |aud: &str| {
        bench.check(&format!(r#"{{"iss":"https://me","exp":{},{aud}"x":1}}"#, NOW + 60))
    };
    for aud in [r#""aud":"api","#, r#""aud":["other","api"],"#] {
        assert!(with(aud).is_ok(), "{aud}");
    }
    for aud in [
        "",
        r#""aud":"","#,
        r#""aud":"API","#,
        r#""aud":"api/","#,
        r#""aud":"apis","#,
        r#""aud":"ap","#,
        r#""aud":["other"],"#,
    ] {
        assert_eq!(with(aud).unwrap_err(), AuthErrorKind::InvalidAudience, "{aud}");
    }
    for aud in [r#""aud":[],"#, r#""aud":[1,"api"],"#, r#""aud":{"a":"api"},"#, r#""aud":null,"#] {
        assert_eq!(with(aud).unwrap_err(), AuthErrorKind::InvalidClaims, "{aud}");
    }
}

#[test]
fn r70_the_builder_asks_for_a_decision_on_the_audience() {
    let bench = Bench::new();
    let undecided = Verifier::builder(&bench.key).issuer("https://me").build().unwrap_err();
    assert_eq!(undecided, ConfigError::NoAudienceDecision);
    let any = Verifier::builder(&bench.key).any_audience().clock(bench.clock.clone());
    let any = any.build().unwrap();
    for aud in ["", r#""aud":"whoever","#] {
        let claims = format!(r#"{{{aud}"exp":{}}}"#, NOW + 60);
        assert!(
            any.check_at_hand(&sign(&bench.key, r#"{"alg":"HS256"}"#, &claims)).is_ok(),
            "{aud}"
        );
    }
    // The last decision holds.
    let decided = bench.builder().any_audience().audience("api").build().unwrap();
    let other = format!(r#"{{"iss":"https://me","aud":"other","exp":{}}}"#, NOW + 60);
    let token = sign(&bench.key, r#"{"alg":"HS256"}"#, &other);
    assert_eq!(decided.check_at_hand(&token).unwrap_err(), AuthErrorKind::InvalidAudience);
}

#[test]
fn r72_the_issuer_is_compared_letter_by_letter_and_has_its_own_keys() {
    let bench = Bench::new();
    for iss in ["https://me/", "https://ME", "https://m", "https://me.evil", "", " https://me"] {
        let claims = format!(r#"{{"iss":"{iss}","aud":"api","exp":{}}}"#, NOW + 60);
        assert_eq!(bench.kind(&claims), AuthErrorKind::InvalidIssuer, "{iss:?}");
    }
    let absent = format!(r#"{{"aud":"api","exp":{}}}"#, NOW + 60);
    assert_eq!(bench.kind(&absent), AuthErrorKind::InvalidIssuer);
    let array = format!(r#"{{"iss":["https://me"],"aud":"api","exp":{}}}"#, NOW + 60);
    assert_eq!(bench.kind(&array), AuthErrorKind::InvalidClaims);

    // There is one issuer, so that none can speak for another.
    let replaced = bench.builder().issuer("https://b").build().unwrap();
    let token = sign(&bench.key, r#"{"alg":"HS256"}"#, &claims(""));
    assert_eq!(replaced.check_at_hand(&token).unwrap_err(), AuthErrorKind::InvalidIssuer);

    // A key of issuer A under the name of issuer B.
    let other = Issuer::for_tests().issuer("https://a").audience("api").clock(bench.clock.clone());
    let own = Issuer::for_tests().issuer("https://b").audience("api").clock(bench.clock.clone());
    let verifier = own.verifier().unwrap();
    let forged = other.clone().issuer("https://b").issue(&Grant::new("alice")).unwrap();
    assert_eq!(verifier.check_at_hand(&forged).unwrap_err(), AuthErrorKind::InvalidSignature);
    let foreign = other.issue(&Grant::new("alice")).unwrap();
    assert_eq!(verifier.check_at_hand(&foreign).unwrap_err(), AuthErrorKind::InvalidSignature);
}

#[test]
fn r145_r153_a_token_bound_to_a_key_is_no_bearer_token() {
    let bench = Bench::new();
    for cnf in [r#"{"jkt":"x"}"#, r#"{"x5t#S256":"x"}"#, "{}", "null", "\"x\""] {
        let kind = bench.kind(&claims(&format!(r#""cnf":{cnf}"#)));
        assert_eq!(kind, AuthErrorKind::KeyBound, "{cnf}");
    }
}
