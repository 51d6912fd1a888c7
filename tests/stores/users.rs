//! The contract of `UserStore`.

use std::time::Duration;

use tower_bearer::{InsertUserError, LoginName, NewUser, User, UserStore};

use crate::support::{HASH, NOW, email, new_user, on_every_store, username};

on_every_store! {
    keeps_every_field
    keeps_unicode_and_sql_as_text
    finds_nobody_for_unknown_names
    r108_usernames_are_unique_whatever_their_case_and_unicode_form
    r108_emails_are_unique_whatever_their_case_and_unicode_form
    r108_users_without_an_email_do_not_clash
    r108_of_several_users_each_is_stored_or_taken
    a_new_user_may_be_disabled
    r108_of_two_parallel_registers_one_succeeds
    r158_replaces_the_hash_only_if_it_is_the_old_one
    r158_of_parallel_replacements_one_succeeds
}

async fn keeps_every_field(store: impl UserStore) {
    let new = new_user("Alice_1")
        .email(email("Alice@Example.com"))
        .name("Alice Liddell")
        .roles(["admin", "content editor", "a,b\"c"])
        .scopes(["me", "items:read"]);
    let inserted = store.insert_user(new, Duration::from_millis(1_700_000_000_999)).await.unwrap();
    assert_eq!(inserted.id.len(), 22);
    assert_eq!(inserted.username, "Alice_1");
    assert_eq!(inserted.email.as_deref(), Some("Alice@Example.com"));
    assert_eq!(inserted.name.as_deref(), Some("Alice Liddell"));
    assert_eq!(inserted.roles, ["admin", "content editor", "a,b\"c"]);
    assert_eq!(inserted.scopes, ["me", "items:read"]);
    assert_eq!(inserted.password_hash(), HASH);
    assert_eq!(inserted.created_at, NOW);
    assert!(inserted.is_active);

    assert_eq!(store.find_user(&inserted.id).await.unwrap().as_ref(), Some(&inserted));
    for login in ["alice_1", "ALICE_1", "alice@example.com", "ALICE@EXAMPLE.COM"] {
        let login = LoginName::new(login).unwrap();
        assert_eq!(store.find_user_by_login(&login).await.unwrap().as_ref(), Some(&inserted));
    }
}

async fn keeps_unicode_and_sql_as_text(store: impl UserStore) {
    let hostile = "Robert'); DROP TABLE tower_bearer_users;-- \u{1F600} \u{202E} %_?$1 \\";
    let injected = username("x'OR'1'='1");
    let new = NewUser::new(injected.clone(), hostile)
        .email(email("o'brien+1@example.com"))
        .name(hostile)
        .roles([hostile, ""])
        .scopes([hostile]);
    let inserted = store.insert_user(new, NOW).await.unwrap();
    let found = store.find_user_by_username(&injected).await.unwrap().unwrap();
    assert_eq!(found, inserted);
    assert_eq!(found.name.as_deref(), Some(hostile));
    assert_eq!(found.roles, [hostile, ""]);
    assert_eq!(found.password_hash(), hostile);

    assert_eq!(store.find_user("' OR 1=1 --").await.unwrap(), None);
    assert!(!store.replace_password_hash("' OR 1=1 --", hostile, "new").await.unwrap());
    let umlauts = store.insert_user(new_user("Ünïcödé_漢字"), NOW).await.unwrap();
    assert_eq!(umlauts.username, "Ünïcödé_漢字");
}

async fn finds_nobody_for_unknown_names(store: impl UserStore) {
    store.insert_user(new_user("alice"), NOW).await.unwrap();
    for id in ["", "alice", "\0", "unknown"] {
        assert_eq!(store.find_user(id).await.unwrap(), None, "{id:?}");
    }
    assert_eq!(store.find_user_by_username(&username("alic")).await.unwrap(), None);
    assert_eq!(store.find_user_by_username(&username("%")).await.unwrap(), None);
    assert_eq!(store.find_user_by_email(&email("alice@example.com")).await.unwrap(), None);
}

async fn r108_usernames_are_unique_whatever_their_case_and_unicode_form(store: impl UserStore) {
    // Composed, then decomposed, then full-width.
    for (first, same) in [("Alice", "aLICE"), ("Zo\u{eb}", "zoe\u{308}"), ("Bob", "Ｂｏｂ")] {
        let id = store.insert_user(new_user(first), NOW).await.unwrap().id;
        let again = store.insert_user(new_user(same), NOW).await;
        assert!(matches!(again, Err(InsertUserError::UsernameTaken)), "{same:?}");
        let found = store.find_user_by_username(&username(same)).await.unwrap().unwrap();
        assert_eq!((found.id, found.username), (id, first.to_owned()));
    }
}

