//! The user of a session, found with it where both are in one store.

use std::time::Duration;

use tower_bearer::{
    AccountStore, Email, InsertUserError, MemoryStore, NewUser, RefreshStore, SessionUser,
    StoreError, User, UserChange, UserStore, Username,
};

use crate::support::{NOW, email, exchange, issue, new_user};

mod one_store {
    use super::{
        a_session_is_found_with_its_user, r122_the_user_of_a_session_is_as_of_now,
        the_users_of_another_store_are_not_looked_for,
    };

    crate::support::on_every_store! {
        a_session_is_found_with_its_user
        r122_the_user_of_a_session_is_as_of_now
        the_users_of_another_store_are_not_looked_for
    }
}

mod sessions_alone {
    use super::a_session_is_found_where_its_user_is_not;

    crate::support::on_every_session_store! {
        a_session_is_found_where_its_user_is_not
    }
}

async fn user_of<S: RefreshStore>(store: &S, users: &impl UserStore, id: &str) -> SessionUser {
    let (session, token, user) = store.find_session_with_user(users, id).await.unwrap().unwrap();
    assert_eq!(store.find_session(id).await.unwrap(), Some((session, token)));
    user
}

async fn a_session_is_found_with_its_user(store: impl AccountStore + RefreshStore) {
    let bob = store.insert_user(new_user("bob"), NOW).await.unwrap();
    let new = new_user("alice")
        .email(email("Alice@Example.org"))
        .name("Alice \u{1F600}")
        .roles(["admin", "a b"])
        .scopes(["me", "items:read"]);
    let alice = store.insert_user(new, NOW).await.unwrap();
    let change = UserChange::new()
        .profile(serde_json::json!({"a": [1, "\u{1F600}"]}))
        .pending_email(Some(email("other@example.org")));
    let alice = store.update_user(&alice.id, &change).await.unwrap().unwrap();
    for user in [alice, bob] {
        let issued = issue(&store, &user.id).await;
        // Also by another handle, and after an exchange.
        let issued = exchange(&store, issued.token.as_str(), NOW).await.unwrap();
        let found = user_of(&store, &store.clone(), &issued.session.id).await;
        assert_eq!(found, SessionUser::Here(Some(Box::new(user.clone()))));
        assert_eq!(store.find_user(&user.id).await.unwrap(), Some(user));
    }
    for unknown in ["", "unknown", "' OR '1'='1", "\u{1F600}"] {
        assert_eq!(store.find_session_with_user(&store, unknown).await.unwrap(), None);
    }
}

async fn r122_the_user_of_a_session_is_as_of_now(store: impl AccountStore + RefreshStore) {
    let alice = store.insert_user(new_user("alice"), NOW).await.unwrap();
    let id = issue(&store, &alice.id).await.session.id;
    let off = UserChange::new().is_active(false).roles(["x"]);
    let disabled = store.update_user(&alice.id, &off).await.unwrap().unwrap();
    let found = user_of(&store, &store, &id).await;
    assert_eq!(found, SessionUser::Here(Some(Box::new(disabled))));
    for nobody in ["nobody", "", "' OR '1'='1"] {
        let id = issue(&store, nobody).await.session.id;
        assert_eq!(user_of(&store, &store, &id).await, SessionUser::Here(None), "{nobody:?}");
    }
    store.end_session(&id).await.unwrap();
    assert_eq!(store.find_session_with_user(&store, &id).await.unwrap(), None);
}

async fn the_users_of_another_store_are_not_looked_for(store: impl AccountStore + RefreshStore) {
    let alice = store.insert_user(new_user("alice"), NOW).await.unwrap();
    let id = issue(&store, &alice.id).await.session.id;
    // What a store of users adds to another is asked, though that other is this one.
    assert_eq!(user_of(&store, &Around(store.clone()), &id).await, SessionUser::Elsewhere);
    assert_eq!(user_of(&store, &MemoryStore::new(), &id).await, SessionUser::Elsewhere);
}

async fn a_session_is_found_where_its_user_is_not(store: impl RefreshStore) {
    let users = MemoryStore::new();
    let alice = users.insert_user(new_user("alice"), NOW).await.unwrap();
    let id = issue(&store, &alice.id).await.session.id;
    assert_eq!(user_of(&store, &users, &id).await, SessionUser::Elsewhere);
    assert_eq!(store.find_session_with_user(&users, "unknown").await.unwrap(), None);
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn another_database_has_other_users() {
    let connect = || tower_bearer::SqliteStore::connect("sqlite::memory:");
    let (store, other) = (connect().await.unwrap(), connect().await.unwrap());
    let alice = store.insert_user(new_user("alice"), NOW).await.unwrap();
    let id = issue(&store, &alice.id).await.session.id;
    assert_eq!(user_of(&store, &other, &id).await, SessionUser::Elsewhere);
    #[cfg(all(feature = "postgres", feature = "redis"))]
    if let Some(server) = crate::servers::postgres() {
        let (url, other) = (server.database().await, server.database().await);
        let store = tower_bearer::PostgresStore::connect(&url).await.unwrap();
        let other = tower_bearer::PostgresStore::connect(&other).await.unwrap();
        let alice = store.insert_user(new_user("alice"), NOW).await.unwrap();
        let id = issue(&store, &alice.id).await.session.id;
        assert_eq!(user_of(&store, &other, &id).await, SessionUser::Elsewhere);
    }
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_user_who_cannot_be_read_is_not_one_who_is_gone() {
    let store = tower_bearer::SqliteStore::connect("sqlite::memory:").await.unwrap();
    let alice = store.insert_user(new_user("alice"), NOW).await.unwrap();
    let id = issue(&store, &alice.id).await.session.id;
    let damage = "UPDATE tower_bearer_users SET roles = '{}'";
    sqlx::query(damage).execute(store.pool()).await.unwrap();
    // The session is found all the same, and whoever asks for the user is told.
    assert_eq!(user_of(&store, &store, &id).await, SessionUser::Elsewhere);
    assert!(store.find_user(&alice.id).await.is_err());
}

/// A store of users that is another's.
#[derive(Clone)]
struct Around<S>(S);

impl<S: UserStore> UserStore for Around<S> {
    async fn insert_user(&self, user: NewUser, now: Duration) -> Result<User, InsertUserError> {
        self.0.insert_user(user, now).await
    }

    async fn find_user(&self, id: &str) -> Result<Option<User>, StoreError> {
        self.0.find_user(id).await
    }

    async fn find_user_by_username(&self, name: &Username) -> Result<Option<User>, StoreError> {
        self.0.find_user_by_username(name).await
    }

    async fn find_user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        self.0.find_user_by_email(email).await
    }

    async fn replace_password_hash(
        &self,
        id: &str,
        old: &str,
        new: &str,
    ) -> Result<bool, StoreError> {
        self.0.replace_password_hash(id, old, new).await
    }
}
