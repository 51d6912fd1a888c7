//! The contract of `RefreshStore`, as `RefreshTokens` drives it.

use std::time::Duration;

use tower_bearer::{
    NewSession, RefreshError, RefreshRequest, RefreshStore, RefreshTokens, StoredToken,
};

use crate::support::{CLIENT, NOW, by_client, exchange, issue, on_every_session_store, verify};

on_every_session_store! {
    keeps_the_session
    r109_a_token_is_good_for_one_exchange
    r110_reuse_ends_the_family_with_its_active_descendant
    r110_reuse_by_another_client_counts_too
    r110_r120_whoever_knows_the_id_of_a_session_alone_does_not_end_it
    r111_of_50_parallel_uses_one_succeeds
    r111_of_50_parallel_rotations_one_succeeds
    r112_no_token_outlives_a_race_of_rotation_and_reuse
    r112_nothing_is_rotated_after_the_end
    r114_a_wider_scope_is_refused_without_using_the_token_up
    r115_another_client_is_refused_without_using_the_token_up
    r118_logout_ends_the_session_alone
    lists_what_a_user_can_refresh
    ends_the_sessions_of_one_user
    ends_a_session_of_its_user_alone
    the_least_recently_used_makes_room
    of_a_race_of_logout_everywhere_and_refresh_nothing_survives
    r121_foreign_texts_are_invalid
}

async fn keeps_the_session(store: impl RefreshStore) {
    let hostile = "'); DROP TABLE tower_bearer_sessions;-- \u{1F600}";
    let issued = RefreshTokens::new()
        .issue(&store, NewSession::new(hostile, hostile, "a b"), NOW)
        .await
        .unwrap();
    let token = issued.token.as_str();
    let request = RefreshRequest::new(token).client_id(hostile);
    let verified = RefreshTokens::new().verify(&store, request, NOW).await.unwrap();
    assert_eq!(verified.session(), &issued.session);
    let session = issued.session;
    assert_eq!((session.user_id.as_str(), session.client_id.as_str()), (hostile, hostile));
    assert_eq!((session.scope.as_str(), session.created_at), ("a b", NOW));
    assert_eq!(session.id.len(), 22);
}

async fn r109_a_token_is_good_for_one_exchange(store: impl RefreshStore) {
    let first = issue(&store, "alice").await;
    let second = exchange(&store, first.token.as_str(), NOW).await.unwrap();
    assert_ne!(first.token.as_str(), second.token.as_str());
    // Two rotations within one second.
    let third = exchange(&store, second.token.as_str(), NOW).await.unwrap();
    assert_eq!(third.session, first.session);
    let reused = exchange(&store, first.token.as_str(), NOW).await;
    assert!(matches!(reused, Err(RefreshError::Reused(_))), "{reused:?}");
}

async fn r110_reuse_ends_the_family_with_its_active_descendant(store: impl RefreshStore) {
    let other_family = issue(&store, "alice").await;
    let other_user = issue(&store, "bob").await;
    let first = issue(&store, "alice").await;
    let second = exchange(&store, first.token.as_str(), NOW).await.unwrap();
    let third = exchange(&store, second.token.as_str(), NOW).await.unwrap();

    let reused = exchange(&store, second.token.as_str(), NOW).await;
    assert!(matches!(reused, Err(RefreshError::Reused(_))), "{reused:?}");
    for dead in [first, second, third] {
        let dead = exchange(&store, dead.token.as_str(), NOW).await;
        assert!(matches!(dead, Err(RefreshError::Invalid)), "{dead:?}");
    }
    for live in [other_family, other_user] {
        exchange(&store, live.token.as_str(), NOW).await.unwrap();
    }
}

async fn r110_reuse_by_another_client_counts_too(store: impl RefreshStore) {
    let first = issue(&store, "alice").await;
    let second = exchange(&store, first.token.as_str(), NOW).await.unwrap();
    let request = RefreshRequest::new(first.token.as_str()).client_id("thief");
    let stolen = RefreshTokens::new().verify(&store, request, NOW).await;
    assert!(matches!(stolen, Err(RefreshError::Reused(_))), "{stolen:?}");
    let dead = exchange(&store, second.token.as_str(), NOW).await;
    assert!(matches!(dead, Err(RefreshError::Invalid)), "{dead:?}");
}