async fn r108_emails_are_unique_whatever_their_case_and_unicode_form(store: impl UserStore) {
    for (number, (first, same)) in
        [("a@Example.com", "A@EXAMPLE.COM"), ("zo\u{eb}@b.c", "Zoe\u{308}@B.C")].iter().enumerate()
    {
        let one = new_user(&format!("one{number}")).email(email(first));
        store.insert_user(one, NOW).await.unwrap();
        let other = new_user(&format!("other{number}")).email(email(same));
        let again = store.insert_user(other, NOW).await;
        assert!(matches!(again, Err(InsertUserError::EmailTaken)), "{same:?}");
        // Nothing of the refused user stays.
        let refused = username(&format!("other{number}"));
        assert_eq!(store.find_user_by_username(&refused).await.unwrap(), None);
    }
    let both = new_user("ONE0").email(email("a@example.com"));
    let both = store.insert_user(both, NOW).await;
    assert!(matches!(both, Err(InsertUserError::UsernameTaken)));
}

async fn r108_of_several_users_each_is_stored_or_taken(store: impl UserStore) {
    store.insert_user(new_user("alice"), NOW).await.unwrap();
    let several = vec![
        new_user("bob").email(email("b@example.com")),
        new_user("ALICE"),
        new_user("carol").email(email("B@example.com")),
        new_user("Bob"),
        new_user("dave"),
    ];
    let outcomes = store.insert_users(several, NOW).await.unwrap();
    assert!(matches!(outcomes[1], Err(InsertUserError::UsernameTaken)));
    assert!(matches!(outcomes[2], Err(InsertUserError::EmailTaken)));
    assert!(matches!(outcomes[3], Err(InsertUserError::UsernameTaken)));
    for (outcome, name) in [(&outcomes[0], "bob"), (&outcomes[4], "dave")] {
        let found = store.find_user_by_username(&username(name)).await.unwrap();
        assert_eq!(found.as_ref(), Some(outcome.as_ref().unwrap()));
    }
    assert_eq!(store.find_user_by_username(&username("carol")).await.unwrap(), None);
    assert!(store.insert_users(Vec::new(), NOW).await.unwrap().is_empty());
}

async fn a_new_user_may_be_disabled(store: impl UserStore) {
    let inserted = store.insert_user(new_user("alice").is_active(false), NOW).await.unwrap();
    assert!(!inserted.is_active);
    assert_eq!(store.find_user(&inserted.id).await.unwrap(), Some(inserted));
}

async fn r108_users_without_an_email_do_not_clash(store: impl UserStore) {
    let alice = store.insert_user(new_user("alice"), NOW).await.unwrap();
    let bob = store.insert_user(new_user("bob"), NOW).await.unwrap();
    assert_ne!(alice.id, bob.id);
}

async fn r108_of_two_parallel_registers_one_succeeds(store: impl UserStore) {
    for round in 0..10 {
        let register = |name: String| {
            let store = store.clone();
            tokio::spawn(async move { store.insert_user(new_user(&name), NOW).await })
        };
        let one = register(format!("Racer{round}"));
        let other = register(format!("rACER{round}"));
        let mut results = [one.await.unwrap(), other.await.unwrap()];
        results.sort_by_key(Result::is_err);
        let [Ok(winner), Err(InsertUserError::UsernameTaken)] = results else {
            panic!("{results:?}")
        };
        let found = store.find_user_by_username(&username(&format!("racer{round}"))).await.unwrap();
        assert_eq!(found, Some(winner));
    }
}

async fn r158_replaces_the_hash_only_if_it_is_the_old_one(store: impl UserStore) {
    let id = store.insert_user(new_user("alice"), NOW).await.unwrap().id;
    let other = store.insert_user(new_user("bob"), NOW).await.unwrap().id;
    assert!(!store.replace_password_hash(&id, "stale", "new").await.unwrap());
    assert_eq!(hash(&store, &id).await, HASH);
    assert!(store.replace_password_hash(&id, HASH, "new").await.unwrap());
    assert_eq!(hash(&store, &id).await, "new");
    assert!(!store.replace_password_hash(&id, HASH, "newer").await.unwrap());
    assert!(!store.replace_password_hash("nobody", HASH, "new").await.unwrap());
    assert_eq!(hash(&store, &other).await, HASH);
}

async fn r158_of_parallel_replacements_one_succeeds(store: impl UserStore) {
    let id = store.insert_user(new_user("alice"), NOW).await.unwrap().id;
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let (store, id) = (store.clone(), id.clone());
            let new = format!("hash {number}");
            tokio::spawn(async move {
                (store.replace_password_hash(&id, HASH, &new).await.unwrap(), new)
            })
        })
        .collect();
    let mut winners = Vec::new();
    for task in tasks {
        let (replaced, new) = task.await.unwrap();
        winners.extend(replaced.then_some(new));
    }
    assert_eq!(winners, [hash(&store, &id).await]);
}

async fn hash(store: &impl UserStore, id: &str) -> String {
    store.find_user(id).await.unwrap().unwrap().password_hash().to_owned()
}

#[test]
fn r164_debug_hides_the_hash() {
    let user = User::new("1", "alice", HASH);
    for shown in [format!("{user:?}"), format!("{:?}", new_user("alice"))] {
        assert!(shown.contains("alice") && !shown.contains("argon2id"), "{shown}");
    }
}
