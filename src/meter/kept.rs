//! What is counted in each request, without looking it up each time.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ::metrics::{Counter, Histogram, Key, Recorder, with_recorder};

use super::Metric;
use super::on::{METADATA, key};

/// The recorder of the process, once it is known; it stays where it is until the end.
static OF_PROCESS: AtomicUsize = AtomicUsize::new(0);

/// Looks which recorder is that of the process. A thread may have one of its own, as tests do, whose place
/// in memory another gets later; a new thread has none.
pub(super) fn know_recorder() {
    let looking = thread::Builder::new().spawn(|| with_recorder(identity));
    // Where the system starts no thread, every metric is looked up.
    let found = looking.ok().and_then(|thread| thread.join().ok()).flatten();
    OF_PROCESS.store(found.unwrap_or(0), Ordering::Relaxed);
}

/// Which recorder it is; none where it is the one that does nothing, which stands in where none is
/// installed and has no state.
pub(super) fn identity(recorder: &dyn Recorder) -> Option<usize> {
    let is_any = size_of_val(recorder) > 0;
    is_any.then(|| std::ptr::from_ref(recorder).cast::<()>().addr())
}

/// What the recorder of the process counts one series with. Any other recorder is asked each time.
pub(super) struct Kept<T> {
    metric: &'static Metric,
    key: OnceLock<Key>,
    handle: OnceLock<T>,
}

impl<T: Handle> Kept<T> {
    pub(super) const fn new(metric: &'static Metric) -> Self {
        Self { metric, key: OnceLock::new(), handle: OnceLock::new() }
    }

    /// The values of the labels are the same each time.
    #[inline]
    pub(super) fn with(&self, values: &[&'static str], use_it: impl FnOnce(&T)) {
        with_recorder(|recorder| {
            let Some(identity) = identity(recorder) else { return };
            let asked = || {
                let key = self.key.get_or_init(|| key(self.metric, values));
                T::register(recorder, key)
            };
            if identity == OF_PROCESS.load(Ordering::Relaxed) {
                use_it(self.handle.get_or_init(asked));
            } else {
                use_it(&asked());
            }
        });
    }
}

pub(super) trait Handle {
    fn register(recorder: &dyn Recorder, key: &Key) -> Self;
}

impl Handle for Counter {
    fn register(recorder: &dyn Recorder, key: &Key) -> Self {
        recorder.register_counter(key, &METADATA)
    }
}

impl Handle for Histogram {
    fn register(recorder: &dyn Recorder, key: &Key) -> Self {
        recorder.register_histogram(key, &METADATA)
    }
}
