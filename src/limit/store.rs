//! The store of counts, whichever it is.

use std::pin::Pin;

use crate::store::{StoreError, ThrottleState, ThrottleStore};

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A [`ThrottleStore`] of a kind that its user need not name.
pub(crate) trait AnyThrottleStore: Send + Sync {
    fn find<'a>(&'a self, key: &'a [u8; 32]) -> Answer<'a, Option<String>>;

    fn replace<'a>(
        &'a self,
        key: &'a [u8; 32],
        old: Option<&'a str>,
        new: Option<&'a ThrottleState>,
    ) -> Answer<'a, bool>;
}

impl<S: ThrottleStore> AnyThrottleStore for S {
    fn find<'a>(&'a self, key: &'a [u8; 32]) -> Answer<'a, Option<String>> {
        Box::pin(self.find_throttle(key))
    }

    fn replace<'a>(
        &'a self,
        key: &'a [u8; 32],
        old: Option<&'a str>,
        new: Option<&'a ThrottleState>,
    ) -> Answer<'a, bool> {
        Box::pin(self.replace_throttle(key, old, new))
    }
}
