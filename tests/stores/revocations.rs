//! Which access tokens are revoked, on every store (requirements 126, 128).

use std::time::Duration;

use tower_bearer::{Clock, Grant, Issuer, RevocationStore, Token};

use crate::support::{NOW, exchange, issue, on_every_session_store};

const MINUTE: Duration = Duration::from_secs(60);

on_every_session_store! {
    r128_the_tokens_of_a_session_end_with_it_and_no_others
    r126_reuse_ends_the_access_tokens_of_the_session
    one_token_is_revoked_by_its_id
    the_older_tokens_of_a_subject_are_revoked
    of_two_times_the_later_one_holds
    any_text_may_be_asked_for
    of_50_who_revoke_at_once_all_have_done_it
}

/// A token that was issued at this time.
pub(crate) async fn token_at(grant: &Grant, at: Duration) -> Token {
    let issuer = Issuer::for_tests().clock(Clock::manual(at));
    issuer.verifier().unwrap().verify(&issuer.issue(grant).unwrap()).await.unwrap()
}

async fn token(subject: &str, session: &str) -> Token {
    token_at(&Grant::new(subject).session_id(session), NOW).await
}

async fn r128_the_tokens_of_a_session_end_with_it_and_no_others(store: impl RevocationStore) {
    let (ended, other) = (issue(&store, "alice").await, issue(&store, "alice").await);
    let of_ended = token("alice", &ended.session.id).await;
    let of_other = token("alice", &other.session.id).await;
    let of_none = token_at(&Grant::new("alice"), NOW).await;
    for token in [&of_ended, &of_other, &of_none] {
        assert!(!store.is_revoked(token).await.unwrap());
    }
    // A refresh goes on with the session.
    exchange(&store, ended.token.as_str(), NOW).await.unwrap();
    assert!(!store.is_revoked(&of_ended).await.unwrap());

    store.end_session(&ended.session.id).await.unwrap();
    assert!(store.is_revoked(&of_ended).await.unwrap());
    assert!(!store.is_revoked(&of_other).await.unwrap());
    store.end_sessions_of("alice", None).await.unwrap();
    assert!(store.is_revoked(&of_other).await.unwrap());
    assert!(!store.is_revoked(&of_none).await.unwrap());
}

async fn r126_reuse_ends_the_access_tokens_of_the_session(store: impl RevocationStore) {
    let first = issue(&store, "alice").await;
    let token = token("alice", &first.session.id).await;
    exchange(&store, first.token.as_str(), NOW).await.unwrap();
    assert!(!store.is_revoked(&token).await.unwrap());
    exchange(&store, first.token.as_str(), NOW).await.unwrap_err();
    assert!(store.is_revoked(&token).await.unwrap());
}

async fn one_token_is_revoked_by_its_id(store: impl RevocationStore) {
    let grant = Grant::new("alice");
    let (revoked, other) = (token_at(&grant, NOW).await, token_at(&grant, NOW).await);
    for _ in 0..2 {
        store.revoke_token(revoked.id().unwrap(), NOW + 20 * MINUTE, NOW).await.unwrap();
        assert!(store.is_revoked(&revoked).await.unwrap());
        assert!(!store.is_revoked(&other).await.unwrap());
    }
}

async fn the_older_tokens_of_a_subject_are_revoked(store: impl RevocationStore) {
    let second = Duration::from_secs(1);
    let (alice, bob) = (Grant::new("alice"), Grant::new("bob"));
    let half = NOW + Duration::from_millis(500);
    store.revoke_tokens_before("alice", half, NOW + 20 * MINUTE, NOW).await.unwrap();
    for (grant, issued, is_revoked) in [
        (&alice, NOW - 15 * MINUTE, true),
        (&alice, NOW - second, true),
        (&alice, NOW, false),
        (&alice, NOW + second, false),
        (&bob, NOW - second, false),
        (&Grant::new("ALICE"), NOW - second, false),
    ] {
        let token = token_at(grant, issued).await;
        assert_eq!(store.is_revoked(&token).await.unwrap(), is_revoked, "{token:?} {issued:?}");
    }
}

async fn of_two_times_the_later_one_holds(store: impl RevocationStore) {
    let token = token_at(&Grant::new("alice"), NOW - MINUTE).await;
    let before = async |not_before| {
        store.revoke_tokens_before("alice", not_before, NOW + 20 * MINUTE, NOW).await.unwrap();
        store.is_revoked(&token).await.unwrap()
    };
    assert!(!before(NOW - MINUTE).await);
    assert!(before(NOW).await);
    assert!(before(NOW - MINUTE).await, "an earlier time takes nothing back");
}

async fn any_text_may_be_asked_for(store: impl RevocationStore) {
    for odd in ["", "\0", "a\0b", "' OR '1'='1", "*", "\u{10ffff}", &"x".repeat(2000)] {
        let of_none = token_at(&Grant::new(odd), NOW).await;
        assert!(!store.is_revoked(&of_none).await.unwrap(), "{odd:?}");
        let of_unknown = token_at(&Grant::new("alice").session_id(odd), NOW).await;
        assert!(store.is_revoked(&of_unknown).await.unwrap(), "{odd:?}");
    }
}

async fn of_50_who_revoke_at_once_all_have_done_it(store: impl RevocationStore) {
    let own = token_at(&Grant::new("alice"), NOW - MINUTE).await;
    let id = own.id().unwrap().to_owned();
    let tasks: Vec<_> = (0..50)
        .map(|seconds| {
            let (store, id) = (store.clone(), id.clone());
            let until = NOW + MINUTE + Duration::from_secs(seconds);
            let not_before = NOW - Duration::from_secs(seconds);
            tokio::spawn(async move {
                store.revoke_token(&id, until, NOW).await.unwrap();
                store.revoke_tokens_before("bob", not_before, until, NOW).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(store.is_revoked(&own).await.unwrap());
    for (issued, is_revoked) in [(NOW - Duration::from_secs(1), true), (NOW, false)] {
        let token = token_at(&Grant::new("bob"), issued).await;
        assert_eq!(store.is_revoked(&token).await.unwrap(), is_revoked);
    }
    // The latest of the times is when it may be forgotten.
    store.delete_expired_sessions(NOW + MINUTE + Duration::from_secs(48)).await.unwrap();
    assert!(store.is_revoked(&own).await.unwrap());
}
