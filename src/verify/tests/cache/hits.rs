//! What is recognised, and what never gets in.

use super::*;

#[test]
fn r189_a_token_that_comes_again_is_recognised() {
    let bench = Bench::new();
    let verifier = bench.cached(TokenCache::new(10));
    let (first, second) = (bench.token(r#""sub":"a""#), bench.token(r#""sub":"b""#));
    for _ in 0..3 {
        assert_eq!(verifier.check_at_hand(&first).unwrap().subject(), Some("a"));
        assert_eq!(verifier.check_at_hand(&second).unwrap().subject(), Some("b"));
    }
    assert_eq!(counts(&verifier), (4, 2, 2));
    assert!(!verifier.cache_counters().unwrap().is_empty());
    assert_eq!(bench.builder().build().unwrap().cache_counters(), None, "off unless asked for");
}

#[test]
fn r189_nothing_of_a_token_is_decoded_or_verified_on_a_hit() {
    let bench = Bench::new();
    let verifier = bench.cached(TokenCache::new(10));
    let token = verifier.check_at_hand(&bench.token(r#""sub":"alice""#)).unwrap();
    // No part of it could be decoded, and no key has signed it.
    for text in ["!", "no token at all", "e30.e30.AAAA"] {
        assert!(verifier.check_at_hand(text).is_err());
        pretend(&verifier, text, &token);
        assert_eq!(verifier.check_at_hand(text).unwrap().subject(), Some("alice"));
    }
}

#[test]
fn r189_a_hit_allocates_nothing() {
    let bench = Bench::new();
    let verifier = bench.cached(TokenCache::new(10));
    let token = bench.token(r#""sub":"alice","scope":"a b c","roles":["d","e"]"#);
    let check = || assert!(verifier.check_at_hand(&token).is_ok());
    let first = allocation_counter::measure(check).count_total;
    let again = allocation_counter::measure(check).count_total;
    assert!(first > 5 && again == 0, "{first} {again}");
    assert_eq!(counts(&verifier), (1, 1, 1));
}

#[test]
fn r189_what_is_refused_is_never_remembered() {
    let bench = Bench::new();
    let verifier = bench.cached(TokenCache::new(10));
    let header = r#"{"alg":"HS256"}"#;
    let forger = SigningKey::generate_hs256().unwrap();
    let of = |claims: &str| sign(&bench.key, header, claims);
    let refused = [
        (AuthErrorKind::InvalidSignature, sign(&forger, header, &claims(""))),
        (AuthErrorKind::AlgorithmMismatch, sign(&bench.key, r#"{"alg":"HS512"}"#, &claims(""))),
        (AuthErrorKind::UnsupportedHeader, sign(&bench.key, r#"{"alg":"HS256","crit":[]}"#, "{}")),
        (AuthErrorKind::Expired, of(&format!(r#"{{"iss":"https://me","aud":"api","exp":{NOW}}}"#))),
        (AuthErrorKind::NotYetValid, bench.token(&format!(r#""nbf":{}"#, NOW + 1))),
        (AuthErrorKind::IssuedInFuture, bench.token(&format!(r#""iat":{}"#, NOW + 1))),
        (AuthErrorKind::KeyBound, bench.token(r#""cnf":{"jkt":"a"}"#)),
        (AuthErrorKind::InvalidIssuer, of(r#"{"iss":"x","aud":"api","exp":99999999999}"#)),
        (AuthErrorKind::InvalidAudience, of(r#"{"iss":"https://me","aud":"x","exp":99999999999}"#)),
        (AuthErrorKind::InvalidClaims, of("[]")),
        (AuthErrorKind::MalformedToken, format!("{}=", bench.token(""))),
        (AuthErrorKind::CredentialsTooLong, "A".repeat(MAX_TOKEN_BYTES + 1)),
    ];
    for _ in 0..3 {
        for (kind, token) in &refused {
            assert_eq!(verifier.check_at_hand(token).unwrap_err(), *kind);
        }
    }
    // Three are refused for their form: they are none that could have been remembered.
    assert_eq!(counts(&verifier), (0, 3 * (refused.len() as u64 - 3), 0));
}

#[test]
fn r189_the_whole_text_is_compared() {
    let bench = Bench::new();
    let verifier = bench.cached(TokenCache::new(100));
    let token = bench.token(r#""sub":"alice""#);
    let alice = verifier.check_at_hand(&token).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    // Another body under the same signature, so that only the comparison tells them apart.
    let bob = encode(claims(r#""sub":"bobby""#));
    assert_eq!(bob.len(), payload.len());
    let forgeries = [
        format!("{header}.{bob}.{signature}"),
        format!("{}.{payload}.{signature}", encode(r#"{"alg":"HS256" }"#)),
        format!("{signed}.A{}", &signature[1..]),
        signature.to_owned(),
        format!(".{signature}"),
        format!(" {token}"),
        format!("{token}{}", &token[token.len() - 32..]),
    ];
    for _ in 0..3 {
        for forged in &forgeries {
            assert!(verifier.check_at_hand(forged).is_err(), "{forged}");
        }
        assert!(verifier.check_at_hand(&token).is_ok(), "they don't push it out");
    }
    assert_eq!(counts(&verifier).0, 3);
    // Were two such tokens right, both would have a place.
    pretend(&verifier, &forgeries[0], &alice);
    assert!(verifier.check_at_hand(&forgeries[0]).is_ok());
    assert!(verifier.check_at_hand(&token).is_ok());
    assert_eq!((counts(&verifier).0, counts(&verifier).2), (5, 2));
}

#[test]
fn r189_a_cache_belongs_to_one_verifier_and_its_clones() {
    let bench = Bench::new();
    let verifier = bench.cached(TokenCache::new(10));
    let audience = bench.builder().audience("other").leeway(Duration::ZERO);
    let builder = Verifier::builder(&bench.key).issuer("https://me").clock(bench.clock.clone());
    let other_audience = builder.clone().audience("other").build().unwrap();
    let other_issuer = builder.issuer("https://you").audience("api").build().unwrap();
    let both = audience.build().unwrap();
    let [other_audience, other_issuer, both] =
        [other_audience, other_issuer, both].map(|one| one.cached(TokenCache::new(10)));
    let token = bench.token("");
    for _ in 0..2 {
        assert!(verifier.check_at_hand(&token).is_ok());
        assert!(both.check_at_hand(&token).is_ok());
        let kind = other_audience.check_at_hand(&token).unwrap_err();
        assert_eq!(kind, AuthErrorKind::InvalidAudience);
        let kind = other_issuer.check_at_hand(&token).unwrap_err();
        assert_eq!(kind, AuthErrorKind::InvalidIssuer);
    }
    assert_eq!([counts(&verifier), counts(&both)], [(1, 1, 1); 2]);
    assert_eq!([counts(&other_audience), counts(&other_issuer)], [(0, 2, 0); 2]);
    let clone = verifier.clone();
    assert!(clone.check_at_hand(&token).is_ok());
    assert_eq!((counts(&clone), counts(&verifier)), ((2, 1, 1), (2, 1, 1)));
    let emptied = clone.cached(TokenCache::new(10));
    assert!(emptied.check_at_hand(&token).is_ok());
    assert_eq!((counts(&emptied), counts(&verifier)), ((0, 1, 1), (2, 1, 1)));
}

#[test]
fn r16_r189_debug_shows_counts_and_no_tokens() {
    let bench = Bench::new();
    let verifier = bench.cached(TokenCache::new(10));
    let token = bench.token(r#""sub":"alice""#);
    assert!(verifier.check_at_hand(&token).is_ok() && verifier.check_at_hand(&token).is_ok());
    let shown = format!("{verifier:?} {:?}", verifier.cache_counters());
    assert!(shown.contains("hits: 1") && shown.contains("https://me"), "{shown}");
    let (_, signature) = token.rsplit_once('.').unwrap();
    assert!(!shown.contains("alice") && !shown.contains(signature), "{shown}");
}
