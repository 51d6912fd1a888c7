mod hashing;
mod legacy;
mod limits;
mod pepper;
mod policy;
mod pool;
mod unicode;
mod verifying;

use std::sync::Arc;

use super::pool::Pool;
use super::{Hasher, HasherBuilder, PasswordError};

const PASSWORD: &str = "correct horse battery staple";

/// Cheap parameters, on threads of its own.
fn cheap(threads: usize, queue: usize) -> (Hasher, Arc<Pool>) {
    cheap_builder().threads(threads).queue(queue).build_apart().unwrap()
}

fn cheap_hasher() -> Hasher {
    cheap(1, 8).0
}

fn cheap_builder() -> HasherBuilder {
    Hasher::builder().insecure_parameters(64, 1, 1)
}

/// Whether the password matches, and whether the hash is due for a new one.
async fn verify(hasher: &Hasher, password: &str, stored: &str) -> (bool, bool) {
    let found = hasher.verify(password, Some(stored)).await.unwrap();
    (found.is_match(), found.needs_rehash())
}

/// A hash of `PASSWORD` with these parameters.
async fn hash_with(memory_kib: u32, iterations: u32, parallelism: u32) -> String {
    let builder = Hasher::builder().insecure_parameters(memory_kib, iterations, parallelism);
    let (hasher, _pool) = builder.threads(1).build_apart().unwrap();
    hasher.hash(PASSWORD).await.unwrap()
}

#[test]
fn hashers_and_their_futures_cross_threads() {
    fn crosses<T: Send + Sync>(_: &T) {}
    fn is_send<T: Send>(_: T) {}
    let hasher = cheap_hasher();
    crosses(&hasher);
    is_send(hasher.hash(PASSWORD));
    is_send(hasher.verify(PASSWORD, None));
}

#[test]
fn r164_texts_show_neither_password_nor_hash() {
    let shown = format!("{:?}", cheap_hasher());
    assert_eq!(
        shown,
        "Hasher { memory_kib: 64, iterations: 1, parallelism: 1, peppers: [], max_password_bytes: 1024, .. }"
    );
    for (error, text) in [
        (PasswordError::Overloaded, "too many passwords are waiting to be checked"),
        (PasswordError::TooLong, "the password is too long"),
        (PasswordError::Unavailable, "passwords can't be checked at the moment"),
    ] {
        assert_eq!(error.to_string(), text);
    }
}

#[tokio::test]
async fn r164_a_verification_shows_only_its_answer() {
    let hasher = cheap_hasher();
    let stored = hasher.hash(PASSWORD).await.unwrap();
    let found = hasher.verify(PASSWORD, Some(&stored)).await.unwrap();
    assert_eq!(format!("{found:?}"), "Verification { matches: true, outdated: false }");
}
