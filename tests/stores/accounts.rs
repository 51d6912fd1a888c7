//! The contract of `AccountStore`.

use std::time::Duration;

use serde_json::{Value, json};
use tower_bearer::{
    AccountStore, ApiKeyStore, ConfirmEmailError, OneTimeTokenStore, RefreshStore, StoredApiKey,
    StoredOneTimeToken, User, UserChange, UserStore,
};

use crate::support::{NOW, email, issue, new_user, on_every_store, username};

on_every_store! {
    changes_what_is_said_and_nothing_else
    keeps_an_empty_change_and_unknown_users_as_they_are
    keeps_hostile_and_unicode_texts_of_a_change
    keeps_a_profile_as_it_is
    parallel_changes_of_different_fields_lose_nothing
    a_pending_address_signs_nobody_in_until_it_is_confirmed
    a_pending_address_is_not_unique
    confirms_the_address_that_is_there_already
    confirms_no_address_that_nobody_asked_for
    an_address_that_is_taken_meanwhile_is_not_confirmed
    r108_of_parallel_confirmations_of_one_address_one_succeeds
    r108_of_a_registration_and_a_confirmation_of_one_address_one_succeeds
    deletes_a_user_with_what_is_theirs
    lists_users_in_pages_that_miss_nobody
}

async fn stored(store: &impl UserStore, name: &str) -> User {
    let new = new_user(name).email(email(&format!("{name}@example.com"))).name(name);
    store.insert_user(new.roles(["a"]).scopes(["b"]), NOW).await.unwrap()
}

async fn found(store: &impl UserStore, id: &str) -> User {
    store.find_user(id).await.unwrap().unwrap()
}

async fn changes_what_is_said_and_nothing_else(store: impl AccountStore) {
    let (alice, bob) = (stored(&store, "alice").await, stored(&store, "bob").await);
    let new = Some(email("New@Example.org"));
    type Edit = fn(&mut User);
    let steps: [(UserChange, Edit); 9] = [
        (UserChange::new().name(Some("Liddell".to_owned())), |user| {
            user.name = Some("Liddell".to_owned());
        }),
        (UserChange::new().name(None), |user| user.name = None),
        (UserChange::new().pending_email(new), |user| {
            user.pending_email = Some("New@Example.org".to_owned());
        }),
        (UserChange::new().pending_email(None), |user| user.pending_email = None),
        (UserChange::new().profile(json!({"locale": "de"})), |user| {
            user.profile = json!({"locale": "de"});
        }),
        (UserChange::new().is_active(false), |user| user.is_active = false),
        (UserChange::new().is_active(true), |user| user.is_active = true),
        (UserChange::new().roles(["editor", "x y"]), |user| {
            user.roles = vec!["editor".to_owned(), "x y".to_owned()];
        }),
        (UserChange::new().scopes(Vec::<String>::new()).roles(["z"]), |user| {
            user.scopes.clear();
            user.roles = vec!["z".to_owned()];
        }),
    ];
    let mut expected = alice.clone();
    for (change, edit) in steps {
        edit(&mut expected);
        let changed = store.update_user(&alice.id, &change).await.unwrap();
        assert_eq!(changed.as_ref(), Some(&expected), "{change:?}");
        assert_eq!(found(&store, &alice.id).await, expected);
    }
    assert_eq!(found(&store, &bob.id).await, bob);
    let still = store.find_user_by_email(&email("alice@example.com")).await.unwrap();
    assert_eq!(still, Some(expected));
}

async fn keeps_an_empty_change_and_unknown_users_as_they_are(store: impl AccountStore) {
    let alice = stored(&store, "alice").await;
    let unchanged = store.update_user(&alice.id, &UserChange::new()).await.unwrap();
    assert_eq!(unchanged.as_ref(), Some(&alice));
    let change = UserChange::new().is_active(false).name(None);
    for id in ["", "\0", "alice", "unknown", "' OR 1=1 --", "%"] {
        assert_eq!(store.update_user(id, &change).await.unwrap(), None, "{id:?}");
        assert!(!store.confirm_email(id, &email("alice@example.com")).await.unwrap(), "{id:?}");
        assert!(!store.delete_user(id).await.unwrap(), "{id:?}");
    }
    assert_eq!(found(&store, &alice.id).await, alice);
}

