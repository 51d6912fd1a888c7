use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Hasher, PASSWORD, Pool, cheap, cheap_builder};
use crate::PasswordError;
use crate::password::pool::Settings;

/// Keeps one thread of a pool busy until it is opened.
struct Gate {
    open: mpsc::Sender<()>,
    job: JoinHandle<Result<(), PasswordError>>,
}

impl Gate {
    /// Returns once the thread is taken, so that the queue is empty.
    async fn close(pool: &Arc<Pool>) -> Self {
        let pool = Arc::clone(pool);
        let (open, opened) = mpsc::channel();
        let (taken, is_taken) = oneshot::channel();
        let job = tokio::spawn(async move {
            let wait = move |_: &mut _| {
                taken.send(()).unwrap();
                opened.recv().unwrap();
            };
            pool.run(wait).await
        });
        is_taken.await.unwrap();
        Self { open, job }
    }

    async fn open(self) {
        self.open.send(()).unwrap();
        self.job.await.unwrap().unwrap();
    }
}

type Found = JoinHandle<Result<crate::Verification, PasswordError>>;

fn spawn_logins(hasher: &Hasher, count: usize) -> Vec<Found> {
    let login = |_| {
        let hasher = hasher.clone();
        tokio::spawn(async move { hasher.verify(PASSWORD, None).await })
    };
    (0..count).map(login).collect()
}

/// The runtime of these tests has one thread and takes tasks in turn: once a new one has run, all
/// that were spawned before have run up to their first wait.
async fn let_all_tasks_start() {
    tokio::spawn(async {}).await.unwrap();
}

#[tokio::test]
async fn r161_what_the_queue_cannot_hold_is_refused_at_once() {
    let (hasher, pool) = cheap(1, 16);
    let gate = Gate::close(&pool).await;
    let logins = spawn_logins(&hasher, 200);
    let_all_tasks_start().await;

    let refused = logins.iter().filter(|login| login.is_finished()).count();
    assert_eq!(refused, 184, "answered while the only thread is busy");
    gate.open().await;

    let mut served = 0;
    for login in logins {
        match login.await.unwrap() {
            Ok(found) => served += usize::from(!found.is_match()),
            Err(error) => assert_eq!(error, PasswordError::Overloaded),
        }
    }
    assert_eq!(served, 16);
    assert_eq!(hasher.computations(), 16);
    assert!(hasher.verify(PASSWORD, None).await.is_ok(), "it serves again");
}

#[tokio::test]
async fn r161_200_logins_at_once_are_all_answered() {
    let (hasher, _pool) = cheap(2, 200);
    for login in spawn_logins(&hasher, 200) {
        assert!(login.await.unwrap().is_ok());
    }
    assert_eq!(hasher.computations(), 200);
}

#[tokio::test]
async fn r161_hashing_never_blocks_the_async_worker() {
    let (hasher, pool) = cheap(1, 16);
    let gate = Gate::close(&pool).await;
    let login = spawn_logins(&hasher, 1).remove(0);
    for _ in 0..100 {
        let_all_tasks_start().await;
    }
    assert!(!login.is_finished());
    gate.open().await;
    assert!(login.await.unwrap().is_ok());

    let worker = pool.run(|_| thread::current().id()).await.unwrap();
    assert_ne!(worker, thread::current().id());
}

#[tokio::test]
async fn r161_who_waited_too_long_is_refused_without_a_hash() {
    let settings = Hasher::builder().threads(1).pool_settings();
    let pool = Pool::start(Settings { longest_wait: Duration::ZERO, ..settings });
    assert_eq!(pool.run(|_| "hashed").await, Err(PasswordError::Overloaded));
    assert_eq!(Pool::start(settings).run(|_| "hashed").await, Ok("hashed"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn r161_hashing_gives_way_to_requests() {
    use thread_priority::{
        NormalThreadSchedulePolicy, ThreadSchedulePolicy, thread_schedule_policy as policy,
    };
    let (_, pool) = cheap(1, 16);
    let before = policy().unwrap();
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    assert_eq!(pool.run(|_| policy().unwrap()).await.unwrap(), idle);
    assert_eq!(policy().unwrap(), before, "of the threads that serve");
    let (_, pool) = cheap_builder().threads(1).equal_priority().build_apart().unwrap();
    assert_eq!(pool.run(|_| policy().unwrap()).await.unwrap(), before);
}

#[tokio::test]
async fn r161_threads_and_memory_stay_fixed() {
    let (hasher, pool) = cheap(2, 200);
    for login in spawn_logins(&hasher, 200) {
        let _ = login.await.unwrap().unwrap();
    }
    let mut seen = HashSet::new();
    for _ in 0..200 {
        let (id, blocks) = pool.run(|memory| (thread::current().id(), memory.len())).await.unwrap();
        seen.insert(id);
        // A thread that took none of the jobs has no memory yet.
        assert!([0, 64].contains(&blocks), "{blocks}");
    }
    assert!((1..=2).contains(&seen.len()));
    assert_eq!(pool.started(), 2);
}

#[tokio::test]
async fn r161_all_threads_work_at_the_same_time() {
    let (_, pool) = cheap(2, 16);
    let first = Gate::close(&pool).await;
    // Returns only if another thread takes it.
    let second = Gate::close(&pool).await;
    first.open().await;
    second.open().await;
}

#[test]
fn r161_all_hashers_of_a_process_share_one_pool() {
    let first = Hasher::new();
    let second = Hasher::builder().threads(7).queue(7).build().unwrap();
    assert!(Arc::ptr_eq(&first.0.pool, &second.0.pool));
    let (apart, _) = cheap(1, 1);
    assert!(!Arc::ptr_eq(&first.0.pool, &apart.0.pool));
}

#[test]
fn r161_by_default_half_of_the_cores_hash() {
    let settings = Hasher::builder().pool_settings();
    let cores = thread::available_parallelism().unwrap().get();
    assert_eq!(settings.threads, (cores / 2).clamp(1, 256));
    assert_eq!(settings.queue, 64 * settings.threads);
}

#[tokio::test]
async fn r161_who_no_longer_waits_is_not_hashed_for() {
    let (hasher, pool) = cheap(1, 16);
    let gate = Gate::close(&pool).await;
    let logins = spawn_logins(&hasher, 10);
    let_all_tasks_start().await;
    for login in &logins[1..] {
        login.abort();
    }
    let_all_tasks_start().await;
    gate.open().await;
    assert!(hasher.verify(PASSWORD, None).await.is_ok());
    // The first of the ten, and the one after them.
    assert_eq!(hasher.computations(), 2);
}

#[tokio::test]
async fn r161_a_panic_does_not_end_the_thread() {
    let (hasher, pool) = cheap(1, 16);
    let before = pool.run(|_| thread::current().id()).await.unwrap();
    for _ in 0..3 {
        // Unlike `panic!`, this prints nothing.
        let panicked = pool.run(|_| std::panic::resume_unwind(Box::new(()))).await;
        assert_eq!(panicked, Err::<(), _>(PasswordError::Unavailable));
    }
    assert_eq!(pool.run(|_| thread::current().id()).await, Ok(before));
    assert!(hasher.verify(PASSWORD, None).await.is_ok());
}

#[test]
fn r161_no_runtime_is_needed() {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Wake, Waker};

    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let (hasher, _pool) = cheap(1, 16);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(hasher.verify(PASSWORD, None));
    let found = loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(found) => break found,
            Poll::Pending => thread::park(),
        }
    };
    assert!(!found.unwrap().is_match());
}
