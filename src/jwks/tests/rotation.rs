//! A provider that changes its keys.

use super::*;

#[tokio::test(start_paused = true)]
async fn r187_rotation_with_overlap_fails_no_token() {
    let (old, new) = (Key::new("1"), Key::new("2"));
    let provider = Provider::new(&[&old]);
    let verifier = provider.verifier().await;
    provider.publish(&[&old, &new]);
    advance(10 * 60 * SECOND).await;
    for key in [&old, &new] {
        let (result, taken) = time(verify(&verifier, &provider.token(key))).await;
        assert!(result.is_ok() && taken.is_zero());
    }
    provider.publish(&[&new]);
    advance(10 * 60 * SECOND).await;
    assert!(verify(&verifier, &provider.token(&new)).await.is_ok());
    assert_eq!(
        verify(&verifier, &provider.token(&old)).await.unwrap_err(),
        AuthErrorKind::UnknownKey
    );
}

#[tokio::test(start_paused = true)]
async fn pitfall_keys_are_fetched_again_after_a_rotation_without_overlap() {
    let (old, new) = (Key::new("1"), Key::new("2"));
    let provider = Provider::new(&[&old]);
    let verifier = provider.verifier().await;
    advance(31 * SECOND).await;
    provider.publish(&[&new]);
    assert!(verify(&verifier, &provider.token(&old)).await.is_ok());
    assert!(verify(&verifier, &provider.token(&new)).await.is_ok());
    assert_eq!(provider.fetches(), 2);
    let kind = verify(&verifier, &provider.token(&old)).await.unwrap_err();
    assert_eq!(kind, AuthErrorKind::UnknownKey);
    assert_eq!(provider.fetches(), 2, "the cooldown holds");
}

