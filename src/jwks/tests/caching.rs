//! How long keys are fresh, and how they are asked for again.

use http::HeaderMap;

use super::super::freshness::Freshness;
use super::*;

fn lifetime(headers: &[(&'static str, &str)]) -> u64 {
    let freshness = Freshness { default: 10 * MINUTE, bounds: MINUTE..=DAY, serve_stale: HOUR };
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, value.parse().unwrap());
    }
    let times = freshness.times(&map, NOW);
    let lifetime = times.expiry - NOW;
    assert_eq!(times.end, times.expiry + HOUR);
    let share = (times.refresh - NOW).as_secs_f64() / lifetime.as_secs_f64();
    assert!((0.8..0.9).contains(&share), "{share}");
    lifetime.as_secs()
}

#[test]
fn r187_cache_control_is_followed_within_bounds() {
    for (line, seconds) in [
        ("max-age=3600", 3600),
        ("public, max-age=300, must-revalidate", 300),
        ("Max-Age=\"120\"", 120),
        ("max-age=0", 60),
        ("max-age=59", 60),
        ("max-age=86401", 86400),
        ("max-age=99999999999999999999999999", 86400),
        ("no-store", 60),
        ("no-cache, max-age=3600", 60),
        ("s-maxage=5", 600),
        ("max-age=-1", 600),
        ("max-age=soon", 600),
        ("max-age", 600),
        (",,=,", 600),
    ] {
        assert_eq!(lifetime(&[("cache-control", line)]), seconds, "{line}");
    }
    assert_eq!(lifetime(&[]), 600);
    assert_eq!(lifetime(&[("cache-control", "public"), ("cache-control", "max-age=90")]), 90);
    assert_eq!(lifetime(&[("cache-control", "max-age=3600"), ("age", "600")]), 3000);
    assert_eq!(lifetime(&[("cache-control", "max-age=3600"), ("age", "9999")]), 60);
    assert_eq!(lifetime(&[("cache-control", "max-age=3600"), ("age", "x")]), 3600);
}

#[tokio::test(start_paused = true)]
async fn r187_keys_are_refreshed_ahead_of_their_expiry_without_a_request() {
    let key = Key::new("1");
    let provider = Provider::new(&[&key]);
    let verifier = provider.verifier().await;
    advance(479 * SECOND).await;
    assert_eq!(provider.fetches(), 1);
    advance(62 * SECOND).await;
    assert_eq!(provider.fetches(), 2);
    advance(HOUR).await;
    assert!((8..=10).contains(&provider.fetches()), "{}", provider.fetches());
    assert!(verifier.key_status()[0].expires_at().unwrap() > provider.clock.now());
}

#[tokio::test(start_paused = true)]
async fn r187_unchanged_keys_are_asked_for_by_their_etag_and_stay_fresh() {
    let key = Key::new("1");
    let provider = Provider::new(&[&key]);
    let modified = "Fri, 27 Nov 2026 10:00:00 GMT";
    let body = set(&[&key]);
    provider.network.answer_with(KEYS, move |request| {
        match request.headers().get("if-none-match") {
            Some(etag) if etag == "\"v1\"" => {
                assert_eq!(request.headers()["if-modified-since"], modified);
                Answer::status(304).header("cache-control", "max-age=1200")
            }
            _ => {
                Answer::ok(body.clone()).header("etag", "\"v1\"").header("last-modified", modified)
            }
        }
    });
    let verifier = provider.verifier().await;
    for _ in 0..6 {
        advance(10 * MINUTE).await;
        assert!(verify(&verifier, &provider.token(&key)).await.is_ok());
    }
    let status = &verifier.key_status()[0];
    assert_eq!((status.last_error(), status.key_count()), (None, 1));
    assert!(status.fetched_at().unwrap() > NOW + 30 * MINUTE);
    assert!((4..=5).contains(&provider.fetches()), "{}", provider.fetches());
}

