//! The contract of `OneTimeTokenStore`.

use std::time::Duration;

use tower_bearer::{OneTimePurpose, OneTimeTokenStore, OneTimeTokens, StoredOneTimeToken};

use crate::support::{NOW, on_every_session_store};

on_every_session_store! {
    keeps_every_field
    finds_and_takes_nothing_by_another_hash
    r173_a_token_is_used_once_and_for_its_purpose
    r173_of_parallel_uses_of_a_token_one_succeeds
    r173_what_is_stored_gives_no_token
    the_oldest_go_where_a_user_has_too_many
    no_user_has_more_than_allowed_even_in_a_race
    deletes_those_of_one_user_and_purpose
    endless_times_are_no_fault
}

const MINUTE: Duration = Duration::from_secs(60);
const RESET: OneTimePurpose = OneTimePurpose::ResetPassword;
const VERIFY: OneTimePurpose = OneTimePurpose::VerifyEmail;

/// Of this user, as old as so many minutes.
fn token(hash: u8, user_id: &str, minutes: u32) -> StoredOneTimeToken {
    let born = NOW - minutes * MINUTE;
    StoredOneTimeToken::new([hash; 32], user_id, "reset_password", "{}", born, born + 60 * MINUTE)
}

/// Whether each of these is in the store.
async fn has<const N: usize>(store: &impl OneTimeTokenStore, hashes: [u8; N]) -> [bool; N] {
    let mut has = [false; N];
    for (has, hash) in has.iter_mut().zip(hashes) {
        *has = store.find_one_time_token(&[hash; 32]).await.unwrap().is_some();
    }
    has
}

async fn keeps_every_field(store: impl OneTimeTokenStore) {
    let hostile =
        "Robert'); DROP TABLE tower_bearer_one_time_tokens;-- \u{1F600} %_?$1 \\ zo\u{eb}";
    let rows = [
        StoredOneTimeToken::new([1; 32], hostile, "verify_email", hostile, NOW, NOW + MINUTE),
        StoredOneTimeToken::new([2; 32], "", "x", "", NOW, NOW),
        // Not over by the clock of whoever asks, which is another's business.
        StoredOneTimeToken::new([0; 32], "alice", "x", "a\nb", NOW + NOW, NOW + NOW + MINUTE),
    ];
    for row in &rows {
        store.insert_one_time_token(row, 5).await.unwrap();
    }
    for row in rows {
        let found = store.find_one_time_token(&row.hash).await.unwrap();
        assert_eq!(found.as_ref(), Some(&row));
        let shown = format!("{found:?}");
        assert!(!shown.contains("1, 1") && !shown.contains("payload"), "{shown}");
        assert_eq!(store.take_one_time_token(&row.hash).await.unwrap(), Some(row.clone()));
        assert_eq!(store.find_one_time_token(&row.hash).await.unwrap(), None);
    }
}

async fn finds_and_takes_nothing_by_another_hash(store: impl OneTimeTokenStore) {
    store.insert_one_time_token(&token(7, "alice", 0), 5).await.unwrap();
    for other in [[0; 32], [8; 32], [0x25; 32], [0x5f; 32]] {
        assert_eq!(store.find_one_time_token(&other).await.unwrap(), None);
        assert_eq!(store.take_one_time_token(&other).await.unwrap(), None);
    }
    assert_eq!(has(&store, [7]).await, [true]);
}

async fn r173_a_token_is_used_once_and_for_its_purpose(store: impl OneTimeTokenStore) {
    let rules = OneTimeTokens::new();
    let issued = rules.issue(&store, RESET, "alice", "about it", NOW).await.unwrap();
    let text = issued.as_str();
    for _ in 0..2 {
        let found = rules.find(&store, RESET, text, NOW).await.unwrap();
        assert!(found.is_some_and(|token| token.payload == "about it"));
    }
    for other in [text.replace("reset", "verify"), text.to_uppercase(), format!("{text} ")] {
        assert!(rules.take(&store, RESET, &other, NOW).await.unwrap().is_none(), "{other:?}");
        assert!(rules.take(&store, VERIFY, &other, NOW).await.unwrap().is_none(), "{other:?}");
    }
    assert!(rules.take(&store, VERIFY, text, NOW).await.unwrap().is_none());
    let taken = rules.take(&store, RESET, text, NOW + 29 * MINUTE).await.unwrap();
    assert!(taken.is_some_and(|token| token.user_id == "alice"));
    assert!(rules.find(&store, RESET, text, NOW).await.unwrap().is_none());
    assert!(rules.take(&store, RESET, text, NOW).await.unwrap().is_none());

    let late = rules.issue(&store, RESET, "alice", "", NOW).await.unwrap();
    assert!(rules.find(&store, RESET, late.as_str(), NOW + 30 * MINUTE).await.unwrap().is_none());
    assert!(rules.take(&store, RESET, late.as_str(), NOW + 30 * MINUTE).await.unwrap().is_none());
}

