//! What throttles count, on Redis.

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use redis::Script;

use super::{RedisStore, script};
use crate::store::{StoreError, ThrottleState, ThrottleStore};

static REPLACE_THROTTLE: LazyLock<Script> = script!("replace_throttle.lua");

/// No throttle remembers for longer than a few days.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

impl ThrottleStore for RedisStore {
    async fn find_throttle(&self, key: &[u8; 32]) -> Result<Option<String>, StoreError> {
        let mut get = redis::cmd("GET");
        get.arg(format!("{}throttle:{}", self.prefix, URL_SAFE_NO_PAD.encode(key)));
        Ok(get.query_async(&mut self.connection.clone()).await?)
    }

    async fn replace_throttle(
        &self,
        key: &[u8; 32],
        old: Option<&str>,
        new: Option<&ThrottleState>,
    ) -> Result<bool, StoreError> {
        // By how long it lasts: the clock of the server need not be that of the service.
        let lasts = new.map_or(Duration::ZERO, |new| {
            new.expires_at.saturating_sub(new.written_at).clamp(Duration::from_secs(1), LONGEST)
        });
        let replaced = self
            .call(&REPLACE_THROTTLE)
            .arg(URL_SAFE_NO_PAD.encode(key))
            .arg(old.unwrap_or_default())
            .arg(new.map(|new| new.text.as_str()).unwrap_or_default())
            .arg(lasts.as_millis().to_string())
            .invoke_async(&mut self.connection.clone())
            .await?;
        Ok(replaced)
    }

    /// Nothing: Redis forgets by itself.
    async fn delete_expired_throttles(&self, _now: Duration) -> Result<u64, StoreError> {
        Ok(0)
    }
}
