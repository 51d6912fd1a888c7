//! Every candidate does what it is timed for: it takes what is good and refuses what is not.

use http::StatusCode;
use tower_bearer_peers::case::{ALGORITHMS, Case, Kind};
use tower_bearer_peers::{groups, ours};

#[test]
fn every_check_of_a_token_takes_the_good_one_and_no_other() {
    for algorithm in ALGORITHMS {
        let case = Case::new(algorithm).expect("keys and tokens are good");
        for mut candidate in groups::verify(&case) {
            let name = format!("{} {}", algorithm.name(), candidate.name);
            assert!(candidate.once(), "{name}: good");
            // The raw check knows the signature of the good token alone, and nothing but it.
            if name.contains("raw") {
                assert!(!candidate.outcome(case.token(Kind::Expired)), "{name}: another text");
                continue;
            }
            for kind in [Kind::Malformed, Kind::WrongSignature, Kind::Expired, Kind::WrongAudience]
            {
                assert!(!candidate.outcome(case.token(kind)), "{name}: {kind:?}");
            }
        }
    }
}

#[test]
fn every_layer_passes_what_is_good_and_refuses_everything_else() {
    for algorithm in ALGORITHMS {
        let case = Case::new(algorithm).expect("keys and tokens are good");
        for mut candidate in groups::layer(&case).into_iter().skip(1) {
            assert_eq!(candidate.once(), StatusCode::OK, "{} {}", algorithm.name(), candidate.name);
        }
        for (kind, _) in groups::REFUSED {
            for mut candidate in groups::refuse(&case, kind) {
                if [groups::BARE, groups::BARE_JSON].contains(&&*candidate.name) {
                    continue;
                }
                let name = format!("{} {}: {kind:?}", algorithm.name(), candidate.name);
                assert_eq!(candidate.once(), ours::expected(kind), "{name}");
            }
        }
    }
}

#[test]
fn every_policy_passes_who_has_the_scope() {
    for algorithm in ALGORITHMS {
        let case = Case::new(algorithm).expect("keys and tokens are good");
        for mut candidate in groups::policy(&case) {
            assert_eq!(candidate.once(), StatusCode::OK, "{} {}", algorithm.name(), candidate.name);
        }
    }
}

#[test]
fn every_issuer_makes_a_token_of_the_same_length() {
    for algorithm in ALGORITHMS {
        let case = Case::new(algorithm).expect("keys and tokens are good");
        for mut candidate in groups::issue(&case).into_iter().skip(1) {
            let length = case.token(Kind::Good).len();
            assert_eq!(candidate.once(), length, "{} {}", algorithm.name(), candidate.name);
        }
    }
}
