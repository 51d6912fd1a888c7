//! A model of time: whatever happens, in whatever order, a cache of verified tokens changes no verdict
//! (requirement 189).

use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;
use crate::TokenCache;
use crate::verify::Checked;

#[derive(Clone, Debug)]
enum Step {
    Advance(u64),
    GoBack(u64),
    /// Verifies a token with both; the one with the cache first, or second.
    Verify(usize, bool),
    /// The keys that the provider has from now on, a bit each.
    Publish(u8),
    /// The provider says whether they have changed, or gives them each time.
    Etag(bool),
    Outage(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let seconds = prop_oneof![0..5_u64, 25..70_u64, 250..650_u64, 3000..8000_u64];
    prop_oneof![
        3 => seconds.clone().prop_map(Step::Advance),
        1 => seconds.prop_map(Step::GoBack),
        12 => (0..TOKENS, any::<bool>()).prop_map(|(token, first)| Step::Verify(token, first)),
        2 => (1..8_u8).prop_map(Step::Publish),
        1 => any::<bool>().prop_map(Step::Etag),
        1 => any::<bool>().prop_map(Step::Outage),
    ]
}

const TOKENS: usize = 9;

/// Three keys, and tokens of each that last two minutes, half an hour and a day.
fn tokens(keys: &[Key]) -> Vec<String> {
    let clock = Clock::manual(NOW);
    let issuers = keys.iter().map(|key| key.issuer.clone().clock(clock.clone()));
    issuers
        .flat_map(|issuer| {
            [2 * MINUTE, 30 * MINUTE, DAY].map(|life| issuer.clone().access_token_lifetime(life))
        })
        .map(|issuer| issuer.issue(&Grant::new("alice")).unwrap())
        .collect()
}

#[derive(Clone, Copy)]
struct State {
    published: u8,
    etag: bool,
    outage: bool,
}

fn publish(provider: &Provider, keys: &[Key], state: State) {
    if state.outage {
        return provider.network.answer(KEYS, Behaviour::Away);
    }
    let chosen = keys.iter().enumerate().filter(|(bit, _)| state.published & (1 << bit) != 0);
    let body = set(&chosen.map(|(_, key)| key).collect::<Vec<_>>());
    let etag = format!("\"{}\"", state.published);
    provider.network.answer_with(KEYS, move |request| {
        if !state.etag {
            return Answer::ok(body.clone());
        }
        match request.headers().get("if-none-match") {
            Some(known) if *known == *etag => Answer::status(304),
            _ => Answer::ok(body.clone()).header("etag", &etag),
        }
    });
}

/// How often the cache knew the token.
async fn play(keys: &[Key], tokens: &[String], lifetime: u64, steps: &[Step]) -> u64 {
    let clock = Clock::manual(NOW);
    let provider = Provider { network: Network::new(), clock: clock.clone() };
    let mut state = State { published: 1, etag: false, outage: false };
    publish(&provider, keys, state);
    let plain = provider.lazy();
    let cache = TokenCache::new(5).lifetime(Duration::from_secs(lifetime));
    let cached = plain.clone().cached(cache);
    for step in steps {
        match step {
            Step::Advance(seconds) => {
                clock.advance(Duration::from_secs(*seconds));
                advance(Duration::from_secs(*seconds)).await;
            }
            Step::GoBack(seconds) => clock.set(clock.now() - Duration::from_secs(*seconds)),
            Step::Publish(published) => state.published = *published,
            Step::Etag(etag) => state.etag = *etag,
            Step::Outage(outage) => state.outage = *outage,
            Step::Verify(token, cached_first) => {
                let token = &tokens[*token];
                // Nothing else runs between the two.
                let (cached, plain) = if *cached_first {
                    let checked = cached.check(token);
                    (checked, plain.check(token))
                } else {
                    let checked = plain.check(token);
                    (cached.check(token), checked)
                };
                let kind = |result: Result<Token, AuthErrorKind>| result.map(drop);
                match (cached, plain) {
                    (Checked::Now(cached), Checked::Now(plain)) => {
                        assert_eq!(kind(cached), kind(plain), "{step:?}");
                    }
                    (Checked::Later(cached), Checked::Later(plain)) => {
                        let (cached, plain) = tokio::join!(cached, plain);
                        assert_eq!(kind(cached), kind(plain), "{step:?}");
                    }
                    (Checked::Now(_), _) => panic!("{step:?}: it knew what was to be fetched"),
                    (Checked::Later(_), _) => panic!("{step:?}: it waits for what is at hand"),
                }
            }
        }
        publish(&provider, keys, state);
    }
    cached.cache_counters().unwrap().hits()
}

#[test]
fn r189_whatever_happens_a_cache_changes_no_verdict() {
    let keys = ["1", "2", "3"].map(Key::new);
    let tokens = tokens(&keys);
    let hits = AtomicU64::new(0);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) };
    let scripts = (prop_oneof![1..400_u64, Just(u64::MAX)], prop::collection::vec(step(), 1..120));
    let played = TestRunner::new(config).run(&scripts, |(lifetime, steps)| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        let known = runtime.block_on(play(&keys, &tokens, lifetime, &steps));
        hits.fetch_add(known, Ordering::Relaxed);
        Ok(())
    });
    assert!(played.is_ok(), "{}", played.unwrap_err());
    // About a thousand; scripts are drawn anew each time.
    assert!(hits.into_inner() > 200, "else it has tried nothing");
}
