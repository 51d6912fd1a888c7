//! Refusals that were made before.
//!
//! What a layer answers for one reason is the same each time, so that it is put together once and
//! copied from then on: whoever floods a service with requests that it refuses shall not cost it
//! more than those that it serves.

use std::sync::OnceLock;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};

use super::Rejection;

/// There are fewer reasons; one beyond would be put together each time.
const REASONS: usize = 32;

/// By reason, for the scopes that it was given for first.
pub(super) struct Ready([OnceLock<Box<Made>>; REASONS]);

struct Made {
    scope: Option<Box<str>>,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Ready {
    /// The response for a rejection, all but what depends on the request.
    pub(super) fn get_or(
        &self,
        rejection: &Rejection,
        make: impl Fn() -> Response<Bytes>,
    ) -> Response<Bytes> {
        // One of these differs from request to request.
        let varies = rejection.retry_after.is_some() || rejection.surroundings.is_by_api_key();
        let slot = self.0.get(rejection.kind as usize).filter(|_| !varies);
        let Some(slot) = slot else { return make() };
        let made = slot.get_or_init(|| {
            let (parts, body) = make().into_parts();
            let scope = rejection.scope().map(Into::into);
            Box::new(Made { scope, status: parts.status, headers: parts.headers, body })
        });
        if made.scope.as_deref() != rejection.scope() {
            return make();
        }
        let mut response = Response::new(made.body.clone());
        *response.status_mut() = made.status;
        *response.headers_mut() = made.headers.clone();
        response
    }
}

impl Default for Ready {
    fn default() -> Self {
        Self([const { OnceLock::new() }; REASONS])
    }
}

/// A copy is there to be changed, and then answers otherwise.
impl Clone for Ready {
    fn clone(&self) -> Self {
        Self::default()
    }
}
