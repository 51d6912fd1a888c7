//! Attempts whose outcome this process waits for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use super::Key;

/// The attempts that are counted as failures until they are known to be none. Who finds the limit
/// used up by such waits for them instead of being refused: a user with ten devices that log in
/// at once has done nothing wrong.
#[derive(Default)]
pub(super) struct Pending(Mutex<HashMap<Key, Open>>);

#[derive(Default)]
struct Open {
    under_way: usize,
    begun: u64,
    watchers: usize,
    closed: Arc<Notify>,
}

/// What a refusal is worth.
pub(super) enum Outlook {
    /// Nobody was under way: it stands.
    Final,
    /// Somebody was, and is done: look again.
    Changed,
    /// Somebody is: look again when this is ready.
    Open(OwnedNotified),
}

impl Pending {
    /// Begins an attempt, before it is counted in the store.
    pub(super) fn enter(self: &Arc<Self>, key: Key) -> Entered {
        let mut all = self.lock();
        let open = all.entry(key).or_default();
        open.under_way += 1;
        open.begun += 1;
        Entered { key, pending: Arc::clone(self) }
    }

    /// Watches a key, before it is looked at in the store.
    pub(super) fn watch(&self, key: Key) -> Watch<'_> {
        let mut all = self.lock();
        let open = all.entry(key).or_default();
        open.watchers += 1;
        let (begun, was_quiet) = (open.begun, open.under_way == 0);
        Watch { key, pending: self, begun, was_quiet }
    }

    fn leave(&self, key: &Key, change: impl FnOnce(&mut Open)) {
        let mut all = self.lock();
        if let Some(open) = all.get_mut(key) {
            change(open);
            if open.under_way == 0 && open.watchers == 0 {
                all.remove(key);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Open>> {
        // Nothing under the lock panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One attempt under way, until it is dropped.
pub(super) struct Entered {
    key: Key,
    pending: Arc<Pending>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.pending.leave(&self.key, |open| {
            open.under_way -= 1;
            if open.under_way == 0 {
                open.closed.notify_waiters();
            } else {
                // One goes on where one ended. All of them would ask the store for the one place, at
                // every end: for 200 at once, 20,000 times.
                open.closed.notify_one();
            }
        });
    }
}

pub(super) struct Watch<'a> {
    key: Key,
    pending: &'a Pending,
    begun: u64,
    was_quiet: bool,
}

impl Watch<'_> {
    /// Whether what was found since may be due to an attempt that is not decided.
    pub(super) fn outlook(&self) -> Outlook {
        match self.pending.lock().get(&self.key) {
            // Made under the lock: an end between asking and waiting would not be heard of.
            Some(open) if open.under_way > 0 => {
                Outlook::Open(Arc::clone(&open.closed).notified_owned())
            }
            Some(open) if open.begun == self.begun && self.was_quiet => Outlook::Final,
            _ => Outlook::Changed,
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.pending.leave(&self.key, |open| open.watchers -= 1);
    }
}
