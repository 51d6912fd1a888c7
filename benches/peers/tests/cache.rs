//! What is called seen before, and never seen, is what the cache says it is.

use http::StatusCode;
use tower_bearer::{Algorithm, TokenCache};
use tower_bearer_peers::case::{Case, Kind};
use tower_bearer_peers::ours;

#[test]
fn a_token_is_seen_before_from_its_second_request_on() {
    let case = Case::new(Algorithm::ES256).expect("keys and tokens are good");
    let verifier = ours::cached(&case);
    let mut layer = ours::layer_of(verifier.clone(), case.token(Kind::Good));
    for _ in 0..10 {
        assert_eq!(layer.once(), StatusCode::OK);
    }
    let counters = verifier.cache_counters().expect("it has a cache");
    assert_eq!((counters.misses(), counters.hits()), (1, 9));
}

#[test]
fn a_token_that_is_never_seen_is_in_no_cache() {
    let case = Case::new(Algorithm::HS256).expect("keys and tokens are good");
    let verifier = ours::verifier(&case).cached(TokenCache::new(ours::FEW));
    let mut layer = ours::never_seen_by(verifier.clone(), &case);
    for _ in 0..5000 {
        assert_eq!(layer.once(), StatusCode::OK);
    }
    let counters = verifier.cache_counters().expect("it has a cache");
    assert!(counters.hits() < 50, "{}", counters.hits());
}
