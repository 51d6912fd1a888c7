mod attacks;
#[cfg(feature = "cache")]
mod cache;
mod claims;
mod cost;
mod limits;
mod properties;
mod types;

use std::time::Duration;

use super::*;
use crate::token::wire::encode;
use crate::{AuthErrorKind, Clock, Grant, Issuer, SigningKey};

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
        self.builder().build().unwrap().check_at_hand(&sign(&self.key, header, claims))
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
    assert!(verifier.check_at_hand(&token).is_ok());
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
        assert_eq!(verifier.check_at_hand(&malformed).unwrap_err(), AuthErrorKind::MalformedToken);
    }
    let long = format!("{token}{}", "A".repeat(MAX_TOKEN_BYTES));
    assert_eq!(verifier.check_at_hand(&long).unwrap_err(), AuthErrorKind::CredentialsTooLong);
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
        assert_eq!(verifier.check_at_hand(&twin).unwrap_err(), AuthErrorKind::MalformedToken);
    }
}

#[test]
fn r51_r52_r53_the_algorithm_is_that_of_the_key() {
    let rsa = include_str!("../../../tests/keys/rsa2048.pem");
    let public = include_str!("../../../tests/keys/rsa2048.pub.pem");
    let key = SigningKey::from_pem(Algorithm::RS256, rsa).unwrap().with_key_id("1");
    let verifier = Verifier::builder(&key).any_audience().build().unwrap();
    let claims = r#"{"exp":99999999999}"#;
    assert!(verifier.check_at_hand(&sign(&key, r#"{"alg":"RS256","kid":"1"}"#, claims)).is_ok());

    // The public key as a secret, in every form that it is published in.
    let trimmed = public.trim_end();
    let bare: String = public.lines().filter(|line| !line.starts_with('-')).collect();
    for secret in [public, trimmed, bare.as_str()] {
        let forger = SigningKey::insecure_from_guessable_secret(Algorithm::HS256, secret).unwrap();
        for header in [r#"{"alg":"HS256"}"#, r#"{"alg":"HS256","kid":"1"}"#] {
            let kind = verifier.check_at_hand(&sign(&forger, header, claims)).unwrap_err();
            assert_eq!(kind, AuthErrorKind::AlgorithmMismatch);
        }
    }
    // The same key under another algorithm of its family, and no algorithm at all.
    let pss = SigningKey::from_pem(Algorithm::PS256, rsa).unwrap();
    for name in ["PS256", "RS384", "none", "None", "nOnE", "", "rs256", "HS256", "ES256"] {
        let header = format!(r#"{{"alg":"{name}","kid":"1"}}"#);
        let kind = verifier.check_at_hand(&sign(&pss, &header, claims)).unwrap_err();
        assert_eq!(kind, AuthErrorKind::AlgorithmMismatch, "{name}");
    }
    let lying = verifier.check_at_hand(&sign(&pss, r#"{"alg":"RS256"}"#, claims)).unwrap_err();
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
    let kind = verifier.check_at_hand(&sign(&forger, &header, &claims(""))).unwrap_err();
    assert_eq!(kind, AuthErrorKind::InvalidSignature);
    assert!(verifier.check_at_hand(&sign(&bench.key, &header, &claims(""))).is_ok());
    assert_eq!(server.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
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
        assert_eq!(verifier.check_at_hand(&token).unwrap_err(), AuthErrorKind::InvalidSignature);
    }
}

#[test]
fn r79_the_whole_life_of_a_token_in_one_test() {
    let clock = Clock::manual(Duration::from_secs(NOW));
    let issuer = Issuer::for_tests().clock(clock.clone()).leeway(Duration::ZERO);
    let verifier = issuer.verifier().unwrap();
    let token = issuer.issue(&Grant::new("alice")).unwrap();
    assert!(verifier.check_at_hand(&token).is_ok());
    clock.advance(issuer.lifetime() - Duration::from_nanos(1_000));
    assert!(verifier.check_at_hand(&token).is_ok());
    clock.advance(Duration::from_nanos(1_000));
    assert_eq!(verifier.check_at_hand(&token).unwrap_err(), AuthErrorKind::Expired);
    clock.set(Duration::from_secs(NOW - 1));
    assert_eq!(verifier.check_at_hand(&token).unwrap_err(), AuthErrorKind::IssuedInFuture);
}

#[test]
fn r16_debug_shows_neither_claims_nor_signature() {
    let issuer = Issuer::for_tests();
    let minted = issuer.issue(&Grant::new("alice").claim("secret", "hunter2")).unwrap();
    let token = issuer.verifier().unwrap().check_at_hand(&minted).unwrap();
    let shown = format!("{token:?} {issuer:?} {:?}", issuer.verifier().unwrap());
    assert!(shown.contains("alice") && !shown.contains("hunter2") && !shown.contains(&minted));
}
