//! The task that does all fetching, so that there is one fetch at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::shared::Shared;
use super::snapshot::Snapshot;
use super::source::Failure;
use crate::meter::{self, JWKS_FETCHES, JWKS_UPDATED};

/// The first pause after a failure; each doubles the one before, up to the cooldown.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// A task that is to be started, if there was none.
pub(super) struct Start(pub(super) Option<(Handle, Running)>);

impl Start {
    pub(super) fn start(self) {
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
pub(super) struct Running {
    pub(super) shared: Arc<Shared>,
    pub(super) number: u64,
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

impl Shared {
    /// How long to wait before the next fetch; none when it is due.
    fn pause(&self) -> Option<Duration> {
        let now = self.clock.now();
        let control = self.control();
        let times = self.snapshot.load().times;
        let refresh = match self.since(times.fetched, now) {
            Some(_) => times.refresh,
            // Of the time before the clock was set back.
            None => now,
        };
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

    fn pause_after(&self, failures: u32) -> Duration {
        let doubled = FIRST_PAUSE * 2_u32.saturating_pow(failures.saturating_sub(1).min(16));
        doubled.min(self.cooldown)
    }

    fn finish(&self, result: Result<Snapshot, Failure>) {
        let now = self.clock.now();
        let succeeded = result.is_ok();
        let result = match result {
            Ok(snapshot) => {
                let is_same = Arc::ptr_eq(&snapshot.keys, &self.snapshot.load().keys);
                meter::count(&JWKS_FETCHES, [if is_same { "not_modified" } else { "fetched" }]);
                meter::set(&JWKS_UPDATED, now.as_secs_f64());
                self.gauges.fetched(snapshot.keys.len());
                crate::trace::debug!(
                    target: "tower_bearer::keys",
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
                let outcome = if failure.is_unreachable { "unreachable" } else { "bad_answer" };
                meter::count(&JWKS_FETCHES, [outcome]);
                self.gauges.failed(usable);
                crate::trace::warn!(
                    target: "tower_bearer::keys",
                    keys = self.source.name(),
                    %failure,
                    usable,
                    "keys could not be fetched; what is usable goes on for a while"
                );
                Err(failure)
            }
        };
        let mut control = self.control();
        control.failures = if succeeded { 0 } else { control.failures.saturating_add(1) };
        control.last = Some((now, result));
        control.awaited = false;
        self.end_round(Some(succeeded));
    }
}
