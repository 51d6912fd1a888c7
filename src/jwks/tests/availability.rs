//! A provider that is away, slow, broken, or asked by many.

use super::*;

#[tokio::test(start_paused = true)]
async fn r188_pitfall_ten_thousand_random_kids_bring_one_fetch_a_cooldown() {
    let key = Key::new("1");
    let provider = Provider::new(&[&key]);
    let verifier = provider.verifier().await;
    let begin = provider.clock.now();
    for number in 0..10_000 {
        let token = forged(&format!("made-up-{number}"));
        let kind = verify(&verifier, &token).await.unwrap_err();
        assert_eq!(kind, AuthErrorKind::UnknownKey);
        if number % 100 == 0 {
            assert!(verify(&verifier, &provider.token(&key)).await.is_ok());
            advance(SECOND).await;
        }
    }
    let cooldowns = (provider.clock.now() - begin).as_secs() / 30;
    assert_eq!((cooldowns, provider.fetches()), (3, 1 + 3));
    assert_eq!(provider.network.most_in_flight(), 1);
}

#[tokio::test(start_paused = true)]
async fn r188_also_while_the_provider_fails_or_hangs() {
    for behaviour in [Behaviour::Away, Behaviour::Hang, Behaviour::Drip] {
        let key = Key::new("1");
        let provider = Provider::new(&[&key]);
        let verifier = provider.verifier().await;
        advance(60 * SECOND).await;
        provider.network.answer(KEYS, behaviour);
        let waiting: Vec<_> = (0..10_000)
            .map(|number| {
                let verifier = verifier.clone();
                tokio::spawn(async move {
                    verify(&verifier, &forged(&format!("made-up-{number}"))).await
                })
            })
            .collect();
        let (_, taken) = time(async {
            for task in waiting {
                // They can't be told from tokens of a new key.
                assert_eq!(task.await.unwrap().unwrap_err(), AuthErrorKind::Unavailable);
            }
        })
        .await;
        assert!(taken <= 5 * SECOND, "{taken:?}");
        assert_eq!(provider.fetches(), 2);
        let (again, taken) = time(verify(&verifier, &forged("again"))).await;
        assert_eq!((again.unwrap_err(), taken), (AuthErrorKind::Unavailable, Duration::ZERO));
        advance(29 * SECOND).await;
        assert!(verify(&verifier, &forged("again")).await.is_err());
        assert_eq!(provider.fetches(), 2);
        advance(2 * SECOND).await;
        assert!(verify(&verifier, &forged("again")).await.is_err());
        assert_eq!(provider.fetches(), 3);
        assert!(verify(&verifier, &provider.token(&key)).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn r187_an_hour_without_the_provider_and_then_503_and_then_it_is_back() {
    let key = Key::new("1");
    let provider = Provider::new(&[&key]);
    let verifier = provider.verifier().await;
    provider.network.answer(KEYS, Behaviour::Away);
    // Ten minutes fresh, and an hour beyond.
    for _ in 0..69 {
        advance(60 * SECOND).await;
        assert!(verify(&verifier, &provider.token(&key)).await.is_ok());
    }
    let status = &verifier.key_status()[0];
    assert!(status.is_usable() && status.last_error().unwrap().contains("connection refused"));
    assert!(status.expires_at().unwrap() < provider.clock.now());
    let fetches = provider.fetches();
    assert!((120..=140).contains(&fetches), "one each 30 seconds for an hour: {fetches}");

    advance(61 * SECOND).await;
    let (result, taken) = time(verify(&verifier, &provider.token(&key))).await;
    assert_eq!((result.unwrap_err(), taken), (AuthErrorKind::Unavailable, Duration::ZERO));
    assert!(!verifier.key_status()[0].is_usable());

    provider.publish(&[&key]);
    advance(31 * SECOND).await;
    assert!(verify(&verifier, &provider.token(&key)).await.is_ok());
    assert_eq!(verifier.key_status()[0].last_error(), None);
}

#[tokio::test(start_paused = true)]
async fn r187_no_request_waits_for_a_refresh_that_never_ends() {
    let key = Key::new("1");
    let provider = Provider::new(&[&key]);
    let verifier = provider.verifier().await;
    for behaviour in [Behaviour::Hang, Behaviour::Drip] {
        provider.network.answer(KEYS, behaviour);
        // From its beginning, so that its time is not up meanwhile.
        let before = provider.fetches();
        while provider.fetches() == before {
            advance(SECOND / 10).await;
        }
        let token = provider.token(&key);
        let (_, taken) = time(async {
            let tasks: Vec<_> = (0..64)
                .map(|_| {
                    let (verifier, token) = (verifier.clone(), token.clone());
                    tokio::spawn(async move {
                        for _ in 0..100 {
                            verify(&verifier, &token).await.unwrap();
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        })
        .await;
        assert_eq!((taken, provider.network.in_flight()), (Duration::ZERO, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn r187_many_first_requests_share_one_fetch() {
    let key = Key::new("1");
    let provider = Provider::new(&[]);
    let verifier = provider.lazy();
    let slow = Answer::ok(set(&[&key])).after(2 * SECOND);
    provider.network.answer(KEYS, slow);
    let token = provider.token(&key);
    let (_, taken) = time(async {
        let tasks: Vec<_> = (0..1000)
            .map(|_| {
                let (verifier, token) = (verifier.clone(), token.clone());
                tokio::spawn(async move { verify(&verifier, &token).await.unwrap() })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    })
    .await;
    assert_eq!((taken, provider.fetches()), (2 * SECOND, 1));
}

#[tokio::test(start_paused = true)]
async fn pitfall_the_first_request_comes_before_the_first_fetch() {
    let key = Key::new("1");
    let provider = Provider::new(&[]);
    provider.network.answer(KEYS, Behaviour::Hang);
    let verifier = provider.lazy();
    let token = provider.token(&key);
    let (result, taken) = time(verify(&verifier, &token)).await;
    assert_eq!((result.unwrap_err(), taken), (AuthErrorKind::Unavailable, 5 * SECOND));
    provider.publish(&[&key]);
    advance(2 * SECOND).await;
    assert!(verify(&verifier, &token).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn r187_pitfall_a_bad_answer_empties_no_cache() {
    let key = Key::new("1");
    let big = format!("{{\"keys\":[{}]}}", " ".repeat(1024 * 1024));
    for bad in [
        Answer::status(500),
        Answer::status(404),
        Answer::status(204),
        Answer::status(304),
        Answer::ok(""),
        Answer::ok("<html></html>"),
        Answer::ok(r#"{"keys":[]}"#),
        Answer::ok(r#"{"keys":[{"kty":"oct","k":"AAAA","alg":"HS256"}]}"#),
        Answer::ok("{}"),
        Answer::ok(big),
        Answer::from(Behaviour::Torn(r#"{"keys":["#.into())),
        Answer::from(Behaviour::Flood(100)),
        Answer::from(Behaviour::Panic),
        Answer::redirect("https://evil.example/keys"),
    ] {
        let provider = Provider::new(&[&key]);
        let verifier = provider.verifier().await;
        let evil = Key::new("evil");
        provider.network.answer("https://evil.example/keys", Answer::ok(set(&[&evil])));
        provider.network.answer(KEYS, bad.clone());
        advance(15 * 60 * SECOND).await;
        let status = &verifier.key_status()[0];
        assert!(status.last_error().is_some() && status.key_count() == 1, "{bad:?}");
        assert!(verify(&verifier, &provider.token(&key)).await.is_ok(), "{bad:?}");
        assert_eq!(
            verify(&verifier, &provider.token(&evil)).await.unwrap_err(),
            AuthErrorKind::Unavailable
        );
        assert_eq!(provider.network.count("https://evil.example/keys"), 0);

        provider.publish(&[&key]);
        advance(31 * SECOND).await;
        assert_eq!(verifier.key_status()[0].last_error(), None, "{bad:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn r187_a_failure_at_the_start_is_tried_again_after_one_two_four_seconds() {
    let key = Key::new("1");
    let provider = Provider::new(&[]);
    provider.network.answer(KEYS, Answer::status(500));
    let verifier = provider.lazy();
    assert!(verify(&verifier, &provider.token(&key)).await.is_err());
    let mut pauses = vec![];
    let (mut fetches, mut last) = (1, 0);
    for tenth in 1..1200 {
        advance(SECOND / 10).await;
        if provider.fetches() > fetches {
            pauses.push((tenth - last) / 10);
            (fetches, last) = (provider.fetches(), tenth);
        }
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
    provider.publish(&[&key]);
    advance(30 * SECOND).await;
    assert!(verify(&verifier, &provider.token(&key)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn building_says_what_is_wrong() {
    let provider = Provider::new(&[]);
    for (answer, text) in [
        (Answer::status(500), "500 Internal Server Error"),
        (Answer::from(Behaviour::Hang), "within 5s"),
        (Answer::from(Behaviour::Away), "connection refused"),
        (Answer::ok("<html>"), "the key set is not JSON"),
        (Answer::ok(r#"{"keys":[{"kid":"7","kty":"EC","crv":"P-521"}]}"#), "key 1 (kid \"7\")"),
    ] {
        provider.network.answer(KEYS, answer);
        let error = provider.builder(provider.keys()).build().await.unwrap_err();
        assert!(matches!(&error, ConfigError::RemoteKeys { url, .. } if url == KEYS));
        assert!(error.to_string().contains(text), "{error}");
    }
    advance(60 * SECOND).await;
    assert_eq!(provider.network.in_flight(), 0);
}
