//! Tokens in a cache, under keys that change (requirement 189).

use super::*;
use crate::TokenCache;

/// One with a cache that never forgets by itself, and its twin without: both have the same keys.
async fn twins(provider: &Provider) -> (Verifier, Verifier) {
    let plain = provider.verifier().await;
    (plain.clone().cached(TokenCache::new(100).lifetime(Duration::MAX)), plain)
}

/// Hits, misses, and how many are remembered.
fn counts(verifier: &Verifier) -> (u64, u64, usize) {
    let counters = verifier.cache_counters().unwrap();
    (counters.hits(), counters.misses(), counters.len())
}

/// A token that outlives every key of these tests.
fn lasting(provider: &Provider, key: &Key) -> String {
    let issuer = key.issuer.clone().clock(provider.clock.clone()).access_token_lifetime(DAY);
    issuer.issue(&Grant::new("alice")).unwrap()
}

#[tokio::test(start_paused = true)]
async fn r189_a_token_ends_with_its_key_in_the_cache_too() {
    let (old, new) = (Key::new("1"), Key::new("2"));
    let provider = Provider::new(&[&old]);
    let (cached, plain) = twins(&provider).await;
    let token = lasting(&provider, &old);
    for _ in 0..3 {
        assert!(verify(&cached, &token).await.is_ok());
    }
    assert_eq!(counts(&cached), (2, 1, 1));
    provider.publish(&[&old, &new]);
    advance(10 * MINUTE).await;
    // Another set, though the key is in it: it is verified once more.
    for _ in 0..3 {
        assert!(verify(&cached, &token).await.is_ok());
    }
    assert_eq!(counts(&cached), (4, 2, 1));
    provider.publish(&[&new]);
    advance(10 * MINUTE).await;
    let kind = verify(&cached, &token).await.unwrap_err();
    assert_eq!((kind, counts(&cached)), (AuthErrorKind::UnknownKey, (4, 3, 0)));
    assert_eq!(verify(&plain, &token).await.unwrap_err(), kind);
}

