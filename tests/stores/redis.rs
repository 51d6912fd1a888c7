//! What is particular to Redis: that it forgets by itself, its faults, and what its keys hold.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use redis::AsyncCommands;
use tower_bearer::{
    NewSession, OneTimePurpose, OneTimeTokens, RedisStore, RefreshError, RefreshStore,
    RefreshTokens, RevocationStore,
};

use crate::servers::{Redis, redis};
use crate::support::{CLIENT, NOW, base64_url, exchange, issue, verify};

/// All keys of a store, with the seconds that they have left.
async fn keys(store: &RedisStore, prefix: &str) -> BTreeMap<String, i64> {
    let mut connection = store.connection().clone();
    let names: Vec<String> = connection.keys(format!("{prefix}*")).await.unwrap();
    let mut keys = BTreeMap::new();
    for name in names {
        let left = connection.ttl(&name).await.unwrap();
        keys.insert(name, left);
    }
    keys
}

#[tokio::test]
async fn r116_every_key_ends_with_the_session() {
    let Some(server) = redis() else { return };
    let store = RedisStore::connect(&server.url()).await.unwrap().prefix("ends:");
    let refresh = RefreshTokens::new().lifetime(Duration::from_secs(1000));
    let first = refresh.issue(&store, NewSession::new("alice", CLIENT, "me"), NOW).await.unwrap();
    let verified = verify(&store, first.token.as_str(), NOW).await.unwrap();
    let second = refresh.rotate(&store, verified, NOW).await.unwrap();
    let found = keys(&store, "ends:").await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.values().all(|left| (900..=1000).contains(left)), "{found:?}");
    assert!(found.contains_key(&format!("ends:session:{}", second.session.id)), "{found:?}");

    let endless = RefreshTokens::new().lifetime(Duration::MAX);
    let endless = endless.issue(&store, NewSession::new("alice", CLIENT, "me"), NOW).await.unwrap();
    exchange(&store, endless.token.as_str(), NOW).await.unwrap();
    let found = keys(&store, "ends:").await;
    assert_eq!(found.values().filter(|left| **left == -1).count(), 2, "{found:?}");
}

#[tokio::test]
async fn r117_a_key_ends_with_the_idle_timeout_and_a_rotation_starts_it_anew() {
    let Some(server) = redis() else { return };
    let store = RedisStore::connect(&server.url()).await.unwrap().prefix("idles:");
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let refresh = RefreshTokens::new().idle_timeout(minutes(10));
    let issued = refresh.issue(&store, NewSession::new("alice", CLIENT, ""), NOW).await.unwrap();
    let key = format!("idles:session:{}", issued.session.id);
    assert!((500..=600).contains(&keys(&store, "idles:").await[&key]));
    let refresh = refresh.idle_timeout(minutes(5));
    let verified = verify(&store, issued.token.as_str(), NOW).await.unwrap();
    refresh.rotate(&store, verified, NOW).await.unwrap();
    let found = keys(&store, "idles:").await;
    assert!((200..=300).contains(&found[&key]), "{found:?}");
    // The list of sessions lasts as long as the longest of them.
    assert!((500..=600).contains(&found["idles:sessions_of:alice"]), "{found:?}");
}

#[tokio::test]
async fn a_list_of_sessions_that_is_made_anew_ends_too() {
    let Some(server) = redis() else { return };
    let store = RedisStore::connect(&server.url()).await.unwrap().prefix("anew:");
    let refresh = RefreshTokens::new().lifetime(Duration::from_secs(1000));
    let issued = refresh.issue(&store, NewSession::new("alice", CLIENT, ""), NOW).await.unwrap();
    let _: () = store.connection().clone().del("anew:sessions_of:alice").await.unwrap();
    exchange(&store, issued.token.as_str(), NOW).await.unwrap();
    let found = keys(&store, "anew:").await;
    assert!((900..=1000).contains(&found["anew:sessions_of:alice"]), "{found:?}");
    assert_eq!(store.end_sessions_of("alice", None).await.unwrap(), [issued.session.id]);
}

#[tokio::test]
async fn a_session_takes_no_more_room_however_often_it_is_refreshed() {
    let Some(server) = redis() else { return };
    let store = RedisStore::connect(&server.url()).await.unwrap().prefix("room:");
    let mut issued = issue(&store, "alice").await;
    let key = format!("room:session:{}", issued.session.id);
    let mut connection = store.connection().clone();
    let fields: usize = connection.hlen(&key).await.unwrap();
    for _ in 0..20 {
        issued = exchange(&store, issued.token.as_str(), NOW).await.unwrap();
    }
    assert_eq!(connection.hlen::<_, usize>(&key).await.unwrap(), fields);
    assert_eq!(keys(&store, "room:").await.len(), 2);
}

