//! How often, and when last.

use std::time::Duration;

use super::NOW;
use crate::api_key::usage::{UnknownRate, Usage, Use};
use crate::clock::Clock;
use crate::store::StoredApiKey;

fn key(id: &str, rate: Option<&str>) -> StoredApiKey {
    let mut key = StoredApiKey::new(id, "alice", "backup", "tb", [0; 32], NOW, NOW * 2);
    key.rate = rate.map(str::to_owned);
    key
}

#[test]
fn r194_each_key_has_a_rate_of_its_own() {
    let (usage, clock) = (Usage::default(), Clock::manual(NOW));
    let (slow, fast, free) =
        (key("1", Some("2/minute")), key("2", Some("3/second")), key("3", None));
    let allowed = |key: &StoredApiKey| match usage.count(key, clock.now()).unwrap() {
        Use::Allowed { .. } => None,
        Use::Exceeded { retry_after } => Some(retry_after),
    };
    for _ in 0..2 {
        assert_eq!(allowed(&slow), None);
    }
    assert_eq!(allowed(&slow), Some(Duration::from_secs(30)));
    for _ in 0..3 {
        assert_eq!(allowed(&fast), None);
    }
    assert!(allowed(&fast).is_some());
    for _ in 0..1000 {
        assert_eq!(allowed(&free), None);
    }
    clock.advance(Duration::from_secs(29));
    assert_eq!(allowed(&slow), Some(Duration::from_secs(1)));
    clock.advance(Duration::from_secs(1));
    assert_eq!(allowed(&slow), None);
    assert_eq!(allowed(&slow), Some(Duration::from_secs(30)));
    // Another rate begins anew, and holds at once.
    let slower = key("1", Some("1/hour"));
    assert_eq!(allowed(&slower), None);
    assert_eq!(allowed(&slower), Some(Duration::from_secs(3600)));
    clock.set(NOW - Duration::from_secs(3600));
    assert_eq!(allowed(&slower), None, "a clock that is set back blocks no key");
    assert_eq!(allowed(&slower), Some(Duration::from_secs(3600)));
    let damaged = key("1", Some("often"));
    assert_eq!(usage.count(&damaged, clock.now()), Err(UnknownRate));
}

#[test]
fn r194_a_use_is_noted_once_a_minute() {
    let (usage, clock) = (Usage::default(), Clock::manual(NOW));
    let noted =
        |key: &StoredApiKey| usage.count(key, clock.now()) == Ok(Use::Allowed { to_note: true });
    let mut key = key("1", None);
    assert!(noted(&key));
    clock.advance(Duration::from_secs(59));
    assert!(!noted(&key), "although this copy of the row does not have it");
    clock.advance(Duration::from_secs(1));
    assert!(noted(&key));
    // Another node has noted it.
    clock.advance(Duration::from_secs(60));
    key.last_used_at = Some(clock.now());
    assert!(!noted(&key));
}

#[test]
fn keys_that_rest_are_forgotten() {
    let (usage, clock) = (Usage::default(), Clock::manual(NOW));
    for number in 0..10_000 {
        usage.count(&key(&number.to_string(), None), clock.now()).unwrap();
        clock.advance(Duration::from_secs(1));
    }
    // Those of the last minute, and those since the map was full last. How full that is depends on where
    // its random hashes put them.
    assert!(usage.len() < 1000, "{}", usage.len());
}
