//! A store of throttles that is out of reach.

use std::time::Duration;

use tower_bearer::{StoreError, ThrottleState, ThrottleStore};

#[derive(Clone)]
pub(crate) struct Gone;

impl ThrottleStore for Gone {
    async fn find_throttle(&self, _: &[u8; 32]) -> Result<Option<String>, StoreError> {
        Err(StoreError::unavailable("gone"))
    }

    async fn replace_throttle(
        &self,
        _: &[u8; 32],
        _: Option<&str>,
        _: Option<&ThrottleState>,
    ) -> Result<bool, StoreError> {
        Err(StoreError::unavailable("gone"))
    }

    async fn delete_expired_throttles(&self, _: Duration) -> Result<u64, StoreError> {
        Err(StoreError::unavailable("gone"))
    }
}
