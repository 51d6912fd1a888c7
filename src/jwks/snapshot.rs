//! What was fetched: replaced as a whole, never changed.

use std::ops::Deref;
use std::sync::Arc;
#[cfg(feature = "cache")]
use std::sync::Weak;

use arc_swap::Guard;
use http::HeaderValue;
use url::Url;

use super::freshness::Times;
use crate::KeySet;

/// The keys of one fetch.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    pub(super) keys: Arc<KeySet>,
    /// Why keys of the set were left out.
    pub(super) skipped: Arc<[String]>,
    pub(super) times: Times,
    /// Where they came from, and what to ask there whether they have changed.
    pub(super) url: Option<Url>,
    pub(super) etag: Option<HeaderValue>,
    pub(super) last_modified: Option<HeaderValue>,
}

impl Snapshot {
    pub(super) fn none() -> Self {
        Self {
            keys: Arc::default(),
            skipped: Arc::default(),
            times: Times::NONE,
            url: None,
            etag: None,
            last_modified: None,
        }
    }
}

/// Keys that may be used, held without a lock.
pub(crate) struct KeysAtHand(pub(super) Guard<Arc<Snapshot>>);

impl KeysAtHand {
    /// Whether they are the very same keys, not another fetch of equal ones; one that found them
    /// unchanged is none.
    pub(super) fn are(&self, others: &Self) -> bool {
        Arc::ptr_eq(&self.0.keys, &others.0.keys)
    }

    /// To know them by, later.
    #[cfg(feature = "cache")]
    pub(crate) fn id(&self) -> KeySetId {
        KeySetId(Arc::downgrade(&self.0.keys))
    }

    /// As [`are`](Self::are).
    #[cfg(feature = "cache")]
    pub(crate) fn have_id(&self, id: &KeySetId) -> bool {
        Arc::as_ptr(&self.0.keys) == id.0.as_ptr()
    }
}

/// Which keys they were. It keeps none of them, but their place in memory, so that no others get that.
#[cfg(feature = "cache")]
#[derive(Debug)]
pub(crate) struct KeySetId(Weak<KeySet>);

impl Deref for KeysAtHand {
    type Target = KeySet;

    fn deref(&self) -> &KeySet {
        &self.0.keys
    }
}
