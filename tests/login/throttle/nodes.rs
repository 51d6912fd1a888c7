//! Notices of locks, several nodes, and stores that are out of reach.

use super::*;
use crate::gone::Gone;

type Locks = Arc<Mutex<Vec<(String, Duration)>>>;

#[tokio::test]
async fn a_lock_is_recorded_each_time_and_told_of_once() {
    let records: Arc<Mutex<Vec<Value>>> = Arc::default();
    let locks = Locks::default();
    let sink = || {
        let records = records.clone();
        move |record: &AuditRecord| {
            records.lock().unwrap().push(serde_json::to_value(record).unwrap());
        }
    };
    let told = locks.clone();
    let throttle = LoginThrottle::new().on_lock(move |notice| {
        assert_eq!(notice.address, Some([192, 0, 2, 1].into()));
        told.lock().unwrap().push((notice.user_id, notice.pause));
    });
    for app in throttled_apps!(|it| it.throttle(throttle.clone()).audit(sink())).await {
        let id = app.register("alice").await.text("id");
        records.lock().unwrap().clear();
        let events = || {
            let taken = std::mem::take(&mut *records.lock().unwrap());
            taken.into_iter().filter(|it| it["event"] != "login.failed").collect::<Vec<Value>>()
        };
        app.fail(4, HOME, "alice").await;
        assert!(events().is_empty());
        // The last attempt that the limit has is right, and so there is no lock.
        assert_eq!(app.log_in_from(HOME, "alice", PASSWORD).await.status, 200);
        assert_eq!(events().len(), 1, "login.succeeded alone");
        assert!(locks.lock().unwrap().is_empty());

        for (user_id, name) in [(json!(id), "alice"), (Value::Null, "nobody")] {
            for (at, seconds) in [(0, 60), (60, 120)] {
                app.fail(5, HOME, name).await;
                let record = |event: &str, member: &str| {
                    json!({
                        "at": app.clock.now().as_secs(), "address": "192.0.2.1", "event": event,
                        "user_id": user_id, member: seconds,
                    })
                };
                app.log_in_from(HOME, name, PASSWORD).await.assert_throttled(seconds);
                let expected =
                    [record("login.locked", "seconds"), record("login.throttled", "retry_after")];
                assert_eq!(events(), expected, "{at}");
                app.clock.advance(Duration::from_secs(seconds));
            }
        }
        let told = std::mem::take(&mut *locks.lock().unwrap());
        assert_eq!(told, [(id, MINUTE)], "not of the second pause, nor of nobody's");
    }
}

/// Two routers over one store of users and one of counts, each with a clock of its own.
async fn two_nodes<S: UserStore + RefreshStore>(store: S, counts: impl ThrottleStore) -> [App; 2] {
    let first = app(store.clone(), |it| it.throttle_store(counts.clone())).await;
    let clock = Clock::manual(first.clock.now());
    let issuer = first.issuer.clone().clock(clock.clone());
    let hasher = first.hasher.clone();
    let router = LoginRouter::new(store, issuer.clone())
        .hasher(hasher.clone())
        .throttle_store(counts)
        .into_router();
    [first, App { router, clock, issuer, hasher }]
}

/// A pair on each store.
async fn pairs() -> Vec<[App; 2]> {
    let (memory, file) = (MemoryStore::new(), sqlite().await);
    let mut pairs =
        vec![two_nodes(memory.clone(), memory).await, two_nodes(file.clone(), file).await];
    if let Some(store) = postgres().await {
        pairs.push(two_nodes(store.clone(), store).await);
    }
    if let Some(counts) = redis().await {
        pairs.push(two_nodes(sqlite().await, counts.prefix(&unique())).await);
    }
    pairs
}

#[tokio::test]
async fn nodes_on_one_store_have_one_limit() {
    for [one, other] in pairs().await {
        one.fail(3, HOME, "admin").await;
        other.fail(2, HOME, "admin").await;
        for node in [&one, &other] {
            node.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(60);
        }
        other.clock.advance(MINUTE);
        assert_eq!(other.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
        one.fail(5, HOME, "admin").await;
    }
}

#[tokio::test]
async fn a_clock_that_is_ahead_locks_for_15_minutes_at_most() {
    for [ahead, node] in pairs().await {
        ahead.clock.advance(Duration::from_secs(7 * 24 * 3600));
        ahead.fail(5, HOME, "admin").await;
        node.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(900);
        node.clock.advance(Duration::from_secs(899));
        node.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(1);
        node.clock.advance(Duration::from_secs(1));
        assert_eq!(node.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn without_their_store_limits_hold_for_the_process() {
    let app = app(MemoryStore::new(), |it| it.throttle_store(Gone)).await;
    app.fail(4, HOME, "admin").await;
    assert_eq!(app.log_in_from(HOME, "admin", PASSWORD).await.status, 200);
    app.fail(5, HOME, "admin").await;
    app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(60);
}

#[tokio::test]
async fn without_a_store_of_their_own_limits_hold_as_well() {
    let app = app(MemoryStore::new(), |it| it).await;
    app.fail(5, HOME, "admin").await;
    app.log_in_from(HOME, "admin", PASSWORD).await.assert_throttled(60);
}