async fn keeps_hostile_and_unicode_texts_of_a_change(store: impl AccountStore) {
    let id = stored(&store, "alice").await.id;
    let hostile = "Robert'); DROP TABLE tower_bearer_users;-- \u{1F600} \u{202E} %_?$1 \\ \"";
    let address = email("o'brien+1@b\u{fc}cher.example");
    let change = UserChange::new()
        .name(Some(hostile.to_owned()))
        .pending_email(Some(address.clone()))
        .profile(json!({ hostile: hostile }))
        .roles([hostile, ""])
        .scopes([hostile]);
    let changed = store.update_user(&id, &change).await.unwrap().unwrap();
    assert_eq!(changed.name.as_deref(), Some(hostile));
    assert_eq!(changed.pending_email.as_deref(), Some(address.as_str()));
    assert_eq!(changed.profile, json!({ hostile: hostile }));
    assert_eq!(changed.roles, [hostile, ""]);
    assert_eq!(changed.scopes, [hostile]);
    assert!(store.confirm_email(&id, &address).await.unwrap());
    assert_eq!(store.find_user_by_email(&address).await.unwrap().unwrap().id, id);
}

async fn keeps_a_profile_as_it_is(store: impl AccountStore) {
    let profile =
        json!({"b": [1, -2, 0.5, 18_446_744_073_709_551_615_u64], "a": {"n": null}, "": true});
    let new = new_user("alice").profile(profile.clone()).email_verified(true);
    let alice = store.insert_user(new, NOW).await.unwrap();
    assert!(alice.email_verified);
    assert_eq!(alice.profile, profile);
    assert_eq!(found(&store, &alice.id).await, alice);
    let cleared = store.update_user(&alice.id, &UserChange::new().profile(Value::Null)).await;
    assert_eq!(cleared.unwrap().unwrap().profile, Value::Null);
    assert_eq!(stored(&store, "bob").await.profile, Value::Null);
}

async fn parallel_changes_of_different_fields_lose_nothing(store: impl AccountStore) {
    let id = stored(&store, "alice").await.id;
    let changes = [
        UserChange::new().name(Some("new".to_owned())),
        UserChange::new().profile(json!({"n": 1})),
        UserChange::new().is_active(false),
        UserChange::new().roles(["r"]),
        UserChange::new().scopes(["s"]),
        UserChange::new().pending_email(Some(email("new@example.org"))),
    ];
    let tasks: Vec<_> = changes
        .into_iter()
        .map(|change| {
            let (store, id) = (store.clone(), id.clone());
            tokio::spawn(async move { store.update_user(&id, &change).await.unwrap() })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap().is_some());
    }
    let user = found(&store, &id).await;
    assert_eq!((user.name.as_deref(), user.profile), (Some("new"), json!({"n": 1})));
    assert_eq!(
        (user.is_active, user.roles, user.scopes),
        (false, vec!["r".into()], vec!["s".into()])
    );
    assert_eq!(user.pending_email.as_deref(), Some("new@example.org"));
}

async fn a_pending_address_signs_nobody_in_until_it_is_confirmed(store: impl AccountStore) {
    let id = stored(&store, "alice").await.id;
    let (old, new) = (email("alice@example.com"), email("Alice@Example.org"));
    let change = UserChange::new().pending_email(Some(new.clone()));
    store.update_user(&id, &change).await.unwrap();
    assert_eq!(store.find_user_by_email(&new).await.unwrap(), None);
    assert_eq!(store.find_user_by_email(&old).await.unwrap().unwrap().id, id);

    assert!(store.confirm_email(&id, &new).await.unwrap());
    let user = store.find_user_by_email(&email("ALICE@example.org")).await.unwrap().unwrap();
    assert_eq!((user.email.as_deref(), user.email_verified), (Some("Alice@Example.org"), true));
    assert_eq!((user.pending_email, user.id.as_str()), (None, id.as_str()));
    assert_eq!(store.find_user_by_email(&old).await.unwrap(), None);
    // The old address is free.
    stored(&store, "bob").await;
    let second = new_user("carol").email(old);
    store.insert_user(second, NOW).await.unwrap();
}

