//! What our side allocates. Times are for `cargo bench`; these counts repeat.

use tower_bearer::Algorithm;
use tower_bearer_peers::case::{ALGORITHMS, Case, Kind};
use tower_bearer_peers::groups::{BARE, OURS};
use tower_bearer_peers::{groups, ours};

/// Of a layer for a token that is good, for one that it remembers, for a request without one, and
/// for a malformed one.
const FIRST_SIGHT: u64 = 6;
const SEEN_BEFORE: u64 = 3;
const NO_TOKEN: u64 = 5;
const MALFORMED: u64 = 5;

#[test]
fn a_request_allocates_no_more_than_it_did() {
    for algorithm in ALGORITHMS {
        let case = Case::new(algorithm).expect("keys and tokens are good");
        let of = |kind| ours::layer(&case).with_input(case.requests(kind)).allocations();
        assert_eq!(ours::bare(&case).allocations(), 0, "the service allocates nothing");
        let counted = ours::layer_seen_before(&case).allocations();
        assert!(counted <= SEEN_BEFORE, "{}, seen before: {counted}", algorithm.name());
        for (kind, most) in
            [(Kind::Good, FIRST_SIGHT), (Kind::NoToken, NO_TOKEN), (Kind::Malformed, MALFORMED)]
        {
            let counted = of(kind);
            assert!(counted <= most, "{}, {kind:?}: {counted}", algorithm.name());
        }
    }
}

#[test]
fn no_peer_that_reads_all_claims_allocates_less() {
    let case = Case::new(Algorithm::HS256).expect("keys and tokens are good");
    let ours = ours::layer(&case).allocations();
    for mut candidate in groups::layer(&case) {
        if candidate.name.starts_with(BARE) || candidate.name.contains("two claims") {
            continue;
        }
        let counted = candidate.allocations();
        assert!(
            candidate.name.starts_with(OURS) || counted > ours,
            "{}: {counted}",
            candidate.name
        );
    }
}