#[tokio::test]
async fn a_login_forgets_the_sessions_that_are_over() {
    let Some(server) = redis() else { return };
    let store = RedisStore::connect(&server.url()).await.unwrap().prefix("forgets:");
    let short = RefreshTokens::new().lifetime(Duration::from_secs(60));
    for _ in 0..3 {
        short.issue(&store, NewSession::new("alice", CLIENT, ""), NOW).await.unwrap();
    }
    let long = RefreshTokens::new();
    let mut connection = store.connection().clone();
    // Five minutes after the end, as another node's clock may be behind.
    for (seconds, expected) in [(60, 4), (359, 5), (360, 3)] {
        let later = NOW + Duration::from_secs(seconds);
        long.issue(&store, NewSession::new("alice", CLIENT, ""), later).await.unwrap();
        let listed: usize = connection.zcard("forgets:sessions_of:alice").await.unwrap();
        assert_eq!(listed, expected, "after {seconds} seconds");
    }
}

#[tokio::test]
async fn revocations_last_as_long_as_tokens_whatever_the_clock_of_the_server() {
    let Some(server) = redis() else { return };
    let store = RedisStore::connect(&server.url()).await.unwrap().prefix("revoked:");
    let minutes = |minutes: u64| NOW + Duration::from_secs(60 * minutes);
    for (not_before, until) in [(NOW, minutes(20)), (minutes(1), minutes(10))] {
        store.revoke_token("one", until, NOW).await.unwrap();
        store.revoke_tokens_before("alice", not_before, until, NOW).await.unwrap();
    }
    store.revoke_token("over", NOW, minutes(1)).await.unwrap();
    store.revoke_token("endless", Duration::MAX, NOW).await.unwrap();
    let mut found = keys(&store, "revoked:").await;
    assert!(found.remove("revoked:revoked:over").is_none_or(|left| left <= 1), "{found:?}");
    assert_eq!(found.remove("revoked:revoked:endless"), Some(-1));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.values().all(|left| (1100..=1200).contains(left)), "{found:?}");
}

#[tokio::test]
async fn nothing_stays_of_an_ended_session() {
    let Some(server) = redis() else { return };
    let store = RedisStore::connect(&server.url()).await.unwrap().prefix("stays:");
    let other = issue(&store, "alice").await;
    let left = keys(&store, "stays:").await.into_keys().collect::<Vec<_>>();
    for reuse in [false, true] {
        let first = issue(&store, "alice").await;
        let second = exchange(&store, first.token.as_str(), NOW).await.unwrap();
        assert_eq!(keys(&store, "stays:").await.len(), 3);
        if reuse {
            let verified = verify(&store, second.token.as_str(), NOW).await.unwrap();
            exchange(&store, second.token.as_str(), NOW).await.unwrap();
            let reused = RefreshTokens::new().rotate(&store, verified, NOW).await;
            assert!(matches!(reused, Err(RefreshError::Reused(_))), "{reused:?}");
        } else {
            assert!(store.end_session(&first.session.id).await.unwrap());
        }
        assert_eq!(keys(&store, "stays:").await.into_keys().collect::<Vec<_>>(), left);
    }
    exchange(&store, other.token.as_str(), NOW).await.unwrap();
}

#[tokio::test]
async fn r119_the_keys_hold_no_usable_token() {
    let Some(server) = redis() else { return };
    let store = RedisStore::connect(&server.url()).await.unwrap().prefix("hold:");
    let issued = issue(&store, "alice").await;
    let (_, secret) = issued.token.as_str().split_once('.').unwrap();
    let mut connection = store.connection().clone();
    let session: Vec<(Vec<u8>, Vec<u8>)> =
        connection.hgetall(format!("hold:session:{}", issued.session.id)).await.unwrap();
    let dump: Vec<u8> =
        session.into_iter().flat_map(|(field, value)| [field, value]).flatten().collect();
    let holds = |bytes: &[u8]| dump.windows(bytes.len()).any(|window| window == bytes);
    assert!(holds(b"family_hash"), "the search works");
    assert!(!holds(secret.as_bytes()));
    let bytes = base64_url(secret);
    assert!(!holds(&bytes[..16]) && !holds(&bytes[16..]));
}

