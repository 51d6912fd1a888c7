//! Where API keys are kept, whatever store that is.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use super::shared::Shared;
use crate::audit::AuditEvent;
use crate::store::{ApiKeyStore, RefreshStore, StoreError, UserStore};

/// An [`ApiKeyStore`] without its type, for what takes keys from their owners.
#[derive(Clone)]
pub(super) struct KeyStore(Arc<dyn AnyKeyStore>);

impl KeyStore {
    pub(super) fn new(store: impl ApiKeyStore) -> Self {
        Self(Arc::new(store))
    }
}

impl<U: UserStore, R: RefreshStore> Shared<U, R> {
    /// Revokes all keys of a user, where the router has keys.
    pub(super) async fn revoke_keys_of(
        &self,
        user_id: &str,
        address: Option<IpAddr>,
    ) -> Result<(), StoreError> {
        let Some(KeyStore(keys)) = &self.keys else { return Ok(()) };
        for key_id in keys.revoke_all_of(user_id).await? {
            let user_id = user_id.to_owned();
            self.record(address, AuditEvent::ApiKeyRevoked { key_id, user_id });
        }
        Ok(())
    }
}

type Revoked<'a> = Pin<Box<dyn Future<Output = Result<Vec<String>, StoreError>> + Send + 'a>>;

trait AnyKeyStore: Send + Sync {
    fn revoke_all_of<'a>(&'a self, user_id: &'a str) -> Revoked<'a>;
}

impl<S: ApiKeyStore> AnyKeyStore for S {
    fn revoke_all_of<'a>(&'a self, user_id: &'a str) -> Revoked<'a> {
        Box::pin(self.revoke_api_keys_of(user_id))
    }
}
