//! New passwords, and old hashes (requirements 156 to 159, 162, 168 and 170; parity rows 15 and 16).

use std::future::ready;

use serde_json::json;
use tower_bearer::{
    Hasher, Issuer, LoginRouter, MemoryStore, NewUser, PasswordPolicy, UserStore, Username,
};

use super::support::{App, apps_with};

/// Made with libxcrypt 4.4.33 of 71 times `x`, `yz` and `the rest`.
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuu.5skbTx2BS4jj.FAhPbN7I9dDGDUUN2";

#[tokio::test]
async fn r170_r171_a_refused_password_is_told_the_rule_and_nothing_more() {
    // What `hashlib` of Python makes of `a wide meadow` begins with `51E36`.
    let apps = apps_with!(|router| {
        let policy = PasswordPolicy::asvs_l1().service_name("tasks").block(["blue meadow"]);
        router.password_policy(policy.breach_check(|_| {
            ready(Ok::<_, ()>("30340C4F7ACA233AF6E4B82B6F5CCC84111:5".to_owned()))
        }))
    });
    for app in apps.await {
        let name = "the password is little more than a name of its user or of the service";
        let common = "the password is on a list of common passwords";
        for (password, description) in [
            ("seven-7", "the password needs at least 8 characters"),
            ("Password1", common),
            ("Blue Meadow", common),
            ("wombat99!", name),
            ("Liddell-1", name),
            ("mailbox-7", name),
            ("tasks2026", name),
            ("a wide meadow", "the password has appeared in a data breach"),
        ] {
            let body = json!({
                "username": "wombat", "password": password,
                "email": "mailbox@example.com", "name": "Alice Liddell",
            });
            let refused = app.json("/register", body).await;
            refused.assert_error(422, "invalid_field");
            assert_eq!(refused.text("field"), "password");
            assert_eq!(refused.text("error_description"), description, "{password}");
        }
        let body = json!({ "username": "wombat", "password": "a wider meadow" });
        assert_eq!(app.json("/register", body).await.status, 201);
    }
}

#[tokio::test]
async fn r168_the_rule_of_the_guides_is_one_setting() {
    let apps = apps_with!(|router| router.password_policy("composition".parse().unwrap()));
    for app in apps.await {
        let register = async |password: &str| {
            app.json("/register", json!({ "username": "wombat", "password": password })).await
        };
        let refused = register("a wide meadow").await;
        refused.assert_error(422, "invalid_field");
        assert_eq!(
            refused.text("error_description"),
            "the password needs an upper-case letter, a lower-case letter, a digit and a symbol"
        );
        assert_eq!(register("A wide meadow, 7").await.status, 201);
    }
}

/// A router over one user with this hash, and its store.
async fn with_hash(hash: &str, hasher: &Hasher) -> (App, MemoryStore) {
    let store = MemoryStore::new();
    let issuer = Issuer::for_tests();
    let clock = issuer_clock();
    let user = NewUser::new(Username::new("alice").unwrap(), hash.to_owned());
    store.insert_user(user, clock.now()).await.unwrap();
    let router = LoginRouter::new(store.clone(), issuer.clone()).hasher(hasher.clone());
    (App { router: router.into_router(), clock, issuer, hasher: hasher.clone() }, store)
}

fn issuer_clock() -> tower_bearer::Clock {
    tower_bearer::Clock::manual(std::time::Duration::from_secs(1_700_000_000))
}

async fn stored_hash(store: &MemoryStore) -> String {
    let name = tower_bearer::LoginName::new("alice").unwrap();
    store.find_user_by_login(&name).await.unwrap().unwrap().password_hash().to_owned()
}

async fn log_in(app: &App, password: &str) -> u16 {
    let body = json!({ "username": "alice", "password": password });
    app.json("/login", body).await.status.as_u16()
}

#[tokio::test]
async fn r157_r159_a_login_replaces_a_hash_of_bcrypt_with_one_of_the_whole_password() {
    let hasher = Hasher::builder().insecure_parameters(8, 1, 1).build().unwrap();
    let (app, store) = with_hash(BCRYPT, &hasher).await;
    let password = format!("{}yzthe rest", "x".repeat(71));
    assert_eq!(log_in(&app, "wrong").await, 400);
    assert_eq!(stored_hash(&store).await, BCRYPT);

    assert_eq!(log_in(&app, &password).await, 200);
    let renewed = stored_hash(&store).await;
    assert!(renewed.starts_with("$argon2id$"), "{renewed}");
    assert_eq!(log_in(&app, &password).await, 200);
    assert_eq!(stored_hash(&store).await, renewed, "and then stays");
    assert_eq!(log_in(&app, &password[..72]).await, 400);
}

#[tokio::test]
async fn r162_a_login_puts_the_new_pepper_into_the_hash() {
    let builder = || Hasher::builder().insecure_parameters(8, 1, 1);
    let (old, new) = ("u7S0pU2Vn1xQdEHdQ3lXcmFqj2bTt9Yk", "J8yOFyaWR5lcJmWMW2UO3WnF8v0QbIzE");
    let before = builder().pepper("old", old).build().unwrap();
    let hash = before.hash("a wide meadow").await.unwrap();
    let after = builder().pepper("new", new).previous_pepper("old", old).build().unwrap();
    let (app, store) = with_hash(&hash, &after).await;
    assert_eq!(log_in(&app, "a wide meadow").await, 200);

    let renewed = stored_hash(&store).await;
    assert!(renewed.contains(",keyid=bmV3$"), "{renewed}");
    let without_old = builder().pepper("new", new).build().unwrap();
    assert!(without_old.verify("a wide meadow", Some(&renewed)).await.unwrap().is_match());
}