#[tokio::test]
async fn r173_the_keys_of_mailed_tokens_end_with_them_and_give_none() {
    let Some(server) = redis() else { return };
    let store = RedisStore::connect(&server.url()).await.unwrap().prefix("mailed:");
    let (verify, reset) = (OneTimePurpose::VerifyEmail, OneTimePurpose::ResetPassword);
    let rules = OneTimeTokens::new().lifetime(reset, Duration::from_secs(1000));
    let token = rules.issue(&store, reset, "alice", "payload", NOW).await.unwrap();
    let found = keys(&store, "mailed:").await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.values().all(|left| (900..=1000).contains(left)), "{found:?}");
    assert!(found.contains_key("mailed:one_time_of:reset_password:alice"), "{found:?}");
    let mut connection = store.connection().clone();
    let secret = token.as_str().strip_prefix("reset_").unwrap();
    for name in found.keys() {
        let dump: Vec<u8> =
            redis::cmd("DUMP").arg(name).query_async(&mut connection).await.unwrap();
        let holds = |text: &str| dump.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!name.contains(secret) && !holds(secret), "{name}");
    }
    // What is used leaves nothing behind, and what is left lasts as long as it must.
    assert!(rules.take(&store, reset, token.as_str(), NOW).await.unwrap().is_some());
    assert!(keys(&store, "mailed:").await.is_empty());
    let endless = rules.clone().lifetime(verify, Duration::MAX);
    endless.issue(&store, verify, "alice", "", NOW).await.unwrap();
    rules.issue(&store, verify, "alice", "", NOW).await.unwrap();
    assert_eq!(keys(&store, "mailed:").await["mailed:one_time_of:verify_email:alice"], -1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r111_two_nodes_let_one_of_50_uses_succeed() {
    let Some(server) = redis() else { return };
    let node = || async { RedisStore::connect(&server.url()).await.unwrap().prefix("nodes:") };
    let nodes = [node().await, node().await];
    let token = issue(&nodes[0], "alice").await.token.into_string();
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let (store, token) = (nodes[number % 2].clone(), token.clone());
            tokio::spawn(async move { exchange(&store, &token, NOW).await })
        })
        .collect();
    let mut successes = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => successes += 1,
            Err(RefreshError::Reused(_) | RefreshError::Invalid) => {}
            Err(error) => panic!("{error:?}: {:?}", error.source()),
        }
    }
    assert_eq!(successes, 1);
}

#[tokio::test]
async fn prefixes_keep_services_apart() {
    let Some(server) = redis() else { return };
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let (one, other) = (store.clone().prefix("one:"), store.prefix("other:"));
    let issued = issue(&one, "alice").await;
    let unknown = verify(&other, issued.token.as_str(), NOW).await;
    assert!(matches!(unknown, Err(RefreshError::Invalid)), "{unknown:?}");
    assert!(!other.end_session(&issued.session.id).await.unwrap());
    verify(&one, issued.token.as_str(), NOW).await.unwrap();
}

#[tokio::test]
async fn names_the_fault_of_a_url_and_no_part_of_it() {
    for url in ["", "postgres://u:geheim@h/d", "redis://u:geheim@h:port"] {
        let error = RedisStore::connect(url).await.expect_err(url);
        assert!(error.to_string().contains("Redis URL"), "{error}");
        assert!(!format!("{error} {error:?}").contains("geheim"), "{error:?}");
    }
    let error = RedisStore::connect("redis+unix:///no/such/socket").await.unwrap_err();
    assert_eq!(error.to_string(), "Redis is out of reach");
    assert!(error.is_unavailable());
}

#[tokio::test]
async fn a_wrong_password_and_a_full_memory_are_named() {
    let Some(server) = Redis::start() else { return };
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let set = async |name: &str, value: &str| {
        let mut connection = store.connection().clone();
        let command = redis::cmd("CONFIG").arg("SET").arg(name).arg(value).clone();
        command.exec_async(&mut connection).await.unwrap();
    };
    set("maxmemory", "1").await;
    let full = RefreshTokens::new()
        .issue(&store, NewSession::new("alice", CLIENT, "me"), NOW)
        .await
        .unwrap_err();
    assert!(full.is_unavailable());
    assert!(full.to_string().contains("no memory"), "{full}: {:?}", full.source());
    set("maxmemory", "0").await;
    set("requirepass", "other").await;
    let error = RedisStore::connect(&server.url()).await.unwrap_err();
    assert!(error.to_string().contains("refused the user"), "{error}: {:?}", error.source());
    assert!(!error.is_unavailable());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn recovers_by_itself_when_the_server_does() {
    let Some(server) = Redis::start() else { return };
    let store = RedisStore::connect(&server.url()).await.unwrap();
    let issued = issue(&store, "alice").await;
    server.stop();
    for _ in 0..3 {
        let error = store.end_session("x").await.unwrap_err();
        assert!(error.is_unavailable(), "{error}: {:?}", error.source());
        let refused = verify(&store, issued.token.as_str(), NOW).await;
        assert!(matches!(refused, Err(RefreshError::Store(_))), "{refused:?}");
    }
    server.resume();
    // The first call may still meet the broken connection.
    let _ = store.end_session("x").await;
    exchange(&store, issued.token.as_str(), NOW).await.unwrap();
}
