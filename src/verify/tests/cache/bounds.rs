//! How much is remembered.

use super::*;

fn numbered(bench: &Bench, number: usize, padding: usize) -> String {
    bench.token(&format!(r#""sub":"{number}","pad":"{}""#, "p".repeat(padding)))
}

#[test]
fn r189_the_capacity_is_never_exceeded_and_every_eviction_counted() {
    let bench = Bench::new();
    let token = bench.check(&claims("")).unwrap();
    for capacity in [1, 2, 10, 31, 32, 33, 63, 64, 65, 100, 127, 1000, 1001] {
        let verifier = bench.cached(TokenCache::new(capacity));
        let mut fullest = 0;
        for number in 0..3 * capacity as u64 {
            pretend(&verifier, &format!("{number:032}"), &token);
            let counters = verifier.cache_counters().unwrap();
            fullest = fullest.max(counters.len());
            assert!(counters.len() <= capacity, "{capacity}");
            assert_eq!(counters.evictions() + counters.len() as u64, number + 1, "{capacity}");
        }
        // The shards are not filled evenly.
        assert!(fullest * 10 >= capacity * 8, "{fullest} of {capacity}");
    }
}

#[test]
fn r189_a_token_that_is_verified_again_pushes_nobody_out() {
    let bench = Bench::new();
    let verifier = bench.cached(TokenCache::new(10).lifetime(SECOND));
    let token = bench.token("");
    for round in 1..20 {
        assert!(verifier.check_at_hand(&token).is_ok());
        let counters = verifier.cache_counters().unwrap();
        assert_eq!((counters.len(), counters.evictions(), counters.misses()), (1, 0, round));
        bench.clock.advance(SECOND);
    }
    // Two that verify one token at once.
    let verified = bench.check(&claims("")).unwrap();
    for _ in 0..3 {
        pretend(&verifier, &token, &verified);
    }
    let counters = verifier.cache_counters().unwrap();
    assert_eq!((counters.len(), counters.evictions()), (1, 0));
}

#[test]
fn r189_a_token_used_often_stays_while_others_pass_by() {
    let bench = Bench::new();
    let verifier = bench.cached(TokenCache::new(10));
    let often = bench.token(r#""sub":"often""#);
    for number in 0..200 {
        assert!(verifier.check_at_hand(&often).is_ok());
        assert!(verifier.check_at_hand(&numbered(&bench, number, 0)).is_ok());
    }
    assert_eq!(counts(&verifier).0, 199);
}

#[test]
fn r189_long_tokens_take_the_place_of_several() {
    let bench = Bench::new();
    let verifier = bench.cached(TokenCache::new(40));
    let long = |number| numbered(&bench, number, 5_700);
    assert!((7 * 1024..8 * 1024).contains(&long(0).len()), "{}", long(0).len());
    for number in 0..20 {
        assert!(verifier.check_at_hand(&long(number)).is_ok());
        assert!(verifier.cache_counters().unwrap().len() <= 5);
    }
    assert_eq!(verifier.cache_counters().unwrap().evictions(), 15);
    // One that is larger than all of it is verified each time, and pushes nobody out.
    let verifier = bench.cached(TokenCache::new(7));
    let short = bench.token("");
    for _ in 0..3 {
        assert!(verifier.check_at_hand(&long(0)).is_ok());
        assert!(verifier.check_at_hand(&short).is_ok());
    }
    let counters = verifier.cache_counters().unwrap();
    assert_eq!((counters.hits(), counters.len(), counters.evictions()), (2, 1, 0));
}

#[test]
fn r189_memory_is_bounded_by_the_capacity() {
    let bench = Bench::new();
    let kept = |tokens: &[String]| {
        let verifier = bench.cached(TokenCache::new(1000));
        let fill =
            || tokens.iter().for_each(|token| assert!(verifier.check_at_hand(token).is_ok()));
        let kept = allocation_counter::measure(fill).bytes_current;
        let counters = verifier.cache_counters().unwrap();
        let places = tokens[0].len().div_ceil(1024) * counters.len();
        assert!(counters.evictions() > 0 && kept > 0, "{counters:?}");
        println!("{} bytes a token: {kept} bytes for {places} places", tokens[0].len());
        kept / places as i64
    };
    let of = |claims: &dyn Fn(usize) -> String| {
        (0..3000).map(|number| bench.token(&claims(number))).collect::<Vec<_>>()
    };
    for padding in [0, 350, 600, 5_700] {
        let tokens = (0..3000).map(|number| numbered(&bench, number, padding)).collect::<Vec<_>>();
        assert!(kept(&tokens) <= 2560);
    }
    // What takes the most memory for its length: as many roles as go into it, of a letter each.
    for roles in [120, 1300] {
        let roles = vec![r#""r""#; roles].join(",");
        let tokens = of(&|number| format!(r#""sub":"{number}","roles":[{roles}]"#));
        assert!(kept(&tokens) <= 16 * 1024);
    }
}

#[test]
fn r189_an_empty_cache_takes_no_memory_whatever_its_capacity() {
    let bench = Bench::new();
    let verifier = bench.builder().build().unwrap();
    let make = |capacity| {
        let verifier = verifier.clone();
        let make = || std::mem::forget(verifier.cached(TokenCache::new(capacity)));
        allocation_counter::measure(make).bytes_current
    };
    assert!(make(usize::MAX) < 64 * 1024, "{}", make(usize::MAX));
    let verifier = verifier.cached(TokenCache::new(usize::MAX));
    let token = bench.token("");
    assert!(verifier.check_at_hand(&token).is_ok() && verifier.check_at_hand(&token).is_ok());
    assert_eq!(counts(&verifier), (1, 1, 1));
}

#[test]
fn r189_with_zero_nothing_is_remembered() {
    let bench = Bench::new();
    let token = bench.token("");
    for cache in [TokenCache::new(0), TokenCache::new(10).lifetime(Duration::ZERO)] {
        let verifier = bench.cached(cache);
        for _ in 0..3 {
            assert!(verifier.check_at_hand(&token).is_ok());
        }
        assert_eq!(counts(&verifier), (0, 3, 0));
        assert_eq!(verifier.cache_counters().unwrap().evictions(), 0);
    }
    let forever = bench.cached(TokenCache::new(10).lifetime(Duration::MAX));
    assert!(forever.check_at_hand(&token).is_ok() && forever.check_at_hand(&token).is_ok());
    assert_eq!(counts(&forever), (1, 1, 1));
}
