//! The contract of `ApiKeyStore`.

use std::time::Duration;

use tower_bearer::{AccountStore, ApiKeyOwner, ApiKeyStore, StoredApiKey, UserChange, UserStore};

use crate::support::{NOW, new_user, on_every_store};

on_every_store! {
    keeps_every_field
    r192_finds_nothing_by_an_unknown_id
    r191_a_key_is_stored_once_and_for_a_user_there_is
    lists_the_keys_of_a_user_with_the_newest_first
    r192_a_revoked_key_is_gone_and_only_its_owner_revokes_it
    r194_the_last_use_never_goes_back
    r194_no_user_has_more_keys_than_allowed_even_in_a_race
    of_parallel_revocations_one_succeeds
    deletes_the_keys_that_had_expired_by_a_time
    housekeeping_leaves_expired_keys_in_the_list_for_30_days
}

fn key(id: &str, user_id: &str) -> StoredApiKey {
    let mut key = StoredApiKey::new(id, user_id, "backup", "tb", [7; 32], NOW, NOW + NOW);
    key.scopes = vec!["data:read".to_owned()];
    key
}

async fn user(store: &impl UserStore, name: &str) -> String {
    let new = new_user(name).scopes(["data:read", "not a scope"]);
    store.insert_user(new, NOW).await.unwrap().id
}

fn expiring(id: &str, user_id: &str, expires_at: Duration) -> StoredApiKey {
    StoredApiKey::new(id, user_id, "backup", "tb", [7; 32], NOW, expires_at)
}

async fn ids(store: &impl ApiKeyStore, user_id: &str) -> Vec<String> {
    let mut ids: Vec<String> =
        store.api_keys_of(user_id).await.unwrap().into_iter().map(|key| key.id).collect();
    ids.sort();
    ids
}

async fn deletes_the_keys_that_had_expired_by_a_time(store: impl UserStore + ApiKeyStore) {
    let (alice, bob) = (user(&store, "alice").await, user(&store, "bob").await);
    let second = |number: u64| NOW + Duration::from_secs(number);
    for (id, owner, at) in [("a", &alice, 1), ("b", &bob, 2), ("c", &alice, 3)] {
        assert!(store.insert_api_key(&expiring(id, owner, second(at)), 9).await.unwrap());
    }
    for (time, deleted) in [(0, 0), (2, 2), (2, 0)] {
        assert_eq!(store.delete_expired_api_keys(second(time)).await.unwrap(), deleted);
    }
    assert_eq!((ids(&store, &alice).await, ids(&store, &bob).await), (vec!["c".into()], vec![]));
    assert_eq!(store.delete_expired_api_keys(Duration::MAX).await.unwrap(), 1);
}

async fn housekeeping_leaves_expired_keys_in_the_list_for_30_days(
    store: impl UserStore + ApiKeyStore + tower_bearer::RefreshStore,
) {
    let alice = user(&store, "alice").await;
    let month = Duration::from_secs(30 * 24 * 3600);
    let second = Duration::from_secs(1);
    for (id, at) in [("a", NOW), ("b", NOW - second)] {
        assert!(store.insert_api_key(&expiring(id, &alice, at), 9).await.unwrap());
    }
    for (now, left) in [(NOW + month - second, vec!["a"]), (NOW + month, vec![])] {
        let clock = tower_bearer::Clock::manual(now);
        let keeping = tower_bearer::Housekeeping::new(store.clone()).clock(clock);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let task = tokio::spawn(keeping.api_keys(store.clone()).run_until(async {
            let _ = stopped.await;
        }));
        while ids(&store, &alice).await.len() > left.len() {
            tokio::task::yield_now().await;
        }
        drop(stop);
        task.await.unwrap();
        assert_eq!(ids(&store, &alice).await, left);
    }
}

async fn keeps_every_field(store: impl UserStore + ApiKeyStore) {
    let alice = user(&store, "alice").await;
    let hostile = "Robert'); DROP TABLE tower_bearer_api_keys;-- \u{1F600} %_?$1 \\";
    let mut full = StoredApiKey::new("id-1", &*alice, hostile, "acme_live", [9; 32], NOW, NOW * 2);
    full.scopes = vec!["data:read".to_owned(), "a'b:*".to_owned()];
    full.rate = Some("60/minute".to_owned());
    full.last_used_at = Some(NOW + Duration::from_secs(60));
    let mut bare = key("id-2", &alice);
    bare.scopes = Vec::new();
    let owner = ApiKeyOwner::new(true, ["data:read".to_owned(), "not a scope".to_owned()]);
    for key in [full, bare] {
        assert!(store.insert_api_key(&key, 2).await.unwrap());
        let found = store.find_api_key(&key.id).await.unwrap();
        assert_eq!(found, Some((key.clone(), owner.clone())));
        assert!(!format!("{found:?}").contains("9, 9") && key.public_part().ends_with(&key.id));
    }
}

