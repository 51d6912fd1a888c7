//! What an attempt does to a count, as a pure function: the store only keeps the text.
//!
//! How many attempts come back in what time is the [`Rate`]'s to say. Beside it stand the pauses that
//! double, and the limit of failures in a row.

use std::time::Duration;

use crate::rate::{Counted, Rate, nanoseconds};

/// The longest pause.
pub(super) const LONGEST: Duration = Duration::from_secs(15 * 60);

/// This many failures in a row, and every further one, are followed by the longest pause, whatever
/// the rate (NIST SP 800-63B-4, section 3.2.2).
const MOST_IN_A_ROW: u32 = 100;

/// After so long without a pause, the next one is the first again.
const PAUSES_FORGOTTEN: Duration = Duration::from_secs(3600);

/// After so long without a failure, the next one is the first in its row.
const ROW_FORGOTTEN: Duration = Duration::from_secs(24 * 3600);

/// A limit for one kind of key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) rate: Rate,
    /// Whether each pause is twice as long as the one before.
    pub(super) backoff: bool,
    /// Whether failures in a row are counted: of an account, whose success ends the row.
    pub(super) counts_row: bool,
}

/// What is known of one key. Times are nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// GCRA's theoretical arrival time.
    pub(super) arrival: u64,
    /// The end of the latest pause.
    pub(super) paused_until: u64,
    pub(super) pauses: u32,
    pub(super) in_a_row: u32,
    pub(super) last: u64,
}

/// What comes of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed { after: State, pause: Option<Pause> },
    Refused { wait: Duration },
}

/// Begins with the attempt that used up the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pause {
    pub(crate) lasts: Duration,
    /// No other was before it, or long ago.
    pub(crate) is_first: bool,
}

impl Limit {
    /// What an attempt at `now` does; `before` must have been [`mended`](Self::mended).
    pub(super) fn attempt(&self, before: State, now: Duration) -> Verdict {
        let now = nanoseconds(now);
        if before.paused_until > now {
            return Verdict::Refused { wait: Duration::from_nanos(before.paused_until - now) };
        }
        let Counted { arrival, is_last } = match self.rate.count(before.arrival, now) {
            Ok(counted) => counted,
            Err(wait) => return Verdict::Refused { wait },
        };
        let is_row_over = now.saturating_sub(before.last) >= nanoseconds(ROW_FORGOTTEN);
        let row = if is_row_over { 0 } else { before.in_a_row };
        let in_a_row = if self.counts_row { row.saturating_add(1) } else { 0 };
        let mut after = State { arrival, in_a_row, last: now, ..before };
        let too_many = in_a_row >= MOST_IN_A_ROW;
        if !is_last && !too_many {
            return Verdict::Allowed { after, pause: None };
        }
        if now.saturating_sub(before.paused_until) >= nanoseconds(PAUSES_FORGOTTEN) {
            after.pauses = 0;
        }
        let lasts = if too_many {
            LONGEST
        } else if self.backoff {
            let doubled = 2_u32.checked_pow(after.pauses);
            let lasts = doubled.and_then(|times| self.rate.period().checked_mul(times));
            lasts.map_or(LONGEST, |lasts| lasts.min(LONGEST))
        } else {
            Duration::ZERO
        };
        after.paused_until = now.saturating_add(nanoseconds(lasts));
        after.pauses = after.pauses.saturating_add(1);
        // The limit itself may ask for more than the pause.
        let next = self.rate.count(arrival, now).err().unwrap_or_default();
        let pause = Pause { lasts: lasts.max(next), is_first: after.pauses == 1 };
        Verdict::Allowed { after, pause: Some(pause) }
    }

    /// Undoes an attempt that made `after` of `before`, where others may have come meanwhile.
    pub(super) fn take_back(&self, current: State, before: State, after: State) -> State {
        let step = nanoseconds(self.rate.interval());
        let mut undone = current;
        undone.arrival = current.arrival.saturating_sub(step);
        undone.in_a_row = current.in_a_row.saturating_sub(1);
        if after.paused_until != before.paused_until && current.paused_until == after.paused_until {
            (undone.paused_until, undone.pauses) = (before.paused_until, before.pauses);
        }
        undone
    }

    /// A state that a node has written whose clock is ahead, cut to what could stand there at
    /// `now`: its rate is forgiven, its pause lasts for the longest time from now.
    pub(super) fn mended(&self, state: State, now: Duration) -> State {
        let now = nanoseconds(now);
        let full = nanoseconds(self.rate.recovery());
        let is_possible = state.arrival <= now.saturating_add(full);
        State {
            arrival: if is_possible { state.arrival } else { now },
            paused_until: state.paused_until.min(now.saturating_add(nanoseconds(LONGEST))),
            last: state.last.min(now),
            ..state
        }
    }

    /// When a state says nothing any more; nothing where it says nothing now.
    pub(super) fn expiry(&self, state: State, now: Duration) -> Option<Duration> {
        let mut end = state.arrival;
        if state.pauses > 0 {
            end = end.max(state.paused_until.saturating_add(nanoseconds(PAUSES_FORGOTTEN)));
        }
        if state.in_a_row > 0 {
            end = end.max(state.last.saturating_add(nanoseconds(ROW_FORGOTTEN)));
        }
        // Whole seconds, rounded up.
        let end = Duration::from_secs(end.div_ceil(1_000_000_000));
        (end > now).then_some(end)
    }
}

/// Numbers with spaces between them: what a store keeps.
impl State {
    pub(super) fn text(&self) -> String {
        let Self { arrival, paused_until, pauses, in_a_row, last } = self;
        format!("{arrival} {paused_until} {pauses} {in_a_row} {last}")
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let mut numbers = text.split(' ').map(str::parse::<u64>);
        let mut next = || numbers.next()?.ok();
        let (arrival, paused_until) = (next()?, next()?);
        let (pauses, in_a_row) = (next()?.try_into().ok()?, next()?.try_into().ok()?);
        let state = Self { arrival, paused_until, pauses, in_a_row, last: next()? };
        numbers.next().is_none().then_some(state)
    }
}
