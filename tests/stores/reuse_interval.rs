//! A token that comes again at once, where that is allowed.

use std::collections::HashSet;
use std::time::Duration;

use tower_bearer::{
    IssuedRefresh, NewSession, RefreshError, RefreshRequest, RefreshStore, RefreshTokens,
};

use crate::support::{CLIENT, NOW, by_client, on_every_session_store};

on_every_session_store! {
    r111_r113_all_of_50_parallel_uses_get_the_same_successor
    r113_a_replay_gets_the_same_successor_until_the_interval_is_over
    r113_for_another_client_or_scope_it_is_reuse
    r113_once_the_successor_is_used_it_is_reuse
    r113_nothing_is_replayed_that_was_exchanged_without_an_interval
    r113_a_replay_does_not_outlive_the_session
}

fn refresh() -> RefreshTokens {
    RefreshTokens::new().reuse_interval(Duration::from_secs(10))
}

fn after(seconds: u64) -> Duration {
    NOW + Duration::from_secs(seconds)
}

async fn begin(store: &impl RefreshStore) -> IssuedRefresh {
    refresh().issue(store, NewSession::new("alice", CLIENT, "a b"), NOW).await.unwrap()
}

async fn exchange(
    store: &impl RefreshStore,
    request: RefreshRequest<'_>,
    now: Duration,
) -> Result<IssuedRefresh, RefreshError> {
    let verified = refresh().verify(store, request, now).await?;
    refresh().rotate(store, verified, now).await
}

#[track_caller]
fn assert_reused(result: Result<IssuedRefresh, RefreshError>) {
    assert!(matches!(result, Err(RefreshError::Reused(_))), "{result:?}");
}

async fn r111_r113_all_of_50_parallel_uses_get_the_same_successor(store: impl RefreshStore) {
    let first = begin(&store).await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (store, token) = (store.clone(), first.token.clone());
            tokio::spawn(async move { exchange(&store, by_client(token.as_str()), NOW).await })
        })
        .collect();
    let mut successors = HashSet::new();
    for task in tasks {
        successors.insert(task.await.unwrap().unwrap().token.into_string());
    }
    assert_eq!(successors.len(), 1);
    for successor in successors {
        exchange(&store, by_client(&successor), NOW).await.unwrap();
    }
}

async fn r113_a_replay_gets_the_same_successor_until_the_interval_is_over(
    store: impl RefreshStore,
) {
    let first = begin(&store).await;
    let request = by_client(first.token.as_str()).scope("a");
    let second = exchange(&store, request, after(100)).await.unwrap();
    for now in [after(99), after(100), after(109)] {
        let again = exchange(&store, request, now).await.unwrap();
        assert_eq!(again.token.as_str(), second.token.as_str());
        // The interval does not begin anew.
        assert_eq!(again.session.last_used_at, after(100));
    }
    assert_reused(exchange(&store, request, after(110)).await);
    let dead = exchange(&store, by_client(second.token.as_str()), after(110)).await;
    assert!(matches!(dead, Err(RefreshError::Invalid)), "{dead:?}");
}

async fn r113_for_another_client_or_scope_it_is_reuse(store: impl RefreshStore) {
    fn own(token: &str) -> RefreshRequest<'_> {
        by_client(token).scope("a")
    }
    let others: [fn(&str) -> RefreshRequest<'_>; 4] = [
        |token| by_client(token),
        |token| by_client(token).scope("a b"),
        |token| by_client(token).scope(""),
        |token| RefreshRequest::new(token).client_id("other").scope("a"),
    ];
    for other in others {
        let first = begin(&store).await;
        let second = exchange(&store, own(first.token.as_str()), NOW).await.unwrap();
        assert_reused(exchange(&store, other(first.token.as_str()), NOW).await);
        let dead = exchange(&store, own(second.token.as_str()), NOW).await;
        assert!(matches!(dead, Err(RefreshError::Invalid)), "{dead:?}");
    }
    // The other way round, a scope does not pass for none.
    let first = begin(&store).await;
    exchange(&store, by_client(first.token.as_str()), NOW).await.unwrap();
    assert_reused(exchange(&store, by_client(first.token.as_str()).scope(""), NOW).await);
}

async fn r113_once_the_successor_is_used_it_is_reuse(store: impl RefreshStore) {
    let first = begin(&store).await;
    let second = exchange(&store, by_client(first.token.as_str()), NOW).await.unwrap();
    let third = exchange(&store, by_client(second.token.as_str()), NOW).await.unwrap();
    let again = exchange(&store, by_client(second.token.as_str()), NOW).await.unwrap();
    assert_eq!(again.token.as_str(), third.token.as_str());
    assert_reused(exchange(&store, by_client(first.token.as_str()), NOW).await);
    let dead = exchange(&store, by_client(third.token.as_str()), NOW).await;
    assert!(matches!(dead, Err(RefreshError::Invalid)), "{dead:?}");
}

async fn r113_nothing_is_replayed_that_was_exchanged_without_an_interval(store: impl RefreshStore) {
    let without = RefreshTokens::new();
    let first = begin(&store).await;
    let request = by_client(first.token.as_str());
    let verified = without.verify(&store, request, NOW).await.unwrap();
    without.rotate(&store, verified, NOW).await.unwrap();
    assert_reused(exchange(&store, request, NOW).await);

    let first = begin(&store).await;
    let request = by_client(first.token.as_str());
    exchange(&store, request, NOW).await.unwrap();
    let reused = without.verify(&store, request, NOW).await;
    assert!(matches!(reused, Err(RefreshError::Reused(_))), "{reused:?}");
}

async fn r113_a_replay_does_not_outlive_the_session(store: impl RefreshStore) {
    let short = refresh().lifetime(Duration::from_secs(105));
    let first = short.issue(&store, NewSession::new("alice", CLIENT, ""), NOW).await.unwrap();
    let request = by_client(first.token.as_str());
    exchange(&store, request, after(100)).await.unwrap();
    exchange(&store, request, after(104)).await.unwrap();
    assert_reused(exchange(&store, request, after(105)).await);
}
