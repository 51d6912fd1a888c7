//! The rule alone, under any sequence of times.

use std::time::Duration;

use proptest::prelude::*;

use crate::limit::key::{self, LOGIN};
use crate::limit::rule::{LONGEST, Limit, State, Verdict};
use crate::rate::Rate;

const START: Duration = Duration::from_secs(1_700_000_000);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn limit(rate: &str, backoff: bool, counts_row: bool) -> Limit {
    Limit { rate: rate.parse().unwrap(), backoff, counts_row }
}

/// The state after an attempt, or how long to wait.
fn step(limit: &Limit, state: State, now: Duration) -> Result<State, Duration> {
    match limit.attempt(limit.mended(state, now), now) {
        Verdict::Allowed { after, .. } => Ok(after),
        Verdict::Refused { wait } => Err(wait),
    }
}

/// As many attempts as pass at one moment.
fn burst(limit: &Limit, mut state: State, now: Duration) -> (usize, State, Duration) {
    for passed in 0.. {
        match step(limit, state, now) {
            Ok(after) => state = after,
            Err(wait) => return (passed, state, wait),
        }
    }
    unreachable!("a limit has an end")
}

#[test]
fn r175_pauses_double_up_to_15_minutes() {
    let limit = limit("5/minute", true, false);
    let (mut now, mut state) = (START, State::default());
    for seconds in [60, 120, 240, 480, 900, 900] {
        let (passed, after, wait) = burst(&limit, state, now);
        assert_eq!((passed, wait), (5, Duration::from_secs(seconds)));
        let last = now + wait - Duration::from_nanos(1);
        assert_eq!(step(&limit, after, last), Err(Duration::from_nanos(1)));
        (now, state) = (now + wait, after);
    }
    // Three quarters of an hour beyond the last pause are no hour, an hour is.
    let (_, after, wait) = burst(&limit, state, now + Duration::from_secs(45 * 60));
    assert_eq!(wait, LONGEST);
    let (_, _, wait) = burst(&limit, after, now + Duration::from_secs(2 * 3600));
    assert_eq!(wait, Duration::from_secs(60));
}

#[test]
fn r175_without_doubling_the_rate_is_all() {
    let limit = limit("5/minute", false, true);
    let (mut now, mut state) = (START, State::default());
    assert_eq!(burst(&limit, state, now).0, 5);
    state = burst(&limit, state, now).1;
    for _ in 0..20 {
        now += Duration::from_secs(12);
        let (passed, after, wait) = burst(&limit, state, now);
        assert_eq!((passed, wait), (1, Duration::from_secs(12)));
        state = after;
    }
}

#[test]
fn a_rate_slower_than_the_longest_pause_holds_beyond_it() {
    let limit = limit("1/hour", true, true);
    let (passed, after, wait) = burst(&limit, State::default(), START);
    assert_eq!((passed, wait), (1, LONGEST));
    let wait = step(&limit, after, START + LONGEST).unwrap_err();
    assert_eq!(wait, Duration::from_secs(45 * 60));
}

#[test]
fn r177_an_ipv6_network_counts_as_one() {
    let of = |text: &str| key::of_address(LOGIN, Some(text.parse().unwrap()));
    assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
    assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
    assert_ne!(of("192.0.2.1"), key::of_address(key::REGISTRATION, Some([192, 0, 2, 1].into())));
}

#[test]
fn a_state_that_is_none_is_no_state() {
    for text in ["", "1", "1 2 3 4", "1 2 3 4 5 6", "a 2 3 4 5", "1 2 4294967296 4 5", "1 2  3 4 5"]
    {
        assert_eq!(State::read(text), None, "{text}");
    }
}

fn any_limit() -> impl Strategy<Value = Limit> {
    (1..200_u32, 1..7200_u64, any::<bool>(), any::<bool>()).prop_map(
        |(count, seconds, backoff, counts_row)| {
            let rate = Rate::new(count, Duration::from_secs(seconds)).unwrap();
            Limit { rate, backoff, counts_row }
        },
    )
}

