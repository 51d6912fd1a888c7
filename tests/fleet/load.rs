//! Clients that ask without a pause, until they are told to stop.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::service::until;

/// What the clients share.
#[derive(Default)]
pub(crate) struct Load {
    stop: AtomicBool,
    /// Those that have gone, by themselves or in a panic, which must not be waited for.
    ended: AtomicUsize,
}

/// How often one client got what it wanted.
#[derive(Default)]
pub(crate) struct Count(AtomicUsize);

impl Count {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Load {
    /// Works round by round until the load ends.
    pub(crate) fn work(&self, mut round: impl FnMut()) {
        struct Ended<'a>(&'a AtomicUsize);
        impl Drop for Ended<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let _ended = Ended(&self.ended);
        while !self.stop.load(Ordering::SeqCst) {
            round();
        }
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    /// Waits until each has grown by this much. A client that panics ends the wait, and the load: the
    /// scope of its thread tells why.
    pub(crate) fn wait_for<'a>(&self, counts: impl IntoIterator<Item = &'a Count>, more: usize) {
        let targets: Vec<_> = counts.into_iter().map(|count| (count, count.get() + more)).collect();
        until(|| {
            let ended = self.ended.load(Ordering::SeqCst) > 0;
            let grown = targets.iter().all(|(count, target)| count.get() >= *target);
            (ended || grown).then_some(())
        });
        if self.ended.load(Ordering::SeqCst) > 0 {
            self.stop();
        }
    }
}