async fn r192_finds_nothing_by_an_unknown_id(store: impl UserStore + ApiKeyStore) {
    let alice = user(&store, "alice").await;
    assert!(store.insert_api_key(&key("id", &alice), 1).await.unwrap());
    for id in ["", "ID", "i", "id ", "%", "\0", "' OR 1=1 --"] {
        assert_eq!(store.find_api_key(id).await.unwrap(), None, "{id:?}");
        assert!(!store.revoke_api_key(&alice, id).await.unwrap());
        assert!(!store.revoke_api_key(id, "id").await.unwrap());
        store.touch_api_key(id, NOW).await.unwrap();
    }
    assert_eq!(store.find_api_key(&alice).await.unwrap(), None);
    for user in ["", "nobody", "\0"] {
        assert_eq!(store.api_keys_of(user).await.unwrap(), []);
        assert_eq!(store.revoke_api_keys_of(user).await.unwrap(), [""; 0]);
    }
    assert_eq!(store.api_keys_of(&alice).await.unwrap(), [key("id", &alice)]);
}

async fn r191_a_key_is_stored_once_and_for_a_user_there_is(store: impl UserStore + ApiKeyStore) {
    let (alice, bob) = (user(&store, "alice").await, user(&store, "bob").await);
    assert!(store.insert_api_key(&key("id", &alice), 10).await.unwrap());
    assert!(store.insert_api_key(&key("id", &bob), 10).await.is_err());
    assert!(store.insert_api_key(&key("other", "nobody"), 10).await.is_err());
    assert_eq!(store.find_api_key("id").await.unwrap().unwrap().0.user_id, alice);
    assert_eq!(store.find_api_key("other").await.unwrap(), None);
}

async fn lists_the_keys_of_a_user_with_the_newest_first(store: impl UserStore + ApiKeyStore) {
    let (alice, bob) = (user(&store, "alice").await, user(&store, "bob").await);
    for (id, age) in [("old", 9), ("b", 5), ("a", 5), ("C", 5), ("new", 1)] {
        let mut key = key(id, &alice);
        key.created_at = NOW - Duration::from_secs(age);
        // Expired ones included.
        key.expires_at = NOW - Duration::from_secs(age - 1);
        assert!(store.insert_api_key(&key, 10).await.unwrap());
    }
    assert!(store.insert_api_key(&key("bob's", &bob), 10).await.unwrap());
    let ids = |keys: Vec<StoredApiKey>| keys.into_iter().map(|key| key.id).collect::<Vec<_>>();
    assert_eq!(ids(store.api_keys_of(&alice).await.unwrap()), ["new", "C", "a", "b", "old"]);
    let mut revoked = store.revoke_api_keys_of(&alice).await.unwrap();
    revoked.sort();
    assert_eq!(revoked, ["C", "a", "b", "new", "old"]);
    assert_eq!(ids(store.api_keys_of(&alice).await.unwrap()), [""; 0]);
    assert_eq!(ids(store.api_keys_of(&bob).await.unwrap()), ["bob's"]);
}

async fn r192_a_revoked_key_is_gone_and_only_its_owner_revokes_it(
    store: impl UserStore + ApiKeyStore,
) {
    let (alice, bob) = (user(&store, "alice").await, user(&store, "bob").await);
    assert!(store.insert_api_key(&key("id", &alice), 10).await.unwrap());
    assert!(!store.revoke_api_key(&bob, "id").await.unwrap());
    assert!(store.find_api_key("id").await.unwrap().is_some());
    assert!(store.revoke_api_key(&alice, "id").await.unwrap());
    assert!(!store.revoke_api_key(&alice, "id").await.unwrap());
    assert_eq!(store.find_api_key("id").await.unwrap(), None);
}

async fn r194_the_last_use_never_goes_back(store: impl UserStore + ApiKeyStore) {
    let alice = user(&store, "alice").await;
    for id in ["id", "other"] {
        assert!(store.insert_api_key(&key(id, &alice), 10).await.unwrap());
    }
    for (at, noted) in [(5, 5), (3, 5), (9, 9), (9, 9)] {
        let now = NOW + Duration::from_millis(at * 1000 + 999);
        store.touch_api_key("id", now).await.unwrap();
        let (key, _) = store.find_api_key("id").await.unwrap().unwrap();
        assert_eq!(key.last_used_at, Some(NOW + Duration::from_secs(noted)));
    }
    assert_eq!(store.find_api_key("other").await.unwrap().unwrap().0.last_used_at, None);
}