async fn r110_r120_whoever_knows_the_id_of_a_session_alone_does_not_end_it(
    store: impl RefreshStore,
) {
    let first = issue(&store, "alice").await;
    let second = exchange(&store, first.token.as_str(), NOW).await.unwrap();
    let foreign = issue(&store, "bob").await;
    let (_, secret) = foreign.token.as_str().split_once('.').unwrap();
    for token in [first.token.as_str(), second.token.as_str()] {
        let (id, _) = token.split_once('.').unwrap();
        let forged = format!("{id}.{secret}");
        let refused = exchange(&store, &forged, NOW).await;
        assert!(matches!(refused, Err(RefreshError::Invalid)), "{refused:?}");
        RefreshTokens::new().end_session(&store, &forged).await.unwrap();
    }
    exchange(&store, second.token.as_str(), NOW).await.unwrap();
}

async fn r111_of_50_parallel_uses_one_succeeds(store: impl RefreshStore) {
    let token = issue(&store, "alice").await.token.into_string();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (store, token) = (store.clone(), token.clone());
            tokio::spawn(async move { exchange(&store, &token, NOW).await })
        })
        .collect();
    let mut successes = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(issued) => successes.push(issued),
            Err(RefreshError::Reused(_) | RefreshError::Invalid) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    let [winner] = successes.as_slice() else { panic!("{} successes", successes.len()) };
    // The 49 others were reuse.
    let dead = exchange(&store, winner.token.as_str(), NOW).await;
    assert!(matches!(dead, Err(RefreshError::Invalid)), "{dead:?}");
}