fn any_state() -> impl Strategy<Value = State> {
    (any::<u64>(), any::<u64>(), any::<u32>(), any::<u32>(), any::<u64>()).prop_map(
        |(arrival, paused_until, pauses, in_a_row, last)| State {
            arrival,
            paused_until,
            pauses,
            in_a_row,
            last,
        },
    )
}

/// Pauses between attempts: none, short or long.
fn gaps() -> impl Strategy<Value = Vec<Duration>> {
    let gap = prop_oneof![
        4 => Just(Duration::ZERO),
        2 => (0..120_000_u64).prop_map(Duration::from_millis),
        1 => (0..90_000_u64).prop_map(Duration::from_secs),
    ];
    proptest::collection::vec(gap, 1..400)
}

proptest! {
    #[test]
    fn r174_after_100_failures_in_a_row_each_one_takes_15_minutes(
        mut limit in any_limit(), gaps in gaps(),
    ) {
        limit.counts_row = true;
        let (mut now, mut state) = (START, State::default());
        let mut row: Vec<Duration> = Vec::new();
        for gap in gaps {
            now += gap;
            let Ok(after) = step(&limit, state, now) else { continue };
            if row.last().is_some_and(|last| now - *last >= DAY) {
                row.clear();
            }
            if row.len() >= 100 {
                prop_assert!(now - row[row.len() - 1] >= LONGEST);
            }
            row.push(now);
            state = after;
        }
    }

    #[test]
    fn r175_no_window_has_more_than_the_rate(limit in any_limit(), gaps in gaps()) {
        let (mut now, mut state) = (START, State::default());
        let mut passed: Vec<Duration> = Vec::new();
        for gap in gaps {
            now += gap;
            if let Ok(after) = step(&limit, state, now) {
                state = after;
                passed.push(now);
            }
        }
        let count = limit.rate.burst() as usize;
        // Of one attempt more than come at once, the last has waited for the first to come back.
        for window in passed.windows(count + 1) {
            prop_assert!(window[count] - window[0] >= limit.rate.interval());
        }
        for window in passed.windows(2 * count) {
            prop_assert!(
                window[2 * count - 1] - window[0]
                    >= limit.rate.interval() * u32::try_from(count).unwrap()
            );
        }
    }

    #[test]
    fn a_wait_that_is_told_is_enough_and_not_too_long(limit in any_limit(), gaps in gaps()) {
        let (mut now, mut state) = (START, State::default());
        for gap in gaps {
            now += gap;
            match step(&limit, state, now) {
                Ok(after) => state = after,
                Err(wait) => {
                    prop_assert!(!wait.is_zero());
                    prop_assert!(wait <= LONGEST.max(limit.rate.period()));
                    let early = step(&limit, state, now + wait - Duration::from_nanos(1));
                    prop_assert!(early.is_err());
                }
            }
        }
    }

    #[test]
    fn no_state_however_wrong_locks_for_longer_than_the_longest_pause(
        limit in any_limit(), state in any_state(),
    ) {
        let state = limit.mended(state, START);
        prop_assert_eq!(limit.mended(state, START), state);
        let most = LONGEST.max(limit.rate.period());
        prop_assert!(step(&limit, state, START + most).is_ok());
        if let Err(wait) = step(&limit, state, START) {
            prop_assert!(wait <= most);
        }
    }

    #[test]
    fn what_is_taken_back_was_never_there(limit in any_limit(), others in 0..200_usize) {
        let (mut before, mut tried) = (State::default(), 0);
        while tried < others {
            let Ok(after) = step(&limit, before, START) else { break };
            (before, tried) = (after, tried + 1);
        }
        if let Ok(after) = step(&limit, before, START) {
            let undone = limit.take_back(after, before, after);
            prop_assert_eq!(burst(&limit, undone, START).0, burst(&limit, before, START).0);
            prop_assert_eq!(limit.expiry(undone, START), limit.expiry(before, START));
        }
    }

    #[test]
    fn a_state_is_read_as_it_was_written(state in any_state()) {
        prop_assert_eq!(State::read(&state.text()), Some(state));
    }
}
