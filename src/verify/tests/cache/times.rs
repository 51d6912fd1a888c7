//! What time does to a token that is remembered.

use proptest::prelude::*;

use super::*;

/// Each check of a remembered token says what a verifier without a cache says.
fn assert_same(cached: &Verifier, token: &str, plain: &Verifier) -> Result<(), AuthErrorKind> {
    let of = |verifier: &Verifier| verifier.check_at_hand(token).map(drop);
    let (remembered, anew) = (of(cached), of(plain));
    assert_eq!(remembered, anew);
    anew
}

#[test]
fn r63_r189_no_token_outlives_its_exp_in_the_cache() {
    let bench = Bench::new();
    let verifier = bench.cached(TokenCache::new(10).lifetime(3600 * SECOND));
    let plain = bench.builder().build().unwrap();
    let token = bench.token("");
    assert_eq!(assert_same(&verifier, &token, &plain), Ok(()));
    bench.clock.advance(60 * SECOND - Duration::from_micros(1));
    assert_eq!(assert_same(&verifier, &token, &plain), Ok(()));
    assert_eq!(counts(&verifier), (1, 1, 1));
    bench.clock.advance(Duration::from_micros(1));
    assert_eq!(assert_same(&verifier, &token, &plain), Err(AuthErrorKind::Expired));
    assert_eq!(counts(&verifier), (1, 2, 0), "it is forgotten");
}

#[test]
fn r189_the_leeway_is_that_of_the_verifier() {
    let bench = Bench::new();
    let plain = bench.builder().leeway(5 * SECOND).build().unwrap();
    let verifier = plain.clone().cached(TokenCache::new(10));
    let token = bench.token("");
    bench.clock.advance(64 * SECOND);
    for _ in 0..2 {
        assert_eq!(assert_same(&verifier, &token, &plain), Ok(()));
    }
    assert_eq!(counts(&verifier), (1, 1, 1));
    bench.clock.advance(SECOND);
    assert_eq!(assert_same(&verifier, &token, &plain), Err(AuthErrorKind::Expired));
}

#[test]
fn r189_nbf_iat_and_the_age_are_judged_on_each_hit() {
    let bench = Bench::new();
    let plain = bench.builder().max_token_age(30 * SECOND).build().unwrap();
    let verifier = plain.clone().cached(TokenCache::new(10).lifetime(3600 * SECOND));
    let not_before = bench.token(&format!(r#""nbf":{NOW},"iat":{}"#, NOW - 10));
    let issued_at = bench.token(&format!(r#""iat":{NOW}"#));
    for token in [&not_before, &issued_at] {
        assert_eq!(assert_same(&verifier, token, &plain), Ok(()));
        assert_eq!(assert_same(&verifier, token, &plain), Ok(()));
    }
    assert_eq!(counts(&verifier), (2, 2, 2));
    bench.clock.advance(20 * SECOND);
    assert_eq!(assert_same(&verifier, &not_before, &plain), Err(AuthErrorKind::Expired));
    assert_eq!(assert_same(&verifier, &issued_at, &plain), Ok(()));
    bench.clock.advance(10 * SECOND);
    assert_eq!(assert_same(&verifier, &issued_at, &plain), Err(AuthErrorKind::Expired));
    bench.clock.set(Duration::from_secs(NOW));
    assert_eq!(assert_same(&verifier, &not_before, &plain), Ok(()));
    assert_eq!(assert_same(&verifier, &issued_at, &plain), Ok(()));
    bench.clock.set(Duration::from_secs(NOW - 1));
    assert_eq!(assert_same(&verifier, &not_before, &plain), Err(AuthErrorKind::NotYetValid));
    assert_eq!(assert_same(&verifier, &issued_at, &plain), Err(AuthErrorKind::IssuedInFuture));
}

#[test]
fn r189_after_its_lifetime_a_token_is_verified_anew() {
    let bench = Bench::new();
    for (cache, lifetime) in [
        (TokenCache::new(10), 300 * SECOND),
        (TokenCache::new(10).lifetime(SECOND).lifetime(10 * SECOND), 10 * SECOND),
    ] {
        bench.clock.set(Duration::from_secs(NOW));
        let verifier = bench.cached(cache);
        let token = sign(
            &bench.key,
            r#"{"alg":"HS256"}"#,
            r#"{"iss":"https://me","aud":"api","exp":99999999999}"#,
        );
        assert!(verifier.check_at_hand(&token).is_ok());
        bench.clock.advance(lifetime - Duration::from_nanos(1));
        assert!(verifier.check_at_hand(&token).is_ok());
        assert_eq!(counts(&verifier), (1, 1, 1));
        bench.clock.advance(Duration::from_nanos(1));
        assert!(verifier.check_at_hand(&token).is_ok());
        assert_eq!(counts(&verifier), (1, 2, 1));
        // A hit does not prolong it, but the check did.
        bench.clock.advance(lifetime - Duration::from_nanos(1));
        assert!(verifier.check_at_hand(&token).is_ok());
        assert_eq!(counts(&verifier), (2, 2, 1));
        // What was found out in the future is not known yet.
        bench.clock.set(Duration::from_secs(NOW - 1));
        assert!(verifier.check_at_hand(&token).is_ok());
        assert_eq!(counts(&verifier), (2, 3, 1));
    }
}

/// A time around the one that the tokens are issued at, in seconds.
fn around() -> impl Strategy<Value = i64> {
    -100_i64..400
}

fn claim(name: &'static str) -> impl Strategy<Value = String> {
    proptest::option::weighted(0.7, (around(), 0..4_u8)).prop_map(move |time| match time {
        Some((seconds, quarters)) => {
            let time = NOW as f64 + seconds as f64 + f64::from(quarters) / 4.0;
            format!(r#""{name}":{time},"#)
        }
        None => String::new(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the claims and however the clock goes, on and back: the cache changes no verdict.
    #[test]
    fn r189_a_hit_says_what_a_check_says(
        tokens in prop::collection::vec((claim("exp"), claim("nbf"), claim("iat")), 1..5),
        times in prop::collection::vec((around(), 0..1000_u32, 0..5_usize), 1..60),
        max_age in proptest::option::of(1..200_u64),
        leeway in 0..20_u64,
        lifetime in 0..300_u64,
    ) {
        let bench = Bench::new();
        let mut builder = bench.builder().leeway(Duration::from_secs(leeway));
        if let Some(age) = max_age {
            builder = builder.max_token_age(Duration::from_secs(age));
        }
        let plain = builder.build().unwrap();
        let cached = plain.clone().cached(TokenCache::new(10).lifetime(Duration::from_secs(lifetime)));
        let header = r#"{"alg":"HS256"}"#;
        let tokens: Vec<String> = tokens
            .iter()
            .map(|(exp, nbf, iat)| format!(r#"{{{exp}{nbf}{iat}"iss":"https://me","aud":"api"}}"#))
            .map(|claims| sign(&bench.key, header, &claims))
            .collect();
        for (seconds, milliseconds, token) in times {
            let now = NOW.saturating_add_signed(seconds);
            bench.clock.set(Duration::from_secs(now) + Duration::from_millis(milliseconds.into()));
            let token = &tokens[token % tokens.len()];
            let of = |verifier: &Verifier| verifier.check_at_hand(token).map(drop);
            prop_assert_eq!(of(&cached), of(&plain));
        }
    }
}
