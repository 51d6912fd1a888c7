//! Keys by their rules: text, rate, use.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod texts;
mod uses;
mod verifying;

use std::time::Duration;

use super::{ApiKeys, IssuedApiKey, NewApiKey};
use crate::store::{MemoryStore, NewUser, UserStore, Username};

const NOW: Duration = Duration::from_secs(1_700_000_000);

/// A store with one user, who holds `data:read` and `data:write`, and the user's ID.
async fn store() -> (MemoryStore, String) {
    let store = MemoryStore::new();
    let alice = NewUser::new(Username::new("alice").unwrap(), "hash").roles(["admin"]);
    let alice = alice.scopes(["data:read", "data:write"]);
    let id = store.insert_user(alice, NOW).await.unwrap().id;
    (store, id)
}

async fn issue(store: &MemoryStore, user_id: &str, rules: &ApiKeys) -> IssuedApiKey {
    let new = NewApiKey::new(user_id, "backup").scopes(["data:read", "items:read"]);
    rules.issue(store, new, NOW).await.unwrap()
}
