//! The task that does all fetching, so that there is one fetch at a time, and the state that it shares
//! with those who want keys. The lock in it is held for a few instructions, never over a wait.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

use super::snapshot::Snapshot;
use super::source::{Failure, Source};
use crate::Clock;

/// The first pause after a failure; each doubles the one before, up to the cooldown.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Shared {
    pub(super) snapshot: ArcSwap<Snapshot>,
    /// As it was configured; the task has a copy that learns.
    pub(super) source: Source,
    /// How long a token waits.
    pub(super) wait: Duration,
    pub(super) cooldown: Duration,
    pub(super) clock: Clock,
    pub(super) state: State,
}

#[derive(Default)]
pub(super) struct State {
    control: Mutex<Control>,
    /// Wakes the task.
    wake: Notify,
    /// Whether it was woken since its last fetch.
    nudged: AtomicBool,
    rounds: watch::Sender<Round>,
}

#[derive(Default)]
struct Control {
    /// The task, where it lives, by its number.
    task: Option<(u64, Option<AbortHandle>)>,
    tasks: u64,
    /// Whether a fetch is under way or asked for.
    awaited: bool,
    /// When the last fetch ended, and what came of it.
    last: Option<(Duration, Result<(), Failure>)>,
    /// How many failed since the last that did not.
    failures: u32,
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
    fn control(&self) -> MutexGuard<'_, Control> {
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
        if self.state.nudged.swap(true, Ordering::Relaxed) {
            return;
        }
        let Some(start) = self.prepare(&mut self.control()) else {
            // The next one may be in a runtime.
            self.state.nudged.store(false, Ordering::Relaxed);
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
        if let Some((_, Some(task))) = &self.control().task {
            task.abort();
        }
    }

    pub(super) fn last_failure(&self) -> Option<Failure> {
        self.control().last.as_ref()?.1.as_ref().err().cloned()
    }

    /// How long to wait before the next fetch; none when it is due.
    fn pause(&self) -> Option<Duration> {
        let now = self.clock.now();
        let control = self.control();
        let refresh = self.snapshot.load().times.refresh;
        let due = match &control.last {
            _ if control.awaited => return None,
            Some((at, _)) if self.since(*at, now).is_none() => return None,
            // A fetch for a token may fail while the keys are fresh: then the next is theirs.
            Some((at, Err(_))) => {
                let retry = at.saturating_add(self.pause_after(control.failures));
                if refresh == Duration::MAX { retry } else { refresh.max(retry) }
            }
            _ => refresh,
        };
        due.checked_sub(now).filter(|pause| !pause.is_zero())
    }

    /// None where the clock was set back, which is no reason to wait until it is there again.
    fn since(&self, at: Duration, now: Duration) -> Option<Duration> {
        (at <= now.saturating_add(self.cooldown)).then(|| now.saturating_sub(at))
    }

    fn pause_after(&self, failures: u32) -> Duration {
        let doubled = FIRST_PAUSE * 2_u32.saturating_pow(failures.saturating_sub(1).min(16));
        doubled.min(self.cooldown)
    }

    fn finish(&self, result: Result<Snapshot, Failure>) {
        let now = self.clock.now();
        let succeeded = result.is_ok();
        let result = match result {
            Ok(snapshot) => {
                crate::trace::debug!(
                    keys = self.source.name(),
                    count = snapshot.keys.len(),
                    skipped = snapshot.skipped.len(),
                    "keys were fetched"
                );
                self.snapshot.store(Arc::new(snapshot));
                Ok(())
            }
            Err(failure) => {
                let usable = now < self.snapshot.load().times.end;
                crate::trace::warn!(
                    keys = self.source.name(),
                    %failure,
                    usable,
                    "keys could not be fetched; what is usable goes on for a while"
                );
                let _ = usable;
                Err(failure)
            }
        };
        let mut control = self.control();
        control.failures = if succeeded { 0 } else { control.failures.saturating_add(1) };
        control.last = Some((now, result));
        control.awaited = false;
        self.end_round(Some(succeeded));
    }

    fn end_round(&self, succeeded: Option<bool>) {
        self.state.nudged.store(false, Ordering::Relaxed);
        self.state.rounds.send_modify(|round| {
            *round = Round { number: round.number + 1, succeeded };
        });
    }
}

/// A task that is to be started, if there was none.
struct Start(Option<(Handle, Running)>);

impl Start {
    fn start(self) {
        let Some((runtime, running)) = self.0 else { return };
        let (shared, number) = (Arc::clone(&running.shared), running.number);
        let task = runtime.spawn(running.run());
        match &mut shared.control().task {
            Some((living, handle)) if *living == number => *handle = Some(task.abort_handle()),
            _ => {}
        }
    }
}

/// The task. However it ends, the next who wants keys starts another.
struct Running {
    shared: Arc<Shared>,
    number: u64,
}

impl Running {
    async fn run(self) {
        let shared = &self.shared;
        let mut source = shared.source.clone();
        loop {
            if let Some(pause) = shared.pause() {
                // Whoever wakes it, and the clock, are looked at above.
                let _ = tokio::time::timeout(pause, shared.state.wake.notified()).await;
                continue;
            }
            shared.control().awaited = true;
            let known = shared.snapshot.load_full();
            let result = source.fetch(&known, shared.clock.now()).await;
            shared.finish(result);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut control = self.shared.control();
        control.task = None;
        control.awaited = false;
        self.shared.end_round(None);
    }
}
