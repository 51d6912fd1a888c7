//! What an attempt counts for, by how it ends.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::clock::Clock;
use crate::limit::{Account, Limiter, LoginThrottle, Throttled};
use crate::store::{MemoryStore, StoreError, ThrottleState, ThrottleStore};

const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const AWAY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 1));

fn limiter(store: &impl ThrottleStore) -> Limiter {
    let throttle = LoginThrottle::new()
        .per_account("3/minute".parse::<crate::Rate>().unwrap())
        .per_address("4/minute".parse::<crate::Rate>().unwrap());
    let clock = Clock::manual(Duration::from_secs(1_700_000_000));
    Limiter::new(&throttle, Arc::new(store.clone()), clock)
}

async fn fail(limiter: &Limiter, account: &str, address: IpAddr) -> Result<(), Throttled> {
    limiter.attempt(Some(Account::User(account)), Some(address)).await.map(drop)
}

/// How many attempts are left to an account, tried from an address of its own, and to none.
async fn left(limiter: &Limiter, account: Option<&str>, address: IpAddr) -> usize {
    let mut left = 0;
    while limiter.attempt(account.map(Account::User), Some(address)).await.is_ok() {
        left += 1;
    }
    left
}

#[tokio::test]
async fn an_attempt_that_is_dropped_has_failed() {
    let limiter = limiter(&MemoryStore::new());
    fail(&limiter, "alice", HOME).await.unwrap();
    assert_eq!(left(&limiter, Some("alice"), AWAY).await, 2);
    assert_eq!(left(&limiter, None, HOME).await, 3);
}

#[tokio::test]
async fn an_attempt_that_was_not_tried_counts_for_nothing() {
    let store = MemoryStore::new();
    let limiter = limiter(&store);
    for _ in 0..10 {
        let attempt = limiter.attempt(Some(Account::User("alice")), Some(HOME)).await;
        attempt.ok().unwrap().unused().await;
    }
    assert_eq!(store.delete_expired_throttles(Duration::MAX).await.unwrap(), 0, "nothing is left");
    fail(&limiter, "alice", HOME).await.unwrap();
    let attempt = limiter.attempt(Some(Account::User("alice")), Some(HOME)).await;
    attempt.ok().unwrap().unused().await;
    assert_eq!(left(&limiter, Some("alice"), AWAY).await, 2, "one has failed");
    assert_eq!(left(&limiter, None, HOME).await, 3);
}

#[tokio::test]
async fn r181_a_success_takes_back_itself_and_clears_the_account() {
    let store = MemoryStore::new();
    let limiter = limiter(&store);
    for _ in 0..10 {
        let attempt = limiter.attempt(Some(Account::User("alice")), Some(HOME)).await;
        attempt.ok().unwrap().succeeded().await;
    }
    assert_eq!(store.delete_expired_throttles(Duration::MAX).await.unwrap(), 0, "nothing is left");
    for _ in 0..2 {
        fail(&limiter, "alice", HOME).await.unwrap();
    }
    let attempt = limiter.attempt(Some(Account::User("alice")), Some(HOME)).await;
    attempt.ok().unwrap().succeeded().await;
    assert_eq!(left(&limiter, Some("alice"), AWAY).await, 3);
    assert_eq!(left(&limiter, None, HOME).await, 2, "two have failed");
}

#[tokio::test]
async fn what_one_limit_refuses_does_not_count_for_the_other() {
    let limiter = limiter(&MemoryStore::new());
    for _ in 0..3 {
        fail(&limiter, "alice", HOME).await.unwrap();
    }
    for _ in 0..10 {
        assert!(fail(&limiter, "alice", AWAY).await.is_err(), "the account is locked");
    }
    assert_eq!(left(&limiter, None, AWAY).await, 4);
    for _ in 0..10 {
        assert!(fail(&limiter, "bob", AWAY).await.is_err(), "the address is");
    }
    assert_eq!(left(&limiter, Some("bob"), [203, 0, 113, 1].into()).await, 3);
}

#[tokio::test]
async fn guesses_without_an_account_count_for_the_address_alone() {
    let limiter = limiter(&MemoryStore::new());
    assert_eq!(left(&limiter, None, HOME).await, 4);
    assert!(limiter.register(Some(HOME)).await.is_ok(), "registrations are counted apart");
    assert!(fail(&limiter, "alice", AWAY).await.is_ok());
}

#[tokio::test]
async fn who_finds_the_limit_taken_waits_for_its_outcome() {
    let limiter = limiter(&MemoryStore::new());
    let mut under_way = Vec::new();
    for _ in 0..3 {
        under_way.push(limiter.attempt(Some(Account::User("alice")), None).await.ok().unwrap());
    }
    let mut next = tokio_test::task::spawn(limiter.attempt(Some(Account::User("alice")), None));
    assert!(next.poll().is_pending(), "nobody has failed yet");
    drop(under_way.pop());
    assert!(next.is_woken());
    assert!(next.poll().is_pending(), "one has, and two may still succeed");
    under_way.pop().unwrap().succeeded().await;
    assert!(next.is_woken());
    let std::task::Poll::Ready(Ok(_)) = next.poll() else { panic!("the account is clear") };
}

