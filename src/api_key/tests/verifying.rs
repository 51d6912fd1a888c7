//! Whether a key is good.

use std::time::Duration;

use super::{NOW, issue, store};
use crate::api_key::{ApiKeyError, ApiKeyVerifier, ApiKeys, NewApiKey};
use crate::clock::Clock;
use crate::store::{
    AccountStore, ApiKeyOwner, ApiKeyStore, MemoryStore, StoreError, StoredApiKey, UserChange,
};
use crate::subject::{ApiKeyCheck, ApiKeySource, VerifiedApiKey};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn valid<S: ApiKeyStore>(keys: &ApiKeyVerifier<S>, key: &str) -> VerifiedApiKey {
    match keys.check_api_key(key).await.unwrap() {
        ApiKeyCheck::Valid(key) => key,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn r194_a_key_never_exceeds_its_owner() {
    let (store, alice) = store().await;
    let issued = issue(&store, &alice, &ApiKeys::new()).await;
    let keys = ApiKeyVerifier::new(store.clone()).clock(Clock::manual(NOW));
    let key = valid(&keys, issued.key.as_str()).await;
    assert_eq!((key.id, key.owner), (issued.stored.id, alice.clone()));
    assert_eq!(key.scopes, ["data:read"], "the owner does not hold items:read");
    assert_eq!((key.created_at, key.expires_at), (Some(NOW), Some(NOW + 90 * DAY)));

    store.update_user(&alice, &UserChange::new().scopes(["items:read"])).await.unwrap();
    assert_eq!(valid(&keys, issued.key.as_str()).await.scopes, ["items:read"]);
}

#[tokio::test]
async fn r192_unknown_revoked_expired_and_ownerless_are_one_answer() {
    let (store, alice) = store().await;
    let clock = Clock::manual(NOW);
    let keys = ApiKeyVerifier::new(store.clone()).clock(clock.clone());
    let first = issue(&store, &alice, &ApiKeys::new()).await;
    let second = issue(&store, &alice, &ApiKeys::new()).await;
    let (first_text, second_text) = (first.key.as_str(), second.key.as_str());
    // The ID of one with the secret of the other: with a wrong checksum, and with a right one.
    let mixed = format!("{}{}", &first_text[..28], &second_text[28..]);
    let foreign = crate::api_key::text::mint("tb").unwrap();
    let mut known = second.stored.clone();
    known.id = foreign.id.clone();
    assert!(store.insert_api_key(&known, 50).await.unwrap());
    for text in [mixed.as_str(), foreign.key.as_str(), "", "tb", "tb_x_y", "_"] {
        assert_eq!(keys.check_api_key(text).await.unwrap(), ApiKeyCheck::Invalid, "{text}");
    }
    valid(&keys, first_text).await;

    clock.set(NOW + 90 * DAY - Duration::from_nanos(1));
    valid(&keys, first_text).await;
    clock.set(NOW + 90 * DAY);
    assert_eq!(keys.check_api_key(first_text).await.unwrap(), ApiKeyCheck::Invalid);

    clock.set(NOW);
    store.update_user(&alice, &UserChange::new().is_active(false)).await.unwrap();
    assert_eq!(keys.check_api_key(first_text).await.unwrap(), ApiKeyCheck::Invalid);
    store.update_user(&alice, &UserChange::new().is_active(true)).await.unwrap();
    assert!(store.revoke_api_key(&alice, &first.stored.id).await.unwrap());
    assert_eq!(keys.check_api_key(first_text).await.unwrap(), ApiKeyCheck::Invalid);
    valid(&keys, second_text).await;
    assert!(store.delete_user(&alice).await.unwrap());
    assert_eq!(keys.check_api_key(second_text).await.unwrap(), ApiKeyCheck::Invalid);
}

#[tokio::test]
async fn r194_the_rate_is_that_of_the_key_or_of_the_rules() {
    let (store, alice) = store().await;
    let rules = ApiKeys::new().rate("2/hour".parse().unwrap());
    let issued = issue(&store, &alice, &rules).await;
    let own = NewApiKey::new(&alice, "own").scopes(["data:read"]).rate("1/hour".parse().unwrap());
    let own = rules.issue(&store, own, NOW).await.unwrap();
    let keys = ApiKeyVerifier::new(store.clone()).clock(Clock::manual(NOW));
    for (key, allowed) in [(issued.key, 2), (own.key, 1)] {
        for _ in 0..allowed {
            valid(&keys, key.as_str()).await;
        }
        let check = keys.clone().check_api_key(key.as_str()).await.unwrap();
        let retry_after = Duration::from_secs(3600 / allowed);
        assert_eq!(check, ApiKeyCheck::RateExceeded { retry_after });
    }
    // A rate that nobody can read is not a key without one.
    let mut damaged = issue(&store, &alice, &ApiKeys::new()).await;
    store.revoke_api_key(&alice, &damaged.stored.id).await.unwrap();
    damaged.stored.rate = Some("often".to_owned());
    assert!(store.insert_api_key(&damaged.stored, 50).await.unwrap());
    assert!(keys.check_api_key(damaged.key.as_str()).await.is_err());
}

#[tokio::test]
async fn r194_a_fault_in_noting_the_last_use_fails_no_request() {
    #[derive(Clone)]
    struct Forgetful(MemoryStore);

    impl ApiKeyStore for Forgetful {
        async fn insert_api_key(&self, _: &StoredApiKey, _: usize) -> Result<bool, StoreError> {
            Err(StoreError::new("not asked"))
        }

        async fn find_api_key(
            &self,
            id: &str,
        ) -> Result<Option<(StoredApiKey, ApiKeyOwner)>, StoreError> {
            self.0.find_api_key(id).await
        }

        async fn api_keys_of(&self, _: &str) -> Result<Vec<StoredApiKey>, StoreError> {
            Err(StoreError::new("not asked"))
        }

        async fn revoke_api_key(&self, _: &str, _: &str) -> Result<bool, StoreError> {
            Err(StoreError::new("not asked"))
        }

        async fn revoke_api_keys_of(&self, _: &str) -> Result<Vec<String>, StoreError> {
            Err(StoreError::new("not asked"))
        }

        async fn delete_expired_api_keys(&self, _: Duration) -> Result<u64, StoreError> {
            Err(StoreError::new("not asked"))
        }

        async fn touch_api_key(&self, _: &str, _: Duration) -> Result<(), StoreError> {
            Err(StoreError::unavailable("the disk is full"))
        }
    }

    let (store, alice) = store().await;
    let issued = issue(&store, &alice, &ApiKeys::new()).await;
    let clock = Clock::manual(NOW + Duration::from_secs(7));
    valid(&ApiKeyVerifier::new(Forgetful(store.clone())).clock(clock.clone()), issued.key.as_str())
        .await;
    assert_eq!(store.api_keys_of(&alice).await.unwrap()[0].last_used_at, None);
    valid(&ApiKeyVerifier::new(store.clone()).clock(clock.clone()), issued.key.as_str()).await;
    assert_eq!(store.api_keys_of(&alice).await.unwrap()[0].last_used_at, Some(clock.now()));
}

#[tokio::test]
async fn what_breaks_a_rule_is_not_stored() {
    let (store, alice) = store().await;
    let rules = ApiKeys::new().max_per_user(2).max_lifetime(30 * DAY);
    let new = |name: &'static str| NewApiKey::new(&alice, name).scopes(["a"]);
    let long = "x".repeat(101);
    let mut refused = Vec::new();
    for new in [
        NewApiKey { name: &long, ..new("") },
        new(" \t"),
        new("a\nb"),
        new("a").scopes([""; 0]),
        new("a").scopes(["a b"]),
        new("a").scopes((0..101).map(|number| number.to_string())),
        new("a").lifetime(Duration::from_millis(999)),
        new("a").lifetime(30 * DAY + Duration::from_secs(1)),
    ] {
        refused.push(rules.issue(&store, new, NOW).await.unwrap_err().reason());
    }
    let (name, scopes) = (ApiKeyError::Name.reason(), ApiKeyError::Scopes.reason());
    let lifetime = ApiKeyError::Lifetime.reason();
    assert_eq!(refused, [name, name, name, scopes, scopes, scopes, lifetime, lifetime]);
    assert!(store.api_keys_of(&alice).await.unwrap().is_empty());

    let issued = rules.issue(&store, new(" x ").scopes(["b", "a", "b"]), NOW).await.unwrap();
    assert_eq!(issued.stored.name, "x");
    assert_eq!(issued.stored.scopes, ["a", "b"]);
    assert_eq!(issued.stored.expires_at, NOW + 30 * DAY, "the default is cut to the longest");
    rules.issue(&store, new("y").lifetime(30 * DAY), NOW).await.unwrap();
    let third = rules.issue(&store, new("z"), NOW).await;
    assert!(matches!(third, Err(ApiKeyError::TooMany)));
    assert!(ApiKeys::new().prefix("Acme").is_err());
    let nobody = rules.issue(&store, NewApiKey::new("nobody", "x").scopes(["a"]), NOW).await;
    assert!(matches!(nobody, Err(ApiKeyError::Store(_))));
}