/// As above, with every caller past the check before the first one rotates.
async fn r111_of_50_parallel_rotations_one_succeeds(store: impl RefreshStore) {
    let token = issue(&store, "alice").await.token.into_string();
    let mut verified = Vec::new();
    for _ in 0..50 {
        verified.push(verify(&store, &token, NOW).await.unwrap());
    }
    let tasks: Vec<_> = verified
        .into_iter()
        .map(|verified| {
            let store = store.clone();
            tokio::spawn(async move { RefreshTokens::new().rotate(&store, verified, NOW).await })
        })
        .collect();
    let (mut successes, mut reused, mut invalid) = (0, 0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => successes += 1,
            Err(RefreshError::Reused(_)) => reused += 1,
            Err(RefreshError::Invalid) => invalid += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    // The second caller ends the session; the rest find nothing.
    assert_eq!((successes, reused, invalid), (1, 1, 48));
}

async fn r112_no_token_outlives_a_race_of_rotation_and_reuse(store: impl RefreshStore) {
    for _ in 0..20 {
        let first = issue(&store, "alice").await.token.into_string();
        let second = exchange(&store, &first, NOW).await.unwrap().token.into_string();
        let use_token = |token: String| {
            let store = store.clone();
            tokio::spawn(async move { exchange(&store, &token, NOW).await })
        };
        let (replay, rotation) = (use_token(first), use_token(second.clone()));
        let replay = replay.await.unwrap();
        assert!(matches!(replay, Err(RefreshError::Reused(_))), "{replay:?}");
        let mut tokens = vec![second];
        tokens.extend(rotation.await.unwrap().ok().map(|issued| issued.token.into_string()));
        for token in tokens {
            let dead = exchange(&store, &token, NOW).await;
            assert!(matches!(dead, Err(RefreshError::Invalid)), "{dead:?}");
        }
    }
}

async fn r112_nothing_is_rotated_after_the_end(store: impl RefreshStore) {
    let issued = issue(&store, "alice").await;
    let verified = verify(&store, issued.token.as_str(), NOW).await.unwrap();
    assert!(store.end_session(&issued.session.id).await.unwrap(), "it ended now");
    assert!(!store.end_session(&issued.session.id).await.unwrap(), "it had ended");
    let late = RefreshTokens::new().rotate(&store, verified, NOW).await;
    assert!(matches!(late, Err(RefreshError::Invalid)), "{late:?}");

    // Another session, or another token of this one, leaves it alone, too.
    let live = issue(&store, "alice").await;
    let (_, stored) = store.find_session(&live.session.id).await.unwrap().unwrap();
    let successor = StoredToken::new([7; 32], [7; 32], NOW);
    for (id, old) in [("unknown", stored.secret_hash), (&live.session.id, [7; 32])] {
        assert!(!store.rotate_token(id, &old, &successor, NOW).await.unwrap());
    }
    let found = store.find_session(&live.session.id).await.unwrap();
    assert_eq!(found, Some((live.session.clone(), stored)));
    exchange(&store, live.token.as_str(), NOW).await.unwrap();
}

async fn r114_a_wider_scope_is_refused_without_using_the_token_up(store: impl RefreshStore) {
    let issued = issue(&store, "alice").await;
    let asked = async |token: &str, scope: &str| {
        let request = by_client(token).scope(scope);
        RefreshTokens::new().verify(&store, request, NOW).await.unwrap()
    };
    let token = issued.token.as_str();
    for wider in ["items:write", "me items:write", "me  items:read", " me", "me ", "", "ME", "m"] {
        let refused = asked(token, wider).await.scope();
        assert!(matches!(refused, Err(RefreshError::InvalidScope)), "{wider:?}");
    }
    assert_eq!(asked(token, "items:read").await.scope().unwrap(), "items:read");
    let verified = asked(token, "items:read me me").await;
    assert_eq!(verified.scope().unwrap(), "items:read me");
    let next = RefreshTokens::new().rotate(&store, verified, NOW).await.unwrap();
    // The session keeps its scope, whatever one access token was narrowed to.
    let verified = verify(&store, next.token.as_str(), NOW).await.unwrap();
    assert_eq!(verified.scope().unwrap(), "me items:read");
}

async fn r115_another_client_is_refused_without_using_the_token_up(store: impl RefreshStore) {
    let issued = issue(&store, "alice").await;
    for other in ["", "other", "FIRST-PARTY"] {
        let request = RefreshRequest::new(issued.token.as_str()).client_id(other);
        let refused = RefreshTokens::new().verify(&store, request, NOW).await;
        assert!(matches!(refused, Err(RefreshError::Invalid)), "{other:?}");
    }
    exchange(&store, issued.token.as_str(), NOW).await.unwrap();
}

async fn r118_logout_ends_the_session_alone(store: impl RefreshStore) {
    let refresh = RefreshTokens::new();
    let other = issue(&store, "alice").await;
    let first = issue(&store, "alice").await;
    let second = exchange(&store, first.token.as_str(), NOW).await.unwrap();
    // With a token that was used already, and then again with one that is dead.
    for token in [&first, &second, &first] {
        refresh.end_session(&store, token.token.as_str()).await.unwrap();
        let dead = exchange(&store, second.token.as_str(), NOW).await;
        assert!(matches!(dead, Err(RefreshError::Invalid)), "{dead:?}");
    }
    assert!(!store.end_session("no such session").await.unwrap());
    exchange(&store, other.token.as_str(), NOW).await.unwrap();
}

async fn lists_what_a_user_can_refresh(store: impl RefreshStore) {
    let hostile = "'); DROP TABLE tower_bearer_sessions;-- \u{1F600}";
    let refresh = RefreshTokens::new();
    let short = refresh.clone().lifetime(Duration::from_secs(60));
    let idle = refresh.clone().idle_timeout(Duration::from_secs(60));
    let new = NewSession::new(hostile, CLIENT, "me").device("Phone \u{1F600}");
    let first = refresh.issue(&store, new, NOW).await.unwrap();
    short.issue(&store, NewSession::new(hostile, CLIENT, ""), NOW).await.unwrap();
    idle.issue(&store, NewSession::new(hostile, CLIENT, ""), NOW).await.unwrap();
    issue(&store, "other").await;
    assert_eq!(store.sessions_of(hostile, NOW).await.unwrap().len(), 3);
    let later = NOW + Duration::from_secs(60);
    let second = refresh.issue(&store, NewSession::new(hostile, CLIENT, ""), later).await.unwrap();
    let sessions = store.sessions_of(hostile, later).await.unwrap();
    assert_eq!(sessions, [second.session.clone(), first.session.clone()]);
    assert_eq!(sessions[1].device.as_deref(), Some("Phone \u{1F600}"));

    let last = later + Duration::from_secs(1);
    let first = exchange(&store, first.token.as_str(), last).await.unwrap();
    assert_eq!(first.session.last_used_at, last);
    let sessions = store.sessions_of(hostile, last).await.unwrap();
    assert_eq!(sessions, [first.session.clone(), second.session]);
    store.end_session(&first.session.id).await.unwrap();
    assert_eq!(store.sessions_of(hostile, last).await.unwrap().len(), 1);
    for nobody in ["", "unknown", "\0"] {
        assert_eq!(store.sessions_of(nobody, NOW).await.unwrap(), []);
    }
}

async fn ends_the_sessions_of_one_user(store: impl RefreshStore) {
    let other = issue(&store, "bob").await;
    let mut ids = Vec::new();
    let mut kept = issue(&store, "alice").await;
    for _ in 0..3 {
        ids.push(issue(&store, "alice").await.session.id);
    }
    ids.sort();
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    let ended = store.end_sessions_of("alice", Some(&kept.session.id)).await.unwrap();
    assert_eq!(sorted(ended), ids);
    kept = exchange(&store, kept.token.as_str(), NOW).await.unwrap();
    for unknown in [Some(kept.session.id.as_str()), Some("\0")] {
        assert_eq!(store.end_sessions_of("unknown", unknown).await.unwrap(), Vec::<String>::new());
    }
    assert_eq!(store.end_sessions_of("alice", None).await.unwrap(), [kept.session.id]);
    let dead = exchange(&store, kept.token.as_str(), NOW).await;
    assert!(matches!(dead, Err(RefreshError::Invalid)), "{dead:?}");
    assert_eq!(store.end_sessions_of("alice", None).await.unwrap(), Vec::<String>::new());
    exchange(&store, other.token.as_str(), NOW).await.unwrap();
}

async fn ends_a_session_of_its_user_alone(store: impl RefreshStore) {
    let hostile = "' OR '1'='1";
    let (of_alice, of_bob) = (issue(&store, "alice").await, issue(&store, "bob").await);
    let (alices, bobs) = (&of_alice.session.id, &of_bob.session.id);
    for (user, id) in [
        ("alice", bobs.as_str()),
        ("bob", alices),
        (hostile, alices),
        ("", alices),
        ("alice", hostile),
        ("alice", ""),
        ("alice", "\0"),
        ("\0", alices),
    ] {
        assert!(!store.end_session_of(user, id).await.unwrap(), "{user:?} {id:?}");
    }
    assert!(store.end_session_of("alice", alices).await.unwrap());
    assert!(!store.end_session_of("alice", alices).await.unwrap());
    assert_eq!(store.find_session(alices).await.unwrap(), None);
    exchange(&store, of_bob.token.as_str(), NOW).await.unwrap();
}

async fn the_least_recently_used_makes_room(store: impl RefreshStore) {
    let refresh = RefreshTokens::new().most_sessions(3);
    let second = |number: u64| NOW + Duration::from_secs(number);
    let begin = async |number: u64| {
        let new = NewSession::new("alice", CLIENT, "");
        refresh.issue(&store, new, second(number)).await.unwrap()
    };
    issue(&store, "bob").await;
    let mut issued = Vec::new();
    for number in 0..3 {
        issued.push(begin(number).await);
        assert_eq!(issued.last().unwrap().displaced, Vec::<String>::new());
    }
    // The oldest was used last.
    let oldest = exchange(&store, issued[0].token.as_str(), second(5)).await.unwrap();
    assert_eq!(begin(6).await.displaced, [issued[1].session.id.clone()]);
    assert_eq!(store.find_session(&issued[1].session.id).await.unwrap(), None);
    exchange(&store, oldest.token.as_str(), second(6)).await.unwrap();
    // A smaller limit ends several, and never the new one.
    let new = NewSession::new("alice", CLIENT, "");
    let last = refresh.most_sessions(0).issue(&store, new, NOW).await.unwrap();
    assert_eq!(last.displaced.len(), 3);
    assert_eq!(store.sessions_of("alice", NOW).await.unwrap(), [last.session]);
    assert_eq!(store.sessions_of("bob", NOW).await.unwrap().len(), 1);
}

async fn of_a_race_of_logout_everywhere_and_refresh_nothing_survives(store: impl RefreshStore) {
    for round in 0..10 {
        let user = format!("alice {round}");
        let mut first = Vec::new();
        for _ in 0..12 {
            first.push(issue(&store, &user).await.token.into_string());
        }
        let mut tasks = Vec::new();
        for (number, token) in first.into_iter().enumerate() {
            let (store, user) = (store.clone(), user.clone());
            tasks.push(tokio::spawn(async move {
                if number % 4 == 2 {
                    store.end_sessions_of(&user, None).await.unwrap();
                }
                exchange(&store, &token, NOW).await
            }));
        }
        let mut tokens = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(issued) => tokens.push(issued.token.into_string()),
                Err(RefreshError::Invalid) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        // All sessions were there before the first end of all, so none is there after it.
        assert_eq!(store.sessions_of(&user, NOW).await.unwrap(), []);
        for token in tokens {
            let dead = exchange(&store, &token, NOW).await;
            assert!(matches!(dead, Err(RefreshError::Invalid)), "{dead:?}");
        }
    }
}

async fn r121_foreign_texts_are_invalid(store: impl RefreshStore) {
    let issued = issue(&store, "alice").await;
    let token = issued.token.as_str();
    assert_eq!(token.len(), 87);
    let (id, secret) = token.split_once('.').unwrap();
    let foreign = [
        String::new(),
        ".".to_owned(),
        id.to_owned(),
        secret.to_owned(),
        format!("{token} "),
        format!(" {token}"),
        format!("{token}="),
        format!("{token}\0"),
        token[..86].to_owned(),
        token.replace('.', "_"),
        format!("{secret}.{id}"),
        format!("{id}.{}", "é".repeat(32)),
        format!("{}.{secret}", "'".repeat(22)),
        format!("{}.{secret}", &id[..21]),
        // The last character of 16 bytes has bits that must be zero: a second spelling.
        format!("{}{}.{secret}", &id[..21], next_letter(&id[21..])),
        format!("{id}.{}", secret.replacen(&secret[..1], "+", 1)),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl".to_owned(),
        "a".repeat(1_000_000),
    ];
    for text in foreign {
        let refused = verify(&store, &text, NOW).await;
        assert!(matches!(refused, Err(RefreshError::Invalid)), "{text:?}");
        RefreshTokens::new().end_session(&store, &text).await.unwrap();
    }
    let unknown = issue(&tower_bearer::MemoryStore::new(), "alice").await;
    let unknown = verify(&store, unknown.token.as_str(), NOW).await;
    assert!(matches!(unknown, Err(RefreshError::Invalid)));
    exchange(&store, token, NOW).await.unwrap();
}

/// The next one of the base64url alphabet, which differs in the lowest bit.
fn next_letter(letter: &str) -> char {
    match letter.as_bytes()[0] {
        b'Z' => 'a',
        b'z' => '0',
        b'9' => '-',
        other => char::from(other + 1),
    }
}

#[tokio::test]
async fn r016_debug_hides_tokens_and_hashes() {
    let store = tower_bearer::MemoryStore::new();
    let issued = issue(&store, "alice").await;
    let (id, secret) = issued.token.as_str().split_once('.').unwrap();
    let verified = verify(&store, issued.token.as_str(), NOW).await.unwrap();
    let (_, stored) = store.find_session(id).await.unwrap().unwrap();
    let request = by_client(issued.token.as_str());
    let shown = format!("{issued:?} {request:?} {verified:?} {stored:?} {store:?}");
    assert!(shown.contains(id) && !shown.contains(&secret[..8]), "{shown}");
    for hash in [stored.family_hash, stored.secret_hash] {
        assert!(!shown.contains(&format!("{:?}", &hash[..4])[1..]), "{shown}");
    }
}