#[tokio::test(start_paused = true)]
async fn r189_a_token_that_waits_for_its_keys_is_remembered_by_whoever_was_asked() {
    let key = Key::new("1");
    let provider = Provider::new(&[&key]);
    let token = lasting(&provider, &key);
    for verifier in [provider.lazy(), Verifier::of_issuers([provider.lazy()]).unwrap()] {
        let cached = verifier.cached(TokenCache::new(10));
        for _ in 0..2 {
            assert!(verify(&cached, &token).await.is_ok());
        }
        assert_eq!(counts(&cached), (1, 1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn r189_the_same_kid_with_another_key_is_another_key() {
    let (old, new) = (Key::new("1"), Key::new("1"));
    let provider = Provider::new(&[&old]);
    let (cached, _) = twins(&provider).await;
    let token = lasting(&provider, &old);
    assert!(verify(&cached, &token).await.is_ok());
    assert!(verify(&cached, &token).await.is_ok());
    provider.publish(&[&new]);
    advance(10 * MINUTE).await;
    assert_eq!(verify(&cached, &token).await.unwrap_err(), AuthErrorKind::InvalidSignature);
}

#[tokio::test(start_paused = true)]
async fn r189_a_renewal_that_finds_the_same_keys_flushes_nothing() {
    let key = Key::new("1");
    let provider = Provider::new(&[]);
    let body = set(&[&key]);
    provider.network.answer_with(KEYS, move |request| {
        match request.headers().contains_key("if-none-match") {
            true => Answer::status(304),
            false => Answer::ok(body.clone()).header("etag", "\"v1\""),
        }
    });
    let (cached, _) = twins(&provider).await;
    let token = lasting(&provider, &key);
    for _ in 0..6 {
        assert!(verify(&cached, &token).await.is_ok());
        advance(10 * MINUTE).await;
    }
    assert!(provider.fetches() > 5);
    assert_eq!(counts(&cached), (5, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn r189_the_cache_does_not_outlive_the_life_of_the_keys() {
    let key = Key::new("1");
    let provider = Provider::new(&[&key]);
    let (cached, plain) = twins(&provider).await;
    let token = lasting(&provider, &key);
    assert!(verify(&cached, &token).await.is_ok());
    provider.network.answer(KEYS, Behaviour::Away);
    // 10 minutes fresh, an hour stale.
    advance(70 * MINUTE - SECOND).await;
    assert!(verify(&cached, &token).await.is_ok());
    assert_eq!(counts(&cached), (1, 1, 1));
    advance(SECOND).await;
    let kind = verify(&cached, &token).await.unwrap_err();
    assert_eq!((kind, counts(&cached)), (AuthErrorKind::Unavailable, (1, 2, 0)));
    assert_eq!(verify(&plain, &token).await.unwrap_err(), kind);
    provider.publish(&[&key]);
    advance(MINUTE).await;
    assert!(verify(&cached, &token).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn r187_r189_a_hit_wakes_the_renewal_of_keys_that_are_due() {
    let (old, new) = (Key::new("1"), Key::new("2"));
    let clock = Clock::manual(NOW);
    let provider = Provider { clock: clock.clone(), ..Provider::new(&[&old]) };
    let (cached, _) = twins(&provider).await;
    let token = lasting(&provider, &old);
    assert!(verify(&cached, &token).await.is_ok());
    provider.publish(&[&new]);
    // The time of the day goes on; that of the runtime does not.
    clock.advance(10 * MINUTE);
    assert!(verify(&cached, &token).await.is_ok(), "it is served stale, and wakes the task");
    assert_eq!(counts(&cached), (1, 1, 1));
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(provider.fetches(), 2);
    assert_eq!(verify(&cached, &token).await.unwrap_err(), AuthErrorKind::UnknownKey);
}

#[tokio::test(start_paused = true)]
async fn r189_a_token_that_waited_for_its_key_is_remembered() {
    let (old, new) = (Key::new("1"), Key::new("2"));
    let provider = Provider::new(&[&old]);
    let (cached, _) = twins(&provider).await;
    advance(31 * SECOND).await;
    provider.network.answer(KEYS, Answer::ok(set(&[&old, &new])).after(SECOND));
    let token = lasting(&provider, &new);
    let (result, taken) = time(verify(&cached, &token)).await;
    assert!(result.is_ok() && taken == SECOND);
    assert!(verify(&cached, &token).await.is_ok());
    assert_eq!(counts(&cached), (1, 1, 1), "the wait is no second miss");
}

#[tokio::test(start_paused = true)]
async fn r187_r189_tokens_that_are_remembered_keep_no_task_alive() {
    let key = Key::new("1");
    let provider = Provider::new(&[&key]);
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let (cached, plain) = twins(&provider).await;
    assert!(verify(&cached, &lasting(&provider, &key)).await.is_ok());
    assert_eq!((tasks(), counts(&cached).2), (1, 1));
    drop(plain);
    drop(cached);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn r189_keys_that_were_replaced_are_freed_whatever_is_remembered() {
    let (old, new) = (Key::new("1"), Key::new("2"));
    let provider = Provider::new(&[&old]);
    let (cached, _) = twins(&provider).await;
    assert!(verify(&cached, &lasting(&provider, &old)).await.is_ok());
    let keys = std::sync::Arc::downgrade(&cached.key_status()[0].snapshot.keys);
    assert_eq!((keys.strong_count(), counts(&cached).2), (1, 1));
    provider.publish(&[&new]);
    advance(10 * MINUTE).await;
    assert_eq!((keys.strong_count(), counts(&cached).2), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn r189_a_hit_under_remote_keys_allocates_nothing() {
    let key = Key::new("1");
    let provider = Provider::new(&[&key]);
    let (cached, _) = twins(&provider).await;
    let token = lasting(&provider, &key);
    let check = || assert!(cached.check_at_hand(&token).is_ok());
    let first = allocation_counter::measure(check).count_total;
    let again = allocation_counter::measure(check).count_total;
    assert!(first > 5 && again == 0, "{first} {again}");
}