async fn a_pending_address_is_not_unique(store: impl AccountStore) {
    let (alice, bob) = (stored(&store, "alice").await, stored(&store, "bob").await);
    let wanted = email("wanted@example.org");
    let change = UserChange::new().pending_email(Some(wanted.clone()));
    for id in [&alice.id, &bob.id] {
        assert!(store.update_user(id, &change).await.unwrap().is_some());
    }
    // Nor does it keep anybody from registering with it.
    store.insert_user(new_user("carol").email(wanted.clone()), NOW).await.unwrap();
    let taken = store.confirm_email(&alice.id, &wanted).await;
    assert!(matches!(taken, Err(ConfirmEmailError::EmailTaken)), "{taken:?}");
}

async fn confirms_the_address_that_is_there_already(store: impl AccountStore) {
    let alice = stored(&store, "alice").await;
    assert!(!alice.email_verified);
    let change = UserChange::new().pending_email(Some(email("new@example.org")));
    store.update_user(&alice.id, &change).await.unwrap();
    // In another spelling, which is not what is shown then.
    assert!(store.confirm_email(&alice.id, &email("ALICE@example.com")).await.unwrap());
    let user = found(&store, &alice.id).await;
    assert_eq!((user.email, user.email_verified), (alice.email, true));
    assert_eq!(user.pending_email.as_deref(), Some("new@example.org"));
    // Again, as a link that is followed twice.
    assert!(store.confirm_email(&alice.id, &email("alice@example.com")).await.unwrap());

    let respelled = email("ALICE@example.com");
    let change = UserChange::new().pending_email(Some(respelled.clone()));
    store.update_user(&alice.id, &change).await.unwrap();
    assert!(store.confirm_email(&alice.id, &respelled).await.unwrap());
    let user = found(&store, &alice.id).await;
    assert_eq!((user.email.as_deref(), user.pending_email), (Some("ALICE@example.com"), None));
}

async fn confirms_no_address_that_nobody_asked_for(store: impl AccountStore) {
    let alice = stored(&store, "alice").await;
    let first = UserChange::new().pending_email(Some(email("first@example.org")));
    store.update_user(&alice.id, &first).await.unwrap();
    let second = UserChange::new().pending_email(Some(email("second@example.org")));
    let expected = store.update_user(&alice.id, &second).await.unwrap();
    for other in ["first@example.org", "SECOND@example.org", "bob@example.com"] {
        assert!(!store.confirm_email(&alice.id, &email(other)).await.unwrap(), "{other}");
    }
    assert_eq!(store.find_user(&alice.id).await.unwrap(), expected);

    let bob = store.insert_user(new_user("bob"), NOW).await.unwrap();
    assert!(!store.confirm_email(&bob.id, &email("alice@example.com")).await.unwrap());
    assert_eq!(found(&store, &bob.id).await, bob);
}

async fn an_address_that_is_taken_meanwhile_is_not_confirmed(store: impl AccountStore) {
    let (alice, bob) = (stored(&store, "alice").await, stored(&store, "bob").await);
    let change = UserChange::new().pending_email(Some(email("BOB@example.com")));
    let expected = store.update_user(&alice.id, &change).await.unwrap();
    let taken = store.confirm_email(&alice.id, &email("BOB@example.com")).await;
    assert!(matches!(taken, Err(ConfirmEmailError::EmailTaken)), "{taken:?}");
    assert_eq!(store.find_user(&alice.id).await.unwrap(), expected);
    assert_eq!(found(&store, &bob.id).await, bob);

    assert!(store.delete_user(&bob.id).await.unwrap());
    assert!(store.confirm_email(&alice.id, &email("BOB@example.com")).await.unwrap());
}

async fn r108_of_parallel_confirmations_of_one_address_one_succeeds(store: impl AccountStore) {
    for round in 0..5 {
        let wanted = email(&format!("wanted{round}@example.org"));
        let change = UserChange::new().pending_email(Some(wanted.clone()));
        let mut tasks = Vec::new();
        for number in 0..8 {
            let id = stored(&store, &format!("racer{round}-{number}")).await.id;
            store.update_user(&id, &change).await.unwrap();
            let (store, wanted) = (store.clone(), wanted.clone());
            tasks.push(tokio::spawn(async move {
                match store.confirm_email(&id, &wanted).await {
                    Ok(confirmed) => confirmed.then_some(id),
                    Err(ConfirmEmailError::EmailTaken) => None,
                    Err(error) => panic!("{error}"),
                }
            }));
        }
        let mut winners = Vec::new();
        for task in tasks {
            winners.extend(task.await.unwrap());
        }
        let holder = store.find_user_by_email(&wanted).await.unwrap().unwrap();
        assert_eq!(winners, [holder.id]);
    }
}

