//! What every store does with the texts of throttles.

use std::time::Duration;

use tokio::sync::oneshot;
use tower_bearer::{Clock, Housekeeping, MemoryStore, ThrottleState, ThrottleStore};

use crate::support::{NOW, on_every_session_store, on_every_store};

const KEY: [u8; 32] = [0xA7; 32];
const MINUTE: Duration = Duration::from_secs(60);

fn state(text: &str) -> ThrottleState {
    ThrottleState::new(text, NOW, NOW + MINUTE)
}

on_every_session_store! {
    a_text_is_replaced_only_where_it_is_what_was_expected
    r178_of_50_who_replace_one_text_one_does
    r178_of_50_who_write_the_first_text_one_does
    keys_are_apart
    times_at_the_edges_are_no_fault
}

async fn a_text_is_replaced_only_where_it_is_what_was_expected(store: impl ThrottleStore) {
    assert_eq!(store.find_throttle(&KEY).await.unwrap(), None);
    let (one, two) = (state("1 2 3"), state("4 5 6"));
    let steps = [
        (None, None, true, None),
        (Some("1 2 3"), Some(&one), false, None),
        (Some("1 2 3"), None, false, None),
        (None, Some(&one), true, Some("1 2 3")),
        (None, None, false, Some("1 2 3")),
        (None, Some(&two), false, Some("1 2 3")),
        (Some("1 2 4"), Some(&two), false, Some("1 2 3")),
        (Some("1 2 3"), Some(&two), true, Some("4 5 6")),
        (Some("1 2 3"), None, false, Some("4 5 6")),
        (Some("4 5 6"), Some(&two), true, Some("4 5 6")),
        (Some("4 5 6"), None, true, None),
        (None, Some(&one), true, Some("1 2 3")),
    ];
    for (step, (old, new, expected, left)) in steps.into_iter().enumerate() {
        assert_eq!(store.replace_throttle(&KEY, old, new).await.unwrap(), expected, "{step}");
        assert_eq!(store.find_throttle(&KEY).await.unwrap().as_deref(), left, "{step}");
    }
}

async fn r178_of_50_who_replace_one_text_one_does(store: impl ThrottleStore) {
    assert!(store.replace_throttle(&KEY, None, Some(&state("old"))).await.unwrap());
    let winner = race(&store, Some("old")).await;
    assert_eq!(store.find_throttle(&KEY).await.unwrap(), Some(winner));
}

async fn r178_of_50_who_write_the_first_text_one_does(store: impl ThrottleStore) {
    let winner = race(&store, None).await;
    assert_eq!(store.find_throttle(&KEY).await.unwrap(), Some(winner));
}

/// The text of the one that won.
async fn race(store: &impl ThrottleStore, old: Option<&'static str>) -> String {
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let text = format!("of {number}");
                let won = store.replace_throttle(&KEY, old, Some(&state(&text))).await.unwrap();
                won.then_some(text)
            })
        })
        .collect();
    let mut winners = Vec::new();
    for task in tasks {
        winners.extend(task.await.unwrap());
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    winners.remove(0)
}

async fn keys_are_apart(store: impl ThrottleStore) {
    let other = [0; 32];
    assert!(store.replace_throttle(&KEY, None, Some(&state("one"))).await.unwrap());
    assert_eq!(store.find_throttle(&other).await.unwrap(), None);
    assert!(store.replace_throttle(&other, None, Some(&state("other"))).await.unwrap());
    assert!(store.replace_throttle(&other, Some("other"), None).await.unwrap());
    assert_eq!(store.find_throttle(&KEY).await.unwrap().as_deref(), Some("one"));
}

/// A clock may be wrong by any time.
async fn times_at_the_edges_are_no_fault(store: impl ThrottleStore) {
    let mut old: Option<String> = None;
    for (number, (written_at, expires_at)) in
        [(NOW, NOW), (NOW, Duration::ZERO), (Duration::ZERO, Duration::MAX), (Duration::MAX, NOW)]
            .into_iter()
            .enumerate()
    {
        let new = ThrottleState::new(format!("of {number}"), written_at, expires_at);
        assert!(store.replace_throttle(&KEY, old.as_deref(), Some(&new)).await.unwrap());
        assert_eq!(store.find_throttle(&KEY).await.unwrap().as_ref(), Some(&new.text));
        old = Some(new.text);
    }
}

mod of_those_who_clean_up {
    use super::*;

    on_every_store! {
        deletes_what_says_nothing_any_more
    }