async fn r194_no_user_has_more_keys_than_allowed_even_in_a_race(
    store: impl UserStore + ApiKeyStore,
) {
    let (alice, bob) = (user(&store, "alice").await, user(&store, "bob").await);
    assert!(!store.insert_api_key(&key("none", &alice), 0).await.unwrap());
    assert!(store.insert_api_key(&key("bob's", &bob), 1).await.unwrap());
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let (store, key) = (store.clone(), key(&format!("{number}"), &alice));
            tokio::spawn(async move { store.insert_api_key(&key, 5).await.unwrap() })
        })
        .collect();
    let mut stored = 0;
    for task in tasks {
        stored += usize::from(task.await.unwrap());
    }
    assert_eq!(stored, 5);
    assert_eq!(store.api_keys_of(&alice).await.unwrap().len(), 5);
    // A revoked key makes room.
    let first = store.api_keys_of(&alice).await.unwrap().remove(0).id;
    assert!(store.revoke_api_key(&alice, &first).await.unwrap());
    assert!(store.insert_api_key(&key("later", &alice), 5).await.unwrap());
}

async fn of_parallel_revocations_one_succeeds(store: impl UserStore + ApiKeyStore) {
    let alice = user(&store, "alice").await;
    assert!(store.insert_api_key(&key("id", &alice), 10).await.unwrap());
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (store, alice) = (store.clone(), alice.clone());
            tokio::spawn(async move { store.revoke_api_key(&alice, "id").await.unwrap() })
        })
        .collect();
    let mut revoked = 0;
    for task in tasks {
        revoked += usize::from(task.await.unwrap());
    }
    assert_eq!(revoked, 1);
}

/// How an owner is disabled or deleted is each store's own.
#[tokio::test]
async fn r192_keys_go_with_their_owner_in_memory() {
    let store = tower_bearer::MemoryStore::new();
    let alice = user(&store, "alice").await;
    assert!(store.insert_api_key(&key("id", &alice), 10).await.unwrap());
    assert!(
        store.update_user(&alice, &UserChange::new().is_active(false)).await.unwrap().is_some()
    );
    assert!(!store.find_api_key("id").await.unwrap().unwrap().1.is_active);
    assert!(store.delete_user(&alice).await.unwrap());
    assert_eq!(store.find_api_key("id").await.unwrap(), None);
    assert_eq!(store.api_keys_of(&alice).await.unwrap(), []);
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn r192_keys_go_with_their_owner_on_sqlite() {
    let store = tower_bearer::SqliteStore::connect("sqlite::memory:").await.unwrap();
    let (alice, bob) = (user(&store, "alice").await, user(&store, "bob").await);
    assert!(store.insert_api_key(&key("id", &alice), 10).await.unwrap());
    assert!(store.insert_api_key(&key("bob's", &bob), 10).await.unwrap());
    let update = "UPDATE tower_bearer_users SET is_active = 0, scopes = '[\"x\"]' WHERE id = ?";
    sqlx::query(update).bind(&alice).execute(store.pool()).await.unwrap();
    let owner = store.find_api_key("id").await.unwrap().unwrap().1;
    assert_eq!(owner, ApiKeyOwner::new(false, ["x".to_owned()]));
    let delete = "DELETE FROM tower_bearer_users WHERE id = ?";
    sqlx::query(delete).bind(&alice).execute(store.pool()).await.unwrap();
    assert_eq!(store.find_api_key("id").await.unwrap(), None);
    assert_eq!(store.api_keys_of(&alice).await.unwrap(), []);
    assert!(store.find_api_key("bob's").await.unwrap().is_some());
}

#[cfg(all(feature = "postgres", feature = "redis"))]
#[tokio::test]
async fn r192_keys_go_with_their_owner_on_postgres() {
    let Some(server) = crate::servers::postgres() else { return };
    let store = tower_bearer::PostgresStore::connect(&server.database().await).await.unwrap();
    let (alice, bob) = (user(&store, "alice").await, user(&store, "bob").await);
    assert!(store.insert_api_key(&key("id", &alice), 10).await.unwrap());
    assert!(store.insert_api_key(&key("bob's", &bob), 10).await.unwrap());
    let update = "UPDATE tower_bearer_users SET is_active = FALSE, scopes = '{x}' WHERE id = $1";
    sqlx::query(update).bind(&alice).execute(store.pool()).await.unwrap();
    let owner = store.find_api_key("id").await.unwrap().unwrap().1;
    assert_eq!(owner, ApiKeyOwner::new(false, ["x".to_owned()]));
    let delete = "DELETE FROM tower_bearer_users WHERE id = $1";
    sqlx::query(delete).bind(&alice).execute(store.pool()).await.unwrap();
    assert_eq!(store.find_api_key("id").await.unwrap(), None);
    assert_eq!(store.api_keys_of(&alice).await.unwrap(), []);
    assert!(store.find_api_key("bob's").await.unwrap().is_some());
}
