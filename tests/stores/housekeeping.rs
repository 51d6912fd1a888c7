//! The deletion of what is over, by stores that don't forget it by themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tower_bearer::{
    Clock, Grant, Housekeeping, MemoryStore, NewSession, OneTimeTokenStore, RefreshStore,
    RefreshTokens, RevocationStore, StoreError, StoredOneTimeToken, ThrottleState, ThrottleStore,
};

use crate::revocations::token_at;
use crate::support::{CLIENT, NOW, exchange, on_every_store, session_id, verify};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

on_every_store! {
    deletes_what_can_not_be_refreshed_and_nothing_else
    forgets_the_revocations_that_are_over_and_no_others
    deletes_one_time_tokens_that_have_expired_and_no_others
}

async fn deletes_what_can_not_be_refreshed_and_nothing_else(store: impl RefreshStore) {
    let short = RefreshTokens::new().lifetime(DAY);
    let idle = RefreshTokens::new().idle_timeout(DAY);
    let over = short.issue(&store, NewSession::new("alice", CLIENT, ""), NOW).await.unwrap();
    let idle_for_long =
        idle.issue(&store, NewSession::new("alice", CLIENT, ""), NOW).await.unwrap();
    let refreshed = idle.issue(&store, NewSession::new("alice", CLIENT, ""), NOW).await.unwrap();
    let noon = NOW + DAY / 2;
    let verified = verify(&store, refreshed.token.as_str(), noon).await.unwrap();
    let refreshed = idle.rotate(&store, verified, noon).await.unwrap();

    assert_eq!(store.delete_expired_sessions(NOW + DAY / 2).await.unwrap(), 0);
    assert_eq!(store.delete_expired_sessions(NOW + DAY).await.unwrap(), 2);
    assert_eq!(store.delete_expired_sessions(NOW + DAY).await.unwrap(), 0);
    for gone in [over, idle_for_long] {
        let id = session_id(gone.token.as_str());
        assert_eq!(store.find_session(id).await.unwrap(), None);
    }
    exchange(&store, refreshed.token.as_str(), NOW + DAY).await.unwrap();
}

async fn forgets_the_revocations_that_are_over_and_no_others(store: impl RevocationStore) {
    let old = token_at(&Grant::new("alice"), NOW - MINUTE).await;
    let of_bob = token_at(&Grant::new("bob"), NOW - MINUTE).await;
    store.revoke_token(old.id().unwrap(), NOW + MINUTE, NOW).await.unwrap();
    store.revoke_tokens_before("bob", NOW, NOW + 2 * MINUTE, NOW).await.unwrap();
    for (seconds, kept) in [(59, [true, true]), (60, [false, true]), (120, [false, false])] {
        // Revocations are not counted.
        let now = NOW + Duration::from_secs(seconds);
        assert_eq!(store.delete_expired_sessions(now).await.unwrap(), 0);
        let found =
            [store.is_revoked(&old).await.unwrap(), store.is_revoked(&of_bob).await.unwrap()];
        assert_eq!(found, kept, "after {seconds} seconds");
    }
}

async fn deletes_one_time_tokens_that_have_expired_and_no_others(store: impl OneTimeTokenStore) {
    for (hash, lasts) in [(1, MINUTE), (2, 2 * MINUTE), (3, DAY)] {
        let row = StoredOneTimeToken::new([hash; 32], "alice", "x", "", NOW, NOW + lasts);
        store.insert_one_time_token(&row, 5).await.unwrap();
    }
    for (after, deleted) in [(Duration::from_secs(59), 0), (2 * MINUTE, 2), (2 * MINUTE, 0)] {
        assert_eq!(store.delete_expired_one_time_tokens(NOW + after).await.unwrap(), deleted);
    }
    assert!(store.find_one_time_token(&[3; 32]).await.unwrap().is_some());
    assert_eq!(store.find_one_time_token(&[2; 32]).await.unwrap(), None);
}

/// Lets time pass, and the task before it and after it.
async fn pass(time: Duration) {
    tokio::task::yield_now().await;
    tokio::time::advance(time).await;
    tokio::task::yield_now().await;
}

#[tokio::test(start_paused = true)]
async fn the_task_works_in_rounds_until_it_is_stopped() {
    let store = MemoryStore::new();
    let clock = Clock::manual(NOW);
    let (stop, stopped) = oneshot::channel::<()>();
    let housekeeping = Housekeeping::new(store.clone())
        .one_time_tokens(store.clone())
        .every(DAY)
        .clock(clock.clone());
    let task = tokio::spawn(housekeeping.run_until(async {
        let _ = stopped.await;
    }));
    for round in 0..3 {
        let short = RefreshTokens::new().lifetime(DAY);
        let issued = short
            .issue(&store, NewSession::new("alice", CLIENT, ""), NOW + round * DAY)
            .await
            .unwrap();
        let id = session_id(issued.token.as_str());
        let until = NOW + (round + 1) * DAY;
        let row = StoredOneTimeToken::new([7; 32], "alice", "x", "", NOW, until);
        store.insert_one_time_token(&row, 1).await.unwrap();
        pass(DAY / 2).await;
        assert!(store.find_session(id).await.unwrap().is_some(), "it is not over yet");
        clock.set(NOW + (round + 1) * DAY);
        pass(DAY / 2).await;
        assert_eq!(store.find_session(id).await.unwrap(), None);
        assert_eq!(store.find_one_time_token(&[7; 32]).await.unwrap(), None);
    }
    assert!(!task.is_finished());
    drop(stop);
    task.await.unwrap();
}

/// Deletes once it is let, and says so.
#[derive(Clone, Default)]
struct Slow {
    begun: Arc<Notify>,
    let_go: Arc<Notify>,
    is_done: Arc<AtomicBool>,
}

impl ThrottleStore for Slow {
    async fn find_throttle(&self, _key: &[u8; 32]) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    async fn replace_throttle(
        &self,
        _key: &[u8; 32],
        _old: Option<&str>,
        _new: Option<&ThrottleState>,
    ) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn delete_expired_throttles(&self, _now: Duration) -> Result<u64, StoreError> {
        self.begun.notify_one();
        self.let_go.notified().await;
        self.is_done.store(true, Ordering::Relaxed);
        Ok(1)
    }
}

#[tokio::test]
async fn a_round_that_has_begun_is_finished() {
    let (stop, stopped) = oneshot::channel::<()>();
    let slow = Slow::default();
    let housekeeping = Housekeeping::new(MemoryStore::new()).throttles(slow.clone());
    let task = tokio::spawn(housekeeping.run_until(async {
        let _ = stopped.await;
    }));
    slow.begun.notified().await;
    drop(stop);
    tokio::task::yield_now().await;
    assert!(!task.is_finished());
    slow.let_go.notify_one();
    task.await.unwrap();
    assert!(slow.is_done.load(Ordering::Relaxed));
}
