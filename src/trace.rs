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