#[tokio::test(start_paused = true)]
async fn r187_a_suspended_machine_notices_by_its_clock() {
    let (old, new) = (Key::new("1"), Key::new("2"));
    let provider = Provider::new(&[&old]);
    let clock = Clock::manual(NOW);
    let provider = Provider { clock: clock.clone(), ..provider };
    let verifier = provider.verifier().await;
    provider.publish(&[&new]);
    // The time of the day goes on; that of the runtime does not.
    clock.advance(10 * MINUTE);
    let (result, taken) = time(verify(&verifier, &provider.token(&old))).await;
    assert!(result.is_ok() && taken.is_zero(), "it is served stale, and wakes the task");
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(provider.fetches(), 2);
    assert!(verify(&verifier, &provider.token(&new)).await.is_ok());
    clock.advance(DAY);
    assert!(verify(&verifier, &provider.token(&new)).await.is_ok(), "it waits for new ones");
    assert_eq!(provider.fetches(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_stops_nothing() {
    let (old, new) = (Key::new("1"), Key::new("2"));
    let clock = Clock::manual(NOW);
    let provider = Provider { clock: clock.clone(), ..Provider::new(&[&old]) };
    let verifier = provider.verifier().await;
    clock.set(NOW - DAY);
    provider.publish(&[&new]);
    assert!(verify(&verifier, &provider.token(&new)).await.is_ok());
    assert_eq!(provider.fetches(), 2);
    advance(HOUR).await;
    assert_eq!(provider.fetches(), 2, "the clock stands still");
}

#[tokio::test(start_paused = true)]
async fn r187_keys_of_the_future_are_fetched_again_until_that_succeeds() {
    let key = Key::new("1");
    let clock = Clock::manual(NOW);
    let provider = Provider { clock: clock.clone(), ..Provider::new(&[&key]) };
    let verifier = provider.verifier().await;
    clock.set(NOW - DAY);
    provider.network.answer(KEYS, Answer::status(500));
    advance(10 * MINUTE).await;
    assert_eq!(provider.fetches(), 2);
    provider.publish(&[&key]);
    clock.advance(SECOND);
    advance(SECOND).await;
    assert_eq!((provider.fetches(), verifier.key_status()[0].last_error()), (3, None));
}

#[test]
fn options_out_of_their_range_are_refused() {
    let at = || RemoteKeySet::at(KEYS);
    let start = |keys: RemoteKeySet| keys.start(Clock::system()).map(drop);
    assert_eq!(start(at()), Ok(()));
    let bad = [
        ("timeout", at().timeout(Duration::ZERO)),
        ("timeout", at().timeout(61 * SECOND)),
        ("max_bytes", at().max_bytes(1023)),
        ("max_bytes", at().max_bytes(usize::MAX)),
        ("algorithms", at().algorithms([])),
        ("algorithms", at().algorithms([Algorithm::RS256, Algorithm::HS256])),
        ("max_age", at().max_age(SECOND)),
        ("max_age", at().max_age(2 * DAY)),
        ("max_age_bounds", at().max_age_bounds(Duration::ZERO..=DAY)),
        ("max_age_bounds", at().max_age_bounds(DAY..=MINUTE)),
        ("serve_stale", at().serve_stale(8 * DAY)),
        ("cooldown", at().cooldown(Duration::ZERO)),
        ("cooldown", at().cooldown(2 * HOUR)),
        ("URL of keys", RemoteKeySet::at("http://id.example/keys")),
        ("URL of keys", RemoteKeySet::at("id.example/keys")),
        ("URL of keys", RemoteKeySet::at("https://me:hunter2@id.example/keys")),
        ("URL of keys", RemoteKeySet::at("file:///keys.json")),
    ];
    for (name, keys) in bad {
        let error = start(keys).unwrap_err();
        assert!(
            matches!(error, ConfigError::InvalidValue { setting, .. } if setting == name),
            "{error}"
        );
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    assert_eq!(start(RemoteKeySet::at("http://id.example/keys").insecure_http()), Ok(()));
    assert_eq!(start(RemoteKeySet::at("http://127.0.0.1:8080/keys")), Ok(()));
}
