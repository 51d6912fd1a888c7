//! The deletion of what is over, by stores that don't forget it by themselves.

use std::time::Duration;

use tower_bearer::{NewSession, RefreshStore, RefreshTokens};

use crate::support::{CLIENT, NOW, exchange, on_every_store, verify};

const DAY: Duration = Duration::from_secs(24 * 3600);

on_every_store! {
    deletes_what_can_not_be_refreshed_and_nothing_else
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
        let (selector, _) = gone.token.as_str().split_once('.').unwrap();
        assert_eq!(store.find_token(selector).await.unwrap(), None);
    }
    exchange(&store, refreshed.token.as_str(), NOW + DAY).await.unwrap();
}