async fn r108_of_a_registration_and_a_confirmation_of_one_address_one_succeeds(
    store: impl AccountStore,
) {
    for round in 0..10 {
        let wanted = email(&format!("wanted{round}@example.org"));
        let id = stored(&store, &format!("one{round}")).await.id;
        let change = UserChange::new().pending_email(Some(wanted.clone()));
        store.update_user(&id, &change).await.unwrap();
        let confirm = tokio::spawn({
            let (store, wanted) = (store.clone(), wanted.clone());
            async move { store.confirm_email(&id, &wanted).await }
        });
        let new = new_user(&format!("other{round}")).email(wanted.clone());
        let registered = store.insert_user(new, NOW).await.is_ok();
        let confirmed = confirm.await.unwrap().is_ok();
        assert!(registered != confirmed, "{registered} {confirmed}");
    }
}

async fn deletes_a_user_with_what_is_theirs<S>(store: S)
where
    S: AccountStore + RefreshStore + ApiKeyStore + OneTimeTokenStore,
{
    let (alice, bob) = (stored(&store, "alice").await, stored(&store, "bob").await);
    let [_, _, of_bob] = [
        issue(&store, &alice.id).await,
        issue(&store, &alice.id).await,
        issue(&store, &bob.id).await,
    ];
    for user in [&alice, &bob] {
        let id = format!("key-of-{}", user.username);
        let end = NOW + Duration::from_secs(60);
        let key = StoredApiKey::new(id, &user.id, "a key", "tb", [1; 32], NOW, end);
        assert!(store.insert_api_key(&key, 9).await.unwrap());
        let hash = if user.id == alice.id { [1; 32] } else { [2; 32] };
        let token = StoredOneTimeToken::new(hash, &user.id, "reset_password", "", NOW, end);
        store.insert_one_time_token(&token, 9).await.unwrap();
    }

    assert!(store.delete_user(&alice.id).await.unwrap());
    assert_eq!(store.find_user(&alice.id).await.unwrap(), None);
    assert_eq!(store.find_user_by_username(&username("alice")).await.unwrap(), None);
    assert!(store.sessions_of(&alice.id, NOW).await.unwrap().is_empty());
    assert!(store.find_api_key("key-of-alice").await.unwrap().is_none());
    assert_eq!(store.find_one_time_token(&[1; 32]).await.unwrap(), None);
    assert!(!store.delete_user(&alice.id).await.unwrap(), "once");

    assert_eq!(found(&store, &bob.id).await, bob);
    assert_eq!(store.sessions_of(&bob.id, NOW).await.unwrap()[0].id, of_bob.session.id);
    assert!(store.find_api_key("key-of-bob").await.unwrap().is_some());
    assert!(store.find_one_time_token(&[2; 32]).await.unwrap().is_some());
    // Name and address are free, and the ID is another.
    assert_ne!(stored(&store, "alice").await.id, alice.id);
}

async fn lists_users_in_pages_that_miss_nobody(store: impl AccountStore) {
    assert!(store.list_users(None, 10).await.unwrap().is_empty());
    let mut expected = Vec::new();
    for number in 0..7 {
        expected.push(stored(&store, &format!("user{number}")).await);
    }
    expected.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(store.list_users(None, 100).await.unwrap(), expected);
    assert_eq!(store.list_users(None, usize::MAX).await.unwrap(), expected);
    assert!(store.list_users(None, 0).await.unwrap().is_empty());

    let mut listed = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.list_users(after.as_deref(), 3).await.unwrap();
        let Some(last) = page.last() else { break };
        // Whoever the page ends with may be gone when the next is asked for.
        assert!(store.delete_user(&last.id).await.unwrap());
        after = Some(last.id.clone());
        listed.extend(page);
    }
    assert_eq!(listed, expected);
    for unknown in ["", "\0", "\0z"] {
        assert_eq!(store.list_users(Some(unknown), 100).await.unwrap().len(), 4, "{unknown:?}");
    }
    assert!(store.list_users(Some("\u{10ffff}"), 100).await.unwrap().is_empty());
}