#[tokio::test]
async fn who_has_waited_for_failures_is_refused() {
    let limiter = limiter(&MemoryStore::new());
    let mut under_way = Vec::new();
    for _ in 0..3 {
        under_way.push(limiter.attempt(Some(Account::User("alice")), None).await.ok().unwrap());
    }
    let mut next = tokio_test::task::spawn(limiter.attempt(Some(Account::User("alice")), None));
    assert!(next.poll().is_pending());
    drop(under_way);
    assert!(matches!(next.poll(), std::task::Poll::Ready(Err(Throttled(_)))));
}

#[tokio::test]
async fn of_all_who_wait_one_looks_again_where_one_ends_and_all_do_in_the_end() {
    let limiter = limiter(&MemoryStore::new());
    let attempt = || limiter.attempt(Some(Account::User("alice")), None);
    let mut under_way = Vec::new();
    for _ in 0..3 {
        under_way.push(attempt().await.ok().unwrap());
    }
    let mut waiting: Vec<_> = (0..20).map(|_| tokio_test::task::spawn(attempt())).collect();
    assert!(waiting.iter_mut().all(|it| it.poll().is_pending()));
    drop(under_way.pop());
    let woken: Vec<_> = waiting.iter_mut().filter(|it| it.is_woken()).collect();
    assert_eq!(woken.len(), 1, "there is one place, and each look costs a question to the store");
    assert!(woken.into_iter().all(|it| it.poll().is_pending()));
    drop(under_way);
    assert!(waiting.iter().all(|it| it.is_woken()));
    for mut it in waiting {
        assert!(matches!(it.poll(), std::task::Poll::Ready(Err(Throttled(_)))));
    }
}

/// Counts what is written.
#[derive(Clone, Default)]
struct Counting(MemoryStore, Arc<AtomicUsize>);

impl ThrottleStore for Counting {
    async fn find_throttle(&self, key: &[u8; 32]) -> Result<Option<String>, StoreError> {
        self.0.find_throttle(key).await
    }

    async fn replace_throttle(
        &self,
        key: &[u8; 32],
        old: Option<&str>,
        new: Option<&ThrottleState>,
    ) -> Result<bool, StoreError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.replace_throttle(key, old, new).await
    }

    async fn delete_expired_throttles(&self, now: Duration) -> Result<u64, StoreError> {
        self.0.delete_expired_throttles(now).await
    }
}

#[tokio::test]
async fn who_is_refused_writes_nothing() {
    let store = Counting::default();
    let limiter = limiter(&store);
    for _ in 0..3 {
        fail(&limiter, "alice", HOME).await.unwrap();
    }
    let written = store.1.load(Ordering::Relaxed);
    assert_eq!(written, 6, "the account and the address, each time");
    for _ in 0..10 {
        assert!(fail(&limiter, "alice", AWAY).await.is_err(), "the account is locked");
    }
    fail(&limiter, "bob", HOME).await.unwrap();
    for _ in 0..10 {
        assert!(fail(&limiter, "bob", HOME).await.is_err(), "the address is");
    }
    assert_eq!(store.1.load(Ordering::Relaxed), written + 2);
}

/// Out of reach; counts how often it was asked.
#[derive(Clone, Default)]
struct Away(Arc<AtomicUsize>);

impl ThrottleStore for Away {
    async fn find_throttle(&self, _: &[u8; 32]) -> Result<Option<String>, StoreError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(StoreError::unavailable("away"))
    }

    async fn replace_throttle(
        &self,
        _: &[u8; 32],
        _: Option<&str>,
        _: Option<&ThrottleState>,
    ) -> Result<bool, StoreError> {
        Err(StoreError::unavailable("away"))
    }

    async fn delete_expired_throttles(&self, _: Duration) -> Result<u64, StoreError> {
        Err(StoreError::unavailable("away"))
    }
}

#[tokio::test]
async fn a_store_that_failed_is_left_alone_for_two_seconds() {
    let store = Away::default();
    let clock = Clock::manual(Duration::from_secs(1_700_000_000));
    let limiter = Limiter::new(&LoginThrottle::new(), Arc::new(store.clone()), clock.clone());
    let asked = async || {
        fail(&limiter, "alice", HOME).await.unwrap();
        store.0.swap(0, Ordering::Relaxed)
    };
    assert_eq!(asked().await, 1, "once, and not for each limit");
    assert_eq!(asked().await, 0);
    clock.advance(Duration::from_secs(2));
    assert_eq!(asked().await, 1);
}