async fn r173_of_parallel_uses_of_a_token_one_succeeds(store: impl OneTimeTokenStore) {
    let rules = OneTimeTokens::new();
    let issued = rules.issue(&store, VERIFY, "alice", "", NOW).await.unwrap();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (store, rules, issued) = (store.clone(), rules.clone(), issued.clone());
            tokio::spawn(async move {
                rules.take(&store, VERIFY, issued.as_str(), NOW).await.unwrap().is_some()
            })
        })
        .collect();
    let mut taken = 0;
    for task in tasks {
        taken += usize::from(task.await.unwrap());
    }
    assert_eq!(taken, 1);
}

/// The hash of what is stored is not that of what is presented: nothing in a row is a token.
async fn r173_what_is_stored_gives_no_token(store: impl OneTimeTokenStore) {
    let rules = OneTimeTokens::new();
    let issued = rules.issue(&store, RESET, "alice", "payload", NOW).await.unwrap();
    let hash: [u8; 32] = {
        use sha2::{Digest, Sha256};
        Sha256::digest(issued.as_str().as_bytes()).into()
    };
    let row = store.find_one_time_token(&hash).await.unwrap().unwrap();
    let secret = issued.as_str().strip_prefix("reset_").unwrap();
    for text in [&row.user_id, &row.purpose, &row.payload] {
        assert!(!text.contains(secret));
    }
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    for text in [hex.clone(), format!("reset_{hex}"), format!("reset_{}", &hex[..40])] {
        assert!(rules.take(&store, RESET, &text, NOW).await.unwrap().is_none(), "{text}");
    }
    assert!(rules.take(&store, RESET, issued.as_str(), NOW).await.unwrap().is_some());
}

async fn the_oldest_go_where_a_user_has_too_many(store: impl OneTimeTokenStore) {
    for (hash, minutes) in [(1, 9), (2, 8), (3, 7)] {
        store.insert_one_time_token(&token(hash, "alice", minutes), 3).await.unwrap();
    }
    let mut other = token(4, "alice", 20);
    other.purpose = "verify_email".to_owned();
    store.insert_one_time_token(&other, 3).await.unwrap();
    store.insert_one_time_token(&token(5, "bob", 20), 3).await.unwrap();
    assert_eq!(has(&store, [1, 2, 3, 4, 5]).await, [true; 5]);
    store.insert_one_time_token(&token(6, "alice", 6), 3).await.unwrap();
    assert_eq!(has(&store, [1, 2, 3, 4, 5, 6]).await, [false, true, true, true, true, true]);
    // A smaller number holds at once; none counts as one, and the new one is it.
    store.insert_one_time_token(&token(7, "alice", 5), 0).await.unwrap();
    assert_eq!(has(&store, [2, 3, 4, 5, 6, 7]).await, [false, false, true, true, false, true]);
}

async fn no_user_has_more_than_allowed_even_in_a_race(store: impl OneTimeTokenStore) {
    let tasks: Vec<_> = (1..=20)
        .map(|hash| {
            let store = store.clone();
            tokio::spawn(async move {
                store.insert_one_time_token(&token(hash, "alice", 0), 5).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let left = store.delete_one_time_tokens_of("alice", "reset_password").await.unwrap();
    assert_eq!(left, 5);
}

async fn deletes_those_of_one_user_and_purpose(store: impl OneTimeTokenStore) {
    store.insert_one_time_token(&token(1, "alice", 0), 5).await.unwrap();
    store.insert_one_time_token(&token(2, "alice", 0), 5).await.unwrap();
    store.insert_one_time_token(&token(3, "bob", 0), 5).await.unwrap();
    let mut other = token(4, "alice", 0);
    other.purpose = "verify_email".to_owned();
    store.insert_one_time_token(&other, 5).await.unwrap();
    for nobody in ["", "Alice", "alice%", "\0", "' OR 1=1 --"] {
        let deleted = store.delete_one_time_tokens_of(nobody, "reset_password").await.unwrap();
        assert_eq!(deleted, 0, "{nobody:?}");
    }
    assert_eq!(store.delete_one_time_tokens_of("alice", "%").await.unwrap(), 0);
    assert_eq!(store.delete_one_time_tokens_of("alice", "reset_password").await.unwrap(), 2);
    assert_eq!(store.delete_one_time_tokens_of("alice", "reset_password").await.unwrap(), 0);
    assert_eq!(has(&store, [1, 2, 3, 4]).await, [false, false, true, true]);
}

async fn endless_times_are_no_fault(store: impl OneTimeTokenStore) {
    for lifetime in [Duration::ZERO, Duration::MAX] {
        let rules = OneTimeTokens::new().lifetime(RESET, lifetime);
        let issued = rules.issue(&store, RESET, "alice", "", NOW).await.unwrap();
        let found = rules.find(&store, RESET, issued.as_str(), NOW).await.unwrap();
        assert_eq!(found.is_some(), lifetime == Duration::MAX);
    }
}
