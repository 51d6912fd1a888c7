//! When sessions and tokens end by themselves.

use std::time::Duration;

use tower_bearer::{NewSession, RefreshError, RefreshStore, RefreshTokens};

use crate::support::{
    CLIENT, NOW, by_client, exchange, on_every_session_store, session_id, verify,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

on_every_session_store! {
    r116_rotation_does_not_pass_the_absolute_expiry
    r116_the_default_is_30_days
    r117_an_idle_token_expires_and_a_used_one_starts_anew
    r110_a_used_token_is_reuse_even_after_its_expiry
    endless_times_are_no_fault
}

async fn r116_rotation_does_not_pass_the_absolute_expiry(store: impl RefreshStore) {
    let refresh = RefreshTokens::new().lifetime(3 * DAY).idle_timeout(2 * DAY);
    let mut issued =
        refresh.issue(&store, NewSession::new("alice", CLIENT, ""), NOW).await.unwrap();
    let over = NOW + 3 * DAY;
    for now in [NOW + DAY, NOW + 2 * DAY, over - Duration::from_secs(1)] {
        let verified = refresh.verify(&store, by_client(issued.token.as_str()), now).await.unwrap();
        issued = refresh.rotate(&store, verified, now).await.unwrap();
        assert_eq!(issued.session.expires_at, over);
        let id = session_id(issued.token.as_str());
        let (session, stored) = store.find_session(id).await.unwrap().unwrap();
        assert_eq!((stored.expires_at, session.expires_at), (over.min(now + 2 * DAY), over));
    }
    let late = verify(&store, issued.token.as_str(), over).await;
    assert!(matches!(late, Err(RefreshError::Invalid)), "{late:?}");
}

async fn r116_the_default_is_30_days(store: impl RefreshStore) {
    let refresh = RefreshTokens::default();
    let issued = refresh.issue(&store, NewSession::new("alice", CLIENT, ""), NOW).await.unwrap();
    assert_eq!(issued.session.expires_at, NOW + 30 * DAY);
    let last = NOW + 30 * DAY - Duration::from_nanos(1);
    verify(&store, issued.token.as_str(), last).await.unwrap();
    let late = verify(&store, issued.token.as_str(), NOW + 30 * DAY).await;
    assert!(matches!(late, Err(RefreshError::Invalid)), "{late:?}");
}

async fn r117_an_idle_token_expires_and_a_used_one_starts_anew(store: impl RefreshStore) {
    let refresh = RefreshTokens::new().idle_timeout(DAY);
    let first = refresh.issue(&store, NewSession::new("alice", CLIENT, ""), NOW).await.unwrap();
    let almost = NOW + DAY - Duration::from_secs(1);
    let verified = refresh.verify(&store, by_client(first.token.as_str()), almost).await.unwrap();
    let second = refresh.rotate(&store, verified, almost).await.unwrap();
    verify(&store, second.token.as_str(), NOW + DAY).await.unwrap();
    let idle = verify(&store, second.token.as_str(), almost + DAY).await;
    assert!(matches!(idle, Err(RefreshError::Invalid)), "{idle:?}");
}

async fn r110_a_used_token_is_reuse_even_after_its_expiry(store: impl RefreshStore) {
    let refresh = RefreshTokens::new().idle_timeout(DAY);
    let first = refresh.issue(&store, NewSession::new("alice", CLIENT, ""), NOW).await.unwrap();
    let second = exchange(&store, first.token.as_str(), NOW).await.unwrap();
    let later = NOW + 2 * DAY;
    let reused = verify(&store, first.token.as_str(), later).await;
    assert!(matches!(reused, Err(RefreshError::Reused(_))), "{reused:?}");
    let dead = verify(&store, second.token.as_str(), later).await;
    assert!(matches!(dead, Err(RefreshError::Invalid)), "{dead:?}");
}

async fn endless_times_are_no_fault(store: impl RefreshStore) {
    let refresh = RefreshTokens::new().lifetime(Duration::MAX).idle_timeout(Duration::MAX);
    let issued = refresh.issue(&store, NewSession::new("alice", CLIENT, ""), NOW).await.unwrap();
    exchange(&store, issued.token.as_str(), NOW + 10_000 * DAY).await.unwrap();
    // A session that is over when it begins is no fault either.
    let refresh = RefreshTokens::new().lifetime(Duration::ZERO);
    let issued = refresh.issue(&store, NewSession::new("alice", CLIENT, ""), NOW).await.unwrap();
    let over = verify(&store, issued.token.as_str(), NOW).await;
    assert!(matches!(over, Err(RefreshError::Invalid)), "{over:?}");
}