#[tokio::test(start_paused = true)]
async fn pitfall_an_unknown_kid_is_401_and_not_500() {
    let provider = Provider::new(&[&Key::new("1")]);
    let verifier = provider.verifier().await;
    let (result, taken) = time(verify(&verifier, &forged("2"))).await;
    assert_eq!((result.unwrap_err(), taken), (AuthErrorKind::UnknownKey, Duration::ZERO));
    advance(31 * SECOND).await;
    assert_eq!(verify(&verifier, &forged("2")).await.unwrap_err(), AuthErrorKind::UnknownKey);
    assert_eq!(provider.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn r187_the_same_kid_with_another_key_is_found_with_the_next_refresh() {
    let (old, new) = (Key::new("1"), Key::new("1"));
    let provider = Provider::new(&[&old]);
    let verifier = provider.verifier().await;
    provider.publish(&[&new]);
    advance(60 * SECOND).await;
    let kind = verify(&verifier, &provider.token(&new)).await.unwrap_err();
    assert_eq!((kind, provider.fetches()), (AuthErrorKind::InvalidSignature, 1));
    advance(9 * 60 * SECOND).await;
    assert!(verify(&verifier, &provider.token(&new)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn r187_tokens_of_a_new_key_wait_for_the_one_fetch() {
    let (old, new) = (Key::new("1"), Key::new("2"));
    let provider = Provider::new(&[&old]);
    let verifier = provider.verifier().await;
    advance(60 * SECOND).await;
    provider.network.answer(KEYS, Answer::ok(set(&[&old, &new])).after(SECOND));
    let token = provider.token(&new);
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let (verifier, token) = (verifier.clone(), token.clone());
            tokio::spawn(async move { verify(&verifier, &token).await })
        })
        .collect();
    tokio::task::yield_now().await;
    let (known, taken) = time(verify(&verifier, &provider.token(&old))).await;
    assert!(known.is_ok() && taken.is_zero(), "a known kid waits for nothing");
    for task in waiting {
        assert!(task.await.unwrap().is_ok());
    }
    assert_eq!(provider.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_header_that_asks_for_a_secret_costs_no_fetch() {
    use crate::token::wire::encode;
    let provider = Provider::new(&[&Key::new("1")]);
    let verifier = provider.verifier().await;
    advance(60 * SECOND).await;
    for alg in ["HS256", "none", "unknown"] {
        let header = json!({ "alg": alg, "kid": "2" }).to_string();
        let token = format!("{}.{}.{}", encode(header), encode("{}"), encode([7; 32]));
        let (result, taken) = time(verify(&verifier, &token)).await;
        assert!(result.is_err() && taken.is_zero());
    }
    assert_eq!(provider.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn r56_keys_and_addresses_in_a_header_are_not_looked_at() {
    use crate::token::wire::encode;
    let (key, own) = (Key::new("1"), Key::new("2"));
    let provider = Provider::new(&[&key]);
    let verifier = provider.verifier().await;
    provider.network.answer("https://evil.example/keys", Answer::ok(set(&[&own])));
    let url = "https://evil.example/keys";
    for header in [
        json!({ "alg": "EdDSA", "kid": "2", "jku": url }),
        json!({ "alg": "EdDSA", "kid": url }),
        json!({ "alg": "EdDSA", "kid": "2", "x5u": url }),
        json!({ "alg": "EdDSA", "kid": "2", "jwk": own.jwk }),
        json!({ "alg": "EdDSA", "jwk": own.jwk }),
        json!({ "alg": "EdDSA", "kid": "2", "x5c": ["AAAA"] }),
    ] {
        let token = provider.token(&own);
        let (_, rest) = token.split_once('.').unwrap();
        let token = format!("{}.{rest}", encode(header.to_string()));
        assert!(verify(&verifier, &token).await.is_err());
        advance(31 * SECOND).await;
    }
    let seen = provider.network.seen();
    assert!(seen.iter().all(|request| *request.uri() == *KEYS));
}

#[tokio::test(start_paused = true)]
async fn r57_any_text_is_a_safe_kid() {
    let kids = ["../../etc/passwd", "' OR 1=1 --", "$(id)", "\r\nx: y", "\0"].map(str::to_owned);
    for kid in kids.into_iter().chain(["k".repeat(4000)]) {
        let key = Key::new(&kid);
        let provider = Provider::new(&[&key, &Key::new("other")]);
        let verifier = provider.verifier().await;
        assert!(verify(&verifier, &provider.token(&key)).await.is_ok(), "{kid:?}");
        assert_eq!(
            verify(&verifier, &forged(&format!("{kid}x"))).await.unwrap_err(),
            AuthErrorKind::UnknownKey
        );
        assert_eq!(verify(&verifier, &forged("")).await.unwrap_err(), AuthErrorKind::UnknownKey);
    }
}

/// Where the keys of a set have no names, the names of tokens are all unknown.
#[tokio::test(start_paused = true)]
async fn r187_a_kid_that_is_unknown_among_keys_without_kid_brings_a_fetch_too() {
    let (mut old, new) = (Key::new("1"), Key::new("2"));
    old.jwk.as_object_mut().unwrap().remove("kid");
    let provider = Provider::new(&[&old]);
    let verifier = provider.verifier().await;
    assert!(verify(&verifier, &provider.token(&old)).await.is_ok());
    advance(31 * SECOND).await;
    provider.publish(&[&old, &new]);
    assert!(verify(&verifier, &provider.token(&new)).await.is_ok());
    assert_eq!(provider.fetches(), 2);
    let kind = verify(&verifier, &forged("3")).await.unwrap_err();
    assert_eq!((kind, provider.fetches()), (AuthErrorKind::InvalidSignature, 2));
}

/// A forged token costs its signature checks once, and again only where the keys are others.
#[tokio::test(start_paused = true)]
async fn r187_keys_are_looked_up_again_only_where_they_have_changed() {
    let (old, new) = (Key::new("1"), Key::new("2"));
    let provider = Provider::new(&[&old]);
    let cache = provider.keys().start(provider.clock.clone()).unwrap();
    cache.fetch_first().await.unwrap();
    let now = || provider.clock.now();
    let seen = cache.at_hand(now());
    assert!(matches!(cache.renew(seen.as_ref(), now()), Renewal::Recent));
    assert!(matches!(cache.renew(None, now()), Renewal::Newer(_)), "none were there before");
    advance(31 * SECOND).await;
    provider.publish(&[&old, &new]);
    let Renewal::Wait(renewing) = cache.renew(seen.as_ref(), now()) else { panic!("it is time") };
    renewing.await.unwrap();
    let Renewal::Newer(newer) = cache.renew(seen.as_ref(), now()) else { panic!("it has changed") };
    assert_eq!(newer.len(), 2);
    assert!(matches!(cache.renew(Some(&newer), now()), Renewal::Recent));
}

#[tokio::test(start_paused = true)]
async fn r187_no_unknown_kid_brings_a_fetch_within_a_cooldown_of_a_scheduled_one() {
    let provider = Provider::new(&[&Key::new("1")]);
    let verifier = provider.verifier().await;
    for _ in 0..5 {
        let before = provider.fetches();
        while provider.fetches() == before {
            advance(SECOND).await;
        }
        let begin = provider.clock.now();
        while provider.fetches() == before + 1 {
            advance(SECOND).await;
            assert!(verify(&verifier, &forged("made up")).await.is_err());
        }
        let since = (provider.clock.now() - begin).as_secs();
        assert!((29..=31).contains(&since), "{since}");
    }
}
