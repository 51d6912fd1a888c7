//! A fixed number of threads behind a queue of fixed length, each with its own argon2 memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use argon2::Block;
use tokio::sync::oneshot;

use super::PasswordError;
use crate::meter::{
    self, HASH_CAPACITY, HASH_REFUSED, HASH_SECONDS, HASH_WAIT_SECONDS, HASH_WAITING, Share,
};
use crate::{Clock, trace};

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// The pool of the process.
static SHARED: OnceLock<Arc<Pool>> = OnceLock::new();

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) threads: usize,
    pub(super) queue: usize,
    /// Whether requests go first.
    pub(super) gives_way: bool,
    /// What waited longer is refused, so that nobody waits for minutes where the threads get no time.
    pub(super) longest_wait: Duration,
}

pub(super) struct Pool {
    settings: Settings,
    started: usize,
    jobs: SyncSender<Job>,
    kept_blocks: Arc<AtomicUsize>,
    capacity: Share,
    waiting: Arc<Share>,
}

impl Pool {
    /// The pool of the process. The first call decides its settings.
    pub(super) fn shared(settings: Settings) -> Arc<Self> {
        Arc::clone(SHARED.get_or_init(|| Arc::new(Self::start(settings))))
    }

    /// Starts the threads; they end once the pool is dropped.
    pub(super) fn start(settings: Settings) -> Self {
        let (jobs, waiting) = sync_channel(settings.queue);
        let waiting = Arc::new(Mutex::new(waiting));
        let kept_blocks = Arc::new(AtomicUsize::new(0));
        let started = (0..settings.threads)
            .filter(|_| {
                let waiting = Arc::clone(&waiting);
                let kept_blocks = Arc::clone(&kept_blocks);
                thread::Builder::new()
                    .name("password-hash".to_owned())
                    .spawn(move || {
                        if settings.gives_way {
                            give_way();
                        }
                        work(&waiting, &kept_blocks);
                    })
                    .is_ok()
            })
            .count();
        if started < settings.threads {
            trace::error!(
                target: "tower_bearer::password",
                started,
                "the system did not start all threads that hash passwords"
            );
        }
        let (capacity, waiting) = (Share::new(&HASH_CAPACITY), Arc::new(Share::new(&HASH_WAITING)));
        Self { settings, started, jobs, kept_blocks, capacity, waiting }
    }

    pub(super) fn settings(&self) -> Settings {
        self.settings
    }

    /// The threads that the system did start.
    pub(super) fn started(&self) -> usize {
        self.started
    }

    /// Lets each thread keep this much memory between jobs, if it is not more already.
    pub(super) fn keep(&self, blocks: usize) {
        self.kept_blocks.fetch_max(blocks, Ordering::Relaxed);
    }

    /// Runs `work` on one of the threads, or refuses: at once when the queue is full, and when its turn
    /// comes where that took too long.
    ///
    /// Once the future is dropped, the work is skipped unless it has begun. A panic in it is
    /// `Unavailable`.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let (answer, answered) = oneshot::channel();
        let (clock, longest_wait) = (Clock::system(), self.settings.longest_wait);
        let asked = clock.now();
        let timer = meter::start();
        self.capacity.set(i64::try_from(self.settings.queue).unwrap_or(i64::MAX));
        let place = Place::take(&self.waiting);
        let job: Job = Box::new(move |memory| {
            drop(place);
            if answer.is_closed() {
                return;
            }
            timer.record(&HASH_WAIT_SECONDS);
            // Where the clock went back meanwhile, that was no wait.
            let result = match clock.now().saturating_sub(asked) {
                waited if waited >= longest_wait => {
                    meter::count(&HASH_REFUSED, ["waited_too_long"]);
                    Err(PasswordError::Overloaded)
                }
                _ => {
                    let timer = meter::start();
                    let hashed = work(memory);
                    timer.record(&HASH_SECONDS);
                    Ok(hashed)
                }
            };
            // The one who asked may have left in the meantime.
            let _ = answer.send(result);
        });
        self.jobs.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => {
                meter::count(&HASH_REFUSED, ["queue_full"]);
                PasswordError::Overloaded
            }
            TrySendError::Disconnected(_) => PasswordError::Unavailable,
        })?;
        answered.await.map_err(|_| PasswordError::Unavailable)?
    }
}

/// A job that waits, or is refused a place.
struct Place(Arc<Share>);

impl Place {
    fn take(waiting: &Arc<Share>) -> Self {
        waiting.add(1);
        Self(Arc::clone(waiting))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}

fn work(jobs: &Mutex<Receiver<Job>>, kept_blocks: &AtomicUsize) {
    let mut memory = Memory::default();
    loop {
        // One thread waits for the queue, the others for the lock. No job runs under the lock.
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
            trace::error!(target: "tower_bearer::password", "hashing a password panicked");
        }
        memory.shrink_to(kept_blocks.load(Ordering::Relaxed));
    }
}

/// A hash runs longer than the time that the scheduler gives a thread at once. With equal rights,
/// requests that come on its core wait for the rest of that, which is milliseconds; a thread of the
/// class `SCHED_IDLE` stops for them at once.
fn give_way() {
    // Elsewhere there is no such class. Where it is not allowed, hashing goes on as any work.
    #[cfg(target_os = "linux")]
    {
        use thread_priority::{
            NormalThreadSchedulePolicy::Idle, ThreadPriority, ThreadSchedulePolicy,
            set_thread_priority_and_policy, thread_native_id, thread_schedule_policy,
        };
        let idle = ThreadSchedulePolicy::Normal(Idle);
        // It sets a nice value too, which may be refused and means nothing in this class.
        let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle);
        if thread_schedule_policy() != Ok(idle) {
            trace::warn!(
                target: "tower_bearer::password",
                "the threads that hash passwords don't give way to requests"
            );
        }
    }
}

/// The memory of one thread.
///
/// It is not wiped between jobs, which would add about a twentieth to each: it holds no password,
/// and whoever could test guesses against it reads the memory in which passwords arrive.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// At least `count` blocks; nothing when the system has no memory for them.
    pub(super) fn blocks(&mut self, count: usize) -> Option<&mut [Block]> {
        if self.0.len() < count {
            // Freed first, so that the old and the new blocks never exist together.
            self.0 = Vec::new();
            self.0.try_reserve_exact(count).ok()?;
            self.0.resize(count, Block::new());
        }
        Some(&mut self.0)
    }

    /// Gives everything back if it is more than `count` blocks: a copy to a smaller place would
    /// cost more than the next job's allocation.
    fn shrink_to(&mut self, count: usize) {
        if self.0.len() > count {
            self.0 = Vec::new();
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
