//! Events through `tracing` where that feature is on, nothing where it is off, so that no call
//! site needs a `cfg`.

#[cfg(feature = "tracing")]
#[allow(unused_imports, reason = "which levels are used depends on the features")]
pub(crate) use ::tracing::{debug, error, info, warn};

#[cfg(not(feature = "tracing"))]
macro_rules! silent {
    ($($field:tt)*) => {{}};
}

#[cfg(not(feature = "tracing"))]
#[allow(unused_imports, reason = "which levels are used depends on the features")]
pub(crate) use {silent as debug, silent as error, silent as info, silent as warn};

/// The same future, whose events belong to the span of whoever made it, on whatever task it runs.
#[cfg(all(feature = "login", feature = "tracing"))]
pub(crate) fn in_current_span<F: Future>(future: F) -> impl Future<Output = F::Output> {
    ::tracing::Instrument::in_current_span(future)
}

#[cfg(all(feature = "login", not(feature = "tracing")))]
pub(crate) fn in_current_span<F: Future>(future: F) -> F {
    future
}