    async fn deletes_what_says_nothing_any_more(store: impl ThrottleStore) {
        for (number, minutes) in [1, 2, 2, 3].into_iter().enumerate() {
            let key = [u8::try_from(number).unwrap(); 32];
            let state = ThrottleState::new("text", NOW, NOW + minutes * MINUTE);
            assert!(store.replace_throttle(&key, None, Some(&state)).await.unwrap());
        }
        let just_before = NOW + MINUTE - Duration::from_secs(1);
        assert_eq!(store.delete_expired_throttles(just_before).await.unwrap(), 0);
        assert_eq!(store.delete_expired_throttles(NOW + 2 * MINUTE).await.unwrap(), 3);
        assert_eq!(store.find_throttle(&[0; 32]).await.unwrap(), None);
        assert_eq!(store.find_throttle(&[3; 32]).await.unwrap().as_deref(), Some("text"));
        assert_eq!(store.delete_expired_throttles(Duration::MAX).await.unwrap(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn housekeeping_deletes_them_too() {
    let store = MemoryStore::new();
    assert!(store.replace_throttle(&KEY, None, Some(&state("text"))).await.unwrap());
    let clock = Clock::manual(NOW);
    let (stop, stopped) = oneshot::channel::<()>();
    let housekeeping = Housekeeping::new(MemoryStore::new())
        .throttles(store.clone())
        .every(MINUTE)
        .clock(clock.clone());
    let task = tokio::spawn(housekeeping.run_until(async {
        let _ = stopped.await;
    }));
    tokio::task::yield_now().await;
    assert!(store.find_throttle(&KEY).await.unwrap().is_some(), "it is not over yet");
    clock.advance(MINUTE);
    tokio::time::advance(MINUTE).await;
    tokio::task::yield_now().await;
    assert_eq!(store.find_throttle(&KEY).await.unwrap(), None);
    drop(stop);
    task.await.unwrap();
}

#[tokio::test]
async fn a_full_memory_forgets_what_would_be_forgotten_first() {
    let store = MemoryStore::new();
    let write = async |number: u32, seconds: u64| {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&number.to_be_bytes());
        let state = ThrottleState::new("text", NOW, NOW + Duration::from_secs(seconds));
        assert!(store.replace_throttle(&key, None, Some(&state)).await.unwrap());
        key
    };
    let locked = write(u32::MAX, 1000).await;
    for number in 0..250_000 {
        write(number, 60 + u64::from(number) / 10_000).await;
    }
    assert_eq!(store.find_throttle(&locked).await.unwrap().as_deref(), Some("text"));
    let left = store.delete_expired_throttles(Duration::MAX).await.unwrap();
    assert!((80_000..=100_000).contains(&left), "{left}");
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_file_keeps_them_over_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let url = crate::support::url(&directory);
    let store = tower_bearer::SqliteStore::connect(&url).await.unwrap();
    assert!(store.replace_throttle(&KEY, None, Some(&state("text"))).await.unwrap());
    store.pool().close().await;
    let again = tower_bearer::SqliteStore::connect(&url).await.unwrap();
    assert_eq!(again.find_throttle(&KEY).await.unwrap().as_deref(), Some("text"));
}

#[cfg(all(feature = "postgres", feature = "redis"))]
mod servers {
    use tower_bearer::{PostgresStore, RedisStore};

    use super::*;

    #[tokio::test]
    async fn postgres_keeps_them_for_the_next_node() {
        let Some(server) = crate::servers::postgres() else { return };
        let url = server.database().await;
        let store = PostgresStore::connect(&url).await.unwrap();
        assert!(store.replace_throttle(&KEY, None, Some(&state("text"))).await.unwrap());
        store.pool().close().await;
        let again = PostgresStore::connect(&url).await.unwrap();
        assert_eq!(again.find_throttle(&KEY).await.unwrap().as_deref(), Some("text"));
    }

    #[tokio::test]
    async fn redis_keeps_them_over_a_restart_and_forgets_them_by_itself() {
        let Some(server) = crate::servers::Redis::start() else { return };
        let store = RedisStore::connect(&server.url()).await.unwrap();
        assert!(store.replace_throttle(&KEY, None, Some(&state("text"))).await.unwrap());
        server.stop();
        server.resume();
        // The first call may still meet the broken connection.
        let _ = store.find_throttle(&KEY).await;
        assert_eq!(store.find_throttle(&KEY).await.unwrap().as_deref(), Some("text"));

        let mut connection = store.connection().clone();
        let names: Vec<String> =
            ::redis::AsyncCommands::keys(&mut connection, "tower_bearer:throttle:*").await.unwrap();
        assert_eq!(names.len(), 1, "{names:?}");
        // Whatever Redis takes the time for: the text lasts as long as from writing to expiry.
        let left: i64 = ::redis::AsyncCommands::ttl(&mut connection, &names[0]).await.unwrap();
        assert!((1..=60).contains(&left), "{left}");
    }
}
