use std::time::Duration;

use super::*;
use crate::token::wire::encode;
use crate::{Grant, Issuer, SigningKey};

const NOW: u64 = 1_700_000_000;

/// A key, a verifier with a standing clock and no leeway, and the means to forge.
struct Bench {
    key: SigningKey,
    clock: Clock,
}

impl Bench {
    fn new() -> Self {
        Self {
            key: SigningKey::generate_hs256().unwrap(),
            clock: Clock::manual(Duration::from_secs(NOW)),
        }
    }

    fn builder(&self) -> VerifierBuilder {
        Verifier::builder(&self.key)
            .issuer("https://me")
            .audience("api")
            .leeway(Duration::ZERO)
            .clock(self.clock.clone())
    }

    fn check(&self, claims: &str) -> Result<Token, AuthErrorKind> {
        self.check_with(r#"{"alg":"HS256"}"#, claims)
    }

    fn check_with(&self, header: &str, claims: &str) -> Result<Token, AuthErrorKind> {
        self.builder().build().unwrap().check(&sign(&self.key, header, claims))
    }

    fn kind(&self, claims: &str) -> AuthErrorKind {
        self.check(claims).expect_err(claims)
    }
}

fn sign(key: &SigningKey, header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = encode(key.sign(signed.as_bytes()).unwrap());
    format!("{signed}.{signature}")
}

/// Claims that are right but for what `rest` says, which comes first.
fn claims(rest: &str) -> String {
    let comma = if rest.is_empty() { "" } else { "," };
    format!(r#"{{{rest}{comma}"iss":"https://me","aud":"api","exp":{}}}"#, NOW + 60)
}

#[test]
fn r47_r76_what_is_no_compact_jws_is_malformed() {
    let bench = Bench::new();
    let verifier = bench.builder().build().unwrap();
    let token = sign(&bench.key, r#"{"alg":"HS256"}"#, &claims(""));
    assert!(verifier.check(&token).is_ok());
    let (unsigned, _) = token.rsplit_once('.').unwrap();
    for malformed in [
        unsigned.to_owned(),
        format!("{unsigned}."),
        format!("{token}."),
        format!("{token}.a.b"),
        format!("{token}="),
        format!(" {token}"),
        format!(r#"{{"token":"{token}"}}"#),
    ] {
        assert_eq!(verifier.check(&malformed).unwrap_err(), AuthErrorKind::MalformedToken);
    }
    let long = format!("{token}{}", "A".repeat(MAX_TOKEN_BYTES));
    assert_eq!(verifier.check(&long).unwrap_err(), AuthErrorKind::CredentialsTooLong);
}

#[test]
fn r48_a_second_form_of_the_same_signature_is_refused() {
    let bench = Bench::new();
    let verifier = bench.builder().build().unwrap();
    let token = sign(&bench.key, r#"{"alg":"HS256"}"#, &claims(""));
    // 32 bytes are 43 characters, of which the last carries two bits that no byte needs.
    let last = token.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let position = alphabet.find(last).unwrap();
    assert_eq!(position % 4, 0);
    for other in &alphabet.as_bytes()[position + 1..position + 4] {
        let twin = format!("{}{}", &token[..token.len() - 1], *other as char);
        assert_eq!(verifier.check(&twin).unwrap_err(), AuthErrorKind::MalformedToken);
    }
}

#[test]
fn r51_r52_r53_the_algorithm_is_that_of_the_key() {
    let rsa = include_str!("../../tests/keys/rsa2048.pem");
    let public = include_str!("../../tests/keys/rsa2048.pub.pem");
    let key = SigningKey::from_pem(Algorithm::RS256, rsa).unwrap().with_key_id("1");
    let verifier = Verifier::builder(&key).any_audience().build().unwrap();
    let claims = r#"{"exp":99999999999}"#;
    assert!(verifier.check(&sign(&key, r#"{"alg":"RS256","kid":"1"}"#, claims)).is_ok());

    // The public key as a secret, in every form that it is published in.
    let trimmed = public.trim_end();
    let bare: String = public.lines().filter(|line| !line.starts_with('-')).collect();
    for secret in [public, trimmed, bare.as_str()] {
        let forger = SigningKey::insecure_from_guessable_secret(Algorithm::HS256, secret).unwrap();
        for header in [r#"{"alg":"HS256"}"#, r#"{"alg":"HS256","kid":"1"}"#] {
            let kind = verifier.check(&sign(&forger, header, claims)).unwrap_err();
            assert_eq!(kind, AuthErrorKind::AlgorithmMismatch);
        }
    }
    // The same key under another algorithm of its family, and no algorithm at all.
    let pss = SigningKey::from_pem(Algorithm::PS256, rsa).unwrap();
    for name in ["PS256", "RS384", "none", "None", "nOnE", "", "rs256", "HS256", "ES256"] {
        let header = format!(r#"{{"alg":"{name}","kid":"1"}}"#);
        let kind = verifier.check(&sign(&pss, &header, claims)).unwrap_err();
        assert_eq!(kind, AuthErrorKind::AlgorithmMismatch, "{name}");
    }
    let lying = verifier.check(&sign(&pss, r#"{"alg":"RS256"}"#, claims)).unwrap_err();
    assert_eq!(lying, AuthErrorKind::InvalidSignature);
}

#[test]
fn r54_r55_crit_and_b64_are_refused_with_a_right_signature() {
    let bench = Bench::new();
    for header in [
        r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
        r#"{"alg":"HS256","b64":false}"#,
        r#"{"alg":"HS256","crit":["exp"],"exp":1}"#,
        r#"{"alg":"HS256","crit":[]}"#,
    ] {
        let kind = bench.check_with(header, &claims("")).unwrap_err();
        assert_eq!(kind, AuthErrorKind::UnsupportedHeader, "{header}");
    }
}

#[test]
fn r56_a_key_in_the_header_is_never_used_and_no_address_is_asked() {
    let bench = Bench::new();
    let forger = SigningKey::generate_hs256().unwrap();
    // A server that counts who knocks.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let address = server.local_addr().unwrap();
    let header = format!(
        r#"{{"alg":"HS256","jku":"http://{address}/keys","x5u":"http://{address}/x5u",
            "jwk":{{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}}}"#
    );
    let verifier = bench.builder().build().unwrap();
    let kind = verifier.check(&sign(&forger, &header, &claims(""))).unwrap_err();
    assert_eq!(kind, AuthErrorKind::InvalidSignature);
    assert!(verifier.check(&sign(&bench.key, &header, &claims(""))).is_ok());
    assert_eq!(server.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

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
        verifier.check(&sign(&bench.key, r#"{"alg":"HS256"}"#, claims)).is_ok()
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
    let check = |claims: &str| verifier.check(&sign(&bench.key, r#"{"alg":"HS256"}"#, claims));
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
        assert!(any.check(&sign(&bench.key, r#"{"alg":"HS256"}"#, &claims)).is_ok(), "{aud}");
    }
    // The last decision holds.
    let decided = bench.builder().any_audience().audience("api").build().unwrap();
    let other = format!(r#"{{"iss":"https://me","aud":"other","exp":{}}}"#, NOW + 60);
    let token = sign(&bench.key, r#"{"alg":"HS256"}"#, &other);
    assert_eq!(decided.check(&token).unwrap_err(), AuthErrorKind::InvalidAudience);
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
    assert_eq!(replaced.check(&token).unwrap_err(), AuthErrorKind::InvalidIssuer);

    // A key of issuer A under the name of issuer B.
    let other = Issuer::for_tests().issuer("https://a").audience("api").clock(bench.clock.clone());
    let own = Issuer::for_tests().issuer("https://b").audience("api").clock(bench.clock.clone());
    let verifier = own.verifier().unwrap();
    let forged = other.clone().issuer("https://b").issue(&Grant::new("alice")).unwrap();
    assert_eq!(verifier.check(&forged).unwrap_err(), AuthErrorKind::InvalidSignature);
    let foreign = other.issue(&Grant::new("alice")).unwrap();
    assert_eq!(verifier.check(&foreign).unwrap_err(), AuthErrorKind::InvalidSignature);
}

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

#[test]
fn r77_claims_are_judged_only_under_a_right_signature() {
    let bench = Bench::new();
    let forger = SigningKey::generate_hs256().unwrap();
    let verifier = bench.builder().build().unwrap();
    for claims in [
        r#"{"exp":1}"#.to_owned(),
        r#"{"iss":"x","aud":"y","exp":"z"}"#.to_owned(),
        "not json".to_owned(),
        "{}".to_owned(),
        claims(""),
    ] {
        let token = sign(&forger, r#"{"alg":"HS256","typ":"rt+jwt"}"#, &claims);
        assert_eq!(verifier.check(&token).unwrap_err(), AuthErrorKind::InvalidSignature);
    }
}

#[test]
fn r145_r153_a_token_bound_to_a_key_is_no_bearer_token() {
    let bench = Bench::new();
    for cnf in [r#"{"jkt":"x"}"#, r#"{"x5t#S256":"x"}"#, "{}", "null", "\"x\""] {
        let kind = bench.kind(&claims(&format!(r#""cnf":{cnf}"#)));
        assert_eq!(kind, AuthErrorKind::KeyBound, "{cnf}");
    }
}

#[test]
fn r79_the_whole_life_of_a_token_in_one_test() {
    let clock = Clock::manual(Duration::from_secs(NOW));
    let issuer = Issuer::for_tests().clock(clock.clone()).leeway(Duration::ZERO);
    let verifier = issuer.verifier().unwrap();
    let token = issuer.issue(&Grant::new("alice")).unwrap();
    assert!(verifier.check(&token).is_ok());
    clock.advance(issuer.lifetime() - Duration::from_nanos(1_000));
    assert!(verifier.check(&token).is_ok());
    clock.advance(Duration::from_nanos(1_000));
    assert_eq!(verifier.check(&token).unwrap_err(), AuthErrorKind::Expired);
    clock.set(Duration::from_secs(NOW - 1));
    assert_eq!(verifier.check(&token).unwrap_err(), AuthErrorKind::IssuedInFuture);
}

#[test]
fn r16_debug_shows_neither_claims_nor_signature() {
    let issuer = Issuer::for_tests();
    let minted = issuer.issue(&Grant::new("alice").claim("secret", "hunter2")).unwrap();
    let token = issuer.verifier().unwrap().check(&minted).unwrap();
    let shown = format!("{token:?} {issuer:?} {:?}", issuer.verifier().unwrap());
    assert!(shown.contains("alice") && !shown.contains("hunter2") && !shown.contains(&minted));
}
