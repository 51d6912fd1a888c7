//! What the task shares with those who want keys. The lock in it is held for a few instructions, never
//! over a wait.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

use super::snapshot::Snapshot;
use super::source::{Failure, Source};
use super::task::{Running, Start};
use crate::Clock;
use crate::meter::{JWKS_KEYS, JWKS_SETS, Share};

pub(super) struct Shared {
    pub(super) snapshot: ArcSwap<Snapshot>,
    /// As it was configured; the task has a copy that learns.
    pub(super) source: Source,
    /// How long a token waits.
    pub(super) wait: Duration,
    pub(super) cooldown: Duration,
    pub(super) clock: Clock,
    pub(super) state: State,
    pub(super) gauges: Gauges,
}

/// What metrics show of a key set.
pub(super) struct Gauges {
    fresh: Share,
    failing: Share,
    none: Share,
    keys: Share,
}

impl Default for Gauges {
    fn default() -> Self {
        let [fresh, failing, none] =
            ["fresh", "failing", "none"].map(|state| Share::labelled(&JWKS_SETS, state));
        Self { fresh, failing, none, keys: Share::new(&JWKS_KEYS) }
    }
}

impl Gauges {
    pub(super) fn fetched(&self, keys: usize) {
        self.set([1, 0, 0]);
        self.keys.set(i64::try_from(keys).unwrap_or(i64::MAX));
    }

    /// Those that were there before go on while they are usable.
    pub(super) fn failed(&self, usable: bool) {
        self.set(if usable { [0, 1, 0] } else { [0, 0, 1] });
        if !usable {
            self.keys.set(0);
        }
    }

    fn set(&self, [fresh, failing, none]: [i64; 3]) {
        self.fresh.set(fresh);
        self.failing.set(failing);
        self.none.set(none);
    }
}

#[derive(Default)]
pub(super) struct State {
    control: Mutex<Control>,
    /// Wakes the task.
    pub(super) wake: Notify,
    /// Whether it was woken since its last fetch.
    nudged: AtomicBool,
    rounds: watch::Sender<Round>,
}

#[derive(Default)]
pub(super) struct Control {
    /// The task, where it lives, by its number.
    pub(super) task: Option<(u64, Option<AbortHandle>)>,
    tasks: u64,
    /// Whether a fetch is under way or asked for.
    pub(super) awaited: bool,
    /// When the last fetch ended, and what came of it.
    pub(super) last: Option<(Duration, Result<(), Failure>)>,
    /// How many failed since the last that did not.
    pub(super) failures: u32,
    /// Whether it was said that there is no runtime.
    complained: bool,
}

/// The fetches that have ended.
#[derive(Clone, Copy, Default)]
struct Round {
    number: u64,
    /// Whether there were keys; none where it was given up with its runtime.
    succeeded: Option<bool>,
}

/// What comes of asking for a fetch.
pub(super) enum Demand {
    Join(Joined),
    Recent,
    Failed,
}

/// A fetch that somebody waits for.
pub(super) struct Joined {
    rounds: watch::Receiver<Round>,
    after: u64,
}

impl Joined {
    /// Whether it succeeded; none where it was given up.
    pub(super) async fn outcome(&mut self) -> Option<bool> {
        let after = self.after;
        self.rounds.wait_for(|round| round.number > after).await.ok()?.succeeded
    }
}

impl Shared {
    pub(super) fn control(&self) -> MutexGuard<'_, Control> {
        self.state.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the fetch that is under way, or begins one; once a cooldown, whatever came of the last.
    pub(super) fn demand(self: &Arc<Self>) -> Demand {
        let mut control = self.control();
        if !control.awaited
            && let Some((at, result)) = &control.last
            && self.since(*at, self.clock.now()).is_some_and(|since| since < self.cooldown)
        {
            return if result.is_ok() { Demand::Recent } else { Demand::Failed };
        }
        let Some(start) = self.prepare(&mut control) else { return Demand::Failed };
        control.awaited = true;
        let rounds = self.state.rounds.subscribe();
        let after = rounds.borrow().number;
        drop(control);
        start.start();
        self.state.wake.notify_one();
        Demand::Join(Joined { rounds, after })
    }

    /// Wakes the task to look at the clock, where its sleep may be off: the machine was suspended, or
    /// the runtime is gone.
    pub(super) fn nudge(self: &Arc<Self>) {
        let nudged = &self.state.nudged;
        if nudged.load(Ordering::Relaxed) || nudged.swap(true, Ordering::Relaxed) {
            return;
        }
        let Some(start) = self.prepare(&mut self.control()) else {
            // The next one may be in a runtime.
            nudged.store(false, Ordering::Relaxed);
            return;
        };
        start.start();
        self.state.wake.notify_one();
    }

    /// Sees to it that there is a task; what is returned is to be called without the lock.
    fn prepare(self: &Arc<Self>, control: &mut Control) -> Option<Start> {
        if control.task.is_some() {
            return Some(Start(None));
        }
        let Ok(runtime) = Handle::try_current() else {
            if !control.complained {
                crate::trace::error!(
                    target: "tower_bearer::keys",
                    keys = self.source.name(),
                    "there is no tokio runtime to fetch keys in; verify tokens in one"
                );
            }
            control.complained = true;
            return None;
        };
        control.tasks += 1;
        control.task = Some((control.tasks, None));
        let running = Running { shared: Arc::clone(self), number: control.tasks };
        Some(Start(Some((runtime, running))))
    }

    /// Ends the task, amid a fetch if there is one.
    pub(super) fn end(&self) {
        let task = self.control().task.as_ref().and_then(|(_, task)| task.clone());
        // Without the lock, which the task takes when it is dropped.
        if let Some(task) = task {
            task.abort();
        }
    }

    pub(super) fn last_failure(&self) -> Option<Failure> {
        self.control().last.as_ref()?.1.as_ref().err().cloned()
    }

    /// None where the clock was set back, which is no reason to wait until it is there again.
    pub(super) fn since(&self, at: Duration, now: Duration) -> Option<Duration> {
        (at <= now.saturating_add(self.cooldown)).then(|| now.saturating_sub(at))
    }

    pub(super) fn end_round(&self, succeeded: Option<bool>) {
        self.state.nudged.store(false, Ordering::Relaxed);
        self.state.rounds.send_modify(|round| {
            *round = Round { number: round.number + 1, succeeded };
        });
    }
}
